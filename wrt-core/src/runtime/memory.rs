//! Linear memories as the embedder sees them (specification section 4.2.9).
//!
//! Owns checked access and growth from outside. Knows nothing of how regions are divided.

use crate::error::{Error, Reason};
use crate::runtime::instance::Instance;
use crate::runtime::layout::MemInst;
use crate::runtime::ops;
use crate::runtime::racy;
use crate::runtime::shared::SharedMemory;

/// Where a linear memory lies. The base never moves; the length grows with `memory.grow`.
#[derive(Clone, Copy, Debug)]
pub struct MemoryView {
    /// Address of byte 0.
    pub base: *mut u8,
    /// Bytes at present.
    pub len: u64,
    /// Bytes reserved.
    pub ceiling: u64,
}

impl<'a> Instance<'a> {
    fn memory_inst(self, index: u32) -> Result<*mut MemInst, Error> {
        // SAFETY: the instance lives.
        unsafe { ops::memory(self.header, index) }.ok_or_else(|| Error::new(Reason::UnknownIndex))
    }

    /// Where a memory lies (index space: imports first).
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn memory(self, index: u32) -> Result<MemoryView, Error> {
        let mem = self.memory_inst(index)?;
        // SAFETY: memories of a live instance live.
        Ok(unsafe { MemoryView { base: ops::memory_base(mem), len: ops::memory_len(mem), ceiling: (*mem).ceiling } })
    }

    /// A shared memory, to be lent to instances of other threads.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`]; [`Reason::IncompatibleImport`] for a memory that is not shared.
    pub fn shared_memory(self, index: u32) -> Result<SharedMemory<'a>, Error> {
        let mem = self.memory_inst(index)?;
        // SAFETY: memories of a live instance live for `'a`, as the instance does.
        unsafe { SharedMemory::from_inst(mem) }.ok_or(Error::new(Reason::IncompatibleImport))
    }

    /// Copies `dst.len()` bytes from the memory.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`]; [`Reason::HostMemoryBounds`], with nothing copied.
    pub fn memory_read(self, index: u32, addr: u64, dst: &mut [u8]) -> Result<(), Error> {
        let mem = self.memory_inst(index)?;
        // SAFETY: the range is checked; `dst` may lie in the memory only if its lender aliased it.
        unsafe {
            if !ops::memory_in_bounds(mem, addr, dst.len() as u64) {
                return Err(Error::new(Reason::HostMemoryBounds));
            }
            let from = ops::memory_base(mem).add(addr as usize);
            if (*mem).is_shared() {
                racy::copy(from, dst.as_mut_ptr(), dst.len());
            } else {
                core::ptr::copy(from, dst.as_mut_ptr(), dst.len());
            }
        }
        Ok(())
    }

    /// Copies `src` into the memory.
    ///
    /// # Errors
    /// Those of [`Instance::memory_read`].
    pub fn memory_write(self, index: u32, addr: u64, src: &[u8]) -> Result<(), Error> {
        let mem = self.memory_inst(index)?;
        // SAFETY: as for `memory_read`.
        unsafe {
            if !ops::memory_in_bounds(mem, addr, src.len() as u64) {
                return Err(Error::new(Reason::HostMemoryBounds));
            }
            let to = ops::memory_base(mem).add(addr as usize);
            if (*mem).is_shared() {
                racy::copy(src.as_ptr(), to, src.len());
            } else {
                core::ptr::copy(src.as_ptr(), to, src.len());
            }
        }
        Ok(())
    }

    /// Grows a memory as `memory.grow` does, but not bound by any run's budget; returns the size
    /// before in pages, or `None` where there is no room or no such memory.
    #[must_use]
    pub fn memory_grow(self, index: u32, pages: u64) -> Option<u64> {
        let mem = self.memory_inst(index).ok()?;
        // SAFETY: memories of a live instance live, and so does their owner.
        let old = unsafe { ops::memory_grow(mem, pages, u64::MAX) };
        (old != ops::GROW_FAILED).then_some(old)
    }

    /// Bytes at present of the memories that the instance defines, in sum.
    #[must_use]
    pub fn memory_bytes(self) -> u64 {
        // SAFETY: the instance lives.
        unsafe { ops::memory_bytes(self.header) }
    }
}
