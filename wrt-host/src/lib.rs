//! What the engine needs from an operating system.
//!
//! `arena` reserves address space to lend; `owned` keeps modules and instances together with the
//! memory that they were lent, so that a program without lifetimes (a command line, a garbage
//! collected language) can hold them; `memories` reads from a binary what its memories declare. `store` does the same for several that are
//! linked, and for what a host makes itself. `limits` brings
//! together what program, command line, environment, file, platform and preset say of limits; `scan` tells of a
//! binary whether it fits them; `governed` holds modules and instances to them; `watched` has runs watched as a safety
//! level asks. `source` tells which line an offset in a module comes from; `wasi` is what a guest may be granted of the
//! system (feature `wasi`).
//!
//! The crate knows nothing of how the engine works inside, and of no user interface.
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs)]

mod arena;
mod governed;
pub mod limits;
mod memories;
mod owned;
pub mod scan;
pub mod size;
pub mod source;
pub mod store;
#[cfg(feature = "wasi")]
pub mod wasi;
mod watched;

pub use arena::MappedArena;
pub use governed::{Denied, GovernedInstance, GovernedModule, Governor};
pub use memories::{MemoryType, memory_types};
pub use owned::{Closure, HostImport, OwnedInstance, OwnedModule, Settings};
pub use watched::{WatchedInstance, has_fixed_tables};

/// The examples of the guide are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide-rust.md")]
struct Guide;

/// So is the one of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
