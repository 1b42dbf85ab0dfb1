//! Zephyr: a heap's statistics, the SRAM of the devicetree, and the partitions of a memory domain.
//!
//! Calls: `sys_heap_runtime_stats_get` (`<zephyr/sys/sys_heap.h>`, "Memory Heaps"; needs
//! `CONFIG_SYS_HEAP_RUNTIME_STATS`), `arch_mem_domain_max_partitions_get` (`<zephyr/arch/arch_interface.h>`,
//! "Memory Protection Design"; needs `CONFIG_USERSPACE`). What the devicetree and the domain say is known to
//! the C compiler alone (`DT_REG_SIZE(DT_CHOSEN(zephyr_sram))`, `K_MEM_PARTITION_DEFINE`), so it is passed in.

use crate::{Found, Offer};
use core::ffi::{c_int, c_void};

/// `struct sys_memory_stats` of `<zephyr/sys/mem_stats.h>`.
#[repr(C)]
#[derive(Default)]
struct MemoryStats {
    free_bytes: usize,
    allocated_bytes: usize,
    max_allocated_bytes: usize,
}

unsafe extern "C" {
    fn sys_heap_runtime_stats_get(heap: *mut c_void, stats: *mut MemoryStats) -> c_int;
    fn arch_mem_domain_max_partitions_get() -> c_int;
}

/// Enters what is free in a heap: a `struct sys_heap`, for example the one inside a `struct k_heap`.
///
/// # Safety
/// `heap` is null or points to a heap that was initialised.
pub unsafe fn heap(heap: *mut c_void, offer: &mut Offer) {
    let mut stats = MemoryStats::default();
    // SAFETY: the caller vouches for the heap; the statistics live across the call.
    if unsafe { sys_heap_runtime_stats_get(heap, &raw mut stats) } == 0 {
        offer.memory(Found::new(stats.free_bytes as u64, "sys_heap_runtime_stats_get"));
    } else {
        offer.fail();
    }
}

/// Enters the size of the SRAM: `DT_REG_SIZE(DT_CHOSEN(zephyr_sram))`, in bytes.
pub const fn sram(bytes: u64, offer: &mut Offer) {
    offer.memory(Found::new(bytes, "devicetree zephyr,sram"));
}

/// Enters the sum of the partitions, in bytes each, that a thread in user mode may write to. More than
/// the hardware can hold at once are no offer.
pub fn partitions(sizes: &[u64], offer: &mut Offer) {
    // SAFETY: the call takes nothing and has no condition.
    let most = unsafe { arch_mem_domain_max_partitions_get() };
    // -1 says that there is no bound.
    let fits = most == -1 || usize::try_from(most).is_ok_and(|most| sizes.len() <= most);
    let sum = sizes.iter().try_fold(0u64, |sum, size| sum.checked_add(*size));
    match sum {
        Some(bytes) if fits => offer.memory(Found::new(bytes, "memory domain partitions")),
        _ => offer.fail(),
    }
}
