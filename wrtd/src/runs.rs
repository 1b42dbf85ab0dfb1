//! What runs: an instance by itself, held to limits, watched, or in fixed arenas.
//!
//! Owns the one set of questions that can be asked of each kind. Knows nothing of how they are made.

use crate::fixed::FixedInstance;
use wrt_core::safety::Stop;
use wrt_core::{Error, Frame, Func, Outcome, RunBudget, Usage, Value};
use wrt_host::{GovernedInstance, OwnedInstance, WatchedInstance};

/// An instance of any kind.
pub enum Runs<'a> {
    Free(OwnedInstance),
    Held(GovernedInstance),
    Watched(Box<WatchedInstance<GovernedInstance>>),
    Fixed(FixedInstance<'a>),
}

/// Calls the same method of the owned instance or of the one in fixed arenas.
macro_rules! ask {
    ($runs:expr, $one:ident => $answer:expr) => {
        match $runs {
            Runs::Free($one) => $answer,
            Runs::Held(held) => {
                let $one = held.instance();
                $answer
            }
            Runs::Watched(watched) => {
                let $one = watched.instance();
                $answer
            }
            Runs::Fixed($one) => $answer,
        }
    };
}

impl Runs<'_> {
    /// The exported function of this name.
    pub fn export_func(&self, name: &str) -> Result<Func, Error> {
        ask!(self, one => one.export_func(name))
    }
    /// Whether the start function has run, or there is none.
    pub fn is_started(&self) -> bool {
        ask!(self, one => one.is_started())
    }
    /// What the task has used.
    pub fn usage(&self) -> Usage {
        ask!(self, one => one.usage())
    }
    /// Bytes that linear memories may grow to.
    pub fn memory_reserved(&self) -> u64 {
        ask!(self, one => one.memory_reserved())
    }
    /// A hash of the instance's state.
    pub fn state_hash(&self) -> u64 {
        ask!(self, one => one.state_hash())
    }
    /// The frames active where the task stopped, innermost first, at most `limit` of them.
    pub fn backtrace(&self, limit: usize) -> Vec<Frame> {
        ask!(self, one => one.backtrace(limit))
    }
    /// Makes a call ready.
    pub fn start(&mut self, func: Func, arguments: &[Value]) -> Result<(), Stop> {
        match self {
            Runs::Watched(watched) => watched.start(func, arguments),
            other => Ok(ask!(other, one => one.start(func, arguments))?),
        }
    }
    /// Makes the pending start function ready.
    pub fn start_instance(&mut self) -> Result<(), Stop> {
        match self {
            Runs::Watched(watched) => watched.start_instance(),
            other => Ok(ask!(other, one => one.start_instance())?),
        }
    }
    /// Runs or continues what was made ready.
    pub fn run(&mut self, budget: &RunBudget) -> Result<Outcome, Stop> {
        match self {
            Runs::Watched(watched) => watched.run(budget),
            other => Ok(ask!(other, one => one.run(budget))?),
        }
    }
    /// The results of the call that has finished.
    pub fn results(&mut self, out: &mut [Value]) -> Result<usize, Stop> {
        match self {
            Runs::Watched(watched) => watched.results(out),
            other => Ok(ask!(other, one => one.results(out))?),
        }
    }
}
