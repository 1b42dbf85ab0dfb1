//! Tock against a mock of libtock-c's functions.

use std::sync::Mutex;
use wrt_platform::{Found, Offer, tock};

#[link(name = "mock_tock", kind = "static")]
unsafe extern "C" {
    static mut mock_memory: [usize; 2];
    static mut mock_flash: [usize; 2];
    static mut mock_grant: usize;
}

/// The mock's answers are global; one test at a time sets them.
static MOCK: Mutex<()> = Mutex::new(());

fn discover(memory: [usize; 2], grant: usize, flash: [usize; 2]) -> Offer {
    let _guard = MOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // SAFETY: the guard makes this thread the only one that uses the mock.
    unsafe {
        (mock_memory, mock_grant, mock_flash) = (memory, grant, flash);
    }
    tock::discover()
}

/// LIM-3: RAM up to the grants, and flash.
#[test]
fn lim_3_tock_answers_of_the_documented_calls() {
    let offer = discover([0x2000_4000, 0x2000_8000], 0x2000_7c00, [0x3_0000, 0x3_8000]);
    assert_eq!(offer.memory, Some(Found::new(0x3c00, "memop grant bound")));
    assert_eq!(offer.flash, Some(Found::new(0x8000, "memop flash bounds")));
    assert_eq!(offer.failed, 0);
}

/// LIM-3: nothing, everything, bounds in the wrong order, calls that fail (they return null).
#[test]
fn lim_3_tock_extreme_and_failing_answers() {
    let offer = discover([0x2000_4000; 2], 0x2000_4000, [0x3_0000; 2]);
    assert_eq!(offer.memory.map(|found| found.bytes), Some(0));
    let offer = discover([1, usize::MAX], usize::MAX, [0, usize::MAX]);
    assert_eq!(offer.memory.map(|found| found.bytes), Some(usize::MAX as u64 - 1));
    assert_eq!(offer.flash.map(|found| found.bytes), Some(usize::MAX as u64));
    let offer = discover([0x2000_4000, 0x2000_3fff], 0x2000_8000, [4, 8]);
    assert_eq!((offer.memory.map(|found| found.bytes), offer.failed), (Some(0x4000), 1));
    assert_eq!(discover([0; 2], 0, [0; 2]), Offer { failed: 3, ..Offer::NOTHING });
    assert_eq!(discover([0, 0x2000_8000], 0x2000_8000, [0; 2]), Offer { failed: 3, ..Offer::NOTHING });
}
