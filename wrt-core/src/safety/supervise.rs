//! Runs that are watched: one task whose fixed bytes are summed, or two that do the same and are compared.
//!
//! A run is divided into slices of the same fuel, which end at *checkpoints*. At each, the fixed words of tasks and
//! instances are looked at whole, code and tables of the module a part further, and two tasks are compared: how the
//! slice ended, headers, frames, globals, tables, and a part of linear memory. Before results or a trap are given out
//! everything is looked at. A call of the host leaves the task before it is made; the comparison comes first, then the
//! call is made once, by the first task, and the second is given its results and what it wrote.
//!
//! Owns the order of these steps and the refusal to go on behind a fault. What is compared is told by `exec::watch`
//! and `runtime::watch`.

use super::guard::Guard;
use super::report::{Fault, Part, Place, Stop, Watched};
use super::{Mechanism, Profile};
use crate::budget::RunBudget;
use crate::error::{Error, Reason, Status};
use crate::exec::watch::{Differs as TaskDiffers, Fixed};
use crate::exec::{Outcome, Task};
use crate::limits::Asil;
use crate::runtime::host::{Meter, call_host};
use crate::runtime::watch::{Differs, Seal};
use crate::runtime::{Completion, Func, Value};
use crate::types::FuncType;
use core::ffi::CStr;

/// Most instances of a group that is watched.
pub const MAX_MEMBERS: usize = 4;
/// Most parameters or results of a function of the host that a watched task calls.
pub const MAX_HOST_VALUES: usize = 32;

/// How closely a run is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Operators between two checkpoints; a slice may overdraw by those of one function body.
    pub interval: u64,
    /// Bytes of a module that are summed at a checkpoint.
    pub sum_step: usize,
    /// Bytes of linear memory that are compared at a checkpoint.
    pub memory_step: u64,
    /// Nothing writes elements of tables, so that they are summed like what binds the instance.
    pub fixed_tables: bool,
    /// The regions of the tasks are zero already. Otherwise they are cleared when the watch begins.
    pub zeroed: bool,
}

impl Terms {
    /// A checkpoint every 65,536 operators, with 16 KiB of code and 64 KiB of memory at each.
    pub const DEFAULT: Self =
        Terms { interval: 1 << 16, sum_step: 16 << 10, memory_step: 64 << 10, fixed_tables: false, zeroed: false };
}

impl Default for Terms {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A change that is made in the middle of a slice, by whoever injects faults.
#[doc(hidden)]
pub struct Disturbance<'d> {
    /// Fuel of the run at which it is made.
    pub at: u64,
    /// Makes it.
    pub act: &'d mut dyn FnMut(),
    /// Whether it was made.
    pub done: bool,
}

/// A task, with what stays as it is.
struct Lane<'a> {
    task: Task<'a>,
    fixed: Fixed,
    heap: bool,
    seals: [Option<Seal>; MAX_MEMBERS],
    /// Member whose module is summed next.
    turn: usize,
}

impl<'a> Lane<'a> {
    fn new(task: Task<'a>, terms: &Terms) -> Result<Self, Error> {
        let refused = Error::new(Reason::NotWatchable);
        let mut seals = [None; MAX_MEMBERS];
        let instance = task.instance();
        let mut members = 0;
        while let Some(member) = instance.member(members) {
            let place = seals.get_mut(members as usize).ok_or(refused.need(MAX_MEMBERS as u64))?;
            *place = Some(Seal::of(member, terms.fixed_tables).ok_or(refused)?);
            members += 1;
        }
        if !task.begin_watch(terms.zeroed) {
            return Err(refused);
        }
        let (_, heap) = task.watched_home();
        Ok(Lane { task, fixed: task.fixed(), heap, seals, turn: 0 })
    }

    fn seals(&self) -> impl Iterator<Item = (u32, &Seal)> {
        (0..).zip(self.seals.iter().flatten())
    }
    fn seal(&self, id: u32) -> Option<&Seal> {
        self.seals.get(id as usize)?.as_ref()
    }

    /// Looks at the fixed words of the task and of every instance.
    fn fixed(&self, lane: u8, watched: &mut Watched) -> Result<(), Fault> {
        let fault = Fault { by: Mechanism::Checksums, part: Part::Task, lane, instance: 0, at: 0 };
        if !self.task.is_fixed(&self.fixed, self.heap) {
            return Err(fault);
        }
        for (instance, seal) in self.seals() {
            let (bytes, held) = seal.holds();
            watched.summed += bytes;
            held.map_err(|at| Fault { part: Part::Instance, instance, at, ..fault })?;
        }
        Ok(())
    }

