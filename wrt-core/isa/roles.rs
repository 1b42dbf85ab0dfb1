//! What each operation does with the fields of its words: which are slots, read or written, which are memories, tables,
//! cells, distances, fuel.
//!
//! The check of an image (`src/image/`) needs to know, and nothing but the bodies says what really runs. So the roles are
//! read off the bodies: every access that a body makes must have one of the shapes that are listed here, and what is
//! left of the text afterwards must not mention a register of the executor. A body that this file does not understand
//! fails the build. Only operations that the driver carries out ([`OUTSIDE`]) have their roles written down.

use crate::features::built;
use crate::forms::Isa;

/// Numbers one after the other, as names.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $each:ident)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$of])* $each),* }
    };
}

crate::role_list::with_roles!(numbered);

/// One role: what is done, with which field, and the number that goes with it.
pub type Use = (Role, At, usize);

/// Operations whose fields the driver reads, and what it does with them.
const OUTSIDE: &[(&str, &[Use])] = &[
    (
        "call_import",
        &[
            (Role::Base, At::F1, 0),
            (Role::Import, At::W1Low, 0),
            (Role::CallFuel, At::W1High, 0),
            (Role::Return, At::N23, 0),
            (Role::Falls, At::None, 0),
        ],
    ),
    (
        "return_call_import",
        &[
            (Role::Base, At::F1, 0),
            (Role::Header, At::F3, 0),
            (Role::Import, At::W1Low, 0),
            (Role::CallFuel, At::W1High, 0),
        ],
    ),
    (
        "atomic_wait",
        &[
            (Role::Read, At::F1, 3),
            (Role::Write, At::F1, 1),
            (Role::Wait, At::W1, 0),
            (Role::CallFuel, At::W1High, 0),
            (Role::Return, At::N23, 0),
            (Role::Falls, At::None, 0),
        ],
    ),
    ("slow", &[(Role::Slow, At::F1, 0), (Role::Falls, At::None, 0)]),
];

/// Operations that no image may hold: the driver's own, objects of the heap, exceptions, calls through references.
const REFUSED: &[&str] =
    &["leave", "illegal", "throw", "throw_ref", "catch", "delegate", "call_funcref", "return_call_funcref"];

