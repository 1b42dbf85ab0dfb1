//! Calls: tasks that are taken for one call, and used again.
//!
//! A call from within a host function, or beside one that is stopped, takes a task of its own. Owns which task is in use.

use super::Store;
use super::items::Place;
use super::region::Region;
use crate::arena::MappedArena;
use std::sync::Arc;
use wrt_core::{
    Error, Frame, Func, InterruptHandle, Outcome, PendingCall, Reason, RunBudget, Status, Task, Usage, Value,
};

/// A task of a store, until it is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId(u32);

/// A task with its region.
pub(super) struct Slot {
    task: Task<'static>,
    home: u32,
    busy: bool,
    region: Region,
}

/// Stops a task, from any thread.
#[derive(Clone)]
pub struct Interrupter {
    handle: InterruptHandle<'static>,
    // The flag lies in it.
    _region: Arc<MappedArena>,
}

impl core::fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Interrupter").finish_non_exhaustive()
    }
}

impl Interrupter {
    /// Asks the task to stop; see [`InterruptHandle::interrupt`].
    pub fn interrupt(&self) {
        self.handle.interrupt();
    }
}

impl Store {
    /// A task for calls of an instance's functions, and of those of the others. It is to be released.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`], [`Reason::ArenaTooSmall`].
    pub fn task(&self, instance: u32) -> Result<TaskId, Error> {
        let home = self.instance(instance)?;
        let mut tasks = self.tasks.borrow_mut();
        if let Some(free) = tasks.iter().position(|t| !t.busy && t.home == instance) {
            if let Some(slot) = tasks.get_mut(free) {
                slot.busy = true;
            }
            return Ok(TaskId(free as u32));
        }
        let region = self.source.reserve(self.settings.stack_bytes)?;
        // SAFETY: the region goes into the slot, and is dropped after the handle.
        let task = Task::new(&mut unsafe { region.lend()? }, home)?;
        tasks.push(Slot { task, home: instance, busy: true, region });
        Ok(TaskId(tasks.len() as u32 - 1))
    }

    /// Takes a task in that was made of a snapshot.
    pub(super) fn adopt(&self, task: Task<'static>, home: u32, region: Region) -> TaskId {
        let mut tasks = self.tasks.borrow_mut();
        tasks.push(Slot { task, home, busy: true, region });
        TaskId(tasks.len() as u32 - 1)
    }

    /// The handle of a task.
    pub(super) fn handle(&self, task: TaskId) -> Result<Task<'static>, Error> {
        self.tasks.borrow().get(task.0 as usize).map(|slot| slot.task).ok_or_else(|| Reason::UnknownIndex.into())
    }

    /// Gives a task back: what was started on it is given up. Does nothing while it runs.
    pub fn release(&self, task: TaskId) {
        if let Some(slot) = self.tasks.borrow_mut().get_mut(task.0 as usize) {
            slot.task.reset();
            slot.busy = false;
        }
    }

    /// Makes a call ready; see [`Task::start`].
    ///
    /// # Errors
    /// Those of [`Task::start`].
    pub fn start(&self, task: TaskId, func: Place, args: &[Value]) -> Result<(), Error> {
        self.handle(task)?.start(Func { instance: func.instance, index: func.index }, args)
    }

    /// Makes the start function of the task's instance ready; see [`Task::start_instance`].
    ///
    /// # Errors
    /// Those of [`Task::start_instance`].
    pub fn start_instance(&self, task: TaskId) -> Result<(), Error> {
        self.handle(task)?.start_instance()
    }

    /// Starts, runs and reads the results in one; see [`Task::call`].
    ///
    /// # Errors
    /// Those of [`Task::call`].
    pub fn call(
        &self,
        task: TaskId,
        func: Place,
        args: &[Value],
        results: &mut [Value],
        budget: &RunBudget,
    ) -> Result<Outcome, Error> {
        self.handle(task)?.call(Func { instance: func.instance, index: func.index }, args, results, budget)
    }

    /// Runs or continues what was made ready; see [`Task::run`].
    ///
    /// # Errors
    /// Those of [`Task::run`].
    pub fn run(&self, task: TaskId, budget: &RunBudget) -> Result<Outcome, Error> {
        self.handle(task)?.run(budget)
    }

    /// The results of a call that has finished; see [`Task::results`].
    ///
    /// # Errors
    /// Those of [`Task::results`].
    pub fn results(&self, task: TaskId, out: &mut [Value]) -> Result<usize, Error> {
        self.handle(task)?.results(out)
    }

    /// The host call that waits, if one does; see [`Task::pending`].
    #[must_use]
    pub fn pending(&self, task: TaskId) -> Option<PendingCall> {
        self.handle(task).ok()?.pending()
    }

    /// Answers the call that waits; see [`Task::complete`].
    ///
    /// # Errors
    /// Those of [`Task::complete`].
    pub fn complete(&self, task: TaskId, status: Status, results: &[Value]) -> Result<(), Error> {
        self.handle(task)?.complete(status as i32, results)
    }

    /// Answers the call that waits by an exception; see [`Task::complete_with_exception`].
    ///
    /// # Errors
    /// Those of [`Task::complete_with_exception`].
    pub fn complete_with_exception(&self, task: TaskId, exception: Value) -> Result<(), Error> {
        self.handle(task)?.complete_with_exception(exception)
    }

    /// The exception that nothing caught; see [`Task::exception`].
    #[must_use]
    pub fn exception(&self, task: TaskId) -> Option<Value> {
        self.handle(task).ok()?.exception()
    }

    /// What the task has used since it was made, taken or reset.
    #[must_use]
    pub fn usage(&self, task: TaskId) -> Usage {
        let none = Usage { call_depth_peak: 0, fuel_used: 0, stack_peak: 0, memory_bytes: 0 };
        self.handle(task).map_or(none, Task::usage)
    }

    /// Gives up what was made ready and counts from zero; see [`Task::reset`].
    pub fn reset(&self, task: TaskId) {
        if let Ok(task) = self.handle(task) {
            task.reset();
        }
    }

    /// The frames active where the task stopped, innermost first, at most `limit`; see [`Task::backtrace`].
    #[must_use]
    pub fn backtrace(&self, task: TaskId, limit: usize) -> Vec<Frame> {
        let Ok(task) = self.handle(task) else { return Vec::new() };
        // No more room than there can be frames: a caller may want all, however many there are.
        let deepest = (task.usage().call_depth_peak as usize).saturating_add(1);
        let mut frames = vec![Frame { instance: 0, func: 0, func_offset: 0, module_offset: 0 }; limit.min(deepest)];
        let shown = task.backtrace(&mut frames);
        frames.truncate(shown);
        frames
    }

    /// What stops the task from any thread. `None` where the store lies in lent memory, whose owner it does not keep.
    #[must_use]
    pub fn interrupter(&self, task: TaskId) -> Option<Interrupter> {
        let tasks = self.tasks.borrow();
        let slot = tasks.get(task.0 as usize)?;
        match &slot.region {
            Region::Mapped(region) => {
                Some(Interrupter { handle: slot.task.interrupt_handle(), _region: region.clone() })
            }
            Region::Part(..) => None,
        }
    }
}
