//! `wrt.Instance`: a module that can run, and the things that it exports.

use crate::drive::{self, Ended};
use crate::errors;
use crate::func::{Func, MAX_DEPTH};
use crate::memory::Memory;
use crate::module::{Module, module_of};
use crate::resolve;
use crate::snapshot::Snapshot;
use crate::store::{HEAP, Held, STACK, Store, settings};
use crate::tag::Tag;
use crate::task::{Task, nothing_stopped};
use crate::things::{Global, Table};
use crate::values;
use core::sync::atomic::Ordering;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::sync::OnceLock;
use wrt_core::{Error, Reason};
use wrt_host::store::{Item, Place};

/// An instance of a module, with its memory and stack.
///
/// imports: what the module imports, as a mapping of mappings: {"env": {"sense": f}}. A value is a callable, a Func, Memory,
/// Table, Global or Tag of the same store, or a number for a global; instead of an inner mapping there may be an Instance,
/// whose exports are meant, or a Wasi. memory: bytes to which its memories may grow, in sum; None for what the module
/// declares. stack: bytes for the frames of each call. max_depth: frames that may be active at once. fuel: what a call may
/// spend where it does not say so itself; None for no bound. heap: bytes for its exceptions and objects. limits: a
/// wrt.Limits for what is not named; those of the module, where there are none. store: where it is to live; that of what it
/// imports, or a fresh one. arena: a writable buffer for a fresh store to lie in. start: whether its start function runs
/// now, with `fuel`; else the first call runs it.
///
/// Raises LinkError for an import that is missing or of another type, BudgetError where memory does not suffice.
#[pyclass(frozen, module = "wrt", weakref)]
pub struct Instance {
    pub store: Py<Store>,
    number: u32,
    module: Py<Module>,
    max_depth: u32,
    fuel: Option<u64>,
    /// What was called by name, for the next time.
    called: Py<PyDict>,
    exports: OnceLock<Py<PyAny>>,
}

/// What an argument says, else the limits, else nothing.
fn either<'py, T>(given: Option<T>, limits: Option<&Bound<'py, PyAny>>, name: &str) -> PyResult<Option<T>>
where
    T: for<'a> FromPyObject<'a, 'py>,
{
    match (given, limits) {
        (None, Some(limits)) => {
            let value = limits.getattr(name)?;
            let wrong = || PyValueError::new_err(format!("Limits.{name}: expected a count, not {value}"));
            if value.is_none() { Ok(None) } else { value.extract::<T>().map(Some).map_err(|_| wrong()) }
        }
        (given, _) => Ok(given),
    }
}

