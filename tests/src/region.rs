//! Lent memory with a watch on both ends.
//!
//! Owns address ranges from the operating system: inaccessible pages before and behind, the lent
//! bytes pushed against the end so that one byte too many faults, a pattern in the gap before
//! them. Knows the engine's `Arena`, nothing else of it.

use std::ptr::null_mut;
use wrt_core::{ARENA_ALIGN, Arena};

const PAGE: usize = 65_536;
const PATTERN: u8 = 0xa5;

/// A range of zeroed memory between two inaccessible pages; returned to the system when dropped.
pub struct Region {
    map: *mut u8,
    map_len: usize,
    base: *mut u8,
    len: usize,
    gap: usize,
}

// SAFETY: the range belongs to this value alone.
unsafe impl Send for Region {}
// SAFETY: through a shared reference only addresses are handed out; who makes an arena of them vouches
// for its exclusive use.
unsafe impl Sync for Region {}

impl Region {
    /// `len` bytes (rounded up to 16), zeroed. Pages are committed by use, so that large
    /// reservations cost nothing.
    #[must_use]
    pub fn new(len: usize) -> Region {
        let len = len.next_multiple_of(ARENA_ALIGN);
        let data = len.next_multiple_of(PAGE);
        let map_len = data + 2 * PAGE;
        // SAFETY: a fresh anonymous mapping; nothing else is touched.
        let map = unsafe {
            libc::mmap(
                null_mut(),
                map_len,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        assert_ne!(map, libc::MAP_FAILED, "the system has no {map_len} bytes of address space");
        let map: *mut u8 = map.cast();
        if data > 0 {
            // SAFETY: the inner pages of the mapping just made.
            let rc = unsafe { libc::mprotect(map.add(PAGE).cast(), data, libc::PROT_READ | libc::PROT_WRITE) };
            assert_eq!(rc, 0, "mprotect");
        }
        let gap = data - len;
        // SAFETY: `gap` bytes at the start of the accessible pages.
        let base = unsafe {
            map.add(PAGE).write_bytes(PATTERN, gap);
            map.add(PAGE + gap)
        };
        Region { map, map_len, base, len, gap }
    }

    /// The bytes as an arena.
    ///
    /// # Safety
    /// The region outlives everything made in the arena, and no other arena over it is in use.
    #[must_use]
    pub unsafe fn arena<'a>(&self) -> Arena<'a> {
        // SAFETY: the caller keeps the range alive and exclusive; it is aligned by construction.
        unsafe { Arena::from_raw(self.base, self.len) }.expect("an aligned region")
    }

    /// The first `len` bytes as an arena that ends there.
    ///
    /// # Safety
    /// As for [`Region::arena`].
    #[must_use]
    pub unsafe fn arena_of<'a>(&self, len: usize) -> Arena<'a> {
        assert!(len <= self.len);
        // SAFETY: as above, and within the range.
        unsafe { Arena::from_raw(self.base, len) }.expect("an aligned region")
    }

    /// The lent bytes as they are now.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the range is mapped for as long as `self` lives.
        unsafe { std::slice::from_raw_parts(self.base, self.len) }
    }

    /// Overwrites the lent bytes.
    pub fn fill(&mut self, byte: u8) {
        // SAFETY: the range is mapped and `self` is exclusive.
        unsafe { self.base.write_bytes(byte, self.len) }
    }

    /// Overwrites the first of the lent bytes with others.
    ///
    /// # Panics
    /// When these are more.
    pub fn put(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= self.len, "{} bytes for {}", bytes.len(), self.len);
        // SAFETY: the range is mapped, at least as long as `bytes`, and `self` is exclusive.
        unsafe { self.base.copy_from(bytes.as_ptr(), bytes.len()) }
    }

    /// From here on the bytes can be read only; whoever writes one faults.
    pub fn protect(&mut self) {
        let data = self.map_len - 2 * PAGE;
        if data > 0 {
            // SAFETY: the inner pages of the mapping; nobody holds a reference to write them, as `self` is exclusive.
            let rc = unsafe { libc::mprotect(self.map.add(PAGE).cast(), data, libc::PROT_READ) };
            assert_eq!(rc, 0, "mprotect");
        }
    }

    /// Panics when a byte before the lent ones was written.
    pub fn check(&self) {
        // SAFETY: the gap lies in the accessible pages before `base`.
        let gap = unsafe { std::slice::from_raw_parts(self.base.sub(self.gap), self.gap) };
        assert!(gap.iter().all(|b| *b == PATTERN), "a byte before the lent region was written");
    }

    /// Bytes lent.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is lent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.check();
        }
        // SAFETY: the mapping made in `new`, unmapped once.
        unsafe { libc::munmap(self.map.cast(), self.map_len) };
    }
}
