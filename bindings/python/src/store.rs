//! `wrt.Store`: what instances, memories and tables live in, and who may use it when.
//!
//! Owns the lock, the Python objects that a store keeps for its guests, and which task serves the next call. A store
//! is the one Python object that refers to all of these, so that Python's collector sees every cycle through it.

use crate::errors;
use crate::lock::OwnerLock;
use crate::task::Task;
use core::cell::{Cell, Ref, RefCell};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyBufferError, PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Mutex;
use wrt_core::{Usage, ValType};
use wrt_host::store::{Lent, Store as Engine, StoreSettings, TaskId};

/// Bytes of a stack where nothing else is said.
pub const STACK: u64 = 16 << 20;
/// Bytes of a heap where nothing else is said.
pub const HEAP: u64 = 64 << 20;

/// A Python function that guests call.
pub struct HostEntry {
    /// None once the collector has taken it.
    pub function: RefCell<Option<Py<PyAny>>>,
    /// `env.led`, for messages.
    pub name: String,
    pub params: Vec<ValType>,
    pub results: Vec<ValType>,
}

/// A call of the host that has not ended.
pub struct Parked {
    pub name: String,
    pub args: Py<PyAny>,
    pub awaitable: Option<Py<PyAny>>,
}

/// Calls of one instance's functions.
#[derive(Default)]
pub struct Home {
    /// The task of the call that ended last, for the next one.
    idle: Option<TaskId>,
    /// A call that has stopped and can go on.
    pub stopped: Option<Py<Task>>,
}

/// What a store is made of. Touched under the interpreter's lock alone, but for the engine, which runs without it
/// while `lock` is held.
pub struct Inner {
    engine: RefCell<Option<Engine>>,
    lock: OwnerLock,
    /// The Python object, to which this belongs.
    me: Cell<*mut pyo3::ffi::PyObject>,
    /// Memories that are lent to views.
    pub views: Cell<usize>,
    hosts: RefCell<Vec<Rc<HostEntry>>>,
    externs: RefCell<Externs>,
    pub homes: RefCell<Vec<Home>>,
    /// The exception of a Python function that ends the run under way.
    pub raised: RefCell<Option<PyErr>>,
    pub parked: RefCell<Option<Parked>>,
    /// Whether the run under way can wait for an `async def`.
    pub waits: Cell<bool>,
    /// Whether a host function may block the thread, so that guests never run with the interpreter's lock held.
    pub blocks: Cell<bool>,
    /// Asked from any thread.
    pub stop: AtomicBool,
    /// Tasks that were dropped while another thread ran a guest.
    orphans: Mutex<Vec<TaskId>>,
    /// Length of `orphans`.
    orphaned: AtomicUsize,
}

/// Python objects that guests hold as `externref`. They are kept as long as the store: nobody says when a guest has
/// dropped its last reference.
#[derive(Default)]
struct Externs {
    objects: Vec<Py<PyAny>>,
    numbers: HashMap<usize, u64>,
}

/// Instances that may be linked to one another, and all that they share.
///
/// An instance that is made without a store gets one of its own. Threads may use a store in turn; while one is in it,
/// another gets BusyError. Closing it ends everything in it.
#[pyclass(frozen, module = "wrt", weakref)]
pub struct Store {
    inner: Inner,
    /// Keeps the buffer that is lent, which is dropped after the engine.
    arena: Mutex<Option<Py<PyAny>>>,
}

// SAFETY: the engine is used by the thread that holds `lock` alone; what is not `Send` in it (the world of WASI, whose
// counts of owners are not atomic) is owned by it or by `Inner`, and reached through the lock as well. The cells of
// `Inner` are touched by threads that are attached to the interpreter, which has one lock for all: the module says so
// by `gil_used`.
unsafe impl Send for Store {}
// SAFETY: as above.
unsafe impl Sync for Store {}

/// The store is this thread's.
pub struct Held<'a> {
    // Declared first, so that it is given back before the lock.
    pub engine: Ref<'a, Engine>,
    pub inner: &'a Inner,
    _lock: Lock<'a>,
}

struct Lock<'a>(&'a OwnerLock);

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