#[pymethods]
impl Instance {
    #[new]
    #[pyo3(signature = (module, imports = None, *, memory = None, stack = None, max_depth = None, fuel = None, heap = None,
                        limits = None, store = None, arena = None, start = true))]
    #[expect(clippy::too_many_arguments, reason = "one for each bound")]
    fn new(
        py: Python<'_>,
        module: &Bound<'_, PyAny>,
        imports: Option<&Bound<'_, PyAny>>,
        memory: Option<u64>,
        stack: Option<u64>,
        max_depth: Option<u32>,
        fuel: Option<u64>,
        heap: Option<u64>,
        limits: Option<&Bound<'_, PyAny>>,
        store: Option<&Bound<'_, PyAny>>,
        arena: Option<&Bound<'_, PyAny>>,
        start: bool,
    ) -> PyResult<Self> {
        let module = module_of(module)?;
        let own = module.get().limits.as_ref().map(|l| l.bind(py));
        let limits = limits.or(own);
        let shared = match store {
            Some(store) => Some(
                store
                    .cast::<Store>()
                    .map_err(|_| PyTypeError::new_err("store: expected a wrt.Store"))?
                    .clone()
                    .unbind(),
            ),
            None => resolve::store_of(module.get(), imports)?,
        };
        let bounds = (memory.is_some(), stack.is_some(), heap.is_some(), arena.is_some());
        let (max_depth, fuel) =
            (either(max_depth, limits, "max_depth")?.unwrap_or(MAX_DEPTH), either(fuel, limits, "fuel")?);
        let store = match shared {
            Some(_) if bounds != (false, false, false, false) => {
                let text =
                    "memory, stack, heap and arena are a store's; give them to wrt.Store, not to an Instance in it";
                return Err(PyValueError::new_err(text));
            }
            Some(store) => store,
            None => {
                let memory = either(memory, limits, "memory")?;
                let stack = either(stack, limits, "stack")?.unwrap_or(STACK);
                let heap = either(heap, limits, "heap")?.unwrap_or(HEAP);
                Store::create(py, settings(memory, stack, heap), arena)?
            }
        };
        let held = store.get().hold()?;
        let given = resolve::all(py, &held, module.get(), imports)?;
        let mut given = given.into_iter();
        let number = held
            .engine
            .instantiate(&module.get().inner, |_| given.next().flatten())
            .map_err(|e| resolve::refused(py, &held, &e, module.get(), imports))?;
        if start && module.get().inner.module().start().is_some() {
            begin(py, &held, number, max_depth, fuel)?;
        }
        drop(held);
        Ok(Instance::over(py, store, number, module.clone().unbind(), max_depth, fuel))
    }

    /// Makes an instance that goes on where a snapshot was taken, of a module of the same bytes. imports are as for an
    /// Instance; of bounds, those that the snapshot does not have. A call that was stopped is continued by resume.
    ///
    /// Raises Error for a snapshot of another module, and what Instance raises.
    #[staticmethod]
    #[pyo3(signature = (module, snapshot, imports = None, *, memory = None, stack = None, max_depth = MAX_DEPTH, fuel = None, arena = None))]
    #[expect(clippy::too_many_arguments, reason = "one for each bound")]
    fn restore(
        py: Python<'_>,
        module: &Bound<'_, PyAny>,
        snapshot: &Bound<'_, Snapshot>,
        imports: Option<&Bound<'_, PyAny>>,
        memory: Option<u64>,
        stack: Option<u64>,
        max_depth: u32,
        fuel: Option<u64>,
        arena: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (module, snapshot) = (module_of(module)?, snapshot.get());
        let store = Store::create(py, settings(memory, stack.unwrap_or(STACK), HEAP), arena)?;
        let held = store.get().hold()?;
        let given = resolve::all(py, &held, module.get(), imports)?;
        let mut given = given.into_iter();
        let restored = held.engine.restore(&module.get().inner, &snapshot.state, |_| given.next().flatten());
        let (number, task) = restored.map_err(|e| match e.reason {
            Reason::BadHandle => errors::raise_saying(
                py,
                &e,
                "the snapshot is of another module; restore it with the module of the same bytes",
            ),
            _ => resolve::refused(py, &held, &e, module.get(), imports),
        })?;
        if let Some(task) = task {
            let task = Task::restored(py, &held, &store, task, snapshot.func, max_depth)?;
            held.with_home(number, |home| home.stopped = Some(task));
        }
        drop(held);
        Ok(Instance::over(py, store, number, module.clone().unbind(), max_depth, fuel))
    }

    /// Calls an exported function: instance.call("add", 1, 2). fuel: instructions that it may execute.
    ///
    /// Gives None, a value, or a tuple. Raises Trap, OutOfFuel, Exit, GuestException, what an imported function raised, and
    /// TypeError or OverflowError for arguments that do not fit.
    #[pyo3(signature = (name, *args, fuel = None))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
        fuel: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let func = self.func(py, name)?;
        drive::call(py, func.get(), args, fuel.or(self.fuel))
    }

    /// Makes a call ready that is run by pieces; see Task.
    #[pyo3(signature = (name, *args))]
    fn task(&self, py: Python<'_>, name: &Bound<'_, PyAny>, args: &Bound<'_, PyTuple>) -> PyResult<Py<Task>> {
        Task::start(py, self.func(py, name)?.get(), args)
    }

    /// Calls an exported function without keeping the event loop waiting: it runs in slices, and imported `async def`
    /// functions are awaited. fuel: instructions that it may execute; slice: those between two looks at the loop.
    #[pyo3(signature = (name, *args, fuel = None, slice = 1_000_000))]
    fn call_async<'py>(
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
        fuel: Option<u64>,
        slice: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let task = slf.get().task(slf.py(), name, args)?;
        slf.py().import("wrt._async")?.getattr("drive")?.call1((task, fuel.or(slf.get().fuel), slice))
    }

    /// Says where a call spends its fuel; see Profile. every: instructions between two samples.
    #[pyo3(signature = (name, *args, every = 10_000, fuel = None))]
    fn profile<'py>(
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
        every: u64,
        fuel: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let task = slf.get().task(slf.py(), name, args)?;
        slf.py().import("wrt._profile")?.getattr("profile")?.call1((task, every, fuel.or(slf.get().fuel)))
    }

    /// Continues the call that has stopped, with as much more fuel; None for no bound. Raises StateError where none has.
    #[pyo3(signature = (fuel = None))]
    fn resume<'py>(&self, py: Python<'py>, fuel: Option<u64>) -> PyResult<Bound<'py, PyAny>> {
        let held = self.store.get().hold()?;
        let task = self.stopped(py)?.ok_or_else(|| nothing_stopped(py))?;
        match task.get().go_on(py, fuel, false) {
            Ok(Ended::Done) => {
                let value = task.get().value(py);
                self.keep(&held, &task);
                value
            }
            Ok(ended) => Err(drive::stopped(py, &held, &task, ended)),
            Err(error) => {
                self.keep(&held, &task);
                Err(error)
            }
        }
    }

    /// The call that has stopped, or None.
    #[getter]
    fn stopped(&self, py: Python<'_>) -> PyResult<Option<Py<Task>>> {
        let held = self.store.get().hold()?;
        Ok(held.with_home(self.number, |home| home.stopped.as_ref().map(|t| t.clone_ref(py))))
    }

    /// Asks the call under way to stop, from any thread; it raises Interrupted within some tens of milliseconds.
    fn interrupt(&self) {
        self.store.get().inner().stop.store(true, Ordering::Relaxed);
    }

    /// The state of the instance. Raises StateError where its store has anything else.
    fn snapshot(&self, py: Python<'_>) -> PyResult<Snapshot> {
        let held = self.store.get().hold()?;
        Snapshot::take(py, &held, self.number, None)
    }

    /// What it exports, by name: a mapping, whose names are attributes as well.
    #[getter]
    fn exports(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(exports) = self.exports.get() {
            return Ok(exports.clone_ref(py));
        }
        let held = self.store.get().hold()?;
        let (module, all) = (self.module.get().inner.module(), PyDict::new(py));
        for (number, item) in held.engine.exports(self.number).into_iter().enumerate() {
            if let Some(export) = module.export(number as u32) {
                all.set_item(export.name, self.thing(py, &held, item, export.name)?)?;
            }
        }
        let made = py.import("wrt._values")?.getattr("Exports")?.call1((all,))?.unbind();
        Ok(self.exports.get_or_init(|| made).clone_ref(py))
    }

    /// Its linear memory 0, whether exported or not. Raises Error where it has none.
    #[getter]
    fn memory(&self, py: Python<'_>) -> PyResult<Memory> {
        let held = self.store.get().hold()?;
        let place = Place { instance: self.number, index: 0 };
        held.engine.memory(place).map_err(|e| errors::raise_saying(py, &e, "the instance has no memory"))?;
        let exported = held.engine.exports(self.number).into_iter().find_map(|item| match item {
            Item::Memory(place) if place.index == 0 => Some(place),
            _ => None,
        });
        Ok(Memory { store: self.store.clone_ref(py), place: exported.unwrap_or(place) })
    }

    /// The module.
    #[getter]
    fn module(&self, py: Python<'_>) -> Py<Module> {
        self.module.clone_ref(py)
    }

    /// The store that it lives in.
    #[getter]
    fn store(&self, py: Python<'_>) -> Py<Store> {
        self.store.clone_ref(py)
    }

    /// What the last call has used.
    #[getter]
    fn usage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let held = self.store.get().hold()?;
        values::usage(py, &held.usage(self.number))
    }

    /// Instructions that the last call has executed.
    #[getter]
    fn fuel_used(&self) -> PyResult<u64> {
        Ok(self.store.get().hold()?.usage(self.number).fuel_used)
    }

    /// A hash of globals, tables and memories: equal states have equal hashes, on every machine.
    #[getter]
    fn state_hash(&self, py: Python<'_>) -> PyResult<u64> {
        let held = self.store.get().hold()?;
        held.engine.state_hash(self.number).map_err(|e| errors::raise(py, &e))
    }

    /// Closes its store, and with it every instance in it; see Store.close.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.store.bind(py).call_method0("close").map(|_| ())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }

    fn __repr__(&self) -> String {
        let module = self.module.get().inner.module();
        let names: Vec<_> =
            (0..module.export_count().min(8)).filter_map(|i| module.export(i)).map(|e| e.name).collect();
        let more = if module.export_count() > 8 { ", ..." } else { "" };
        let closed = if self.store.get().is_closed() { ", closed" } else { "" };
        format!("<wrt.Instance: {}{more}{closed}>", names.join(", "))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.called)?;
        if let Some(exports) = self.exports.get() {
            visit.call(exports)?;
        }
        visit.call(&self.store)
    }
}

