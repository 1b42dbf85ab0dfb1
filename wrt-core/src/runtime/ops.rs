//! The operations on memories, tables and segments that the executor's handlers call.
//!
//! Raw pointers throughout: no reference into guest memory is kept. The functions that move bytes
//! or elements take ranges that the caller has checked with `*_in_bounds`, whole, so that a long
//! operation can be done in pieces. Knows nothing of fuel.

use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::layout::{DataEntry, ElemEntry};
pub(crate) use crate::runtime::access::{
    accept, at, clean, func_ref, func_type, global, import_binding, instance_by_id, load, member, member_func, memory,
    module_of, resolve_ref, store, table, type_of_func,
};
use crate::runtime::constant;
use crate::runtime::layout::{InstanceHeader, MemInst, TableInst};
use crate::runtime::racy;
use crate::runtime::shared;
use crate::types::most_pages;
use core::ptr;

/// What `memory_grow` and `table_grow` return where there is no room.
pub(crate) const GROW_FAILED: u64 = u64::MAX;

/// Address of a memory's byte 0.
///
/// # Safety
/// `mem` is live.
#[inline]
pub(crate) unsafe fn memory_base(mem: *mut MemInst) -> *mut u8 {
    // SAFETY: the binding word was made from the lent region's pointer.
    ptr::with_exposed_provenance_mut(unsafe { (*mem).base } as usize)
}

/// Grows a memory; `limit` bounds the memories of its owner in sum, in bytes. Returns the size
/// before in pages, or [`GROW_FAILED`].
///
/// # Safety
/// `mem` is live, and with it its owner; its region is used by nobody else meanwhile.
pub(crate) unsafe fn memory_grow(mem: *mut MemInst, pages: u64, limit: u64) -> u64 {
    // SAFETY: the memory is live; `len..new` lies within its reserved bytes, as `new <= ceiling`.
    unsafe {
        let log2 = (*mem).page_log2;
        let page = 1u64.wrapping_shl(log2 as u32);
        let most = (*mem).max.min(most_pages(Proposals::MEMORY64.is_built() && (*mem).is64 != 0, log2));
        let grown = |len: u64| {
            let now = len.wrapping_shr(log2 as u32).checked_add(pages).filter(|&now| now <= most)?;
            now.checked_mul(page).filter(|&new| new <= (*mem).ceiling)
        };
        if (*mem).is_shared() {
            // Its bytes are clear up to the ceiling, and no other memory counts with it.
            let old = shared::grow(mem, |len| grown(len).filter(|&new| pages == 0 || new <= limit));
            return old.map_or(GROW_FAILED, |len| len.wrapping_shr(log2 as u32));
        }
        let len = (*mem).len;
        let Some(new) = grown(len) else { return GROW_FAILED };
        let owner = ptr::with_exposed_provenance_mut::<InstanceHeader>((*mem).owner as usize);
        if pages != 0 && memory_bytes(owner).saturating_add(new - len) > limit {
            return GROW_FAILED;
        }
        if (*mem).zeroed == 0 {
            memory_base(mem).add(len as usize).write_bytes(0, (new - len) as usize);
        }
        (*mem).len = new;
        len.wrapping_shr(log2 as u32)
    }
}

/// Bytes of a memory at present.
///
/// # Safety
/// `mem` is live.
#[inline]
pub(crate) unsafe fn memory_len(mem: *mut MemInst) -> u64 {
    // SAFETY: as the caller vouches.
    unsafe { shared::bound(mem) }
}

/// Bytes of the memories that the instance defines, in sum.
///
/// # Safety
/// `inst` is live.
pub(crate) unsafe fn memory_bytes(inst: *mut InstanceHeader) -> u64 {
    // SAFETY: `memories` has an entry for each memory that the module defines.
    unsafe {
        let header = module_of(inst).header();
        let first = at::<MemInst>(inst, (*inst).memories);
        (0..header.memories.len.saturating_sub(header.imported_memories))
            .fold(0u64, |sum, k| sum.saturating_add(memory_len(first.add(k as usize))))
    }
}

/// Whether `addr..addr + n` lies within the memory.
///
/// # Safety
/// `mem` is live.
#[inline]
pub(crate) unsafe fn memory_in_bounds(mem: *mut MemInst, addr: u64, n: u64) -> bool {
    // SAFETY: as the caller vouches.
    in_bounds(addr, n, unsafe { memory_len(mem) })
}

#[inline]
fn in_bounds(start: u64, n: u64, len: u64) -> bool {
    start <= len && n <= len - start
}

