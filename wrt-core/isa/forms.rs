//! From operators to the executor's operations.
//!
//! An operator with operands exists in several *forms*, one per place its operands may come from:
//! `s` a frame slot, `a` the accumulator of the operand's register class, `i` a 16-bit immediate,
//! `w` an immediate in the next word, `k` a constant address. Forms with a result come in pairs:
//! the even one leaves it in the accumulator only, the odd one in the slot of field 1 as well, so
//! that the translator can still decide by setting the lowest bit.
//!
//! A body is Rust text over the registers `ip fp ctx mem fuel acc fa fs`; words that start with
//! `@` are filled in by the back end that is generated (`emit.rs`).

use crate::table::{Kind, OPERATORS, Proposal, Relation, Row, Ty};

/// One operation of the executor.
#[derive(Clone)]
pub struct Op {
    pub name: String,
    /// Code words, 0 when the length is in the operation itself.
    pub words: u8,
    /// Words from where the body leaves the instruction pointer to what follows the operation.
    pub rest: u8,
    pub body: String,
    /// In the loop the body up to its `@next` is a function of its own, of `ip` and `fp`, so that the one
    /// large function with the loop stays of a size that compilers and small stacks bear.
    pub apart: bool,
    /// The proposal that it is there for, as in [`Row`]; empty where others need it, too.
    pub proposal: Proposal,
}

/// Offsets of the forms of each kind from the operator's first operation; mirrored as constants.
pub const UNARY: &[(&str, usize)] = &[("S", 0), ("A", 2)];
pub const BINARY: &[(&str, usize)] = &[("SS", 0), ("SI", 2), ("AS", 4), ("AI", 6), ("SA", 8), ("SW", 10), ("AW", 12)];
/// In pairs: forwards, and to a loop's label.
pub const BRANCH: &[(&str, usize)] = &[("SS", 14), ("SI", 16), ("AS", 18), ("AI", 20), ("SW", 22), ("AW", 24)];
/// Distance from a compare-and-branch to the one that is taken when the comparison fails (floats).
pub const BRANCH_NOT: usize = 12;
/// 32-bit comparisons with a sum that is kept in a slot (`i = i + 1; if (i < n) …`) and branch. Two letters for the
/// sum, one for what it is compared with: `s` a slot, `w` an immediate, either in the next word.
pub const LATCH: &[(&str, usize)] = &[("SIS", 38), ("SIW", 40), ("SSS", 42), ("SSW", 44)];
/// Loads and stores know three more addresses: `p` the sum of two slots and `i` of a slot and a 16-bit
/// immediate, both without offset, and `j` of a slot and a 32-bit immediate with any offset; loads also `q`, the sum
/// of the accumulator and a slot with a small offset, and `r` of the accumulator and a 32-bit immediate with any.
pub const LOAD: &[(&str, usize)] =
    &[("S", 0), ("A", 2), ("K", 4), ("W", 6), ("X", 8), ("P", 10), ("I", 12), ("J", 14), ("Q", 16), ("R", 18)];
pub const STORE: &[(&str, usize)] = &[
    ("SS", 0),
    ("AS", 1),
    ("SA", 2),
    ("SI", 3),
    ("AI", 4),
    ("KS", 5),
    ("KA", 6),
    ("KI", 7),
    ("W", 8),
    ("X", 9),
    ("AA", 10),
    ("PS", 11),
    ("PI", 12),
    ("IS", 13),
    ("II", 14),
    ("JS", 15),
    ("JI", 16),
];

pub struct Isa {
    pub ops: Vec<Op>,
    /// First operation of each row of [`OPERATORS`]; 0 for specials.
    pub bases: Vec<usize>,
    /// First operation of the pairs, and what they are made of.
    pub fused: usize,
    pub pairs: Vec<crate::fused::Pair>,
    /// First operation of each chain.
    pub chains: Vec<usize>,
    /// Named operations: constant name and number.
    pub names: Vec<(String, usize)>,
    /// The proposal of the operations that are pushed.
    pub proposal: Proposal,
}

pub fn rust(ty: Ty) -> &'static str {
    match ty {
        Ty::I32 => "u32",
        Ty::I64 => "u64",
        Ty::F32 => "f32",
        Ty::F64 => "f64",
        Ty::V128 => "V128",
    }
}

