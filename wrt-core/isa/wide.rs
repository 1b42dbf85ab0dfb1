//! Operations of the wide arithmetic: 128-bit integers as two halves in two slots.
//!
//! Both results go to the slots from field 1 on, the upper half also to the accumulator: it is the
//! topmost operand afterwards. All operands are read before a result is written.

use crate::forms::Isa;

pub fn wide(isa: &mut Isa) {
    let results = "set(fp, f1(ip), r as u64); set(fp, f1(ip) + 1, (r >> 64) as u64); acc = (r >> 64) as u64; @next";
    // Lower and upper half of the first operand in f2 and f3, those of the second in the next word.
    for (name, computed) in [("WIDE_ADD", "a.wrapping_add(b)"), ("WIDE_SUB", "a.wrapping_sub(b)")] {
        isa.named(
            name,
            2,
            &format!(
                "let w = word(ip, 1) as usize;
                 let a = slot(fp, f2(ip)) as u128 | (slot(fp, f3(ip)) as u128) << 64;
                 let b = slot(fp, w & 0xffff) as u128 | (slot(fp, w >> 16 & 0xffff) as u128) << 64;
                 let r = {computed}; {results}"
            ),
        );
    }
    for (name, widened) in [("WIDE_MUL_S", "as i64 as i128 as u128"), ("WIDE_MUL_U", "as u128")] {
        isa.named(
            name,
            1,
            &format!(
                "let a = slot(fp, f2(ip)) {widened}; let b = slot(fp, f3(ip)) {widened};
                 let r = a.wrapping_mul(b); {results}"
            ),
        );
    }
}
