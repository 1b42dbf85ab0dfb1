//! One guest's WASI: a host, descriptors, and the call that waits.
//!
//! Owns how the engine reaches the functions, how a call that cannot answer yet is kept, and who is asked which call.

use crate::call::{Args, Call, Since};
use crate::errno::Errno;
use crate::host::{Files, Host, Sockets, Stream, Waits};
use crate::memory::{Answer, Guest, Stop};
use crate::names::{Function, Version};
use crate::table::{self, Descriptor, Lent, Node, Slot};
use core::cell::RefCell;
use wrt_core::{Caller, Completion, Extern, HostError, HostFunc, HostResult, Import, Imports, Instance, Value};

/// A call that could not answer yet.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    function: Function,
    version: Version,
    args: Args,
    since: Option<Since>,
}

struct State<H, L> {
    host: H,
    lent: L,
    waiting: Option<Waiting>,
}

/// What came of trying a waiting call again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// It waits still.
    Waits,
    /// It is done: the result, to complete the task's call with [`wrt_core::Status::Ok`].
    Done(Value),
    /// It ends in a trap: to complete with [`wrt_core::Status::Trap`].
    Trap,
}

/// WASI preview 1 for one task.
///
/// `H` is what the embedder provides, `L` what it lends. A call that must wait leaves its task parked
/// ([`wrt_core::Outcome::Pending`]); the embedder waits in whatever way suits it, calls [`Wasi::resume`], and completes
/// the task's call with what that gives. Since one such call is kept, each task needs a value of its own. Belongs to one
/// thread.
pub struct Wasi<H, L> {
    state: RefCell<State<H, L>>,
}

impl<H, L> core::fmt::Debug for Wasi<H, L> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Wasi").finish_non_exhaustive()
    }
}

/// Bytes of scratch that there must be.
const LEAST_SCRATCH: usize = 64;

/// Bytes that count for one instruction.
const UNIT: u64 = 8;

const REENTERED: HostError = HostError::trap(Errno::Busy as u64, c"WASI was called by its own host");

impl<H: Host, L: Lent<H>> Wasi<H, L> {
    /// WASI with the standard streams and the host's directories open, in lent memory: what was in the slots is
    /// closed. The scratch has 64 bytes or more; with 512 paths of 256 bytes can be named.
    ///
    /// # Errors
    /// [`Errno::Nfile`] where there are too few slots, [`Errno::Nobufs`] where the scratch is too small.
    pub fn new(mut host: H, mut lent: L) -> Result<Self, Errno> {
        let (slots, scratch) = lent.parts();
        // Data moves through it in pieces, none of which may be empty.
        if scratch.len() < LEAST_SCRATCH {
            return Err(Errno::Nobufs);
        }
        for slot in slots.iter_mut() {
            *slot = Slot::EMPTY;
        }
        for stream in [Stream::Stdin, Stream::Stdout, Stream::Stderr] {
            table::push(slots, Descriptor::new(Node::Stream(stream)))?;
        }
        let mut number = 0u32;
        while let Some(dir) = host.files().preopen(number) {
            let node = Node::Dir { dir, preopen: Some(number), read: true, write: true };
            table::push(slots, Descriptor::new(node))?;
            number = number.saturating_add(1);
        }
        Ok(Wasi { state: RefCell::new(State { host, lent, waiting: None }) })
    }

    /// Opens a descriptor for a socket of the embedder's, such as one that listens; its number.
    ///
    /// # Errors
    /// [`Errno::Nfile`] where no slot is free, [`Errno::Busy`] during a call.
    pub fn add_socket(&self, socket: <H::Sockets as Sockets>::Socket) -> Result<u32, Errno> {
        let mut state = self.state.try_borrow_mut().map_err(|_| Errno::Busy)?;
        let (slots, _) = state.lent.parts();
        table::push(slots, Descriptor::new(Node::Socket(socket)))
    }

    /// Lends the host to `f`; `None` during a call.
    pub fn with_host<T>(&self, f: impl FnOnce(&mut H) -> T) -> Option<T> {
        self.state.try_borrow_mut().ok().map(|mut state| f(&mut state.host))
    }