/// The value of an operand of type `ty` in form `form`, from field `field`.
pub fn src(ty: Ty, form: char, field: usize) -> String {
    match (form, ty) {
        ('s', Ty::I32) => format!("(slot(fp, f{field}(ip)) as u32)"),
        ('s', Ty::I64) => format!("slot(fp, f{field}(ip))"),
        ('s', Ty::F32) => format!("f32::from_bits(slot(fp, f{field}(ip)) as u32)"),
        ('s', Ty::V128) => format!("vector_at(fp, f{field}(ip))"),
        ('s', Ty::F64) => format!("f64::from_bits(slot(fp, f{field}(ip)))"),
        ('a', Ty::I32) => "(acc as u32)".into(),
        ('a', Ty::I64) => "acc".into(),
        ('a', Ty::F32) => "fs".into(),
        ('a', Ty::F64) => "fa".into(),
        ('i', Ty::I32) => format!("(i{field}(ip) as i32 as u32)"),
        ('i', Ty::I64) => format!("(i{field}(ip) as i64 as u64)"),
        ('i', Ty::F32) => format!("f32::from_bits(i{field}(ip) as i32 as u32)"),
        ('i', Ty::F64) => format!("f64::from_bits(i{field}(ip) as i64 as u64)"),
        ('w', Ty::I32) => "(word(ip, 1) as u32)".into(),
        ('w', Ty::I64) => "word(ip, 1)".into(),
        ('w', Ty::F32) => "f32::from_bits(word(ip, 1) as u32)".into(),
        ('w', Ty::F64) => "f64::from_bits(word(ip, 1))".into(),
        _ => unreachable!("no such operand form"),
    }
}

/// The end of an access of `width` bytes whose address is a sum, which wraps at 32 bits.
fn sum(form: char, width: u32) -> String {
    let x = src(Ty::I32, 's', 2);
    match form {
        'p' => format!("{x}.wrapping_add({}) as u64 + {width}", src(Ty::I32, 's', 3)),
        'i' => format!("{x}.wrapping_add({}) as u64 + {width}", src(Ty::I32, 'i', 3)),
        _ => format!("{x}.wrapping_add(word(ip, 1) as u32) as u64 + (word(ip, 1) >> 32)"),
    }
}

/// Puts `r` of type `ty` into its accumulator and, in the odd form, into the slot of field 1.
fn dst(ty: Ty, slot: bool) -> String {
    let (reg, bits) = match ty {
        Ty::I32 => ("acc = r as u64;", "acc"),
        Ty::I64 => ("acc = r;", "acc"),
        Ty::F32 => ("fs = r;", "r.to_bits() as u64"),
        Ty::F64 => ("fa = r;", "r.to_bits()"),
        // There is no accumulator of vectors.
        Ty::V128 => return "set_vector(fp, f1(ip), r);".into(),
    };
    if slot { format!("{reg} set(fp, f1(ip), {bits});") } else { reg.into() }
}

impl Isa {
    pub fn build() -> Self {
        let mut isa = Isa {
            ops: Vec::new(),
            bases: Vec::new(),
            chains: Vec::new(),
            fused: 0,
            pairs: Vec::new(),
            names: Vec::new(),
            proposal: "",
        };
        crate::special::specials(&mut isa);
        for row in OPERATORS {
            isa.proposal = row.proposal;
            if let Some(base) = crate::atomic::operation(&mut isa, row) {
                isa.bases.push(base);
                continue;
            }
            isa.align();
            let base = if row.kind == Kind::Special { 0 } else { isa.ops.len() };
            isa.bases.push(base);
            match row.kind {
                Kind::Unary(from, to) => isa.unary(row, from, to),
                Kind::Binary(ty) => isa.binary(row, ty, ty, rust(ty)),
                Kind::Compare(ty) => isa.compare(row, ty),
                Kind::Vector(operands, result, _) => isa.vector(row, operands, result),
                Kind::Load(Ty::V128, width) => isa.vector_load(row, width),
                Kind::Store(Ty::V128, width) => isa.vector_store(row, width),
                Kind::LoadLane(width) => isa.load_lane(row, width),
                Kind::StoreLane(width) => isa.store_lane(row, width),
                Kind::Load(ty, width) => isa.load(row, ty, width),
                Kind::Store(ty, width) => isa.store(row, ty, width),
                // Atomic operators have theirs already.
                _ => {}
            }
        }
        isa.proposal = "";
        crate::chain::chains(&mut isa);
        if crate::features::has("pairs") {
            crate::fused::fused(&mut isa);
        } else {
            isa.fused = isa.ops.len();
        }
        isa
    }

    pub fn align(&mut self) {
        if self.ops.len() % 2 == 1 {
            self.illegal();
        }
    }

