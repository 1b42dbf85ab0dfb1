//! What stands in a line of a recording: answers, and bytes, as JSON.
//!
//! Bytes are a string where they are text without control characters, so that a recording can be read and compared by
//! a person, else `{"hex": "..."}`.

use serde_json::{Map, Value as Json, json};
use wrt_wasi::{Errno, FileStat, FileType, Ready, Waits};

/// An answer of the outside world.
pub(super) trait Answer: Sized {
    fn to_json(&self) -> Json;
    /// `None` for what is none.
    fn from_json(json: &Json) -> Option<Self>;
}

/// Bytes that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bytes(pub(super) Vec<u8>);

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) ino: u64,
    pub(super) filetype: FileType,
    pub(super) name: Vec<u8>,
}

/// The number of what was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handle {
    Dir(u32),
    File(u32),
}

fn is_text(c: char) -> bool {
    !c.is_control() || matches!(c, '\n' | '\r' | '\t')
}

pub(super) fn bytes_to_json(bytes: &[u8]) -> Json {
    match core::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(is_text) => text.into(),
        _ => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            let digit = |of: u8| char::from(DIGITS[usize::from(of & 15)]);
            let hex: String = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect();
            json!({ "hex": hex })
        }
    }
}

pub(super) fn bytes_from_json(json: &Json) -> Option<Vec<u8>> {
    if let Some(text) = json.as_str() {
        return Some(text.as_bytes().to_vec());
    }
    let object = json.as_object().filter(|object| object.len() == 1)?;
    let (pairs, rest) = object.get("hex")?.as_str()?.as_bytes().as_chunks::<2>();
    let digit = |of: u8| char::from(of).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

/// The error's name in the specification.
pub(super) fn errno_name(errno: Errno) -> String {
    if errno == Errno::TooBig { "2big".into() } else { format!("{errno:?}").to_ascii_lowercase() }
}

pub(super) fn errno_of(name: &str) -> Option<Errno> {
    Errno::ALL.into_iter().find(|errno| *errno != Errno::Success && errno_name(*errno) == name)
}

const FILETYPES: [(FileType, &str); 8] = [
    (FileType::Unknown, "unknown"),
    (FileType::BlockDevice, "block_device"),
    (FileType::CharacterDevice, "character_device"),
    (FileType::Directory, "directory"),
    (FileType::RegularFile, "regular_file"),
    (FileType::SocketDgram, "socket_dgram"),
    (FileType::SocketStream, "socket_stream"),
    (FileType::SymbolicLink, "symbolic_link"),
];

fn filetype_name(of: FileType) -> &'static str {
    FILETYPES.iter().find(|(filetype, _)| *filetype == of).map_or("unknown", |(_, name)| name)
}

fn filetype_of(json: &Json) -> Option<FileType> {
    let name = json.as_str()?;
    FILETYPES.iter().find(|(_, known)| *known == name).map(|(filetype, _)| *filetype)
}

/// The members of an object that has these and no others.
fn members<'a, const N: usize>(json: &'a Json, names: [&str; N]) -> Option<[&'a Json; N]> {
    let object: &Map<String, Json> = json.as_object().filter(|object| object.len() == N)?;
    let mut found = [json; N];
    for (to, name) in found.iter_mut().zip(names) {
        *to = object.get(name)?;
    }
    Some(found)
}

impl Answer for () {
    fn to_json(&self) -> Json {
        true.into()
    }
    fn from_json(json: &Json) -> Option<Self> {
        json.as_bool().filter(|done| *done).map(|_| ())
    }
}

impl Answer for bool {
    fn to_json(&self) -> Json {
        (*self).into()
    }
    fn from_json(json: &Json) -> Option<Self> {
        json.as_bool()
    }
}

impl Answer for usize {
    fn to_json(&self) -> Json {
        (*self).into()
    }
    fn from_json(json: &Json) -> Option<Self> {
        json.as_u64()?.try_into().ok()
    }
}

/// A clock, which may not be there.
impl Answer for Option<u64> {
    fn to_json(&self) -> Json {
        (*self).into()
    }
    fn from_json(json: &Json) -> Option<Self> {
        if json.is_null() { Some(None) } else { json.as_u64().map(Some) }
    }
}

impl Answer for Bytes {
    fn to_json(&self) -> Json {
        bytes_to_json(&self.0)
    }
    fn from_json(json: &Json) -> Option<Self> {
        bytes_from_json(json).map(Bytes)
    }
}

impl Answer for Option<Entry> {
    fn to_json(&self) -> Json {
        self.as_ref().map_or(Json::Null, |entry| {
            let name = bytes_to_json(&entry.name);
            json!({ "name": name, "ino": entry.ino, "filetype": filetype_name(entry.filetype) })
        })
    }
    fn from_json(json: &Json) -> Option<Self> {
        if json.is_null() {
            return Some(None);
        }
        let [name, ino, filetype] = members(json, ["name", "ino", "filetype"])?;
        let entry = Entry { name: bytes_from_json(name)?, ino: ino.as_u64()?, filetype: filetype_of(filetype)? };
        Some(Some(entry))
    }
}

