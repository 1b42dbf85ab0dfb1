//! `wrt.Snapshot`: the state of an instance, and of a call that is stopped.

use crate::errors::{self, Class};
use crate::memory::bytes_of;
use crate::store::Held;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use wrt_core::{Error, Reason, Status};
use wrt_host::store::{Snapshot as State, TaskId};

/// No call was stopped.
const NO_CALL: u32 = u32::MAX;

/// The state of an instance and, where one was stopped, of a call: to go on later, in another process, or twice.
///
/// to_bytes and from_bytes write and read it, and pickle does. Damage is found; the bytes are to be trusted as the
/// program itself is. `Instance.restore` makes an instance of it.
#[pyclass(frozen, module = "wrt", eq)]
#[derive(PartialEq)]
pub struct Snapshot {
    pub state: State,
    /// The function that was called, whose results have its types.
    pub func: u32,
}

impl Snapshot {
    pub fn take(py: Python<'_>, held: &Held<'_>, instance: u32, call: Option<(TaskId, u32)>) -> PyResult<Snapshot> {
        let state = held.engine.snapshot(instance, call.map(|(task, _)| task)).map_err(|e| match e.reason {
            Reason::ForeignGroup => {
                let text = "the store has other instances, or memories, tables or functions of the host's; a snapshot is of \
                            an instance that shares nothing";
                errors::of_class(Class::StateError, text, Status::State)
            }
            _ => errors::raise(py, &e),
        })?;
        Ok(Snapshot { state, func: call.map_or(NO_CALL, |(_, func)| func) })
    }
}

#[pymethods]
impl Snapshot {
    /// The snapshot as bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let mut bytes = self.state.to_bytes();
        bytes.extend_from_slice(&self.func.to_le_bytes());
        bytes.extend_from_slice(&(!self.func).to_le_bytes());
        PyBytes::new(py, &bytes)
    }

    /// A snapshot of bytes that to_bytes gave. Raises MalformedError for damaged ones.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Snapshot> {
        let bytes = bytes_of(data)?;
        let Some((state, func)) = bytes.split_last_chunk::<8>() else {
            let text = "not a snapshot: too few bytes";
            return Err(errors::raise_saying(py, &Error::new(Reason::ImageMagic), text));
        };
        let state = State::from_bytes(state).map_err(|e| {
            let text = match e.reason {
                Reason::ImageMagic => "not a snapshot; expected what Snapshot.to_bytes gave",
                Reason::ImageChecksum => "the snapshot is damaged: its checksum is not that of its bytes",
                _ => "the snapshot is damaged: what stands there nobody writes",
            };
            errors::raise_saying(py, &e, text)
        })?;
        let [a, b, c, d, rest @ ..] = *func;
        let func = u32::from_le_bytes([a, b, c, d]);
        if u32::from_le_bytes(rest) != !func {
            let text = "the snapshot is damaged: its end is not what was written";
            return Err(errors::raise_saying(py, &Error::new(Reason::ImageChecksum), text));
        }
        Ok(Snapshot { state, func })
    }

    /// Whether a call was stopped when it was taken.
    #[getter]
    fn has_call(&self) -> bool {
        self.state.has_task()
    }

    fn __repr__(&self) -> String {
        let what = if self.state.has_task() { "instance and call" } else { "instance" };
        format!("<wrt.Snapshot: {what}, {} bytes>", self.state.to_bytes().len() + 8)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let make = slf.get_type().getattr("from_bytes")?;
        (make, (slf.get().to_bytes(slf.py()),)).into_pyobject(slf.py()).map(Bound::into_any)
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (_memo))]
    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyDict>) -> Py<Self> {
        slf
    }
}