/// Pieces of the bodies of branch tables, calls and returns, and what they mean. `V` is the value of a slot that was
/// understood before.
const PIECES: &[(&str, &[Use])] = &[
    // Branch tables.
    (
        "if i > n23(ip) { cold_path(); i = n23(ip); } let i = i as usize; let (to, cost) = halves(ip, i + 1); \
         @spend(cost) ip = ip.add(i).byte_offset(to as isize); if to <= 0 { @back } @case(i)",
        &[(Role::Cases, At::N23, 0)],
    ),
    // Calls.
    (
        "let table = table_inst(ctx, f3(ip)); let i = V; if i >= (*table).len { @trap(UndefinedElement) } \
         let r = table_element(table, i); if r == 0 { @trap(UninitializedElement) } \
         if (r >> 32) as u32 != (*ctx).id { @exit(CALL_REF) } \
         let entry = (*ctx).funcs.add((r as u32).wrapping_sub(1) as usize); \
         if (*entry).ty != word(ip, 1) as u32 { @exit(CALL_REF) } if (*entry).code == 0 { @exit(CALL_REF) } \
         let callee = (*ctx).code.add((*entry).code as usize);",
        &[(Role::Table, At::F3, 0), (Role::Type, At::W1Low, 0)],
    ),
    ("let callee = (*ctx).code.add(word(ip, 1) as u32 as usize);", &[(Role::Callee, At::W1Low, 0)]),
    ("let nfp = fp.add(f1(ip));", &[(Role::Base, At::F1, 0)]),
    ("let nfp = fp;", &[]),
    (
        "acc = 0; let meta = callee.sub(1); let top = nfp.add(f0(meta)); (*ctx).top = top; \
         if top > (*ctx).high_water { @peak }",
        &[],
    ),
    ("(*ctx).slack -= 1; if (*ctx).slack < 0 { (*ctx).slack = 0; @peak }", &[]),
    (
        "let at = nfp.add(f1(meta)); let locals = f2(meta); set_header(at, n23(ip), f1(ip) as u32); \
         zero_slots(at.add(1), locals);",
        &[(Role::Return, At::N23, 0), (Role::Falls, At::None, 0)],
    ),
    (
        "let at = nfp.add(f1(meta)); let locals = f2(meta); set_header(at, word(ip, 2) as u32, f1(ip) as u32); \
         zero_slots(at.add(1), locals);",
        &[(Role::Return, At::W2Low, 0), (Role::Falls, At::None, 0)],
    ),
    (
        "let at = nfp.add(f1(meta)); let locals = f2(meta); set_header(at, word, delta); \
         zero_slots(at.add(1), locals);",
        &[],
    ),
    (
        "@spend((word(ip, 1) >> 32)) ip = callee; fp = nfp; if @spent { @exit(FUEL_ENTRY) } @go",
        &[(Role::CallFuel, At::W1High, 0)],
    ),
    ("copy_slots(fp, fp.add(f1(ip)), f2(ip));", &[(Role::TailMove, At::F2, 0)]),
    ("copy_slots(fp, fp.add(f1(ip)), word(ip, 2) as usize & 0xffff);", &[(Role::TailMove, At::W2F0, 0)]),
    ("let (word, delta) = header(fp, f1(ip));", &[(Role::Header, At::F1, 0)]),
    ("let (word, delta) = header(fp, f3(ip));", &[(Role::Header, At::F3, 0)]),
    ("let (word, delta) = header(fp, (word(ip, 2) >> 16) as usize & 0xffff);", &[(Role::Header, At::W2F1, 0)]),
    // Returns.
    (
        "(*ctx).slack += 1; ip = (*ctx).code.add(word as usize); \
         if @spent { cold_path(); (*ctx).top = fp; fp = fp.sub(delta as usize); @exit(FUEL_RETURN) } \
         fp = fp.sub(delta as usize); @go",
        &[(Role::ReturnFuel, At::None, 0)],
    ),
    ("set(fp, 0, v);", &[(Role::Result, At::None, 1)]),
    ("copy_slots(fp, fp.add(f2(ip)), f3(ip)); acc = slot(fp, 0);", &[(Role::ReturnMove, At::F3, 0)]),
    ("@spend(n23(ip)) @next", &[(Role::Charge, At::N23, 0), (Role::Falls, At::None, 0)]),
    ("@spend(n23(ip))", &[(Role::ReturnFuel, At::N23, 0)]),
    ("@spend(f3(ip))", &[(Role::ReturnFuel, At::F3, 0)]),
    // Moves.
    ("copy_slots(fp.add(f1(ip)), fp.add(f2(ip)), f3(ip));", &[(Role::Move, At::F3, 0)]),
    ("mem_size(mem_inst(ctx, f3(ip))) >> f2(ip)", &[(Role::Memory, At::F3, 0), (Role::PageLog2, At::F2, 0)]),
    // Cells of globals.
    ("vector_at((*ctx).globals.add(n23(ip) as usize), 0)", &[(Role::CellRead, At::N23, 2)]),
    ("vector_at(imported_global(ctx, n23(ip) as usize), 0)", &[(Role::ImportedRead, At::N23, 2)]),
    ("set_vector((*ctx).globals.add(n23(ip) as usize), 0, v);", &[(Role::CellWrite, At::N23, 2)]),
    ("set_vector(imported_global(ctx, n23(ip) as usize), 0, v);", &[(Role::ImportedWrite, At::N23, 2)]),
    ("*(*ctx).globals.add(n23(ip) as usize) =", &[(Role::CellWrite, At::N23, 1)]),
    ("*imported_global(ctx, n23(ip) as usize) =", &[(Role::ImportedWrite, At::N23, 1)]),
    ("*(*ctx).globals.add(n23(ip) as usize)", &[(Role::CellRead, At::N23, 1)]),
    ("*imported_global(ctx, n23(ip) as usize)", &[(Role::ImportedRead, At::N23, 1)]),
    // Branches.
    ("@branch(1)", &[(Role::Forward, At::None, 1)]),
    ("@branch(2)", &[(Role::Forward, At::None, 2)]),
    ("@repeat(1)", &[(Role::Back, At::None, 1)]),
    ("@repeat(2)", &[(Role::Back, At::None, 2)]),
];

