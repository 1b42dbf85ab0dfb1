//! What the engine needs from an operating system.
//!
//! `arena` reserves address space to lend; `owned` keeps modules and instances together with the
//! memory that they were lent, so that a program without lifetimes (a command line, a garbage
//! collected language) can hold them; `memories` reads from a binary what its memories declare.
//!
//! The crate knows nothing of how the engine works inside, and of no user interface.
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs)]

mod arena;
mod memories;
mod owned;

pub use arena::MappedArena;
pub use memories::{MemoryType, memory_types};
pub use owned::{Closure, HostImport, OwnedInstance, OwnedModule, Settings};
