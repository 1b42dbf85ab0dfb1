//! macOS: `hw.memsize`, the statistics of virtual memory, and resource limits.
//!
//! Calls: sysctlbyname(3) with `hw.memsize`; `mach_host_self`, `host_page_size`, `host_statistics64` with
//! `HOST_VM_INFO64` and `mach_port_deallocate` (`<mach/mach_host.h>`, `<mach/vm_statistics.h>`, Apple's
//! Kernel documentation, "Mach Overview"); getrlimit(2).

use crate::posix::{Resources, resource_limits};
use crate::{Found, Offer};
use core::ffi::{c_char, c_int, c_uint, c_void};

/// `HOST_VM_INFO64` of `<mach/host_info.h>`.
const HOST_VM_INFO64: c_int = 4;
/// Words that an answer may have: more than `HOST_VM_INFO64_COUNT` of any release, of which the first four
/// are the pages that are free, active, inactive and wired. The kernel writes no more than it is told.
const WORDS: usize = 64;
/// `<sys/resource.h>`.
const RESOURCES: Resources = Resources { address_space: 5, data: 2, stack: 3, infinity: i64::MAX as u64 };

unsafe extern "C" {
    fn sysctlbyname(
        name: *const c_char,
        old: *mut c_void,
        old_len: *mut usize,
        new: *const c_void,
        new_len: usize,
    ) -> c_int;
    fn mach_host_self() -> c_uint;
    fn host_page_size(host: c_uint, size: *mut usize) -> c_int;
    fn host_statistics64(host: c_uint, flavor: c_int, info: *mut c_int, count: *mut c_uint) -> c_int;
    fn mach_port_deallocate(task: c_uint, name: c_uint) -> c_int;
    static mach_task_self_: c_uint;
}

/// What the system offers to this process.
#[must_use]
pub fn discover() -> Offer {
    let mut offer = Offer::NOTHING;
    installed(&mut offer);
    available(&mut offer);
    resource_limits(&RESOURCES, &mut offer);
    offer
}

fn installed(offer: &mut Offer) {
    let (mut bytes, mut len) = (0u64, size_of::<u64>());
    // SAFETY: the name ends with a zero; the answer is at most `len` bytes and goes into a number of as
    // many; nothing is set.
    let failed =
        unsafe { sysctlbyname(c"hw.memsize".as_ptr(), (&raw mut bytes).cast(), &raw mut len, core::ptr::null(), 0) };
    if failed == 0 && len == size_of::<u64>() {
        offer.memory(Found::new(bytes, "hw.memsize"));
    } else {
        offer.fail();
    }
}

/// Pages that are free, or inactive and can be taken back at once.
fn available(offer: &mut Offer) {
    let mut words = [0 as c_int; WORDS];
    let (mut page, mut count) = (0usize, WORDS as c_uint);
    // SAFETY: the pointers are to values of the documented types that live across the calls; `count` says
    // how many words there is room for. The port was made by the first call and is given back once.
    let failed = unsafe {
        let host = mach_host_self();
        let failed = host_page_size(host, &raw mut page) != 0
            || host_statistics64(host, HOST_VM_INFO64, words.as_mut_ptr(), &raw mut count) != 0;
        mach_port_deallocate(mach_task_self_, host);
        failed
    };
    // Counts are `natural_t`, without a sign.
    let [free, _, inactive, _, ..] = words.map(|word| u64::from(word as u32));
    let bytes = (free + inactive).checked_mul(page as u64);
    match bytes {
        Some(bytes) if !failed && count >= 4 && page > 0 => offer.memory(Found::new(bytes, "vm statistics")),
        _ => offer.fail(),
    }
}
