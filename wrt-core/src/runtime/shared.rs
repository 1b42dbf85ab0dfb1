//! Shared memories: what the threads that share one agree on, and the embedder's handle to it.
//!
//! A shared memory is a [`MemInst`] like any other, but its length is read and written atomically,
//! its bytes are clear up to the ceiling from the start, and everything else about it stays. So a
//! thread may let it grow while others use it. Owns the length word. Knows nothing of instances.

use crate::arena::Arena;
use crate::error::{Error, Reason};
use crate::runtime::layout::MemInst;
use crate::runtime::wait::{self, Waiter};
use crate::runtime::{ops, racy};
use crate::types::{Limits, MemoryType};
use core::marker::PhantomData;
use core::sync::atomic::Ordering;

#[cfg(not(target_has_atomic = "64"))]
use core::sync::atomic::AtomicU32 as Word;
#[cfg(target_has_atomic = "64")]
use core::sync::atomic::AtomicU64 as Word;

/// The word that holds the length: all of it, or on targets without 64-bit atomics its lower half,
/// the upper one being 0 there, since no region is larger.
#[inline(always)]
unsafe fn length<'a>(mem: *mut MemInst) -> &'a Word {
    let half = usize::from(size_of::<Word>() == 4 && cfg!(target_endian = "big"));
    // SAFETY: the memory is live, its length aligned; nobody else accesses that of a shared memory
    // in another way.
    unsafe { Word::from_ptr((&raw mut (*mem).len).cast::<Word>().add(half).cast()) }
}

/// Bytes at present, for the bounds of an access: at least as many as were there when this thread
/// last looked.
///
/// # Safety
/// `mem` is live.
#[inline(always)]
pub(crate) unsafe fn bound(mem: *mut MemInst) -> u64 {
    // SAFETY: as the caller vouches.
    #[allow(clippy::useless_conversion, reason = "the word has 32 bits on some targets")]
    u64::from(unsafe { length(mem) }.load(Ordering::Relaxed))
}

/// Bytes at present, in the one order that all threads agree on.
///
/// # Safety
/// `mem` is live.
#[inline(always)]
pub(crate) unsafe fn len(mem: *mut MemInst) -> u64 {
    // SAFETY: as the caller vouches.
    #[allow(clippy::useless_conversion, reason = "the word has 32 bits on some targets")]
    u64::from(unsafe { length(mem) }.load(Ordering::SeqCst))
}

/// Replaces the length by what `new` makes of it, if that is anything; returns the one before.
///
/// # Safety
/// `mem` is live; `new` gives lengths up to its ceiling alone.
pub(crate) unsafe fn grow(mem: *mut MemInst, new: impl Fn(u64) -> Option<u64>) -> Option<u64> {
    // SAFETY: as the caller vouches.
    let word = unsafe { length(mem) };
    let mut old = word.load(Ordering::SeqCst);
    loop {
        #[allow(clippy::useless_conversion, reason = "the word has 32 bits on some targets")]
        let next = new(u64::from(old))?.try_into().ok()?;
        match replace(word, old, next) {
            Ok(()) => {
                #[allow(clippy::useless_conversion, reason = "the word has 32 bits on some targets")]
                return Some(u64::from(old));
            }
            Err(now) => old = now,
        }
    }
}

#[cfg(target_has_atomic = "64")]
fn replace(word: &Word, old: u64, new: u64) -> Result<(), u64> {
    word.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst).map(|_| ())
}
#[cfg(all(not(target_has_atomic = "64"), target_has_atomic = "32"))]
fn replace(word: &Word, old: u32, new: u32) -> Result<(), u32> {
    word.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst).map(|_| ())
}
#[cfg(not(any(target_has_atomic = "64", target_has_atomic = "32")))]
fn replace(word: &Word, _: u32, new: u32) -> Result<(), u32> {
    // One processor, which does not switch threads here: see `atomic`.
    word.store(new, Ordering::SeqCst);
    Ok(())
}

