//! Counts and sizes as people type them: `250K`, `1.5M`, `64MiB`, `1_000`.

/// A number with an optional suffix, times the suffix's power of `base`.
fn scaled(text: &str, base: u64) -> Option<u64> {
    let text = text.trim().replace('_', "");
    let at = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(at);
    let power = match suffix.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        _ => return None,
    };
    let unit = base.checked_pow(power)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    if fraction.is_empty() {
        return if digits.ends_with('.') { None } else { Some(whole) };
    }
    let tenths = fraction.len().try_into().ok().and_then(|n| 10u64.checked_pow(n))?;
    let part = fraction.parse::<u64>().ok()?.checked_mul(unit)?;
    // A fraction must come out whole: 0.5K is 512 bytes, 0.3 of a byte is a mistake.
    if part % tenths != 0 && power == 0 { None } else { whole.checked_add(part / tenths) }
}

/// Bytes: K, M, G and T are powers of 1024.
///
/// # Errors
/// What was expected instead, for a person.
pub fn bytes(text: &str) -> Result<u64, String> {
    scaled(text, 1024).ok_or_else(|| "expected bytes, such as 65536, 64K or 1.5M".into())
}

/// A count: K, M, G and T are powers of 1000.
///
/// # Errors
/// What was expected instead, for a person.
pub fn count(text: &str) -> Result<u64, String> {
    scaled(text, 1000).ok_or_else(|| "expected a count, such as 100000, 100K or 1.5M".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(bytes("65536"), Ok(65_536));
        assert_eq!(bytes("64K"), Ok(64 * 1024));
        assert_eq!(bytes("64KiB"), bytes("64k"));
        assert_eq!(bytes("1.5M"), Ok(3 << 19));
        assert_eq!(count("1_000"), Ok(1_000));
        assert_eq!(count("2G"), Ok(2_000_000_000));
        for wrong in ["", "K", "-1", "1.", "0.3", "1X", "20000000000G", "1.2.3"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
