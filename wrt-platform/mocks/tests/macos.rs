//! macOS against a mock of its calls.

use core::ffi::c_int;
use std::sync::{Mutex, MutexGuard};
use wrt_platform::{Found, macos};

#[link(name = "mock_macos", kind = "static")]
unsafe extern "C" {
    static mut mock_fails: [c_int; 8];
    static mut mock_memsize: u64;
    static mut mock_memsize_len: usize;
    static mut mock_pages: [u32; 4];
    static mut mock_words: u32;
    static mut mock_page_size: usize;
    static mut mock_limits: [u64; 16];
    static mut mock_ports: c_int;
}

const GIB: u64 = 1 << 30;
const INFINITY: u64 = i64::MAX as u64;

/// The mock's answers are global; one test at a time sets them.
static MOCK: Mutex<()> = Mutex::new(());

/// 16 GiB, of which 3 GiB are free or inactive, and no limits but 8 MiB of stack.
fn normal() -> MutexGuard<'static, ()> {
    let guard = MOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // SAFETY: the guard makes this thread the only one that uses the mock.
    unsafe {
        mock_fails = [0; 8];
        mock_memsize = 16 * GIB;
        mock_memsize_len = 8;
        mock_pages = [65_536, 7, 131_072, 9];
        mock_words = 38;
        mock_page_size = 16_384;
        mock_limits = [INFINITY; 16];
        mock_limits[3] = 8 << 20;
    }
    guard
}

/// LIM-3: the least of what is installed, free or inactive, and limited.
#[test]
fn lim_3_macos_answers_of_the_documented_calls() {
    let _guard = normal();
    let offer = macos::discover();
    assert_eq!(offer.memory, Some(Found::new(3 * GIB, "vm statistics")));
    assert_eq!(offer.stack, Some(Found::new(8 << 20, "RLIMIT_STACK")));
    assert_eq!(offer.failed, 0);
    // SAFETY: see `normal`.
    unsafe {
        assert_eq!({ mock_ports }, 0, "the port is given back");
        mock_memsize = 2 * GIB;
    }
    assert_eq!(macos::discover().memory, Some(Found::new(2 * GIB, "hw.memsize")));
    // SAFETY: see `normal`.
    unsafe { mock_limits[5] = GIB };
    assert_eq!(macos::discover().memory, Some(Found::new(GIB, "RLIMIT_AS")));
    // SAFETY: see `normal`.
    unsafe { mock_limits[2] = GIB / 2 };
    assert_eq!(macos::discover().memory, Some(Found::new(GIB / 2, "RLIMIT_DATA")));
}

/// LIM-3: extreme answers: nothing free, everything free, a page of the largest size.
#[test]
fn lim_3_macos_extreme_answers() {
    let _guard = normal();
    // SAFETY: see `normal`.
    unsafe { mock_pages = [0; 4] };
    assert_eq!(macos::discover().memory.map(|found| found.bytes), Some(0));
    // SAFETY: see `normal`.
    unsafe {
        mock_pages = [u32::MAX; 4];
        mock_memsize = u64::MAX;
    }
    let all = 2 * u64::from(u32::MAX) * 16_384;
    assert_eq!(macos::discover().memory, Some(Found::new(all, "vm statistics")));
    // SAFETY: see `normal`.
    unsafe { mock_page_size = usize::MAX };
    let offer = macos::discover();
    assert_eq!((offer.memory, offer.failed), (Some(Found::new(u64::MAX, "hw.memsize")), 1));
}

/// LIM-3: a call that fails is counted and the others hold.
#[test]
fn lim_3_macos_failing_answers() {
    let _guard = normal();
    for (call, failed, memory) in [
        (0, 1, Some("vm statistics")),
        (1, 1, Some("hw.memsize")),
        (2, 1, Some("hw.memsize")),
        (3, 3, Some("vm statistics")),
    ] {
        // SAFETY: see `normal`.
        unsafe {
            mock_fails = [0; 8];
            mock_fails[call] = 1;
        }
        let offer = macos::discover();
        assert_eq!((offer.memory.map(|found| found.from), offer.failed), (memory, failed), "call {call}");
        // SAFETY: see `normal`.
        unsafe { assert_eq!({ mock_ports }, 0, "the port is given back") };
    }
    // SAFETY: see `normal`.
    unsafe { mock_fails = [1; 8] };
    let offer = macos::discover();
    assert_eq!((offer.memory, offer.stack, offer.failed), (None, None, 5));
    // An answer of another length than asked for is no answer.
    // SAFETY: see `normal`.
    unsafe {
        mock_fails = [0; 8];
        mock_memsize_len = 4;
        mock_words = 3;
    }
    assert_eq!(macos::discover().failed, 2);
}
