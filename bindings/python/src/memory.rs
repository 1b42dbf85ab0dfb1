//! `wrt.Memory`: a linear memory, by checked access and as a buffer.

use crate::errors;
use crate::store::{Store, store_or_new};
use crate::values;
use core::ffi::c_int;
use pyo3::exceptions::{PyBufferError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PySlice};
use wrt_core::{Error, Limits, MemoryType, Reason};
use wrt_host::store::Place;

/// A linear memory.
///
/// read and write, slices and the typed helpers check every access. `memoryview(memory)` and `numpy.frombuffer(memory)`
/// show it without a copy: with the length of that time, and writable. A view keeps the store alive; the memory never
/// moves, so that a view stays right when it grows. Whoever writes through a view while another thread runs the guest
/// sees and makes what two threads without a lock do.
#[pyclass(frozen, module = "wrt")]
pub struct Memory {
    pub store: Py<Store>,
    pub place: Place,
}

macro_rules! typed {
    ($py:ident, $self:ident, $addr:ident, $ty:ty) => {{
        let mut bytes = [0; size_of::<$ty>()];
        let held = $self.store.get().hold()?;
        held.engine.memory_read($self.place, $addr, &mut bytes).map_err(|e| errors::raise($py, &e))?;
        Ok(<$ty>::from_le_bytes(bytes))
    }};
}

impl Memory {
    fn put(&self, py: Python<'_>, addr: u64, bytes: &[u8]) -> PyResult<()> {
        let held = self.store.get().hold()?;
        held.engine.memory_write(self.place, addr, bytes).map_err(|e| errors::raise(py, &e))
    }

    fn len(&self, py: Python<'_>) -> PyResult<u64> {
        let held = self.store.get().hold()?;
        held.engine.memory(self.place).map(|view| view.len).map_err(|e| errors::raise(py, &e))
    }

    /// Start, stop of a slice, within the memory.
    fn range(&self, py: Python<'_>, slice: &Bound<'_, PySlice>) -> PyResult<(u64, usize)> {
        let len = self.__len__(py)?;
        let at = slice.indices(isize::try_from(len)?)?;
        if at.step != 1 {
            return Err(PyValueError::new_err("a slice of a memory has no step; use memoryview(memory)"));
        }
        Ok((at.start as u64, at.slicelength))
    }

    /// An index as an address; negative ones count from the end.
    fn address(&self, py: Python<'_>, index: &Bound<'_, PyAny>) -> PyResult<u64> {
        let index: i64 = index.extract().map_err(|_| PyTypeError::new_err("expected an address or a slice"))?;
        let len = self.len(py)?;
        let at = if index < 0 { (len as i64).saturating_add(index) } else { index };
        u64::try_from(at).ok().filter(|at| *at < len).ok_or_else(|| errors::raise(py, &Reason::HostMemoryBounds.into()))
    }
}

#[pymethods]
impl Memory {
    /// Makes a memory to be imported: of `min` pages of 65,536 bytes that may grow to `max`. memory64: whether guests
    /// address it by 64 bits. store: where it is to live; a fresh one where none is named.
    #[new]
    #[pyo3(signature = (min, max = None, *, memory64 = false, store = None))]
    fn new(
        py: Python<'_>,
        min: u64,
        max: Option<u64>,
        memory64: bool,
        store: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let store = store_or_new(py, store)?;
        let ty = MemoryType { is64: memory64, ..MemoryType::new(Limits { min, max: max.unwrap_or(u64::MAX) }) };
        let place = store.get().hold()?.engine.define_memory(ty).map_err(|e| errors::raise(py, &e))?;
        Ok(Memory { store, place })
    }

