//! WASI preview 1 over the operating system: what a program grants its guest.
//!
//! Owns the builder, in which everything that is granted is said, and the value that an instance is linked with. Nothing
//! is granted by default: without a word there are no arguments, no variables, no directories; standard input is empty,
//! what is written goes nowhere. The functions themselves are those of `wrt-wasi`; `mounts` has the directories that were
//! granted, of which `files` has those of the system, `tree` those in memory, `memory` and `embedded` what is in these;
//! `streams` has the standard streams, `clocks` time and randomness, `errno` the numbers of errors; `record` keeps what
//! the outside world answers, and answers in its place.

mod clocks;
mod embedded;
mod errno;
mod files;
#[cfg(all(test, target_os = "linux"))]
mod likeness;
mod memory;
mod mounts;
mod record;
mod streams;
mod tree;

pub use clocks::{Clock, DETERMINISTIC_START};
pub use embedded::{EmbedError, EmbeddedFiles, SECTION as EMBEDDED_SECTION, carry, embed};
pub use files::Access;
pub use memory::MemoryTree;
pub use record::{Departure, Difference, Recording, Replay};
pub use streams::{Input, Output};
pub use tree::MemoryLimits;

use crate::owned::{HostImport, OwnedInstance};
use clocks::{Source as RandomSource, Time};
use core::fmt::Debug;
use core::time::Duration;
use mounts::Mounts;
use record::{Recorder, Replayer};
use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;
use streams::{OsStreams, Until};
use wrt_core::{Caller, Completion, Error, ExternType, HostError, HostResult, Instance, Module, Reason, Status, Value};
use wrt_wasi::{Function, Host, Interest, Lent, NoSockets, Resumed, Slot, Source, Version, Waits};

/// Descriptors that may be open at once where nothing else is said.
const DESCRIPTORS: usize = 1024;
/// Bytes for paths, half of which one may take, and for data on its way.
const SCRATCH: usize = 1 << 16;

/// What a guest is granted.
#[derive(Debug)]
pub struct WasiBuilder {
    args: Vec<Vec<u8>>,
    vars: Vec<Vec<u8>>,
    files: Mounts,
    streams: OsStreams,
    clock: Clock,
    resolution: Duration,
    seed: Option<u64>,
    descriptors: usize,
    blocks: bool,
    recording: Option<Recording>,
}

