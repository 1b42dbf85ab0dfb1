//! Python functions as imports of a guest.

use crate::values;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::cell::RefCell;
use std::rc::Rc;
use wrt_core::{Completion, ExternType, HostError, Module, ValType, Value};
use wrt_host::HostImport;

/// The exception that a Python function raised during a call, until the call has ended.
pub type Raised = Rc<RefCell<Option<PyErr>>>;

/// Binds the functions that the module imports; names that it does not import are left alone, and
/// what is missing is for the engine to refuse.
pub fn bind(module: Module<'_>, given: Option<&Bound<'_, PyAny>>, raised: &Raised) -> PyResult<Vec<HostImport>> {
    let Some(given) = given else { return Ok(Vec::new()) };
    let mut bound = Vec::new();
    for import in (0..module.import_count()).filter_map(|i| module.import(i)) {
        let ExternType::Func(ty) = import.ty else { continue };
        let Some(function) = lookup(given, import.module)?.map(|m| lookup(&m, import.name)).transpose()?.flatten()
        else {
            continue;
        };
        if !function.is_callable() {
            return Err(PyTypeError::new_err(format!("{}.{} is not callable", import.module, import.name)));
        }
        let (function, raised) = (function.unbind(), raised.clone());
        let (params, results) = (ty.params.to_vec(), ty.results.to_vec());
        bound.push(HostImport {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            call: Box::new(move |_, slots| {
                Python::attach(|py| call(py, &function, &params, &results, slots)).map_err(|e| {
                    *raised.borrow_mut() = Some(e);
                    HostError::trap(0, c"an imported Python function raised an exception")
                })?;
                Ok(Completion::Done)
            }),
        });
    }
    Ok(bound)
}

/// An item of a mapping.
fn lookup<'py>(mapping: &Bound<'py, PyAny>, key: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Ok(dict) = mapping.cast::<PyDict>() {
        return dict.get_item(key);
    }
    if mapping.contains(key)? { mapping.get_item(key).map(Some) } else { Ok(None) }
}

fn call(py: Python<'_>, f: &Py<PyAny>, params: &[ValType], results: &[ValType], slots: &mut [Value]) -> PyResult<()> {
    let args = slots.iter().zip(params).map(|(v, ty)| values::to_python(py, *v, *ty)).collect::<PyResult<Vec<_>>>()?;
    let returned = f.bind(py).call1(PyTuple::new(py, args)?)?;
    match results {
        [] => {}
        [one] => slots.first_mut().into_iter().try_for_each(|slot| {
            *slot = values::from_python(&returned, *one)?;
            PyResult::Ok(())
        })?,
        many => {
            let all: Vec<Bound<'_, PyAny>> = returned.try_iter()?.collect::<PyResult<_>>()?;
            if all.len() != many.len() {
                let text = format!("an imported function returned {} values, not {}", all.len(), many.len());
                return Err(PyValueError::new_err(text));
            }
            for ((slot, value), ty) in slots.iter_mut().zip(&all).zip(many) {
                *slot = values::from_python(value, *ty)?;
            }
        }
    }
    Ok(())
}
