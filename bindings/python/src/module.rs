//! `wrt.Module`.

use crate::{errors, values};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;
use wrt_core::{ExternType, LoadBudget};
use wrt_host::OwnedModule;

/// A loaded module: immutable, shared between threads at will.
#[pyclass(frozen, module = "wrt")]
pub struct Module {
    pub inner: Arc<OwnedModule>,
}

#[pymethods]
impl Module {
    #[new]
    fn new(py: Python<'_>, wasm: &[u8]) -> PyResult<Self> {
        let loaded = py.detach(|| OwnedModule::load(wasm, &LoadBudget::default()));
        loaded.map(|inner| Module { inner }).map_err(|e| errors::raise(py, &e, None, Vec::new()))
    }

    /// The binary that it was loaded from.
    #[getter]
    fn wasm<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.inner.wasm())
    }

    /// What it needs.
    #[getter]
    fn plan<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::plan(py, self.inner.plan())
    }

    /// Module name, name, kind and type of each import.
    #[getter]
    fn imports(&self) -> Vec<(String, String, &'static str, String)> {
        let module = self.inner.module();
        let import = |i| {
            let import = module.import(i)?;
            let (kind, ty) = describe(&import.ty);
            Some((import.module.to_owned(), import.name.to_owned(), kind, ty))
        };
        (0..module.import_count()).filter_map(import).collect()
    }

    /// Name, kind and type of each export.
    #[getter]
    fn exports(&self) -> Vec<(String, &'static str, String)> {
        let module = self.inner.module();
        let export = |i| {
            let export = module.export(i)?;
            let (kind, ty) = describe(&export.ty);
            Some((export.name.to_owned(), kind, ty))
        };
        (0..module.export_count()).filter_map(export).collect()
    }

    fn __repr__(&self) -> String {
        let module = self.inner.module();
        format!("<wrt.Module: {} functions, {} exports>", module.func_count(), module.export_count())
    }
}

fn describe(ty: &ExternType<'_>) -> (&'static str, String) {
    match ty {
        ExternType::Func(ty) => ("func", values::signature(*ty)),
        ExternType::Table(ty, limits, _) => ("table", format!("{} {}", limits.min, ty.name())),
        ExternType::Memory(ty) => ("memory", ty.limits.min.to_string()),
        ExternType::Global(ty, true) => ("global", format!("(mut {})", ty.name())),
        ExternType::Global(ty, false) => ("global", ty.name().to_owned()),
        ExternType::Tag(ty) => ("tag", values::signature(*ty)),
    }
}

/// The function's name: the name section's, else the export's.
pub fn function_name(module: wrt_core::Module<'_>, func: u32) -> Option<String> {
    if let Some(name) = module.func_name(func) {
        return Some(String::from_utf8_lossy(name).into_owned());
    }
    let exported = |e: &wrt_core::Export<'_>| e.index == func && matches!(e.ty, ExternType::Func(_));
    (0..module.export_count()).filter_map(|i| module.export(i)).find(exported).map(|e| e.name.to_owned())
}
