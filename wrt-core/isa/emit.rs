//! Writes the generated files: the operators for the translator, the operations for the executor's
//! two back ends.

use crate::features::built;
use crate::forms::{self, Isa, Op};
use crate::table::{Kind, OPERATORS, Relation, Row, Ty};
use std::fmt::Write;

/// Places that are noted for cases of branch tables, by their index, and behind them for functions that are called through
/// tables.
const CASES: usize = 128;
const CALLEES: usize = 64;
const NOTES: usize = CASES + CALLEES;

/// Which back end a body is written for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Tail,
    Loop,
}

fn val(ty: Ty) -> &'static str {
    match ty {
        Ty::I32 => "ValType::I32",
        Ty::I64 => "ValType::I64",
        Ty::F32 => "ValType::F32",
        Ty::F64 => "ValType::F64",
        Ty::V128 => "ValType::V128",
    }
}

fn camel(name: &str) -> String {
    name.split(['.', '_']).map(|p| p[..1].to_uppercase() + &p[1..]).collect()
}

/// The operators as the decoder, validator, translator and disassembler see them.
pub fn operators(isa: &Isa) -> String {
    let mut out = String::new();
    let base = |name: &str| OPERATORS.iter().position(|r| r.name == name).map_or(0, |i| isa.bases[i]);
    writeln!(out, "/// Operators with rules of their own.").unwrap();
    writeln!(out, "#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub(crate) enum Special {{").unwrap();
    for row in OPERATORS.iter().filter(|r| r.kind == Kind::Special) {
        writeln!(out, "    {},", camel(row.name)).unwrap();
    }
    writeln!(
        out,
        "}}\n/// Every operator, in the order of the opcodes. One stands for all of a proposal that is left out."
    )
    .unwrap();
    // Where each row's operator is.
    let mut places = Vec::new();
    let mut rows: Vec<(usize, &Row)> = Vec::new();
    for (i, row) in OPERATORS.iter().enumerate() {
        let left_out = |(_, one): &(usize, &Row)| !built(row.proposal) && one.proposal == row.proposal;
        places.push(rows.iter().position(left_out).unwrap_or_else(|| {
            rows.push((i, row));
            rows.len() - 1
        }));
    }
    writeln!(out, "pub(crate) static OPERATORS: [Operator; {}] = [", rows.len()).unwrap();
    for (i, row) in rows {
        let kind = match row.kind {
            Kind::Unary(a, r) => format!("Kind::Unary({}, {})", val(a), val(r)),
            Kind::Binary(a) => format!("Kind::Binary({})", val(a)),
            Kind::Compare(a) => format!("Kind::Compare({})", val(a)),
            Kind::Load(r, w) => format!("Kind::Load({}, {w})", val(r)),
            Kind::Store(a, w) => format!("Kind::Store({}, {w})", val(a)),
            Kind::Vector(operands, r, lanes) => {
                let operands: Vec<&str> = operands.iter().map(|ty| val(*ty)).collect();
                format!("Kind::Vector(&[{}], {}, {lanes})", operands.join(", "), val(r))
            }
            Kind::LoadLane(w) => format!("Kind::LoadLane({w})"),
            Kind::StoreLane(w) => format!("Kind::StoreLane({w})"),
            Kind::Retype(a, r) => format!("Kind::Retype({}, {})", val(a), val(r)),
            Kind::AtomicLoad(r, w) => format!("Kind::AtomicLoad({}, {w})", val(r)),
            Kind::AtomicStore(a, w) => format!("Kind::AtomicStore({}, {w})", val(a)),
            Kind::AtomicRmw(a, w) => format!("Kind::AtomicRmw({}, {w})", val(a)),
            Kind::AtomicCmpxchg(a, w) => format!("Kind::AtomicCmpxchg({}, {w})", val(a)),
            Kind::Special => format!("Kind::Special(Special::{})", camel(row.name)),
        };
        let inverse_of = |name: &str| match OPERATORS.iter().find(|r| r.name == name).map(|r| r.relation) {
            Some(Relation::Compare(_, inverse)) => base(inverse),
            _ => 0,
        };
        let (swapped, inverse, swapped_inverse) = match row.relation {
            Relation::None => (0, 0, 0),
            Relation::Commutes => (isa.bases[i], 0, 0),
            Relation::Compare(s, n) => (base(s), base(n), inverse_of(s)),
        };
        let (begins, ends) = crate::chain::roles(row.name);
        let proposal =
            if row.proposal.is_empty() { "Proposals(0)".into() } else { format!("Proposals::{}", row.proposal) };
        writeln!(
            out,
            "    Operator {{ name: {:?}, prefix: {:#x}, code: {:#x}, imm: Imm::{:?}, proposal: {proposal}, kind: {kind}, base: {}, swapped: {swapped}, \
             inverse: {inverse}, swapped_inverse: {swapped_inverse}, begins: {begins}, ends: {ends}, traps: {}, constant: {}, \
             fuel: {} }},",
            row.name, row.prefix, row.code, row.imm, isa.bases[i], row.traps, row.constant, row.fuel
        )
        .unwrap();
    }
    writeln!(out, "];").unwrap();
    let chains = crate::chain::table(isa);
    writeln!(out, "/// Greatest [`Operator::begins`] with a slot as second operand; behind it, it is a constant.")
        .unwrap();
    writeln!(out, "pub(crate) const BY_CONSTANT: u8 = {};", crate::chain::by_constant()).unwrap();
    writeln!(out, "/// First form of a chain, by [`Operator::begins`] and [`Operator::ends`] less one; 0 for none.")
        .unwrap();
    writeln!(out, "pub(crate) static CHAINS: [[u16; {}]; {}] = {chains:?};", chains[0].len(), chains.len()).unwrap();
    for prefix in [0xffu8, 0xfb, 0xfc, 0xfd, 0xfe] {
        let rows = || OPERATORS.iter().enumerate().filter(|(_, r)| r.prefix == prefix);
        let len = rows().map(|(_, r)| r.code as usize + 1).max().unwrap_or(0);
        let mut index = vec![0u16; len];
        for (i, row) in rows() {
            index[row.code as usize] = places[i] as u16 + 1;
        }
        writeln!(out, "/// Opcode behind a prefix (ff: none) to index in `OPERATORS` plus one; 0 is illegal.").unwrap();
        writeln!(out, "static PREFIX_{prefix:X}: [u16; {len}] = {index:?};").unwrap();
    }
    for (name, number) in &isa.names {
        writeln!(out, "pub(crate) const {name}: u16 = {number};").unwrap();
    }
    for (prefix, list) in [
        ("UNARY", forms::UNARY),
        ("BINARY", forms::BINARY),
        ("BRANCH", forms::BRANCH),
        ("LATCH", forms::LATCH),
        ("CHAIN", crate::chain::CHAIN),
        ("LOAD", forms::LOAD),
        ("STORE", forms::STORE),
        ("VECTOR", crate::vector::VECTOR),
        ("VECTOR_ACCESS", crate::vector::ACCESS),
    ] {
        for (name, offset) in list {
            writeln!(out, "pub(crate) const {prefix}_{name}: u16 = {offset};").unwrap();
        }
    }
    writeln!(out, "pub(crate) const BRANCH_NOT: u16 = {};", forms::BRANCH_NOT).unwrap();
    writeln!(out, "/// How many operations there are.\npub(crate) const OP_COUNT: usize = {};", isa.ops.len()).unwrap();
    writeln!(
        out,
        "/// How many places the tail back end notes.\n#[cfg(wrt_tail)]\npub(crate) const NOTES: usize = {NOTES};"
    )
    .unwrap();
    writeln!(out, "/// First of the operations that are pairs.\npub(crate) const FUSED: u16 = {};", isa.fused).unwrap();
    writeln!(out, "/// Whether there are pairs.\npub(crate) const PAIRS: bool = {};", !isa.pairs.is_empty()).unwrap();
    writeln!(out, "/// What stands in the operation field of a pair's second half, plus the words of the first.")
        .unwrap();
    writeln!(out, "pub(crate) const SECOND: u16 = {};", crate::fused::SECOND).unwrap();
    let mut pairs: Vec<(usize, &crate::fused::Pair)> = isa.pairs.iter().enumerate().collect();
    let halves: Vec<(usize, usize)> = isa.pairs.iter().map(|pair| (pair.first, pair.second)).collect();
    writeln!(out, "/// The halves of the pairs, in the order of their numbers.").unwrap();
    writeln!(out, "pub(crate) static HALVES: [(u16, u16); {}] = {halves:?};", halves.len()).unwrap();
    pairs.sort_by_key(|(_, pair)| (pair.first, pair.second));
    let (mut firsts, mut starts) = (vec![0u8; isa.ops.len()], Vec::new());
    let mut partners: Vec<(usize, usize)> = Vec::new();
    for group in pairs.chunk_by(|(_, a), (_, b)| a.first == b.first) {
        starts.push(partners.len());
        firsts[group[0].1.first] = starts.len().try_into().expect("fewer than 256 operations begin a pair");
        partners.extend(group.iter().map(|(n, pair)| (pair.second, isa.fused + 2 * n)));
        partners.push((u16::MAX.into(), 0));
    }
    let mut follows = vec![0u64; isa.ops.len().div_ceil(64)];
    for (_, pair) in &pairs {
        follows[pair.second / 64] |= 1 << (pair.second % 64);
    }
    writeln!(out, "/// Bits of the operations that may be the second half of a pair.").unwrap();
    writeln!(out, "pub(crate) static FOLLOWS: [u64; {}] = {follows:?};", follows.len()).unwrap();
    writeln!(out, "/// Number of an operation among those that begin a pair; 0 for none.").unwrap();
    writeln!(out, "pub(crate) static FIRSTS: [u8; OP_COUNT] = {firsts:?};").unwrap();
    writeln!(out, "/// By that number less one: where in [`PARTNERS`] its pairs begin.").unwrap();
    writeln!(out, "pub(crate) static PARTNERS_OF: [u16; {}] = {starts:?};", starts.len()).unwrap();
    writeln!(
        out,
        "/// The second operation of a pair, ascending, and the pair; behind the last of a first operation, 65535."
    )
    .unwrap();
    writeln!(out, "pub(crate) static PARTNERS: [(u16, u16); {}] = {partners:?};", partners.len()).unwrap();
    writeln!(out, "/// Names of the operations.\npub(crate) static OP_NAMES: [&str; OP_COUNT] = [").unwrap();
    for op in &isa.ops {
        writeln!(out, "    {:?},", op.name).unwrap();
    }
    writeln!(out, "];\n/// Code words of the operations; 0 for branch tables.").unwrap();
    let words: Vec<u8> = isa.ops.iter().map(|o| o.words).collect();
    writeln!(out, "pub(crate) static OP_WORDS: [u8; OP_COUNT] = {words:?};").unwrap();
    out
}

