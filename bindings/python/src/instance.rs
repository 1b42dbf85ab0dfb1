//! `wrt.Instance`: calls with a budget, continued where they stopped.

use crate::host::{self, Raised};
use crate::memory::Memory;
use crate::module::Module;
use crate::{errors, values};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::cell::{Cell, RefCell};
use wrt_core::{Error, Frame, Outcome, Reason, RunBudget, ValType, Value};
use wrt_host::{OwnedInstance, Settings};

/// Fuel between two looks at Python's signals, so that Ctrl-C ends a call. Budgets add up exactly,
/// so that slices change nothing that a guest or a caller can see.
const SLICE: u64 = 20_000_000;
/// Frames that an exception carries at most.
const FRAMES: usize = 256;

/// An instance with its own stack and memory; belongs to the thread that made it.
#[pyclass(unsendable, module = "wrt")]
pub struct Instance {
    pub owned: OwnedInstance,
    module: Py<Module>,
    raised: Raised,
    max_depth: u32,
    /// Result types of the call that can be continued.
    pending: RefCell<Option<Vec<ValType>>>,
    running: Cell<bool>,
}

/// Lets the run leave the interpreter lock behind.
struct Unlocked<'a>(&'a OwnedInstance);
// SAFETY: made for `Python::detach`, which calls its closure on the calling thread: the instance
// stays on its own thread.
unsafe impl Send for Unlocked<'_> {}

impl Unlocked<'_> {
    fn run(self, budget: &RunBudget) -> Result<Outcome, Error> {
        self.0.run(budget)
    }
}

/// Says that no call runs any more, however the call ends.
struct Running<'a>(&'a Cell<bool>);

impl<'a> Running<'a> {
    fn begin(running: &'a Cell<bool>) -> PyResult<Self> {
        if running.replace(true) {
            return Err(errors::misuse("the instance is running; an imported function cannot call into it"));
        }
        Ok(Running(running))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

#[pymethods]
impl Instance {
    #[new]
    #[pyo3(signature = (module, imports = None, memory = None, stack = 16 << 20, max_depth = 100_000))]
    fn new(
        py: Python<'_>,
        module: Py<Module>,
        imports: Option<&Bound<'_, PyAny>>,
        memory: Option<u64>,
        stack: u64,
        max_depth: u32,
    ) -> PyResult<Self> {
        let inner = module.get().inner.clone();
        let raised = Raised::default();
        let bound = host::bind(inner.module(), imports, &raised)?;
        let settings = Settings { stack_bytes: stack, max_memory_bytes: memory, ..Settings::default() };
        let owned = OwnedInstance::new(inner.clone(), bound, &settings).map_err(|e| refused(py, &e, &inner))?;
        Ok(Instance { owned, module, raised, max_depth, pending: RefCell::new(None), running: Cell::new(false) })
    }

    /// Calls an export.
    #[pyo3(signature = (name, *args, fuel = None))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        args: &Bound<'py, PyTuple>,
        fuel: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let running = Running::begin(&self.running)?;
        let inner = self.owned.module();
        let raise = |e: Error| errors::raise(py, &e, Some(inner.module()), Vec::new());
        let func = self.owned.export_func(name).map_err(|e| match e.reason {
            Reason::ExportNotFound => no_such_export(py, &e, name),
            _ => raise(e),
        })?;
        let ty = self.owned.func_type(func).ok_or_else(|| raise(Error::new(Reason::UnknownIndex)))?;
        if args.len() != ty.params.len() {
            let text =
                format!("{name}{} takes {} arguments, {} given", values::signature(ty), ty.params.len(), args.len());
            return Err(PyTypeError::new_err(text));
        }
        let values = args.iter().zip(ty.params).map(|(arg, ty)| values::from_python(&arg, *ty));
        let values = values.collect::<PyResult<Vec<_>>>()?;
        self.owned.reset();
        self.owned.start(func, &values).map_err(raise)?;
        self.pending.replace(Some(ty.results.to_vec()));
        self.drive(py, fuel, running)
    }

    /// Continues a call that ran out of fuel, with as much more.
    #[pyo3(signature = (fuel = None))]
    fn resume<'py>(&self, py: Python<'py>, fuel: Option<u64>) -> PyResult<Bound<'py, PyAny>> {
        let running = Running::begin(&self.running)?;
        if self.pending.borrow().is_none() {
            return Err(errors::misuse("no call has run out of fuel"));
        }
        self.drive(py, fuel, running)
    }

    /// The module.
    #[getter]
    fn module(&self, py: Python<'_>) -> Py<Module> {
        self.module.clone_ref(py)
    }
    /// The linear memory 0.
    #[getter]
    fn memory(self_: PyRef<'_, Self>) -> Memory {
        Memory { instance: self_.into() }
    }
    /// What the last call has used.
    #[getter]
    fn usage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::usage(py, &self.owned.usage())
    }
    /// Instructions that the last call has executed.
    #[getter]
    fn fuel_used(&self) -> u64 {
        self.owned.usage().fuel_used
    }
    /// A hash of globals, tables and memories.
    #[getter]
    fn state_hash(&self) -> u64 {
        self.owned.state_hash()
    }
}

