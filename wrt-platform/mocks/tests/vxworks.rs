//! VxWorks against a mock of its calls.

use core::ffi::c_int;
use wrt_platform::{Found, Offer, vxworks};

#[link(name = "mock_vxworks", kind = "static")]
unsafe extern "C" {
    static mut mock_free: usize;
    static mut mock_blocks: usize;
    static mut mock_largest: usize;
    static mut mock_fails: c_int;
}

/// LIM-3: kernel and real-time process, with normal, extreme, contradictory and failing answers.
#[test]
fn lim_3_vxworks_answers_of_the_documented_calls() {
    let set = |free, blocks, largest, fails| {
        // SAFETY: this is the only test that uses the mock.
        unsafe { (mock_free, mock_blocks, mock_largest, mock_fails) = (free, blocks, largest, fails) };
    };
    let nothing = Offer { failed: 1, ..Offer::NOTHING };
    for (free, blocks, largest) in [(1_000_000, 3, 400_000), (0, 0, 0), (usize::MAX, 1, usize::MAX)] {
        set(free, blocks, largest, 0);
        assert_eq!(vxworks::kernel().memory, Some(Found::new(free as u64, "memPartInfoGet")));
        assert_eq!(vxworks::process().memory, Some(Found::new(free as u64, "memInfoGet")));
    }
    set(10, 1, 11, 0);
    assert_eq!(vxworks::kernel(), nothing, "a block larger than everything");
    set(10, 11, 1, 0);
    assert_eq!(vxworks::process(), nothing, "more blocks than bytes");
    set(10, 1, 10, 1);
    assert_eq!(vxworks::kernel(), nothing);
    assert_eq!(vxworks::process(), nothing);
}