/// Runs the start function.
fn begin(py: Python<'_>, held: &Held<'_>, number: u32, max_depth: u32, fuel: Option<u64>) -> PyResult<()> {
    let task = held.begin(number).map_err(|e| errors::raise(py, &e))?;
    held.engine.start_instance(task).map_err(|e| errors::raise(py, &e))?;
    let ended = drive::run(py, held, number, task, drive::Terms { fuel, max_depth, waits: false });
    let stopped = !matches!(ended, Ok(Ended::Done));
    if stopped {
        held.engine.reset(task);
    }
    held.end(number, task);
    match ended? {
        Ended::Done => Ok(()),
        Ended::Fuel => Err(errors::of_class(
            errors::Class::BudgetError,
            "the start function does not end within `fuel`; grant more, or make the instance with start=False",
            wrt_core::Status::Fuel,
        )),
        _ => Err(errors::state(
            "the start function was stopped; make the instance with start=False and call it by a Task",
        )),
    }
}

impl Instance {
    fn over(
        py: Python<'_>,
        store: Py<Store>,
        number: u32,
        module: Py<Module>,
        max_depth: u32,
        fuel: Option<u64>,
    ) -> Instance {
        let called = PyDict::new(py).unbind();
        Instance { store, number, module, max_depth, fuel, called, exports: OnceLock::new() }
    }