    /// Sums a part of a module, or all modules whole.
    fn modules(&mut self, lane: u8, step: Option<usize>, watched: &mut Watched) -> Result<(), Fault> {
        let fault = |instance| Fault { by: Mechanism::Checksums, part: Part::Module, lane, instance, at: 0 };
        if let Some(step) = step {
            let members = self.seals.iter().flatten().count();
            let turn = self.turn;
            if let Some(Some(seal)) = self.seals.get_mut(turn) {
                let (bytes, holds) = seal.module.step(step);
                watched.summed += bytes;
                if !holds {
                    return Err(fault(turn as u32));
                }
            }
            self.turn = if turn + 1 < members { turn + 1 } else { 0 };
            return Ok(());
        }
        for (instance, seal) in self.seals() {
            let (bytes, holds) = seal.module.whole();
            watched.summed += bytes;
            if !holds {
                return Err(fault(instance));
            }
        }
        Ok(())
    }
}

/// How much a checkpoint looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// A part of modules and memories.
    Part,
    /// All that is compared, and a part of what is summed.
    Effect,
    /// Everything.
    Whole,
}

/// Watches the runs of one task, or of two that do the same.
///
/// The tasks and their groups belong to the supervisor until it is dropped: whoever starts, runs or interrupts a task
/// beside it, or writes to what an instance owns, is reported as a fault. It belongs to the thread that the tasks
/// belong to. Its own words are not doubled.
pub struct Supervisor<'a> {
    first: Lane<'a>,
    second: Option<Lane<'a>>,
    terms: Terms,
    guards: &'a [Guard<'a>],
    /// Fuel granted so far, as the tasks count what they used.
    mark: u64,
    /// Byte of the memories at which the next comparison begins.
    memory_at: u64,
    /// A call of the host was made and has not answered.
    waiting: bool,
    /// Message of a trap that a function of the host gave.
    message: Option<&'static CStr>,
    fault: Option<Fault>,
    watched: Watched,
}

impl<'a> Supervisor<'a> {
    /// Watches one task, in which nothing was started yet. Clears its region unless the terms say that it is clear.
    ///
    /// # Errors
    /// [`Reason::NotWatchable`].
    pub fn alone(task: Task<'a>, terms: Terms) -> Result<Self, Error> {
        Self::new(Lane::new(task, &terms)?, None, terms)
    }

    /// Watches two tasks, in which nothing was started yet: of two groups of the same instances in the same state, with
    /// memories of their own, best of two copies of each module. Imports of both lead to the same functions of the host
    /// with the same user data. The tasks' regions are of the same size.
    ///
    /// # Errors
    /// [`Reason::NotWatchable`]; a fault that says where the two differ.
    pub fn lockstep(first: Task<'a>, second: Task<'a>, terms: Terms) -> Result<Self, Stop> {
        let lanes = (Lane::new(first, &terms)?, Lane::new(second, &terms)?);
        if lanes.0.heap || lanes.1.heap || lanes.0.fixed == lanes.1.fixed {
            return Err(Error::new(Reason::NotWatchable).into());
        }
        let mut made = Self::new(lanes.0, Some(lanes.1), terms)?;
        made.twins()?;
        made.checkpoint(Look::Whole)?;
        Ok(made)
    }

    fn new(first: Lane<'a>, second: Option<Lane<'a>>, terms: Terms) -> Result<Self, Error> {
        Ok(Supervisor {
            first,
            second,
            terms: Terms { interval: terms.interval.max(1), ..terms },
            guards: &[],
            mark: 0,
            memory_at: 0,
            waiting: false,
            message: None,
            fault: None,
            watched: Watched::default(),
        })
    }