impl Inner {
    #[inline(always)]
    fn take(&self) -> PyResult<Lock<'_>> {
        if self.lock.try_take() { Ok(Lock(&self.lock)) } else { Err(occupied()) }
    }

    /// Uses the store.
    // Where it is called, so that what it gives does not pass through memory.
    #[inline(always)]
    pub fn hold(&self) -> PyResult<Held<'_>> {
        let lock = self.take()?;
        match Ref::filter_map(self.engine.borrow(), Option::as_ref) {
            Ok(engine) => Ok(Held { engine, inner: self, _lock: lock }),
            Err(_) => Err(errors::closed("the store is closed; make another")),
        }
    }

    /// A reference to the Python object.
    pub fn me(&self, py: Python<'_>) -> Py<Store> {
        // SAFETY: who uses the inside of the object has a reference to it, and it is a Store.
        unsafe { Bound::from_borrowed_ptr(py, self.me.get()).cast_into_unchecked::<Store>().unbind() }
    }

    /// Keeps a Python function for guests.
    pub fn add_host(
        &self,
        function: &Bound<'_, PyAny>,
        name: String,
        types: (Vec<ValType>, Vec<ValType>),
    ) -> Rc<HostEntry> {
        let function = RefCell::new(Some(function.clone().unbind()));
        let entry = Rc::new(HostEntry { function, name, params: types.0, results: types.1 });
        self.hosts.borrow_mut().push(entry.clone());
        entry
    }

    /// The number of a Python object that a guest is given.
    pub fn intern(&self, object: &Bound<'_, PyAny>) -> u64 {
        let mut externs = self.externs.borrow_mut();
        let next = externs.objects.len() as u64 + 1;
        let number = *externs.numbers.entry(object.as_ptr() as usize).or_insert(next);
        if number == next {
            externs.objects.push(object.clone().unbind());
        }
        number
    }

    /// The object of a number.
    pub fn interned<'py>(&self, py: Python<'py>, number: u64) -> Option<Bound<'py, PyAny>> {
        let k = usize::try_from(number).ok()?.checked_sub(1)?;
        self.externs.borrow().objects.get(k).map(|object| object.bind(py).clone())
    }
}

#[cold]
fn occupied() -> PyErr {
    errors::busy("another thread runs a guest of this store; wait for it, or use a store for each thread")
}

impl Held<'_> {
    /// Changes what is kept of an instance's calls.
    pub fn with_home<T>(&self, home: u32, f: impl FnOnce(&mut Home) -> T) -> T {
        let mut homes = self.inner.homes.borrow_mut();
        let number = home as usize;
        if homes.len() <= number {
            homes.resize_with(number + 1, Home::default);
        }
        // There is one, as was just seen to.
        homes.get_mut(number).map(f).unwrap_or_else(|| unreachable!())
    }

    /// The idle task of an instance, and what had stopped there before.
    #[inline]
    pub fn idle(&self, home: u32) -> (Option<TaskId>, Option<Py<Task>>) {
        match self.inner.homes.borrow_mut().get_mut(home as usize) {
            Some(home) => (home.idle.take(), home.stopped.take()),
            None => (None, None),
        }
    }

    /// A task for a call, counting from zero.
    #[inline]
    pub fn begin(&self, home: u32) -> Result<TaskId, wrt_core::Error> {
        if self.inner.orphaned.load(Ordering::Relaxed) != 0 {
            self.collect();
        }
        if self.inner.lock.is_outermost() {
            // It was meant for an earlier call.
            self.inner.stop.store(false, Ordering::Relaxed);
        }
        // A call that was stopped and is not continued is given up.
        let (idle, stopped) = self.idle(home);
        drop(stopped);
        match idle {
            Some(task) => {
                self.engine.reset(task);
                Ok(task)
            }
            None => self.engine.task(home),
        }
    }

    /// Keeps the task of a call that has ended, for the next one.
    #[inline]
    pub fn end(&self, home: u32, task: TaskId) {
        if let Some(home) = self.inner.homes.borrow_mut().get_mut(home as usize)
            && home.idle.is_none()
        {
            home.idle = Some(task);
            return;
        }
        if let Some(other) = self.with_home(home, |h| h.idle.replace(task)) {
            self.engine.release(other);
        }
    }

    fn collect(&self) {
        let orphans = core::mem::take(&mut *self.inner.orphans.lock().unwrap_or_else(|e| e.into_inner()));
        self.inner.orphaned.store(0, Ordering::Relaxed);
        orphans.into_iter().for_each(|task| self.engine.release(task));
    }

    /// What the last call of an instance's functions used.
    pub fn usage(&self, home: u32) -> Usage {
        let (idle, stopped) = self.with_home(home, |h| (h.idle, h.stopped.as_ref().and_then(|task| task.get().id())));
        stopped.or(idle).map_or(Usage::default(), |task| self.engine.usage(task))
    }
}