    /// Copies `n` bytes from `addr` on. Raises BoundsError where they are not all inside.
    fn read<'py>(&self, py: Python<'py>, addr: u64, n: usize) -> PyResult<Bound<'py, PyBytes>> {
        let held = self.store.get().hold()?;
        // Before the bytes are allocated, so that a wrong length costs nothing.
        let len = held.engine.memory(self.place).map_err(|e| errors::raise(py, &e))?.len;
        if addr.checked_add(n as u64).is_none_or(|end| end > len) {
            return Err(errors::raise(py, &Error::new(Reason::HostMemoryBounds)));
        }
        PyBytes::new_with(py, n, |dst| {
            held.engine.memory_read(self.place, addr, dst).map_err(|e| errors::raise(py, &e))
        })
    }

    /// Copies `data` to `addr`: bytes, or any other buffer. Raises BoundsError, with nothing written, where there is no
    /// room.
    fn write(&self, py: Python<'_>, addr: u64, data: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Ok(bytes) = data.cast::<PyBytes>() {
            return self.put(py, addr, bytes.as_bytes());
        }
        let bytes = py.import("builtins")?.getattr("memoryview")?.call1((data,))?.call_method0("tobytes")?;
        self.put(py, addr, bytes.cast::<PyBytes>()?.as_bytes())
    }

    /// Text in UTF-8: of `n` bytes, or up to a byte 0 where no length is given.
    #[pyo3(signature = (addr, n = None))]
    fn read_str(&self, py: Python<'_>, addr: u64, n: Option<usize>) -> PyResult<String> {
        let bytes = match n {
            Some(n) => self.read(py, addr, n)?.as_bytes().to_vec(),
            None => {
                let rest = self.len(py)?.saturating_sub(addr);
                let mut text = Vec::new();
                loop {
                    let step = usize::try_from(rest.saturating_sub(text.len() as u64).min(256))?;
                    if step == 0 {
                        return Err(errors::raise(py, &Error::new(Reason::HostMemoryBounds)));
                    }
                    let piece = self.read(py, addr + text.len() as u64, step)?;
                    match piece.as_bytes().iter().position(|byte| *byte == 0) {
                        Some(end) => {
                            text.extend_from_slice(&piece.as_bytes()[..end]);
                            break text;
                        }
                        None => text.extend_from_slice(piece.as_bytes()),
                    }
                }
            }
        };
        String::from_utf8(bytes).map_err(|e| PyValueError::new_err(format!("not UTF-8: {}", e.utf8_error())))
    }
    /// The byte at `addr`.
    fn read_u8(&self, py: Python<'_>, addr: u64) -> PyResult<u8> {
        typed!(py, self, addr, u8)
    }
    /// The little-endian number of 16 bits at `addr`.
    fn read_u16(&self, py: Python<'_>, addr: u64) -> PyResult<u16> {
        typed!(py, self, addr, u16)
    }
    /// The little-endian number of 32 bits at `addr`, unsigned.
    fn read_u32(&self, py: Python<'_>, addr: u64) -> PyResult<u32> {
        typed!(py, self, addr, u32)
    }
    /// The little-endian number of 32 bits at `addr`, signed.
    fn read_i32(&self, py: Python<'_>, addr: u64) -> PyResult<i32> {
        typed!(py, self, addr, i32)
    }
    /// The little-endian number of 64 bits at `addr`, signed.
    fn read_i64(&self, py: Python<'_>, addr: u64) -> PyResult<i64> {
        typed!(py, self, addr, i64)
    }
    /// The float of 32 bits at `addr`.
    fn read_f32(&self, py: Python<'_>, addr: u64) -> PyResult<f32> {
        typed!(py, self, addr, f32)
    }
    /// The float of 64 bits at `addr`.
    fn read_f64(&self, py: Python<'_>, addr: u64) -> PyResult<f64> {
        typed!(py, self, addr, f64)
    }
    /// Writes a byte.
    fn write_u8(&self, py: Python<'_>, addr: u64, value: u8) -> PyResult<()> {
        self.put(py, addr, &value.to_le_bytes())
    }
    /// Writes a number of 16 bits.
    fn write_u16(&self, py: Python<'_>, addr: u64, value: u16) -> PyResult<()> {
        self.put(py, addr, &value.to_le_bytes())
    }
    /// Writes an unsigned number of 32 bits.
    fn write_u32(&self, py: Python<'_>, addr: u64, value: u32) -> PyResult<()> {
        self.put(py, addr, &value.to_le_bytes())
    }
    /// Writes a signed number of 32 bits.
    fn write_i32(&self, py: Python<'_>, addr: u64, value: i32) -> PyResult<()> {
        self.put(py, addr, &value.to_le_bytes())
    }
    /// Writes a signed number of 64 bits.
    fn write_i64(&self, py: Python<'_>, addr: u64, value: i64) -> PyResult<()> {
        self.put(py, addr, &value.to_le_bytes())
    }
    /// Writes a float of 32 bits.
    fn write_f32(&self, py: Python<'_>, addr: u64, value: f32) -> PyResult<()> {
        self.put(py, addr, &value.to_le_bytes())
    }
    /// Writes a float of 64 bits.
    fn write_f64(&self, py: Python<'_>, addr: u64, value: f64) -> PyResult<()> {
        self.put(py, addr, &value.to_le_bytes())
    }

    /// Grows by pages of 65,536 bytes; the number there were before, or -1 where it cannot. Views keep their length.
    fn grow(&self, pages: u64) -> PyResult<i64> {
        let held = self.store.get().hold()?;
        let grown = held.engine.memory_grow(self.place, pages);
        grown.map_or(Ok(-1), |old| i64::try_from(old).map_err(|_| PyOverflowError::new_err("pages")))
    }

    /// Bytes that it may grow to in this store.
    #[getter]
    fn ceiling(&self, py: Python<'_>) -> PyResult<u64> {
        let held = self.store.get().hold()?;
        held.engine.memory(self.place).map(|view| view.ceiling).map_err(|e| errors::raise(py, &e))
    }

    /// The store that it lives in.
    #[getter]
    fn store(&self, py: Python<'_>) -> Py<Store> {
        self.store.clone_ref(py)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        usize::try_from(self.len(py)?).map_err(|_| PyOverflowError::new_err("the memory's length"))
    }

    fn __getitem__<'py>(&self, py: Python<'py>, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(slice) = at.cast::<PySlice>() {
            let (start, len) = self.range(py, slice)?;
            return Ok(self.read(py, start, len)?.into_any());
        }
        let byte = self.read_u8(py, self.address(py, at)?)?;
        Ok(byte.into_pyobject(py)?.into_any())
    }

    fn __setitem__(&self, py: Python<'_>, at: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let Ok(slice) = at.cast::<PySlice>() else {
            return self.write_u8(py, self.address(py, at)?, value.extract()?);
        };
        let (start, len) = self.range(py, slice)?;
        let given = value.len()?;
        if given != len {
            let text = format!("a memory keeps its length: the slice has {len} bytes, and {given} are given");
            return Err(PyValueError::new_err(text));
        }
        self.write(py, start, value)
    }

    /// # Safety
    /// As for `PyBufferProcs::bf_getbuffer`.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("no view is asked for"));
        }
        // SAFETY: the caller lends the view; who fails leaves no object in it.
        unsafe { (*view).obj = core::ptr::null_mut() };
        let this = slf.get();
        let held = this.store.get().hold()?;
        let memory = held.engine.memory(this.place).map_err(|e| errors::raise(slf.py(), &e))?;
        let len = isize::try_from(memory.len).map_err(|_| PyBufferError::new_err("the memory is too long"))?;
        // SAFETY: the bytes stay where they are as long as the store, which the object keeps; the store is not closed
        // while a view is counted.
        let filled = unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), memory.base.cast(), len, 0, flags) };
        if filled != 0 {
            return Err(PyErr::fetch(slf.py()));
        }
        held.inner.views.set(held.inner.views.get() + 1);
        Ok(())
    }

    /// # Safety
    /// As for `PyBufferProcs::bf_releasebuffer`.
    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {
        let views = &self.store.get().inner().views;
        views.set(views.get() - 1);
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Memory>().is_ok_and(|other| other.get().place == self.place && other.get().store.is(&self.store))
    }

    fn __hash__(&self) -> u64 {
        (u64::from(self.place.instance) << 32) ^ u64::from(self.place.index) ^ self.store.as_ptr() as u64
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        match self.len(py) {
            Ok(len) => format!("<wrt.Memory: {len} bytes>"),
            Err(_) => "<wrt.Memory: busy or closed>".into(),
        }
    }

    fn __traverse__(&self, visit: pyo3::gc::PyVisit<'_>) -> Result<(), pyo3::gc::PyTraverseError> {
        visit.call(&self.store)
    }
}

/// Bytes of a buffer, or the text of a string.
pub fn bytes_of(data: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    let view = data.py().import("builtins")?.getattr("memoryview")?.call1((data,));
    let view = view.map_err(|_| PyTypeError::new_err("expected bytes, or another object with a buffer"))?;
    let bytes = view.call_method0("tobytes")?;
    Ok(values::bytes(data.py(), bytes.cast::<PyBytes>()?.as_bytes()).as_bytes().to_vec())
}
