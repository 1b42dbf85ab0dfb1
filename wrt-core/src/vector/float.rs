//! Float operators of vectors.
//!
//! What computes NaN gives the canonical one, chosen without a branch, so that lanes stay together.

use super::{V128, binary, compare, map, unary, zip};
use crate::float;

/// Lanes of one type: what their operators are made of.
macro_rules! lane {
    ($ty:ident $nan:literal $sign:literal $whole:literal: $canon:ident $min:ident $max:ident $near:ident $nearest:ident $floor:ident $ceil:ident $trunc:ident) => {
        #[inline(always)]
        fn $canon(v: $ty) -> $ty {
            if v.is_nan() { $ty::from_bits($nan) } else { v }
        }

        /// Each comparison gives the second where they are equal or one is NaN; so of equal ones, such
        /// as two zeros, there is one of each, whose bits together are those of the lesser.
        #[inline(always)]
        fn $min(a: $ty, b: $ty) -> $ty {
            let (x, y) = (if a < b { a } else { b }, if b < a { b } else { a });
            let least = $ty::from_bits(x.to_bits() | y.to_bits());
            if a.is_nan() || b.is_nan() { $ty::from_bits($nan) } else { least }
        }

        #[inline(always)]
        fn $max(a: $ty, b: $ty) -> $ty {
            let (x, y) = (if a > b { a } else { b }, if b > a { b } else { a });
            let most = $ty::from_bits(x.to_bits() & y.to_bits());
            if a.is_nan() || b.is_nan() { $ty::from_bits($nan) } else { most }
        }

        /// The nearest integer, the even one of two; its sign is that of the operand. From $whole on every
        /// number is one; below, adding it leaves no room for a fraction, and the addition rounds as wanted.
        #[inline(always)]
        fn $near(a: $ty) -> $ty {
            let size = $ty::from_bits(a.to_bits() & !$sign);
            let whole = if size < $whole { $whole } else { 0.0 };
            $ty::from_bits(((size + whole) - whole).to_bits() | a.to_bits() & $sign)
        }

        #[inline(always)]
        fn $nearest(a: $ty) -> $ty {
            $canon($near(a))
        }

        #[inline(always)]
        fn $floor(a: $ty) -> $ty {
            let near = $near(a);
            $canon(near - if near > a { 1.0 } else { 0.0 })
        }

        #[inline(always)]
        fn $ceil(a: $ty) -> $ty {
            let near = $near(a);
            let ceil = near + if near < a { 1.0 } else { 0.0 };
            // Of a zero the sign is that of the operand.
            $canon($ty::from_bits(ceil.to_bits() | a.to_bits() & $sign))
        }

        #[inline(always)]
        fn $trunc(a: $ty) -> $ty {
            let size = $ty::from_bits(a.to_bits() & !$sign);
            let near = $near(size);
            let floor = near - if near > size { 1.0 } else { 0.0 };
            $canon($ty::from_bits(floor.to_bits() | a.to_bits() & $sign))
        }
    };
}

lane! { f32 0x7fc0_0000 0x8000_0000 8_388_608.0: canon32 min32 max32 near32 nearest32 floor32 ceil32 trunc32 }
lane! { f64 0x7ff8_0000_0000_0000 0x8000_0000_0000_0000 4_503_599_627_370_496.0: canon64 min64 max64 near64 nearest64 floor64 ceil64 trunc64 }

// ---- f32x4 ----

compare! { f32s from_u32s;
    f32x4_eq: f32::eq;
    f32x4_ne: f32::ne;
    f32x4_lt: f32::lt;
    f32x4_gt: f32::gt;
    f32x4_le: f32::le;
    f32x4_ge: f32::ge;
}
unary! { u32s from_u32s;
    f32x4_abs: |a| a & !0x8000_0000;
    f32x4_neg: |a| a ^ 0x8000_0000;
}
unary! { f32s from_f32s;
    f32x4_ceil: ceil32;
    f32x4_floor: floor32;
    f32x4_trunc: trunc32;
    f32x4_nearest: nearest32;
    f32x4_sqrt: float::sqrt32;
}
binary! { f32s from_f32s;
    f32x4_add: |a, b| canon32(a + b);
    f32x4_sub: |a, b| canon32(a - b);
    f32x4_mul: |a, b| canon32(a * b);
    f32x4_div: |a, b| canon32(a / b);
    f32x4_min: min32;
    f32x4_max: max32;
    f32x4_pmin: |a, b| if b < a { b } else { a };
    f32x4_pmax: |a, b| if a < b { b } else { a };
}

