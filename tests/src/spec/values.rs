//! Arguments and expected results of the suite as the engine's values.
//!
//! Owns the NaN classes and the numbering of host references. Knows nothing of modules.

use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};
use wrt_core::{Instance, Reference, ValType, Value};

/// The suite's host reference `n`: never the null reference, which is 0.
fn host_ref(n: u32) -> u64 {
    u64::from(n) + 1
}

/// An argument as a value; `None` for types that the engine does not have.
#[must_use]
pub fn argument(arg: &WastArg<'_>) -> Option<Value> {
    let WastArg::Core(arg) = arg else { return None };
    Some(match arg {
        WastArgCore::I32(v) => Value::from_i32(*v),
        WastArgCore::I64(v) => Value::from_i64(*v),
        WastArgCore::F32(v) => Value::from_bits(u64::from(v.bits)),
        WastArgCore::F64(v) => Value::from_bits(v.bits),
        WastArgCore::V128(v) => Value::from_v128(u128::from_le_bytes(v.to_le_bytes())),
        WastArgCore::RefNull(_) => Value::from_ref(0),
        WastArgCore::RefExtern(n) => Value::from_ref(host_ref(*n)),
        WastArgCore::RefHost(n) => Instance::host_reference(host_ref(*n)),
    })
}

/// Whether a result is one that the suite allows. `Err` says what was expected; `Ok(false)` that
/// the expectation speaks of types the engine does not have.
///
/// # Errors
/// What was expected.
pub fn matches(instance: Instance<'_>, got: (Value, ValType), want: &WastRet<'_>) -> Result<bool, String> {
    match want {
        WastRet::Core(want) => matches_core(instance, got, want),
        _ => Ok(false),
    }
}

fn matches_core(instance: Instance<'_>, (value, ty): (Value, ValType), want: &WastRetCore<'_>) -> Result<bool, String> {
    let is = |which: fn(&Reference) -> bool| (ty, instance.reference(value, ty).is_ok_and(|r| which(&r)));
    let (want_ty, fits) = match want {
        WastRetCore::I32(w) => (ValType::I32, value.i32() == *w),
        WastRetCore::I64(w) => (ValType::I64, value.i64() == *w),
        WastRetCore::F32(w) => (ValType::F32, f32_fits(value.bits() as u32, w)),
        WastRetCore::F64(w) => (ValType::F64, f64_fits(value.bits(), w)),
        WastRetCore::V128(w) => (ValType::V128, v128_fits(value.v128(), w)),
        WastRetCore::RefNull(_) => (ty, ty.is_ref() && value.ref_() == 0),
        WastRetCore::RefExtern(Some(n)) => (ValType::EXTERNREF, value.ref_() == host_ref(*n)),
        WastRetCore::RefExtern(None) => (ValType::EXTERNREF, value.ref_() != 0),
        WastRetCore::RefFunc(_) if ty.index().is_some() => (ty.nullable(), value.ref_() != 0),
        WastRetCore::RefFunc(_) => (ValType::FUNCREF, value.ref_() != 0),
        WastRetCore::RefHost(n) => {
            let is_it = instance.reference(value, ty) == Ok(Reference::Host(host_ref(*n)));
            (ty, is_it)
        }
        WastRetCore::RefAny => is(|r| !matches!(r, Reference::Null | Reference::Func(_) | Reference::Exception)),
        WastRetCore::RefEq => is(|r| matches!(r, Reference::I31(_) | Reference::Struct | Reference::Array(_))),
        WastRetCore::RefI31 => is(|r| matches!(r, Reference::I31(_))),
        WastRetCore::RefStruct => is(|r| matches!(r, Reference::Struct)),
        WastRetCore::RefArray => is(|r| matches!(r, Reference::Array(_))),
        WastRetCore::Either(any) => {
            let mut known = true;
            for w in any {
                match matches_core(instance, (value, ty), w) {
                    Ok(true) => return Ok(true),
                    Ok(false) => known = false,
                    Err(_) => {}
                }
            }
            return if known { Err(format!("one of {any:?}")) } else { Ok(false) };
        }
        _ => return Ok(false),
    };
    if ty.nullable() == want_ty.nullable() && fits { Ok(true) } else { Err(format!("{want:?}")) }
}

fn f32_fits(bits: u32, want: &NanPattern<wast::token::F32>) -> bool {
    match want {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => bits & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(w) => bits == w.bits,
    }
}

fn f64_fits(bits: u64, want: &NanPattern<wast::token::F64>) -> bool {
    match want {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        NanPattern::Value(w) => bits == w.bits,
    }
}

/// Lane by lane.
fn v128_fits(bits: u128, want: &V128Pattern) -> bool {
    let lane = |width: usize, i: usize| (bits >> (width * i)) as u64 & (u64::MAX >> (64 - width));
    match want {
        V128Pattern::I8x16(w) => (0..16).all(|i| lane(8, i) as i8 == w[i]),
        V128Pattern::I16x8(w) => (0..8).all(|i| lane(16, i) as i16 == w[i]),
        V128Pattern::I32x4(w) => (0..4).all(|i| lane(32, i) as i32 == w[i]),
        V128Pattern::I64x2(w) => (0..2).all(|i| lane(64, i) as i64 == w[i]),
        V128Pattern::F32x4(w) => (0..4).all(|i| f32_fits(lane(32, i) as u32, &w[i])),
        V128Pattern::F64x2(w) => (0..2).all(|i| f64_fits(lane(64, i), &w[i])),
    }
}

/// A value for a message: type and bits.
#[must_use]
pub fn show((value, ty): &(Value, ValType)) -> String {
    format!("{}:{:#x}", ty.name(), value.v128())
}
