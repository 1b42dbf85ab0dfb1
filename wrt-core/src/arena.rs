//! Arenas: memory that the caller lends, taken from the front, never freed one by one.
//!
//! Owns the cursor over a lent region and the raw typed access to it. Objects inside a region are
//! addressed by `u32` byte offsets from the region's base and consist of fixed-width fields, so
//! that their layout is the same on every target. Knows nothing of what is stored.

use crate::error::{Error, Reason};
use core::marker::PhantomData;

/// Alignment in bytes of every arena base and of every object taken from one.
pub const ARENA_ALIGN: usize = 16;

/// Sixteen aligned bytes: the unit in which Rust callers lend memory.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct Block(pub [u8; 16]);

impl Block {
    /// A block of zeros, to fill arrays with.
    pub const ZERO: Self = Self([0; 16]);
}

/// A bump cursor over a lent region. Constructors take from its front; on failure it is unchanged.
///
/// Dropping it releases nothing: the memory returns to the caller when the lifetime ends.
#[derive(Debug)]
pub struct Arena<'a> {
    base: *mut u8,
    size: usize,
    lent: PhantomData<&'a mut [u8]>,
}

impl<'a> Arena<'a> {
    /// An arena over whole blocks.
    #[must_use]
    pub fn new(blocks: &'a mut [Block]) -> Self {
        Arena { base: blocks.as_mut_ptr().cast(), size: size_of_val(blocks), lent: PhantomData }
    }

    /// An arena over bytes.
    ///
    /// # Errors
    /// [`Reason::ArenaMisaligned`] when the slice does not start on a multiple of 16.
    pub fn from_bytes(bytes: &'a mut [u8]) -> Result<Self, Error> {
        if !bytes.as_ptr().addr().is_multiple_of(ARENA_ALIGN) {
            return Err(Error::new(Reason::ArenaMisaligned));
        }
        Ok(Arena { base: bytes.as_mut_ptr(), size: bytes.len(), lent: PhantomData })
    }

    /// An arena over raw memory, as the C boundary has it.
    ///
    /// # Errors
    /// [`Reason::NullPointer`] for a null base with a size, [`Reason::ArenaMisaligned`].
    ///
    /// # Safety
    /// `base..base + size` is valid for reads and writes for `'a` and used by nobody else meanwhile.
    pub unsafe fn from_raw(base: *mut u8, size: usize) -> Result<Self, Error> {
        if base.is_null() && size != 0 {
            return Err(Error::new(Reason::NullPointer));
        }
        if !base.addr().is_multiple_of(ARENA_ALIGN) {
            return Err(Error::new(Reason::ArenaMisaligned));
        }
        Ok(Arena { base, size, lent: PhantomData })
    }

    /// The first byte not yet taken.
    #[must_use]
    pub fn base(&self) -> *mut u8 {
        self.base
    }

    /// Bytes not yet taken.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.size
    }

    /// Takes `bytes` (rounded up to 16) from the front.
    ///
    /// # Errors
    /// [`Reason::ArenaTooSmall`] naming the rounded size.
    pub(crate) fn take(&mut self, bytes: u64) -> Result<*mut u8, Error> {
        let rounded = round_up(bytes);
        if rounded > self.size as u64 {
            return Err(Error::new(Reason::ArenaTooSmall).need(rounded));
        }
        let taken = self.base;
        // The cast is exact: `rounded` is at most `size`.
        self.base = self.base.wrapping_add(rounded as usize);
        self.size -= rounded as usize;
        Ok(taken)
    }
}

/// `bytes` rounded up to the arena alignment; saturates at the top of the range.
#[must_use]
pub(crate) const fn round_up(bytes: u64) -> u64 {
    bytes.saturating_add(ARENA_ALIGN as u64 - 1) & !(ARENA_ALIGN as u64 - 1)
}

/// Changes the element at `at` of a list that has it; the core has no way to panic where one has not.
#[inline(always)]
pub(crate) fn edit<T>(list: &mut [T], at: usize, change: impl FnOnce(&mut T)) {
    if let Some(place) = list.get_mut(at) {
        change(place);
    }
}

/// Puts `value` at `at` of a list that has such an element.
#[inline(always)]
pub(crate) fn set<T>(list: &mut [T], at: usize, value: T) {
    edit(list, at, |place| *place = value);
}
