//! What a scheduler tells: of each task, of its decisions, and its own bytes as a snapshot.
//!
//! Owns nothing; reads and replaces the state that the steps keep.

use super::state::{self, Decision, Entry, State, flag};
use super::{Scheduler, TaskId, policy};
use crate::error::{Error, Reason};
use crate::exec::{Outcome, Task};

/// How a slice ended, as a decision writes it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcomes {
    /// The task has finished.
    Done = 0,
    /// It waits for a host call.
    Pending = 1,
    /// Its slice was spent.
    Fuel = 2,
    /// An interrupt was seen.
    Interrupted = 3,
    /// It trapped, or the guest ended itself.
    Failed = 4,
    /// It has not run yet.
    Never = 5,
}

/// The number of an outcome.
pub(super) fn number(outcome: &Result<Outcome, Error>) -> u8 {
    let outcome = match outcome {
        Ok(Outcome::Done) => Outcomes::Done,
        Ok(Outcome::Pending) => Outcomes::Pending,
        Ok(Outcome::Fuel) => Outcomes::Fuel,
        Ok(Outcome::Interrupted) => Outcomes::Interrupted,
        Err(_) => Outcomes::Failed,
    };
    outcome as u8
}

/// What a task has had of its scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Fuel that its slices used.
    pub fuel: u64,
    /// Slices that it ran.
    pub slices: u64,
    /// How the last of them ended.
    pub last: Outcomes,
    /// Number of the [`Reason`] where it failed, 0 otherwise.
    pub reason: u32,
    /// Deadlines that it missed: each is counted once, when it is seen that the task has not ended
    /// in time.
    pub missed: u32,
    /// Most decisions in a row at which it was ready and another was chosen, up to now.
    pub longest_wait: u64,
}

impl Entry {
    /// Counts the deadline as missed if it lies before `time` and is not counted yet.
    pub(super) fn miss(&mut self, time: u64) {
        if time > self.deadline && self.flags & flag::LATE == 0 {
            self.flags |= flag::LATE;
            self.missed = self.missed.saturating_add(1);
        }
    }
}

impl<'a> Scheduler<'a> {
    /// What a task has had so far.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn report(self, id: TaskId) -> Result<Report, Error> {
        let decisions = self.decisions();
        let entry = self.entry(id)?;
        let waits = if entry.flags & flag::WAITING == 0 { 0 } else { entry.waited(decisions) };
        let last = match entry.last {
            0 => Outcomes::Done,
            1 => Outcomes::Pending,
            2 => Outcomes::Fuel,
            3 => Outcomes::Interrupted,
            4 => Outcomes::Failed,
            _ => Outcomes::Never,
        };
        Ok(Report {
            fuel: entry.fuel,
            slices: entry.slices,
            last,
            reason: entry.reason,
            missed: entry.missed,
            longest_wait: entry.longest_wait.max(waits),
        })
    }

    /// Decisions that the task may wait at most while it stays ready and no task of greater priority
    /// than those at hand is added; `None` where the policy gives no bound.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn wait_bound(self, id: TaskId) -> Result<Option<u64>, Error> {
        self.entry(id)?;
        Ok(policy::wait_bound(self.policy(), self.state().entries, id.place() as usize))
    }

    /// Decisions made so far.
    #[must_use]
    pub fn decisions(self) -> u64 {
        self.state().head.decisions
    }

    /// Fuel that all tasks have spent in slices.
    #[must_use]
    pub fn fuel_used(self) -> u64 {
        self.state().head.fuel
    }

    /// Decisions that were overwritten before they were taken.
    #[must_use]
    pub fn lost(self) -> u64 {
        self.state().head.lost
    }

    /// Takes the oldest decisions out, as many as fit; returns how many.
    pub fn take_trace(self, out: &mut [Decision]) -> usize {
        let State { head, trace, .. } = self.state();
        let mut taken = 0;
        for to in out {
            let at = head.trace_first;
            let Some(decision) = trace.get(at as usize).filter(|_| head.trace_len > 0) else { break };
            *to = *decision;
            head.trace_first = (at + 1).checked_rem(head.trace_capacity).unwrap_or(0);
            head.trace_len -= 1;
            taken += 1;
        }
        taken
    }

    /// Bytes of a snapshot.
    #[must_use]
    pub fn snapshot_bytes(self) -> u64 {
        let head = self.state().head;
        state::region_bytes(head.capacity, head.trace_capacity)
    }

    /// Writes everything that decides how the scheduler goes on, as plain bytes without pointers;
    /// the tasks' own bytes are theirs. Returns how many bytes.
    ///
    /// # Errors
    /// [`Reason::ArenaTooSmall`] with [`Scheduler::snapshot_bytes`] as need;
    /// [`Reason::AlreadyRunning`] while a step is under way.
    pub fn snapshot(self, out: &mut [u8]) -> Result<usize, Error> {
        let bytes = self.snapshot_bytes();
        let Some(out) = out.get_mut(..bytes as usize) else {
            return Err(Error::new(Reason::ArenaTooSmall).need(bytes));
        };
        if self.state().head.running != 0 {
            return Err(Error::new(Reason::AlreadyRunning));
        }
        // SAFETY: the scheduler lives.
        unsafe { state::save(self.s, out) };
        Ok(bytes as usize)
    }

    /// Goes on from a snapshot of a scheduler of the same configuration. `task` is asked for the
    /// task with each number that the snapshot holds; where it has none, the place is free.
    ///
    /// # Errors
    /// [`Reason::BadHandle`] for bytes that are no such snapshot; [`Reason::AlreadyRunning`]. The
    /// scheduler is as it was then.
    pub fn restore(self, bytes: &[u8], task: &mut dyn FnMut(TaskId) -> Option<Task<'a>>) -> Result<(), Error> {
        let wrong = Error::new(Reason::BadHandle);
        let head = *self.state().head;
        let saved = state::saved_head(bytes).ok_or(wrong)?;
        let same =
            |h: &state::Head| (h.token, h.capacity, h.trace_capacity, h.policy, h.ageing, h.fuel_clock, h.running);
        let fits = saved.trace_len <= saved.trace_capacity && saved.trace_first < saved.trace_capacity.max(1);
        if head.running != 0 {
            return Err(Error::new(Reason::AlreadyRunning));
        }
        if same(&head) != same(&saved) || !fits || bytes.len() as u64 != self.snapshot_bytes() {
            return Err(wrong);
        }
        // SAFETY: the saved capacities are the scheduler's, and the bytes as many as its region has.
        unsafe { state::load(self.s, bytes) };
        // All places are free until their tasks are known.
        for place in 0..head.capacity as usize {
            let Some(entry) = self.state().entries.get_mut(place) else { break };
            let (held, id) = (entry.task != 0, TaskId::new(place, entry.generation));
            entry.task = 0;
            if held && let Some(task) = task(id) {
                let address = task.as_raw().expose_provenance() as u64;
                if let Some(entry) = self.state().entries.get_mut(place) {
                    entry.task = address;
                }
            }
        }
        Ok(())
    }
}
