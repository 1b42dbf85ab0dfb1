//! VxWorks: what is free in the system's memory partition, or in a real-time process's heap.
//!
//! Calls: `memPartInfoGet` with `memSysPartId` in the kernel (VxWorks Kernel API Reference, memShow and
//! memPartLib), `memInfoGet` in a real-time process (VxWorks Application API Reference, memLib). Both
//! fill a `MEM_PART_STATS` (`<memPartLib.h>`) and return `OK`, 0, or `ERROR`, -1.

use crate::{Found, Offer};
use core::ffi::{c_int, c_void};

/// `MEM_PART_STATS`: numbers of the size of `size_t`, with room behind them for those that other
/// releases add.
#[repr(C)]
struct PartitionStats {
    bytes_free: usize,
    blocks_free: usize,
    largest_free: usize,
    spare: [usize; 13],
}

unsafe extern "C" {
    static memSysPartId: *mut c_void;
    fn memPartInfoGet(partition: *mut c_void, stats: *mut PartitionStats) -> c_int;
    fn memInfoGet(stats: *mut PartitionStats) -> c_int;
}

/// What the kernel's memory partition has free.
#[must_use]
pub fn kernel() -> Offer {
    // SAFETY: the kernel sets the identifier before any task starts; the statistics live across the call.
    offer("memPartInfoGet", |stats| unsafe { memPartInfoGet(memSysPartId, stats) })
}

/// What the heap of a real-time process has free.
#[must_use]
pub fn process() -> Offer {
    // SAFETY: the statistics live across the call.
    offer("memInfoGet", |stats| unsafe { memInfoGet(stats) })
}

fn offer(from: &'static str, get: impl FnOnce(*mut PartitionStats) -> c_int) -> Offer {
    let mut stats = PartitionStats { bytes_free: 0, blocks_free: 0, largest_free: 0, spare: [0; 13] };
    let failed = get(&raw mut stats) != 0;
    let mut offer = Offer::NOTHING;
    if failed || stats.largest_free > stats.bytes_free || stats.blocks_free > stats.bytes_free {
        offer.fail();
    } else {
        offer.memory(Found::new(stats.bytes_free as u64, from));
    }
    offer
}
