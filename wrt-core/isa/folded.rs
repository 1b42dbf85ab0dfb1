//! The loop in the form for small targets: an arm for every operator and one for every place that operands come
//! from, in turn, instead of one for every operation.
//!
//! Owns what an operation's number means there: a *form* (operands, or an address), an *operator*, and a *goal* (what
//! becomes of the result). It runs the words of every other back end but pairs, and stops where they do.

use crate::chain::{self, CHAINS};
use crate::emit::{checks, with_args, without_notes};
use crate::features::built;
use crate::forms::{BINARY, BRANCH, BRANCH_NOT, Isa, LATCH, LOAD, Op, STORE, UNARY, rust};
use crate::table::{Kind, OPERATORS, Ty};
use std::fmt::Write;

/// An arm of its own.
const APART: usize = 63;
/// First of the forms that are no pair of operands.
const FIRST_LATCH: usize = BINARY.len();
const FIRST_CHAIN: usize = FIRST_LATCH + LATCH.len();
const FIRST_ADDRESS: usize = FIRST_CHAIN + 4;
/// Addresses, as `forms.rs` has them.
const ADDRESSES: &str = "sakwxpijqr";

/// What becomes of a result: the accumulator, a branch, a branch where it is 0. Of an access: a load, a store of a
/// slot, of the accumulator, of an immediate.
#[derive(Clone, Copy)]
enum Goal {
    Keep,
    Taken,
    NotTaken,
}

/// Register class of a type.
fn class(ty: Ty) -> usize {
    match ty {
        Ty::I32 | Ty::I64 => 0,
        Ty::F64 => 1,
        Ty::F32 => 2,
        Ty::V128 => unreachable!("vectors have no class"),
    }
}

/// A value of type `ty` from 64 bits.
fn value(ty: Ty, bits: &str) -> String {
    match ty {
        Ty::I32 => format!("({bits} as u32)"),
        Ty::I64 => bits.into(),
        Ty::F32 => format!("f32::from_bits({bits} as u32)"),
        Ty::F64 => format!("f64::from_bits({bits})"),
        Ty::V128 => unreachable!("vectors have no bits here"),
    }
}

/// 64 bits from the expression `of` of type `ty`.
fn bits(ty: Ty, of: &str) -> String {
    match ty {
        Ty::I32 => format!("({{ let r: u32 = {of}; r }}) as u64"),
        Ty::I64 => format!("({{ let r: u64 = {of}; r }})"),
        Ty::F32 => format!("({{ let r: f32 = {of}; r }}).to_bits() as u64"),
        Ty::F64 => format!("({{ let r: f64 = {of}; r }}).to_bits()"),
        Ty::V128 => unreachable!("vectors have no bits here"),
    }
}

/// What converts the float `a` to an integer, if the operator of this name does: one function for all of them, since
/// every `f32` is an `f64`.
fn to_integer(name: &str) -> Option<String> {
    let (to, from) = name.split_once(".trunc_")?;
    let sign = if name.ends_with("_s") { 'I' } else { 'U' };
    let to = format!("float::Integer::{sign}{}", &to[1..]);
    Some(if from.starts_with("sat_") {
        format!("float::saturated(a, {to})")
    } else {
        format!("match float::truncated(a, {to}) {{ Ok(r) => r, Err(reason) => break 'trap reason }}")
    })
}

/// Fills in the words that start with `@`.
fn expand(body: &str, rest: u8) -> String {
    let mut b = checks(&without_notes(body));
    b = b.replace("@peak", "if new_peak(ctx) { continue 'run; } @trap(StackExhausted)");
    b = with_args(&b, "trap", &|a| format!("break 'trap Reason::{};", a[0]));
    b = b.replace("@trapped", "break 'exit TRAP;");
    b = with_args(&b, "exit", &|a| format!("break 'exit {};", a[0]));
    b = with_args(&b, "branch", &|a| format!("break 'jump {};", a[0]));
    b = with_args(&b, "repeat", &|a| format!("break 'jump {};", a[0]));
    b = b.replace("@looped", "if @spent { break 'exit FUEL; }");
    b = with_args(&b, "spend", &|a| format!("fuel -= ({}) as i64;", a[0]));
    b = b.replace("@spent", "fuel < 0");
    b = b.replace("@next", &format!("ip = ip.add({rest}); continue 'run;"));
    b.replace("@go", "continue 'run;")
}