impl Instance {
    /// Runs what was made ready until it ends or its fuel is spent.
    fn drive<'py>(&self, py: Python<'py>, fuel: Option<u64>, running: Running<'_>) -> PyResult<Bound<'py, PyAny>> {
        let mut left = fuel;
        let outcome = loop {
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            let budget = RunBudget { max_call_depth: self.max_depth, fuel: slice, max_memory_bytes: u64::MAX };
            let unlocked = Unlocked(&self.owned);
            let outcome = py.detach(move || unlocked.run(&budget));
            left = left.map(|left| left - slice);
            if !matches!(outcome, Ok(Outcome::Fuel)) || left == Some(0) {
                break outcome;
            }
            if let Err(signal) = py.check_signals() {
                self.pending.replace(None);
                return Err(signal);
            }
        };
        drop(running);
        let frames = || self.owned.backtrace(FRAMES);
        let module = self.owned.module().module();
        match outcome {
            Ok(Outcome::Done) => {
                let types = self.pending.replace(None).unwrap_or_default();
                let mut out = vec![Value::ZERO; types.len()];
                let raise = |e: Error| errors::raise(py, &e, Some(module), Vec::new());
                self.owned.results(&mut out).map_err(raise)?;
                values::results(py, &out, &types)
            }
            Ok(Outcome::Fuel) => Err(errors::out_of_fuel(py, self.owned.usage().fuel_used, module, frames())),
            Ok(_) => Err(errors::misuse("the call was stopped from outside")),
            Err(e) => {
                self.pending.replace(None);
                match self.raised.borrow_mut().take() {
                    Some(exception) => Err(exception),
                    None => Err(errors::raise(py, &e, Some(module), trap_frames(&e, frames))),
                }
            }
        }
    }
}

fn trap_frames(error: &Error, frames: impl Fn() -> Vec<Frame>) -> Vec<Frame> {
    if error.reason == Reason::GuestExit { Vec::new() } else { frames() }
}

fn no_such_export(py: Python<'_>, error: &Error, name: &str) -> PyErr {
    let raised = errors::raise(py, error, None, Vec::new());
    let _ = raised.value(py).setattr("args", (format!("no function `{name}` is exported"),));
    raised
}

/// The refusal of an instance; names the import that is missing or does not fit.
fn refused(py: Python<'_>, error: &Error, module: &wrt_host::OwnedModule) -> PyErr {
    let raised = errors::raise(py, error, Some(module.module()), Vec::new());
    let import = u32::try_from(error.detail).ok().and_then(|i| module.module().import(i));
    if let (Reason::UnknownImport | Reason::IncompatibleImport, Some(import)) = (error.reason, import) {
        let text = format!("{}: {}.{}", error.message.to_string_lossy(), import.module, import.name);
        let _ = raised.value(py).setattr("args", (text,));
    }
    raised
}
