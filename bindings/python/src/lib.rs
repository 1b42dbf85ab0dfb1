//! The Python module `wrt._wrt`: the engine as Python values.
//!
//! Owns the functions that need no object. The package's Python half has the plain values and the
//! exceptions; this half makes them.

mod errors;
mod host;
mod instance;
mod memory;
mod module;
mod values;

use pyo3::prelude::*;
use wrt_core::LoadBudget;
use wrt_host::OwnedModule;

/// Checks a module against the specification and the limits.
#[pyfunction]
fn validate(py: Python<'_>, wasm: &[u8]) -> PyResult<()> {
    let checked = py.detach(|| OwnedModule::validate(wasm, &LoadBudget::default()));
    checked.map_err(|e| errors::raise(py, &e, None, Vec::new()))
}

/// Says what a module needs, without loading it.
#[pyfunction]
fn plan<'py>(py: Python<'py>, wasm: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let plan = py.detach(|| OwnedModule::plan_of(wasm, &LoadBudget::default()));
    values::plan(py, &plan.map_err(|e| errors::raise(py, &e, None, Vec::new()))?)
}

#[pymodule]
fn _wrt(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add_class::<module::Module>()?;
    m.add_class::<instance::Instance>()?;
    m.add_class::<memory::Memory>()?;
    m.add_function(wrap_pyfunction!(validate, m)?)?;
    m.add_function(wrap_pyfunction!(plan, m)?)
}
