//! Runs a guest in slices of fuel, and looks between them at the clock and for Ctrl-C, and where the guest is.
//!
//! Owns how long a slice is, and what ends a guest that waits in WASI. Results, fuel and the place of a stop do not
//! depend on slices: what one overdraws is taken from the next one.

use crate::profile::Sampler;
use crate::runs::Runs;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use signal_hook::consts::SIGINT;
use signal_hook::{flag, low_level};
use std::io::{self, PipeReader};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Instant;
use wrt_core::safety::Stop;
use wrt_core::{Outcome, RunBudget};
use wrt_host::wasi::Wasi;

/// Instructions of a slice where nobody samples: some milliseconds.
const SLICE: u64 = 1 << 20;
/// What a process ends with that the second Ctrl-C ends at once.
const AT_ONCE: i32 = crate::exit::STOPPED as i32;

/// How a run ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It finished.
    Done,
    /// The fuel is spent.
    Fuel,
    /// The time is over.
    Time,
    /// Somebody pressed Ctrl-C.
    Stopped,
    /// A call of the host waits, and nobody here answers it.
    Pending,
    /// The run that is replayed was ended here from outside.
    AsRecorded,
}

/// What ends a run from outside.
#[derive(Debug)]
pub struct Pace {
    deadline: Option<Instant>,
    interrupted: Arc<AtomicBool>,
    /// Can be read once Ctrl-C was pressed.
    bell: Option<PipeReader>,
    /// Fuel that a recorded run had used when it was ended from outside.
    recorded: Option<u64>,
}

/// Takes Ctrl-C from the system: sets the flag, then rings. Where it is set, the process ends at once.
fn take_ctrl_c(interrupted: &Arc<AtomicBool>) -> io::Result<PipeReader> {
    let (bell, rings) = io::pipe()?;
    // In this order: a handler sees the flag as it was before those behind it, and who hears the bell sees it set.
    flag::register_conditional_shutdown(SIGINT, AT_ONCE, interrupted.clone())?;
    flag::register(SIGINT, interrupted.clone())?;
    low_level::pipe::register(SIGINT, OwnedFd::from(rings))?;
    Ok(bell)
}

impl Pace {
    /// Begins to count the time, and takes Ctrl-C from the system. Pressed a second time, it ends the process at once.
    pub fn begin(timeout: Option<Duration>) -> Self {
        let interrupted = Arc::new(AtomicBool::new(false));
        let bell = take_ctrl_c(&interrupted)
            .inspect_err(|why| tracing::warn!("Ctrl-C ends the process without a backtrace: {why}"))
            .ok();
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Pace { deadline, interrupted, bell, recorded: None }
    }

    /// Ends also what the guest waits for in WASI: the run is pending then, and over.
    pub fn end_waits_of(&mut self, wasi: &Wasi) {
        wasi.end_waits(self.deadline, self.bell.take().map(OwnedFd::from));
    }

    /// Ends the run where it has used so much fuel, as the recorded one was ended there.
    pub fn end_as_recorded(&mut self, fuel_used: Option<u64>) {
        self.recorded = fuel_used;
    }

    /// Whether the run must end now, having used so much fuel.
    fn over(&self, fuel_used: u64) -> Option<End> {
        if self.recorded.is_some_and(|recorded| fuel_used >= recorded) {
            return Some(End::AsRecorded);
        }
        if self.interrupted.load(Ordering::Relaxed) {
            return Some(End::Stopped);
        }
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline).then_some(End::Time)
    }

    /// Runs what was made ready until it ends; what it used is taken from the fuel of `budget`.
    ///
    /// # Errors
    /// Those of [`Runs::run`].
    pub fn run(
        &self,
        runs: &mut Runs<'_>,
        budget: &mut RunBudget,
        mut sampler: Option<&mut Sampler>,
    ) -> Result<End, Stop> {
        let slice = sampler.as_ref().map_or(SLICE, |sampler| sampler.interval());
        let (mut left, before) = (budget.fuel, runs.usage().fuel_used);
        // A run stops at the first place where it has used more than it was granted.
        let mut recorded = self.recorded.map_or(u64::MAX, |fuel| fuel.saturating_sub(before).saturating_sub(1).max(1));
        let end = loop {
            if let Some(end) = self.over(runs.usage().fuel_used) {
                break end;
            }
            let fuel = left.min(slice).min(recorded);
            match runs.run(&RunBudget { fuel, ..*budget })? {
                Outcome::Done => break End::Done,
                Outcome::Pending => break self.over(runs.usage().fuel_used).unwrap_or(End::Pending),
                Outcome::Interrupted => break End::Stopped,
                Outcome::Fuel => {}
            }
            if let Some(sampler) = &mut sampler {
                sampler.sample(runs);
            }
            left -= fuel;
            recorded = recorded.saturating_sub(fuel).max(1);
            if left == 0 {
                break self.over(runs.usage().fuel_used).filter(|end| *end == End::AsRecorded).unwrap_or(End::Fuel);
            }
        };
        // Without a bound there is none behind it either.
        if budget.fuel != u64::MAX {
            budget.fuel = budget.fuel.saturating_sub(runs.usage().fuel_used - before);
        }
        Ok(end)
    }
}
