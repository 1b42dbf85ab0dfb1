//! `wrt.Task`: a call that is run by pieces, and may wait for answers.

use crate::drive::{self, Ended, Terms};
use crate::errors::{self, FRAMES};
use crate::func::Func;
use crate::snapshot::Snapshot;
use crate::store::{Held, Parked, Store};
use crate::tag;
use crate::values;
use core::cell::{Cell, RefCell};
use core::sync::atomic::Ordering;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use wrt_core::{Error, Reason, Status, ValType, Value};
use wrt_host::store::{Interrupter, Place, TaskId};

/// What a task can do next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    Fuel,
    Interrupted,
    Pending,
    Done,
    Failed,
    Closed,
}

/// One call, run in slices of fuel: `Instance.task` or `Func.task` makes it ready.
///
/// state is "ready", "fuel", "interrupted", "pending", "done", "failed" or "closed". Several tasks of a store may be
/// under way at once, each with a stack of its own. Threads may use a task in turn; interrupt() alone may be called
/// while another thread runs it.
#[pyclass(frozen, module = "wrt", weakref)]
pub struct Task {
    store: Py<Store>,
    home: u32,
    id: Cell<Option<TaskId>>,
    name: String,
    func: u32,
    results: Vec<ValType>,
    max_depth: u32,
    state: Cell<State>,
    parked: RefCell<Option<Parked>>,
    interrupter: Option<Interrupter>,
}

// SAFETY: as for Store; the cells are touched by threads that are attached to the interpreter.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.store.get().drop_task(id);
        }
    }
}

impl Task {
    pub fn id(&self) -> Option<TaskId> {
        self.id.get()
    }

    fn make(
        py: Python<'_>,
        held: &Held<'_>,
        func: &Func,
        id: TaskId,
        state: State,
        parked: Option<Parked>,
    ) -> PyResult<Py<Task>> {
        let task = Task {
            store: func.store.clone_ref(py),
            home: func.home,
            id: Cell::new(Some(id)),
            name: func.name.clone(),
            func: func.place.index,
            results: func.results.clone(),
            max_depth: func.max_depth,
            state: Cell::new(state),
            parked: RefCell::new(parked),
            interrupter: held.engine.interrupter(id),
        };
        Py::new(py, task)
    }

    /// Makes a call ready.
    pub fn start(py: Python<'_>, func: &Func, args: &Bound<'_, PyTuple>) -> PyResult<Py<Task>> {
        let held = func.store.get().hold()?;
        let args = drive::arguments(&held, func, args)?;
        let id = held.engine.task(func.home).map_err(|e| errors::raise(py, &e))?;
        held.engine.reset(id);
        if let Err(error) = held.engine.start(id, func.place, &args) {
            held.engine.release(id);
            return Err(errors::raise(py, &error));
        }
        Task::make(py, &held, func, id, State::Ready, None)
    }

    /// Takes over a call that has stopped.
    pub fn adopt(
        py: Python<'_>,
        held: &Held<'_>,
        func: &Func,
        id: TaskId,
        ended: Ended,
        parked: Option<Parked>,
    ) -> PyResult<Py<Task>> {
        let state = match ended {
            Ended::Pending => State::Pending,
            Ended::Interrupted => State::Interrupted,
            Ended::Fuel | Ended::Done => State::Fuel,
        };
        Task::make(py, held, func, id, state, parked)
    }

    /// Takes over a call that was stopped when a snapshot was taken.
    pub fn restored(
        py: Python<'_>,
        held: &Held<'_>,
        store: &Py<Store>,
        id: TaskId,
        func: u32,
        max_depth: u32,
    ) -> PyResult<Py<Task>> {
        let place = Place { instance: 0, index: func };
        let func = Func::of(py, held, store.clone_ref(py), place, 0)?;
        let ended = if held.engine.pending(id).is_some() { Ended::Pending } else { Ended::Fuel };
        Task::adopt(py, held, &Func { max_depth, ..func }, id, ended, None)
    }

    /// Hands the engine's task over; this one is as good as closed, but for its result.
    pub fn give_up(&self) -> Option<TaskId> {
        self.id.take()
    }

    /// The import that the task waits for.
    pub fn waits_for(&self) -> Option<String> {
        self.parked.borrow().as_ref().map(|p| p.name.clone())
    }