/// The registers of the large loop, in a text that was written for it, as they are named here.
fn registers(body: &str) -> String {
    let body = body.replace("fa.to_bits()", "accs[1]").replace("fs.to_bits()", "accs[2]");
    let body = body.replace("fa = r;", "accs[1] = r.to_bits();").replace("fs = r;", "accs[2] = r.to_bits() as u64;");
    let mut out = String::new();
    let mut before = ' ';
    let mut rest = body.as_str();
    while let Some(c) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        if !word(before) && rest.strip_prefix("acc").is_some_and(|tail| !tail.starts_with(word)) {
            out.push_str("accs[0]");
            rest = &rest[3..];
            before = 'c';
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            before = c;
        }
    }
    out
}

/// What the numbers of the operations mean, and the arms.
struct Folded {
    meanings: Vec<usize>,
    /// Of each operator: class of the operands, class of the result, logarithm of the bytes accessed.
    operators: Vec<usize>,
    arms: String,
    /// The first operators of the chains, and the numbers of the second ones.
    chains: String,
    seconds: Vec<usize>,
}

impl Folded {
    fn set(&mut self, op: usize, form: usize, goal: usize, operator: usize) {
        assert!(operator < 256 && form < APART && goal < 4);
        self.meanings[op] = operator | form << 8 | goal << 14;
    }

    /// The next operator.
    fn operator(&mut self, from: usize, to: usize, width: u32, arm: &str) -> usize {
        let n = self.operators.len();
        self.operators.push(from | to << 2 | (width.trailing_zeros() as usize) << 4);
        writeln!(self.arms, "    {n} => {{ {arm} }}").unwrap();
        n
    }

    fn operands(&mut self, base: usize, forms: &[(&str, usize)], goal: Goal, operator: usize, both: bool) {
        for (form, offset) in forms {
            let form = BINARY.iter().position(|(name, _)| name == form).expect("a form of two operands");
            for op in base + offset..base + offset + 1 + both as usize {
                self.set(op, form, goal as usize, operator);
            }
        }
    }
}