    /// Looks at these patterns, too, at each checkpoint.
    #[must_use]
    pub fn with_guards(mut self, guards: &'a [Guard<'a>]) -> Self {
        self.guards = guards;
        self
    }

    /// Whether two tasks are compared.
    #[must_use]
    pub fn is_lockstep(&self) -> bool {
        self.second.is_some()
    }
    /// The first task, to be asked.
    #[must_use]
    pub fn task(&self) -> Task<'a> {
        self.first.task
    }
    /// What was looked at so far.
    #[must_use]
    pub fn watched(&self) -> Watched {
        self.watched
    }
    /// The fault behind which nothing runs any more.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Prepares a call in each task; see [`Task::start`].
    ///
    /// # Errors
    /// Those of [`Task::start`]; the fault that was found before.
    pub fn start(&mut self, func: Func, args: &[Value]) -> Result<(), Stop> {
        self.begin(|task| task.start(func, args))
    }
    /// Prepares a run of the start function in each task; see [`Task::start_instance`].
    ///
    /// # Errors
    /// Those of [`Task::start_instance`]; the fault that was found before.
    pub fn start_instance(&mut self) -> Result<(), Stop> {
        self.begin(Task::start_instance)
    }

    fn begin(&mut self, start: impl Fn(Task<'a>) -> Result<(), Error>) -> Result<(), Stop> {
        self.intact()?;
        self.each(start)?;
        self.waiting = false;
        self.message = None;
        self.account();
        Ok(())
    }

    /// Does the same to both tasks; what it comes to must be the same.
    fn each(&mut self, f: impl Fn(Task<'a>) -> Result<(), Error>) -> Result<(), Stop> {
        let first = f(self.first.task);
        if let Some(second) = &self.second
            && f(second.task) != first
        {
            return Err(self.found(Mechanism::Redundancy, Part::Outcome, 0, self.mark));
        }
        Ok(first?)
    }

    /// Runs until the task finishes, fails, waits for the embedder, or has spent the budget: that of each task. Blocks for
    /// that long, which is twice as long for two tasks.
    ///
    /// # Errors
    /// Traps and exits, and wrong use, as [`Task::run`]; the fault that was found. Behind a fault nothing runs.
    pub fn run(&mut self, budget: &RunBudget) -> Result<Outcome, Stop> {
        self.go(budget, None)
    }

    /// The same, disturbed in the middle of a slice.
    #[doc(hidden)]
    pub fn run_disturbed(&mut self, budget: &RunBudget, disturbance: &mut Disturbance<'_>) -> Result<Outcome, Stop> {
        self.go(budget, Some(disturbance))
    }

    fn go(&mut self, budget: &RunBudget, mut disturbance: Option<&mut Disturbance<'_>>) -> Result<Outcome, Stop> {
        self.intact()?;
        if self.waiting {
            return Ok(Outcome::Pending);
        }
        self.checkpoint(Look::Part)?;
        let end = self.mark.saturating_add(budget.fuel);
        loop {
            // `new` has seen to it that there is an interval.
            let beyond = self.mark.checked_rem(self.terms.interval).unwrap_or(0);
            let target = (self.mark - beyond).saturating_add(self.terms.interval).min(end).max(self.mark);
            let grant = target - self.mark;
            let mut slice = None;
            if let Some(disturbance) = disturbance.as_deref_mut()
                && !disturbance.done
                && (self.mark..target).contains(&disturbance.at)
            {
                let part = disturbance.at - self.mark;
                let begun = self.slice(budget, part);
                (disturbance.act)();
                disturbance.done = true;
                slice = Some(if begun == (Ok(Outcome::Fuel), Ok(Outcome::Fuel)) {
                    self.slice(budget, grant - part)
                } else {
                    begun
                });
            }
            let (first, second) = match slice {
                Some(slice) => slice,
                None => self.slice(budget, grant),
            };
            if self.second.is_some() && first != second {
                return Err(self.found(Mechanism::Redundancy, Part::Outcome, 0, self.mark));
            }
            match first {
                Ok(Outcome::Fuel) => {
                    self.mark = target;
                    self.checkpoint(Look::Part)?;
                    if target >= end {
                        return Ok(Outcome::Fuel);
                    }
                }
                Ok(Outcome::Pending) => {
                    self.checkpoint(Look::Effect)?;
                    let answered = self.host_call()?;
                    self.account();
                    if !answered {
                        return Ok(Outcome::Pending);
                    }
                }
                Ok(outcome) => {
                    self.checkpoint(Look::Whole)?;
                    self.account();
                    return Ok(outcome);
                }
                Err(mut error) => {
                    self.checkpoint(Look::Whole)?;
                    self.account();
                    if let (Reason::HostTrap, Some(message)) = (error.reason, self.message.take()) {
                        error.message = message;
                    }
                    return Err(error.into());
                }
            }
        }
    }

    /// Runs each task for so much fuel.
    fn slice(&self, budget: &RunBudget, fuel: u64) -> (Result<Outcome, Error>, Result<Outcome, Error>) {
        let budget = RunBudget { fuel, ..*budget };
        let first = self.first.task.run(&budget);
        let second = match &self.second {
            Some(second) => second.task.run(&budget),
            None => first,
        };
        (first, second)
    }

    /// What was granted, as the tasks have it. What is left of a slice that ended early is not kept.
    fn account(&mut self) {
        let task = self.first.task;
        self.mark = task.usage().fuel_used.saturating_sub(task.owes());
    }

    fn intact(&self) -> Result<(), Stop> {
        match self.fault {
            Some(fault) => Err(fault.into()),
            None => Ok(()),
        }
    }

    /// Notes a fault that belongs to no instance.
    fn found(&mut self, by: Mechanism, part: Part, lane: u8, at: u64) -> Stop {
        self.note(Fault { by, part, lane, instance: 0, at })
    }
    fn note(&mut self, mut fault: Fault) -> Stop {
        if fault.part == Part::Module
            && let Some(second) = &self.second
            && let (Some(a), Some(b)) = (self.first.seal(fault.instance), second.seal(fault.instance))
            && let Some(at) = a.module.differs(&b.module)
        {
            fault.at = at;
        }
        self.fault = Some(fault);
        fault.into()
    }

    /// Whether the two groups are the same to begin with, apart from what a checkpoint compares.
    fn twins(&mut self) -> Result<(), Stop> {
        let Some(second) = &self.second else { return Ok(()) };
        let differ = |part, instance, at| Fault { by: Mechanism::Redundancy, part, lane: 0, instance, at };
        let mut fault = None;
        let (a, b) = (self.first.seals().count(), second.seals().count());
        if a != b || self.first.fixed.slots() != second.fixed.slots() {
            fault = Some(differ(Part::Task, 0, 0));
        }
        for ((id, a), (_, b)) in self.first.seals().zip(second.seals()) {
            if let Some(at) = a.module.differs(&b.module) {
                fault = Some(differ(Part::Module, id, at));
            } else if !a.same_layout(b) {
                fault = Some(differ(Part::Instance, id, 0));
            }
        }
        match fault {
            Some(fault) => Err(self.note(fault)),
            None => Ok(()),
        }
    }

    fn checkpoint(&mut self, look: Look) -> Result<(), Stop> {
        self.watched.checkpoints += 1;
        match self.look(look) {
            Ok(()) => Ok(()),
            Err(fault) => Err(self.note(fault)),
        }
    }

    fn look(&mut self, look: Look) -> Result<(), Fault> {
        let watched = &mut self.watched;
        // First what leads to everything else.
        self.first.fixed(1, watched)?;
        if let Some(second) = &self.second {
            second.fixed(2, watched)?;
        }
        for (at, guard) in (0..).zip(self.guards) {
            if !guard.holds() {
                return Err(Fault { by: Mechanism::Guards, part: Part::Guard, lane: 0, instance: 0, at });
            }
        }
        if let Some(second) = &self.second {
            compare(&self.first, second, self.terms.memory_step, look, &mut self.memory_at, watched)?;
        }
        let step = (look != Look::Whole).then_some(self.terms.sum_step);
        self.first.modules(1, step, watched)?;
        if let Some(second) = &mut self.second {
            second.modules(2, step, watched)?;
        }
        Ok(())
    }

    /// Makes the call of the host that the tasks stand before. False where it will be answered later.
    fn host_call(&mut self) -> Result<bool, Stop> {
        let Some(call) = self.first.task.pending() else { return Err(Error::new(Reason::Internal).into()) };
        if !call.delayed {
            // A wait at a memory that is shared.
            self.waiting = true;
            return Ok(false);
        }
        // A task alone names an instance or a function that is not there.
        let by = if self.is_lockstep() { Mechanism::Redundancy } else { Mechanism::CheckedAccess };
        let fault = |s: &mut Self| Err(s.found(by, Part::HostCall, 0, call.import as u64));
        let Some(seal) = self.first.seal(call.instance) else { return fault(self) };
        let func = Func { instance: call.instance, index: call.import };
        let ty = self.first.task.instance().func_type(func);
        if let Some(second) = &self.second
            && (!second.seal(call.instance).is_some_and(|other| seal.same_host(other, call.import))
                || second.task.instance().func_type(func) != ty)
        {
            return fault(self);
        }
        let inst = seal.header();
        let Some(ty) = ty else { return fault(self) };
        let mut values = [Value::ZERO; MAX_HOST_VALUES];
        let FuncType { params, results } = ty;
        if results.len() > MAX_HOST_VALUES || !self.first.task.held_arguments(params, &mut values) {
            return Err(Error::new(Reason::ImpossibleSize).need(MAX_HOST_VALUES as u64).into());
        }
        self.watched.host_calls += 1;
        let mut fuel = 0;
        // SAFETY: the instance lives; there is room for as many values as the function has, which were counted; nobody
        // refers into the instance or its memories. The tasks stand still during the call.
        let answer = unsafe {
            let meter = Meter { fuel: &raw mut fuel, used: self.first.task.used(), cost: 0 };
            call_host(inst, call.import, values.as_mut_ptr(), meter)
        };
        self.each(|task| {
            task.charge(fuel);
            Ok(())
        })?;
        self.give_to_twin();
        match answer {
            Ok(Completion::Done) => {
                let results = values.get(..results.len()).unwrap_or(&[]);
                self.each(|task| task.complete(Status::Ok as i32, results))?;
                Ok(true)
            }
            Ok(Completion::Pending) => {
                self.waiting = true;
                Ok(false)
            }
            Err(error) if error.reason == Reason::UncaughtException => {
                self.each(|task| task.complete_with_exception(Value::from_ref(error.detail)))?;
                Ok(true)
            }
            Err(error) => {
                self.message = Some(error.message);
                let status = if error.reason == Reason::GuestExit { Status::Exit } else { Status::Trap };
                self.each(|task| {
                    task.complete(status as i32, &[])?;
                    task.set_detail(error.detail);
                    Ok(())
                })?;
                Ok(true)
            }
        }
    }

    /// Gives the second group what a function of the host, or the embedder, wrote into the first.
    fn give_to_twin(&self) {
        if let Some(second) = &self.second {
            for ((_, from), (_, to)) in self.first.seals().zip(second.seals()) {
                from.copy_to(to);
            }
        }
    }

    /// The number of the import whose call waits for the embedder, if one does, and its instance.
    #[must_use]
    pub fn pending(&self) -> Option<Func> {
        let call = self.first.task.pending().filter(|_| self.waiting)?;
        Some(Func { instance: call.instance, index: call.import })
    }

    /// Answers the call that waits, in each task; see [`Task::complete`]. What the embedder wrote into the first task's
    /// group since is given to the second.
    ///
    /// # Errors
    /// Those of [`Task::complete`]; the fault that was found before.
    pub fn complete(&mut self, status: i32, results: &[Value]) -> Result<(), Stop> {
        self.intact()?;
        if !self.waiting {
            return Err(Error::new(Reason::NotPending).into());
        }
        self.give_to_twin();
        self.each(|task| task.complete(status, results))?;
        self.waiting = false;
        Ok(())
    }

    /// The results of the call that has finished; see [`Task::results`]. Those of two tasks are compared once more.
    ///
    /// # Errors
    /// Those of [`Task::results`]; [`Reason::ImpossibleSize`] for more than [`MAX_HOST_VALUES`] results of two tasks; a
    /// fault.
    pub fn results(&mut self, out: &mut [Value]) -> Result<usize, Stop> {
        self.intact()?;
        let count = self.first.task.results(out)?;
        if let Some(second) = &self.second {
            let mut twin = [Value::ZERO; MAX_HOST_VALUES];
            let (Some(own), Some(twin)) = (out.get(..count), twin.get_mut(..count)) else {
                return Err(Error::new(Reason::ImpossibleSize).need(MAX_HOST_VALUES as u64).into());
            };
            if second.task.results(twin) != Ok(count) || own != twin {
                return Err(self.found(Mechanism::Redundancy, Part::Frame, 0, 0));
            }
        }
        Ok(count)
    }

    /// Looks at everything that a watch covers, now.
    ///
    /// # Errors
    /// The fault that it finds, or that was found before.
    pub fn verify(&mut self) -> Result<(), Stop> {
        self.intact()?;
        self.checkpoint(Look::Whole)
    }

    /// Forgets whatever was started, and the usage, in each task; see [`Task::reset`].
    pub fn reset(&mut self) {
        self.first.task.reset();
        if let Some(second) = &self.second {
            second.task.reset();
        }
        self.waiting = false;
        self.message = None;
        self.account();
    }

    /// Where the parts lie that faults are injected into, of task 1 or 2 and the member with this number.
    #[doc(hidden)]
    #[must_use]
    pub fn spans(&self, lane: u8, member: u32) -> Option<[(Place, *mut u8, usize); 10]> {
        let lane = if lane == 1 { &self.first } else { self.second.as_ref()? };
        Some(spans(lane.task, lane.seal(member)?))
    }
}

/// Where the parts of a task and its instance lie.
fn spans(task: Task<'_>, seal: &Seal) -> [(Place, *mut u8, usize); 10] {
    let [task, frames] = task.spans();
    let [code, before, behind, header, globals, elements, bindings, memory] = seal.spans();
    [
        (Place::Code, code.0, code.1),
        (Place::Tables, before.0, before.1),
        (Place::Tables, behind.0, behind.1),
        (Place::Frames, frames.0, frames.1),
        (Place::Task, task.0, task.1),
        (Place::Instance, header.0, header.1),
        (Place::Globals, globals.0, globals.1),
        (Place::Elements, elements.0, elements.1),
        (Place::Bindings, bindings.0, bindings.1),
        (Place::Memory, memory.0, memory.1),
    ]
}

/// The same of a task that nobody watches.
#[doc(hidden)]
#[must_use]
pub fn unwatched_spans(task: Task<'_>, member: u32) -> Option<[(Place, *mut u8, usize); 10]> {
    let seal = Seal::of(task.instance().member(member)?, false)?;
    Some(spans(task, &seal))
}

/// Compares two groups and their tasks.
fn compare(
    first: &Lane<'_>,
    second: &Lane<'_>,
    step: u64,
    look: Look,
    at: &mut u64,
    watched: &mut Watched,
) -> Result<(), Fault> {
    let fault = |part, instance, at| Fault { by: Mechanism::Redundancy, part, lane: 0, instance, at };
    match first.task.differs(second.task) {
        Some(TaskDiffers::Fuel(at)) => return Err(fault(Part::Fuel, 0, at)),
        Some(TaskDiffers::Header(at)) => return Err(fault(Part::Task, 0, at)),
        Some(TaskDiffers::Frame(at)) => {
            return Err(Fault { by: Mechanism::ShadowControl, ..fault(Part::Frame, 0, at) });
        }
        None => watched.compared += first.task.bytes_in_use(),
    }
    let (mut skip, mut left) = if look == Look::Part { (*at, step) } else { (0, u64::MAX) };
    for ((id, a), (_, b)) in first.seals().zip(second.seals()) {
        if look == Look::Effect {
            // A function of the host may ask the module for types and names.
            let (seen, differs) = a.module.tables_differ(&b.module);
            watched.compared += seen;
            if let Some(at) = differs {
                return Err(fault(Part::Module, id, at));
            }
        }
        if let Some(Differs::State(at)) = a.differs(b) {
            return Err(fault(Part::State, id, at));
        }
        let (seen, differs) = a.memory_differs(b, skip, left);
        if let Some(Differs::Memory(_, at)) = differs {
            return Err(fault(Part::Memory, id, at));
        }
        skip = if seen == 0 { skip.saturating_sub(a.memory_bytes()) } else { 0 };
        left -= seen;
        watched.compared += a.changing_bytes() + seen;
    }
    if look == Look::Part {
        // Behind the last byte it begins anew.
        let all = first.seals().fold(0, |sum, (_, seal)| seal.memory_bytes().saturating_add(sum));
        let next = at.saturating_add(step);
        *at = if next < all { next } else { 0 };
    }
    Ok(())
}

impl Profile {
    /// Begins to watch a task, where the level has it watched alone.
    ///
    /// # Errors
    /// Those of [`Supervisor::alone`]; [`Reason::NotWatchable`] at level D, which needs two tasks, and below B.
    pub fn watch<'a>(self, task: Task<'a>, terms: Terms) -> Result<Supervisor<'a>, Error> {
        if matches!(self.level(), Asil::B | Asil::C) {
            Supervisor::alone(task, terms)
        } else {
            Err(Error::new(Reason::NotWatchable))
        }
    }
}

impl core::fmt::Debug for Supervisor<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Supervisor")
            .field("lockstep", &self.is_lockstep())
            .field("watched", &self.watched)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}
