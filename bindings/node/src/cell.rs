//! A store with what its calls need.
//!
//! Owns which task a call takes, how host functions are reached, and the noting of memories that grew. A call from outside
//! takes its instance's own task; a call from within a host function takes another. A task that stops is handed over to
//! whoever is to continue it.

use crate::report;
use crate::shared::{Shared, VALUES, word};
use core::cell::{Cell, RefCell};
use napi::sys;
use std::rc::Rc;
use wrt_core::{
    Caller, Completion, Error as WrtError, HostError, HostResult, Outcome, Reason, RunBudget, Status, Usage, Value,
};
use wrt_host::store::{Place, Store, TaskId};

/// Frames that an error carries at most.
const FRAMES: usize = 64;
/// Fuel after which it is looked whether JavaScript wants the thread to end.
const SLICE: u64 = 50_000_000;
/// What a store weighs beside its memories, for the garbage collector: the pages that its parts touch.
const WEIGHT: i64 = 16 << 10;

/// How a call went, in the first word of the shared buffer.
pub mod code {
    pub const DONE: i32 = 0;
    pub const FUEL: i32 = 1;
    pub const PENDING: i32 = 2;
    pub const ERROR: i32 = 3;
    pub const EXCEPTION: i32 = 4;
    pub const INTERRUPTED: i32 = 5;
}

/// What is kept for the calls of one instance.
#[derive(Clone, Copy)]
pub struct Main {
    pub task: Option<TaskId>,
    busy: bool,
    pub budget: RunBudget,
    /// Usage of the last call, where its task has been handed over.
    pub usage: Option<Usage>,
}

/// A store, kept by whatever JavaScript has of it.
pub struct StoreCell {
    pub shared: Rc<Shared>,
    pub store: Store,
    mains: RefCell<Vec<Main>>,
    /// Memories whose buffers JavaScript has, with the lengths that these have.
    watched: RefCell<Vec<(Place, u64)>>,
    /// The task of the last call that stopped.
    pub handed: Cell<Option<TaskId>>,
    weight: Cell<i64>,
}

impl Drop for StoreCell {
    fn drop(&mut self) {
        self.weigh(0);
    }
}

impl StoreCell {
    /// A store that nothing has been called of.
    pub fn new(shared: Rc<Shared>, store: Store) -> Self {
        StoreCell {
            shared,
            store,
            mains: RefCell::default(),
            watched: RefCell::default(),
            handed: Cell::new(None),
            weight: Cell::new(0),
        }
    }

    /// Tells the garbage collector how much memory goes with the store.
    fn weigh(&self, bytes: i64) {
        let mut after = 0;
        // SAFETY: called on the thread of the environment.
        unsafe { sys::napi_adjust_external_memory(self.shared.env, bytes - self.weight.replace(bytes), &mut after) };
    }
    pub fn weigh_again(&self) {
        let watched: u64 = self.watched.borrow().iter().map(|(_, len)| *len).sum();
        self.weigh(WEIGHT * self.store.len().max(1) as i64 + watched as i64);
    }

    /// Notes that JavaScript has a buffer of so many bytes for a memory.
    pub fn watch(&self, memory: Place, len: u64) {
        let mut watched = self.watched.borrow_mut();
        match watched.iter_mut().find(|(place, _)| *place == memory) {
            Some((_, noted)) => *noted = len,
            None => watched.push((memory, len)),
        }
        drop(watched);
        self.weigh_again();
    }

    /// Tells JavaScript where a memory that it has a buffer of has another size.
    pub fn note_growth(&self) {
        let watched = self.watched.borrow();
        if !watched.is_empty() && watched.iter().any(|(place, len)| self.length(*place) != *len) {
            self.shared.set_word(word::GROWN, 1);
        }
    }
    fn length(&self, memory: Place) -> u64 {
        self.store.memory(memory).map_or(0, |view| view.len)
    }

