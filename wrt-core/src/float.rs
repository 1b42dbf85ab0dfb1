//! Float operators whose meaning Rust's own do not give: canonical NaN, rounding, minimum and
//! maximum (specification section 4.3.3, deterministic profile).
//!
//! A NaN result is always the canonical one with a positive sign, so that every target computes
//! the same bits.

const NAN32: f32 = f32::from_bits(0x7fc0_0000);
const NAN64: f64 = f64::from_bits(0x7ff8_0000_0000_0000);

#[inline(always)]
pub(crate) fn canon32(v: f32) -> f32 {
    if v.is_nan() {
        core::hint::cold_path();
        return NAN32;
    }
    v
}

#[inline(always)]
pub(crate) fn canon64(v: f64) -> f64 {
    if v.is_nan() {
        core::hint::cold_path();
        return NAN64;
    }
    v
}

/// Whether an operator on `f32` has code of its own. What it rounds to, or the square root, is the same by way of `f64`:
/// integers stay what they are, and 53 bits are more than twice 24 and two.
const OWN_F32: bool = cfg!(feature = "large-loop") || cfg!(target_abi = "eabihf");

macro_rules! by_f64 {
    ($v:expr, $of32:path, $of64:path) => {
        if OWN_F32 { $of32($v) } else { $of64($v as f64) as f32 }
    };
}

macro_rules! rounding {
    ($($name32:ident, $name64:ident: $libm32:ident, $libm64:ident;)*) => {$(
        pub(crate) fn $name32(v: f32) -> f32 { canon32(by_f64!(v, whole::$libm32, whole::$libm64)) }
        pub(crate) fn $name64(v: f64) -> f64 { canon64(whole::$libm64(v)) }
    )*};
}

/// Down and up: by way of truncation where code is dear, which costs a comparison more.
mod whole {
    pub(super) fn floor(v: f64) -> f64 {
        if cfg!(feature = "large-loop") {
            return libm::floor(v);
        }
        let t = libm::trunc(v);
        if t > v { t - 1.0 } else { t }
    }
    pub(super) fn ceil(v: f64) -> f64 {
        if cfg!(feature = "large-loop") { libm::ceil(v) } else { -floor(-v) }
    }
    pub(super) use libm::{ceilf, floorf, rint, rintf, trunc, truncf};
}

rounding! {
    ceil32, ceil64: ceilf, ceil;
    floor32, floor64: floorf, floor;
    trunc32, trunc64: truncf, trunc;
    nearest32, nearest64: rintf, rint;
}

#[inline(always)]
pub(crate) fn sqrt32(v: f32) -> f32 {
    canon32(by_f64!(v, libm::sqrtf, libm::sqrt))
}
#[inline(always)]
pub(crate) fn sqrt64(v: f64) -> f64 {
    canon64(libm::sqrt(v))
}
#[inline(always)]
pub(crate) fn copysign32(a: f32, b: f32) -> f32 {
    f32::from_bits(a.to_bits() & 0x7fff_ffff | b.to_bits() & 0x8000_0000)
}
#[inline(always)]
pub(crate) fn copysign64(a: f64, b: f64) -> f64 {
    f64::from_bits(a.to_bits() & 0x7fff_ffff_ffff_ffff | b.to_bits() & 0x8000_0000_0000_0000)
}

/// Conversions to integers as the folded loop makes them: one function for all operators.
#[cfg(not(feature = "large-loop"))]
mod convert {
    use crate::error::Reason;

    /// The integers that a float is converted to; the numbers say where [`truncated`] finds the bounds.
    #[derive(Clone, Copy)]
    pub(crate) enum Integer {
        I32 = 0,
        U32 = 1,
        I64 = 2,
        U64 = 3,
    }

    /// `v` without its fraction as an integer, saturated; the bits of a 32-bit one are the lower ones.
    #[inline(never)]
    pub(crate) fn saturated(v: f64, to: Integer) -> u64 {
        match to {
            // By way of 64 bits, of which fewer kinds need fewer conversions.
            Integer::I32 => (v as i64).clamp(i32::MIN as i64, i32::MAX as i64) as u32 as u64,
            Integer::U32 => (v as i64).clamp(0, u32::MAX as i64) as u64,
            Integer::I64 => v as i64 as u64,
            Integer::U64 => v as u64,
        }
    }

    /// The same where the integer holds it.
    #[inline(never)]
    pub(crate) fn truncated(v: f64, to: Integer) -> Result<u64, Reason> {
        // What `v` must be above and below.
        static BOUNDS: [(f64, f64); 4] = [
            (-2147483649.0, 2147483648.0),
            (-1.0, 4294967296.0),
            (-9223372036854777856.0, 9223372036854775808.0),
            (-1.0, 18446744073709551616.0),
        ];
        let (low, high) = BOUNDS.get(to as usize).copied().unwrap_or((0.0, 0.0));
        if v > low && v < high {
            Ok(saturated(v, to))
        } else {
            Err(if v.is_nan() { Reason::InvalidConversionToInteger } else { Reason::IntegerOverflow })
        }
    }
}
#[cfg(not(feature = "large-loop"))]
pub(crate) use convert::{Integer, saturated, truncated};

macro_rules! extremes {
    ($min:ident, $max:ident, $ty:ty, $nan:ident) => {
        #[inline(always)]
        pub(crate) fn $min(a: $ty, b: $ty) -> $ty {
            if a < b {
                a
            } else if b < a {
                b
            } else if a == b {
                // Equal, or zeros of either sign: the negative one is less.
                <$ty>::from_bits(a.to_bits() | b.to_bits())
            } else {
                $nan
            }
        }
        #[inline(always)]
        pub(crate) fn $max(a: $ty, b: $ty) -> $ty {
            if a > b {
                a
            } else if b > a {
                b
            } else if a == b {
                <$ty>::from_bits(a.to_bits() & b.to_bits())
            } else {
                $nan
            }
        }
    };
}

extremes!(min32, max32, f32, NAN32);
extremes!(min64, max64, f64, NAN64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_nans() {
        assert_eq!(min64(0.0, -0.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(max64(-0.0, 0.0).to_bits(), 0);
        assert_eq!(min32(f32::from_bits(0xffff_ffff), 1.0).to_bits(), NAN32.to_bits());
        assert_eq!(canon64(f64::from_bits(0xfff0_0000_0000_0001)).to_bits(), NAN64.to_bits());
        assert_eq!(nearest64(2.5), 2.0);
        assert_eq!(nearest32(-0.4).to_bits(), (-0.0f32).to_bits());
    }
}