impl Default for WasiBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// Text that the guest gets as C strings.
fn without_nul(text: &str) -> io::Result<Vec<u8>> {
    if text.contains('\0') {
        let why = "an argument or variable of a guest cannot contain a byte 0; leave it out";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    Ok(text.as_bytes().to_vec())
}

/// The name that a guest knows a directory by.
fn guest_name(guest: &str) -> io::Result<&str> {
    if guest.is_empty() || guest.contains('\0') {
        let why = "the guest's name of a directory cannot be empty or contain a byte 0; such as / or /data";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    Ok(guest)
}

impl WasiBuilder {
    /// Nothing granted; real clocks, true randomness.
    #[must_use]
    pub fn new() -> Self {
        WasiBuilder {
            args: Vec::new(),
            vars: Vec::new(),
            files: Mounts::default(),
            streams: OsStreams::default(),
            clock: Clock::Real,
            resolution: Duration::ZERO,
            seed: None,
            descriptors: DESCRIPTORS,
            blocks: false,
            recording: None,
        }
    }
    /// Adds an argument; the first one is the program's name.
    ///
    /// # Errors
    /// One with a byte 0 is refused.
    pub fn arg(mut self, arg: &str) -> io::Result<Self> {
        self.args.push(without_nul(arg)?);
        Ok(self)
    }
    /// Sets a variable of the environment.
    ///
    /// # Errors
    /// A name or value with a byte 0 is refused, and a name that is empty or has an equals sign.
    pub fn var(mut self, name: &str, value: &str) -> io::Result<Self> {
        if name.is_empty() || name.contains('=') {
            let why = format!("`{name}` cannot be the name of a variable; it is empty or contains =");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let prefix = without_nul(&format!("{name}="))?;
        self.vars.retain(|var| !var.starts_with(&prefix));
        self.vars.push([prefix, without_nul(value)?].concat());
        Ok(self)
    }
    /// Grants a directory under a name of the guest's. It is opened here, once: what takes its place at that path later
    /// is not reached.
    ///
    /// # Errors
    /// Those of opening it; a name that is empty or has a byte 0 is refused.
    pub fn directory(mut self, host: &Path, guest: &str, access: Access) -> io::Result<Self> {
        self.files.grant(host, guest_name(guest)?, access)?;
        Ok(self)
    }
    /// Grants an empty directory in memory, which may be written and is gone at the end. See [`WasiBuilder::memory`]
    /// for one that has something in it, or is read afterwards.
    ///
    /// # Errors
    /// A name that is empty or has a byte 0 is refused.
    pub fn memory_directory(self, guest: &str, limits: MemoryLimits) -> io::Result<Self> {
        self.memory(&MemoryTree::new(limits), guest, Access::ReadWrite)
    }
    /// Grants a tree in memory. What the guest leaves there can be read from the tree afterwards.
    ///
    /// # Errors
    /// A name that is empty or has a byte 0 is refused.
    pub fn memory(mut self, tree: &MemoryTree, guest: &str, access: Access) -> io::Result<Self> {
        self.files.grant_tree(tree.shared(), guest_name(guest)?, access);
        Ok(self)
    }
    /// Grants the files that lie in a module, for reading only.
    ///
    /// # Errors
    /// A name that is empty or has a byte 0 is refused.
    pub fn embedded(mut self, files: &EmbeddedFiles, guest: &str) -> io::Result<Self> {
        self.files.grant_tree(files.shared(), guest_name(guest)?, Access::ReadOnly);
        Ok(self)
    }
    /// Where standard input comes from.
    #[must_use]
    pub fn stdin(mut self, input: Input) -> Self {
        self.streams.input = input;
        self
    }
    /// Where standard output goes.
    #[must_use]
    pub fn stdout(mut self, output: Output) -> Self {
        self.streams.output = output;
        self
    }
    /// Where the standard stream of errors goes.
    #[must_use]
    pub fn stderr(mut self, output: Output) -> Self {
        self.streams.errors = output;
        self
    }
    /// Which time the guest sees.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
    /// How fine the guest sees time: readings are rounded down to a multiple of this, and it is told so. A time below
    /// what the clock can show changes nothing.
    #[must_use]
    pub fn clock_resolution(mut self, resolution: Duration) -> Self {
        self.resolution = resolution;
        self
    }
    /// Randomness that is the same in every run with this number. Not for secrets.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
    /// How many descriptors may be open at once, the streams and directories that are granted included.
    #[must_use]
    pub fn descriptors(mut self, most: usize) -> Self {
        self.descriptors = most;
        self
    }
    /// Whether a call that must wait blocks the thread. Else the run ends with [`wrt_core::Outcome::Pending`], and goes
    /// on after [`Wasi::resume`]. [`Wasi::end_waits`] says what ends a wait that blocks.
    #[must_use]
    pub fn blocks(mut self, blocks: bool) -> Self {
        self.blocks = blocks;
        self
    }
    /// Keeps every answer of the outside world, so that the run can be replayed without it ([`Wasi::replay`]). The guest
    /// sees no difference. [`Recording::finish`] is to be called when it has ended.
    #[must_use]
    pub fn record(mut self, recording: Recording) -> Self {
        self.recording = Some(recording);
        self
    }
    /// The value that instances are linked with.
    ///
    /// # Errors
    /// Fewer descriptors than streams and directories; no source of randomness.
    pub fn build(self) -> io::Result<Wasi> {
        let mut streams = self.streams;
        streams.parks = !self.blocks;
        let resolution = u64::try_from(self.resolution.as_nanos()).unwrap_or(u64::MAX);
        let (mut files, time) = (self.files, Time::new(self.clock, resolution));
        files.begin(&time);
        let host = OsHost {
            args: self.args,
            vars: self.vars,
            files,
            streams,
            time,
            random: RandomSource::new(self.seed)?,
            sockets: NoSockets,
            blocks: self.blocks,
        };
        match self.recording {
            None => over(host, self.descriptors),
            Some(recording) => over(Recorder::new(host, recording, self.descriptors), self.descriptors),
        }
    }
}

/// WASI over a host, with so many descriptors.
fn over<H: Told + 'static>(host: H, descriptors: usize) -> io::Result<Wasi> {
    let slots: Vec<Slot<H>> = (0..descriptors).map(|_| Slot::EMPTY).collect();
    match wrt_wasi::Wasi::new(host, (slots, vec![0; SCRATCH])) {
        Ok(wasi) => Ok(Wasi(Rc::new(wasi))),
        Err(_) => Err(io::Error::other("too few descriptors for the streams and directories; raise their number")),
    }
}

/// What the hosts of this crate are told beside what a guest asks.
trait Told: Host {
    /// A call of the guest begins; `false` where it is not made any more, because the run is ended from outside.
    fn call_begins(&mut self, function: Function, caller: &Caller) -> bool;
    /// What ends waiting from outside.
    fn end_waits(&mut self, until: Until);
    /// Whether the guest must not go on.
    fn is_over(&self) -> bool {
        false
    }
}

impl Told for OsHost {
    fn call_begins(&mut self, _function: Function, caller: &Caller) -> bool {
        self.time.call_begins(caller.fuel_used());
        !self.streams.until.is_over()
    }
    fn end_waits(&mut self, until: Until) {
        self.streams.until = until;
    }
}

impl Told for Recorder<OsHost> {
    fn call_begins(&mut self, function: Function, caller: &Caller) -> bool {
        let goes_on = self.host.call_begins(function, caller);
        Recorder::call_begins(self, function.name(), goes_on);
        goes_on
    }
    fn end_waits(&mut self, until: Until) {
        self.host.end_waits(until);
    }
}

impl Told for Replayer {
    fn call_begins(&mut self, function: Function, _caller: &Caller) -> bool {
        Replayer::call_begins(self, function.name());
        !self.ends()
    }
    // It never waits.
    fn end_waits(&mut self, _until: Until) {}
    fn is_over(&self) -> bool {
        self.has_departed()
    }
}

/// What a call ends in that has left its recording.
const DEPARTED: HostError = HostError::trap(0, c"the run has left its recording");

/// WASI, whichever host it is over.
trait Provided: Debug {
    fn call(&self, function: Function, version: Version, caller: &mut Caller, slots: &mut [Value]) -> HostResult;
    fn resume(&self, instance: Instance<'_>) -> Resumed;
    fn end_waits(&self, until: Until) -> bool;
}

impl<H: Told, L: Lent<H>> Provided for wrt_wasi::Wasi<H, L> {
    fn call(&self, function: Function, version: Version, caller: &mut Caller, slots: &mut [Value]) -> HostResult {
        if self.with_host(|host| host.call_begins(function, caller)) == Some(false) {
            return Ok(Completion::Pending);
        }
        let result = self.call(function, version, caller, slots);
        if self.with_host(|host| host.is_over()) == Some(true) { Err(DEPARTED) } else { result }
    }
    fn resume(&self, instance: Instance<'_>) -> Resumed {
        let resumed = self.resume(instance);
        if self.with_host(|host| host.is_over()) == Some(true) { Resumed::Trap } else { resumed }
    }
    fn end_waits(&self, until: Until) -> bool {
        self.with_host(|host| host.end_waits(until)).is_some()
    }
}

/// The parts of the operating system that were granted.
struct OsHost {
    args: Vec<Vec<u8>>,
    vars: Vec<Vec<u8>>,
    files: Mounts,
    streams: OsStreams,
    time: Time,
    random: RandomSource,
    sockets: NoSockets,
    blocks: bool,
}

impl Host for OsHost {
    type Clocks = Time;
    type Random = RandomSource;
    type Streams = OsStreams;
    type Files = Mounts;
    type Sockets = NoSockets;

    fn clocks(&mut self) -> &mut Time {
        &mut self.time
    }
    fn random(&mut self) -> &mut RandomSource {
        &mut self.random
    }
    fn streams(&mut self) -> &mut OsStreams {
        &mut self.streams
    }
    fn files(&mut self) -> &mut Mounts {
        &mut self.files
    }
    fn sockets(&mut self) -> &mut NoSockets {
        &mut self.sockets
    }
    fn argument(&self, number: usize) -> Option<&[u8]> {
        self.args.get(number).map(Vec::as_slice)
    }
    fn variable(&self, number: usize) -> Option<&[u8]> {
        self.vars.get(number).map(Vec::as_slice)
    }
    fn wait(&mut self, until: Option<u64>, what: &mut dyn Iterator<Item = Interest<'_, Self>>) -> Waits {
        // Time that the guest alone sees needs no waiting.
        if let Some(until) = until
            && self.time.skip_to(until)
        {
            return Waits::Over;
        }
        if !self.blocks {
            return Waits::Parked;
        }
        let mut fds = Vec::new();
        for interest in what {
            match interest.source {
                Source::Stream(stream) => fds.extend(self.streams.fd(stream).map(|fd| (fd, interest.write))),
                Source::File(file) => match file.fd() {
                    Some(fd) => fds.push((fd, interest.write)),
                    // What lies in memory is there.
                    None => return Waits::Over,
                },
                Source::Socket(never) => match *never {},
            }
        }
        let left = until.map(|until| self.time.left(until));
        if self.streams.until.wait(&fds, left) { Waits::Over } else { Waits::Parked }
    }
}

/// WASI for the instance that is linked with it, and its one task. A clone is the same WASI.
#[derive(Clone, Debug)]
pub struct Wasi(Rc<dyn Provided>);

impl Wasi {
    /// Nothing granted; see [`WasiBuilder`].
    #[must_use]
    pub fn builder() -> WasiBuilder {
        WasiBuilder::new()
    }

    /// Ends waits that block ([`WasiBuilder::blocks`]) at a time, or once a descriptor can be read, such as a pipe that
    /// a handler of signals writes to: the run ends with [`wrt_core::Outcome::Pending`] then, and is not to be continued.
    /// A wait is a call that sleeps, reads what is not there yet, or writes where there is no room. Behind that time no
    /// other call is made either. `false` during a call, when nothing is set.
    pub fn end_waits(&self, time: Option<Instant>, bell: Option<OwnedFd>) -> bool {
        self.0.end_waits(Until { time, bell })
    }

    /// The world of a recording, and nothing else: the guest is answered as it was then, and what it writes to its
    /// standard streams is written again. Once it asks for something else than it did then, it ends in a trap, and
    /// [`Replay::departure`] says where.
    ///
    /// # Errors
    /// A recording that has fewer descriptors than streams and directories.
    pub fn replay(replay: &Replay, stdout: Output, stderr: Output) -> io::Result<Wasi> {
        let mut streams = OsStreams::default();
        (streams.output, streams.errors) = (stdout, stderr);
        let host = Replayer::new(replay.clone(), streams);
        let descriptors = host.descriptors();
        over(host, descriptors)
    }

    /// Whether the module imports a function of WASI preview 1.
    #[must_use]
    pub fn is_imported_by(module: Module<'_>) -> bool {
        let imports = (0..module.import_count()).filter_map(|i| module.import(i));
        imports.into_iter().any(|import| wrt_wasi::Version::ALL.iter().any(|v| v.module() == import.module))
    }

    /// The functions of WASI that the module imports, for [`OwnedInstance::new`].
    ///
    /// # Errors
    /// [`Reason::IncompatibleImport`] with the number of the import as detail, for one of another type than the
    /// specification's. A function that WASI does not have is left out, so that linking refuses it.
    pub fn imports(&self, module: Module<'_>) -> Result<Vec<HostImport>, Error> {
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        for number in 0..module.import_count() {
            let Some(import) = module.import(number) else { continue };
            let Some((function, version)) = Function::find(import.module, import.name) else { continue };
            match import.ty {
                ExternType::Func(ty) if function.matches(&ty) => {}
                _ => return Err(Error::new(Reason::IncompatibleImport).detail(number.into())),
            }
            // A module may import a function more than once, or a hundred thousand times.
            if !seen.insert((import.module, import.name)) {
                continue;
            }
            let wasi = self.0.clone();
            found.push(HostImport {
                module: import.module.to_owned(),
                name: import.name.to_owned(),
                call: Box::new(move |caller, slots| wasi.call(function, version, caller, slots)),
            });
        }
        Ok(found)
    }

    /// Tries the call again that has parked the instance's task; whether the task can go on. Where it cannot, nothing
    /// has come that it waits for.
    ///
    /// # Errors
    /// Those of [`OwnedInstance::complete`]; [`Reason::NotPending`] where none waits.
    pub fn resume(&self, instance: &OwnedInstance) -> Result<bool, Error> {
        if instance.pending().is_none() {
            return Err(Error::new(Reason::NotPending));
        }
        match self.0.resume(instance.handle()) {
            Resumed::Waits => return Ok(false),
            Resumed::Done(value) => instance.complete(Status::Ok, &[value])?,
            Resumed::Trap => instance.complete(Status::Trap, &[])?,
        }
        Ok(true)
    }
}
