//! Vectors of 128 bits: what every vector operator computes (specification section 4.4.3).
//!
//! Portable and complete: a vector is sixteen bytes, lanes are arrays made from them, and an operator
//! is a loop over lanes, without branches where that can be, which the compiler turns into the vector
//! instructions of the machine where it has them.
//! Functions have the operators' names. `lanes` moves lanes about, `integer` and `float` compute.
//! Knows nothing of frames, memories or operations.
//!
//! A NaN that is computed is the canonical one, as in `float`. Relaxed operators have no functions of
//! their own but for those that multiply and add; the rows of the table say what the others mean.

mod float;
mod integer;
mod lanes;
#[cfg(test)]
mod tests;

pub(crate) use float::*;
pub(crate) use integer::*;
pub(crate) use lanes::*;

/// A vector: its bytes, the one of lane 0 first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct V128([u8; 16]);

impl V128 {
    #[inline(always)]
    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        V128(bytes)
    }
    #[inline(always)]
    pub(crate) const fn bytes(self) -> [u8; 16] {
        self.0
    }
    /// From the low and the high eight bytes.
    #[inline(always)]
    pub(crate) const fn from_halves(low: u64, high: u64) -> Self {
        V128((low as u128 | (high as u128) << 64).to_le_bytes())
    }
    #[inline(always)]
    pub(crate) const fn low(self) -> u64 {
        u128::from_le_bytes(self.0) as u64
    }
    #[inline(always)]
    pub(crate) const fn high(self) -> u64 {
        (u128::from_le_bytes(self.0) >> 64) as u64
    }

    /// The vector whose halves stand in two words, the low one first.
    ///
    /// # Safety
    /// Two words can be read at `at`.
    #[inline(always)]
    pub(crate) unsafe fn read(at: *const u64) -> Self {
        if cfg!(target_endian = "little") {
            // SAFETY: two words have sixteen bytes, in the order of the lanes.
            V128(unsafe { at.cast::<[u8; 16]>().read() })
        } else {
            // SAFETY: as the caller vouches.
            unsafe { V128::from_halves(at.read(), at.add(1).read()) }
        }
    }

    /// Writes the halves to two words.
    ///
    /// # Safety
    /// Two words can be written at `at`.
    #[inline(always)]
    pub(crate) unsafe fn write(self, at: *mut u64) {
        if cfg!(target_endian = "little") {
            // SAFETY: as in `read`.
            unsafe { at.cast::<[u8; 16]>().write(self.0) }
        } else {
            // SAFETY: as the caller vouches.
            unsafe {
                at.write(self.low());
                at.add(1).write(self.high());
            }
        }
    }
}

/// Lanes as arrays, and vectors from them.
macro_rules! views {
    ($($get:ident $from:ident $ty:ident $n:literal;)*) => {
        impl V128 {$(
            #[inline(always)]
            #[allow(clippy::useless_transmute, reason = "bytes are lanes, too")]
            pub(crate) fn $get(self) -> [$ty; $n] {
                // SAFETY: both are sixteen bytes, any of which is valid.
                let lanes = unsafe { core::mem::transmute::<[u8; 16], [$ty; $n]>(self.0) };
                if cfg!(target_endian = "little") { lanes } else { lanes.map($ty::from_le) }
            }
            #[inline(always)]
            #[allow(clippy::useless_transmute, reason = "bytes are lanes, too")]
            pub(crate) fn $from(lanes: [$ty; $n]) -> Self {
                let lanes = if cfg!(target_endian = "little") { lanes } else { lanes.map($ty::to_le) };
                // SAFETY: as above.
                V128(unsafe { core::mem::transmute::<[$ty; $n], [u8; 16]>(lanes) })
            }
        )*}
    };
}

views! {
    u8s from_u8s u8 16;
    i8s from_i8s i8 16;
    u16s from_u16s u16 8;
    i16s from_i16s i16 8;
    u32s from_u32s u32 4;
    i32s from_i32s i32 4;
    u64s from_u64s u64 2;
    i64s from_i64s i64 2;
}

impl V128 {
    #[inline(always)]
    pub(crate) fn f32s(self) -> [f32; 4] {
        map(self.u32s(), f32::from_bits)
    }
    #[inline(always)]
    pub(crate) fn from_f32s(lanes: [f32; 4]) -> Self {
        V128::from_u32s(map(lanes, f32::to_bits))
    }
    #[inline(always)]
    pub(crate) fn f64s(self) -> [f64; 2] {
        map(self.u64s(), f64::from_bits)
    }
    #[inline(always)]
    pub(crate) fn from_f64s(lanes: [f64; 2]) -> Self {
        V128::from_u64s(map(lanes, f64::to_bits))
    }
}

/// Each lane by itself; lanes that `a` has none for are zero.
#[inline(always)]
fn map<A: Copy, R: Copy + Default, const N: usize, const M: usize>(a: [A; N], f: impl Fn(A) -> R) -> [R; M] {
    let mut lanes = [R::default(); M];
    for (lane, a) in lanes.iter_mut().zip(&a) {
        *lane = f(*a);
    }
    lanes
}

/// Lanes of two vectors, one by one.
#[inline(always)]
fn zip<A: Copy, B: Copy, R: Copy + Default, const N: usize>(a: [A; N], b: [B; N], f: impl Fn(A, B) -> R) -> [R; N] {
    let mut lanes = [R::default(); N];
    for ((lane, a), b) in lanes.iter_mut().zip(&a).zip(&b) {
        *lane = f(*a, *b);
    }
    lanes
}

/// Neighbours: lanes 0 and 1, 2 and 3, and so on.
#[inline(always)]
fn pairs<A: Copy, R: Copy + Default, const N: usize, const M: usize>(a: [A; N], f: impl Fn(A, A) -> R) -> [R; M] {
    let mut lanes = [R::default(); M];
    for (lane, [a, b]) in lanes.iter_mut().zip(a.as_chunks::<2>().0) {
        *lane = f(*a, *b);
    }
    lanes
}

/// Functions of one vector: views of operand and result, name, what becomes of a lane.
macro_rules! unary {
    ($get:ident $from:ident; $($name:ident: $f:expr;)*) => {$(
        #[inline(always)]
        pub(crate) fn $name(a: V128) -> V128 {
            V128::$from(map(a.$get(), $f))
        }
    )*};
}

/// The same of two vectors.
macro_rules! binary {
    ($get:ident $from:ident; $($name:ident: $f:expr;)*) => {$(
        #[inline(always)]
        pub(crate) fn $name(a: V128, b: V128) -> V128 {
            V128::$from(zip(a.$get(), b.$get(), $f))
        }
    )*};
}

/// Comparisons: lanes of ones where it holds, of zeros where not.
macro_rules! compare {
    ($get:ident $from:ident; $($name:ident: $f:expr;)*) => {$(
        #[inline(always)]
        pub(crate) fn $name(a: V128, b: V128) -> V128 {
            V128::$from(zip(a.$get(), b.$get(), |a, b| if $f(&a, &b) { !0 } else { 0 }))
        }
    )*};
}

use {binary, compare, unary};
