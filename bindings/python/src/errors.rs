//! The engine's errors as Python exceptions.

use crate::module::function_name;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use wrt_core::{Error, Frame, Module, NO_FUNC, Status};

/// The exception that goes with an error; frames go with traps alone.
pub fn raise(py: Python<'_>, error: &Error, module: Option<Module<'_>>, frames: Vec<Frame>) -> PyErr {
    let class = match error.status() {
        Status::Trap => "Trap",
        Status::Exit => "Exit",
        _ => "Error",
    };
    let mut message = error.message.to_string_lossy().into_owned();
    if error.func != NO_FUNC {
        message += &match module.and_then(|m| function_name(m, error.func)) {
            Some(name) => format!(", in {name} (function {})", error.func),
            None => format!(", in function {}", error.func),
        };
    }
    if error.offset != 0 {
        message += &format!(", at offset {:#x}", error.offset);
    }
    if error.need != 0 {
        message += &format!("; {} would do", error.need);
    }
    build(py, class, &message, Some(error), module, frames).unwrap_or_else(|e| e)
}

/// The exception for a spent budget.
pub fn out_of_fuel(py: Python<'_>, used: u64, module: Module<'_>, frames: Vec<Frame>) -> PyErr {
    let message = format!("out of fuel after {used} instructions; Instance.resume continues");
    build(py, "OutOfFuel", &message, None, Some(module), frames).unwrap_or_else(|e| e)
}

fn build(
    py: Python<'_>,
    class: &str,
    message: &str,
    error: Option<&Error>,
    module: Option<Module<'_>>,
    frames: Vec<Frame>,
) -> PyResult<PyErr> {
    let values = py.import("wrt._values")?;
    let facts = PyDict::new(py);
    if let Some(error) = error {
        facts.set_item("status", error.status().name().to_string_lossy())?;
        facts.set_item("reason", error.reason.name())?;
        facts.set_item("offset", error.offset)?;
        facts.set_item("func", if error.func == NO_FUNC { None } else { Some(error.func) })?;
        facts.set_item("need", error.need)?;
        facts.set_item("detail", error.detail)?;
    } else {
        facts.set_item("status", Status::Fuel.name().to_string_lossy())?;
    }
    let exception = values.getattr(class)?.call((message,), Some(&facts))?;
    if matches!(class, "Trap" | "OutOfFuel") {
        let make = values.getattr("Frame")?;
        let frame = |f: Frame| {
            let name = module.and_then(|m| function_name(m, f.func));
            make.call1((name, f.func, f.func_offset, f.module_offset))
        };
        let frames = frames.into_iter().map(frame).collect::<PyResult<Vec<_>>>()?;
        exception.setattr("frames", PyTuple::new(py, frames)?)?;
    }
    Ok(PyErr::from_value(exception))
}

/// A mistake of the caller's that the engine does not see.
pub fn misuse(message: &'static str) -> PyErr {
    PyRuntimeError::new_err(message)
}
