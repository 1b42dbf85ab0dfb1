//! Text of bounded length, and numbers in it.

use core::fmt;

/// Bytes kept of a text.
const KEPT: usize = 120;

/// A short text: of a longer one, its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text {
    bytes: [u8; KEPT],
    len: u8,
    cut: bool,
}

impl Text {
    /// No text.
    pub const EMPTY: Text = Text { bytes: [0; KEPT], len: 0, cut: false };

    /// Keeps as much of the end of `bytes` as there is room for.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let from = bytes.len().saturating_sub(KEPT);
        let mut text = Text { cut: from > 0, ..Text::EMPTY };
        for (to, byte) in text.bytes.iter_mut().zip(bytes.iter().skip(from)) {
            *to = *byte;
            text.len += 1;
        }
        text
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cut {
            f.write_str("...")?;
        }
        for chunk in self.bytes.get(..self.len.into()).unwrap_or_default().utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("?")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A decimal number with nothing around it.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |sum, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        sum.checked_mul(10)?.checked_add(digit.into())
    })
}

/// The words of a line: what stands between spaces and tabs.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_and_fit() {
        assert_eq!(decimal(b"0"), Some(0));
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        for wrong in ["", "18446744073709551616", "-1", "+1", "1 ", "0x1", "max", "1\n"] {
            assert_eq!(decimal(wrong.as_bytes()), None, "{wrong:?}");
        }
    }

    #[test]
    fn of_a_long_text_the_end_is_kept() {
        let long = format!("{}end", "x".repeat(200));
        let shown = Text::new(long.as_bytes()).to_string();
        assert!(shown.starts_with("...x") && shown.ends_with("end") && shown.len() == KEPT + 3);
        assert_eq!(Text::new(b"a\xffb").to_string(), "a?b");
        assert!(Text::new(b"").is_empty());
    }
}