fn fold(isa: &Isa) -> Folded {
    let mut f = Folded {
        meanings: vec![APART << 8; isa.fused],
        operators: Vec::new(),
        arms: String::new(),
        chains: String::new(),
        seconds: Vec::new(),
    };
    let mut numbers = vec![0; OPERATORS.len()];
    for (row, (base, number)) in OPERATORS.iter().zip(isa.bases.iter().zip(&mut numbers)) {
        let base = *base;
        match row.kind {
            Kind::Unary(from, to) => {
                let arm = match to_integer(row.name) {
                    Some(conversion) => format!("let a = {} as f64; {conversion}", value(from, "x")),
                    None => format!("let a: {} = {}; {}", rust(from), value(from, "x"), bits(to, row.meaning)),
                };
                let n = f.operator(class(from), class(to), 1, &expand(&arm, 0));
                // Where there is one operand, the second one is not looked at.
                for ((_, offset), form) in UNARY.iter().zip(["SI", "AI"]) {
                    f.operands(base + offset, &[(form, 0)], Goal::Keep, n, true);
                }
            }
            Kind::Binary(ty) | Kind::Compare(ty) => {
                let compares = matches!(row.kind, Kind::Compare(_));
                let result = if compares { format!("({}) as u64", row.meaning) } else { bits(ty, row.meaning) };
                let arm =
                    format!("let a: {t} = {}; let b: {t} = {}; {result}", value(ty, "x"), value(ty, "y"), t = rust(ty));
                let n = f.operator(class(ty), if compares { 0 } else { class(ty) }, 1, &expand(&arm, 0));
                *number = n;
                f.operands(base, BINARY, Goal::Keep, n, true);
                if compares {
                    f.operands(base, BRANCH, Goal::Taken, n, true);
                    f.operands(base + BRANCH_NOT, BRANCH, Goal::NotTaken, n, true);
                }
                if compares && ty == Ty::I32 {
                    for (at, (_, offset)) in LATCH.iter().enumerate() {
                        for op in base + offset..base + offset + 2 {
                            f.set(op, FIRST_LATCH + at, Goal::Taken as usize, n);
                        }
                    }
                }
            }
            Kind::Load(ty, width) if ty != Ty::V128 => {
                let arm = format!("let m = x as u{}; {}", width * 8, bits(ty, row.meaning));
                let n = f.operator(0, class(ty), width, &arm);
                for (form, offset) in LOAD {
                    let address = ADDRESSES.find(&form.to_lowercase()).expect("an address");
                    f.set(base + offset, FIRST_ADDRESS + address, 0, n);
                    f.set(base + offset + 1, FIRST_ADDRESS + address, 0, n);
                }
            }
            Kind::Store(ty, width) if ty != Ty::V128 => {
                let n = f.operators.len();
                f.operators.push(class(ty) | (width.trailing_zeros() as usize) << 4);
                for (form, offset) in STORE {
                    let mut letters = form.chars().map(|c| c.to_ascii_lowercase());
                    let address = letters.next().and_then(|c| ADDRESSES.find(c)).expect("an address");
                    let goal = 1 + "sai".find(letters.next().unwrap_or('s')).expect("a value");
                    f.set(base + offset, FIRST_ADDRESS + address, goal, n);
                }
            }
            _ => {}
        }
    }
    // The first operator of a chain is computed where operands are; the second one follows.
    for (at, ((_, second), base)) in CHAINS.iter().zip(&isa.chains).enumerate() {
        let left = chain::row(second).relation == crate::table::Relation::None;
        for op in 0..if left { 8 } else { 4 } {
            f.set(base + op, FIRST_CHAIN + op / 2, 0, at);
        }
    }
    // Forms that do not exist.
    for (meaning, op) in f.meanings.iter_mut().zip(&isa.ops) {
        if op.name == "illegal" {
            *meaning = APART << 8;
        }
    }
    f.chains(&numbers);
    f
}

impl Folded {
    /// What the first operators of the chains compute, given the operators' `numbers` by their rows.
    fn chains(&mut self, numbers: &[usize]) {
        for (at, (first, second)) in CHAINS.iter().enumerate() {
            let number = OPERATORS.iter().position(|row| row.name == *second).map(|row| numbers[row]);
            self.seconds.push(number.expect("an operator of a chain is in the table"));
            let row = chain::row(first);
            let Kind::Binary(ty) = row.kind else { unreachable!("chains are of binary operators") };
            writeln!(
                self.chains,
                "    {at} => {{ let a: {t} = {}; let b: {t} = {}; {} }}",
                value(ty, "x"),
                value(ty, if chain::by_slot(first) { "slot(fp, place)" } else { "y" }),
                bits(ty, chain::raw(row.meaning)),
                t = rust(ty),
            )
            .unwrap();
        }
    }
}

