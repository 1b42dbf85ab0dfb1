//! Execution: tasks, frames, dispatch, fuel, traps.
//!
//! A [`Task`] (`task.rs`) is one call stack in a region of its own. The driver (`drive.rs`) runs it
//! in slices of fuel through one of two back ends (`dispatch.rs`), and does between slices what no
//! operation can: calls of the host and of other instances (`cross.rs`), exceptions (`flight.rs`).
//! A call by the embedder that needs none of that is made in one step by `call.rs`.
//! Where a task stands in the module's text is told by the side table (`place.rs`). Whoever wants to
//! see calls that cross a boundary is asked by `intercept.rs`, in the shape that `hooks.rs` gives it.

#[cfg(wrt_checked)]
mod bounds;
mod call;
mod cast;
mod collect;
mod cross;
pub(crate) mod direct;
mod dispatch;
mod drive;
mod flight;
mod hooks;
mod intercept;
mod objects;
mod place;
mod regs;
mod relocate;
pub(crate) mod roots;
mod selftest;
pub(crate) mod slow;
pub(crate) mod state;
mod task;
mod throw;
mod wait;
#[cfg(feature = "interceptors")]
pub(crate) mod watch;

pub use collect::{Collection, HeapUsage, Reference};
pub use drive::{Backend, Outcome, backends};
pub use hooks::{Crossing, CrossingKind, HookFn, Hooks, Interceptor, Verdict, refusal};
pub use place::Frame;
pub use task::{InterruptHandle, PendingCall, Task};
