//! Where the parts of a store lie: in address space of the system, or in one piece that the embedder lends.
//!
//! Owns the cutting of a lent piece. Knows nothing of what is put into the parts.

use crate::arena::MappedArena;
use core::any::Any;
use core::cell::Cell;
use core::ptr::NonNull;
use std::sync::Arc;
use wrt_core::{ARENA_ALIGN, Arena, Error, Reason};

/// Memory of the embedder's, such as a buffer of a language with a garbage collector.
///
/// Bytes are taken from its front, and given back when it is dropped.
pub struct Lent {
    base: NonNull<u8>,
    len: usize,
    taken: Cell<usize>,
    _owner: Box<dyn Any>,
}

impl core::fmt::Debug for Lent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Lent").field("len", &self.len).field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl Lent {
    /// `len` bytes from `base` on; those before the first multiple of [`ARENA_ALIGN`] are left out.
    ///
    /// # Errors
    /// [`Reason::NullPointer`].
    ///
    /// # Safety
    /// The bytes can be read and written, and nobody else uses them, until `owner` is dropped.
    pub unsafe fn from_raw(base: *mut u8, len: usize, owner: Box<dyn Any>) -> Result<Lent, Error> {
        let base = NonNull::new(base).ok_or(Reason::NullPointer)?;
        let taken = base.align_offset(ARENA_ALIGN).min(len);
        Ok(Lent { base, len, taken: Cell::new(taken), _owner: owner })
    }

    /// Bytes that nobody has taken yet.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        (self.len - self.taken.get()) as u64
    }

    /// Bytes taken so far, with those that alignment leaves out.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken.get() as u64
    }

    /// Cuts `bytes` off, rounded up so that the next part is aligned.
    fn take(&self, bytes: u64) -> Result<Region, Error> {
        let short = || Error::new(Reason::ArenaTooSmall).need(bytes.saturating_add(self.taken()));
        let whole =
            usize::try_from(bytes).ok().and_then(|n| n.checked_next_multiple_of(ARENA_ALIGN)).ok_or_else(short)?;
        let from = self.taken.get();
        if whole > self.len - from {
            return Err(short());
        }
        self.taken.set(from + whole);
        // SAFETY: the offset lies within the lent bytes.
        Ok(Region::Part(unsafe { self.base.add(from) }, whole))
    }
}

/// Where regions come from.
#[derive(Debug, Default)]
pub(super) enum Source {
    /// The system.
    #[default]
    Mapped,
    /// The embedder.
    Lent(Lent),
}

impl Source {
    /// A region of at least so many bytes. One of the system's is zero.
    ///
    /// # Errors
    /// [`Reason::ArenaTooSmall`], with the size in all that would do where the embedder lent too little.
    pub fn reserve(&self, bytes: u64) -> Result<Region, Error> {
        match self {
            Source::Mapped => match MappedArena::reserve(bytes) {
                Ok(arena) => Ok(Region::Mapped(Arc::new(arena))),
                Err(_) => Err(Reason::ArenaTooSmall.into()),
            },
            Source::Lent(lent) => lent.take(bytes),
        }
    }

    /// Bytes that can still be reserved.
    pub fn remaining(&self) -> u64 {
        match self {
            Source::Mapped => u64::MAX,
            Source::Lent(lent) => lent.remaining(),
        }
    }

    /// Where a new part would begin, for [`Source::give_back`].
    pub fn mark(&self) -> usize {
        match self {
            Source::Mapped => 0,
            Source::Lent(lent) => lent.taken.get(),
        }
    }

    /// Takes back what was reserved since the mark.
    ///
    /// # Safety
    /// Nothing that lives lies there.
    pub unsafe fn give_back(&self, mark: usize) {
        if let Source::Lent(lent) = self {
            lent.taken.set(mark);
        }
    }

    /// Whether regions are zero when they are fresh.
    pub fn is_zeroed(&self) -> bool {
        matches!(self, Source::Mapped)
    }
}

/// One region.
#[derive(Debug)]
pub(super) enum Region {
    /// Shared with who may stop a task from another thread.
    Mapped(Arc<MappedArena>),
    Part(NonNull<u8>, usize),
}

impl Region {
    /// Lends all of it for a lifetime that the caller chooses.
    ///
    /// # Safety
    /// For `'a`, the region and its source are not dropped, and it is not lent again.
    pub unsafe fn lend<'a>(&self) -> Result<Arena<'a>, Error> {
        match self {
            // SAFETY: as the caller vouches.
            Region::Mapped(arena) => Ok(unsafe { arena.lend_unbounded(arena.len()) }),
            // SAFETY: as the caller vouches; the part is aligned and its source's own.
            Region::Part(base, len) => unsafe { Arena::from_raw(base.as_ptr(), *len) },
        }
    }

    /// Bytes.
    pub fn len(&self) -> u64 {
        match self {
            Region::Mapped(arena) => arena.len() as u64,
            Region::Part(_, len) => *len as u64,
        }
    }

    /// The first byte.
    pub fn base(&self) -> *mut u8 {
        match self {
            // SAFETY: only the address is used.
            Region::Mapped(arena) => unsafe { arena.lend_unbounded(0) }.base(),
            Region::Part(base, _) => base.as_ptr(),
        }
    }
}
