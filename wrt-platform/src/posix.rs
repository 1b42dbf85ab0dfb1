//! getrlimit(2), as macOS and QNX have it: both count in 64 bits, and number the resources differently.

use crate::{Found, Offer};
use core::ffi::c_int;

/// `struct rlimit`: the soft limit, which holds, and the hard one.
#[repr(C)]
struct RLimit {
    current: u64,
    most: u64,
}

unsafe extern "C" {
    fn getrlimit(resource: c_int, limit: *mut RLimit) -> c_int;
}

/// Numbers of a system's `<sys/resource.h>`.
pub(crate) struct Resources {
    pub(crate) address_space: c_int,
    pub(crate) data: c_int,
    pub(crate) stack: c_int,
    /// From this number on there is no limit.
    pub(crate) infinity: u64,
}

/// Enters the limits of address space, data and stack.
pub(crate) fn resource_limits(resources: &Resources, offer: &mut Offer) {
    let list =
        [(resources.address_space, "RLIMIT_AS"), (resources.data, "RLIMIT_DATA"), (resources.stack, "RLIMIT_STACK")];
    for (number, from) in list {
        let mut limit = RLimit { current: 0, most: 0 };
        // SAFETY: the pointer is to a structure of the documented layout that lives across the call.
        if unsafe { getrlimit(number, &raw mut limit) } != 0 {
            offer.fail();
        } else if limit.current >= resources.infinity {
            // No limit.
        } else if number == resources.stack {
            offer.stack(Found::new(limit.current, from));
        } else {
            offer.memory(Found::new(limit.current, from));
        }
    }
}
