//! WASI preview 1 without an operating system.
//!
//! All functions of `wasi_snapshot_preview1`, and of `wasi_unstable` before it, over [`Host`]: small traits that a
//! board or an operating system's provider fills in. Descriptors lie in slots and paths in bytes that the embedder
//! lends; nothing is allocated, nothing is global, and nothing is granted that the host does not hand out. The guest's
//! memory is reached through the engine's checked reads and writes alone.
//!
//! The rooms, in import order: `errno` and `types` (numbers and flags), `host` (what an embedder provides), `none`
//! (parts that are not there), `memory` (addresses, vectors), `names` (the table of functions), `table` (descriptors),
//! `wasi` (calls, and the one that waits); then the functions by what they are about: `start`, `fd`, `io`, `path`,
//! `poll`, `sock`.
//!
//! Where the specification leaves an answer open, it is that of wasmtime. Rights are those that its descriptors have:
//! how a file was opened decides whether it can be read or written ([`Errno::Badf`]), and what a guest gives up by
//! `fd_fdstat_set_rights` is refused from then on ([`Errno::Notcapable`]).
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod errno;
mod fd;
mod host;
mod io;
mod memory;
mod names;
mod none;
mod path;
mod poll;
mod sock;
mod start;
mod table;
mod types;
mod wasi;

pub use errno::Errno;
pub use host::{
    Clocks, DirEntry, Files, Host, Interest, Open, Opened, Random, Ready, Sockets, Source, Stream, Streams, Waits,
};
pub use names::{Function, Version};
pub use none::{NoFiles, NoSockets};
pub use table::{Lent, Slot};
pub use types::{
    Advice, ClockId, FdFlags, FileStat, FileType, LookupFlags, OpenFlags, ReceiveFlags, Rights, SetTime, ShutdownFlags,
    TimeFlags,
};
pub use wasi::{Functions, Resumed, Wasi};
