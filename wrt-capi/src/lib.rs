//! The C ABI of wrt: what `include/wrt.h` declares, and nothing else.
//!
//! Owns the C structs, the checks at the boundary (null pointers, sizes, versions, handles, counts)
//! and the translation to `wrt-core`'s values. Must not know how modules are laid out or run. No
//! function panics, unwinds, aborts or allocates.
//!
//! Safety contract of every function here, stated once for all: a pointer is null, or points to
//! what its type says for as long as the header demands; handles come from this library; an
//! instance and its tasks are used by one thread at a time (`wrt_task_interrupt` excepted); what a
//! shared memory and its waiter are made of may be used by any.
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

#[cfg(any(feature = "prove-alloc", feature = "prove-panic"))]
mod prove;

// In the order in which the header prints them.
mod status;

mod abi;

mod module;

mod loader;

mod instance;

mod memory;

mod task;

mod caller;

mod exception;

mod heap;

mod shared;

mod hooks;

mod sched;

mod image;

mod boundary;
mod reasons;
mod sizes;

pub use abi::*;
pub use caller::*;
pub use exception::*;
pub use heap::*;
pub use hooks::*;
pub use image::*;
pub use instance::*;
pub use loader::*;
pub use memory::*;
pub use module::*;
pub use sched::*;
pub use shared::*;
pub use status::*;
pub use task::*;

#[cfg(not(any(test, feature = "std")))]
unsafe extern "C" {
    /// Defined nowhere: a library in which a panic can be reached does not link.
    fn wrt_a_panic_can_be_reached() -> !;
}

/// Never linked. An empty loop would do for the compiler, but might vanish into its callers, so that
/// nobody could see that there are any.
#[cfg(not(any(test, feature = "std")))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: never reached in a program that links.
    unsafe { wrt_a_panic_can_be_reached() }
}
