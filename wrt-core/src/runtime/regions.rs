//! The division of lent memory regions among an instance's linear memories.
//!
//! Memory `k` lies in region `k`, those beyond the last region together in that one, one behind the
//! other. Owns where each lies and how much it reserves; a base never moves afterwards.

use crate::arena::{ARENA_ALIGN, Arena, Block, round_up};
use crate::error::{Error, Reason};
use crate::module::layout::MemoryEntry;
use crate::runtime::access::{at, module_of};
use crate::runtime::instance::InstanceConfig;
use crate::runtime::layout::{InstanceHeader, MemInst};
use crate::runtime::link;
use crate::runtime::ops;
use core::ptr::NonNull;

unsafe fn defined<'a>(inst: *mut InstanceHeader) -> &'a [MemoryEntry] {
    // SAFETY: the module outlives the instance.
    let module = unsafe { module_of(inst) };
    let header = module.header();
    module.entries(header.memories).get(header.imported_memories as usize..).unwrap_or(&[])
}

fn min_bytes(entries: &[MemoryEntry]) -> u64 {
    entries.iter().fold(0u64, |sum, e| sum.saturating_add(round_up(e.bytes(e.min))))
}

/// The memories, from `k` on, that lie in region `k`.
fn sharing<T>(all: &[T], k: usize, regions: usize) -> &[T] {
    let from_k = all.get(k..).unwrap_or(&[]);
    if k + 1 < regions { from_k.get(..1).unwrap_or(&[]) } else { from_k }
}

/// What an arena of so many bytes can give.
fn round_down(bytes: u64) -> u64 {
    bytes & !(ARENA_ALIGN as u64 - 1)
}

/// The bytes of the pages that lie wholly within so many bytes.
fn whole_pages(entry: &MemoryEntry, bytes: u64) -> u64 {
    bytes & !(entry.ty().page_size() - 1)
}

/// Gives each memory its place: the minimum, then, in order, its share of what is left. The regions'
/// cursors stay where they are; see [`take`].
///
/// # Errors
/// [`Reason::MemoryRegion`].
///
/// # Safety
/// The header of `inst` is written; the regions are lent for as long as it may be used.
pub(crate) unsafe fn divide(inst: *mut InstanceHeader, config: &InstanceConfig<'_, '_>) -> Result<(), Error> {
    // SAFETY: as the caller vouches.
    let entries = unsafe { defined(inst) };
    let regions = &*config.memories;
    let total = min_bytes(entries);
    if config.memory_ceiling != 0 && total > config.memory_ceiling || regions.is_empty() && total != 0 {
        return Err(Error::new(Reason::MemoryRegion).need(total));
    }
    let mut budget = if config.memory_ceiling == 0 { u64::MAX } else { config.memory_ceiling - total };
    // Checked for every region before any memory is touched.
    for (k, region) in regions.iter().enumerate() {
        let need = min_bytes(sharing(entries, k, regions.len()));
        if need > region.remaining() as u64 {
            return Err(Error::new(Reason::MemoryRegion).need(need).detail(k as u64));
        }
    }
    let mut base = NonNull::<Block>::dangling().as_ptr().cast::<u8>();
    let mut spare = 0;
    for (k, entry) in entries.iter().enumerate() {
        if let Some(region) = regions.get(k) {
            base = region.base();
            spare = round_down(region.remaining() as u64) - min_bytes(sharing(entries, k, regions.len()));
        }
        let most = entry.bytes(entry.max.min(entry.ty().most_pages()));
        let len = entry.bytes(entry.min);
        // What the rounding of the minimum leaves is the memory's own.
        let least = round_up(len);
        let ceiling = whole_pages(entry, most.min(least.saturating_add(spare.min(budget))));
        let extra = round_up(ceiling).saturating_sub(least).min(spare);
        spare -= extra;
        budget = budget.saturating_sub(extra);
        // SAFETY: the instance has a place for each defined memory; the region holds `ceiling`
        // bytes from `base` on, as the sums above show.
        unsafe {
            at::<MemInst>(inst, (*inst).memories).add(k).write(MemInst {
                base: base.expose_provenance() as u64,
                len,
                ceiling,
                max: entry.max,
                is64: entry.is64,
                zeroed: config.zeroed as u8,
                shared: entry.shared,
                page_log2: entry.page_log2,
                reserved: 0,
                owner: inst.expose_provenance() as u64,
            });
            if !config.zeroed {
                // Whoever lets a shared memory grow has no time of its own to clear it in.
                base.write_bytes(0, if entry.shared == 0 { len } else { ceiling } as usize);
            }
        }
        base = base.wrapping_add(round_up(ceiling) as usize);
    }
    // SAFETY: as the caller vouches.
    unsafe { link::point_at_memories(inst) };
    Ok(())
}