/// Sets `n` bytes.
///
/// # Safety
/// `mem` is live and `dst..dst + n` lies within it.
pub(crate) unsafe fn memory_fill(mem: *mut MemInst, dst: u64, byte: u8, n: u64) {
    // SAFETY: the range is in bounds; sizes of lent regions fit `usize`.
    unsafe {
        let to = memory_base(mem).add(dst as usize);
        if (*mem).is_shared() { racy::fill(to, byte, n as usize) } else { to.write_bytes(byte, n as usize) }
    }
}

/// Copies `n` bytes as if through a buffer; the memories may be the same.
///
/// # Safety
/// Both are live, `dst..dst + n` and `src..src + n` lie within them.
pub(crate) unsafe fn memory_copy(dst_mem: *mut MemInst, src_mem: *mut MemInst, dst: u64, src: u64, n: u64) {
    // SAFETY: the ranges are in bounds; `copy` allows them to overlap.
    unsafe {
        let from = memory_base(src_mem).add(src as usize);
        let to = memory_base(dst_mem).add(dst as usize);
        if (*src_mem).is_shared() || (*dst_mem).is_shared() {
            racy::copy(from, to, n as usize);
        } else {
            ptr::copy(from, to, n as usize);
        }
    }
}

/// Bytes of a data segment; 0 once it is dropped.
///
/// # Safety
/// `inst` is live.
pub(crate) unsafe fn data_len(inst: *mut InstanceHeader, segment: u32) -> u64 {
    // SAFETY: as the caller vouches.
    unsafe { data_bytes(inst, segment) }.len() as u64
}

unsafe fn data_bytes<'a>(inst: *mut InstanceHeader, segment: u32) -> &'a [u8] {
    // SAFETY: `datas_dropped` has a flag for each data segment; the bytes are the module's, which
    // outlives the instance and is never written.
    unsafe {
        let module = module_of(inst);
        match module.entries::<DataEntry>(module.header().datas).get(segment as usize) {
            Some(entry) if at::<u8>(inst, (*inst).datas_dropped).add(segment as usize).read() == 0 => {
                module.text(entry.bytes)
            }
            _ => &[],
        }
    }
}

/// Copies `n` bytes of a data segment, from `src` on, to `dst`.
///
/// # Errors
/// [`Reason::OutOfBoundsMemory`] when either range does not fit; nothing is copied then.
///
/// # Safety
/// `inst` and `mem` are live.
pub(crate) unsafe fn memory_init(
    inst: *mut InstanceHeader,
    segment: u32,
    mem: *mut MemInst,
    dst: u64,
    src: u64,
    n: u64,
) -> Result<(), Reason> {
    // SAFETY: both ranges are checked; the module's bytes and a memory do not overlap.
    unsafe {
        let bytes = data_bytes(inst, segment);
        if !in_bounds(src, n, bytes.len() as u64) || !memory_in_bounds(mem, dst, n) {
            return Err(Reason::OutOfBoundsMemory);
        }
        let from = bytes.as_ptr().add(src as usize);
        let to = memory_base(mem).add(dst as usize);
        if (*mem).is_shared() {
            racy::copy(from, to, n as usize);
        } else {
            ptr::copy_nonoverlapping(from, to, n as usize);
        }
    }
    Ok(())
}

/// Copies `n` bytes of a data segment, from `src` on, to an object.
///
/// # Safety
/// `inst` is live; the segment has the bytes, and the object the room.
pub(crate) unsafe fn copy_data(inst: *mut InstanceHeader, segment: u32, src: u64, to: *mut u8, n: u64) {
    // SAFETY: as the caller vouches; the module's bytes and the heap do not overlap.
    unsafe {
        let bytes = data_bytes(inst, segment);
        if in_bounds(src, n, bytes.len() as u64) {
            ptr::copy_nonoverlapping(bytes.as_ptr().add(src as usize), to, n as usize);
        }
    }
}

/// Drops a data segment.
///
/// # Safety
/// `inst` is live.
pub(crate) unsafe fn data_drop(inst: *mut InstanceHeader, segment: u32) {
    // SAFETY: `datas_dropped` has a flag for each data segment.
    unsafe {
        if segment < module_of(inst).header().datas.len {
            at::<u8>(inst, (*inst).datas_dropped).add(segment as usize).write(1);
        }
    }
}

/// Address of a table's element 0.
///
/// # Safety
/// `t` is live.
#[inline]
pub(crate) unsafe fn table_elements(t: *mut TableInst) -> *mut u64 {
    // SAFETY: the elements lie behind the struct in the same instance.
    unsafe { t.cast::<u8>().add((*t).elements as usize).cast() }
}

/// Element `i`; `None` out of bounds.
///
/// # Safety
/// `t` is live.
#[inline]
pub(crate) unsafe fn table_get(t: *mut TableInst, i: u64) -> Option<u64> {
    // SAFETY: the index is checked.
    unsafe { (i < (*t).len).then(|| table_elements(t).add(i as usize).read()) }
}