    fn there(&self) -> PyResult<TaskId> {
        self.id.get().ok_or_else(|| errors::closed("the task is closed; make another by Instance.task"))
    }

    /// Runs on; what `run` and `Instance.resume` do.
    pub fn go_on(&self, py: Python<'_>, fuel: Option<u64>, waits: bool) -> PyResult<Ended> {
        let held = self.store.get().hold()?;
        let id = self.there()?;
        let wrong = match self.state.get() {
            State::Ready | State::Fuel | State::Interrupted => None,
            State::Pending if held.engine.pending(id).is_none() => None,
            State::Pending => Some("the task waits for an answer; give it by task.complete or task.fail"),
            State::Done => Some("the task is done; task.result has what it gave"),
            State::Failed => Some("the task has failed; make another by Instance.task"),
            State::Closed => Some("the task is closed; make another by Instance.task"),
        };
        if let Some(wrong) = wrong {
            return Err(errors::state(wrong));
        }
        let terms = Terms { fuel, max_depth: self.max_depth, waits };
        let ended = drive::run(py, &held, self.home, id, terms);
        self.state.set(match &ended {
            Ok(Ended::Done) => State::Done,
            Ok(Ended::Pending) => State::Pending,
            Ok(Ended::Fuel) => State::Fuel,
            Ok(Ended::Interrupted) => State::Interrupted,
            Err(_) => State::Failed,
        });
        if let Ok(Ended::Pending) = ended {
            let parked = held.inner.parked.borrow_mut().take();
            let before = self.parked.replace(parked);
            drop(before);
        }
        ended
    }

    /// The results, as `result` gives them.
    pub fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let held = self.store.get().hold()?;
        if self.state.get() != State::Done {
            let text = format!("the task has no result; its state is {:?}", self.state());
            return Err(errors::state(&text));
        }
        drive::results(py, &held, self.there()?, &self.results)
    }

    /// Types of the results of the call that waits.
    fn awaited(&self, held: &Held<'_>) -> PyResult<(String, Vec<ValType>)> {
        let pending = held.engine.pending(self.there()?);
        let pending = pending.ok_or_else(|| errors::state("the task does not wait for an answer"))?;
        if pending.import == wrt_core::PendingCall::WAIT {
            return Ok(("a wait of the guest".into(), vec![ValType::I32]));
        }
        let place = Place { instance: pending.instance, index: pending.import };
        let (_, results) = held.engine.func_type(place).unwrap_or_default();
        let name = self.parked.borrow().as_ref().map_or_else(|| "an import".into(), |p| p.name.clone());
        Ok((name, results))
    }
}

