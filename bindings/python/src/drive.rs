//! Calls: from Python's arguments to Python's results, in slices of fuel.
//!
//! Owns when the interpreter's lock is given up and when signals are looked at. A short run keeps the lock, since giving
//! it up costs more than the run; a longer one gives it up. Budgets add up exactly, so that slices change nothing that a
//! guest or a caller can see.

use crate::errors::{self, Class};
use crate::func::Func;
use crate::store::Held;
use crate::tag;
use crate::task::Task;
use crate::values;
use core::sync::atomic::Ordering;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3::{Borrowed, ffi};
use wrt_core::{Error, Outcome, Reason, RunBudget, Status, ValType, Value};
use wrt_host::store::{Store as Engine, TaskId};

/// Fuel that is run without giving up the interpreter's lock: some tens of microseconds.
const SHORT: u64 = 20_000;
/// Fuel between two looks at signals: some tens of milliseconds.
const SLICE: u64 = 5_000_000;
/// Arguments and results that need no allocation.
const FEW: usize = 8;

/// How a run ended that did not fail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Done,
    Pending,
    Fuel,
    Interrupted,
}

/// What a run may do.
#[derive(Clone, Copy)]
pub struct Terms {
    pub fuel: Option<u64>,
    pub max_depth: u32,
    /// Whether an `async def` may be waited for.
    pub waits: bool,
}

impl Terms {
    fn budget(&self, fuel: u64) -> RunBudget {
        RunBudget { max_call_depth: self.max_depth, fuel, max_memory_bytes: u64::MAX }
    }
}

/// Lets a run leave the interpreter's lock behind.
struct Unlocked<'a>(&'a Engine);
// SAFETY: made for `Python::detach`, which calls its closure on the calling thread; the store's own lock is held
// meanwhile, so that no other thread reaches the engine.
unsafe impl Send for Unlocked<'_> {}

impl Unlocked<'_> {
    fn run(self, task: TaskId, budget: &RunBudget) -> Result<Outcome, Error> {
        self.0.run(task, budget)
    }
}

/// Says whether the run under way can wait, and what was said before, when it ends.
struct Waits<'a>(&'a Held<'a>, bool);

impl<'a> Waits<'a> {
    fn set(held: &'a Held<'a>, waits: bool) -> Self {
        Waits(held, held.inner.waits.replace(waits))
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.inner.waits.set(self.1);
    }
}

/// Values of a call, on the stack where they are few.
struct Room {
    few: [Value; FEW],
    many: Vec<Value>,
    len: usize,
}

impl Room {
    #[inline]
    fn new(len: usize) -> Room {
        let many = if len > FEW { vec![Value::ZERO; len] } else { Vec::new() };
        Room { few: [Value::ZERO; FEW], many, len }
    }
    #[inline]
    fn slice(&mut self) -> &mut [Value] {
        if self.len > FEW { &mut self.many } else { self.few.get_mut(..self.len).unwrap_or_default() }
    }
}

fn wrong_count(func: &Func, given: usize) -> PyErr {
    let name = if func.name.is_empty() { "the function" } else { &func.name };
    PyTypeError::new_err(format!("{name}{} takes {} arguments, {given} given", func.signature(), func.params.len()))
}

/// Integers and floats of Python's own, which most arguments are; `None` for everything else.
#[inline(always)]
fn plain(value: &Borrowed<'_, '_, PyAny>, ty: ValType) -> Option<Value> {
    let object = value.as_ptr();
    // SAFETY: the object lives, and is of the type that each call asks for.
    unsafe {
        if matches!(ty, ValType::I32 | ValType::I64) && ffi::PyLong_CheckExact(object) != 0 {
            let mut overflow = 0;
            let n = ffi::PyLong_AsLongLongAndOverflow(object, &mut overflow);
            let fits = overflow == 0 && (ty == ValType::I64 || i32::try_from(n).is_ok());
            return fits.then(|| if ty == ValType::I64 { Value::from_i64(n) } else { Value::from_i32(n as i32) });
        }
        if ty == ValType::F64 && ffi::PyFloat_CheckExact(object) != 0 {
            return Some(Value::from_f64(ffi::PyFloat_AsDouble(object)));
        }
    }
    None
}

