//! Several tasks on one thread: a scheduler that gives them slices of fuel in turn.
//!
//! A [`Scheduler`] lies in a region of its own (`state.rs`) and holds as many tasks as it was made
//! for. Each step chooses one that is ready (`policy.rs`), runs it for a slice, and writes the choice
//! down. Nothing but the tasks, the policy and the embedder's clock decides, so that the same inputs
//! give the same order; a written order can be followed again. Knows tasks by their public interface
//! only.

mod policy;
mod report;
mod state;

pub use policy::Policy;
pub use report::{Outcomes, Report};
pub use state::Decision;

use crate::arena::{ARENA_ALIGN, Arena};
use crate::budget::RunBudget;
use crate::error::{Error, Reason};
use crate::exec::{Outcome, Task};
use core::marker::PhantomData;
use state::{Entry, Head, SCHED_TOKEN, State, flag, region_bytes};

/// What deadlines are measured with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The embedder's ticks, of any length; they must not go back.
    Ticks,
    /// The fuel that all tasks of the scheduler have spent.
    Fuel,
}

/// What a scheduler is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulerConfig {
    /// Tasks that it can hold, at most 65,535.
    pub max_tasks: u32,
    /// Decisions that it remembers; the oldest are lost first.
    pub trace: u32,
    /// How the next task is chosen.
    pub policy: Policy,
    /// What deadlines are measured with.
    pub clock: Clock,
    /// Budget of one slice: its fuel is what a task may spend before the next decision.
    pub slice: RunBudget,
}

/// How a task is to be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The greater, the sooner. Counts under [`Policy::Priority`].
    pub priority: u8,
    /// When it should have ended, by the scheduler's clock; `u64::MAX` for no deadline. Orders under
    /// [`Policy::EarliestDeadline`]; missing it is counted under both.
    pub deadline: u64,
    /// Fuel of its slices; 0 for the scheduler's.
    pub slice: u64,
}

impl Default for Terms {
    fn default() -> Self {
        Terms { priority: 0, deadline: u64::MAX, slice: 0 }
    }
}

/// Number of a task in a scheduler. One that was removed is never named by it again, until 65,536
/// others have had its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

impl TaskId {
    fn new(place: usize, generation: u32) -> Self {
        TaskId(place as u32 & 0xffff | generation << 16)
    }
    /// The task's place in the scheduler, as decisions name it.
    #[must_use]
    pub fn place(self) -> u16 {
        self.0 as u16
    }
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// No task is ready; so many wait for a host call.
    Idle {
        /// Tasks that would go on if their call were completed.
        pending: u32,
    },
    /// A task has had its slice.
    Ran {
        /// Which.
        id: TaskId,
        /// How the slice ended; its trap or exit, where it did so.
        outcome: Result<Outcome, Error>,
        /// Fuel that it used.
        fuel: u64,
    },
}

/// Why a run of steps ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// No task is ready; so many wait for a host call.
    Idle {
        /// Tasks that would go on if their call were completed.
        pending: u32,
    },
    /// The steps or the fuel that were granted are spent.
    Spent,
}

/// Runs several tasks, one slice at a time.
///
/// A small handle into the region that [`Scheduler::new`] took. It and its tasks belong to one
/// thread. A host function may ask it and add tasks while a step is under way, but not step.
#[derive(Clone, Copy)]
pub struct Scheduler<'a> {
    s: *mut Head,
    held: PhantomData<*mut &'a ()>,
}

impl<'a> Scheduler<'a> {
    /// Bytes that a scheduler of this configuration takes.
    #[must_use]
    pub const fn bytes(config: &SchedulerConfig) -> u64 {
        region_bytes(config.max_tasks, config.trace)
    }

