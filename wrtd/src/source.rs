//! Reads a module from a file or from standard input; turns the text format into the binary one.
//!
//! Owns how much is read of what may have no end, such as a device.

use crate::report::Failure;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use wrt_core::Module;

/// Bytes by which one sees what it is.
const HEAD: u64 = 1 << 16;
/// Bytes of a module at most, and one more, so that who checks it sees that it is too long.
const MOST: u64 = 1 << 32;

/// Characters of a line of the text that an error shows.
#[cfg(feature = "wat")]
const WIDEST: usize = 400;

/// The bytes of a module in the binary format.
pub fn read(path: &str) -> Result<Vec<u8>, Failure> {
    let bytes = if path == "-" {
        read_module(path, std::io::stdin().lock())
    } else {
        File::open(path).and_then(|file| read_module(path, file))
    };
    let bytes = bytes.map_err(|e| unreadable(path, &e))?;
    if bytes.is_empty() {
        return Err(match path {
            "-" => Failure::new("read", "standard input is empty").hint("give a module there, or name a file"),
            _ => Failure::new("read", format!("{path} is empty")),
        });
    }
    if bytes.starts_with(b"\0asm") { Ok(bytes) } else { from_text(path, bytes) }
}

/// As much as may be a module: of what is none, no more than is needed to see it.
fn read_module(path: &str, mut from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.by_ref().take(HEAD).read_to_end(&mut bytes)?;
    let blank = bytes.iter().all(u8::is_ascii_whitespace);
    if blank || bytes.starts_with(b"\0asm") || Module::is_image(&bytes) || is_text(path, &bytes) {
        from.take(MOST - HEAD + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn unreadable(path: &str, why: &std::io::Error) -> Failure {
    let failure = Failure::new("read", format!("cannot read {path}: {why}"));
    // What does not look like a file may have been meant as a command.
    if why.kind() == ErrorKind::NotFound && Path::new(path).extension().is_none() {
        return failure.hint("wrtd -h lists the commands");
    }
    failure
}

/// Whether it is to be read as text, by its name or what it begins with.
fn is_text(path: &str, bytes: &[u8]) -> bool {
    path.ends_with(".wat") || looks_like_text(bytes)
}

/// Whether the bytes look like the text format: the first word is a parenthesis or a comment.
fn looks_like_text(bytes: &[u8]) -> bool {
    let first = bytes.iter().position(|b| !b.is_ascii_whitespace()).and_then(|i| bytes.get(i..));
    first.is_some_and(|b| b.starts_with(b"(") || b.starts_with(b";;"))
}

#[cfg(feature = "wat")]
fn from_text(path: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if !is_text(path, &bytes) {
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
    if is_text(path, &bytes) {
        let text = format!("{path} is in the text format, which this build does not read");
        return Err(Failure::new("syntax", text).hint("build wrtd with the feature `wat`, or convert the file first"));
    }
    Ok(bytes)
}

/// Refuses to write what an option asks for over the module.
///
/// # Errors
/// A file that is the module itself, by whichever name.
pub fn keep(module: &str, option: &str, path: &Path) -> Result<(), Failure> {
    let is_same = Path::new(module).canonicalize().is_ok_and(|one| path.canonicalize().is_ok_and(|other| one == other));
    if is_same {
        let why = format!("{option} {} would replace the module", path.display());
        return Err(Failure::usage(why).hint(format!("name another file with {option}")));
    }
    Ok(())
}