    /// Counts a call that has ended as the last one: what it used is what `usage` shows.
    fn keep(&self, held: &Held<'_>, task: &Py<Task>) {
        let stopped = held.with_home(self.number, |home| home.stopped.take());
        if let Some(id) = task.get().give_up() {
            held.end(self.number, id);
        }
        drop(stopped);
    }

    /// The function of this name.
    fn func<'py>(&self, py: Python<'py>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Func>> {
        if let Some(known) = self.called.bind(py).get_item(name)? {
            return Ok(known.cast_into::<Func>()?);
        }
        let text: &str =
            name.extract().map_err(|_| PyTypeError::new_err("name: expected the name of an exported function"))?;
        let held = self.store.get().hold()?;
        let func = match held.engine.export(self.number, text) {
            Some(Item::Func(place)) => self.make_func(py, &held, place, text)?,
            Some(_) => {
                let error = Error::new(Reason::ExportKind);
                return Err(errors::raise_saying(
                    py,
                    &error,
                    &format!("the export `{text}` is no function; see instance.exports"),
                ));
            }
            None => return Err(self.no_such(py, text)),
        };
        let func = Bound::new(py, func)?;
        self.called.bind(py).set_item(name, &func)?;
        Ok(func)
    }

    fn make_func(&self, py: Python<'_>, held: &Held<'_>, place: Place, name: &str) -> PyResult<Func> {
        let func = Func::of(py, held, self.store.clone_ref(py), place, self.number)?;
        Ok(Func { name: name.to_owned(), max_depth: self.max_depth, fuel: self.fuel, ..func })
    }

    fn no_such(&self, py: Python<'_>, name: &str) -> PyErr {
        let module = self.module.get().inner.module();
        let exports = (0..module.export_count()).filter_map(|i| module.export(i)).map(|e| e.name);
        let near = wrt_host::limits::nearest(name, exports);
        let hint = near.map(|near| format!("; is `{near}` meant?")).unwrap_or_default();
        errors::raise_saying(
            py,
            &Error::new(Reason::ExportNotFound),
            &format!("no function `{name}` is exported{hint}"),
        )
    }

    /// The Python object for something of the store.
    fn thing<'py>(&self, py: Python<'py>, held: &Held<'_>, item: Item, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let store = self.store.clone_ref(py);
        match item {
            Item::Func(place) => self.make_func(py, held, place, name)?.into_bound_py_any(py),
            Item::Memory(place) => Memory { store, place }.into_bound_py_any(py),
            Item::Table(place) => Table::of(py, held, store, place)?.into_bound_py_any(py),
            Item::Global(place) => Global::of(py, held, store, place)?.into_bound_py_any(py),
            Item::Tag(place) => Tag::of(held, store, place).into_bound_py_any(py),
        }
    }

    /// What it exports by a name.
    pub fn export<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let held = self.store.get().hold()?;
        held.engine.export(self.number, name).map(|item| self.thing(py, &held, item, name)).transpose()
    }
}
