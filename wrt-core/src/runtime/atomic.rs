//! Atomic accesses to linear memory: sequentially consistent, aligned, little-endian.
//!
//! Where the target has no atomic instructions of a width, plain accesses stand for them: that is
//! enough where one processor runs all threads that share a memory and does not switch between them
//! within an operator, as when one thread runs their tasks by turns. Knows nothing of bounds,
//! alignment checks or waiting.

#[cfg(target_has_atomic = "64")]
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::SeqCst;
#[cfg(target_has_atomic = "8")]
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32};

/// Orders what this thread did before and does after.
#[inline(always)]
pub(crate) fn fence() {
    core::sync::atomic::fence(SeqCst);
}

macro_rules! accesses {
    ($($width:literal $ty:ty, $atomic:ident: $load:ident $store:ident $update:ident $exchange:ident;)*) => {$(
        /// The bits at `at`.
        ///
        /// # Safety
        /// `at` is aligned and can be read.
        #[inline(always)]
        pub(crate) unsafe fn $load(at: *mut u8) -> $ty {
            #[cfg(target_has_atomic = $width)]
            // SAFETY: as the caller vouches; whoever shares the memory accesses it atomically.
            let bits = unsafe { $atomic::from_ptr(at.cast()) }.load(SeqCst);
            #[cfg(not(target_has_atomic = $width))]
            // SAFETY: as the caller vouches.
            let bits = unsafe { at.cast::<$ty>().read_volatile() };
            <$ty>::from_le(bits)
        }

        /// Writes the bits at `at`.
        ///
        /// # Safety
        /// `at` is aligned and can be written.
        #[inline(always)]
        pub(crate) unsafe fn $store(at: *mut u8, v: $ty) {
            #[cfg(target_has_atomic = $width)]
            // SAFETY: as for the load.
            unsafe { $atomic::from_ptr(at.cast()) }.store(v.to_le(), SeqCst);
            #[cfg(not(target_has_atomic = $width))]
            // SAFETY: as the caller vouches.
            unsafe { at.cast::<$ty>().write_volatile(v.to_le()) };
        }

        /// Replaces the bits at `at` by what `new` makes of them; returns those before.
        ///
        /// # Safety
        /// `at` is aligned and can be read and written.
        #[inline(always)]
        pub(crate) unsafe fn $update(at: *mut u8, new: impl Fn($ty) -> $ty) -> $ty {
            #[cfg(target_has_atomic = $width)]
            {
                // SAFETY: as for the load.
                let place = unsafe { $atomic::from_ptr(at.cast()) };
                let mut old = place.load(SeqCst);
                loop {
                    let next = new(<$ty>::from_le(old)).to_le();
                    match place.compare_exchange_weak(old, next, SeqCst, SeqCst) {
                        Ok(_) => return <$ty>::from_le(old),
                        Err(now) => old = now,
                    }
                }
            }
            #[cfg(not(target_has_atomic = $width))]
            // SAFETY: as the caller vouches.
            unsafe {
                let old = $load(at);
                $store(at, new(old));
                old
            }
        }

        /// Replaces the bits at `at` by `new` if they are `expected`; returns those before.
        ///
        /// # Safety
        /// `at` is aligned and can be read and written.
        #[inline(always)]
        pub(crate) unsafe fn $exchange(at: *mut u8, expected: $ty, new: $ty) -> $ty {
            #[cfg(target_has_atomic = $width)]
            {
                // SAFETY: as for the load.
                let place = unsafe { $atomic::from_ptr(at.cast()) };
                match place.compare_exchange(expected.to_le(), new.to_le(), SeqCst, SeqCst) {
                    Ok(old) | Err(old) => <$ty>::from_le(old),
                }
            }
            #[cfg(not(target_has_atomic = $width))]
            // SAFETY: as the caller vouches.
            unsafe {
                let old = $load(at);
                if old == expected {
                    $store(at, new);
                }
                old
            }
        }
    )*};
}
accesses! {
    "8" u8, AtomicU8: load8 store8 update8 exchange8;
    "16" u16, AtomicU16: load16 store16 update16 exchange16;
    "32" u32, AtomicU32: load32 store32 update32 exchange32;
    "64" u64, AtomicU64: load64 store64 update64 exchange64;
}