/// Replaces `@name(args)` in `text` by what `f` makes of the arguments, which may hold parentheses themselves.
pub fn with_args(text: &str, name: &str, f: &dyn Fn(&[&str]) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    let open = format!("@{name}(");
    while let Some(at) = rest.find(&open) {
        out.push_str(&rest[..at]);
        let tail = &rest[at + open.len()..];
        let (mut depth, mut from, mut args) = (0u32, 0, Vec::new());
        let close = tail.char_indices().find_map(|(i, c)| {
            match c {
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                ',' | ')' if depth == 0 => {
                    args.push(tail[from..i].trim());
                    from = i + 1;
                    return (c == ')').then_some(i);
                }
                _ => {}
            }
            None
        });
        out.push_str(&f(&args));
        rest = &tail[close.expect("arguments without an end") + 1..];
    }
    out.push_str(rest);
    out
}

/// Fills in the words that ask whether an operator traps, and leaves the traps.
pub fn checks(body: &str) -> String {
    let b = with_args(body, "nonzero", &|a| format!("if {} == 0 {{ @trap(IntegerDivideByZero) }}", a[0]));
    let b = with_args(&b, "divides", &|a| {
        format!("if {1} as {2} == -1 && {0} as {2} == {2}::MIN {{ @trap(IntegerOverflow) }}", a[0], a[1], a[2])
    });
    with_args(&b, "range", &|a| {
        format!(
            "if !({0} > {1} && {0} < {2}) {{ if {0}.is_nan() {{ @trap(InvalidConversionToInteger) }} @trap(IntegerOverflow) }}",
            a[0], a[1], a[2]
        )
    })
}