#[inline(always)]
fn fill(held: &Held<'_>, args: &Bound<'_, PyTuple>, types: &[ValType], to: &mut [Value]) -> PyResult<()> {
    for (k, (slot, ty)) in to.iter_mut().zip(types).enumerate() {
        let given = args.get_borrowed_item(k)?;
        match plain(&given, *ty) {
            Some(value) => *slot = value,
            None => *slot = values::from_python(held, &given, *ty)?,
        }
    }
    Ok(())
}

/// The arguments of a call.
pub fn arguments(held: &Held<'_>, func: &Func, args: &Bound<'_, PyTuple>) -> PyResult<Vec<Value>> {
    if args.len() != func.params.len() {
        return Err(wrong_count(func, args.len()));
    }
    let mut values = vec![Value::ZERO; func.params.len()];
    fill(held, args, &func.params, &mut values)?;
    Ok(values)
}

/// Calls a function and waits for its end.
pub fn call<'py>(
    py: Python<'py>,
    func: &Func,
    args: &Bound<'py, PyTuple>,
    fuel: Option<u64>,
) -> PyResult<Bound<'py, PyAny>> {
    let held = func.store.get().hold()?;
    let held = &held;
    if args.len() != func.params.len() {
        return Err(wrong_count(func, args.len()));
    }
    let (mut given, mut taken) = (Room::new(func.params.len()), Room::new(func.results.len()));
    fill(held, args, &func.params, given.slice())?;
    let task = held.begin(func.home).map_err(|e| errors::raise(py, &e))?;
    let terms = Terms { fuel, max_depth: func.max_depth, waits: false };
    let (first, short) = if held.inner.blocks.get() {
        // What comes first is run with the rest.
        (held.engine.start(task, func.place, given.slice()).map(|()| Outcome::Fuel), 0)
    } else {
        let short = fuel.map_or(SHORT, |fuel| fuel.min(SHORT));
        let waits = Waits::set(held, false);
        let first = held.engine.call(task, func.place, given.slice(), taken.slice(), &terms.budget(short));
        drop(waits);
        (first, short)
    };
    if let Ok(Outcome::Done) = first {
        held.end(func.home, task);
        // What is returned from here on is written where the caller wants it, and not copied.
        return values::results(py, held, taken.slice(), &func.results);
    }
    let rest = Terms { fuel: fuel.map(|fuel| fuel - short), ..terms };
    match go_on(py, held, func.home, task, first, rest) {
        Ok(Ended::Done) => {
            let results = results(py, held, task, &func.results);
            held.end(func.home, task);
            results
        }
        Ok(stopped) => Err(give_task(py, held, func, task, stopped)),
        Err(error) => {
            held.end(func.home, task);
            Err(error)
        }
    }
}

/// Runs what is ready in a task.
pub fn run(py: Python<'_>, held: &Held<'_>, home: u32, task: TaskId, terms: Terms) -> PyResult<Ended> {
    go_on(py, held, home, task, Ok(Outcome::Fuel), terms)
}

/// The results of a task that is done.
pub fn results<'py>(py: Python<'py>, held: &Held<'_>, task: TaskId, types: &[ValType]) -> PyResult<Bound<'py, PyAny>> {
    let mut values = vec![Value::ZERO; types.len()];
    held.engine.results(task, &mut values).map_err(|e| errors::raise(py, &e))?;
    values::results(py, held, &values, types)
}