    /// Gives the host back; descriptors are closed.
    pub fn into_host(self) -> H {
        self.state.into_inner().host
    }

    /// Calls a function as the engine does: parameters in `slots`, in which the result is left.
    ///
    /// Each 8 bytes that the guest asks the host to go through (paths, buffers, vectors, randomness; a subscription of
    /// `poll_oneoff` counts for 4,096) are charged as one instruction, as those of `memory.copy` are, whatever there is to read
    /// and whether the call waits: so the fuel of a guest does not depend on the outside.
    ///
    /// # Errors
    /// A trap for an address outside the guest's memory, with [`Errno::Fault`] as detail; the guest's exit.
    pub fn call(&self, function: Function, version: Version, caller: &mut Caller, slots: &mut [Value]) -> HostResult {
        let Ok(mut state) = self.state.try_borrow_mut() else { return Err(REENTERED) };
        let waiting = Waiting { function, version, args: Args::new(slots), since: None };
        let (asked, answer) = match Guest::new(caller.instance()) {
            Ok(guest) => state.run(waiting, &guest),
            Err(stop) => (0, Err(stop)),
        };
        caller.charge(u32::try_from(asked.div_ceil(UNIT)).unwrap_or(u32::MAX));
        let result = match answer {
            Ok(()) => Errno::Success,
            Err(Stop::Errno(errno)) => errno,
            Err(Stop::Waits) => return Ok(Completion::Pending),
            Err(Stop::Trap(errno, message)) => return Err(HostError::trap(errno as u64, message)),
            Err(Stop::Exit(code)) => return Err(HostError::exit(code)),
        };
        if let Some(slot) = slots.first_mut() {
            *slot = Value::from_i32(result.number().into());
        }
        Ok(Completion::Done)
    }

    /// Tries the call again that waits; `instance` is the one that made it. [`Resumed::Trap`] where none waits.
    pub fn resume(&self, instance: Instance<'_>) -> Resumed {
        let Ok(mut state) = self.state.try_borrow_mut() else { return Resumed::Waits };
        let Some(waiting) = state.waiting.take() else { return Resumed::Trap };
        // What it asks for was charged when it was made.
        match Guest::new(instance).and_then(|guest| state.run(waiting, &guest).1) {
            Ok(()) => Resumed::Done(Value::ZERO),
            Err(Stop::Errno(errno)) => Resumed::Done(Value::from_i32(errno.number().into())),
            Err(Stop::Waits) => Resumed::Waits,
            Err(Stop::Trap(..) | Stop::Exit(_)) => Resumed::Trap,
        }
    }

    /// Every function, to be bound to the imports of a module; see [`Functions`].
    pub fn functions(&self) -> Functions<impl Fn(&mut Caller, &mut [Value]) -> HostResult> {
        let of = |version| {
            Function::ALL.map(|function| {
                move |caller: &mut Caller, slots: &mut [Value]| self.call(function, version, caller, slots)
            })
        };
        Functions { preview1: of(Version::Preview1), unstable: of(Version::Unstable) }
    }
}

/// The functions of a [`Wasi`], in the form in which the engine binds them: `InstanceConfig::imports` takes a reference
/// to a reference. Signatures are checked when an instance is made.
#[derive(Debug)]
pub struct Functions<F> {
    preview1: [F; Function::ALL.len()],
    unstable: [F; Function::ALL.len()],
}

impl<F> Functions<F>
where
    F: Fn(&mut Caller, &mut [Value]) -> HostResult,
{
    /// The function of this name; `None` where WASI has none.
    #[must_use]
    pub fn find(&self, module: &str, name: &str) -> Option<HostFunc<'_>> {
        let (function, version) = Function::find(module, name)?;
        let all = match version {
            Version::Preview1 => &self.preview1,
            Version::Unstable => &self.unstable,
        };
        Some(HostFunc::new(all.get(function as usize)?).with_sig(function.signature()))
    }
}

impl<'a, F> Imports<'a> for &'a Functions<F>
where
    F: Fn(&mut Caller, &mut [Value]) -> HostResult,
{
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'a>> {
        let functions: &'a Functions<F> = self;
        functions.find(import.module, import.name).map(Extern::Host)
    }
}