/// Takes from the regions what [`divide`] gave to the memories.
///
/// # Safety
/// `regions` are those that were divided for `inst`, unchanged since.
pub(crate) unsafe fn take(inst: *mut InstanceHeader, regions: &mut [Arena<'_>]) {
    let last = regions.len().saturating_sub(1);
    // SAFETY: as the caller vouches.
    for k in 0..unsafe { defined(inst) }.len() {
        // SAFETY: the instance has a place for each defined memory.
        let ceiling = unsafe { (*at::<MemInst>(inst, (*inst).memories).add(k)).ceiling };
        if let Some(region) = regions.get_mut(k.min(last)) {
            // It fits: the division left room for it.
            let _ = region.take(ceiling);
        }
    }
}

/// Clears the memories, so that a region lent as zero is handed back as zero.
///
/// # Safety
/// `inst` is live.
pub(crate) unsafe fn clear(inst: *mut InstanceHeader) {
    // SAFETY: the instance has a place for each defined memory.
    unsafe {
        for k in 0..defined(inst).len() {
            let mem = at::<MemInst>(inst, (*inst).memories).add(k);
            ops::memory_base(mem).write_bytes(0, (*mem).len as usize);
        }
    }
}

/// Points the memories of a moved instance at the regions that hold their contents.
///
/// # Errors
/// [`Reason::MemoryRegion`].
///
/// # Safety
/// `inst` is laid out as its module says; the regions are lent for as long as it may be used.
pub(crate) unsafe fn restore(inst: *mut InstanceHeader, config: &InstanceConfig<'_, '_>) -> Result<(), Error> {
    let regions = &*config.memories;
    let mut base = NonNull::<Block>::dangling().as_ptr().cast::<u8>();
    let mut left = 0;
    let mut need = 0u64;
    // SAFETY: the instance has a place for each defined memory; each base is followed by the
    // memory's reserved bytes, as `left` shows.
    unsafe {
        for k in 0..defined(inst).len() {
            let mem = at::<MemInst>(inst, (*inst).memories).add(k);
            if let Some(region) = regions.get(k) {
                base = region.base();
                left = region.remaining() as u64;
                need = 0;
            }
            let ceiling = round_up((*mem).ceiling);
            need = need.saturating_add(ceiling);
            if ceiling > left {
                return Err(Error::new(Reason::MemoryRegion).need(need).detail(k as u64));
            }
            left -= ceiling;
            (*mem).base = base.expose_provenance() as u64;
            (*mem).owner = inst.expose_provenance() as u64;
            (*mem).zeroed = config.zeroed as u8;
            base = base.wrapping_add(ceiling as usize);
        }
        for k in 0..defined(inst).len() {
            let mem = at::<MemInst>(inst, (*inst).memories).add(k);
            if (*mem).shared != 0 && !config.zeroed {
                let rest = ops::memory_base(mem).add((*mem).len as usize);
                rest.write_bytes(0, (*mem).ceiling.saturating_sub((*mem).len) as usize);
            }
        }
    }
    Ok(())
}
