//! Values between the text that a person types and reads and the engine's sixteen bytes.

use serde_json::{Value as Json, json};
use wrt_core::{FuncType, ValType, Value};

/// Reads one argument of the given type; the error says what would have been right.
pub fn parse(text: &str, ty: ValType) -> Result<Value, String> {
    let wrong = |what: &str| format!("`{text}` is not {what}");
    match ty {
        ValType::I32 => integer(text)
            .and_then(|n| i32::try_from(n).ok().or_else(|| u32::try_from(n).ok().map(|u| u as i32)))
            .map(Value::from_i32)
            .ok_or_else(|| wrong("an i32 (decimal or 0x…, -2147483648 to 4294967295)")),
        ValType::I64 => integer(text)
            .and_then(|n| i64::try_from(n).ok().or_else(|| u64::try_from(n).ok().map(|u| u as i64)))
            .map(Value::from_i64)
            .ok_or_else(|| wrong("an i64 (decimal or 0x…, -9223372036854775808 to 18446744073709551615)")),
        ValType::F32 => float::<f32>(text, f32::from_bits)
            .map(Value::from_f32)
            .ok_or_else(|| wrong("an f32 (such as 1.5, -2e9, nan or inf)")),
        ValType::F64 => float::<f64>(text, |bits| f64::from(f32::from_bits(bits)))
            .map(Value::from_f64)
            .ok_or_else(|| wrong("an f64 (such as 1.5, -2e9, nan or inf)")),
        ValType::V128 => vector(text)
            .map(Value::from_v128)
            .ok_or_else(|| wrong("a v128 (up to 32 hexadecimal digits behind 0x, lane 0 last)")),
        ty if ty.is_ref() => match (text, ty) {
            ("null", _) => Ok(Value::ZERO),
            (_, ValType::EXTERNREF) => integer(text)
                .and_then(|n| u64::try_from(n).ok())
                .map(Value::from_ref)
                .ok_or_else(|| wrong("an externref (null, or a number)")),
            _ => Err(wrong("a reference that can be typed; null is the only one")),
        },
        _ => Err(format!("arguments of type {} cannot be typed", ty.name())),
    }
}

/// A vector as one hexadecimal number.
fn vector(text: &str) -> Option<u128> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?.replace('_', "");
    if digits.starts_with(['-', '+']) { None } else { u128::from_str_radix(&digits, 16).ok() }
}

/// A decimal or hexadecimal integer with an optional sign.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    // `from_str_radix` would take a second sign.
    if digits.starts_with(['-', '+']) {
        return None;
    }
    let digits = digits.replace('_', "");
    let n = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?,
        None => digits.parse::<u64>().ok()?,
    };
    Some(sign * i128::from(n))
}

/// A float as Rust reads it (which covers `nan`, `inf` and `infinity`). The canonical NaN is made
/// from its bits, because a float parser may choose another.
fn float<F: core::str::FromStr>(text: &str, from_f32: impl Fn(u32) -> F) -> Option<F> {
    match text.to_ascii_lowercase().as_str() {
        "nan" | "+nan" => Some(from_f32(0x7fc0_0000)),
        "-nan" => Some(from_f32(0xffc0_0000)),
        _ => text.parse().ok(),
    }
}

/// A value as text; what [`parse`] reads back to the same bits, NaN payloads excepted.
pub fn show(value: Value, ty: ValType) -> String {
    match ty {
        ValType::I32 => value.i32().to_string(),
        ValType::I64 => value.i64().to_string(),
        ValType::F32 => show_float(f64::from(value.f32()), value.f32()),
        ValType::F64 => show_float(value.f64(), value.f64()),
        ValType::V128 => format!("{:#034x}", value.v128()),
        _ if value.ref_() == 0 => "null".into(),
        ValType::FUNCREF => "function".into(),
        _ => value.ref_().to_string(),
    }
}

/// The shortest text that reads back to the same float; `F` chooses the width.
fn show_float<F: core::fmt::Display + core::fmt::LowerExp>(wide: f64, value: F) -> String {
    let sign = if wide.is_sign_negative() { "-" } else { "" };
    if wide.is_nan() {
        return format!("{sign}nan");
    }
    if wide.is_infinite() {
        return format!("{sign}inf");
    }
    let magnitude = wide.abs();
    if magnitude != 0.0 && !(1e-5..1e17).contains(&magnitude) { format!("{value:e}") } else { value.to_string() }
}