impl Store {
    #[inline]
    pub fn inner(&self) -> &Inner {
        &self.inner
    }

    #[inline(always)]
    pub fn hold(&self) -> PyResult<Held<'_>> {
        self.inner.hold()
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.inner.engine.try_borrow().is_ok_and(|engine| engine.is_none())
    }

    /// Gives back a task that nobody refers to any more.
    pub fn drop_task(&self, task: TaskId) {
        match self.hold() {
            Ok(held) => held.engine.release(task),
            Err(_) => {
                self.inner.orphans.lock().unwrap_or_else(|e| e.into_inner()).push(task);
                self.inner.orphaned.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub fn create(py: Python<'_>, settings: StoreSettings, arena: Option<&Bound<'_, PyAny>>) -> PyResult<Py<Store>> {
        let engine = match arena {
            None => Engine::new(settings),
            Some(arena) => Engine::new_in(settings, lend(arena)?),
        };
        let inner = Inner {
            engine: RefCell::new(Some(engine)),
            lock: OwnerLock::default(),
            me: Cell::new(core::ptr::null_mut()),
            views: Cell::new(0),
            hosts: RefCell::default(),
            externs: RefCell::default(),
            homes: RefCell::default(),
            raised: RefCell::default(),
            parked: RefCell::default(),
            waits: Cell::new(false),
            blocks: Cell::new(false),
            stop: AtomicBool::new(false),
            orphans: Mutex::default(),
            orphaned: AtomicUsize::new(0),
        };
        let store = Py::new(py, Store { inner, arena: Mutex::new(arena.map(|a| a.clone().unbind())) })?;
        store.get().inner.me.set(store.as_ptr());
        Ok(store)
    }
}

/// Borrows a writable buffer for a store.
fn lend(arena: &Bound<'_, PyAny>) -> PyResult<Lent> {
    let buffer = PyBuffer::<u8>::get(arena).or_else(|_| {
        // An array of something else is bytes as well.
        let bytes =
            arena.py().import("builtins")?.getattr("memoryview")?.call1((arena,))?.call_method1("cast", ("B",))?;
        PyBuffer::<u8>::get(&bytes)
    })?;
    if buffer.readonly() {
        return Err(PyBufferError::new_err(
            "arena: the buffer is read-only; lend one that can be written, such as a bytearray",
        ));
    }
    if !buffer.is_c_contiguous() {
        return Err(PyBufferError::new_err("arena: the buffer is not contiguous; lend one that is one piece"));
    }
    let (base, len) = (buffer.buf_ptr().cast::<u8>(), buffer.len_bytes());
    // SAFETY: the exporter keeps the bytes where they are until the buffer is given back, which the store does last. That
    // nobody else writes to them meanwhile is what the documentation asks of the caller; what is written there by others
    // is read as bytes only.
    unsafe { Lent::from_raw(base, len, Box::new(buffer)) }
        .map_err(|_| PyValueError::new_err("arena: the buffer is empty; lend as many bytes as the plan asks for"))
}

/// Settings of a store.
pub fn settings(memory: Option<u64>, stack: u64, heap: u64) -> StoreSettings {
    StoreSettings { stack_bytes: stack, max_memory_bytes: memory, heap_bytes: heap }
}

#[pymethods]
impl Store {
    /// Makes an empty store.
    ///
    /// memory: bytes to which the memories of one instance may grow, in sum; None for what its module declares.
    /// stack: bytes for the frames of each call that is under way. heap: bytes for exceptions and objects of guests.
    /// arena: a writable buffer, such as a bytearray or a numpy array, in which everything is to lie; it is kept, and
    /// cannot be resized, until the store is closed.
    #[new]
    #[pyo3(signature = (*, memory = None, stack = STACK, heap = HEAP, arena = None))]
    fn new(
        py: Python<'_>,
        memory: Option<u64>,
        stack: u64,
        heap: u64,
        arena: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Self>> {
        Store::create(py, settings(memory, stack, heap), arena)
    }

    /// Ends everything in the store. What belonged to it raises ClosedError from then on.
    ///
    /// Raises BusyError while a guest runs, and BufferError while a view of a memory exists.
    fn close(&self) -> PyResult<()> {
        let _lock = self.inner.take()?;
        if self.inner.views.get() != 0 {
            let text = format!(
                "{} views of memories exist; release them first, such as by `del view`",
                self.inner.views.get()
            );
            return Err(PyBufferError::new_err(text));
        }
        let engine = match self.inner.engine.try_borrow_mut() {
            Ok(mut engine) => engine.take(),
            Err(_) => return Err(errors::busy("a guest of this store runs; close it when the call has ended")),
        };
        drop(engine);
        self.__clear__();
        let arena = self.arena.lock().ok().and_then(|mut a| a.take());
        drop(arena);
        Ok(())
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.is_closed()
    }

    /// Bytes of the arena that are taken; 0 without an arena.
    #[getter]
    fn arena_taken(&self) -> PyResult<u64> {
        Ok(self.hold()?.engine.lent_taken())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close()
    }

    fn __repr__(&self) -> String {
        match self.hold() {
            Ok(held) => format!("<wrt.Store: {} instances>", held.engine.len()),
            Err(_) if self.is_closed() => "<wrt.Store: closed>".into(),
            Err(_) => "<wrt.Store: busy>".into(),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // What is being changed just now is in use, and may count as reachable.
        if let Ok(hosts) = self.inner.hosts.try_borrow() {
            for entry in hosts.iter() {
                if let Ok(function) = entry.function.try_borrow() {
                    visit.call(&*function)?;
                }
            }
        }
        if let Ok(externs) = self.inner.externs.try_borrow() {
            externs.objects.iter().try_for_each(|object| visit.call(object))?;
        }
        if let Ok(homes) = self.inner.homes.try_borrow() {
            homes.iter().try_for_each(|home| visit.call(&home.stopped))?;
        }
        if let Ok(Some(parked)) = self.inner.parked.try_borrow().as_deref() {
            visit.call(&parked.args)?;
            visit.call(&parked.awaitable)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        let hosts = self.inner.hosts.try_borrow().map(|hosts| hosts.to_vec()).unwrap_or_default();
        let functions: Vec<_> = hosts.iter().filter_map(|entry| entry.function.try_borrow_mut().ok()?.take()).collect();
        drop(functions);
        let externs = self.inner.externs.try_borrow_mut().map(|mut e| core::mem::take(&mut *e)).unwrap_or_default();
        drop(externs);
        let homes = self.inner.homes.try_borrow_mut().map(|mut h| core::mem::take(&mut *h)).unwrap_or_default();
        drop(homes);
        let parked = self.inner.parked.try_borrow_mut().ok().and_then(|mut p| p.take());
        drop(parked);
    }
}

/// The store that an argument names, or a fresh one.
pub fn store_or_new(py: Python<'_>, store: Option<&Bound<'_, PyAny>>) -> PyResult<Py<Store>> {
    match store {
        None => Store::create(py, settings(None, STACK, HEAP), None),
        Some(store) => match store.cast::<Store>() {
            Ok(store) => Ok(store.clone().unbind()),
            Err(_) => match store.getattr("store").and_then(|s| Ok(s.cast_into::<Store>()?)) {
                Ok(store) => Ok(store.unbind()),
                Err(_) => Err(PyTypeError::new_err("store: expected a wrt.Store or something that has one")),
            },
        },
    }
}
