//! WASI preview 1 over the operating system: what a program grants its guest.
//!
//! Owns the builder, in which everything that is granted is said, and the value that an instance is linked with. Nothing
//! is granted by default: without a word there are no arguments, no variables, no directories; standard input is empty,
//! what is written goes nowhere. The functions themselves are those of `wrt-wasi`; `files` keeps paths beneath the
//! directories that were granted, `streams` has the standard streams, `clocks` time and randomness, `errno` the numbers
//! of errors.

mod clocks;
mod errno;
mod files;
mod streams;

pub use clocks::{Clock, DETERMINISTIC_START};
pub use files::Access;
pub use streams::{Input, Output};

use crate::owned::{HostImport, OwnedInstance};
use clocks::{Source as RandomSource, Time};
use files::OsFiles;
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::rc::Rc;
use streams::OsStreams;
use wrt_core::{Error, ExternType, Module, Reason, Status};
use wrt_wasi::{Function, Host, Interest, NoSockets, Resumed, Slot, Source, Waits};

/// Descriptors that may be open at once where nothing else is said.
const DESCRIPTORS: usize = 1024;
/// Bytes for paths, half of which one may take, and for data on its way.
const SCRATCH: usize = 1 << 16;

/// What a guest is granted.
#[derive(Debug)]
pub struct WasiBuilder {
    args: Vec<Vec<u8>>,
    vars: Vec<Vec<u8>>,
    files: OsFiles,
    streams: OsStreams,
    clock: Clock,
    seed: Option<u64>,
    descriptors: usize,
    blocks: bool,
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

impl WasiBuilder {
    /// Nothing granted; real clocks, true randomness.
    #[must_use]
    pub fn new() -> Self {
        WasiBuilder {
            args: Vec::new(),
            vars: Vec::new(),
            files: OsFiles::default(),
            streams: OsStreams::default(),
            clock: Clock::Real,
            seed: None,
            descriptors: DESCRIPTORS,
            blocks: false,
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
        if guest.is_empty() || guest.contains('\0') {
            let why = "the guest's name of a directory cannot be empty or contain a byte 0; such as / or /data";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        self.files.grant(host, guest, access)?;
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
    /// on after [`Wasi::resume`].
    #[must_use]
    pub fn blocks(mut self, blocks: bool) -> Self {
        self.blocks = blocks;
        self
    }
    /// The value that instances are linked with.
    ///
    /// # Errors
    /// Fewer descriptors than streams and directories; no source of randomness.
    pub fn build(self) -> io::Result<Wasi> {
        let slots = (0..self.descriptors).map(|_| Slot::EMPTY).collect();
        let mut streams = self.streams;
        streams.parks = !self.blocks;
        let host = OsHost {
            args: self.args,
            vars: self.vars,
            files: self.files,
            streams,
            time: Time::new(self.clock),
            random: RandomSource::new(self.seed)?,
            sockets: NoSockets,
            blocks: self.blocks,
        };
        match wrt_wasi::Wasi::new(host, (slots, vec![0; SCRATCH])) {
            Ok(wasi) => Ok(Wasi(Rc::new(wasi))),
            Err(_) => Err(io::Error::other("too few descriptors for the streams and directories; raise their number")),
        }
    }
}

/// The parts of the operating system that were granted.
struct OsHost {
    args: Vec<Vec<u8>>,
    vars: Vec<Vec<u8>>,
    files: OsFiles,
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
    type Files = OsFiles;
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
    fn files(&mut self) -> &mut OsFiles {
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
                Source::File(file) => fds.push((file.fd(), interest.write)),
                Source::Socket(never) => match *never {},
            }
        }
        let left = until.map(|until| self.time.left(until));
        if streams::wait(&fds, left) { Waits::Over } else { Waits::Parked }
    }
}

type Slots = Vec<Slot<OsHost>>;

/// WASI for the instance that is linked with it, and its one task. A clone is the same WASI.
#[derive(Clone, Debug)]
pub struct Wasi(Rc<wrt_wasi::Wasi<OsHost, (Slots, Vec<u8>)>>);

impl Wasi {
    /// Nothing granted; see [`WasiBuilder`].
    #[must_use]
    pub fn builder() -> WasiBuilder {
        WasiBuilder::new()
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