    /// Makes a scheduler without tasks, in [`Scheduler::bytes`] bytes of the arena.
    ///
    /// # Errors
    /// [`Reason::ArenaTooSmall`]; [`Reason::ImpossibleSize`] for too many tasks, with the most as
    /// need.
    pub fn new(arena: &mut Arena<'a>, config: &SchedulerConfig) -> Result<Self, Error> {
        if config.max_tasks > u16::MAX as u32 {
            return Err(Error::new(Reason::ImpossibleSize).need(u16::MAX as u64));
        }
        let s = arena.take(Self::bytes(config))?.cast::<Head>();
        let (policy, ageing) = match config.policy {
            Policy::Priority { ageing } => (0, ageing),
            Policy::EarliestDeadline => (1, 0),
        };
        let head = Head {
            token: SCHED_TOKEN,
            capacity: config.max_tasks,
            trace_capacity: config.trace,
            policy,
            ageing,
            fuel_clock: (config.clock == Clock::Fuel) as u32,
            running: 0,
            trace_first: 0,
            trace_len: 0,
            max_call_depth: config.slice.max_call_depth,
            max_memory_bytes: config.slice.max_memory_bytes,
            slice: config.slice.fuel,
            decisions: 0,
            lost: 0,
            fuel: 0,
        };
        // SAFETY: the region was just taken, and is large enough and aligned.
        unsafe { state::init(s, head) };
        Ok(Scheduler { s, held: PhantomData })
    }

    /// The state, for one expression: it is let go before a task runs or a clock is asked.
    fn state<'s>(self) -> State<'s> {
        // SAFETY: the scheduler lives; every use in this module ends before the next begins.
        unsafe { state::open(self.s) }
    }

    fn policy(self) -> Policy {
        let head = self.state().head;
        if head.policy == 0 { Policy::Priority { ageing: head.ageing } } else { Policy::EarliestDeadline }
    }

    /// The entry of a task.
    fn entry<'s>(self, id: TaskId) -> Result<&'s mut Entry, Error> {
        let entry = self.state().entries.get_mut(id.place() as usize);
        let live = entry.filter(|e| e.task != 0 && e.generation & 0xffff == id.0 >> 16);
        live.ok_or(Error::new(Reason::UnknownIndex))
    }

    /// Takes a task in. What was started on it runs from the next steps on; it may be started, and
    /// completed, at any later time as well.
    ///
    /// # Errors
    /// [`Reason::SchedulerFull`], with the bytes of a scheduler that has room as need;
    /// [`Reason::AlreadyScheduled`].
    pub fn add(self, task: Task<'a>, terms: &Terms) -> Result<TaskId, Error> {
        let address = task.as_raw().expose_provenance() as u64;
        let State { head, entries, .. } = self.state();
        if entries.iter().any(|e| e.task == address) {
            return Err(Error::new(Reason::AlreadyScheduled));
        }
        let need = region_bytes(head.capacity.saturating_add(1), head.trace_capacity);
        let free = entries.iter_mut().enumerate().find(|(_, e)| e.task == 0);
        let Some((place, entry)) = free else { return Err(Error::new(Reason::SchedulerFull).need(need)) };
        *entry = Entry {
            task: address,
            deadline: terms.deadline,
            slice: terms.slice,
            priority: terms.priority as u32,
            generation: entry.generation.wrapping_add(1),
            ..Entry::FREE
        };
        Ok(TaskId::new(place, entry.generation))
    }