impl Answer for Handle {
    fn to_json(&self) -> Json {
        match self {
            Handle::Dir(number) => json!({ "dir": number }),
            Handle::File(number) => json!({ "file": number }),
        }
    }
    fn from_json(json: &Json) -> Option<Self> {
        let number = |[json]: [&Json; 1]| json.as_u64().and_then(|number| u32::try_from(number).ok());
        match members(json, ["dir"]) {
            Some(dir) => number(dir).map(Handle::Dir),
            None => members(json, ["file"]).and_then(number).map(Handle::File),
        }
    }
}

impl Answer for Ready {
    fn to_json(&self) -> Json {
        json!({ "bytes": self.bytes, "hangup": self.hangup })
    }
    fn from_json(json: &Json) -> Option<Self> {
        let [bytes, hangup] = members(json, ["bytes", "hangup"])?;
        Some(Ready { bytes: bytes.as_u64()?, hangup: hangup.as_bool()? })
    }
}

impl Answer for Waits {
    fn to_json(&self) -> Json {
        if *self == Waits::Over { "over" } else { "parked" }.into()
    }
    fn from_json(json: &Json) -> Option<Self> {
        match json.as_str()? {
            "over" => Some(Waits::Over),
            "parked" => Some(Waits::Parked),
            _ => None,
        }
    }
}

impl Answer for FileStat {
    fn to_json(&self) -> Json {
        json!({
            "dev": self.dev,
            "ino": self.ino,
            "filetype": filetype_name(self.filetype),
            "nlink": self.nlink,
            "size": self.size,
            "atim": self.atim,
            "mtim": self.mtim,
            "ctim": self.ctim,
        })
    }
    fn from_json(json: &Json) -> Option<Self> {
        let names = ["dev", "ino", "filetype", "nlink", "size", "atim", "mtim", "ctim"];
        let [dev, ino, filetype, nlink, size, atim, mtim, ctim] = members(json, names)?;
        Some(FileStat {
            dev: dev.as_u64()?,
            ino: ino.as_u64()?,
            filetype: filetype_of(filetype)?,
            nlink: nlink.as_u64()?,
            size: size.as_u64()?,
            atim: atim.as_u64()?,
            mtim: mtim.as_u64()?,
            ctim: ctim.as_u64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Debug;

    fn comes_back<A: Answer + PartialEq + Debug>(answer: A) {
        let text = answer.to_json().to_string();
        assert_eq!(A::from_json(&serde_json::from_str(&text).expect("JSON")), Some(answer), "{text}");
    }

    #[test]
    fn cli_1_a_recorded_answer_is_read_as_it_was_given() {
        comes_back(());
        comes_back(true);
        comes_back(usize::MAX);
        comes_back(Some(u64::MAX));
        comes_back(None::<u64>);
        comes_back(Handle::Dir(3));
        comes_back(Handle::File(u32::MAX));
        comes_back(Ready { bytes: 7, hangup: true });
        comes_back(Waits::Over);
        comes_back(Waits::Parked);
        comes_back(None::<Entry>);
        for (filetype, _) in FILETYPES {
            comes_back(Some(Entry { ino: 1, filetype, name: b"a\xff".to_vec() }));
            let mut stat = FileStat::of(filetype);
            (stat.dev, stat.ino, stat.nlink, stat.size) = (1, 2, 3, 4);
            (stat.atim, stat.mtim, stat.ctim) = (5, 6, u64::MAX);
            comes_back(stat);
        }
        let all: Vec<u8> = (0..=255).collect();
        for len in 0..all.len() {
            comes_back(Bytes(all[..len].to_vec()));
            comes_back(Bytes(all[len..].to_vec()));
        }
        comes_back(Bytes("\u{85}\u{1b}[1m \u{2028}\"\\\n".into()));
    }

    #[test]
    fn cli_1_every_error_has_a_name_of_its_own() {
        for errno in Errno::ALL.into_iter().filter(|errno| *errno != Errno::Success) {
            assert_eq!(errno_of(&errno_name(errno)), Some(errno));
        }
        assert_eq!(errno_of("success"), None);
    }

    #[test]
    fn cli_1_what_is_no_answer_is_refused() {
        for wrong in ["1", "[]", r#"{"hex":"0"}"#, r#"{"hex":"0g"}"#, r#"{"hex":"+1"}"#, r#"{"hex":"00","more":1}"#] {
            assert_eq!(Bytes::from_json(&serde_json::from_str(wrong).expect("JSON")), None, "{wrong}");
        }
        for wrong in ["-1", "1.5", "null", "\"1\"", "18446744073709551616"] {
            assert_eq!(usize::from_json(&serde_json::from_str(wrong).expect("JSON")), None, "{wrong}");
        }
        assert_eq!(Handle::from_json(&json!({ "dir": 1, "file": 1 })), None);
        assert_eq!(Handle::from_json(&json!({ "dir": 1u64 << 32 })), None);
        assert_eq!(FileStat::from_json(&json!({ "dev": 1 })), None);
    }
}
