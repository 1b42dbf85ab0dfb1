//! Atomic operations on linear memory.
//!
//! Accesses are unsigned and values stand in slots of 64 bits, so that operators of both integer
//! types share the operations of a width. All operands are in slots: the address in field 2, the
//! memory in field 3, the end of the access (offset plus width) in the first further word, other
//! operands in a second one. A result goes to the slot of field 1 and to the accumulator.

use crate::forms::Isa;
use crate::table::{Kind, Row};

/// Checks the address: `p` points at the bytes, of memory `mi`.
fn place(width: u32) -> String {
    format!(
        "let mi = mem_inst(ctx, f3(ip)); let (e, over) = slot(fp, f2(ip)).overflowing_add(word(ip, 1));
         let at = e.wrapping_sub({width});
         if at & {} != 0 {{ @trap(UnalignedAtomic) }}
         if over || e > mem_len(mi) {{ @trap(OutOfBoundsMemory) }}
         let p = mem_at(mi, at);",
        width - 1
    )
}

const RESULT: &str = "set(fp, f1(ip), r); acc = r; @next";

/// The first operation of an atomic operator, made if there is none yet; `None` for other operators.
pub fn operation(isa: &mut Isa, row: &Row) -> Option<usize> {
    let (what, width) = match row.kind {
        Kind::AtomicLoad(_, width) => ("load", width),
        Kind::AtomicStore(_, width) => ("store", width),
        Kind::AtomicRmw(_, width) => ("rmw", width),
        Kind::AtomicCmpxchg(_, width) => ("cmpxchg", width),
        _ => return None,
    };
    let (bits, ty, place) = (width * 8, format!("u{}", width * 8), place(width));
    // Reads of the second further word.
    let operand = |shift: u32| format!("slot(fp, (word(ip, 2) >> {shift}) as usize & 0xffff) as {ty}");
    let (words, body) = match row.kind {
        Kind::AtomicLoad(..) => (2, format!("{place} let r = atomic::load{bits}(p) as u64; {RESULT}")),
        Kind::AtomicStore(..) => (2, format!("{place} atomic::store{bits}(p, slot(fp, f1(ip)) as {ty}); @next")),
        Kind::AtomicRmw(..) => (
            3,
            format!(
                "let v = {}; {place} let r = atomic::update{bits}(p, |m: {ty}| {}) as u64; {RESULT}",
                operand(0),
                row.meaning
            ),
        ),
        _ => (
            3,
            format!(
                "let x = {}; let v = {}; {place} let r = atomic::exchange{bits}(p, x, v) as u64; {RESULT}",
                operand(0),
                operand(16)
            ),
        ),
    };
    let name = format!("atomic.{what}{bits} {}", row.meaning);
    let name = name.trim_end();
    Some(isa.ops.iter().position(|op| op.name == name).unwrap_or_else(|| {
        isa.push(name.into(), words, body);
        isa.ops.len() - 1
    }))
}

/// The operations that are not accesses.
pub fn others(isa: &mut Isa) {
    isa.named("ATOMIC_FENCE", 1, "atomic::fence(); @next");
    let place = place(4);
    // The count in a second further word.
    isa.named(
        "ATOMIC_NOTIFY",
        3,
        &format!("{place} let r = wait::notify(mi, p, slot(fp, word(ip, 2) as usize) as u32) as u64; {RESULT}"),
    );
    // Operands from field 1 on, return word n23; [memory | width << 16 | fuel]; [offset]
    isa.named("ATOMIC_WAIT", 3, "@exit(WAIT)");
}
