//! `wrt.Wasi`: what a guest is granted of the system (WASI preview 1).

use crate::errors;
use crate::store::{Held, Store};
use core::cell::RefCell;
use core::mem::ManuallyDrop;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use wrt_core::Import;
use wrt_host::store::Given;
use wrt_host::wasi::{Access, Clock, DETERMINISTIC_START, Input, Output, Wasi as World1, WasiBuilder};
use wrt_host::{Closure, OwnedModule};

/// What a stream is to be.
enum Stream {
    Discard,
    Inherit,
    Capture,
}

/// Bytes that a guest wrote. The counts of owners are not atomic: they are touched under the lock of the store alone.
type Written = Rc<RefCell<Vec<u8>>>;

/// Where a Wasi was linked, and what was written there.
struct Linked {
    store: Py<Store>,
    streams: ManuallyDrop<[Written; 2]>,
}

/// What a guest is granted of the system, by WASI preview 1: nothing, but for what is named here.
///
/// args: arguments, the program's name first. env: variables. dirs: directories, {guest's name: path} or
/// {guest's name: (path, "ro")}. stdin: bytes, a str, "inherit" or None for an empty one. stdout, stderr: "capture" (read
/// them as attributes), "inherit" or None to drop what is written. clock: "real", "deterministic" or a number of
/// nanoseconds since 1970 at which deterministic time begins. seed: makes randomness the same in every run.
///
/// Give it for the imports of "wasi_snapshot_preview1", of one instance. Raises OSError for a directory that cannot be
/// opened.
#[pyclass(frozen, module = "wrt")]
pub struct Wasi {
    args: Vec<String>,
    env: Vec<(String, String)>,
    dirs: Vec<(String, PathBuf, Access)>,
    stdin: Option<Vec<u8>>,
    stdin_inherit: bool,
    streams: [Stream; 2],
    clock: Clock,
    seed: Option<u64>,
    linked: RefCell<Option<Linked>>,
}

// SAFETY: `linked` is touched by threads that are attached to the interpreter; what counts its owners without atomics
// there is touched under the lock of its store alone.
unsafe impl Send for Wasi {}
// SAFETY: as above.
unsafe impl Sync for Wasi {}

impl Drop for Wasi {
    fn drop(&mut self) {
        if let Some(mut linked) = self.linked.take() {
            // Where the store is busy or closed, the bytes stay: the guest may be writing.
            if linked.store.get().hold().is_ok() || linked.store.get().is_closed() {
                // SAFETY: dropped once, here.
                unsafe { ManuallyDrop::drop(&mut linked.streams) }
            }
        }
    }
}

/// The functions that one module imports of a Wasi.
pub struct World(HashMap<(String, String), Closure>);

impl World {
    /// The function for an import; a second import of the same shares it.
    pub fn take(&mut self, import: &Import<'_>) -> Option<Given> {
        let key = (import.module.to_owned(), import.name.to_owned());
        let one = self.0.remove(&key)?;
        let shared = Rc::new(one);
        let again = shared.clone();
        self.0.insert(key, Box::new(move |caller, slots| again(caller, slots)));
        Some(Given::Host(Box::new(move |caller, slots| shared(caller, slots))))
    }
}

fn stream(name: &str, given: Option<&str>) -> PyResult<Stream> {
    match given {
        None => Ok(Stream::Discard),
        Some("inherit") => Ok(Stream::Inherit),
        Some("capture") => Ok(Stream::Capture),
        Some(other) => {
            Err(PyValueError::new_err(format!("{name}: expected \"capture\", \"inherit\" or None, not {other:?}")))
        }
    }
}

fn directory(guest: &str, given: &Bound<'_, PyAny>) -> PyResult<(String, PathBuf, Access)> {
    let wrong = || PyTypeError::new_err(format!("dirs[{guest:?}]: expected a path, or a path and \"ro\" or \"rw\""));
    if let Ok((path, access)) = given.extract::<(PathBuf, String)>() {
        let access = match access.as_str() {
            "ro" => Access::ReadOnly,
            "rw" => Access::ReadWrite,
            _ => return Err(wrong()),
        };
        return Ok((guest.into(), path, access));
    }
    Ok((guest.into(), given.extract().map_err(|_| wrong())?, Access::ReadWrite))
}