/// Ends of accesses to memory 0 and where their last addend stands, `W` being the width: sums of 32-bit numbers.
const ENDS: &[(&str, Role, At)] = &[
    ("(V as u32) as u64 + f3(ip) as u64", Role::AccessEnd, At::F3),
    ("(acc as u32) as u64 + f3(ip) as u64", Role::AccessEnd, At::F3),
    ("n23(ip) as u64", Role::AccessEnd, At::N23),
    ("((V as u32) as u64).wrapping_add(word(ip, 1))", Role::FarEnd, At::W1),
    ("(acc as u32).wrapping_add((V as u32)) as u64 + f3(ip) as u64", Role::AccessEnd, At::F3),
    ("(acc as u32).wrapping_add(word(ip, 1) as u32) as u64 + (word(ip, 1) >> 32)", Role::AccessEnd, At::W1High),
    ("(V as u32).wrapping_add(word(ip, 1) as u32) as u64 + (word(ip, 1) >> 32)", Role::AccessEnd, At::W1High),
    ("(V as u32).wrapping_add((V as u32)) as u64 + W", Role::AccessEnd, At::None),
    ("(V as u32).wrapping_add((i3(ip) as i32 as u32)) as u64 + W", Role::AccessEnd, At::None),
];

/// Where a slot's number stands.
const PLACES: &[(&str, At)] = &[
    ("f1(ip)", At::F1),
    ("f2(ip)", At::F2),
    ("f3(ip)", At::F3),
    ("word(ip, 1) as usize", At::W1),
    ("word(ip, 2) as usize", At::W2),
    ("word(ip, 1) as usize & 0xffff", At::W1F0),
    ("word(ip, 1) as usize >> 16 & 0xffff", At::W1F1),
    ("word(ip, 2) as usize & 0xffff", At::W2F0),
    ("(word(ip, 2) >> 0) as usize & 0xffff", At::W2F0),
    ("(word(ip, 2) >> 16) as usize & 0xffff", At::W2F1),
];

/// Names that no body may mention once its accesses are understood.
const REGISTERS: &[&str] = &[
    "ip",
    "fp",
    "ctx",
    "mem",
    "mi",
    "base",
    "handlers",
    "h",
    "table",
    "entry",
    "callee",
    "meta",
    "nfp",
    "top",
    "unsafe",
    "slot",
    "set",
    "vector_at",
    "set_vector",
    "copy_slots",
    "zero_slots",
    "header",
    "set_header",
    "halves",
];

/// The roles of every operation but the pairs, whose halves have theirs.
pub fn roles(isa: &Isa) -> Vec<Vec<Use>> {
    let uses = |op: &crate::forms::Op| {
        let uses = of(&op.name, op.words, &op.body);
        // Branch tables alone are longer than they say.
        let inside = |one: &Use| op.words == 0 || last_word(one) < op.words as usize;
        assert!(uses.iter().all(inside), "`{}` reads behind its words", op.name);
        uses
    };
    isa.ops.iter().take(isa.fused).map(uses).collect()
}

