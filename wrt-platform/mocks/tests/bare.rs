//! Bare metal against symbols as a linker script defines them.

use core::ffi::c_int;
use wrt_platform::{Found, bare};

#[link(name = "mock_bare", kind = "static")]
unsafe extern "C" {
    static mock_bare: c_int;
}

/// LIM-3: what lies between picolibc's symbols.
#[test]
fn lim_3_bare_metal_symbols_of_picolibc() {
    // SAFETY: nothing writes to it.
    assert_eq!(unsafe { mock_bare }, 0);
    let offer = bare::picolibc();
    assert_eq!((offer.memory, offer.failed), (Some(Found::new(24_576, "linker symbols")), 0));
}
