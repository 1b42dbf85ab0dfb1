//! Operators that are rare or bulky: what `SLOW` does, one bounded step at a time.
//!
//! Operands lie in consecutive slots, results replace them from the first on. A step charges the
//! elements it touched; a bulk operator that is not done leaves its operands so that the next step
//! goes on where this one ended, and may be stopped in between.

use super::objects;
use super::regs::{Ctx, Fp, cached_len, mem_inst, set, slot, table_inst};
use crate::budget::Proposals;
use crate::error::Reason;
use crate::ops::slow::*;
use crate::runtime::ops;

/// Nothing more to do.
pub(crate) const DONE: u16 = 0;
/// Another step is needed.
pub(crate) const AGAIN: u16 = u16::MAX;

/// Bytes of memory that one step touches at most.
pub(super) const STEP_BYTES: u64 = 64 * 1024;
/// Elements of a table that one step touches at most.
const STEP_ELEMENTS: u64 = 8 * 1024;

pub(super) fn done(elements: u64) -> u64 {
    elements << 32 | DONE as u64
}
pub(super) fn again(elements: u64) -> u64 {
    elements << 32 | AGAIN as u64
}
pub(super) fn trap(reason: Reason) -> u64 {
    reason as u64
}
/// Eight bytes of memory cost as much as one element of a table.
pub(super) fn units(bytes: u64) -> u64 {
    bytes.div_ceil(8)
}