/// The last word that a role speaks of.
fn last_word((role, at, n): &Use) -> usize {
    match (role, at) {
        (Role::Forward | Role::Back, _) => *n,
        // What is to be done stands in the first further word.
        (Role::Slow, _) => 1,
        (Role::Wait, _) => 2,
        (_, At::None | At::F1 | At::F2 | At::F3 | At::N23) => 0,
        (_, At::W1 | At::W1Low | At::W1High | At::W1F0 | At::W1F1) => 1,
        (_, At::W2 | At::W2Low | At::W2F0 | At::W2F1) => 2,
    }
}

fn of(name: &str, words: u8, body: &str) -> Vec<Use> {
    // What lies in the heap is not looked at.
    if REFUSED.contains(&name) || body.contains("(*ctx).heap") || body.contains("cast::") {
        return vec![(Role::Refused, At::None, 0)];
    }
    if let Some((_, uses)) = OUTSIDE.iter().find(|(outside, _)| *outside == name) {
        return uses.to_vec();
    }
    assert!(!body.contains("slow::") && !body.contains("@trapped"), "`{name}` does what only the slow door does");
    let mut body = Body { name, text: plain(body), uses: Vec::new(), width: None };
    body.rename();
    // Calls hold slots too, in the text of their pieces.
    body.slots();
    body.memory();
    for (piece, uses) in PIECES {
        body.take(piece, uses);
    }
    if body.text.contains("@next") && !body.text.contains("if true {") {
        body.uses.push((Role::Falls, At::None, 0));
    }
    body.finish(words);
    body.uses
}

/// The text without comments, its white space single blanks.
fn plain(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or(""));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

struct Body<'a> {
    name: &'a str,
    /// What is not understood yet.
    text: String,
    uses: Vec<Use>,
    /// The width of the access, and what it is made through, once its bounds were looked at.
    width: Option<(u32, &'static str)>,
}

