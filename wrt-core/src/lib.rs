//! A WebAssembly engine that lives in memory the caller lends and spends fuel the caller grants.
//!
//! `no_std`, no allocator, no global state, no recursion on the native stack. The rooms, in import
//! order: `error`, `budget`, `limits` (everything that is bounded, and the tree of
//! budgets), `arena`, `types`, `subtype` (which type matches which), `ops` (the one table
//! of operations), `float`, `vector`, `checksum`, `binary` (bytes to values), `module::layout`, `module::object`,
//! `module::build` and `module::valtype` (a module in its arena, its objects, finished and under construction), `translate` (validation and translation of function bodies in one
//! pass), `runtime::layout` and `exec::state` (an instance and a task in their arenas), `module`
//! (sections, plan), `code` (what is said of translated code), `image` (modules as bytes that run where they lie), `runtime` (instances and what they
//! own), `exec` (tasks, frames, dispatch, fuel, traps), `sched` (several tasks in turn), `safety`
//! (profiles of safety levels; runs that are watched, alone or with a twin).
#![cfg_attr(not(test), no_std)]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs)]
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports, reason = "features leave out who would use it"))]

mod arena;
mod binary;
mod budget;
#[cfg(feature = "interceptors")]
mod checksum;
mod code;
mod error;
mod exec;
mod float;
mod image;
pub mod limits;
mod module;
mod ops;
mod runtime;
pub mod safety;
mod sched;
mod subtype;
mod translate;
mod types;
mod vector;

pub use arena::{ARENA_ALIGN, Arena, Block};
pub use budget::{LoadBudget, Plan, Proposals, RunBudget, Usage};
pub use code::{Disassembly, OperatorInfo, operators};
pub use error::{Error, NO_FUNC, Reason, Status};
pub use exec::{
    Backend, Collection, Crossing, CrossingKind, Frame, HeapUsage, HookFn, Hooks, Interceptor, InterruptHandle,
    Outcome, PendingCall, Reference, Task, Verdict, backends, refusal,
};
pub use module::{BranchHint, BranchHints, Export, Import, Loader, Module};
pub use runtime::{
    Caller, Completion, Extern, Func, HostError, HostFn, HostFunc, HostResult, Imports, Instance, InstanceConfig,
    MemoryView, SharedMemory, Tag, Value, Wait, WaitRequest, Waited, Waiter,
};
pub use sched::{Clock, Decision, Outcomes, Policy, Ran, Report, Scheduler, SchedulerConfig, Step, TaskId, Terms};
pub use types::{ExternKind, ExternType, FuncType, Limits, MemoryType, PAGE_SIZE, ValType};