fn expand(op: &forms::Op, backend: Backend) -> String {
    let mut b = checks(&op.body);
    let exit = match backend {
        Backend::Tail => "return exit(ip, fp, ctx, EXIT as u64, mem, handlers, fa, fs);",
        Backend::Loop => "{ (*ctx).fuel = fuel; save(ctx, ip, fp); return EXIT; }",
    };
    let go = match backend {
        Backend::Tail => "return next(ip, fp, ctx, acc, mem, handlers, fa, fs);",
        Backend::Loop => "continue;",
    };
    b = b.replace(
        "@peak",
        match backend {
            Backend::Tail => "return peak(ip, fp, ctx, acc, mem, handlers, fa, fs);",
            Backend::Loop => "if new_peak(ctx) { continue; } @trap(StackExhausted)",
        },
    );
    b = with_args(&b, "trap", &|a| match backend {
        Backend::Tail => format!("return trap(ip, fp, ctx, Reason::{} as u64, mem, handlers, fa, fs);", a[0]),
        Backend::Loop => {
            format!(
                "{{ (*ctx).reason = Reason::{} as u16; (*ctx).fuel = fuel; save(ctx, ip, fp); return TRAP; }}",
                a[0]
            )
        }
    });
    b = b.replace("@trapped", &exit.replace("EXIT", "TRAP"));
    b = with_args(&b, "exit", &|a| exit.replace("EXIT", a[0]));
    // The branch word is an operation's last. A branch back looks at the fuel.
    b = with_args(&b, "branch", &|a| {
        format!(
            "let (to, cost) = halves(ip, {0}); @spend(cost) ip = ip.add({0} - 1).byte_offset(to as isize); {go}",
            a[0]
        )
    });
    b = with_args(&b, "repeat", &|a| {
        format!(
            "let (to, cost) = halves(ip, {0}); @spend(cost) ip = ip.add({0} - 1).byte_offset(to as isize); \
             @looped {go}",
            a[0]
        )
    });
    b = match backend {
        Backend::Tail => by_notes(&b),
        Backend::Loop => without_notes(&b),
    };
    let guess = if backend == Backend::Tail { "ip = again(ctx, ip);" } else { "" };
    b = b.replace("@looped", &format!("if @spent {{ cold_path(); {} }} {guess}", exit.replace("EXIT", "FUEL")));
    b = with_args(&b, "spend", &|a| match backend {
        Backend::Tail => format!("(*ctx).fuel -= ({}) as i64;", a[0]),
        Backend::Loop => format!("fuel -= ({}) as i64;", a[0]),
    });
    b = b.replace("@spent", if backend == Backend::Tail { "(*ctx).fuel < 0" } else { "fuel < 0" });
    b = b.replace("@next", &format!("ip = ip.add({}); {go}", op.rest));
    b.replace("@go", go)
}