impl Body<'_> {
    /// Writes words that were given a name where they are used.
    fn rename(&mut self) {
        for n in [1, 2] {
            for kind in ["", " as usize"] {
                let whole = format!("word(ip, {n}){kind}");
                if let Some((before, after)) = self.text.split_once(&format!("let w = {whole};")) {
                    self.text = format!("{before}{}", with_name(after, "w", &whole));
                }
            }
        }
        let count = "word(ip, 2) as usize & 0xffff";
        if let Some((before, after)) = self.text.split_once(&format!("let n = {count};")) {
            self.text = format!("{before}{}", with_name(after, "n", count));
        }
        // The callee is the same, and sooner known.
        self.replace("@found(i) ", "");
        // Both leave to the driver, which looks again.
        self.replace("@exit(TAIL_REF)", "@exit(CALL_REF)");
        self.text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
    }

    /// Takes every access to slots out: reads become `V`, of writes the value stays.
    fn slots(&mut self) {
        for (call, role, width) in [
            ("slot", Role::Read, 1),
            ("vector_at", Role::Read, 2),
            ("set", Role::Write, 1),
            ("set_vector", Role::Write, 2),
        ] {
            let mut from = 0;
            while let Some((at, args, end)) = find_call(&self.text, call, from) {
                let place = args.get(1).map(String::as_str).unwrap_or("");
                let upper = place.strip_suffix(" + 1");
                let found = PLACES.iter().find(|(text, _)| *text == upper.unwrap_or(place));
                let (Some((_, found)), true) = (found, args[0] == "fp") else {
                    // The front of a frame, or a cell: it must be part of a piece.
                    from = at + 1;
                    continue;
                };
                // The second slot of two: the first one is the other half of the same access.
                let width = if upper.is_some() { 2 } else { width };
                self.uses.push((role, *found, width));
                let value = if role == Role::Read { "V".to_owned() } else { args[2..].join(", ") };
                self.text.replace_range(at..end, &value);
            }
        }
    }

    /// Takes accesses to memory out, which must be behind the look at their bounds.
    fn memory(&mut self) {
        let over = "if over || e > mem_len(mi) { @trap(OutOfBoundsMemory) }";
        let any = "let mi = mem_inst(ctx, f3(ip)); let (e, over) = V.overflowing_add(word(ip, 1));";
        let near = "; if e > (*ctx).mem_len { @trap(OutOfBoundsMemory) }";
        for width in [1, 2, 4, 8, 16u32] {
            // Atomic: through a pointer to the very bytes.
            let place = format!(
                "{any} let at = e.wrapping_sub({width}); if at & {} != 0 {{ @trap(UnalignedAtomic) }} {over} \
                 let p = mem_at(mi, at);",
                width - 1
            );
            if self.accesses(&[&place], "p", width) {
                self.uses.extend([(Role::Memory, At::F3, 0), (Role::AccessEnd, At::W1, width as usize)]);
                let bits = width * 8;
                for call in ["load", "store", "update", "exchange"] {
                    self.replace(&format!("atomic::{call}{bits}(p"), "(");
                }
                if width == 4 {
                    self.replace("wait::notify(mi, p", "(");
                }
                return;
            }
            let ends: Vec<(String, Role, At)> =
                ENDS.iter().map(|(end, role, at)| (end.replace('W', &width.to_string()), *role, *at)).collect();
            let bits = if self.text.contains("_half(") { "_half".to_owned() } else { (width * 8).to_string() };
            let reaches = |through: &str, read: &str, write: &str| {
                [read, write].map(|call| format!("{call}{bits}({through}, e - {width}"))
            };
            // Only where the body accesses so many bytes.
            let [load, store] = reaches("mi", "load", "store");
            if (self.text.contains(&load) || self.text.contains(&store)) && (bits != "_half" || width == 8) {
                assert!(self.accesses(&[any], "mi", width), "`{}` does not look at its bounds", self.name);
                self.replace(over, "");
                self.uses.extend([(Role::Memory, At::F3, 0), (Role::AccessEnd, At::W1, width as usize)]);
                self.replace(&load, "(");
                self.replace(&store, "(");
                return;
            }
            for through in ["mem", "base"] {
                let [read, write] = reaches(through, "read", "write");
                if (!self.text.contains(&read) && !self.text.contains(&write)) || (bits == "_half" && width != 8) {
                    continue;
                }
                for (end, role, at) in &ends {
                    let bound = format!("let e = {end}{near}");
                    if self.accesses(&[&bound], "mem", width) {
                        self.uses.push((*role, *at, width as usize));
                        self.replace("let base = mem;", "");
                        self.replace(&read, "(");
                        self.replace(&write, "(");
                        return;
                    }
                }
                panic!("`{}` reaches memory in an unknown way: {}", self.name, self.text);
            }
        }
    }

    /// Whether the bounds are looked at in this way, which is taken out.
    fn accesses(&mut self, pieces: &[&str], through: &'static str, width: u32) -> bool {
        let all = pieces.iter().all(|piece| self.text.contains(piece));
        if all {
            pieces.iter().for_each(|piece| self.replace(piece, ""));
            self.width = Some((width, through));
        }
        all
    }

    fn replace(&mut self, what: &str, by: &str) {
        self.text = self.text.replace(what, by);
    }

    /// Takes a piece out, wherever it stands.
    fn take(&mut self, piece: &str, uses: &[Use]) {
        while let Some(at) = self.text.find(piece) {
            // What goes on behind it is still to be seen.
            let rest = if piece.ends_with("@next") { "@next " } else { "" };
            self.text.replace_range(at..at + piece.len(), rest);
            let falls = |u: &&Use| rest.is_empty() || u.0 != Role::Falls;
            self.uses.extend(uses.iter().filter(falls));
        }
    }

    /// What is left computes with values and with constants of the operation's own words.
    fn finish(&mut self, words: u8) {
        let mut text = self.text.clone();
        for immediate in ["f1(ip)", "f2(ip)", "f3(ip)", "i1(ip)", "i2(ip)", "i3(ip)", "n23(ip)"] {
            text = text.replace(immediate, "K");
        }
        for n in 1..words.max(1) {
            text = text.replace(&format!("word(ip, {n})"), "K");
        }
        let bad = |token: &&str| {
            REGISTERS.contains(token) || self.width.is_some_and(|(_, through)| *token == through || *token == "e")
        };
        let mut tokens = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        if let Some(token) = tokens.find(bad) {
            panic!("the body of `{}` does with `{token}` what isa/roles.rs does not know: {text}", self.name);
        }
        assert!(!text.contains("@exit") && !text.contains("@go"), "`{}` leaves in an unknown way: {text}", self.name);
    }
}