/// The type of a memory, its length at present as the minimum.
///
/// # Safety
/// `mem` is live.
pub(crate) unsafe fn memory_type(mem: *mut MemInst) -> MemoryType {
    // SAFETY: as the caller vouches.
    unsafe {
        let page_log2 = (*mem).page_log2;
        let min = len(mem).wrapping_shr(page_log2 as u32);
        let limits = Limits { min, max: (*mem).max };
        MemoryType { limits, is64: (*mem).is64 != 0, shared: (*mem).shared != 0, page_log2 }
    }
}

/// A shared memory that the embedder made.
#[repr(C)]
pub(crate) struct LentMemory {
    inst: MemInst,
    /// Address of its [`Waiter`], 0 for none. Binding.
    pub(crate) waiter: u64,
}

/// A shared memory (threads proposal): made by the embedder, or defined by an instance.
///
/// A small handle that any thread may use. Give it to [`crate::Extern::SharedMemory`] so that
/// instances of several threads share the memory. It lives as long as the regions it was made in, or
/// the instance that defines it.
#[derive(Clone, Copy)]
pub struct SharedMemory<'a> {
    mem: *mut MemInst,
    lent: PhantomData<&'a ()>,
}

// SAFETY: the length is accessed atomically, the bytes by relaxed atomic accesses, and nothing else of a
// shared memory changes once it is made.
unsafe impl Send for SharedMemory<'_> {}
// SAFETY: as for `Send`.
unsafe impl Sync for SharedMemory<'_> {}

impl<'a> SharedMemory<'a> {
    /// Bytes that [`SharedMemory::new`] takes from its arena.
    pub const BYTES: usize = 64;

    /// Makes a shared memory of type `ty` whose bytes lie in `region`: its minimum, and as much of
    /// what the region has left as its maximum allows is reserved. `zeroed` says that the region is
    /// zero already; else all of that is cleared. `waiter` lets guests wait, see [`Waiter`].
    ///
    /// # Errors
    /// [`Reason::ImpossibleSize`] for a type that no shared memory has: not shared, without a
    /// maximum, with a minimum above it, or of another page size than 1 and 65,536 bytes.
    /// [`Reason::MemoryRegion`] naming the minimum in bytes; [`Reason::ArenaTooSmall`]. Arena and
    /// region are unchanged then.
    pub fn new(
        arena: &mut Arena<'a>,
        region: &mut Arena<'a>,
        ty: MemoryType,
        zeroed: bool,
        waiter: Option<&'a Waiter<'a>>,
    ) -> Result<Self, Error> {
        let Limits { min, max } = ty.limits;
        let most = ty.most_pages();
        if !ty.shared || !matches!(ty.page_log2, 0 | 16) || min > max || max > most || max == u64::MAX {
            return Err(Error::new(Reason::ImpossibleSize).need(most));
        }
        let page = ty.page_size();
        let len = min.saturating_mul(page);
        let room = (region.remaining() & !(crate::arena::ARENA_ALIGN - 1)) as u64;
        if len > room {
            return Err(Error::new(Reason::MemoryRegion).need(len));
        }
        let ceiling = max.saturating_mul(page).min(room & !(page - 1));
        let mem = arena.take(Self::BYTES as u64)?.cast::<MemInst>();
        let base = region.take(ceiling)?;
        // SAFETY: both were just taken, and are large enough.
        unsafe {
            if !zeroed {
                base.write_bytes(0, ceiling as usize);
            }
            let inst = MemInst {
                base: base.expose_provenance() as u64,
                len,
                ceiling,
                max,
                is64: ty.is64 as u32,
                zeroed: zeroed as u8,
                shared: 1,
                page_log2: ty.page_log2,
                reserved: 0,
                owner: 0,
            };
            mem.cast::<LentMemory>().write(LentMemory { inst, waiter: waiter.map_or(0, Waiter::word) });
        }
        mem.expose_provenance();
        Ok(SharedMemory { mem, lent: PhantomData })
    }