/// Continues in slices, behind a first run that ended so.
fn go_on(
    py: Python<'_>,
    held: &Held<'_>,
    home: u32,
    task: TaskId,
    first: Result<Outcome, Error>,
    terms: Terms,
) -> PyResult<Ended> {
    let _waits = Waits::set(held, terms.waits);
    let (mut left, mut outcome, mut sliced) = (terms.fuel, first, false);
    while let Ok(Outcome::Fuel) = outcome {
        if left == Some(0) {
            return Ok(Ended::Fuel);
        }
        if sliced {
            if let Err(signal) = py.check_signals() {
                held.engine.reset(task);
                return Err(signal);
            }
            if held.inner.stop.swap(false, Ordering::Relaxed) {
                return Ok(Ended::Interrupted);
            }
        }
        let slice = left.map_or(SLICE, |left| left.min(SLICE));
        let (unlocked, budget) = (Unlocked(&held.engine), terms.budget(slice));
        outcome = py.detach(move || unlocked.run(task, &budget));
        left = left.map(|left| left - slice);
        sliced = true;
    }
    match outcome {
        Ok(Outcome::Pending) => Ok(Ended::Pending),
        Ok(Outcome::Interrupted) => Ok(Ended::Interrupted),
        Ok(_) => Ok(Ended::Done),
        Err(error) => Err(failure(py, held, home, task, &error)),
    }
}

/// The exception for a run that failed: that of a Python function, where one ended it.
fn failure(py: Python<'_>, held: &Held<'_>, home: u32, task: TaskId, error: &Error) -> PyErr {
    let raised = held.inner.raised.borrow_mut().take();
    match (error.reason, raised) {
        (Reason::HostTrap, Some(raised)) => raised,
        (Reason::UncaughtException, _) => tag::uncaught(py, held, home, task, error),
        (Reason::GuestExit, _) => exit(py, error),
        _ => errors::raise_run(py, held, home, task, error),
    }
}

fn exit(py: Python<'_>, error: &Error) -> PyErr {
    let make = || {
        let made = Class::Exit.get(py)?.call1((error.detail,))?;
        made.setattr("offset", error.offset)?;
        if error.func != wrt_core::NO_FUNC {
            made.setattr("func", error.func)?;
        }
        PyResult::Ok(PyErr::from_value(made))
    };
    make().unwrap_or_else(|e| e)
}

/// Class, status and message for a call that has stopped.
fn about(held: &Held<'_>, task: TaskId, ended: Ended, parked: Option<&str>) -> (Class, Status, String) {
    match ended {
        Ended::Fuel | Ended::Done => {
            let used = held.engine.usage(task).fuel_used;
            let text = format!("out of fuel after {used} instructions; Instance.resume, or run of `task`, continues");
            (Class::OutOfFuel, Status::Fuel, text)
        }
        Ended::Interrupted => {
            let text = "interrupted; Instance.resume, or run of `task`, continues".to_owned();
            (Class::Interrupted, Status::Interrupted, text)
        }
        Ended::Pending => {
            let name = parked.unwrap_or("an import");
            let text = format!("{name} answers later; task.complete gives the answer, and task.run continues");
            (Class::Pending, Status::Pending, text)
        }
    }
}

/// The exception for a call that has stopped; the call goes on through its task.
fn give_task(py: Python<'_>, held: &Held<'_>, func: &Func, task: TaskId, ended: Ended) -> PyErr {
    let parked = held.inner.parked.borrow_mut().take();
    let make = || {
        let stopped = Task::adopt(py, held, func, task, ended, parked)?;
        let before = held.with_home(func.home, |h| h.stopped.replace(stopped.clone_ref(py)));
        drop(before);
        PyResult::Ok(stopped)
    };
    match make() {
        Ok(task) => stopped(py, held, &task, ended),
        Err(e) => e,
    }
}

/// The exception for a task that has stopped.
pub fn stopped(py: Python<'_>, held: &Held<'_>, task: &Py<Task>, ended: Ended) -> PyErr {
    let Some(id) = task.get().id() else { return errors::closed("the task is closed") };
    let (class, status, text) = about(held, id, ended, task.get().waits_for().as_deref());
    let raised = errors::of_class(class, &text, status);
    let added = errors::add_frames(py, held, id, &raised).and_then(|()| raised.value(py).setattr("task", task));
    added.err().unwrap_or(raised)
}
