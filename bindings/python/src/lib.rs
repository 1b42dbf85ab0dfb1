//! The Python module `wrt._wrt`: the engine as Python objects.
//!
//! The package's Python half has the plain values, the exceptions and what is made of the rest; this half has what touches
//! the engine. `store` owns who may use it when, `drive` how calls run, `host` how guests call Python, `values` what passes
//! between them.

mod drive;
mod errors;
mod func;
mod host;
mod instance;
mod lock;
mod memory;
mod module;
mod resolve;
mod snapshot;
mod store;
mod tag;
mod task;
mod things;
mod values;
mod wasi;

use pyo3::prelude::*;

// `store` relies on the interpreter's one lock.
#[pymodule(gil_used = true)]
fn _wrt(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add("PENDING", host::later(m.py())?)?;
    m.add_class::<func::Func>()?;
    m.add_class::<host::Later>()?;
    m.add_class::<instance::Instance>()?;
    m.add_class::<memory::Memory>()?;
    m.add_class::<module::Module>()?;
    m.add_class::<snapshot::Snapshot>()?;
    m.add_class::<store::Store>()?;
    m.add_class::<tag::Tag>()?;
    m.add_class::<task::Task>()?;
    m.add_class::<things::Global>()?;
    m.add_class::<things::Table>()?;
    m.add_class::<values::Ref>()?;
    m.add_class::<wasi::Wasi>()?;
    m.add_function(wrap_pyfunction!(module::_default_limits, m)?)?;
    m.add_function(wrap_pyfunction!(module::_preset, m)?)?;
    m.add_function(wrap_pyfunction!(module::plan, m)?)?;
    m.add_function(wrap_pyfunction!(module::validate, m)?)?;
    m.add_function(wrap_pyfunction!(module::wat, m)?)
}