#[pymethods]
impl Task {
    /// Runs on until it ends, waits, or has spent the fuel; gives the new state.
    ///
    /// fuel: instructions to be executed at most; None for no bound. Raises Trap, Exit or GuestException where the guest
    /// ends so, and what an imported function raised.
    #[pyo3(signature = (fuel = None))]
    fn run(&self, py: Python<'_>, fuel: Option<u64>) -> PyResult<&'static str> {
        self.go_on(py, fuel, true)?;
        Ok(self.state())
    }

    /// Answers the call that waits: with its results, as many as its type has.
    #[pyo3(signature = (*results))]
    fn complete(&self, py: Python<'_>, results: &Bound<'_, PyTuple>) -> PyResult<()> {
        let held = self.store.get().hold()?;
        let (name, types) = self.awaited(&held)?;
        if results.len() != types.len() {
            let text = format!("{name} has {} results, and {} are given", types.len(), results.len());
            return Err(pyo3::exceptions::PyTypeError::new_err(text));
        }
        let values = results.iter().zip(&types).map(|(value, ty)| values::from_python(&held, &value, *ty));
        let values = values.collect::<PyResult<Vec<_>>>()?;
        held.engine.complete(self.there()?, Status::Ok, &values).map_err(|e| errors::raise(py, &e))?;
        self.state.set(State::Ready);
        drop(self.parked.take());
        Ok(())
    }

    /// Answers the call that waits by an exception: GuestException is thrown into the guest, Exit ends it, and any other
    /// ends the run, which then raises Trap.
    fn fail(&self, py: Python<'_>, exception: &Bound<'_, PyAny>) -> PyResult<()> {
        let held = self.store.get().hold()?;
        self.awaited(&held)?;
        let id = self.there()?;
        let raised = PyErr::from_value(exception.clone());
        let done = if raised.is_instance(py, errors::Class::Exit.get(py)?) {
            let code = exception.getattr("code")?.extract::<i64>()?;
            held.engine.complete(id, Status::Exit, &[Value::from_i32(code as i32)])
        } else if let Some(thrown) = tag::exception_of(py, &held, &raised)? {
            held.engine.complete_with_exception(id, thrown)
        } else {
            held.engine.complete(id, Status::Trap, &[])
        };
        done.map_err(|e| errors::raise(py, &e))?;
        self.state.set(State::Ready);
        drop(self.parked.take());
        Ok(())
    }

    /// Asks the task to stop, from any thread: it stops within 65,536 instructions and is "interrupted" then. One that
    /// does not run stops at the start of its next run.
    fn interrupt(&self) {
        match &self.interrupter {
            Some(interrupter) if self.id.get().is_some() => interrupter.interrupt(),
            // A store in lent memory: whatever runs in it, or runs there next, looks at this.
            _ => self.store.get().inner().stop.store(true, Ordering::Relaxed),
        }
    }

    /// Gives up the call, and its stack.
    fn close(&self) -> PyResult<()> {
        let held = self.store.get().hold()?;
        if let Some(id) = self.id.take() {
            held.engine.release(id);
        }
        self.state.set(State::Closed);
        drop(held);
        drop(self.parked.take());
        Ok(())
    }

    /// "ready", "fuel", "interrupted", "pending", "done", "failed" or "closed".
    #[getter]
    fn state(&self) -> &'static str {
        match self.state.get() {
            State::Ready => "ready",
            State::Fuel => "fuel",
            State::Interrupted => "interrupted",
            State::Pending => "pending",
            State::Done => "done",
            State::Failed => "failed",
            State::Closed => "closed",
        }
    }

    /// What the call gave: None, a value, or a tuple. Raises StateError where it is not done.
    #[getter]
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.value(py)
    }

    /// The call of an import that waits for an answer, or None: name, args, and what is to be awaited, where an async
    /// function was called.
    #[getter]
    fn pending<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.state.get() != State::Pending {
            return Ok(None);
        }
        let make = py.import("wrt._values")?.getattr("PendingCall")?;
        let parked = self
            .parked
            .borrow()
            .as_ref()
            .map(|p| (p.name.clone(), p.args.clone_ref(py), p.awaitable.as_ref().map(|a| a.clone_ref(py))));
        match parked {
            Some(parked) => make.call1(parked).map(Some),
            None => {
                let held = self.store.get().hold()?;
                make.call1((self.awaited(&held)?.0, PyTuple::empty(py), py.None())).map(Some)
            }
        }
    }

    /// What the call has used so far.
    #[getter]
    fn usage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let held = self.store.get().hold()?;
        values::usage(py, &held.engine.usage(self.there()?))
    }

    /// Where the call stands: active calls, innermost first, at most 256.
    #[getter]
    fn frames<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let held = self.store.get().hold()?;
        errors::frames(py, &held, self.there()?, FRAMES)
    }

    /// The state of instance and call as bytes. Raises StateError where the store has other instances as well.
    fn snapshot(&self, py: Python<'_>) -> PyResult<Snapshot> {
        let held = self.store.get().hold()?;
        let stopped = matches!(self.state.get(), State::Ready | State::Fuel | State::Interrupted | State::Pending);
        if !stopped {
            return Err(errors::state("the task is not under way; take the snapshot of the instance"));
        }
        Snapshot::take(py, &held, self.home, Some((self.there()?, self.func)))
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close()
    }

    fn __repr__(&self) -> String {
        let name = if self.name.is_empty() { format!("function {}", self.func) } else { self.name.clone() };
        format!("<wrt.Task: {name}, {}>", self.state())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(Some(parked)) = self.parked.try_borrow().as_deref() {
            visit.call(&parked.args)?;
            visit.call(&parked.awaitable)?;
        }
        visit.call(&self.store)
    }

    fn __clear__(&self) {
        let parked = self.parked.try_borrow_mut().ok().and_then(|mut p| p.take());
        drop(parked);
    }
}

/// Nothing was stopped.
pub fn nothing_stopped(py: Python<'_>) -> PyErr {
    errors::raise_saying(py, &Error::new(Reason::NotRunnable), "no call has stopped; start one by Instance.call")
}
