//! `wrt.Memory`: checked access to an instance's linear memory 0.

use crate::errors;
use crate::instance::Instance;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// The linear memory 0 of an instance.
#[pyclass(unsendable, frozen, module = "wrt")]
pub struct Memory {
    pub instance: Py<Instance>,
}

#[pymethods]
impl Memory {
    /// Copies `n` bytes from `addr` on.
    fn read<'py>(&self, py: Python<'py>, addr: u64, n: usize) -> PyResult<Bound<'py, PyBytes>> {
        let instance = self.instance.borrow(py);
        let owned = &instance.owned;
        // Before the bytes are allocated, so that a wrong length costs nothing.
        let len = owned.memory_len(0).map_err(|e| errors::raise(py, &e, None, Vec::new()))?;
        if addr.checked_add(n as u64).is_none_or(|end| end > len) {
            let outside = wrt_core::Error::new(wrt_core::Reason::HostMemoryBounds);
            return Err(errors::raise(py, &outside, None, Vec::new()));
        }
        PyBytes::new_with(py, n, |dst| {
            owned.memory_read(0, addr, dst).map_err(|e| errors::raise(py, &e, None, Vec::new()))
        })
    }

    /// Copies `data` to `addr`.
    fn write(&self, py: Python<'_>, addr: u64, data: &[u8]) -> PyResult<()> {
        let instance = self.instance.borrow(py);
        instance.owned.memory_write(0, addr, data).map_err(|e| errors::raise(py, &e, None, Vec::new()))
    }

    /// Grows by pages of 65536 bytes; the number there were before, or -1.
    fn grow(&self, py: Python<'_>, pages: u64) -> PyResult<i64> {
        let grown = self.instance.borrow(py).owned.memory_grow(0, pages);
        grown.map_or(Ok(-1), |old| i64::try_from(old).map_err(|_| PyOverflowError::new_err("pages")))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let instance = self.instance.borrow(py);
        let len = instance.owned.memory_len(0).map_err(|e| errors::raise(py, &e, None, Vec::new()))?;
        usize::try_from(len).map_err(|_| PyOverflowError::new_err("the memory's length"))
    }
}
