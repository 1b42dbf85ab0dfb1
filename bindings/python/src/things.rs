//! `wrt.Table` and `wrt.Global`.

use crate::errors;
use crate::store::{Held, Store, store_or_new};
use crate::values;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use wrt_core::{Error, Limits, Reason, ValType, Value};
use wrt_host::store::Place;

/// A table of references: functions, or objects of the host.
#[pyclass(frozen, module = "wrt")]
pub struct Table {
    pub store: Py<Store>,
    pub place: Place,
    ty: ValType,
}

impl Table {
    pub fn of(py: Python<'_>, held: &Held<'_>, store: Py<Store>, place: Place) -> PyResult<Table> {
        let (ty, ..) = held.engine.table_type(place).map_err(|e| errors::raise(py, &e))?;
        Ok(Table { store, place, ty })
    }

    fn len(&self, py: Python<'_>, held: &Held<'_>) -> PyResult<u64> {
        held.engine.table_len(self.place).map_err(|e| errors::raise(py, &e))
    }

    fn index(&self, py: Python<'_>, held: &Held<'_>, index: &Bound<'_, PyAny>) -> PyResult<u64> {
        let index: i64 = index.extract().map_err(|_| PyTypeError::new_err("expected the index of an element"))?;
        let len = self.len(py, held)?;
        let at = if index < 0 { (len as i64).saturating_add(index) } else { index };
        u64::try_from(at).ok().filter(|at| *at < len).ok_or_else(|| errors::raise(py, &Reason::TableRegion.into()))
    }
}

#[pymethods]
impl Table {
    /// Makes a table to be imported: of `min` elements that may grow to `max`, of "funcref" or "externref".
    /// init: what its elements are at first. store: where it is to live; a fresh one where none is named.
    #[new]
    #[pyo3(signature = (r#type, min, max = None, *, init = None, store = None))]
    fn new(
        py: Python<'_>,
        r#type: &str,
        min: u64,
        max: Option<u64>,
        init: Option<&Bound<'_, PyAny>>,
        store: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let ty = values::val_type(r#type)?;
        let store = store_or_new(py, store)?;
        let held = store.get().hold()?;
        let limits = Limits { min, max: max.unwrap_or(u64::MAX) };
        let init = init.map_or(Ok(Value::ZERO), |init| values::from_python(&held, init, ty))?;
        let raise = |e: Error| errors::raise(py, &e);
        let place = held.engine.define_table(ty, limits, false).map_err(raise)?;
        if init != Value::ZERO {
            (0..min).try_for_each(|k| held.engine.table_set(place, k, init)).map_err(raise)?;
        }
        drop(held);
        Ok(Table { store, place, ty })
    }

    /// Grows by `n` elements; the number there were before, or -1 where it cannot.
    #[pyo3(signature = (n, init = None))]
    fn grow(&self, n: u64, init: Option<&Bound<'_, PyAny>>) -> PyResult<i64> {
        let held = self.store.get().hold()?;
        let init = init.map_or(Ok(Value::ZERO), |init| values::from_python(&held, init, self.ty))?;
        let grown = held.engine.table_grow(self.place, n, init);
        grown.map_or(Ok(-1), |old| i64::try_from(old).map_err(|_| PyOverflowError::new_err("elements")))
    }

    /// Name of the type of its elements.
    #[getter]
    fn r#type(&self) -> &'static str {
        self.ty.name()
    }

    /// The store that it lives in.
    #[getter]
    fn store(&self, py: Python<'_>) -> Py<Store> {
        self.store.clone_ref(py)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let held = self.store.get().hold()?;
        usize::try_from(self.len(py, &held)?).map_err(|_| PyOverflowError::new_err("the table's length"))
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let held = self.store.get().hold()?;
        let at = self.index(py, &held, index)?;
        let value = held.engine.table_get(self.place, at).map_err(|e| errors::raise(py, &e))?;
        values::to_python(py, &held, value, self.ty)
    }

