//! Memory to lend: zeroed bytes that start on a multiple of 16.

use wrt_core::Arena;

/// Owned bytes from which arenas are lent.
pub struct Region {
    bytes: Vec<u8>,
    size: usize,
}

impl Region {
    /// A region of at least `size` bytes, rounded up to 16; the system hands its pages out as they are touched.
    #[must_use]
    pub fn new(size: u64) -> Self {
        let size = usize::try_from(size.next_multiple_of(16)).expect("a region fits the address space");
        Region { bytes: vec![0; size + 16], size }
    }

    /// The region's bytes, aligned.
    pub fn bytes(&mut self) -> &mut [u8] {
        let start = self.bytes.as_ptr().align_offset(16);
        &mut self.bytes[start..start + self.size]
    }

    /// The whole region as one arena.
    pub fn lend(&mut self) -> Arena<'_> {
        Arena::from_bytes(self.bytes()).expect("the bytes are aligned")
    }

    /// The region as arenas of `each` bytes, a multiple of 16.
    pub fn lend_each(&mut self, each: usize) -> impl Iterator<Item = Arena<'_>> {
        assert!(each != 0 && each.is_multiple_of(16), "parts of a region are multiples of 16");
        self.bytes().chunks_exact_mut(each).map(|part| Arena::from_bytes(part).expect("the bytes are aligned"))
    }
}