/// Where a table leads, in a way that the processor can predict: a function of each note goes on from there. What follows
/// on `@found` is in [`tail`]'s `enter`.
fn by_notes(body: &str) -> String {
    let stub = |first: usize, index: &str, among: usize, acc: &str| {
        let stub = format!("(*ctx).stubs.cast::<Handler>().add({first} + {index} as usize % {among})");
        format!("return (*{stub})(ip, fp, ctx, {acc}, mem, handlers, fa, fs);")
    };
    let b = with_args(body, "case", &|a| stub(0, a[0], CASES, "acc"));
    let b = b.split_once(" let nfp").filter(|(found, _)| found.ends_with("@found(i)")).map_or(b.as_str(), |(b, _)| b);
    let b = with_args(b, "found", &|a| stub(CASES, a[0], CALLEES, "callee as usize as u64"));
    b.replace("@back", "return back(ip, fp, ctx, acc, mem, handlers, fa, fs);")
}

/// The same in a loop, where nothing is noted.
pub fn without_notes(body: &str) -> String {
    let b = with_args(body, "case", &|_| "@go".into());
    with_args(&b, "found", &|_| String::new()).replace("@back", "@looped @go")
}

/// One function per operation, each ending in a jump to the next.
pub fn tail(isa: &Isa, abi: &str) -> String {
    let args = "ip: Ip, fp: Fp, ctx: *mut Ctx, acc: u64, mem: *mut u8, handlers: Handlers, fa: f64, fs: f32";
    let mut out = format!(
        "/// One operation: runs it and everything after it up to a stop.
type Handler = unsafe extern \"{abi}\" fn({args}) -> u32;

/// Stops; what stopped it is in `acc`.
#[cold]
#[inline(never)]
unsafe extern \"{abi}\" fn exit({args}) -> u32 {{
    // SAFETY: the registers are those of a running task.
    unsafe {{
        let here = 0u8;
        (*ctx).native = (&raw const here).addr();
        save(ctx, ip, fp);
    }}
    acc as u32
}}