/// `a * b + c`, rounded twice.
#[inline(always)]
pub(crate) fn f32x4_relaxed_madd(a: V128, b: V128, c: V128) -> V128 {
    V128::from_f32s(zip(zip(a.f32s(), b.f32s(), |a, b| a * b), c.f32s(), |ab, c| canon32(ab + c)))
}

/// `-(a * b) + c`, rounded twice.
#[inline(always)]
pub(crate) fn f32x4_relaxed_nmadd(a: V128, b: V128, c: V128) -> V128 {
    f32x4_relaxed_madd(f32x4_neg(a), b, c)
}

// ---- f64x2 ----

compare! { f64s from_u64s;
    f64x2_eq: f64::eq;
    f64x2_ne: f64::ne;
    f64x2_lt: f64::lt;
    f64x2_gt: f64::gt;
    f64x2_le: f64::le;
    f64x2_ge: f64::ge;
}
unary! { u64s from_u64s;
    f64x2_abs: |a| a & !0x8000_0000_0000_0000;
    f64x2_neg: |a| a ^ 0x8000_0000_0000_0000;
}
unary! { f64s from_f64s;
    f64x2_ceil: ceil64;
    f64x2_floor: floor64;
    f64x2_trunc: trunc64;
    f64x2_nearest: nearest64;
    f64x2_sqrt: float::sqrt64;
}
binary! { f64s from_f64s;
    f64x2_add: |a, b| canon64(a + b);
    f64x2_sub: |a, b| canon64(a - b);
    f64x2_mul: |a, b| canon64(a * b);
    f64x2_div: |a, b| canon64(a / b);
    f64x2_min: min64;
    f64x2_max: max64;
    f64x2_pmin: |a, b| if b < a { b } else { a };
    f64x2_pmax: |a, b| if a < b { b } else { a };
}

/// `a * b + c`, rounded twice.
#[inline(always)]
pub(crate) fn f64x2_relaxed_madd(a: V128, b: V128, c: V128) -> V128 {
    V128::from_f64s(zip(zip(a.f64s(), b.f64s(), |a, b| a * b), c.f64s(), |ab, c| canon64(ab + c)))
}

/// `-(a * b) + c`, rounded twice.
#[inline(always)]
pub(crate) fn f64x2_relaxed_nmadd(a: V128, b: V128, c: V128) -> V128 {
    f64x2_relaxed_madd(f64x2_neg(a), b, c)
}

// ---- conversions; numbers that do not fit become the nearest ones, NaN becomes 0 ----

unary! { f32s from_i32s;
    i32x4_trunc_sat_f32x4_s: |a| a as i32;
}
unary! { f32s from_u32s;
    i32x4_trunc_sat_f32x4_u: |a| a as u32;
}
unary! { f64s from_i32s;
    i32x4_trunc_sat_f64x2_s_zero: |a| a as i32;
}
unary! { f64s from_u32s;
    i32x4_trunc_sat_f64x2_u_zero: |a| a as u32;
}
unary! { i32s from_f32s;
    f32x4_convert_i32x4_s: |a| a as f32;
}
unary! { u32s from_f32s;
    f32x4_convert_i32x4_u: |a| a as f32;
}
unary! { i32s from_f64s;
    f64x2_convert_low_i32x4_s: |a| a as f64;
}
unary! { u32s from_f64s;
    f64x2_convert_low_i32x4_u: |a| a as f64;
}
unary! { f64s from_f32s;
    f32x4_demote_f64x2_zero: |a| canon32(a as f32);
}
unary! { f32s from_f64s;
    f64x2_promote_low_f32x4: |a| canon64(a as f64);
}
