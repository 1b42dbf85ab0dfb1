//! `wrt.Module`, and what can be said of a binary without running it.

use crate::errors;
use crate::memory::bytes_of;
use crate::values;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::path::PathBuf;
use std::sync::Arc;
use wrt_core::limits::{Asil, Preset};
use wrt_core::{ExternType, LoadBudget, Proposals};
use wrt_host::OwnedModule;

/// What the fields of `wrt.Limits` bound, without its proposals.
macro_rules! counted {
    ($do:ident) => {
        $do!(max_types max_functions max_imports max_exports max_globals max_tables max_memories max_segments max_params
             max_results max_fields max_locals max_block_depth max_operands max_body_bytes max_table_elements
             table_reserve max_memory_bytes max_tags)
    };
}

/// The load budget that a `wrt.Limits` stands for; the default one where there is none.
pub fn budget(limits: Option<&Bound<'_, PyAny>>) -> PyResult<LoadBudget> {
    let mut budget = LoadBudget::default();
    let Some(limits) = limits else { return Ok(budget) };
    macro_rules! take {
        ($($field:ident)*) => { $(budget.$field = limits.getattr(stringify!($field))?.extract().map_err(|_| {
            PyValueError::new_err(concat!("Limits.", stringify!($field), ": expected a count that is not negative"))
        })?;)* };
    }
    counted!(take);
    let proposals: Option<Vec<String>> = limits.getattr("proposals")?.extract()?;
    if let Some(names) = proposals {
        budget.proposals = names.iter().try_fold(Proposals(0), |all, name| {
            Proposals::from_name(name).map(|one| all.with(one)).ok_or_else(|| {
                let known = (0..20).map(|bit| Proposals(1 << bit).name()).collect::<Vec<_>>().join(", ");
                PyValueError::new_err(format!("Limits.proposals: {name:?} is none; there are {known}"))
            })
        })?;
    }
    Ok(budget)
}

/// The bounds where nobody says anything, by name, and the proposals that are on.
#[pyfunction]
pub fn _default_limits(py: Python<'_>) -> PyResult<Bound<'_, pyo3::types::PyDict>> {
    let (budget, all) = (LoadBudget::default(), pyo3::types::PyDict::new(py));
    macro_rules! put {
        ($($field:ident)*) => { $(all.set_item(stringify!($field), budget.$field)?;)* };
    }
    counted!(put);
    let on = (0..20).map(|bit| Proposals(1 << bit)).filter(|p| budget.proposals.has(*p)).map(Proposals::name);
    all.set_item("proposals", PyTuple::new(py, on.collect::<Vec<_>>())?)?;
    Ok(all)
}

/// What a preset allows of so many bytes in all; of what it assumes, where no total is given: bytes of linear memory, bytes
/// of a stack, imports, exports.
#[pyfunction]
#[pyo3(signature = (name, total = None))]
pub fn _preset(name: &str, total: Option<u64>) -> PyResult<(u64, u64, u32, u32)> {
    let preset = Preset::from_name(name).ok_or_else(|| {
        let known = Preset::ALL.map(Preset::name).join(", ");
        PyValueError::new_err(format!("{name:?} is no preset; there are {known}"))
    })?;
    let limits = preset.limits(total.unwrap_or(preset.typical_bytes()), Asil::FLOOR);
    Ok((limits.linear_bytes, limits.stack_bytes, limits.imports, limits.exports))
}

/// Checks a module against the specification and the limits. Raises MalformedError, InvalidError, UnsupportedError or
/// BudgetError where it is refused.
#[pyfunction]
#[pyo3(signature = (wasm, *, limits = None))]
pub fn validate(py: Python<'_>, wasm: &Bound<'_, PyAny>, limits: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let (wasm, budget) = (bytes_of(wasm)?, budget(limits)?);
    py.detach(|| OwnedModule::validate(&wasm, &budget)).map_err(|e| errors::raise(py, &e))
}

/// Says what a module needs, without loading it. Raises as validate does.
#[pyfunction]
#[pyo3(signature = (wasm, *, limits = None))]
pub fn plan<'py>(
    py: Python<'py>,
    wasm: &Bound<'_, PyAny>,
    limits: Option<&Bound<'_, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (wasm, budget) = (bytes_of(wasm)?, budget(limits)?);
    let plan = py.detach(|| OwnedModule::plan_of(&wasm, &budget));
    values::plan(py, &plan.map_err(|e| errors::raise(py, &e))?)
}