/// `text` with the name written out.
fn with_name(text: &str, name: &str, whole: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        out.push_str(if word == name { whole } else { &word });
        word.clear();
        out.push(c);
    }
    out
}

/// The next call of `name` from `from` on: where it begins, its arguments, where it ends.
fn find_call(text: &str, name: &str, from: usize) -> Option<(usize, Vec<String>, usize)> {
    let mut start = from;
    loop {
        let at = start + text[start..].find(&format!("{name}("))?;
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            start = at + 1;
            continue;
        }
        let open = at + name.len() + 1;
        let (mut depth, mut last, mut args) = (0u32, open, Vec::new());
        for (i, c) in text[open..].char_indices() {
            let i = open + i;
            match c {
                '(' | '{' | '[' => depth += 1,
                ')' if depth == 0 => {
                    args.push(text[last..i].trim().to_owned());
                    return Some((at, args, i + 1));
                }
                ')' | '}' | ']' => depth -= 1,
                ',' if depth == 0 => {
                    args.push(text[last..i].trim().to_owned());
                    last = i + 1;
                }
                _ => {}
            }
        }
        return None;
    }
}

/// The generated file: the roles of each operation, lists that are the same kept once.
pub fn generated(isa: &Isa) -> String {
    let (mut lists, mut flat) = (Vec::<Vec<Use>>::new(), Vec::<u16>::new());
    let mut starts = Vec::<usize>::new();
    let mut firsts = Vec::new();
    for (uses, op) in roles(isa).into_iter().zip(&isa.ops) {
        // What this build leaves out, its executor does not know.
        let uses = if built(op.proposal) { uses } else { vec![(Role::Refused, At::None, 1)] };
        let known = lists.iter().position(|list| *list == uses);
        let n = known.unwrap_or_else(|| {
            starts.push(flat.len());
            flat.extend(uses.iter().map(|(role, at, n)| {
                assert!(*n < 64, "the number of a role has six bits");
                *role as u16 | (*at as u16) << 5 | (*n as u16) << 10
            }));
            flat.push(Role::End as u16);
            lists.push(uses);
            lists.len() - 1
        });
        firsts.push(starts[n]);
    }
    format!(
        "/// By operation, pairs excepted: where in [`USES`] its roles begin.\n\
         pub(super) static FIRST_USE: [u16; {}] = {firsts:?};\n\
         /// Role, place and number (5, 5 and 6 bits); 0 ends a list.\n\
         pub(super) static USES: [u16; {}] = {flat:?};\n",
        firsts.len(),
        flat.len()
    )
}

/// Numbers that are others when the operations are others: that of images without pairs, which is the same with every
/// set of features, and that of images that may have pairs.
pub fn identities(isa: &Isa, layouts: &[String]) -> (u64, u64) {
    let add = |hash: u64, text: &str| {
        let bytes = text.bytes().chain([0]);
        bytes.fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    };
    let hash = isa.ops.iter().take(isa.fused).fold(0xcbf2_9ce4_8422_2325, |hash, op| {
        [&op.name, &op.words.to_string(), &plain(&op.body)].iter().fold(hash, |hash, text| add(hash, text))
    });
    let without = layouts.iter().fold(hash, |hash, text| add(hash, &plain(text)));
    let with = isa.pairs.iter().fold(without, |hash, pair| add(hash, &format!("{} {}", pair.first, pair.second)));
    (without, with)
}
