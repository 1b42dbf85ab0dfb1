//! `--record` and `--replay`: what of a run must be the same when it is replayed, and how its end is kept and compared.
//!
//! Owns the facts at both ends of a recording. What lies between them, and the file's format, is `wrt-host`'s.

use crate::exit;
use crate::pace::End;
use crate::print::tell;
use crate::report::Failure;
use crate::values;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};
use wrt_core::safety::Stop;
use wrt_core::{FuncType, Reason, RunBudget, ValType, Value};
use wrt_host::wasi::{Departure, Difference, Recording, Replay};

/// What becomes of a run's calls of WASI.
#[derive(Debug)]
pub enum Tape {
    /// They are made.
    None,
    /// They are made, and their answers kept in the file.
    Record(Recording, PathBuf),
    /// They are answered from the file.
    Replay(Replay, PathBuf),
}

/// What must be the same when a run is replayed, by the name of the option that sets it.
pub struct Facts(Vec<(&'static str, String)>);

impl Facts {
    /// Of a module in the binary format, and what is called of it with which bounds.
    pub fn new(wasm: &[u8], called: Option<(&str, FuncType<'_>)>, arguments: &[Value], budget: &RunBudget) -> Self {
        let digest = Sha256::digest(wasm);
        let types = called.map_or(&[][..], |(_, ty)| ty.params);
        let bound = |bound: u64| if bound == u64::MAX { "none".into() } else { bound.to_string() };
        Facts(vec![
            ("module", digest.iter().map(|byte| format!("{byte:02x}")).collect()),
            ("function", called.map_or_else(String::new, |(name, _)| name.to_owned())),
            ("arguments", bits(arguments, types)),
            ("fuel", bound(budget.fuel)),
            ("max-memory", bound(budget.max_memory_bytes)),
            ("max-depth", budget.max_call_depth.to_string()),
        ])
    }
    /// With one more.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }
    fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

/// Values by their bits, so that none is like another one.
fn bits(values: &[Value], types: &[ValType]) -> String {
    let one = |(value, ty): (&Value, &ValType)| match ty.name() {
        name @ ("i32" | "i64" | "f32" | "f64" | "v128") => format!("{name} {:#x}", value.v128()),
        name => format!("{name} {}", values::show(*value, *ty)),
    };
    values.iter().zip(types).map(one).collect::<Vec<_>>().join(", ")
}

/// What is known of a run that has ended.
pub struct Ended<'a> {
    pub fuel_used: u64,
    pub results: &'a [Value],
    pub types: &'a [ValType],
    pub state_hash: u64,
}

/// The words for ends from outside, where a replay is ended too.
const TIME: &str = "time";
const STOPPED: &str = "stopped";

impl Ended<'_> {
    fn facts(&self, outcome: &Result<End, Stop>) -> Facts {
        let (end, error) = match outcome {
            Ok(End::Done) => ("done", None),
            Ok(End::Fuel) => ("fuel", None),
            Ok(End::Time) => (TIME, None),
            Ok(End::Stopped) => (STOPPED, None),
            Ok(End::Pending | End::AsRecorded) => ("pending", None),
            Err(Stop::Error(error)) if error.reason == Reason::GuestExit => ("exit", Some(error)),
            Err(Stop::Error(error)) => ("trap", Some(error)),
            Err(Stop::Fault(_)) => ("fault", None),
        };
        let mut facts = Facts(vec![("end", end.into())]);
        if let Some(error) = error {
            facts = facts.with("reason", error.reason.name()).with("detail", error.detail.to_string());
        }
        if end == "done" {
            facts = facts.with("results", bits(self.results, self.types));
        }
        facts.with("fuel", self.fuel_used.to_string()).with("state_hash", format!("{:#018x}", self.state_hash))
    }
}

fn failed(option: &str, path: &Path, why: &std::io::Error) -> Failure {
    Failure::new(if option == "--record" { "write" } else { "read" }, format!("{option} {}: {why}", path.display()))
        .fact("option", json!(option))
}

/// A recording is of something else.
fn other(path: &Path, Difference { name, recorded, now }: Difference) -> Failure {
    let show = |value: Option<String>| value.filter(|value| !value.is_empty()).unwrap_or_else(|| "none".into());
    let (recorded, now) = (show(recorded), show(now));
    let why = format!("--replay {}: another {name}: recorded {recorded}, now {now}", path.display());
    let hint = match name.as_str() {
        "module" => "give the module that was recorded: its SHA-256 is what is shown".into(),
        "function" => "name the function with --invoke, as when it was recorded".into(),
        "arguments" => "give the arguments that were recorded; they are shown by their bits".into(),
        "stack" | "fuel" | "max-memory" | "max-depth" => {
            format!("give --{name} as when it was recorded, or leave it out as then; limits may set it too")
        }
        _ => format!("give the {name} that was recorded"),
    };
    Failure::usage(why).hint(hint).fact("differs", json!(name))
}

impl Tape {
    /// What the options ask for.
    ///
    /// # Errors
    /// A file that cannot be written or read; a recording of another run.
    pub fn begin(record: Option<&Path>, replay: Option<&Path>, facts: &Facts) -> Result<Self, Failure> {
        if let Some(path) = replay {
            let replay = Replay::open(path).map_err(|why| failed("--replay", path, &why))?;
            return match replay.differing(&facts.pairs()) {
                Some(difference) => Err(other(path, difference)),
                None => Ok(Tape::Replay(replay, path.to_owned())),
            };
        }
        let Some(path) = record else { return Ok(Tape::None) };
        let file = File::create(path).map_err(|why| failed("--record", path, &why))?;
        Ok(Tape::Record(Recording::new(file, &facts.pairs()), path.to_owned()))
    }

    /// Fuel that the recorded run had used when it was ended from outside.
    pub fn ended_at(&self) -> Option<u64> {
        let Tape::Replay(replay, _) = self else { return None };
        Self::ended_from_outside(replay)?;
        replay.end("fuel")?.parse().ok()
    }
    fn ended_from_outside(replay: &Replay) -> Option<End> {
        match replay.end("end")?.as_str() {
            TIME => Some(End::Time),
            STOPPED => Some(End::Stopped),
            _ => None,
        }
    }

    /// The run has ended: keeps how, or compares it with what was recorded. The outcome is then what the recorded run
    /// had, where that was ended from outside.
    ///
    /// # Errors
    /// What could not be written; where the run has left the recording.
    pub fn finish<'a>(
        &self,
        outcome: &mut Result<End, Stop>,
        ended: impl FnOnce() -> Ended<'a>,
    ) -> Result<(), Failure> {
        match self {
            Tape::None => Ok(()),
            Tape::Record(recording, path) => {
                recording.finish(&ended().facts(outcome).pairs()).map_err(|why| failed("--record", path, &why))
            }
            Tape::Replay(replay, path) => {
                // Ended from outside now, and not then, there is nothing to compare.
                let early = matches!(outcome, Ok(End::Time | End::Stopped));
                if let Ok(End::AsRecorded | End::Pending) = outcome
                    && replay.is_at_end()
                    && let Some(end) = Self::ended_from_outside(replay)
                {
                    *outcome = Ok(end);
                }
                match replay.departure() {
                    Some(departure) => return Err(departed(path, &departure)),
                    None if early => return Ok(()),
                    None => {}
                }
                match replay.finish(&ended().facts(outcome).pairs()) {
                    Ok(true) => {}
                    Ok(false) => tell!(
                        "wrtd: warning: --replay {}: the recording was cut off; the run was compared as far as it goes",
                        path.display()
                    ),
                    Err(departure) => return Err(departed(path, &departure)),
                }
                Ok(())
            }
        }
    }
}

/// The run is not the recorded one.
fn departed(path: &Path, departure: &Departure) -> Failure {
    let (kind, hint) = match departure {
        Departure::Cut { .. } => ("replay", "everything before was as recorded; record the run again to its end"),
        Departure::Damaged { .. } => ("replay", "the file was changed since it was recorded; record the run again"),
        _ => ("replay", "the file or the engine is not that of the recording, or the guest depends on something else"),
    };
    Failure::new(kind, format!("--replay {}: {departure}", path.display()))
        .code(exit::DEPARTED)
        .hint(hint)
        .fact("line", json!(departure.line()))
}