/// One loop over few arms.
pub fn looped(isa: &Isa) -> String {
    let f = fold(isa);
    let mut apart = String::new();
    let own = |(n, op): &(usize, &Op)| f.meanings[*n] >> 8 & 63 == APART && op.name != "illegal" && built(op.proposal);
    for (n, op) in isa.ops.iter().enumerate().take(isa.fused).filter(own) {
        let body = if op.apart {
            format!("apart::f{n}(ip, fp); ip = ip.add({}); continue 'run;", op.words)
        } else {
            registers(&expand(&op.body, op.rest))
        };
        writeln!(apart, "    // {}\n    {n} => {{ {body} }}", op.name).unwrap();
    }
    let address = |letter: char| FIRST_ADDRESS + ADDRESSES.find(letter).expect("an address");
    let form = |name: &str| BINARY.iter().position(|(form, _)| *form == name).expect("a form");
    format!(
        "{{
/// Operator, form and goal by the number of an operation.
static MEANINGS: [u16; {count}] = {meanings:?};
/// Of each operator: class of its operands, class of its result, logarithm of the bytes accessed.
static OPERATORS: [u8; {operators}] = {classes:?};
/// The second operator of each chain.
static SECONDS: [u8; {chains_count}] = {seconds:?};
/// Whether an access may be of another memory than the first, or by an address of 64 bits.
const ANY: bool = {any};
let mut accs = [acc, 0, 0, 0];
'run: loop {{
  // SAFETY: see `dispatch.rs`: operands were checked by the translator.
  unsafe {{
    let op = f0(ip);
    let code: u32 = 'exit: {{
    let reason: Reason = 'trap: {{
    let distance: usize = 'jump: {{
    let meaning = MEANINGS.get(op).copied().unwrap_or({none}) as usize;
    let (chain, form, goal) = (meaning & 0xff, meaning >> 8 & 63, meaning >> 14);
    if form == {APART} {{
    match op {{
{apart}    _ => break 'trap Reason::Internal,
    }}
    }}
    let chained = form >= {FIRST_CHAIN} && form < {FIRST_ADDRESS};
    let operator = if chained {{ SECONDS.get(chain).copied().unwrap_or(0) as usize }} else {{ chain }};
    let kind = OPERATORS.get(operator).copied().unwrap_or(0) as usize;
    let mut words = 1;
    let mut x;
    let mut y = 0;
    if form < {FIRST_ADDRESS} {{
        x = if matches!(form, {as_} | {ai} | {aw} | {chain_a} | {chain_a_left}) {{ accs[kind & 3] }} else {{ slot(fp, f2(ip)) }};
        match form {{
            {ss} | {as_} | {latch_sss} | {latch_ssw} => y = slot(fp, f3(ip)),
            {si} | {ai} | {latch_sis} | {latch_siw} => y = i3(ip) as i64 as u64,
            {sa} => y = accs[kind & 3],
            {sw} | {aw} => {{ y = word(ip, 1); words = 2; }}
            _ => {{
                y = i3(ip) as i64 as u64;
                let mut place = f3(ip);
                if matches!(form, {chain_s} | {chain_s_left}) {{
                    x = slot(fp, place);
                    y = word(ip, 1);
                    place = y as usize;
                    words = 2;
                }}
                let first: u64 = match chain {{
{chains}                _ => break 'trap Reason::Internal,
                }};
                let other = slot(fp, f2(ip));
                (x, y) = if form < {chain_a_left} {{ (other, first) }} else {{ (first, other) }};
            }}
        }}
        if matches!(form, {FIRST_LATCH}..{FIRST_CHAIN}) {{
            x = (x as u32).wrapping_add(y as u32) as u64;
            accs[0] = x;
            set(fp, f1(ip), x);
            y = word(ip, 1);
            if matches!(form, {latch_sis} | {latch_sss}) {{ y = slot(fp, y as usize); }}
            words = 2;
        }}
    }} else {{
        let width = 1u64 << (kind >> 4);
        // What is added to a slot or the accumulator, and what comes behind.
        let base = match form {{
            {address_a} | {address_q} | {address_r} => accs[0] as u32,
            // A constant stands where others have a slot.
            {address_k} => 0,
            _ => slot(fp, f2(ip)) as u32,
        }};
        let mut far = false;
        let end = match form {{
            {address_s} | {address_a} => base as u64 + f3(ip) as u64,
            {address_k} => n23(ip) as u64,
            {address_p} => base.wrapping_add(slot(fp, f3(ip)) as u32) as u64 + width,
            {address_i} => base.wrapping_add(i3(ip) as i32 as u32) as u64 + width,
            {address_q} => base.wrapping_add(slot(fp, f2(ip)) as u32) as u64 + f3(ip) as u64,
            {address_w} => {{ words = 2; (base as u64).wrapping_add(word(ip, 1)) }}
            {address_x} if ANY => {{
                words = 2;
                far = true;
                let (end, over) = slot(fp, f2(ip)).overflowing_add(word(ip, 1));
                if over || end > mem_len(mem_inst(ctx, f3(ip))) {{ break 'trap Reason::OutOfBoundsMemory; }}
                end
            }}
            _ => {{ words = 2; base.wrapping_add(word(ip, 1) as u32) as u64 + (word(ip, 1) >> 32) }}
        }};
        if !far && end > (*ctx).mem_len {{ break 'trap Reason::OutOfBoundsMemory; }}
        let at = end.wrapping_sub(width);
        if goal != 0 {{
            let v = match goal {{ 1 => slot(fp, f1(ip)), 2 => accs[kind & 3], _ => i1(ip) as i64 as u64 }};
            if far {{
                let mi = mem_inst(ctx, f3(ip));
                match kind >> 4 {{
                    0 => store8(mi, at, v as u8),
                    1 => store16(mi, at, v as u16),
                    2 => store32(mi, at, v as u32),
                    _ => store64(mi, at, v),
                }}
            }} else {{
                match kind >> 4 {{
                    0 => write8(mem, at, v as u8),
                    1 => write16(mem, at, v as u16),
                    2 => write32(mem, at, v as u32),
                    _ => write64(mem, at, v),
                }}
            }}
            ip = ip.add(words);
            continue 'run;
        }}
        x = if far {{
            let mi = mem_inst(ctx, f3(ip));
            match kind >> 4 {{
                0 => load8(mi, at) as u64,
                1 => load16(mi, at) as u64,
                2 => load32(mi, at) as u64,
                _ => load64(mi, at),
            }}
        }} else {{
            match kind >> 4 {{
                0 => read8(mem, at) as u64,
                1 => read16(mem, at) as u64,
                2 => read32(mem, at) as u64,
                _ => read64(mem, at),
            }}
        }};
    }}
    let r: u64 = match operator {{
{arms}    _ => break 'trap Reason::Internal,
    }};
    if goal == 0 {{
        accs[kind >> 2 & 3] = r;
        if op & 1 != 0 {{ set(fp, f1(ip), r); }}
        ip = ip.add(words);
        continue 'run;
    }}
    if (r != 0) == (goal == {taken}) {{
        break 'jump words;
    }}
    ip = ip.add(words + 1);
    continue 'run;
    }};
    // The branch word is an operation's last. A branch back looks at the fuel.
    let (to, cost) = halves(ip, distance);
    fuel -= cost as i64;
    ip = ip.add(distance - 1).byte_offset(to as isize);
    if op & 1 == 0 || fuel >= 0 {{
        continue 'run;
    }}
    break 'exit FUEL;
    }};
    (*ctx).reason = reason as u16;
    TRAP
    }};
    (*ctx).fuel = fuel;
    save(ctx, ip, fp);
    return code;
  }}
}}
}}",
        count = isa.fused,
        any = built("MULTI_MEMORY") || built("MEMORY64") || built("THREADS"),
        meanings = f.meanings,
        operators = f.operators.len(),
        classes = f.operators,
        arms = f.arms,
        chains = f.chains,
        none = APART << 8,
        ss = form("SS"),
        si = form("SI"),
        as_ = form("AS"),
        ai = form("AI"),
        sa = form("SA"),
        sw = form("SW"),
        aw = form("AW"),
        latch_sis = FIRST_LATCH,
        latch_siw = FIRST_LATCH + 1,
        latch_sss = FIRST_LATCH + 2,
        latch_ssw = FIRST_LATCH + 3,
        chain_a = FIRST_CHAIN,
        chain_s = FIRST_CHAIN + 1,
        chain_a_left = FIRST_CHAIN + 2,
        chain_s_left = FIRST_CHAIN + 3,
        address_s = address('s'),
        address_a = address('a'),
        address_k = address('k'),
        address_w = address('w'),
        address_x = address('x'),
        address_p = address('p'),
        address_i = address('i'),
        address_q = address('q'),
        address_r = address('r'),
        taken = Goal::Taken as usize,
        chains_count = f.seconds.len(),
        seconds = f.seconds,
    )
}
