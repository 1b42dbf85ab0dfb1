//! Tock: the bounds of a process's RAM and flash.
//!
//! Calls: the `memop` system call (Tock Reference Document 104, section 4.6; `doc/syscalls/memop.md`,
//! operations 2 to 6), through the functions that libtock-c has for it (`libtock/tock.h`), so that the
//! library's own calling convention for the processor is used.

use crate::{Found, Offer};
use core::ffi::c_void;

unsafe extern "C" {
    fn tock_app_memory_begins_at() -> *mut c_void;
    fn tock_app_memory_ends_at() -> *mut c_void;
    fn tock_app_flash_begins_at() -> *mut c_void;
    fn tock_app_flash_ends_at() -> *mut c_void;
    fn tock_app_grant_begins_at() -> *mut c_void;
}

/// What the kernel offers to this process: RAM up to where the kernel's own grants begin, and flash.
#[must_use]
pub fn discover() -> Offer {
    // SAFETY: the calls take nothing and have no condition; what they return is compared, not followed.
    let [begin, end, grant, flash, flash_end] = unsafe {
        [
            tock_app_memory_begins_at(),
            tock_app_memory_ends_at(),
            tock_app_grant_begins_at(),
            tock_app_flash_begins_at(),
            tock_app_flash_ends_at(),
        ]
    }
    .map(|at| at.addr());
    let mut offer = Offer::NOTHING;
    // A call that fails returns null, which is below every beginning.
    match end.checked_sub(begin) {
        Some(bytes) if begin > 0 => offer.memory(Found::new(bytes as u64, "memop RAM bounds")),
        _ => offer.fail(),
    }
    match grant.checked_sub(begin) {
        Some(bytes) if begin > 0 => offer.memory(Found::new(bytes as u64, "memop grant bound")),
        _ => offer.fail(),
    }
    match flash_end.checked_sub(flash) {
        Some(bytes) if flash_end > 0 => offer.flash = Some(Found::new(bytes as u64, "memop flash bounds")),
        _ => offer.fail(),
    }
    offer
}
