//! Reads the lines of a recording, one at a time, whatever is in the file.

use super::wire::{bytes_from_json, errno_of};
use super::{LONGEST, VERSION};
use serde_json::{Map, Value as Json};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use wrt_wasi::Errno;

/// Descriptors that a recording may ask for at most.
const MOST_DESCRIPTORS: u64 = 1 << 20;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Damage {
    pub(super) line: u64,
    pub(super) why: String,
}

impl From<Damage> for io::Error {
    fn from(Damage { line, why }: Damage) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line}: {why}"))
    }
}

/// The first line.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) run: Map<String, Json>,
    pub(super) args: Vec<Vec<u8>>,
    pub(super) vars: Vec<Vec<u8>>,
    pub(super) dirs: Vec<String>,
    pub(super) descriptors: usize,
}

/// A line after the first.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) said: Said,
}

#[derive(Debug)]
pub(super) enum Said {
    /// A question without its answer, and that.
    Answer { within: String, question: Map<String, Json>, answer: Result<Json, Errno> },
    /// How the run ended.
    End(Map<String, Json>),
}

/// The lines of a file.
#[derive(Debug)]
pub(super) struct Lines {
    file: BufReader<File>,
    /// Lines that were read.
    number: u64,
}

impl Lines {
    pub(super) fn new(file: File) -> Self {
        Lines { file: BufReader::new(file), number: 0 }
    }
    /// Begins anew.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.number = 0;
        self.file.rewind()
    }
    /// The number of the line that comes next.
    pub(super) fn coming(&self) -> u64 {
        self.number.saturating_add(1)
    }
    fn damage(&self, why: impl Into<String>) -> Damage {
        Damage { line: self.number, why: why.into() }
    }

    /// The next object; `None` at the end, also where the last line was cut off within.
    fn object(&mut self) -> Result<Option<Map<String, Json>>, Damage> {
        self.number = self.coming();
        let mut bytes = Vec::new();
        let read = self.file.by_ref().take(LONGEST as u64 + 1).read_until(b'\n', &mut bytes);
        let read = read.map_err(|e| self.damage(format!("cannot be read: {e}")))?;
        if read > LONGEST {
            return Err(self.damage(format!("it is longer than {LONGEST} bytes, which no recording has")));
        }
        match serde_json::from_slice::<Json>(&bytes) {
            Ok(Json::Object(object)) => Ok(Some(object)),
            Err(_) if !bytes.ends_with(b"\n") => Ok(None),
            Ok(_) => Err(self.damage("it is not an object of JSON")),
            Err(why) => Err(self.damage(format!("it is not JSON: {why}"))),
        }
    }

    pub(super) fn head(&mut self) -> Result<Head, Damage> {
        let none = "it is not the head of a recording; wrtd run --wasi --record writes one";
        let head = match self.object() {
            Ok(Some(head)) => head,
            Ok(None) => return Err(self.damage("the file ends before its head; record the run again")),
            Err(damage) => return Err(self.damage(format!("{none} ({})", damage.why))),
        };
        match head.get("wrt_recording").map(Json::as_u64) {
            Some(Some(VERSION)) => {}
            Some(_) => {
                let why =
                    format!("it is of another format than {VERSION}; replay it with the version that recorded it");
                return Err(self.damage(why));
            }
            None => return Err(self.damage(none)),
        }
        self.parse_head(&head).ok_or_else(|| self.damage("the head lacks a part, or has one of another type"))
    }

    fn parse_head(&self, head: &Map<String, Json>) -> Option<Head> {
        let list = |name: &str| head.get(name)?.as_array();
        let texts = |name: &str| list(name)?.iter().map(bytes_from_json).collect::<Option<Vec<_>>>();
        let dirs = list("dirs")?.iter().map(|dir| dir.as_str().map(str::to_owned)).collect::<Option<_>>()?;
        let descriptors = head.get("descriptors")?.as_u64().filter(|count| *count <= MOST_DESCRIPTORS)?;
        Some(Head {
            run: head.get("run")?.as_object()?.clone(),
            args: texts("args")?,
            vars: texts("vars")?,
            dirs,
            descriptors: usize::try_from(descriptors).ok()?,
        })
    }

    /// The next line behind the head; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Line>, Damage> {
        let Some(mut question) = self.object()? else { return Ok(None) };
        let number = self.number;
        if let Some(end) = question.get("end") {
            let end = end.as_object().ok_or_else(|| self.damage("`end` is not an object"))?;
            return Ok(Some(Line { number, said: Said::End(end.clone()) }));
        }
        let within = match question.remove("in") {
            Some(Json::String(within)) => within,
            _ => return Err(self.damage("`in` is missing, which names the guest's call")),
        };
        let answer = match (question.remove("is"), question.remove("err")) {
            (Some(is), None) => Ok(is),
            (None, Some(err)) => Err(err
                .as_str()
                .and_then(errno_of)
                .ok_or_else(|| self.damage("`err` is no error of WASI preview 1, such as \"noent\""))?),
            _ => return Err(self.damage("it has no answer, or two: one of `is` and `err`")),
        };
        if !question.get("ask").is_some_and(Json::is_string) {
            return Err(self.damage("`ask` is missing, which names the question"));
        }
        Ok(Some(Line { number, said: Said::Answer { within, question, answer } }))
    }
}
