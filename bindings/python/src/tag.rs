//! `wrt.Tag`, and exceptions of guests as exceptions of Python.

use crate::errors::{self, Class};
use crate::func::must_be_of;
use crate::store::{Held, Store, store_or_new};
use crate::values;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::hash::{DefaultHasher, Hash, Hasher};
use wrt_core::{Error, FuncType, ValType, Value};
use wrt_host::store::{Place, TaskId};

/// A kind of exceptions of guests, with the types of what they carry.
#[pyclass(frozen, module = "wrt")]
pub struct Tag {
    pub store: Py<Store>,
    pub place: Place,
    params: Vec<ValType>,
}

impl Tag {
    pub fn of(held: &Held<'_>, store: Py<Store>, place: Place) -> Tag {
        Tag { store, place, params: held.engine.tag_type(place).unwrap_or_default() }
    }
}

#[pymethods]
impl Tag {
    /// Makes a tag to be imported. params: names of the types of what its exceptions carry.
    #[new]
    #[pyo3(signature = (params, *, store = None))]
    fn new(py: Python<'_>, params: Vec<String>, store: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let params = values::val_types(&params)?;
        let store = store_or_new(py, store)?;
        let place = store.get().hold()?.engine.define_tag(&params).map_err(|e| errors::raise(py, &e))?;
        Ok(Tag { store, place, params })
    }

    /// Names of the types of what its exceptions carry.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.params.iter().map(|ty| ty.name()))
    }

    /// The store that it lives in.
    #[getter]
    fn store(&self, py: Python<'_>) -> Py<Store> {
        self.store.clone_ref(py)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Tag>().is_ok_and(|other| {
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
        format!("<wrt.Tag: {}>", values::signature(FuncType { params: &self.params, results: &[] }))
    }

    fn __traverse__(&self, visit: pyo3::gc::PyVisit<'_>) -> Result<(), pyo3::gc::PyTraverseError> {
        visit.call(&self.store)
    }
}

/// The guest's exception that a GuestException of this store stands for; `None` for other exceptions.
pub fn exception_of(py: Python<'_>, held: &Held<'_>, raised: &PyErr) -> PyResult<Option<Value>> {
    if !raised.is_instance(py, Class::GuestException.get(py)?) {
        return Ok(None);
    }
    let value = raised.value(py);
    let tag = value.getattr("tag")?;
    let Ok(tag) = tag.cast::<Tag>() else { return Ok(None) };
    let tag = tag.get();
    must_be_of(&tag.store, held, "Tag")?;
    let given = value.getattr("values")?.cast_into::<PyTuple>()?;
    if given.len() != tag.params.len() {
        let text = format!("the tag's exceptions carry {} values, and {} are given", tag.params.len(), given.len());
        return Err(pyo3::exceptions::PyTypeError::new_err(text));
    }
    let values = given.iter().zip(&tag.params).map(|(value, ty)| values::from_python(held, &value, *ty));
    let values = values.collect::<PyResult<Vec<_>>>()?;
    held.engine.exception_new(tag.place, &values).map(Some).map_err(|e| errors::raise(py, &e))
}

/// The exception for one of a guest that nothing caught.
pub fn uncaught(py: Python<'_>, held: &Held<'_>, home: u32, task: TaskId, error: &Error) -> PyErr {
    let said = errors::raise_run(py, held, home, task, error);
    let make = || {
        let Some(exception) = held.engine.exception(task) else { return Ok(None) };
        let Some(place) = held.engine.exception_tag(exception) else { return Ok(None) };
        let tag = Tag::of(held, held.inner.me(py), place);
        let values = held.engine.exception_values(exception).map_err(|e| errors::raise(py, &e))?;
        let values = values::tuple(py, held, &values, &tag.params)?;
        let class = Class::GuestException.get(py)?;
        let made = class.call_method1("_made", (said.value(py).str()?,))?;
        for name in ["status", "reason", "offset", "func", "frames"] {
            made.setattr(name, said.value(py).getattr(name)?)?;
        }
        made.setattr("tag", tag)?;
        made.setattr("values", values)?;
        PyResult::Ok(Some(PyErr::from_value(made)))
    };
    match make() {
        Ok(Some(made)) => made,
        Ok(None) => said,
        Err(e) => e,
    }
}