    pub fn illegal(&mut self) {
        self.ops.push(Op {
            name: "illegal".into(),
            words: 1,
            rest: 1,
            body: "@trap(Internal)".into(),
            apart: false,
            proposal: "",
        });
    }

    pub fn push(&mut self, name: String, words: u8, body: String) {
        self.ops.push(Op { name, words, rest: words, body, apart: false, proposal: self.proposal });
    }

    /// An operation that reads and writes slots only.
    pub fn push_apart(&mut self, name: String, words: u8, compute: &str) {
        self.ops.push(Op {
            name,
            words,
            rest: words,
            body: format!("{compute} @next"),
            apart: true,
            proposal: self.proposal,
        });
    }

    /// The two operations of a branch that is taken if `taken`: forwards, and to a loop's label.
    fn branches(&mut self, name: String, words: u8, before: &str, taken: &str) {
        let at = words - 1;
        self.push(name.clone(), words, format!("{before} if {taken} {{ @branch({at}) }} @next"));
        self.push(format!("{name} back"), words, format!("{before} if {taken} {{ @repeat({at}) }} @next"));
    }

    /// A named branch of two words.
    pub fn branch(&mut self, constant: &str, before: &str, taken: &str) {
        self.align();
        self.names.push((constant.into(), self.ops.len()));
        self.branches(constant.to_lowercase(), 2, before, taken);
    }