impl<H: Host, L: Lent<H>> State<H, L> {
    /// Makes a call until it answers, or is to be parked, when it is kept. Comes with the bytes that it asked for, which
    /// do not count again when it is tried again.
    fn run(&mut self, mut waiting: Waiting, guest: &Guest<'_>) -> (u64, Answer) {
        let mut asked = None;
        loop {
            let (slots, scratch) = self.lent.parts();
            let mut call = Call {
                host: &mut self.host,
                slots,
                scratch,
                guest,
                version: waiting.version,
                since: &mut waiting.since,
            };
            let answer = call.dispatch(waiting.function, &waiting.args);
            let asked = *asked.get_or_insert(guest.asked());
            if answer != Err(Stop::Waits) {
                return (asked, answer);
            }
            match call.wait(waiting.function, &waiting.args) {
                Ok(Waits::Over) => {}
                Ok(Waits::Parked) => {
                    self.waiting = Some(waiting);
                    return (asked, Err(Stop::Waits));
                }
                Err(stop) => return (asked, Err(stop)),
            }
        }
    }
}

impl<H: Host> Call<'_, '_, H> {
    fn dispatch(&mut self, function: Function, args: &Args) -> Answer {
        match function {
            Function::ArgsGet => self.args_get(args),
            Function::ArgsSizesGet => self.args_sizes_get(args),
            Function::EnvironGet => self.environ_get(args),
            Function::EnvironSizesGet => self.environ_sizes_get(args),
            Function::ClockResGet => self.clock_res_get(args),
            Function::ClockTimeGet => self.clock_time_get(args),
            Function::FdAdvise => self.fd_advise(args),
            Function::FdAllocate => self.fd_allocate(args),
            Function::FdClose => self.fd_close(args),
            Function::FdDatasync => self.fd_sync(args, false),
            Function::FdFdstatGet => self.fd_fdstat_get(args),
            Function::FdFdstatSetFlags => self.fd_fdstat_set_flags(args),
            Function::FdFdstatSetRights => self.fd_fdstat_set_rights(args),
            Function::FdFilestatGet => self.fd_filestat_get(args),
            Function::FdFilestatSetSize => self.fd_filestat_set_size(args),
            Function::FdFilestatSetTimes => self.fd_filestat_set_times(args),
            Function::FdPread => self.fd_pread(args),
            Function::FdPrestatGet => self.fd_prestat_get(args),
            Function::FdPrestatDirName => self.fd_prestat_dir_name(args),
            Function::FdPwrite => self.fd_pwrite(args),
            Function::FdRead => self.fd_read(args),
            Function::FdReaddir => self.fd_readdir(args),
            Function::FdRenumber => self.fd_renumber(args),
            Function::FdSeek => self.fd_seek(args),
            Function::FdSync => self.fd_sync(args, true),
            Function::FdTell => self.fd_tell(args),
            Function::FdWrite => self.fd_write(args),
            Function::PathCreateDirectory => self.path_create_directory(args),
            Function::PathFilestatGet => self.path_filestat_get(args),
            Function::PathFilestatSetTimes => self.path_filestat_set_times(args),
            Function::PathLink => self.path_link(args),
            Function::PathOpen => self.path_open(args),
            Function::PathReadlink => self.path_readlink(args),
            Function::PathRemoveDirectory => self.path_remove_directory(args),
            Function::PathRename => self.path_rename(args),
            Function::PathSymlink => self.path_symlink(args),
            Function::PathUnlinkFile => self.path_unlink_file(args),
            Function::PollOneoff => self.poll_oneoff(args),
            Function::ProcExit => Err(Stop::Exit(args.u32(0))),
            Function::ProcRaise => Self::proc_raise(args),
            Function::SchedYield => Ok(()),
            Function::RandomGet => self.random_get(args),
            Function::SockAccept => self.sock_accept(args),
            Function::SockRecv => self.sock_recv(args),
            Function::SockSend => self.sock_send(args),
            Function::SockShutdown => self.sock_shutdown(args),
        }
    }
}