    /// The handle of a memory of an instance, if it is shared.
    ///
    /// # Safety
    /// `mem` lives for `'a`.
    pub(crate) unsafe fn from_inst(mem: *mut MemInst) -> Option<Self> {
        // SAFETY: as the caller vouches.
        (unsafe { (*mem).shared } != 0).then_some(SharedMemory { mem, lent: PhantomData })
    }

    pub(crate) fn raw(self) -> *mut MemInst {
        self.mem
    }

    /// The type, with the pages at present as the minimum.
    #[must_use]
    pub fn memory_type(self) -> MemoryType {
        // SAFETY: the memory lives.
        unsafe { memory_type(self.mem) }
    }

    /// Bytes at present.
    #[must_use]
    pub fn len(self) -> u64 {
        // SAFETY: the memory lives.
        unsafe { len(self.mem) }
    }

    /// Whether it has no byte at present.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Bytes reserved, to which it may grow.
    #[must_use]
    pub fn ceiling(self) -> u64 {
        // SAFETY: the memory lives.
        unsafe { (*self.mem).ceiling }
    }

    /// Address of byte 0, which stays. Whoever accesses the bytes through it does so atomically, or
    /// sees to it that no guest that shares them runs meanwhile.
    #[must_use]
    pub fn base(self) -> *mut u8 {
        // SAFETY: the memory lives.
        unsafe { ops::memory_base(self.mem) }
    }

    /// Copies `dst.len()` bytes from the memory, as a guest's `memory.copy` would.
    ///
    /// # Errors
    /// [`Reason::HostMemoryBounds`], with nothing copied.
    pub fn read(self, addr: u64, dst: &mut [u8]) -> Result<(), Error> {
        let from = self.place(addr, dst.len())?;
        // SAFETY: the range is checked.
        unsafe { racy::copy(from, dst.as_mut_ptr(), dst.len()) };
        Ok(())
    }

    /// Copies `src` into the memory, as a guest's `memory.copy` would.
    ///
    /// # Errors
    /// Those of [`SharedMemory::read`].
    pub fn write(self, addr: u64, src: &[u8]) -> Result<(), Error> {
        let to = self.place(addr, src.len())?;
        // SAFETY: the range is checked.
        unsafe { racy::copy(src.as_ptr(), to, src.len()) };
        Ok(())
    }

    fn place(self, addr: u64, n: usize) -> Result<*mut u8, Error> {
        // SAFETY: the memory lives.
        if !unsafe { ops::memory_in_bounds(self.mem, addr, n as u64) } {
            return Err(Error::new(Reason::HostMemoryBounds));
        }
        Ok(self.base().wrapping_add(addr as usize))
    }

    /// Grows the memory as `memory.grow` does; returns the size before in pages, or `None` where
    /// there is no room.
    #[must_use]
    pub fn grow(self, pages: u64) -> Option<u64> {
        // SAFETY: the memory lives, and is shared.
        let old = unsafe { ops::memory_grow(self.mem, pages, u64::MAX) };
        (old != ops::GROW_FAILED).then_some(old)
    }

    /// Wakes up to `count` guests that wait at byte address `addr`, as `memory.atomic.notify` does;
    /// returns how many.
    ///
    /// # Errors
    /// [`Reason::HostMemoryBounds`], also for an address that is no multiple of four.
    pub fn notify(self, addr: u64, count: u32) -> Result<u32, Error> {
        let place = self.place(addr, 4)?;
        if addr & 3 != 0 {
            return Err(Error::new(Reason::HostMemoryBounds));
        }
        // SAFETY: the memory lives.
        Ok(unsafe { wait::notify(self.mem, place, count) })
    }
}

impl core::fmt::Debug for SharedMemory<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SharedMemory").field("type", &self.memory_type()).finish()
    }
}

const _: () = assert!(size_of::<LentMemory>() <= SharedMemory::BYTES);
