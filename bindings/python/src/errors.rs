//! The engine's errors as Python exceptions.
//!
//! Owns which exception goes with which error, and its message: what happened, where, and what would help. The classes
//! are in the package's Python half.

use crate::module::function_name;
use crate::store::Held;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use wrt_core::{Error, NO_FUNC, Reason, Status};
use wrt_host::OwnedModule;
use wrt_host::store::TaskId;

/// Frames that an exception carries at most.
pub const FRAMES: usize = 256;

macro_rules! classes {
    ($($name:ident)*) => {
        /// The exceptions of the package.
        #[derive(Clone, Copy)]
        pub enum Class { $($name,)* }

        impl Class {
            pub fn get<'py>(self, py: Python<'py>) -> PyResult<&'py Bound<'py, PyType>> {
                match self { $(Class::$name => {
                    static ONE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
                    ONE.import(py, "wrt._errors", stringify!($name))
                })* }
            }
        }
    };
}

classes! {
    Error MalformedError InvalidError UnsupportedError LinkError BudgetError TypeMismatchError BoundsError StateError
    BusyError ClosedError Trap GuestException OutOfFuel Interrupted Pending Exit
}

/// The exception that goes with a status.
fn class_of(error: &Error) -> Class {
    match error.status() {
        Status::Trap => Class::Trap,
        Status::Exit => Class::Exit,
        Status::Malformed => Class::MalformedError,
        Status::Invalid => Class::InvalidError,
        Status::Unsupported => Class::UnsupportedError,
        Status::Link => Class::LinkError,
        Status::Budget | Status::Arena => Class::BudgetError,
        Status::Type => Class::TypeMismatchError,
        Status::Bounds => Class::BoundsError,
        Status::State => Class::StateError,
        _ => Class::Error,
    }
}

/// The name of a reason as the C interface spells it.
pub fn reason_name(reason: Reason) -> String {
    let number = reason as u16;
    let mut out = String::from(if number > 0 && number < 100 { "WRT_TRAP" } else { "WRT_REASON" });
    let mut before = 'a';
    for (k, letter) in reason.name().chars().enumerate() {
        if k == 0 || (letter.is_ascii_uppercase() && !before.is_ascii_uppercase()) {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
        before = letter;
    }
    out
}

/// What can be done about it, where that is not the same for every error.
fn remedy(error: &Error) -> String {
    match (error.status(), error.reason) {
        (_, Reason::StackExhausted) => "; raise `stack` or `max_depth`, if the guest may recurse so deeply".into(),
        (_, Reason::ProposalOff) => {
            let bit = wrt_core::Proposals(u32::try_from(error.detail).unwrap_or(0));
            format!("; Limits(proposals=[..., {:?}]) turns it on", bit.name())
        }
        (_, Reason::ArenaTooSmall) if error.need == 0 => "; the system has no address space left".into(),
        (Status::Arena, _) if error.need != 0 => format!("; {} bytes would do", error.need),
        (Status::Budget, _) if error.need != 0 => format!("; the module asks for {}", error.need),
        (Status::Invalid | Status::Malformed, _) => String::new(),
        _ if error.need != 0 => format!("; {} would do", error.need),
        _ => String::new(),
    }
}

/// What happened, where, and what would help.
fn text(error: &Error, module: Option<&OwnedModule>) -> String {
    let mut message = error.message.to_string_lossy().replace("LoadBudget::", "Limits.");
    if error.func != NO_FUNC {
        message += &match module.and_then(|m| function_name(m.module(), error.func)) {
            Some(name) => format!(", in {name} (function {})", error.func),
            None => format!(", in function {}", error.func),
        };
    }
    if error.offset != 0 {
        message += &format!(", at offset {:#x}", error.offset);
    }
    message + &remedy(error)
}

fn build(py: Python<'_>, class: Class, message: &str, error: Option<&Error>, status: Status) -> PyResult<PyErr> {
    let facts = PyDict::new(py);
    facts.set_item("status", status.name().to_string_lossy())?;
    if let Some(error) = error {
        facts.set_item("reason", reason_name(error.reason))?;
        facts.set_item("offset", error.offset)?;
        facts.set_item("func", if error.func == NO_FUNC { None } else { Some(error.func) })?;
        facts.set_item("need", error.need)?;
        facts.set_item("detail", error.detail)?;
    }
    let made = class.get(py)?.call_method("_made", (message,), Some(&facts))?;
    Ok(PyErr::from_value(made))
}

/// The exception for an error of which no more is known.
pub fn raise(py: Python<'_>, error: &Error) -> PyErr {
    raise_in(py, error, None)
}

/// The same for an error in a module.
pub fn raise_in(py: Python<'_>, error: &Error, module: Option<&OwnedModule>) -> PyErr {
    raise_as(py, class_of(error), &text(error, module), error)
}

/// The same with a message of its own.
pub fn raise_saying(py: Python<'_>, error: &Error, message: &str) -> PyErr {
    raise_as(py, class_of(error), message, error)
}

fn raise_as(py: Python<'_>, class: Class, message: &str, error: &Error) -> PyErr {
    build(py, class, message, Some(error), error.status()).unwrap_or_else(|e| e)
}

/// The exception for a run that failed in a task.
pub fn raise_run(py: Python<'_>, held: &Held<'_>, home: u32, task: TaskId, error: &Error) -> PyErr {
    let module = held.engine.module(home);
    let raised = raise_in(py, error, module.as_deref());
    if error.status() == Status::Trap
        && let Err(e) = add_frames(py, held, task, &raised)
    {
        return e;
    }
    raised
}

/// Adds what stood where the task stopped.
pub fn add_frames(py: Python<'_>, held: &Held<'_>, task: TaskId, to: &PyErr) -> PyResult<()> {
    to.value(py).setattr("frames", frames(py, held, task, FRAMES)?)
}

/// The frames of a task, innermost first.
pub fn frames<'py>(py: Python<'py>, held: &Held<'_>, task: TaskId, limit: usize) -> PyResult<Bound<'py, PyTuple>> {
    let make = py.import("wrt._values")?.getattr("Frame")?;
    let frames = held.engine.backtrace(task, limit);
    let all = frames.into_iter().map(|f| {
        let name = held.engine.module(f.instance).and_then(|m| function_name(m.module(), f.func));
        make.call1((name, f.func, f.func_offset, f.module_offset, f.instance))
    });
    PyTuple::new(py, all.collect::<PyResult<Vec<_>>>()?)
}

/// An exception of the package that no error of the engine stands behind.
pub fn of_class(class: Class, message: &str, status: Status) -> PyErr {
    Python::attach(|py| build(py, class, message, None, status).unwrap_or_else(|e| e))
}

/// Another thread is there, or a guest runs.
#[cold]
pub fn busy(message: &str) -> PyErr {
    of_class(Class::BusyError, message, Status::State)
}

/// It was closed.
#[cold]
pub fn closed(message: &str) -> PyErr {
    of_class(Class::ClosedError, message, Status::Handle)
}

/// A call in the wrong state.
#[cold]
pub fn state(message: &str) -> PyErr {
    of_class(Class::StateError, message, Status::State)
}