/// A value for a program: integers of 32 bits and floats as numbers where JSON has them, all else
/// as strings, so that no reader loses digits; the bits besides.
pub fn to_json(value: Value, ty: ValType) -> Json {
    let shown = match ty {
        ValType::I32 => json!(value.i32()),
        ValType::F32 if value.f32().is_finite() => json!(value.f32()),
        ValType::F64 if value.f64().is_finite() => json!(value.f64()),
        _ => json!(show(value, ty)),
    };
    json!({ "type": ty.name(), "value": shown, "bits": format!("{:#x}", value.v128()) })
}

/// A function type as the text format writes it: `(i32, i64) -> (f32)`.
pub fn signature(ty: FuncType<'_>) -> String {
    let list = |types: &[ValType]| types.iter().map(|t| t.name()).collect::<Vec<_>>().join(", ");
    match ty.results {
        [] => format!("({})", list(ty.params)),
        [one] => format!("({}) -> {}", list(ty.params), one.name()),
        many => format!("({}) -> ({})", list(ty.params), list(many)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        assert_eq!(parse("-1", ValType::I32).map(Value::i32), Ok(-1));
        assert_eq!(parse("4294967295", ValType::I32).map(Value::i32), Ok(-1));
        assert_eq!(parse("0xffff_ffff", ValType::I32).map(Value::i32), Ok(-1));
        assert_eq!(parse("-0x80000000", ValType::I32).map(Value::i32), Ok(i32::MIN));
        assert_eq!(parse("18446744073709551615", ValType::I64).map(Value::i64), Ok(-1));
        assert_eq!(parse("-9223372036854775808", ValType::I64).map(Value::i64), Ok(i64::MIN));
        for wrong in ["4294967296", "-2147483649", "1.0", "", "0x", "--1", "-+1", "a"] {
            assert!(parse(wrong, ValType::I32).is_err(), "{wrong}");
        }
        assert!(parse("18446744073709551616", ValType::I64).is_err());
    }

    #[test]
    fn floats_read_back_to_the_same_bits() {
        let cases = [
            0.0,
            -0.0,
            1.0,
            100.0,
            0.1,
            1e-5,
            9.9e-6,
            1e17,
            -1.5e300,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            f64::INFINITY,
        ];
        for v in cases {
            let text = show(Value::from_f64(v), ValType::F64);
            assert_eq!(parse(&text, ValType::F64).map(|v| v.f64().to_bits()), Ok(v.to_bits()), "{text}");
            assert!(text.len() < 25, "{text}");
            let v = v as f32;
            let text = show(Value::from_f32(v), ValType::F32);
            assert_eq!(parse(&text, ValType::F32).map(|v| v.f32().to_bits()), Ok(v.to_bits()), "{text}");
        }
        assert_eq!(show(Value::from_f64(1.5e300), ValType::F64), "1.5e300");
        assert_eq!(show(Value::from_f32(100.0), ValType::F32), "100");
        assert_eq!(parse("nan", ValType::F32).map(Value::bits), Ok(0x7fc0_0000));
        assert_eq!(parse("-nan", ValType::F64).map(Value::bits), Ok(0xfff8_0000_0000_0000));
    }

    #[test]
    fn vectors_read_back_to_the_same_bits() {
        for v in [0, 1, 0x0123_4567_89ab_cdef_0011_2233_4455_6677, u128::MAX] {
            let text = show(Value::from_v128(v), ValType::V128);
            assert_eq!((text.len(), parse(&text, ValType::V128).map(Value::v128)), (34, Ok(v)));
        }
        for wrong in ["1", "0x", "0x1_0000_0000_0000_0000_0000_0000_0000_0000", "0x-1", "0xg"] {
            assert!(parse(wrong, ValType::V128).is_err(), "{wrong}");
        }
    }

    #[test]
    fn types() {
        let (i, f) = (ValType::I32, ValType::F64);
        assert_eq!(signature(FuncType { params: &[], results: &[] }), "()");
        assert_eq!(signature(FuncType { params: &[i, f], results: &[i] }), "(i32, f64) -> i32");
        assert_eq!(signature(FuncType { params: &[], results: &[i, f] }), "() -> (i32, f64)");
    }
}
