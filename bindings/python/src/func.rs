//! `wrt.Func`: a function of a store, called like one of Python's.

use crate::drive;
use crate::errors;
use crate::host;
use crate::store::{Held, Store, store_or_new};
use crate::task::Task;
use crate::values;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::hash::{DefaultHasher, Hash, Hasher};
use wrt_core::{Error, FuncType, Reason, ValType};
use wrt_host::store::Place;

/// A function of a guest, or of the host for guests.
///
/// Call it with numbers; it gives None, a value, or a tuple. `fuel=` bounds one call. The interpreter's lock is given up
/// while a guest runs for long; Ctrl-C ends the call.
#[pyclass(frozen, module = "wrt")]
pub struct Func {
    pub store: Py<Store>,
    pub place: Place,
    /// The instance whose task and usage its calls have.
    pub home: u32,
    pub params: Vec<ValType>,
    pub results: Vec<ValType>,
    /// The name by which it was reached; may be empty.
    pub name: String,
    /// Frames that may be active at once.
    pub max_depth: u32,
    /// Fuel of a call where the call names none.
    pub fuel: Option<u64>,
}

/// Frames that may be active at once where nothing else is said.
pub const MAX_DEPTH: u32 = 100_000;

impl Func {
    /// The function at a place, with the usual budget.
    pub fn of(py: Python<'_>, held: &Held<'_>, store: Py<Store>, place: Place, home: u32) -> PyResult<Func> {
        let (params, results) =
            held.engine.func_type(place).ok_or_else(|| errors::raise(py, &Error::new(Reason::UnknownIndex)))?;
        Ok(Func { store, place, home, params, results, name: String::new(), max_depth: MAX_DEPTH, fuel: None })
    }

    /// Refuses a function of another store.
    pub fn must_be_of(&self, held: &Held<'_>) -> PyResult<()> {
        must_be_of(&self.store, held, "Func")
    }

    pub fn signature(&self) -> String {
        values::signature(FuncType { params: &self.params, results: &self.results })
    }
}

/// Refuses what belongs to another store.
pub fn must_be_of(store: &Py<Store>, held: &Held<'_>, what: &str) -> PyResult<()> {
    if core::ptr::eq(store.get().inner(), held.inner) {
        return Ok(());
    }
    let text = format!("the wrt.{what} belongs to another store; make both with the same `store=`");
    Err(PyValueError::new_err(text))
}

/// The fuel that a call names.
fn fuel_of(named: &Bound<'_, PyDict>) -> PyResult<Option<u64>> {
    let mut fuel = None;
    for (name, value) in named {
        if name.extract::<&str>()? != "fuel" {
            let text = format!("a function of a guest has no parameter {name}; fuel= alone may be named");
            return Err(PyTypeError::new_err(text));
        }
        fuel = value.extract()?;
    }
    Ok(fuel)
}

#[pymethods]
impl Func {
    /// Makes a function of the host, to be imported or put into tables.
    ///
    /// params, results: names of types, such as ["i32", "f64"]. function: what is called with the parameters.
    /// store: where it is to live; a fresh one where none is named.
    #[new]
    #[pyo3(signature = (params, results, function, *, store = None))]
    fn new(
        py: Python<'_>,
        params: Vec<String>,
        results: Vec<String>,
        function: &Bound<'_, PyAny>,
        store: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        if !function.is_callable() {
            return Err(PyTypeError::new_err("function: expected something that can be called"));
        }
        let (params, results) = (values::val_types(&params)?, values::val_types(&results)?);
        let store = store_or_new(py, store)?;
        let held = store.get().hold()?;
        let name = function.getattr("__name__").and_then(|n| n.extract::<String>()).unwrap_or_default();
        let call = host::closure(held.inner, function, name.clone(), (params.clone(), results.clone()));
        let place = held.engine.define_func(&params, &results, call).map_err(|e| errors::raise(py, &e))?;
        drop(held);
        Ok(Func { store, place, home: place.instance, params, results, name, max_depth: MAX_DEPTH, fuel: None })
    }

    /// Calls it. fuel: instructions that the call may execute; None for no bound.
    ///
    /// Raises Trap, OutOfFuel, Exit, GuestException; TypeError and OverflowError for arguments that do not fit.
    #[pyo3(signature = (*args, **fuel))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        fuel: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // Most calls have none, and need not pay for its parsing.
        let fuel = match fuel {
            None => self.fuel,
            Some(named) => fuel_of(named)?.or(self.fuel),
        };
        drive::call(py, self, args, fuel)
    }

    /// Makes a call ready that is run by pieces; see Task.
    #[pyo3(signature = (*args))]
    fn task(&self, py: Python<'_>, args: &Bound<'_, PyTuple>) -> PyResult<Py<Task>> {
        Task::start(py, self, args)
    }

    /// Its type: names of the types of parameters and results.
    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::func_type(py, &self.params, &self.results)
    }

    /// Name by which it was reached; may be empty.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// The store that it lives in.
    #[getter]
    fn store(&self, py: Python<'_>) -> Py<Store> {
        self.store.clone_ref(py)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Func>().is_ok_and(|other| {
            let other = other.get();
            other.place == self.place && other.store.is(&self.store)
        })
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.place, self.store.as_ptr() as usize).hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        let name = if self.name.is_empty() { format!("function {}", self.place.index) } else { self.name.clone() };
        format!("<wrt.Func: {name}{}>", self.signature())
    }

    fn __traverse__(&self, visit: pyo3::gc::PyVisit<'_>) -> Result<(), pyo3::gc::PyTraverseError> {
        visit.call(&self.store)
    }
}
