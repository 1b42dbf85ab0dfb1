//! Integer operators of vectors, and those on all 128 bits.

use super::{V128, binary, compare, map, pairs, unary, zip};
use super::{
    i16x8_extend_high_i8x16_s, i16x8_extend_high_i8x16_u, i16x8_extend_low_i8x16_s, i16x8_extend_low_i8x16_u,
    i32x4_extend_high_i16x8_s, i32x4_extend_high_i16x8_u, i32x4_extend_low_i16x8_s, i32x4_extend_low_i16x8_u,
    i64x2_extend_high_i32x4_s, i64x2_extend_high_i32x4_u, i64x2_extend_low_i32x4_s, i64x2_extend_low_i32x4_u,
};

/// What looks at every lane at once, and shifts: by the count modulo the lanes' width.
macro_rules! whole {
    ($get:ident $signed:ident: $all:ident, $shl:ident, $shr_s:ident, $shr_u:ident; $ty:ident $from:ident $from_signed:ident) => {
        #[inline(always)]
        pub(crate) fn $all(a: V128) -> u32 {
            // Without an early end, so that all lanes are looked at together.
            a.$get().iter().fold(1, |all, lane| all & (*lane != 0) as u32)
        }
        #[inline(always)]
        pub(crate) fn $shl(a: V128, b: u32) -> V128 {
            let b = b % $ty::BITS;
            V128::$from(map(a.$get(), |a| a << b))
        }
        #[inline(always)]
        pub(crate) fn $shr_s(a: V128, b: u32) -> V128 {
            let b = b % $ty::BITS;
            V128::$from_signed(map(a.$signed(), |a| a >> b))
        }
        #[inline(always)]
        pub(crate) fn $shr_u(a: V128, b: u32) -> V128 {
            let b = b % $ty::BITS;
            V128::$from(map(a.$get(), |a| a >> b))
        }
    };
}

/// Products of the lanes of two halves, which nothing is lost of.
macro_rules! extmul {
    ($($name:ident: $extend:ident $mul:ident;)*) => {$(
        #[inline(always)]
        pub(crate) fn $name(a: V128, b: V128) -> V128 {
            $mul($extend(a), $extend(b))
        }
    )*};
}

/// Sums of neighbours, which nothing is lost of.
macro_rules! extadd {
    ($($name:ident: $get:ident $from:ident $wide:ident;)*) => {$(
        #[inline(always)]
        pub(crate) fn $name(a: V128) -> V128 {
            V128::$from(pairs(a.$get(), |a, b| a as $wide + b as $wide))
        }
    )*};
}

// ---- i8x16 ----

compare! { u8s from_u8s;
    i8x16_eq: u8::eq;
    i8x16_ne: u8::ne;
    i8x16_lt_u: u8::lt;
    i8x16_gt_u: u8::gt;
    i8x16_le_u: u8::le;
    i8x16_ge_u: u8::ge;
}
compare! { i8s from_u8s;
    i8x16_lt_s: i8::lt;
    i8x16_gt_s: i8::gt;
    i8x16_le_s: i8::le;
    i8x16_ge_s: i8::ge;
}
unary! { i8s from_i8s;
    i8x16_abs: i8::wrapping_abs;
    i8x16_neg: i8::wrapping_neg;
}
binary! { u8s from_u8s;
    i8x16_add: u8::wrapping_add;
    i8x16_sub: u8::wrapping_sub;
    i8x16_min_u: u8::min;
    i8x16_max_u: u8::max;
    i8x16_add_sat_u: u8::saturating_add;
    i8x16_sub_sat_u: u8::saturating_sub;
    i8x16_avgr_u: |a, b| ((a as u16 + b as u16 + 1) >> 1) as u8;
}
binary! { i8s from_i8s;
    i8x16_min_s: i8::min;
    i8x16_max_s: i8::max;
    i8x16_add_sat_s: i8::saturating_add;
    i8x16_sub_sat_s: i8::saturating_sub;
}
whole! { u8s i8s: i8x16_all_true, i8x16_shl, i8x16_shr_s, i8x16_shr_u; u8 from_u8s from_i8s }

// ---- i16x8 ----

