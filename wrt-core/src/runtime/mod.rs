//! Instances and what they own: memories, tables, globals, and their links to one another and to
//! the embedder (specification sections 4.2 and 4.5).
//!
//! Owns the layout of an instance in its arena and every access to it. Knows nothing of tasks or
//! of how code runs; the executor uses `ops` and `layout`.

mod access;
pub(crate) mod atomic;
pub(crate) mod constant;
mod create;
pub(crate) mod exception;
mod global;
mod hash;
pub(crate) mod heap;
pub(crate) mod host;
mod imports;
mod instance;
pub(crate) mod layout;
pub(crate) mod link;
mod memory;
pub(crate) mod ops;
pub(crate) mod racy;
mod regions;
mod relocate;
mod segments;
pub(crate) mod shared;
mod signature;
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod typing;
mod value;
pub(crate) mod wait;
#[cfg(feature = "interceptors")]
pub(crate) mod watch;

pub use exception::Tag;
pub use host::{Caller, Completion, HostError, HostFn, HostFunc, HostResult};
pub use imports::{Extern, Imports};
pub use instance::{Func, Instance, InstanceConfig};
pub use memory::MemoryView;
pub use shared::SharedMemory;
pub use value::Value;
pub use wait::{Wait, WaitRequest, Waited, Waiter};
