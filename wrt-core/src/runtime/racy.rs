//! Accesses to the bytes of shared memories that are not atomic in WebAssembly's sense.
//!
//! Other threads may access the same bytes at the same time. What a race gives is some mixture of
//! the bytes involved (threads proposal, *relaxed memory model*), but a race it must not be for the
//! machine: each access is made of relaxed atomic ones, whole where alignment allows it, byte by
//! byte otherwise. Knows nothing of bounds.

use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering::Relaxed};

/// One byte.
///
/// # Safety
/// `at` can be read.
#[inline(always)]
pub(crate) unsafe fn read8(at: *const u8) -> u8 {
    // SAFETY: as the caller vouches; a byte is aligned.
    unsafe { AtomicU8::from_ptr(at.cast_mut()) }.load(Relaxed)
}

/// Writes one byte.
///
/// # Safety
/// `at` can be written.
#[inline(always)]
pub(crate) unsafe fn write8(at: *mut u8, v: u8) {
    // SAFETY: as the caller vouches; a byte is aligned.
    unsafe { AtomicU8::from_ptr(at) }.store(v, Relaxed);
}

macro_rules! accesses {
    ($($read:ident $write:ident $ty:ty, $atomic:ty, $whole:expr;)*) => {$(
        /// Bits in little-endian order.
        ///
        /// # Safety
        /// The bytes at `at` can be read.
        #[inline(always)]
        pub(crate) unsafe fn $read(at: *const u8) -> $ty {
            if $whole && at.addr() & (size_of::<$atomic>() - 1) == 0 {
                // SAFETY: as the caller vouches; the alignment is checked.
                return <$ty>::from_le(unsafe { <$atomic>::from_ptr(at.cast_mut().cast()) }.load(Relaxed) as $ty);
            }
            let mut bytes = [0u8; size_of::<$ty>()];
            let mut from = at;
            for byte in &mut bytes {
                // SAFETY: as the caller vouches.
                *byte = unsafe { read8(from) };
                from = from.wrapping_add(1);
            }
            <$ty>::from_le_bytes(bytes)
        }
        /// Writes bits in little-endian order.
        ///
        /// # Safety
        /// The bytes at `at` can be written.
        #[inline(always)]
        pub(crate) unsafe fn $write(at: *mut u8, v: $ty) {
            if $whole && at.addr() & (size_of::<$atomic>() - 1) == 0 {
                // SAFETY: as the caller vouches; the alignment is checked.
                return unsafe { <$atomic>::from_ptr(at.cast()) }.store(v.to_le() as _, Relaxed);
            }
            let mut to = at;
            for byte in v.to_le_bytes() {
                // SAFETY: as the caller vouches.
                unsafe { write8(to, byte) };
                to = to.wrapping_add(1);
            }
        }
    )*};
}
accesses! {
    read16 write16 u16, AtomicU16, true;
    read32 write32 u32, AtomicU32, true;
    // Where words are smaller, 64 bits may be torn.
    read64 write64 u64, AtomicUsize, size_of::<usize>() == 8;
}

/// Copies `n` bytes as if through a buffer.
///
/// # Safety
/// `from` can be read and `to` written for `n` bytes.
#[inline(always)]
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, n: usize) {
    if n > 16 {
        // SAFETY: as the caller vouches.
        return unsafe { copy_long(from, to, n) };
    }
    // A vector goes through registers. Its bytes on one side are a local variable of an operation, and whoever looks at
    // the address of such a variable keeps it alive behind the operation, which then cannot end in a jump.
    let mut held = 0u128;
    for k in 0..n {
        // SAFETY: `k` is below `n`.
        held |= u128::from(unsafe { read8(from.wrapping_add(k)) }) << (8 * k);
    }
    for k in 0..n {
        // SAFETY: `k` is below `n`.
        unsafe { write8(to.wrapping_add(k), (held >> (8 * k)) as u8) };
    }
}

/// The same for any number of bytes: backwards where that keeps what is still to be read.
unsafe fn copy_long(from: *const u8, to: *mut u8, n: usize) {
    let backwards = from.addr() < to.addr();
    let mut k = 0;
    while k < n {
        let at = if backwards { n - 1 - k } else { k };
        // SAFETY: `at` is below `n`.
        unsafe { write8(to.wrapping_add(at), read8(from.wrapping_add(at))) };
        k += 1;
    }
}

/// Sets `n` bytes.
///
/// # Safety
/// `to` can be written for `n` bytes.
pub(crate) unsafe fn fill(to: *mut u8, byte: u8, n: usize) {
    let mut k = 0;
    while k < n {
        // SAFETY: `k` is below `n`.
        unsafe { write8(to.wrapping_add(k), byte) };
        k += 1;
    }
}