    /// Answers the call of a host function by asking JavaScript.
    fn host(&self, function: u32, caller: &mut Caller, slots: &mut [Value]) -> HostResult {
        let shared = &*self.shared;
        if slots.len() > VALUES {
            return Err(HostError::trap(0, c"more values than a function may have"));
        }
        self.note_growth();
        shared.write(slots);
        shared.set_word(word::CODE, function as i32);
        shared.set_word(word::INSTANCE, caller.instance().id() as i32);
        shared.set_word(word::COUNT, slots.len() as i32);
        if !shared.dispatch() {
            return Err(HostError::trap(0, c"JavaScript was ended"));
        }
        match shared.word(word::CODE) {
            0 => {
                shared.read(slots);
                Ok(Completion::Done)
            }
            1 => Ok(Completion::Pending),
            2 => Err(HostError::exit(shared.word(word::INSTANCE) as u32)),
            3 => Err(caller.throw(Value::from_ref(u64::from(shared.word(word::EXCEPTION) as u32)))),
            _ => Err(HostError::trap(0, c"an imported JavaScript function threw")),
        }
    }

    /// A host function that asks JavaScript.
    pub fn closure(self: &Rc<Self>, function: u32) -> wrt_host::Closure {
        let cell: *const StoreCell = Rc::as_ptr(self);
        Box::new(move |caller, slots| {
            // SAFETY: the closure lies in the store, which lies in the cell.
            unsafe { &*cell }.host(function, caller, slots)
        })
    }

    pub fn main<T>(&self, instance: u32, f: impl FnOnce(&mut Main) -> T) -> T {
        let mut mains = self.mains.borrow_mut();
        let budget = RunBudget::default();
        let wanted = instance as usize + 1;
        if mains.len() < wanted {
            mains.resize(wanted, Main { task: None, busy: false, budget, usage: None });
        }
        match mains.get_mut(instance as usize) {
            Some(main) => f(main),
            None => f(&mut Main { task: None, busy: false, budget, usage: None }),
        }
    }

    /// Runs what is ready, or calls `func`; in slices, so that the thread can be ended.
    pub fn drive(
        &self,
        task: TaskId,
        func: Option<(Place, &[Value], &mut [Value])>,
        budget: RunBudget,
    ) -> Result<Outcome, WrtError> {
        let mut left = budget.fuel;
        let mut slice = RunBudget { fuel: left.min(SLICE), ..budget };
        let mut outcome = match func {
            Some((func, args, results)) => self.store.call(task, func, args, results, &slice),
            None => self.store.run(task, &slice),
        };
        while matches!(outcome, Ok(Outcome::Fuel)) {
            left = if left == u64::MAX { left } else { left - slice.fuel };
            if left == 0 {
                break;
            }
            self.shared.set_word(word::CODE, -1);
            if !self.shared.dispatch() {
                return Err(Reason::HostTrap.into());
            }
            slice.fuel = left.min(SLICE);
            outcome = self.store.run(task, &slice);
        }
        outcome
    }

    /// Calls a function with arguments from the shared buffer; says there how it went.
    pub fn call(&self, func: Place, params: usize, results: usize) {
        let grant = self.shared.grant();
        let nested = self.main(func.instance, |main| {
            let nested = main.busy;
            main.busy = true;
            let fuel = grant.unwrap_or(main.budget.fuel);
            let budget = RunBudget { fuel, ..main.budget };
            if nested { Err(budget) } else { Ok((main.task, budget)) }
        });
        let (task, budget) = match nested {
            Ok((Some(task), budget)) => (Ok(task), budget),
            Ok((None, budget)) => (self.store.task(func.instance), budget),
            Err(budget) => (self.store.task(func.instance), budget),
        };
        let nested = nested.is_err();
        let code = match task {
            Ok(task) => self.call_on(task, func, params, results, budget, nested),
            Err(error) => {
                if !nested {
                    self.main(func.instance, |main| main.busy = false);
                }
                self.fail(&error, None)
            }
        };
        self.shared.set_word(word::CODE, code);
    }

