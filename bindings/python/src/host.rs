//! Python functions as functions of the host: called by guests.
//!
//! Owns what their results and exceptions mean to the guest: a value, an answer that comes later, an exception of the
//! guest's, an exit, or the end of the run.

use crate::errors::{self, Class};
use crate::store::{HostEntry, Inner, Parked};
use crate::tag;
use crate::values;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyType};
use std::rc::Rc;
use wrt_core::{Caller, Completion, HostError, HostResult, ValType, Value};
use wrt_host::Closure;

/// What ends a run whose Python function raised; the exception itself is kept in the store.
const RAISED: HostError = HostError::trap(0, c"an imported Python function raised an exception");

/// What an imported function returns that answers later.
#[pyclass(frozen, module = "wrt", name = "_Later")]
pub struct Later;

#[pymethods]
impl Later {
    fn __repr__(&self) -> &'static str {
        "wrt.PENDING"
    }
}

/// The one value of it.
pub fn later(py: Python<'_>) -> PyResult<&Py<Later>> {
    static ONE: PyOnceLock<Py<Later>> = PyOnceLock::new();
    ONE.get_or_try_init(py, || Py::new(py, Later))
}

/// The store's engine, on its way into a closure that the engine itself owns.
struct Home(*const Inner);

/// A function for the engine that calls one of Python's.
pub fn closure(
    inner: &Inner,
    function: &Bound<'_, PyAny>,
    name: String,
    types: (Vec<ValType>, Vec<ValType>),
) -> Closure {
    let entry = inner.add_host(function, name, types);
    let home = Home(core::ptr::from_ref(inner));
    Box::new(move |caller, slots| {
        let Home(inner) = &home;
        // SAFETY: the closure is the engine's, and the engine is the store's, which stays where it is; guests of a store
        // run only while somebody refers to it.
        let inner = unsafe { &**inner };
        Python::attach(|py| match call(py, inner, &entry, slots) {
            Ok(completion) => Ok(completion),
            Err(raised) => fail(py, inner, caller, raised),
        })
    })
}

fn call(py: Python<'_>, inner: &Inner, entry: &Rc<HostEntry>, slots: &mut [Value]) -> PyResult<Completion> {
    let function = entry.function.borrow().as_ref().map(|f| f.clone_ref(py));
    let function = function.ok_or_else(|| errors::closed("the function was collected; keep the instance alive"))?;
    let held = inner.hold()?;
    let args = match (&*slots, entry.params.as_slice()) {
        (_, []) => PyTuple::empty(py),
        ([one, ..], [ty]) => match values::number(py, *one, *ty) {
            Some(number) => PyTuple::new(py, [number])?,
            None => PyTuple::new(py, [values::to_python(py, &held, *one, *ty)?])?,
        },
        _ => values::tuple(py, &held, slots, &entry.params)?,
    };
    let returned = function.bind(py).call1(&args)?;
    let results = entry.results.as_slice();
    if returned.is(later(py)?) {
        return park(inner, entry, args.into_any().unbind(), None);
    }
    if returned.get_type().is(coroutine(py)?) || (results.is_empty() && !returned.is_none() && is_awaitable(&returned))
    {
        return wait(inner, entry, args.into_any().unbind(), returned);
    }
    match results {
        [] => {}
        [ty] => match values::from_python(&held, &returned, *ty) {
            Ok(value) => slots.first_mut().into_iter().for_each(|slot| *slot = value),
            Err(_) if is_awaitable(&returned) => return wait(inner, entry, args.into_any().unbind(), returned),
            Err(wrong) => return Err(explain(py, entry, wrong)),
        },
        many => match several(py, &held, entry, &returned, many) {
            Ok(values) => slots.iter_mut().zip(values).for_each(|(slot, value)| *slot = value),
            Err(_) if is_awaitable(&returned) => return wait(inner, entry, args.into_any().unbind(), returned),
            Err(wrong) => return Err(wrong),
        },
    }
    Ok(Completion::Done)
}

/// Several results, of anything that can be iterated over.
pub fn several(
    py: Python<'_>,
    held: &crate::store::Held<'_>,
    entry: &HostEntry,
    returned: &Bound<'_, PyAny>,
    types: &[ValType],
) -> PyResult<Vec<Value>> {
    let all: Vec<Bound<'_, PyAny>> =
        returned.try_iter().and_then(Iterator::collect).map_err(|e| explain(py, entry, e))?;
    if all.len() != types.len() {
        let text = format!("{} returned {} values, and the guest expects {}", entry.name, all.len(), types.len());
        return Err(PyValueError::new_err(text));
    }
    let values = all.iter().zip(types).map(|(value, ty)| values::from_python(held, value, *ty));
    values.collect::<PyResult<_>>().map_err(|e| explain(py, entry, e))
}

/// Says of a result that does not fit whose it is.
fn explain(py: Python<'_>, entry: &HostEntry, wrong: PyErr) -> PyErr {
    let text = format!("the result of {}: {}", entry.name, wrong.value(py));
    let _ = wrong.value(py).setattr("args", (text,));
    wrong
}

fn coroutine(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static ONE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    ONE.import(py, "types", "CoroutineType")
}

fn is_awaitable(value: &Bound<'_, PyAny>) -> bool {
    value.hasattr("__await__").unwrap_or(false)
}

fn park(inner: &Inner, entry: &HostEntry, args: Py<PyAny>, awaitable: Option<Py<PyAny>>) -> PyResult<Completion> {
    let before = inner.parked.borrow_mut().replace(Parked { name: entry.name.clone(), args, awaitable });
    drop(before);
    Ok(Completion::Pending)
}

/// Parks the call until what it returned has been awaited.
fn wait(inner: &Inner, entry: &HostEntry, args: Py<PyAny>, returned: Bound<'_, PyAny>) -> PyResult<Completion> {
    if inner.waits.get() {
        return park(inner, entry, args, Some(returned.unbind()));
    }
    if returned.hasattr("close")? {
        returned.call_method0("close")?;
    }
    let text = format!("{} is an async function; call the guest by `await instance.call_async(...)`", entry.name);
    Err(PyTypeError::new_err(text))
}

/// What an exception of Python's is to the guest.
fn fail(py: Python<'_>, inner: &Inner, caller: &mut Caller, raised: PyErr) -> HostResult {
    if let Ok(class) = Class::GuestException.get(py)
        && raised.is_instance(py, class)
        && let Ok(held) = inner.hold()
        && let Ok(Some(exception)) = tag::exception_of(py, &held, &raised)
    {
        return Err(caller.throw(exception));
    }
    if let Ok(class) = Class::Exit.get(py)
        && raised.is_instance(py, class)
        && let Ok(code) = raised.value(py).getattr("code").and_then(|c| c.extract::<i64>())
    {
        return Err(HostError::exit(code as u32));
    }
    let before = inner.raised.borrow_mut().replace(raised);
    drop(before);
    Err(RAISED)
}