/// Traps; the reason is in `acc`.
#[cold]
#[inline(never)]
unsafe extern \"{abi}\" fn trap({args}) -> u32 {{
    // SAFETY: the registers are those of a running task.
    unsafe {{
        (*ctx).reason = acc as u16;
        save(ctx, ip, fp);
    }}
    // Opaque, so that a handler has nothing to do behind the call and can jump.
    core::hint::black_box(TRAP)
}}

/// Goes on with the same operation once a new peak of the stack is noted.
#[cold]
#[inline(never)]
unsafe extern \"{abi}\" fn peak({args}) -> u32 {{
    // SAFETY: the registers are those of a running task.
    unsafe {{
        if new_peak(ctx) {{
            next(ip, fp, ctx, acc, mem, handlers, fa, fs)
        }} else {{
            trap(ip, fp, ctx, Reason::StackExhausted as u64, mem, handlers, fa, fs)
        }}
    }}
}}
"
    );
    let mut stubs: String = (0..CASES).map(|n| format!("noted::<{n}>, ")).collect();
    stubs.extend((CASES..NOTES).map(|n| format!("found::<{n}>, ")));
    // What is left of a call through a table when the callee is found.
    let call = isa.ops.iter().find_map(|op| op.body.split_once("@found(i)").map(|(_, rest)| (op, rest)));
    let (call, rest) = call.expect("functions are called through tables");
    let enter = expand(&Op { body: rest.into(), ..call.clone() }, Backend::Tail);
    writeln!(
        out,
        "
/// Goes on at the label `ip`, to which a branch table goes back. A function of its own, because so few registers are free.
#[inline(never)]
unsafe extern \"{abi}\" fn back({args}) -> u32 {{
    // SAFETY: the registers are those of a running task.
    unsafe {{
        if (*ctx).fuel < 0 {{
            cold_path();
            return exit(ip, fp, ctx, FUEL as u64, mem, handlers, fa, fs);
        }}
        next(again(ctx, ip), fp, ctx, acc, mem, handlers, fa, fs)
    }}
}}

/// Goes on at `ip`, by note `N`.
unsafe extern \"{abi}\" fn noted<const N: usize>({args}) -> u32 {{
    // SAFETY: the registers are those of a running task, whose notes were cleared.
    unsafe {{ next(guess((&raw mut (*ctx).notes).cast::<Ip>().add(N), ip), fp, ctx, acc, mem, handlers, fa, fs) }}
}}

/// Calls the function at `acc`, which was found in a table.
#[inline(never)]
unsafe extern \"{abi}\" fn enter(mut ip: Ip, mut fp: Fp, ctx: *mut Ctx, mut acc: u64, mem: *mut u8, handlers: Handlers, fa: f64, fs: f32) -> u32 {{
    let callee = acc as usize as Ip;
    // SAFETY: the registers are those of a running task.
    unsafe {{ {enter} }}
}}

