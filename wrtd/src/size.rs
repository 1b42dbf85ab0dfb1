//! Counts and sizes as people type them, and as they are shown to them.

pub use wrt_host::size::{bytes, count};

/// A count of calls.
pub fn depth(text: &str) -> Result<u32, String> {
    count(text)?.try_into().map_err(|_| "at most 4294967295".into())
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
    fn groups() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(123_456_789), "123,456,789");
    }
}