/// The module in the binary format of one in the text format.
///
/// Raises MalformedError, whose message shows the place, where the text is wrong. What it says is not validated.
#[pyfunction]
pub fn wat<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyBytes>> {
    match ::wat::parse_str(text) {
        Ok(wasm) => Ok(PyBytes::new(py, &wasm)),
        Err(wrong) => {
            Err(errors::of_class(errors::Class::MalformedError, &wrong.to_string(), wrt_core::Status::Malformed))
        }
    }
}

/// A loaded module: immutable, and shared between threads at will.
///
/// wasm: a module in the binary format, or an image that compile() made; bytes or another buffer. limits: what it may ask
/// for at most. Raises MalformedError, InvalidError, UnsupportedError or BudgetError where it is refused.
#[pyclass(frozen, module = "wrt", weakref)]
pub struct Module {
    pub inner: Arc<OwnedModule>,
    pub limits: Option<Py<PyAny>>,
}

fn load(py: Python<'_>, wasm: Vec<u8>, limits: Option<&Bound<'_, PyAny>>) -> PyResult<Module> {
    let budget = budget(limits)?;
    let inner = py.detach(|| OwnedModule::load(wasm, &budget)).map_err(|e| errors::raise(py, &e))?;
    Ok(Module { inner, limits: limits.map(|l| l.clone().unbind()) })
}

#[pymethods]
impl Module {
    #[new]
    #[pyo3(signature = (wasm, *, limits = None))]
    fn new(py: Python<'_>, wasm: &Bound<'_, PyAny>, limits: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        load(py, bytes_of(wasm)?, limits)
    }

    /// Loads a file: a module in the binary or the text format, or an image. Raises OSError where it cannot be read.
    #[staticmethod]
    #[pyo3(signature = (path, *, limits = None))]
    fn from_file(py: Python<'_>, path: PathBuf, limits: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let bytes = py.detach(|| std::fs::read(&path))?;
        let is_text = path.extension().is_some_and(|e| e == "wat");
        match core::str::from_utf8(&bytes) {
            Ok(text) if is_text => load(py, wat(py, text)?.as_bytes().to_vec(), limits),
            _ => load(py, bytes, limits),
        }
    }