/// Calls the function at `acc` by note `N`.
unsafe extern \"{abi}\" fn found<const N: usize>({args}) -> u32 {{
    // SAFETY: the registers are those of a running task, whose notes were cleared.
    unsafe {{
        let callee = guess((&raw mut (*ctx).notes).cast::<Ip>().add(N), acc as usize as Ip);
        enter(ip, fp, ctx, callee as usize as u64, mem, handlers, fa, fs)
    }}
}}

/// Goes on at `ip`; from now on by notes.
#[cold]
#[inline(never)]
unsafe extern \"{abi}\" fn clear({args}) -> u32 {{
    // SAFETY: the registers are those of a running task.
    unsafe {{
        for n in 0..{NOTES} {{
            // Volatile, or it would be a call of `memset`.
            (&raw mut (*ctx).notes).cast::<Ip>().add(n).write_volatile(core::ptr::null());
        }}
        (*ctx).stubs = NOTED.as_ptr().cast();
        next(ip, fp, ctx, acc, mem, handlers, fa, fs)
    }}
}}

/// A function for each note, so that each ends in a jump of its own, which is predicted by itself.
static NOTED: [Handler; {NOTES}] = [{stubs}];
/// As long as no note was written.
static CLEAR: [Handler; {NOTES}] = [clear; {NOTES}];"
    )
    .unwrap();
    let mut illegal = None;
    let mut table = String::new();
    for (n, op) in isa.ops.iter().enumerate() {
        if op.name == "illegal" || !built(op.proposal) {
            if let Some(first) = illegal {
                writeln!(table, "    h{first},").unwrap();
                continue;
            }
            illegal = Some(n);
        }
        writeln!(
            out,
            "/// `{}`\nunsafe extern \"{abi}\" fn h{n}(mut ip: Ip, mut fp: Fp, ctx: *mut Ctx, mut acc: u64, mem: *mut u8, handlers: Handlers, \
             mut fa: f64, mut fs: f32) -> u32 {{\n    // SAFETY: see `dispatch.rs`: operands were checked by the translator.\n    unsafe {{ {} }}\n}}",
            op.name,
            expand(op, Backend::Tail)
        )
        .unwrap();
        writeln!(table, "    h{n},").unwrap();
    }
    writeln!(out, "/// Operation number to function.\nstatic HANDLERS: [Handler; OP_COUNT] = [\n{table}];").unwrap();
    out
}

/// What the loop has apart from its `match`.
pub fn apart(isa: &Isa) -> String {
    let mut out = String::new();
    for (n, op) in isa.ops.iter().enumerate().filter(|(_, op)| op.apart && built(op.proposal)) {
        let body = op.body.replace("@next", "");
        writeln!(
            out,
            "/// `{}`\n#[inline(never)]\npub(super) unsafe fn f{n}(ip: Ip, fp: Fp) {{\n    \
             // SAFETY: see `dispatch.rs`: operands were checked by the translator.\n    unsafe {{ {body} }}\n}}",
            op.name
        )
        .unwrap();
    }
    out
}

/// One loop over one match.
pub fn looped(isa: &Isa) -> String {
    let mut out = String::from(
        "loop {\n    // SAFETY: see `dispatch.rs`: operands were checked by the translator.\n    unsafe { match f0(ip) {\n",
    );
    for (n, op) in isa.ops.iter().enumerate() {
        if op.name == "illegal" || !built(op.proposal) {
            continue;
        }
        let body = if op.apart {
            format!("apart::f{n}(ip, fp); ip = ip.add({}); continue;", op.words)
        } else {
            expand(op, Backend::Loop)
        };
        writeln!(out, "    // {}\n    {n} => {{ {body} }}", op.name).unwrap();
    }
    writeln!(
        out,
        "    _ => {{ (*ctx).reason = Reason::Internal as u16; (*ctx).fuel = fuel; save(ctx, ip, fp); return TRAP; }}\n    }} }}\n}}"
    )
    .unwrap();
    out
}
