//! What the benchmark asks of a runtime, and how it asks a runtime that lives in another process.
//! Owns the two traits, the timing of one call and the line protocol; must not know any runtime.

mod clock;
mod crossing;
mod inspect;
mod memory;
mod once;
mod preview1;
mod process;
mod stub;

pub use clock::Stopwatch;
pub use crossing::{Crossings, Way, step, sum};
pub use inspect::Module;
pub use once::{HELP as ONCE_HELP, once};
pub use preview1::{Bytes, Preview1};
pub use process::{Process, serve};
pub use stub::{Import, Ty, stub_result};

/// One runtime in one configuration.
pub trait Runtime {
    /// Its name in tables and in the JSON report.
    fn name(&self) -> &str;

    /// Makes a guest with an export `run: [i32] -> [i32 or i64]` ready to be called.
    fn instantiate(&mut self, wasm: &[u8]) -> Result<Box<dyn Guest>, String>;

    /// Validates the whole module and translates every function of it, then throws the result away.
    ///
    /// `None` for a runtime that translates a function only when it is first called, and so has nothing to compare.
    fn load(&mut self, wasm: &[u8]) -> Option<Result<(), String>>;

    /// Makes the guest of [`Crossings`] ready.
    fn crossings(&mut self, wasm: &[u8]) -> Result<Box<dyn Crossings>, String>;

    /// Makes a program with an export `_start` ready to be run whole, whose imports [`Preview1`] stands in for.
    fn program(&mut self, _wasm: &[u8]) -> Result<Box<dyn Program>, String> {
        Err("it is not given whole programs".into())
    }
}

/// A program that is loaded, as far as its runtime can have a module without an instance.
pub trait Program {
    /// One run: makes an instance, calls `_start`, and returns [`Preview1::outcome`].
    fn start(&mut self) -> Result<i64, String>;
}

/// What is run in a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// `run` with this argument, in an instance that is there.
    Run(i32),
    /// A [`Program`] from its start to its end.
    Start,
}

impl std::fmt::Display for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Run(n) => n.fmt(f),
            Self::Start => f.write_str("_start"),
        }
    }
}

impl std::str::FromStr for Work {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "_start" { Ok(Self::Start) } else { text.parse().map(Self::Run).map_err(|e| format!("{text}: {e}")) }
    }
}

/// An instance that is ready to run.
pub trait Guest {
    /// Calls `run(n)`; an `i32` result is sign-extended.
    fn run(&mut self, n: i32) -> Result<i64, String>;
}

/// A runtime with the guest it holds at present, here or in another process.
pub enum Seat {
    /// In this process.
    Local { runtime: Box<dyn Runtime>, guest: Option<Box<dyn Held>>, crossings: Option<Box<dyn Crossings>> },
    /// The runtime of that name in a worker process.
    Remote { name: String, process: std::rc::Rc<Process> },
}

/// A guest or a program, as a seat holds it.
pub trait Held {
    fn work(&mut self, work: Work) -> Result<i64, String>;
}

struct HeldGuest(Box<dyn Guest>);
struct HeldProgram(Box<dyn Program>);

impl Held for HeldGuest {
    fn work(&mut self, work: Work) -> Result<i64, String> {
        match work {
            Work::Run(n) => self.0.run(n),
            Work::Start => Err("it was made ready for `run`".into()),
        }
    }
}

impl Held for HeldProgram {
    fn work(&mut self, work: Work) -> Result<i64, String> {
        match work {
            Work::Run(_) => Err("it was made ready for `_start`".into()),
            Work::Start => self.0.start(),
        }
    }
}

/// Runs `f`; a panic in it is an error, so that a peer's defect leaves the others running.
fn guarded<T>(f: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).unwrap_or_else(|_| Err("it panicked".into()))
}

/// One timed call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timed {
    /// Processor seconds of the call alone, see [`Stopwatch`].
    pub seconds: f64,
    /// What the guest returned.
    pub result: i64,
}

impl Seat {
    pub fn local(runtime: Box<dyn Runtime>) -> Self {
        Self::Local { runtime, guest: None, crossings: None }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Local { runtime, .. } => runtime.name(),
            Self::Remote { name, .. } => name,
        }
    }

    /// The program that does one thing with this runtime when its first argument is `once`.
    pub fn program(&self) -> Result<std::path::PathBuf, String> {
        match self {
            Self::Local { .. } => std::env::current_exe().map_err(|e| e.to_string()),
            Self::Remote { process, .. } => Ok(process.program().to_owned()),
        }
    }

    /// Drops the guest it holds and makes the module at `path` ready for this work.
    pub fn prepare(&mut self, path: &str, work: Work) -> Result<(), String> {
        match self {
            Self::Local { runtime, guest, .. } => {
                *guest = None;
                let wasm = std::fs::read(path).map_err(|e| format!("{path}: {e}"))?;
                *guest = Some(guarded(|| -> Result<Box<dyn Held>, String> {
                    Ok(match work {
                        Work::Run(_) => Box::new(HeldGuest(runtime.instantiate(&wasm)?)),
                        Work::Start => {
                            preview1::fits(&wasm)?;
                            Box::new(HeldProgram(runtime.program(&wasm)?))
                        }
                    })
                })?);
                Ok(())
            }
            Self::Remote { name, process } => process.prepare(name, path, work),
        }
    }

    /// Makes the guest of the crossings ready.
    pub fn prepare_crossings(&mut self) -> Result<(), String> {
        match self {
            Self::Local { runtime, crossings, .. } => {
                let wasm = crossing::guest()?;
                *crossings = Some(guarded(|| runtime.crossings(&wasm))?);
                Ok(())
            }
            Self::Remote { name, process } => process.prepare_crossings(name),
        }
    }

    /// Crosses `times` times in one way and times that.
    pub fn cross(&mut self, way: Way, times: i32) -> Result<Timed, String> {
        match self {
            Self::Local { crossings, .. } => {
                let crossings = crossings.as_mut().ok_or("no guest is ready")?;
                let begin = Stopwatch::start();
                let result = guarded(|| crossings.cross(way, times))?;
                Ok(Timed { seconds: begin.seconds(), result: result.into() })
            }
            Self::Remote { name, process } => process.cross(name, way, times),
        }
    }

    /// Drops the guests.
    pub fn release(&mut self) -> Result<(), String> {
        match self {
            Self::Local { guest, crossings, .. } => {
                *guest = None;
                *crossings = None;
                Ok(())
            }
            Self::Remote { name, process } => process.release(name),
        }
    }

    /// Does what the guest was made ready for and times that.
    pub fn run(&mut self, work: Work) -> Result<Timed, String> {
        match self {
            Self::Local { guest, .. } => {
                let guest = guest.as_mut().ok_or("no guest is ready")?;
                let begin = Stopwatch::start();
                let result = guarded(|| guest.work(work))?;
                Ok(Timed { seconds: begin.seconds(), result })
            }
            Self::Remote { name, process } => process.run(name, work),
        }
    }

    /// Times validating and translating the module at `path`; `None` where there is nothing to compare.
    pub fn load(&mut self, path: &str) -> Option<Result<f64, String>> {
        match self {
            Self::Local { runtime, .. } => {
                let wasm = match std::fs::read(path) {
                    Ok(wasm) => wasm,
                    Err(e) => return Some(Err(format!("{path}: {e}"))),
                };
                let begin = Stopwatch::start();
                let loaded = guarded(|| runtime.load(&wasm).transpose()).transpose()?;
                Some(loaded.map(|()| begin.seconds()))
            }
            Self::Remote { name, process } => process.load(name, path),
        }
    }
}