/// One step of operator `id` with indices `x`, `y` (16 bits) and `z` (32 bits). The low 16 bits of
/// the result are [`DONE`], [`AGAIN`] or the `Reason` of a trap, the upper half is fuel.
#[cold]
#[inline(never)]
pub(super) unsafe fn step(ctx: *mut Ctx, at: Fp, id: u32, x: u32, y: u32, z: u32) -> u64 {
    if Proposals::GC.is_built() && id >= OBJECT {
        // SAFETY: as below; the two fields hold a type's index.
        return unsafe { objects::step(ctx, at, id, x | y << 16, z) };
    }
    let (x, y) = (x as usize, y as usize);
    // SAFETY: the validator checked the indices, the translator reserved the slots.
    unsafe {
        let inst = (*ctx).inst;
        match id {
            MEMORY_GROW => {
                let mem = mem_inst(ctx, x);
                let pages = slot(at, 0);
                let old = ops::memory_grow(mem, pages, (*ctx).memory_limit);
                if !Proposals::MEMORY64.is_built() || (*mem).is64 == 0 {
                    set(at, 0, old as u32 as u64)
                } else {
                    set(at, 0, old)
                }
                // Memory 0 may be the same one under another index.
                if mem == mem_inst(ctx, 0) {
                    (*ctx).mem_len = cached_len(mem);
                }
                let bytes = pages.wrapping_shl((*mem).page_log2 as u32);
                if old == u64::MAX { done(0) } else { done(units(bytes).min(u32::MAX as u64)) }
            }
            MEMORY_FILL => {
                let mem = mem_inst(ctx, x);
                let (d, v, n) = (slot(at, 0), slot(at, 1), slot(at, 2));
                if !ops::memory_in_bounds(mem, d, n) {
                    return trap(Reason::OutOfBoundsMemory);
                }
                let now = n.min(STEP_BYTES);
                ops::memory_fill(mem, d, v as u8, now);
                set(at, 0, d + now);
                set(at, 2, n - now);
                if now == n { done(units(now)) } else { again(units(now)) }
            }
            MEMORY_COPY => {
                let (dst, src) = (mem_inst(ctx, x), mem_inst(ctx, y));
                let (d, s, n) = (slot(at, 0), slot(at, 1), slot(at, 2));
                if !ops::memory_in_bounds(dst, d, n) || !ops::memory_in_bounds(src, s, n) {
                    return trap(Reason::OutOfBoundsMemory);
                }
                let now = n.min(STEP_BYTES);
                if d <= s {
                    ops::memory_copy(dst, src, d, s, now);
                    set(at, 0, d + now);
                    set(at, 1, s + now);
                } else {
                    // Towards higher addresses the last bytes go first, in case the ranges overlap.
                    ops::memory_copy(dst, src, d + (n - now), s + (n - now), now);
                }
                set(at, 2, n - now);
                if now == n { done(units(now)) } else { again(units(now)) }
            }
            MEMORY_INIT => {
                let mem = mem_inst(ctx, x);
                let (d, s, n) = (slot(at, 0), slot(at, 1), slot(at, 2));
                let len = ops::data_len(inst, z);
                if s > len || n > len - s || !ops::memory_in_bounds(mem, d, n) {
                    return trap(Reason::OutOfBoundsMemory);
                }
                let now = n.min(STEP_BYTES);
                if let Err(reason) = ops::memory_init(inst, z, mem, d, s, now) {
                    return trap(reason);
                }
                set(at, 0, d + now);
                set(at, 1, s + now);
                set(at, 2, n - now);
                if now == n { done(units(now)) } else { again(units(now)) }
            }
            DATA_DROP => {
                ops::data_drop(inst, z);
                done(0)
            }
            TABLE_GET => match ops::table_get(table_inst(ctx, x), slot(at, 0)) {
                Some(v) => {
                    set(at, 0, v);
                    done(0)
                }
                None => trap(Reason::OutOfBoundsTable),
            },
            TABLE_SET => {
                if ops::table_set(table_inst(ctx, x), slot(at, 0), slot(at, 1)) {
                    done(0)
                } else {
                    trap(Reason::OutOfBoundsTable)
                }
            }
            TABLE_GROW => {
                let table = table_inst(ctx, x);
                let (v, n) = (slot(at, 0), slot(at, 1));
                let old = ops::table_grow(table, n, v);
                if !Proposals::MEMORY64.is_built() || (*table).is64 == 0 {
                    set(at, 0, old as u32 as u64)
                } else {
                    set(at, 0, old)
                }
                if old == u64::MAX { done(0) } else { done(n.min(u32::MAX as u64)) }
            }
            TABLE_SIZE => {
                set(at, 0, (*table_inst(ctx, x)).len);
                done(0)
            }
            TABLE_FILL => {
                let table = table_inst(ctx, x);
                let (d, v, n) = (slot(at, 0), slot(at, 1), slot(at, 2));
                if !ops::table_in_bounds(table, d, n) {
                    return trap(Reason::OutOfBoundsTable);
                }
                let now = n.min(STEP_ELEMENTS);
                ops::table_fill(table, d, v, now);
                set(at, 0, d + now);
                set(at, 2, n - now);
                if now == n { done(now) } else { again(now) }
            }
            TABLE_COPY => {
                let (dst, src) = (table_inst(ctx, x), table_inst(ctx, y));
                let (d, s, n) = (slot(at, 0), slot(at, 1), slot(at, 2));
                if !ops::table_in_bounds(dst, d, n) || !ops::table_in_bounds(src, s, n) {
                    return trap(Reason::OutOfBoundsTable);
                }
                let now = n.min(STEP_ELEMENTS);
                if d <= s {
                    ops::table_copy(dst, src, d, s, now);
                    set(at, 0, d + now);
                    set(at, 1, s + now);
                } else {
                    ops::table_copy(dst, src, d + (n - now), s + (n - now), now);
                }
                set(at, 2, n - now);
                if now == n { done(now) } else { again(now) }
            }
            TABLE_INIT => {
                let table = table_inst(ctx, x);
                let (d, s, n) = (slot(at, 0), slot(at, 1), slot(at, 2));
                let len = ops::elem_len(inst, z);
                if s > len || n > len - s || !ops::table_in_bounds(table, d, n) {
                    return trap(Reason::OutOfBoundsTable);
                }
                let now = n.min(STEP_ELEMENTS);
                if let Err(reason) = ops::table_init(inst, z, table, d, s, now) {
                    return trap(reason);
                }
                set(at, 0, d + now);
                set(at, 1, s + now);
                set(at, 2, n - now);
                if now == n { done(now) } else { again(now) }
            }
            ELEM_DROP => {
                ops::elem_drop(inst, z);
                done(0)
            }
            REF_FUNC => {
                set(at, 0, ops::func_ref(inst, z));
                done(0)
            }
            _ => trap(Reason::Internal),
        }
    }
}
