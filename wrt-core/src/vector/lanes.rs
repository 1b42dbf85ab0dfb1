//! Operators that move lanes: splats, extraction and replacement, shuffles, wider and narrower lanes.

use super::{V128, map};

/// A vector of one value: views, name, the type of the operand.
macro_rules! splats {
    ($($name:ident: $from:ident $ty:ident as $lane:ident;)*) => {$(
        #[inline(always)]
        pub(crate) fn $name(a: $ty) -> V128 {
            V128::$from([a as $lane; _])
        }
    )*};
}

splats! {
    i8x16_splat: from_u8s u32 as u8;
    i16x8_splat: from_u16s u32 as u16;
    i32x4_splat: from_u32s u32 as u32;
    i64x2_splat: from_u64s u64 as u64;
    f32x4_splat: from_f32s f32 as f32;
    f64x2_splat: from_f64s f64 as f64;
}

/// The lowest lane, the others being zero.
#[inline(always)]
pub(crate) fn zero(low: u64) -> V128 {
    V128::from_u64s([low, 0])
}

/// The validator has checked that the lane exists; for any other the results say nothing.
macro_rules! extract {
    ($($name:ident: $get:ident $ty:ident, $f:expr;)*) => {$(
        #[inline(always)]
        pub(crate) fn $name(a: V128, lane: usize) -> $ty {
            a.$get().get(lane).copied().map_or($ty::default(), $f)
        }
    )*};
}

extract! {
    i8x16_extract_lane_s: i8s u32, |a| a as i32 as u32;
    i8x16_extract_lane_u: u8s u32, |a| a as u32;
    i16x8_extract_lane_s: i16s u32, |a| a as i32 as u32;
    i16x8_extract_lane_u: u16s u32, |a| a as u32;
    i32x4_extract_lane: u32s u32, |a| a;
    i64x2_extract_lane: u64s u64, |a| a;
    f32x4_extract_lane: u32s f32, f32::from_bits;
    f64x2_extract_lane: u64s f64, f64::from_bits;
}

macro_rules! replace {
    ($($name:ident: $get:ident $from:ident $ty:ident, $f:expr;)*) => {$(
        #[inline(always)]
        pub(crate) fn $name(a: V128, b: $ty, lane: usize) -> V128 {
            let mut lanes = a.$get();
            if let Some(place) = lanes.get_mut(lane) {
                *place = $f(b);
            }
            V128::$from(lanes)
        }
    )*};
}

replace! {
    i8x16_replace_lane: u8s from_u8s u32, |b| b as u8;
    i16x8_replace_lane: u16s from_u16s u32, |b| b as u16;
    i32x4_replace_lane: u32s from_u32s u32, |b| b;
    i64x2_replace_lane: u64s from_u64s u64, |b| b;
    f32x4_replace_lane: u32s from_u32s f32, f32::to_bits;
    f64x2_replace_lane: u64s from_u64s f64, f64::to_bits;
}

/// Bytes of `a` and `b`, thirty-two in a row, as `lanes` says.
#[inline(never)]
pub(crate) fn i8x16_shuffle(a: V128, b: V128, lanes: V128) -> V128 {
    let mut both = [0; 32];
    for (to, from) in both.iter_mut().zip(a.bytes().iter().chain(&b.bytes())) {
        *to = *from;
    }
    // The validator has checked the lanes; the mask tells the compiler.
    V128::from_bytes(map(lanes.bytes(), |lane: u8| both.get(lane as usize & 31).copied().unwrap_or(0)))
}

/// Bytes of `a` as `b` says; 0 where it names none.
#[inline(never)]
pub(crate) fn i8x16_swizzle(a: V128, b: V128) -> V128 {
    let from = a.bytes();
    let byte = |lane: u8| from.get(lane as usize & 15).copied().unwrap_or(0);
    V128::from_bytes(map(b.bytes(), |lane: u8| if lane < 16 { byte(lane) } else { 0 }))
}

/// Lanes of half a vector, twice as wide: of eight bytes, of the low half, of the high half. A half of a
/// vector is never eight bytes by itself: compilers take those for one number and its lanes apart again.
macro_rules! extend {
    ($($half:ident $low:ident $high:ident: $ty:ident $n:literal $get:ident $from:ident, $wide:ident;)*) => {$(
        #[inline(always)]
        #[allow(clippy::useless_transmute, reason = "bytes are lanes, too")]
        pub(crate) fn $half(half: [u8; 8]) -> V128 {
            // SAFETY: both are eight bytes, any of which is valid.
            let lanes = unsafe { core::mem::transmute::<[u8; 8], [$ty; $n]>(half) };
            V128::$from(map(lanes, |lane: $ty| $ty::from_le(lane) as $wide))
        }
        #[inline(always)]
        pub(crate) fn $low(a: V128) -> V128 {
            V128::$from(map(a.$get(), |lane| lane as $wide))
        }
        #[inline(always)]
        pub(crate) fn $high(a: V128) -> V128 {
            let mut lanes = [0; $n];
            for (wide, lane) in lanes.iter_mut().zip(a.$get().iter().skip($n)) {
                *wide = *lane as $wide;
            }
            V128::$from(lanes)
        }
    )*};
}

extend! {
    extend8_s i16x8_extend_low_i8x16_s i16x8_extend_high_i8x16_s: i8 8 i8s from_i16s, i16;
    extend8_u i16x8_extend_low_i8x16_u i16x8_extend_high_i8x16_u: u8 8 u8s from_u16s, u16;
    extend16_s i32x4_extend_low_i16x8_s i32x4_extend_high_i16x8_s: i16 4 i16s from_i32s, i32;
    extend16_u i32x4_extend_low_i16x8_u i32x4_extend_high_i16x8_u: u16 4 u16s from_u32s, u32;
    extend32_s i64x2_extend_low_i32x4_s i64x2_extend_high_i32x4_s: i32 2 i32s from_i64s, i64;
    extend32_u i64x2_extend_low_i32x4_u i64x2_extend_high_i32x4_u: u32 2 u32s from_u64s, u64;
}

/// Lanes of two vectors, half as wide, each the nearest number that fits.
macro_rules! narrow {
    ($($name:ident: $get:ident $wide:ident $from:ident $ty:ident;)*) => {$(
        #[inline(always)]
        pub(crate) fn $name(a: V128, b: V128) -> V128 {
            let (a, b) = (a.$get(), b.$get());
            let mut lanes = [0; _];
            for (lane, wide) in lanes.iter_mut().zip(a.iter().chain(&b)) {
                *lane = (*wide).clamp($ty::MIN as $wide, $ty::MAX as $wide) as $ty;
            }
            V128::$from(lanes)
        }
    )*};
}

narrow! {
    i8x16_narrow_i16x8_s: i16s i16 from_i8s i8;
    i8x16_narrow_i16x8_u: i16s i16 from_u8s u8;
    i16x8_narrow_i32x4_s: i32s i32 from_i16s i16;
    i16x8_narrow_i32x4_u: i32s i32 from_u16s u16;
}
