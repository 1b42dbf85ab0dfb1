//! Counts and sizes as people type them, and as they are shown to them.

use core::time::Duration;
pub use wrt_host::size::{bytes, count};

/// A count of calls.
pub fn depth(text: &str) -> Result<u32, String> {
    count(text)?.try_into().map_err(|_| "at most 4294967295".into())
}

/// Instructions between samples.
pub fn interval(text: &str) -> Result<u64, String> {
    count(text)?.try_into().map(core::num::NonZeroU64::get).map_err(|_| "expected 1 or more".into())
}

/// A time with its unit: `500ms`, `2s`, `1.5m`, `1h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let at = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(at);
    let seconds = match unit {
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err("expected a time with its unit, such as 500ms, 2s, 1.5m or 1h".into()),
    };
    let number = digits.parse::<f64>().map_err(|_| format!("expected a number before {unit}, such as 2{unit}"))?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| "that is longer than can be counted".into())
}

/// How fine a clock is: `100ns`, `1us`, `1ms`, at least a nanosecond.
pub fn resolution(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let short = [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6)];
    let short = short.iter().find_map(|(unit, seconds)| text.strip_suffix(unit).map(|digits| (digits, seconds)));
    let found = match short {
        Some((digits, seconds)) => {
            let number = digits.parse::<f64>().map_err(|_| "expected a number before the unit, such as 1us")?;
            Duration::try_from_secs_f64(number * seconds).map_err(|_| "that is longer than can be counted")?
        }
        None => duration(text)
            .map_err(|_| "expected a time with its unit, such as 100ns, 1us, 1ms or 2s, up to what can be counted")?,
    };
    if found.is_zero() { Err("expected 1ns or more".into()) } else { Ok(found) }
}

/// A number with a comma before every third digit.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h"), duration("60min"));
        for wrong in ["", "2", "s", "-1s", "1..5s", "2 days", "1e9s", "99999999999999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn resolutions() {
        assert_eq!(resolution("1ns"), Ok(Duration::from_nanos(1)));
        assert_eq!(resolution("1.5us"), resolution("1500ns"));
        assert_eq!(resolution("2µs"), Ok(Duration::from_micros(2)));
        assert_eq!(resolution("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(resolution("1s"), Ok(Duration::from_secs(1)));
        for wrong in ["", "1", "ns", "-1us", "0ms", "0.1ns", "nanns", "1e30ns", "infus", "us1"] {
            assert!(resolution(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn groups() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(123_456_789), "123,456,789");
    }
}