/// Sets element `i`; false out of bounds.
///
/// # Safety
/// `t` is live.
#[inline]
pub(crate) unsafe fn table_set(t: *mut TableInst, i: u64, value: u64) -> bool {
    // SAFETY: the index is checked.
    unsafe {
        let fits = i < (*t).len;
        if fits {
            table_elements(t).add(i as usize).write(value);
        }
        fits
    }
}

/// Grows a table by `n` elements of `value`; returns the length before, or [`GROW_FAILED`].
///
/// # Safety
/// `t` is live.
pub(crate) unsafe fn table_grow(t: *mut TableInst, n: u64, value: u64) -> u64 {
    // SAFETY: the elements up to the ceiling are reserved.
    unsafe {
        let old = (*t).len;
        let Some(new) = old.checked_add(n).filter(|&new| new <= (*t).max.min((*t).ceiling)) else {
            return GROW_FAILED;
        };
        (*t).len = new;
        table_fill(t, old, value, n);
        old
    }
}

/// Whether elements `i..i + n` exist.
///
/// # Safety
/// `t` is live.
#[inline]
pub(crate) unsafe fn table_in_bounds(t: *mut TableInst, i: u64, n: u64) -> bool {
    // SAFETY: as the caller vouches.
    in_bounds(i, n, unsafe { (*t).len })
}

/// Sets `n` elements.
///
/// # Safety
/// `t` is live and `dst..dst + n` lies within it.
pub(crate) unsafe fn table_fill(t: *mut TableInst, dst: u64, value: u64, n: u64) {
    // SAFETY: the range is in bounds.
    unsafe {
        let first = table_elements(t).add(dst as usize);
        for k in 0..n as usize {
            first.add(k).write(value);
        }
    }
}

/// Copies `n` elements as if through a buffer; the tables may be the same.
///
/// # Safety
/// Both are live, `dst..dst + n` and `src..src + n` lie within them.
pub(crate) unsafe fn table_copy(dt: *mut TableInst, st: *mut TableInst, dst: u64, src: u64, n: u64) {
    // SAFETY: the ranges are in bounds; `copy` allows them to overlap.
    unsafe { ptr::copy(table_elements(st).add(src as usize), table_elements(dt).add(dst as usize), n as usize) }
}

/// Elements of an element segment; 0 once it is dropped.
///
/// # Safety
/// `inst` is live.
pub(crate) unsafe fn elem_len(inst: *mut InstanceHeader, segment: u32) -> u64 {
    // SAFETY: as the caller vouches.
    unsafe { elem_items(inst, segment) }.len() as u64
}

pub(crate) unsafe fn elem_items<'a>(inst: *mut InstanceHeader, segment: u32) -> &'a [u32] {
    // SAFETY: `elems_dropped` has a flag for each element segment; the items are the module's,
    // which outlives the instance and is never written.
    unsafe {
        let module = module_of(inst);
        match module.entries::<ElemEntry>(module.header().elems).get(segment as usize) {
            Some(entry) if at::<u8>(inst, (*inst).elems_dropped).add(segment as usize).read() == 0 => {
                module.entries::<u32>(entry.items)
            }
            _ => &[],
        }
    }
}

/// Copies `n` elements of an element segment, from `src` on, to `dst`.
///
/// # Errors
/// [`Reason::OutOfBoundsTable`] when either range does not fit; nothing is copied then.
///
/// # Safety
/// `inst` and `t` are live.
pub(crate) unsafe fn table_init(
    inst: *mut InstanceHeader,
    segment: u32,
    t: *mut TableInst,
    dst: u64,
    src: u64,
    n: u64,
) -> Result<(), Reason> {
    // SAFETY: both ranges are checked.
    unsafe {
        let items = elem_items(inst, segment);
        if !in_bounds(src, n, items.len() as u64) || !table_in_bounds(t, dst, n) {
            return Err(Reason::OutOfBoundsTable);
        }
        let first = table_elements(t).add(dst as usize);
        let taken = items.iter().skip(src as usize).take(n as usize);
        for (k, &item) in taken.enumerate() {
            first.add(k).write(constant::element(inst, item));
        }
    }
    Ok(())
}

/// Drops an element segment.
///
/// # Safety
/// `inst` is live.
pub(crate) unsafe fn elem_drop(inst: *mut InstanceHeader, segment: u32) {
    // SAFETY: `elems_dropped` has a flag for each element segment.
    unsafe {
        if segment < module_of(inst).header().elems.len {
            at::<u8>(inst, (*inst).elems_dropped).add(segment as usize).write(1);
        }
    }
}