    fn __setitem__(&self, py: Python<'_>, index: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let held = self.store.get().hold()?;
        let at = self.index(py, &held, index)?;
        let value = values::from_python(&held, value, self.ty)?;
        held.engine.table_set(self.place, at, value).map_err(|e| errors::raise(py, &e))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Table>().is_ok_and(|other| other.get().place == self.place && other.get().store.is(&self.store))
    }

    fn __hash__(&self) -> u64 {
        (u64::from(self.place.instance) << 32) ^ u64::from(self.place.index) ^ self.store.as_ptr() as u64
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        match self.__len__(py) {
            Ok(len) => format!("<wrt.Table: {len} {}>", self.ty.name()),
            Err(_) => "<wrt.Table: busy or closed>".into(),
        }
    }

    fn __traverse__(&self, visit: pyo3::gc::PyVisit<'_>) -> Result<(), pyo3::gc::PyTraverseError> {
        visit.call(&self.store)
    }
}

/// A global variable.
#[pyclass(frozen, module = "wrt")]
pub struct Global {
    pub store: Py<Store>,
    pub place: Place,
    ty: ValType,
    mutable: bool,
}

impl Global {
    pub fn of(py: Python<'_>, held: &Held<'_>, store: Py<Store>, place: Place) -> PyResult<Global> {
        let (ty, mutable) = held.engine.global_type(place).map_err(|e| errors::raise(py, &e))?;
        Ok(Global { store, place, ty, mutable })
    }
}

#[pymethods]
impl Global {
    /// Makes a global to be imported, of a type such as "i32". store: where it is to live; a fresh one where none is
    /// named.
    #[new]
    #[pyo3(signature = (r#type, value, *, mutable = false, store = None))]
    fn new(
        py: Python<'_>,
        r#type: &str,
        value: &Bound<'_, PyAny>,
        mutable: bool,
        store: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let ty = values::val_type(r#type)?;
        let store = store_or_new(py, store)?;
        let held = store.get().hold()?;
        let value = values::from_python(&held, value, ty)?;
        let place = held.engine.define_global(ty, mutable, value).map_err(|e| errors::raise(py, &e))?;
        drop(held);
        Ok(Global { store, place, ty, mutable })
    }

    /// Its value. Setting one that is not mutable raises TypeMismatchError.
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let held = self.store.get().hold()?;
        let (value, ty) = held.engine.global_get(self.place).map_err(|e| errors::raise(py, &e))?;
        values::to_python(py, &held, value, ty)
    }

    #[setter]
    fn set_value(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let held = self.store.get().hold()?;
        let value = values::from_python(&held, value, self.ty)?;
        held.engine.global_set(self.place, value).map_err(|e| errors::raise(py, &e))
    }

    /// Name of its type.
    #[getter]
    fn r#type(&self) -> &'static str {
        self.ty.name()
    }

    /// Whether it can be set.
    #[getter]
    fn mutable(&self) -> bool {
        self.mutable
    }

    /// The store that it lives in.
    #[getter]
    fn store(&self, py: Python<'_>) -> Py<Store> {
        self.store.clone_ref(py)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Global>().is_ok_and(|other| other.get().place == self.place && other.get().store.is(&self.store))
    }

    fn __hash__(&self) -> u64 {
        (u64::from(self.place.instance) << 32) ^ u64::from(self.place.index) ^ self.store.as_ptr() as u64
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let kind = if self.mutable { "mut " } else { "" };
        match self.value(py).and_then(|v| Ok(v.repr()?.to_string())) {
            Ok(value) => format!("<wrt.Global: {kind}{} {value}>", self.ty.name()),
            Err(_) => "<wrt.Global: busy or closed>".into(),
        }
    }

    fn __traverse__(&self, visit: pyo3::gc::PyVisit<'_>) -> Result<(), pyo3::gc::PyTraverseError> {
        visit.call(&self.store)
    }
}