compare! { u16s from_u16s;
    i16x8_eq: u16::eq;
    i16x8_ne: u16::ne;
    i16x8_lt_u: u16::lt;
    i16x8_gt_u: u16::gt;
    i16x8_le_u: u16::le;
    i16x8_ge_u: u16::ge;
}
compare! { i16s from_u16s;
    i16x8_lt_s: i16::lt;
    i16x8_gt_s: i16::gt;
    i16x8_le_s: i16::le;
    i16x8_ge_s: i16::ge;
}
unary! { i16s from_i16s;
    i16x8_abs: i16::wrapping_abs;
    i16x8_neg: i16::wrapping_neg;
}
binary! { u16s from_u16s;
    i16x8_add: u16::wrapping_add;
    i16x8_sub: u16::wrapping_sub;
    i16x8_mul: u16::wrapping_mul;
    i16x8_min_u: u16::min;
    i16x8_max_u: u16::max;
    i16x8_add_sat_u: u16::saturating_add;
    i16x8_sub_sat_u: u16::saturating_sub;
    i16x8_avgr_u: |a, b| ((a as u32 + b as u32 + 1) >> 1) as u16;
}
binary! { i16s from_i16s;
    i16x8_min_s: i16::min;
    i16x8_max_s: i16::max;
    i16x8_add_sat_s: i16::saturating_add;
    i16x8_sub_sat_s: i16::saturating_sub;
    i16x8_q15mulr_sat_s: |a, b| ((a as i32 * b as i32 + 0x4000) >> 15).min(i16::MAX as i32) as i16;
}
whole! { u16s i16s: i16x8_all_true, i16x8_shl, i16x8_shr_s, i16x8_shr_u; u16 from_u16s from_i16s }

// ---- i32x4 ----

compare! { u32s from_u32s;
    i32x4_eq: u32::eq;
    i32x4_ne: u32::ne;
    i32x4_lt_u: u32::lt;
    i32x4_gt_u: u32::gt;
    i32x4_le_u: u32::le;
    i32x4_ge_u: u32::ge;
}
compare! { i32s from_u32s;
    i32x4_lt_s: i32::lt;
    i32x4_gt_s: i32::gt;
    i32x4_le_s: i32::le;
    i32x4_ge_s: i32::ge;
}
unary! { i32s from_i32s;
    i32x4_abs: i32::wrapping_abs;
    i32x4_neg: i32::wrapping_neg;
}
binary! { u32s from_u32s;
    i32x4_add: u32::wrapping_add;
    i32x4_sub: u32::wrapping_sub;
    i32x4_mul: u32::wrapping_mul;
    i32x4_min_u: u32::min;
    i32x4_max_u: u32::max;
}
binary! { i32s from_i32s;
    i32x4_min_s: i32::min;
    i32x4_max_s: i32::max;
}
whole! { u32s i32s: i32x4_all_true, i32x4_shl, i32x4_shr_s, i32x4_shr_u; u32 from_u32s from_i32s }

// ---- i64x2 ----

compare! { u64s from_u64s;
    i64x2_eq: u64::eq;
    i64x2_ne: u64::ne;
}
compare! { i64s from_u64s;
    i64x2_lt_s: i64::lt;
    i64x2_gt_s: i64::gt;
    i64x2_le_s: i64::le;
    i64x2_ge_s: i64::ge;
}
unary! { i64s from_i64s;
    i64x2_abs: i64::wrapping_abs;
    i64x2_neg: i64::wrapping_neg;
}
binary! { u64s from_u64s;
    i64x2_add: u64::wrapping_add;
    i64x2_sub: u64::wrapping_sub;
    i64x2_mul: u64::wrapping_mul;
}
whole! { u64s i64s: i64x2_all_true, i64x2_shl, i64x2_shr_s, i64x2_shr_u; u64 from_u64s from_i64s }

// ---- the lanes' highest bits, that of lane 0 lowest ----

/// Of the bits of `half` that `bits` has, spaced evenly: side by side. A product by `places` adds up
/// copies of them that are shifted so that no two ones meet, and those wanted meet at the top.
#[inline(always)]
fn gather(half: u64, bits: u64, places: u64, count: u32) -> u32 {
    ((half & bits).wrapping_mul(places) >> (64 - count)) as u32
}

#[inline(always)]
pub(crate) fn i8x16_bitmask(a: V128) -> u32 {
    let [low, high] = a.u64s().map(|half| gather(half >> 7, 0x0101_0101_0101_0101, 0x0102_0408_1020_4080, 8));
    low | high << 8
}

