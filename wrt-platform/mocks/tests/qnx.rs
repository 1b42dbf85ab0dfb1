//! QNX against a system page made in C, and a mock of getrlimit().

use core::ffi::{c_int, c_uint};
use std::sync::{Mutex, MutexGuard};
use wrt_platform::qnx::{self, Layout};
use wrt_platform::{Found, Offer};

#[link(name = "mock_qnx", kind = "static")]
unsafe extern "C" {
    static mut _syspage_ptr: *const u8;
    static mut mock_getrlimit_fails: c_int;
    static mut mock_limits: [u64; 16];
    fn mock_page(count: c_uint, bounds: *const u64, names: *const u16, strings_len: c_uint);
}

const INFINITY: u64 = u64::MAX - 2;
/// Where the mock's names begin.
const RAM: u16 = 7;
const SYSRAM: u16 = 11;
const CUT: u16 = 26;

/// The mock's answers are global; one test at a time sets them.
static MOCK: Mutex<()> = Mutex::new(());

fn quiet() -> MutexGuard<'static, ()> {
    let guard = MOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // SAFETY: the guard makes this thread the only one that uses the mock.
    unsafe {
        mock_getrlimit_fails = 0;
        mock_limits = [INFINITY; 16];
    }
    guard
}

fn page(entries: &[(u64, u64, u16)], strings: u32) {
    let bounds: Vec<u64> = entries.iter().flat_map(|entry| [entry.0, entry.1]).collect();
    let names: Vec<u16> = entries.iter().map(|entry| entry.2).collect();
    // SAFETY: two bounds and one name for each entry; the caller holds the guard.
    unsafe { mock_page(entries.len() as c_uint, bounds.as_ptr(), names.as_ptr(), strings) };
}

fn memory() -> Option<Found> {
    qnx::discover().memory
}

/// LIM-3: the sum of what is named "sysram", whole words only, and the resource limits.
#[test]
fn lim_3_qnx_answers_of_the_documented_page() {
    let _guard = quiet();
    page(
        &[
            (0, u64::from(u32::MAX), 0),
            (0, 0xffff_ffff, RAM),
            (0x1000, 0x2fff, SYSRAM),
            (0x10_0000, 0x1f_ffff, SYSRAM),
            (0, 99, CUT),
        ],
        34,
    );
    assert_eq!(memory(), Some(Found::new(0x2000 + 0x10_0000, "asinfo sysram")));
    // SAFETY: see `quiet`.
    unsafe {
        mock_limits[6] = 0x3000;
        mock_limits[3] = 0x800;
    }
    let offer = qnx::discover();
    assert_eq!(offer.memory, Some(Found::new(0x3000, "RLIMIT_AS")));
    assert_eq!(offer.stack, Some(Found::new(0x800, "RLIMIT_STACK")));
}

/// LIM-3: extreme pages: no such entry, the whole address space, an entry that ends before it begins.
#[test]
fn lim_3_qnx_extreme_answers() {
    let _guard = quiet();
    page(&[(0, 0xffff, RAM)], 34);
    assert_eq!(qnx::discover(), Offer { failed: 1, ..Offer::NOTHING });
    page(&[], 34);
    assert_eq!(memory(), None);
    page(&[(5, 5, SYSRAM)], 34);
    assert_eq!(memory().map(|found| found.bytes), Some(1), "the end is the last byte");
    for (start, end) in [(0, u64::MAX), (6, 5)] {
        page(&[(start, end, SYSRAM)], 34);
        assert_eq!(qnx::discover(), Offer { failed: 1, ..Offer::NOTHING });
    }
}

/// LIM-3: no page, sections that lie outside it, limits that cannot be read.
#[test]
fn lim_3_qnx_failing_answers() {
    let _guard = quiet();
    page(&[(0, 0xffff, SYSRAM)], u32::from(u16::MAX));
    assert_eq!(memory(), None, "the names lie outside the page");
    page(&[(0, 0xffff, SYSRAM)], 12);
    assert_eq!(memory(), None, "the name is cut off");
    // SAFETY: see `quiet`.
    unsafe {
        _syspage_ptr = core::ptr::null();
        mock_getrlimit_fails = 1;
    }
    assert_eq!(qnx::discover(), Offer { failed: 4, ..Offer::NOTHING });
}

/// A page of SDP 8.0, written by hand from its header: entries of a size that the page says.
#[test]
fn lim_3_qnx_the_page_of_sdp_8() {
    let _guard = quiet();
    let mut page = vec![0u8; 208];
    let entries = page.len() as u16;
    for (start, end, name) in [(0u64, 0xfffu64, 0u16), (0x1_0000, 0x1_ffff, 0)] {
        let mut entry = vec![0u8; 48];
        entry[..8].copy_from_slice(&start.to_ne_bytes());
        entry[8..16].copy_from_slice(&end.to_ne_bytes());
        entry[18..20].copy_from_slice(&name.to_ne_bytes());
        page.extend(entry);
    }
    let strings = page.len() as u16;
    page.extend(b"sysram\0");
    for (at, number) in [(200, entries), (202, 96), (204, 48), (32, strings), (34, 7)] {
        page[at..at + 2].copy_from_slice(&number.to_ne_bytes());
    }
    assert_eq!(qnx::system_ram(&page, Layout::Sdp8), Some(0x1000 + 0x1_0000));
    page[204..206].copy_from_slice(&0u16.to_ne_bytes());
    assert_eq!(qnx::system_ram(&page, Layout::Sdp8), None, "entries of no size");
    for len in 0..page.len() {
        // However short the page is, nothing behind it is read.
        let _ = qnx::system_ram(&page[..len], Layout::Sdp8);
        let _ = qnx::system_ram(&page[..len], Layout::Sdp7);
    }
}