    /// Lets a task go; it stands where its last slice ended.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`]; [`Reason::AlreadyRunning`] for the task whose slice is under way.
    pub fn remove(self, id: TaskId) -> Result<Task<'a>, Error> {
        if self.state().head.running == id.place() as u32 + 1 {
            return Err(Error::new(Reason::AlreadyRunning));
        }
        let task = self.task(id)?;
        let entry = self.entry(id)?;
        *entry = Entry { generation: entry.generation, ..Entry::FREE };
        Ok(task)
    }

    /// The task with this number.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn task(self, id: TaskId) -> Result<Task<'a>, Error> {
        task_at(self.entry(id)?.task)
    }

    /// Sets how a task is to be treated from now on. A deadline that was missed is forgotten, but
    /// stays counted.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn set_terms(self, id: TaskId, terms: &Terms) -> Result<(), Error> {
        let entry = self.entry(id)?;
        entry.priority = terms.priority as u32;
        entry.deadline = terms.deadline;
        entry.slice = terms.slice;
        entry.flags &= !flag::LATE;
        Ok(())
    }

    /// Runs one slice of the task that is next. `now` is asked before and behind it, if ticks are the
    /// clock. A task that fails does not end anything but itself.
    ///
    /// # Errors
    /// [`Reason::AlreadyRunning`] while a step is under way.
    pub fn step(self, now: &dyn Fn() -> u64) -> Result<Step, Error> {
        self.next(None, now)
    }

    /// The same for the task that a written decision names, whatever the policy would choose.
    ///
    /// # Errors
    /// [`Reason::ReplayDiverged`] where that task is not ready, before anything ran, or where its
    /// slice ended differently, with the number of the decision as detail;
    /// [`Reason::AlreadyRunning`].
    pub fn replay(self, decision: &Decision, now: &dyn Fn() -> u64) -> Result<Step, Error> {
        self.next(Some(decision), now)
    }

    /// Steps until no task is ready, or so many steps were made, or so much fuel was spent: the
    /// last slice may spend more.
    ///
    /// # Errors
    /// As for [`Scheduler::step`].
    pub fn run(self, steps: u64, fuel: u64, now: &dyn Fn() -> u64) -> Result<Ran, Error> {
        let before = self.state().head.fuel;
        for _ in 0..steps {
            if self.state().head.fuel.wrapping_sub(before) >= fuel {
                break;
            }
            if let Step::Idle { pending } = self.step(now)? {
                return Ok(Ran::Idle { pending });
            }
        }
        Ok(Ran::Spent)
    }

    /// The time by the scheduler's clock.
    fn time(self, now: &dyn Fn() -> u64) -> u64 {
        let head = self.state().head;
        if head.fuel_clock != 0 { head.fuel } else { now() }
    }

    fn next(self, told: Option<&Decision>, now: &dyn Fn() -> u64) -> Result<Step, Error> {
        if self.state().head.running != 0 {
            return Err(Error::new(Reason::AlreadyRunning));
        }
        let begin = self.time(now);
        let pending = self.look(begin);
        let number = self.state().head.decisions;
        let chosen = match told {
            None => policy::choose(self.policy(), self.state().entries, number),
            Some(d) => Some(d.place as usize),
        };
        let Some(place) = chosen else { return Ok(Step::Idle { pending }) };
        let diverged = Error::new(Reason::ReplayDiverged).detail(number);
        let State { head, entries, .. } = self.state();
        let entry = entries.get_mut(place).filter(|e| e.task != 0 && e.flags & flag::WAITING != 0);
        let Some(entry) = entry else { return Err(diverged) };
        let id = TaskId::new(place, entry.generation);
        let fuel = if entry.slice == 0 { head.slice } else { entry.slice };
        let budget = RunBudget {
            fuel: fuel.max(1),
            max_call_depth: head.max_call_depth,
            max_memory_bytes: head.max_memory_bytes,
        };
        entry.longest_wait = entry.longest_wait.max(entry.waited(number));
        let task = task_at(entry.task)?;
        head.running = place as u32 + 1;
        // The state is let go: host functions may ask the scheduler.
        let before = task.usage().fuel_used;
        let outcome = task.run(&budget);
        let used = task.usage().fuel_used.wrapping_sub(before);
        let head = self.state().head;
        head.running = 0;
        head.fuel = head.fuel.wrapping_add(used);
        let end = self.time(now);
        let decision = self.note(place, &outcome, used, end);
        match told {
            Some(told) if *told != decision => Err(diverged),
            _ => Ok(Step::Ran { id, outcome, fuel: used }),
        }
    }

    /// Sees who is ready and who is late; returns how many wait for a host call.
    fn look(self, time: u64) -> u32 {
        let State { head, entries, .. } = self.state();
        let mut pending = 0;
        for entry in entries.iter_mut().filter(|e| e.task != 0) {
            let Ok(task) = task_at(entry.task) else { continue };
            let (ready, waits) = (task.is_ready(), task.pending().is_some());
            pending += waits as u32;
            if !ready {
                entry.flags &= !flag::WAITING;
            } else if entry.flags & flag::WAITING == 0 {
                entry.flags |= flag::WAITING;
                entry.since = head.decisions.wrapping_mul(2);
            }
            if ready || waits {
                entry.miss(time);
            }
        }
        pending
    }

    /// Writes down how a slice ended.
    fn note(self, place: usize, outcome: &Result<Outcome, Error>, used: u64, time: u64) -> Decision {
        let State { head, entries, trace } = self.state();
        let number = report::number(outcome);
        let fuel = used.min(u32::MAX as u64) as u32;
        let decision = Decision { place: place as u16, outcome: number, reserved: 0, fuel };
        head.decisions = head.decisions.wrapping_add(1);
        if let Some(entry) = entries.get_mut(place) {
            entry.since = head.decisions.wrapping_mul(2).wrapping_sub(1);
            entry.fuel = entry.fuel.wrapping_add(used);
            entry.slices = entry.slices.wrapping_add(1);
            entry.last = number as u32;
            entry.reason = outcome.err().map_or(0, |e| e.reason as u32);
            if !matches!(outcome, Ok(Outcome::Fuel | Outcome::Pending | Outcome::Interrupted)) {
                entry.miss(time);
            }
        }
        // The ring: behind its last, or over its first.
        let capacity = trace.len() as u32;
        if head.trace_len < capacity {
            head.trace_len += 1;
        } else {
            head.lost = head.lost.wrapping_add(1);
            head.trace_first = (head.trace_first + 1).checked_rem(capacity).unwrap_or(0);
        }
        let last = (head.trace_first as u64 + head.trace_len as u64).saturating_sub(1);
        if let Some(at) = last.checked_rem(capacity as u64)
            && let Some(slot) = trace.get_mut(at as usize)
        {
            *slot = decision;
        }
        decision
    }

    /// The address that stands for the scheduler at a C boundary.
    #[must_use]
    pub fn as_raw(self) -> *mut u8 {
        self.s.cast()
    }

    /// The scheduler that [`Scheduler::as_raw`] named.
    ///
    /// # Errors
    /// [`Reason::NullPointer`]; [`Reason::BadHandle`] for a misaligned address or one where no
    /// scheduler's token stands.
    ///
    /// # Safety
    /// The address is null, or 80 bytes can be read there; if it came from [`Scheduler::as_raw`], the
    /// scheduler still lives, with its tasks, for `'a`.
    pub unsafe fn from_raw(raw: *mut u8) -> Result<Self, Error> {
        if raw.is_null() {
            return Err(Error::new(Reason::NullPointer));
        }
        let s = raw.cast::<Head>();
        // SAFETY: the caller vouches for readable bytes; the address is aligned (checked first).
        if !raw.addr().is_multiple_of(ARENA_ALIGN) || unsafe { (&raw const (*s).token).read() } != SCHED_TOKEN {
            return Err(Error::new(Reason::BadHandle));
        }
        Ok(Scheduler { s, held: PhantomData })
    }
}

impl core::fmt::Debug for Scheduler<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let decisions = self.state().head.decisions;
        f.debug_struct("Scheduler").field("policy", &self.policy()).field("decisions", &decisions).finish()
    }
}

/// The task at an address that an entry holds.
fn task_at<'a>(address: u64) -> Result<Task<'a>, Error> {
    // SAFETY: `add` and `restore` took the address from a task that lives as long as the scheduler.
    unsafe { Task::from_raw(core::ptr::with_exposed_provenance_mut(address as usize)) }
}