#[pymethods]
impl Wasi {
    #[new]
    #[pyo3(signature = (*, args = Vec::new(), env = None, dirs = None, stdin = None, stdout = Some("capture"), stderr = Some("capture"), clock = None, seed = None))]
    #[expect(clippy::too_many_arguments, reason = "one for each thing that can be granted")]
    fn new(
        args: Vec<String>,
        env: Option<HashMap<String, String>>,
        dirs: Option<&Bound<'_, PyDict>>,
        stdin: Option<&Bound<'_, PyAny>>,
        stdout: Option<&str>,
        stderr: Option<&str>,
        clock: Option<&Bound<'_, PyAny>>,
        seed: Option<u64>,
    ) -> PyResult<Self> {
        let mut env: Vec<_> = env.unwrap_or_default().into_iter().collect();
        env.sort();
        let dirs = dirs.map_or_else(Vec::new, |d| d.iter().collect());
        let dirs = dirs.iter().map(|(guest, given)| directory(&guest.extract::<String>()?, given));
        let dirs = dirs.collect::<PyResult<_>>()?;
        let (stdin, stdin_inherit) = match stdin {
            None => (None, false),
            Some(text) if text.is_instance_of::<PyString>() => match text.extract::<String>()?.as_str() {
                "inherit" => (None, true),
                text => (Some(text.as_bytes().to_vec()), false),
            },
            Some(bytes) => (Some(crate::memory::bytes_of(bytes)?), false),
        };
        let clock = match clock {
            None => Clock::Real,
            Some(clock) => match clock.extract::<u64>() {
                Ok(start) => Clock::Deterministic(start),
                Err(_) => match clock.extract::<String>().as_deref() {
                    Ok("real") => Clock::Real,
                    Ok("deterministic") => Clock::Deterministic(DETERMINISTIC_START),
                    _ => {
                        return Err(PyValueError::new_err(
                            "clock: expected \"real\", \"deterministic\" or nanoseconds since 1970",
                        ));
                    }
                },
            },
        };
        let streams = [stream("stdout", stdout)?, stream("stderr", stderr)?];
        let linked = RefCell::new(None);
        let wasi = Wasi { args, env, dirs, stdin, stdin_inherit, streams, clock, seed, linked };
        // Said here, where it is read what is wrong.
        wasi.builder()?;
        Ok(wasi)
    }

    /// What the guest has written to its standard output so far. Raises ValueError where it is not captured.
    #[getter]
    fn stdout<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.written(py, 0, "stdout")
    }

    /// What the guest has written to its standard stream of errors so far. Raises ValueError where it is not captured.
    #[getter]
    fn stderr<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.written(py, 1, "stderr")
    }

    fn __repr__(&self) -> String {
        format!(
            "<wrt.Wasi: {} arguments, {} variables, {} directories>",
            self.args.len(),
            self.env.len(),
            self.dirs.len()
        )
    }

    fn __traverse__(&self, visit: pyo3::gc::PyVisit<'_>) -> Result<(), pyo3::gc::PyTraverseError> {
        match self.linked.try_borrow().as_deref() {
            Ok(Some(linked)) => visit.call(&linked.store),
            _ => Ok(()),
        }
    }
}

impl Wasi {
    fn written<'py>(&self, py: Python<'py>, which: usize, name: &str) -> PyResult<Bound<'py, PyBytes>> {
        if !matches!(self.streams.get(which), Some(Stream::Capture)) {
            return Err(PyValueError::new_err(format!(
                "{name} is not captured; make the Wasi with {name}=\"capture\""
            )));
        }
        let linked = self.linked.borrow();
        let Some(linked) = linked.as_ref() else { return Ok(PyBytes::new(py, b"")) };
        let _held = match linked.store.get().hold() {
            Ok(held) => Some(held),
            // Nobody writes any more.
            Err(_) if linked.store.get().is_closed() => None,
            Err(busy) => return Err(busy),
        };
        let bytes = linked.streams.get(which).map(|stream| stream.borrow().clone()).unwrap_or_default();
        Ok(PyBytes::new(py, &bytes))
    }

    fn builder(&self) -> PyResult<WasiBuilder> {
        let mut builder = World1::builder().clock(self.clock).blocks(true);
        for arg in &self.args {
            builder = builder.arg(arg).map_err(|e| PyValueError::new_err(e.to_string()))?;
        }
        for (name, value) in &self.env {
            builder = builder.var(name, value).map_err(|e| PyValueError::new_err(e.to_string()))?;
        }
        for (guest, path, access) in &self.dirs {
            builder = builder.directory(path, guest, *access)?;
        }
        if let Some(seed) = self.seed {
            builder = builder.seed(seed);
        }
        Ok(builder)
    }

    /// Makes the world for a module's imports.
    pub fn link(&self, py: Python<'_>, held: &Held<'_>, module: &OwnedModule) -> PyResult<World> {
        if self.linked.borrow().is_some() {
            return Err(PyValueError::new_err("a Wasi serves one instance; make another for this one"));
        }
        let written: [Written; 2] = Default::default();
        let output = |which: usize| match (self.streams.get(which), written.get(which)) {
            (Some(Stream::Inherit), _) => Output::Inherit,
            (Some(Stream::Capture), Some(buffer)) => Output::Buffer(buffer.clone()),
            _ => Output::Discard,
        };
        let input = match (&self.stdin, self.stdin_inherit) {
            (_, true) => Input::Inherit,
            (Some(bytes), _) => Input::Bytes(bytes.clone()),
            (None, _) => Input::Empty,
        };
        let world = self.builder()?.stdin(input).stdout(output(0)).stderr(output(1)).build()?;
        let functions = world.imports(module.module()).map_err(|e| errors::raise_in(py, &e, Some(module)))?;
        // What waits must not hold the interpreter's lock meanwhile.
        held.inner.blocks.set(true);
        self.linked.replace(Some(Linked { store: held.inner.me(py), streams: ManuallyDrop::new(written) }));
        Ok(World(functions.into_iter().map(|f| ((f.module, f.name), f.call)).collect()))
    }
}
