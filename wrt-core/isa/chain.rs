//! Operations that do two operators at once: the first one's result goes into the second one and nowhere else.
//!
//! Which pairs are worth it was counted in real programs (`tests/bench/pairs.py`); to add one, add a line.

use crate::forms::{Isa, rust, src};
use crate::table::{Kind, OPERATORS, Relation, Row};

/// The two operators. The second operand of the first one is a slot for `mul`, else a constant; the other operand of
/// the second one is a slot.
pub const CHAINS: &[(&str, &str)] = &[
    ("i32.mul", "i32.add"),
    ("i32.mul", "i32.sub"),
    ("i64.mul", "i64.add"),
    ("i64.mul", "i64.sub"),
    ("f32.mul", "f32.add"),
    ("f32.mul", "f32.sub"),
    ("f64.mul", "f64.add"),
    ("f64.mul", "f64.sub"),
    ("i32.shl", "i32.add"),
    ("i32.shl", "i32.xor"),
    ("i32.shl", "i32.or"),
    ("i32.shr_u", "i32.xor"),
    ("i32.shr_u", "i32.or"),
    ("i32.rotl", "i32.xor"),
    ("i32.and", "i32.add"),
    ("i64.shl", "i64.xor"),
    ("i64.shl", "i64.or"),
    ("i64.shr_u", "i64.xor"),
    ("i64.shr_u", "i64.or"),
];

/// Forms of a chain: the first operand in the accumulator or in a slot, and, where the second operator does not
/// commute, its result as the left operand of the second operator and not as the right one.
pub const CHAIN: &[(&str, usize)] = &[("A", 0), ("S", 2), ("LEFT", 4)];

/// Whether the second operand of the operator that begins a chain is a slot.
pub fn by_slot(first: &str) -> bool {
    first.ends_with("mul")
}

/// How many operators begin a chain with a slot as second operand.
pub fn by_constant() -> usize {
    firsts().iter().filter(|name| by_slot(name)).count()
}

/// Operators that begin a chain: those with a slot as second operand, then those with a constant.
fn firsts() -> Vec<&'static str> {
    let (mut slots, constants): (Vec<_>, Vec<_>) = mentioned(|c| c.0).into_iter().partition(|name| by_slot(name));
    slots.extend(constants);
    slots
}

/// Which operators begin a chain, or end one, in the order of their first mention.
fn mentioned(pick: impl Fn(&(&'static str, &'static str)) -> &'static str) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for chain in CHAINS {
        if !names.contains(&pick(chain)) {
            names.push(pick(chain));
        }
    }
    names
}

/// The number of `name` among the operators that begin a chain, and among those that end one; 0 for none.
pub fn roles(name: &str) -> (usize, usize) {
    let number = |names: Vec<&str>| names.iter().position(|n| *n == name).map_or(0, |at| at + 1);
    (number(firsts()), number(mentioned(|c| c.1)))
}

/// The first operation of each chain, by the numbers of [`roles`] less one; 0 for none.
pub fn table(isa: &Isa) -> Vec<Vec<usize>> {
    let (firsts, seconds) = (firsts(), mentioned(|c| c.1));
    let mut table = vec![vec![0; seconds.len()]; firsts.len()];
    for ((first, second), base) in CHAINS.iter().zip(&isa.chains) {
        table[roles(first).0 - 1][roles(second).1 - 1] = *base;
    }
    table
}

pub fn row(name: &str) -> &'static Row {
    OPERATORS.iter().find(|row| row.name == name).expect("an operator of a chain is in the table")
}

/// The meaning of a chain's first operator: what a sum makes of a NaN does not depend on which one it is.
pub fn raw(meaning: &str) -> &str {
    match meaning.strip_prefix("float::canon") {
        Some(rest) => &rest[2..],
        None => meaning,
    }
}

pub fn chains(isa: &mut Isa) {
    for (first, second) in CHAINS {
        let (one, two) = (row(first), row(second));
        let Kind::Binary(ty) = one.kind else { unreachable!("chains are of binary operators") };
        let product = by_slot(first);
        isa.align();
        isa.chains.push(isa.ops.len());
        for left in [false, true] {
            if left && two.relation == Relation::Commutes {
                continue;
            }
            for form in ['a', 's'] {
                let y = match (form, product) {
                    ('a', _) => src(ty, if product { 's' } else { 'i' }, 3),
                    (_, true) => src(ty, 's', 1).replace("f1(ip)", "word(ip, 1) as usize"),
                    (_, false) => format!("(word(ip, 1) as {})", rust(ty)),
                };
                let operands = if left { ("p", "z") } else { ("z", "p") };
                let compute = format!(
                    "let z: {t} = {z}; let p: {t} = {{ let a: {t} = {x}; let b: {t} = {y}; {m} }}; \
                     let r: {t} = {{ let (a, b) = ({l}, {g}); {n} }};",
                    t = rust(ty),
                    z = src(ty, 's', 2),
                    x = src(ty, form, 3),
                    m = raw(one.meaning),
                    l = operands.0,
                    g = operands.1,
                    n = two.meaning
                );
                let order = if left { " left" } else { "" };
                isa.pair(two, &format!("{} {form}{order}", one.name), if form == 'a' { 1 } else { 2 }, ty, &compute);
            }
        }
    }
}
