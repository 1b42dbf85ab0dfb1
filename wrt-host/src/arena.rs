//! Address space reserved from the operating system, to be lent to the engine.
//!
//! Owns the mapping and its release. Knows nothing of what is put into it.

use core::ffi::c_void;
use core::ptr::NonNull;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use std::io;
use wrt_core::Arena;

/// A private anonymous mapping, zero when fresh; the system commits a page when it is first used.
///
/// Reserving is cheap, so a linear memory's whole ceiling can be reserved and its base never moves.
#[derive(Debug)]
pub struct MappedArena {
    base: NonNull<c_void>,
    len: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread, and the value is its only owner.
unsafe impl Send for MappedArena {}
// SAFETY: a shared reference gives out no access to the bytes but through an unsafe function.
unsafe impl Sync for MappedArena {}

impl MappedArena {
    /// Reserves `bytes` (rounded up to whole pages of the system; at least one).
    ///
    /// # Errors
    /// What the system answers: mostly that an address-space limit (`ulimit -v`) is reached.
    pub fn reserve(bytes: u64) -> io::Result<Self> {
        let page = rustix::param::page_size();
        let len = usize::try_from(bytes)
            .ok()
            .and_then(|n| n.max(1).checked_next_multiple_of(page))
            .ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))?;
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::NORESERVE);
        // SAFETY: no address is asked for, so that no other mapping is touched.
        let base = unsafe { mmap_anonymous(core::ptr::null_mut(), len, protection, flags) }?;
        let base = NonNull::new(base).ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))?;
        Ok(MappedArena { base, len })
    }

    /// Bytes reserved.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is reserved, which never holds.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Lends the whole region.
    pub fn lend(&mut self) -> Arena<'_> {
        // SAFETY: the mutable borrow makes this the only use of the region for the arena's lifetime.
        unsafe { self.lend_unbounded(self.len) }
    }

    /// The whole region as bytes, which begin on a page.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the mapping has that many bytes to read and write, and is borrowed mutably for as long.
        unsafe { core::slice::from_raw_parts_mut(self.base.as_ptr().cast(), self.len) }
    }

    /// Lends the first `bytes` of the region for a lifetime that the caller chooses.
    ///
    /// # Safety
    /// For `'a` the value is neither dropped nor lent again.
    #[must_use]
    pub unsafe fn lend_unbounded<'a>(&self, bytes: usize) -> Arena<'a> {
        // SAFETY: the mapping is valid for reads and writes; the caller vouches for lifetime and
        // exclusiveness.
        let arena = unsafe { Arena::from_raw(self.base.as_ptr().cast(), bytes.min(self.len)) };
        // The base of a mapping is page-aligned and not null, which is all that can be refused.
        arena.unwrap_or_else(|_| unreachable!("a mapping is aligned"))
    }

    /// Gives what lies behind the first `used` bytes back to the system, as far as it is whole pages.
    ///
    /// # Safety
    /// Nothing that lives lies from `used` on.
    pub unsafe fn shrink_to(&mut self, used: usize) {
        let page = rustix::param::page_size();
        let Some(from) = used.max(1).checked_next_multiple_of(page).filter(|from| *from < self.len) else {
            return;
        };
        // SAFETY: the range is the mapping's own end, whole pages; the caller vouches that nothing lives there.
        if unsafe { munmap(self.base.as_ptr().wrapping_byte_add(from), self.len - from) }.is_ok() {
            self.len = from;
        }
    }
}

impl Drop for MappedArena {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and whoever was lent it vouched to be done.
        let _ = unsafe { munmap(self.base.as_ptr(), self.len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_is_aligned_zero_and_writable_to_its_end() {
        let mut region = MappedArena::reserve(3 * 65_536 + 1).expect("memory");
        let arena = region.lend();
        assert!(arena.remaining() > 3 * 65_536);
        assert_eq!(arena.base().addr() % wrt_core::ARENA_ALIGN, 0);
        let last = arena.base().wrapping_add(arena.remaining() - 1);
        // SAFETY: the last byte of the arena that was just lent.
        unsafe {
            assert_eq!(last.read(), 0);
            last.write(7);
            assert_eq!(last.read(), 7);
        }
    }

    #[test]
    fn what_is_not_used_is_given_back() {
        let mut region = MappedArena::reserve(1 << 20).expect("memory");
        region.bytes_mut()[4000] = 9;
        // SAFETY: nothing lies there.
        unsafe { region.shrink_to(4001) };
        assert_eq!(region.len(), rustix::param::page_size());
        assert_eq!(region.bytes_mut()[4000], 9);
        // SAFETY: nothing lies there.
        unsafe { region.shrink_to(0) };
        assert_eq!(region.len(), rustix::param::page_size());
    }

    #[test]
    fn a_terabyte_can_be_reserved_but_not_all_of_the_address_space() {
        assert!(MappedArena::reserve(u64::MAX).is_err());
        if let Ok(region) = MappedArena::reserve(1 << 40) {
            assert_eq!(region.len(), 1 << 40);
        }
    }
}