    fn call_on(
        &self,
        task: TaskId,
        func: Place,
        params: usize,
        results: usize,
        budget: RunBudget,
        nested: bool,
    ) -> i32 {
        self.store.reset(task);
        let room = params.max(results);
        let mut few = [Value::ZERO; 16];
        let mut many = Vec::new();
        let values = if room * 2 <= few.len() {
            &mut few[..]
        } else {
            many.resize(room * 2, Value::ZERO);
            &mut many[..]
        };
        let (args, out) = values.split_at_mut(room);
        let (args, out) = (args.get_mut(..params).unwrap_or_default(), out.get_mut(..results).unwrap_or_default());
        self.shared.read(args);
        let outcome = self.drive(task, Some((func, args, out)), budget);
        self.note_growth();
        let code = match outcome {
            Ok(Outcome::Done) => {
                self.shared.write(out);
                code::DONE
            }
            other => self.told(task, other, false),
        };
        let stopped = matches!(code, code::FUEL | code::PENDING | code::INTERRUPTED);
        self.main(func.instance, |main| {
            main.usage = (stopped || nested).then(|| self.store.usage(task));
            if !nested {
                main.task = (!stopped).then_some(task);
                main.busy = false;
            }
        });
        if stopped {
            self.let_go();
            self.handed.set(Some(task));
        } else if nested {
            self.store.release(task);
        }
        code
    }

    /// Gives up the task that nobody took.
    pub fn let_go(&self) {
        if let Some(task) = self.handed.take() {
            self.store.release(task);
        }
    }

    /// Leaves for JavaScript how a run went; its code. `detailed` is to say where an exception was thrown.
    pub fn told(&self, task: TaskId, outcome: Result<Outcome, WrtError>, detailed: bool) -> i32 {
        match outcome {
            Ok(Outcome::Done) => code::DONE,
            Ok(Outcome::Pending) => code::PENDING,
            Ok(stopped) => {
                let used = self.store.usage(task).fuel_used;
                let (status, code, what) = match stopped {
                    Outcome::Fuel => (Status::Fuel, code::FUEL, "out of fuel"),
                    _ => (Status::Interrupted, code::INTERRUPTED, "interrupted"),
                };
                let mut error =
                    report::stopped(status, format!("{what} after {used} instructions; the task can go on"));
                error.frames = self.frames(task);
                self.shared.set_error(error);
                code
            }
            Err(error) => {
                if error.reason == Reason::UncaughtException
                    && let Some(exception) = self.store.exception(task)
                    && self.tell_exception(exception)
                {
                    if detailed {
                        self.fail(&error, Some(task));
                    }
                    return code::EXCEPTION;
                }
                self.fail(&error, Some(task))
            }
        }
    }

    /// Leaves tag and values of an exception in the shared buffer.
    pub fn tell_exception(&self, exception: Value) -> bool {
        let (Some(tag), Ok(values)) = (self.store.exception_tag(exception), self.store.exception_values(exception))
        else {
            return false;
        };
        self.shared.set_word(word::INSTANCE, tag.instance as i32);
        self.shared.set_word(word::INDEX, tag.index as i32);
        self.shared.set_word(word::COUNT, values.len() as i32);
        self.shared.set_word(word::EXCEPTION, exception.ref_() as i32);
        self.shared.write(&values);
        true
    }

    fn fail(&self, error: &WrtError, task: Option<TaskId>) -> i32 {
        let frames = task.map_or_else(Vec::new, |task| self.frames(task));
        let module = frames.first().and_then(|frame| self.store.module(frame.instance));
        let mut told = report::error(error, module.as_ref().map(|m| m.module()));
        told.frames = frames;
        self.shared.set_error(told);
        code::ERROR
    }

    /// The frames of a stopped task, innermost first.
    pub fn frames(&self, task: TaskId) -> Vec<report::NativeFrame> {
        let frame = |f: &wrt_core::Frame| {
            let module = self.store.module(f.instance);
            report::frame(f, module.as_ref().map(|m| m.module()))
        };
        self.store.backtrace(task, FRAMES).iter().map(frame).collect()
    }

    /// Says how something without a result went.
    pub fn done(&self, result: Result<(), WrtError>) -> bool {
        self.shared.keep(result, None).is_some()
    }
    /// A place as one number, or -1 with the error left behind.
    pub fn place(&self, result: Result<Place, WrtError>) -> f64 {
        self.weigh_again();
        self.shared.keep(result, None).map_or(-1.0, packed)
    }
}

/// A place as one number: the instance, then 32 bits of index.
fn packed(place: Place) -> f64 {
    place.instance as f64 * 4_294_967_296.0 + place.index as f64
}