    /// The module translated once, as bytes that Module() takes and that are checked and run where they lie. portable:
    /// for every build of the engine; else for this one, which is faster.
    ///
    /// Raises UnsupportedError for a module that images cannot hold.
    #[pyo3(signature = (*, portable = false))]
    fn compile<'py>(&self, py: Python<'py>, portable: bool) -> PyResult<Bound<'py, PyBytes>> {
        let budget = budget(self.limits.as_ref().map(|l| l.bind(py)))?;
        let wasm = self.inner.wasm();
        let image = py.detach(|| {
            if portable { OwnedModule::compile_portable(wasm, &budget) } else { OwnedModule::compile(wasm, &budget) }
        });
        Ok(PyBytes::new(py, &image.map_err(|e| errors::raise(py, &e))?))
    }

    /// The bytes that it was loaded from.
    #[getter]
    fn wasm<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.inner.wasm())
    }

    /// What it needs, in bytes.
    #[getter]
    fn plan<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::plan(py, self.inner.plan().map_err(|e| errors::raise(py, &e))?)
    }

    /// The limits that it was loaded with; None for the default ones.
    #[getter]
    fn limits(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.limits.as_ref().map(|l| l.clone_ref(py))
    }

    /// The name that its name section gives it.
    #[getter]
    fn name(&self) -> Option<String> {
        self.inner.module().module_name().map(|n| String::from_utf8_lossy(n).into_owned())
    }

    /// Module name, name, kind and type of each import, in order: tuples with names.
    #[getter]
    fn imports<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (module, make) = (self.inner.module(), py.import("wrt._values")?.getattr("ImportType")?);
        let imports = (0..module.import_count()).filter_map(|i| module.import(i)).map(|import| {
            let (kind, ty) = describe(&import.ty);
            make.call1((import.module, import.name, kind, ty))
        });
        imports.collect()
    }

    /// Name, kind and type of each export, in order: tuples with names.
    #[getter]
    fn exports<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (module, make) = (self.inner.module(), py.import("wrt._values")?.getattr("ExportType")?);
        let exports = (0..module.export_count()).filter_map(|i| module.export(i)).map(|export| {
            let (kind, ty) = describe(&export.ty);
            make.call1((export.name, kind, ty))
        });
        exports.collect()
    }

    /// What the custom sections of this name hold, in order; empty for an image.
    fn custom_sections<'py>(&self, py: Python<'py>, name: &str) -> Vec<Bound<'py, PyBytes>> {
        sections(self.inner.wasm(), name).into_iter().map(|bytes| PyBytes::new(py, bytes)).collect()
    }

    fn __repr__(&self) -> String {
        let module = self.inner.module();
        let name = self.name().map(|n| format!(" {n}")).unwrap_or_default();
        format!("<wrt.Module{name}: {} functions, {} exports>", module.func_count(), module.export_count())
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let limits = slf.get().limits(slf.py());
        let make = slf.py().import("wrt._values")?.getattr("_module")?;
        (make, (slf.get().wasm(slf.py()), limits)).into_pyobject(slf.py()).map(Bound::into_any)
    }
}

/// An unsigned LEB128, and what follows it.
fn leb(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0u64;
    for (k, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * k);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, bytes.get(k + 1..)?));
        }
    }
    None
}

/// The custom sections of a module that was accepted.
fn sections<'a>(wasm: &'a [u8], name: &str) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    let mut rest = wasm.strip_prefix(b"\0asm\x01\0\0\0").unwrap_or_default();
    while let Some((id, after)) = rest.split_first() {
        let Some((body, behind)) = leb(after).and_then(|(len, after)| after.split_at_checked(len)) else { break };
        rest = behind;
        if *id == 0
            && let Some((named, content)) = leb(body).and_then(|(len, after)| after.split_at_checked(len))
            && named == name.as_bytes()
        {
            found.push(content);
        }
    }
    found
}

/// Kind and type, for people.
pub fn describe(ty: &ExternType<'_>) -> (&'static str, String) {
    match ty {
        ExternType::Func(ty) => ("func", values::signature(*ty)),
        ExternType::Table(ty, limits, _) => ("table", format!("{} {}", bounds(limits), ty.name())),
        ExternType::Memory(ty) => ("memory", bounds(&ty.limits)),
        ExternType::Global(ty, true) => ("global", format!("(mut {})", ty.name())),
        ExternType::Global(ty, false) => ("global", ty.name().to_owned()),
        ExternType::Tag(ty) => ("tag", values::signature(*ty)),
    }
}

/// Limits as the text format writes them.
pub fn bounds(limits: &wrt_core::Limits) -> String {
    if limits.max == u64::MAX { limits.min.to_string() } else { format!("{} {}", limits.min, limits.max) }
}

/// The function's name: the name section's, else the export's.
pub fn function_name(module: wrt_core::Module<'_>, func: u32) -> Option<String> {
    if let Some(name) = module.func_name(func) {
        return Some(String::from_utf8_lossy(name).into_owned());
    }
    let exported = |e: &wrt_core::Export<'_>| e.index == func && matches!(e.ty, ExternType::Func(_));
    (0..module.export_count()).filter_map(|i| module.export(i)).find(exported).map(|e| e.name.to_owned())
}

/// Refuses what is no module.
pub fn module_of<'a, 'py>(value: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, Module>> {
    value
        .cast::<Module>()
        .map_err(|_| PyTypeError::new_err("module: expected a wrt.Module; make one by wrt.Module(bytes)"))
}