#[inline(always)]
pub(crate) fn i16x8_bitmask(a: V128) -> u32 {
    let [low, high] = a.u64s().map(|half| gather(half >> 15, 0x0001_0001_0001_0001, 0x1000_2000_4000_8000, 4));
    low | high << 4
}

#[inline(always)]
pub(crate) fn i32x4_bitmask(a: V128) -> u32 {
    let [low, high] = a.u64s().map(|half| (half >> 31 & 1 | half >> 62 & 2) as u32);
    low | high << 2
}

#[inline(always)]
pub(crate) fn i64x2_bitmask(a: V128) -> u32 {
    let [low, high] = a.u64s().map(|half| (half >> 63) as u32);
    low | high << 1
}

unary! { u8s from_u8s;
    i8x16_popcnt: |a| a.count_ones() as u8;
}

// ---- products and sums of wider lanes ----

extmul! {
    i16x8_extmul_low_i8x16_s: i16x8_extend_low_i8x16_s i16x8_mul;
    i16x8_extmul_low_i8x16_u: i16x8_extend_low_i8x16_u i16x8_mul;
    i16x8_extmul_high_i8x16_s: i16x8_extend_high_i8x16_s i16x8_mul;
    i16x8_extmul_high_i8x16_u: i16x8_extend_high_i8x16_u i16x8_mul;
    i32x4_extmul_low_i16x8_s: i32x4_extend_low_i16x8_s i32x4_mul;
    i32x4_extmul_low_i16x8_u: i32x4_extend_low_i16x8_u i32x4_mul;
    i32x4_extmul_high_i16x8_s: i32x4_extend_high_i16x8_s i32x4_mul;
    i32x4_extmul_high_i16x8_u: i32x4_extend_high_i16x8_u i32x4_mul;
    i64x2_extmul_low_i32x4_s: i64x2_extend_low_i32x4_s i64x2_mul;
    i64x2_extmul_low_i32x4_u: i64x2_extend_low_i32x4_u i64x2_mul;
    i64x2_extmul_high_i32x4_s: i64x2_extend_high_i32x4_s i64x2_mul;
    i64x2_extmul_high_i32x4_u: i64x2_extend_high_i32x4_u i64x2_mul;
}

extadd! {
    i16x8_extadd_pairwise_i8x16_s: i8s from_i16s i16;
    i16x8_extadd_pairwise_i8x16_u: u8s from_u16s u16;
}

// Of 32-bit lanes the neighbours are the lower and the upper half.
unary! { i32s from_i32s;
    i32x4_extadd_pairwise_i16x8_s: |a| a as i16 as i32 + (a >> 16);
}
unary! { u32s from_u32s;
    i32x4_extadd_pairwise_i16x8_u: |a| (a & 0xffff) + (a >> 16);
}

binary! { i32s from_i32s;
    i32x4_dot_i16x8_s: |a, b| (a as i16 as i32 * b as i16 as i32).wrapping_add((a >> 16) * (b >> 16));
}

/// Of signed bytes; the sum of two products saturates.
#[inline(always)]
pub(crate) fn i16x8_relaxed_dot_i8x16_i7x16_s(a: V128, b: V128) -> V128 {
    let products: [i16; 16] = zip(a.i8s(), b.i8s(), |a, b| a as i16 * b as i16);
    V128::from_i16s(pairs(products, i16::saturating_add))
}

#[inline(always)]
pub(crate) fn i32x4_relaxed_dot_i8x16_i7x16_add_s(a: V128, b: V128, c: V128) -> V128 {
    i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c)
}

// ---- all bits ----

unary! { u64s from_u64s;
    v128_not: |a| !a;
}
binary! { u64s from_u64s;
    v128_and: |a, b| a & b;
    v128_andnot: |a, b| a & !b;
    v128_or: |a, b| a | b;
    v128_xor: |a, b| a ^ b;
}

/// Bits of `a` where `c` has a one, of `b` where it has none.
#[inline(always)]
pub(crate) fn v128_bitselect(a: V128, b: V128, c: V128) -> V128 {
    v128_xor(b, v128_and(v128_xor(a, b), c))
}

#[inline(always)]
pub(crate) fn v128_any_true(a: V128) -> u32 {
    ((a.low() | a.high()) != 0) as u32
}
