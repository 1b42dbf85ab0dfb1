//! Reads a module from a file or from standard input; turns the text format into the binary one.

use crate::report::Failure;
use std::io::Read;

/// Characters of a line of the text that an error shows.
#[cfg(feature = "wat")]
const WIDEST: usize = 400;

/// The bytes of a module in the binary format.
pub fn read(path: &str) -> Result<Vec<u8>, Failure> {
    let bytes = if path == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|e| Failure::new("read", format!("cannot read {path}: {e}")))?;
    if bytes.starts_with(b"\0asm") { Ok(bytes) } else { from_text(path, bytes) }
}

/// Whether the bytes look like the text format: the first word is a parenthesis or a comment.
fn looks_like_text(bytes: &[u8]) -> bool {
    let first = bytes.iter().position(|b| !b.is_ascii_whitespace()).and_then(|i| bytes.get(i..));
    first.is_some_and(|b| b.starts_with(b"(") || b.starts_with(b";;"))
}

#[cfg(feature = "wat")]
fn from_text(path: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if !path.ends_with(".wat") && !looks_like_text(&bytes) {
        return Ok(bytes);
    }
    let text = core::str::from_utf8(&bytes).map_err(|e| Failure::new("syntax", format!("{path} is not UTF-8: {e}")))?;
    wat::parse_str(text).map_err(|mut e| {
        e.set_path(path);
        Failure::new("syntax", within(&e.to_string()))
    })
}

/// An error with lines that a person can read: it quotes the line of the text, which may be all of it.
#[cfg(feature = "wat")]
fn within(error: &str) -> String {
    let cut = |line: &str| match line.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    };
    error.lines().map(cut).collect::<Vec<_>>().join("\n")
}

#[cfg(not(feature = "wat"))]
fn from_text(path: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if path.ends_with(".wat") || looks_like_text(&bytes) {
        let text = format!("{path} is in the text format, which this build does not read");
        return Err(Failure::new("syntax", text).hint("build wrtd with the feature `wat`, or convert the file first"));
    }
    Ok(bytes)
}
