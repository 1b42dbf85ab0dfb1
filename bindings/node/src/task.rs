//! Calls that can stop: started, run in grants of fuel, answered where they wait, and given up.

use crate::cell::{StoreCell, code};
use crate::report::{self, NativeFrame, NativeUsage};
use crate::shared::{VALUES, word};
use napi::bindgen_prelude::*;
use napi_derive::napi;
use std::rc::Rc;
use wrt_core::{RunBudget, Status, Value};
use wrt_host::store::{Interrupter, Place, TaskId};

/// A task; released when JavaScript has forgotten it.
#[napi]
pub struct NativeTask {
    cell: Rc<StoreCell>,
    id: TaskId,
}

impl Drop for NativeTask {
    fn drop(&mut self) {
        self.cell.store.release(self.id);
    }
}

impl NativeTask {
    pub fn of(cell: Rc<StoreCell>, id: TaskId) -> Self {
        NativeTask { cell, id }
    }
    pub fn id(&self) -> TaskId {
        self.id
    }
}

#[napi]
impl NativeTask {
    /// Makes a call ready, with arguments from the shared buffer; what was ready before is given up.
    #[napi]
    pub fn start(&self, instance: u32, index: u32, count: u32) -> bool {
        let mut args = vec![Value::ZERO; (count as usize).min(VALUES)];
        self.cell.shared.read(&mut args);
        self.cell.store.reset(self.id);
        self.cell.done(self.cell.store.start(self.id, Place { instance, index }, &args))
    }
    /// Makes the start function of the task's instance ready.
    #[napi]
    pub fn start_instance(&self) -> bool {
        self.cell.done(self.cell.store.start_instance(self.id))
    }

    /// Runs or goes on, and leaves results in the shared buffer; how it went.
    #[napi]
    pub fn run(&self, fuel: Option<BigInt>, depth: u32) -> i32 {
        let fuel = fuel.map_or(u64::MAX, |n| n.get_u64().1);
        let budget = RunBudget { fuel, max_call_depth: depth, max_memory_bytes: u64::MAX };
        let cell = &*self.cell;
        let outcome = cell.drive(self.id, None, budget);
        cell.note_growth();
        let told = cell.told(self.id, outcome, true);
        if told == code::DONE {
            self.results();
        }
        told
    }

    /// Leaves the results of a finished call in the shared buffer.
    #[napi]
    pub fn results(&self) -> bool {
        let mut out = [Value::ZERO; VALUES];
        let count = self.cell.shared.keep(self.cell.store.results(self.id, &mut out), None);
        count.map(|count| self.cell.shared.write(out.get(..count).unwrap_or_default())).is_some()
    }

    /// Whether a host call waits; instance and import are left in the shared buffer.
    #[napi]
    pub fn pending(&self) -> bool {
        let Some(call) = self.cell.store.pending(self.id) else { return false };
        self.cell.shared.set_word(word::INSTANCE, call.instance as i32);
        self.cell.shared.set_word(word::INDEX, call.import as i32);
        true
    }
    /// Answers the call that waits, with results from the shared buffer.
    #[napi]
    pub fn complete(&self, count: u32) -> bool {
        let mut results = vec![Value::ZERO; (count as usize).min(VALUES)];
        self.cell.shared.read(&mut results);
        self.cell.done(self.cell.store.complete(self.id, Status::Ok, &results))
    }
    /// Answers the call that waits as one that failed.
    #[napi]
    pub fn complete_trap(&self) -> bool {
        self.cell.done(self.cell.store.complete(self.id, Status::Trap, &[]))
    }
    /// Answers the call that waits by an exception.
    #[napi]
    pub fn complete_throw(&self, exception: u32) -> bool {
        let exception = Value::from_ref(exception.into());
        self.cell.done(self.cell.store.complete_with_exception(self.id, exception))
    }

    /// What it has used.
    #[napi]
    pub fn usage(&self) -> NativeUsage {
        report::usage(&self.cell.store.usage(self.id))
    }
    /// The calls that are active where it stopped, innermost first.
    #[napi]
    pub fn frames(&self) -> Vec<NativeFrame> {
        self.cell.frames(self.id)
    }
    /// Gives up what was started.
    #[napi]
    pub fn reset(&self) {
        self.cell.store.reset(self.id);
    }
    /// Asks it to stop, when it runs the next time or from within a host function.
    #[napi]
    pub fn interrupt(&self) -> bool {
        self.cell.store.interrupter(self.id).as_ref().map(Interrupter::interrupt).is_some()
    }
}
