//! Patterns before and behind a lent region: whoever writes across its ends changes them.

use crate::arena::{ARENA_ALIGN, Arena};
use crate::error::{Error, Reason};
use core::marker::PhantomData;

/// Bytes of the pattern at each end.
const BYTES: usize = 32;
/// Words of the pattern at each end.
const WORDS: usize = BYTES / 8;
/// What stands in word `i`: no small number, no address of the lower half, none equal to the next.
const fn word(i: usize) -> u64 {
    0xa5c3_96e7_5a3c_6918_u64.rotate_left(i as u32 * 11)
}

/// Two patterns around a region.
#[derive(Debug)]
pub struct Guard<'a> {
    front: *mut u64,
    back: *mut u64,
    held: PhantomData<&'a mut [u8]>,
}

impl<'a> Guard<'a> {
    /// Bytes that the patterns take of a region.
    pub const BYTES: u64 = 2 * BYTES as u64;

    /// Takes all that is left of a region, writes the patterns at its ends, and lends what lies between.
    ///
    /// # Errors
    /// [`Reason::ArenaTooSmall`].
    pub fn around(arena: &mut Arena<'a>) -> Result<(Guard<'a>, Arena<'a>), Error> {
        let bytes = arena.remaining() & !(ARENA_ALIGN - 1);
        if bytes < 2 * BYTES {
            return Err(Error::new(Reason::ArenaTooSmall).need(Self::BYTES));
        }
        let base = arena.take(bytes as u64)?;
        let back = base.wrapping_add(bytes - BYTES);
        let guard = Guard { front: base.cast(), back: back.cast(), held: PhantomData };
        // SAFETY: the bytes were just taken, are lent for `'a`, and are divided here: the ends are the guard's alone.
        unsafe {
            for i in 0..WORDS {
                guard.front.add(i).write(word(i));
                guard.back.add(i).write(word(WORDS + i));
            }
            Ok((guard, Arena::from_raw(base.add(BYTES), bytes - 2 * BYTES)?))
        }
    }

    /// Whether both patterns stand as they were written.
    #[must_use]
    pub fn holds(&self) -> bool {
        // SAFETY: the words are the guard's own, and lent for as long as it lives. Whoever changed them did so behind
        // its back, which is what is looked for.
        unsafe {
            (0..WORDS).all(|i| {
                self.front.add(i).read_volatile() == word(i) && self.back.add(i).read_volatile() == word(WORDS + i)
            })
        }
    }
}
