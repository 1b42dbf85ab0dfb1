//! Zephyr against a mock of its calls.

use core::ffi::{c_int, c_void};
use wrt_platform::{Found, Offer, zephyr};

#[link(name = "mock_zephyr", kind = "static")]
unsafe extern "C" {
    static mut mock_heap: [usize; 3];
    static mut mock_free: usize;
    static mut mock_max_partitions: c_int;
}

fn heap(free: usize) -> Offer {
    let mut offer = Offer::NOTHING;
    // SAFETY: only this test sets the mock's heap.
    unsafe {
        mock_free = free;
        zephyr::heap((&raw mut mock_heap).cast(), &mut offer);
    }
    offer
}

/// LIM-3: what is free in the heap, from nothing to everything; no heap is no offer.
#[test]
fn lim_3_zephyr_heap() {
    for free in [0, 1, 20_480, usize::MAX] {
        assert_eq!(heap(free).memory, Some(Found::new(free as u64, "sys_heap_runtime_stats_get")));
    }
    let mut offer = heap(4_096);
    zephyr::sram(2_048, &mut offer);
    assert_eq!(offer.memory, Some(Found::new(2_048, "devicetree zephyr,sram")), "the least holds");
    zephyr::sram(8_192, &mut offer);
    assert_eq!(offer.memory.map(|found| found.bytes), Some(2_048));
    let mut offer = Offer::NOTHING;
    // SAFETY: null is allowed.
    unsafe { zephyr::heap(core::ptr::null_mut::<c_void>(), &mut offer) };
    assert_eq!(offer, Offer { failed: 1, ..Offer::NOTHING });
}

/// LIM-3: the partitions of a domain, within what the hardware can hold.
#[test]
fn lim_3_zephyr_partitions() {
    let sum = |most: c_int, sizes: &[u64]| {
        let mut offer = Offer::NOTHING;
        // SAFETY: only this test sets the number of partitions.
        unsafe { mock_max_partitions = most };
        zephyr::partitions(sizes, &mut offer);
        assert_eq!(offer.failed, u32::from(offer.memory.is_none()));
        offer.memory.map(|found| found.bytes)
    };
    assert_eq!(sum(8, &[4_096, 512]), Some(4_608));
    assert_eq!(sum(2, &[4_096, 512]), Some(4_608));
    assert_eq!(sum(1, &[4_096, 512]), None, "more than the hardware holds");
    assert_eq!(sum(-1, &[1; 100]), Some(100), "-1 is no bound");
    assert_eq!(sum(-22, &[1]), None, "another negative number is an error");
    assert_eq!(sum(0, &[]), Some(0));
    assert_eq!(sum(4, &[u64::MAX, 1]), None, "more than a number holds");
}
