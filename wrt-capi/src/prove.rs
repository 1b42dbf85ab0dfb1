//! What the library must not have, for the proof that the symbol audit sees it.
//!
//! Never part of a library that ships: each half is behind a feature that only
//! `tools/symbols.sh --prove` sets.

#[cfg(feature = "prove-alloc")]
mod allocates {
    extern crate alloc;
    use alloc::vec::Vec;
    use core::alloc::{GlobalAlloc, Layout};

    unsafe extern "C" {
        fn malloc(size: usize) -> *mut u8;
        fn free(p: *mut u8);
    }

    struct Heap;

    // SAFETY: `malloc` gives memory aligned for every type here, or null.
    unsafe impl GlobalAlloc for Heap {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: any size may be asked for.
            unsafe { malloc(layout.size()) }
        }
        unsafe fn dealloc(&self, p: *mut u8, _: Layout) {
            // SAFETY: `p` came from `alloc`.
            unsafe { free(p) }
        }
    }

    #[global_allocator]
    static HEAP: Heap = Heap;

    /// Pushes to a vector.
    #[unsafe(no_mangle)]
    pub extern "C" fn wrt_prove_alloc(n: usize) -> usize {
        let mut v = Vec::new();
        v.resize(n, 1u8);
        core::hint::black_box(&v).len()
    }
}

#[cfg(feature = "prove-panic")]
mod panics {
    /// Indexes with a number that may be out of range.
    #[unsafe(no_mangle)]
    pub extern "C" fn wrt_prove_panic(i: usize) -> u8 {
        let table = core::hint::black_box([1u8, 2, 3]);
        table[i]
    }
}