    /// Operations that are there for this proposal alone.
    pub fn of(&mut self, proposal: Proposal, add: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.proposal, proposal);
        add(self);
        self.proposal = outer;
    }

    /// A named operation without a pair.
    pub fn named(&mut self, constant: &str, words: u8, body: &str) {
        self.names.push((constant.into(), self.ops.len()));
        self.push(constant.to_lowercase(), words, body.into());
    }

    /// A named pair of operations whose body computes `r` of type `ty`.
    pub fn named_pair(&mut self, constant: &str, words: u8, ty: Ty, body: &str) {
        self.align();
        self.names.push((constant.into(), self.ops.len()));
        for slot in [false, true] {
            let name = format!("{}{}", constant.to_lowercase(), if slot { " =" } else { "" });
            self.push(name, words, format!("{body} {} @next", dst(ty, slot)));
        }
    }

    pub fn pair(&mut self, row: &Row, form: &str, words: u8, to: Ty, compute: &str) {
        for slot in [false, true] {
            let name = format!("{} {form}{}", row.name, if slot { "=" } else { "" });
            self.push(name, words, format!("{compute} {} @next", dst(to, slot)));
        }
    }

    fn unary(&mut self, row: &Row, from: Ty, to: Ty) {
        for form in ['s', 'a'] {
            let compute =
                format!("let a: {} = {}; let r: {} = {};", rust(from), src(from, form, 2), rust(to), row.meaning);
            self.pair(row, &form.to_string(), 1, to, &compute);
        }
    }

    fn binary(&mut self, row: &Row, ty: Ty, to: Ty, result: &str) {
        let float = matches!(ty, Ty::F32 | Ty::F64);
        for (form, _) in BINARY {
            let form = form.to_lowercase();
            let (a, b) = (form.chars().next().unwrap(), form.chars().nth(1).unwrap());
            let needless = (float && b == 'i') || (form == "sa" && row.relation != Relation::None);
            if needless {
                self.illegal();
                self.illegal();
                continue;
            }
            let meaning = if result == "bool" { format!("({}) as u32", row.meaning) } else { row.meaning.into() };
            let compute = format!(
                "let a: {t} = {}; let b: {t} = {}; let r: {} = {meaning};",
                src(ty, a, 2),
                src(ty, b, 3),
                rust(to),
                t = rust(ty),
            );
            self.pair(row, &form, if b == 'w' { 2 } else { 1 }, to, &compute);
        }
    }

    fn compare(&mut self, row: &Row, ty: Ty) {
        self.binary(row, ty, Ty::I32, "bool");
        let float = matches!(ty, Ty::F32 | Ty::F64);
        for inverse in [false, true] {
            for (form, _) in BRANCH {
                let form = form.to_lowercase();
                let (a, b) = (form.chars().next().unwrap(), form.chars().nth(1).unwrap());
                // Integer comparisons have an inverse operator; float ones do not, because of NaN.
                if (inverse && !float) || (float && b == 'i') {
                    self.illegal();
                    self.illegal();
                    continue;
                }
                let taken = if inverse { format!("!({})", row.meaning) } else { row.meaning.into() };
                let name = format!("br_{}{} {form}", if inverse { "not_" } else { "" }, row.name);
                let operands = format!("let a: {t} = {}; let b: {t} = {};", src(ty, a, 2), src(ty, b, 3), t = rust(ty));
                self.branches(name, if b == 'w' { 3 } else { 2 }, &operands, &taken);
            }
        }
        for (form, _) in LATCH.iter().filter(|_| ty == Ty::I32) {
            let form = form.to_lowercase();
            let y = src(ty, form.chars().nth(1).unwrap(), 3);
            let with = if form.ends_with('s') { "slot(fp, word(ip, 1) as usize) as u32" } else { "word(ip, 1) as u32" };
            let operands = format!(
                "let a: u32 = {}.wrapping_add({y}); acc = a as u64; set(fp, f1(ip), acc); let b: u32 = {with};",
                src(ty, 's', 2)
            );
            self.branches(format!("add_br_{} {form}", row.name), 3, &operands, row.meaning);
        }
        self.align();
    }

    fn load(&mut self, row: &Row, ty: Ty, width: u32) {
        let bits = width * 8;
        for (form, _) in LOAD {
            let form = form.to_lowercase();
            let (words, end) = match form.as_str() {
                "s" => (1, format!("{} as u64 + f3(ip) as u64", src(Ty::I32, 's', 2))),
                "a" => (1, "(acc as u32) as u64 + f3(ip) as u64".into()),
                "k" => (1, "n23(ip) as u64".into()),
                "w" => (2, format!("({} as u64).wrapping_add(word(ip, 1))", src(Ty::I32, 's', 2))),
                "q" => (1, format!("(acc as u32).wrapping_add({}) as u64 + f3(ip) as u64", src(Ty::I32, 's', 2))),
                "r" => (2, "(acc as u32).wrapping_add(word(ip, 1) as u32) as u64 + (word(ip, 1) >> 32)".into()),
                "p" | "i" | "j" => (if form == "j" { 2 } else { 1 }, sum(form.chars().next().unwrap(), width)),
                _ => (2, String::new()),
            };
            let access = if form == "x" {
                format!(
                    "let mi = mem_inst(ctx, f3(ip)); let (e, over) = slot(fp, f2(ip)).overflowing_add(word(ip, 1)); \
                     if over || e > mem_len(mi) {{ @trap(OutOfBoundsMemory) }} \
                     let m = load{bits}(mi, e - {width});"
                )
            } else {
                format!(
                    "let e = {end}; if e > (*ctx).mem_len {{ @trap(OutOfBoundsMemory) }} let m = read{bits}(mem, e - {width});"
                )
            };
            let compute = format!("{access} let r: {} = {};", rust(ty), row.meaning);
            self.pair(row, &form, words, ty, &compute);
        }
    }

    fn store(&mut self, row: &Row, ty: Ty, width: u32) {
        let bits = width * 8;
        let float = matches!(ty, Ty::F32 | Ty::F64);
        for (form, _) in STORE {
            let form = form.to_lowercase();
            if form == "aa" && !float {
                self.illegal();
                continue;
            }
            let (words, addr, value) = match form.as_str() {
                "w" => (2, 'w', 's'),
                "x" => (2, 'x', 's'),
                f => (1, f.chars().next().unwrap(), f.chars().nth(1).unwrap()),
            };
            let v = format!("let v: {} = {};", rust(ty), src(ty, value, 1));
            let end = match addr {
                's' => format!("{} as u64 + f3(ip) as u64", src(Ty::I32, 's', 2)),
                'a' => "(acc as u32) as u64 + f3(ip) as u64".into(),
                'k' => "n23(ip) as u64".into(),
                'p' | 'i' | 'j' => sum(addr, width),
                _ => format!("({} as u64).wrapping_add(word(ip, 1))", src(Ty::I32, 's', 2)),
            };
            let words = if addr == 'j' { 2 } else { words };
            let body = if addr == 'x' {
                format!(
                    "{v} let mi = mem_inst(ctx, f3(ip)); let (e, over) = slot(fp, f2(ip)).overflowing_add(word(ip, 1)); \
                     if over || e > mem_len(mi) {{ @trap(OutOfBoundsMemory) }} \
                     store{bits}(mi, e - {width}, {}); @next",
                    row.meaning
                )
            } else {
                format!(
                    "{v} let e = {end}; if e > (*ctx).mem_len {{ @trap(OutOfBoundsMemory) }} \
                     write{bits}(mem, e - {width}, {}); @next",
                    row.meaning
                )
            };
            self.push(format!("{} {form}", row.name), words, body);
        }
        self.align();
    }
}
