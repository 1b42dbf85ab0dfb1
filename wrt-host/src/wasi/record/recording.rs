//! Writes a recording.
//!
//! Owns where it goes, and what becomes of it where that fails: the guest does not see it, the rest is not written, and
//! [`Recording::finish`] tells.

use super::ask::{self, Question};
use super::wire::{Answer, bytes_to_json, errno_name};
use super::{LONGEST, VERSION};
use core::cell::RefCell;
use serde_json::{Map, Value as Json};
use std::io::{self, BufWriter, Write};
use std::rc::Rc;
use wrt_wasi::{Errno, Stream};

/// What a run is recorded into; see [`super::super::WasiBuilder::record`]. A clone is the same recording.
#[derive(Clone)]
pub struct Recording(Rc<RefCell<Writer>>);

struct Writer {
    into: BufWriter<Box<dyn Write>>,
    run: Vec<(String, String)>,
    /// The guest's call that asks.
    within: &'static str,
    calls: u64,
    written: Written,
    failed: Option<io::Error>,
}

/// Bytes that the guest's streams took, which stand at the end: how much of each write was taken is an answer that need
/// not matter to the guest.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    stdout: u64,
    stderr: u64,
}

impl Written {
    pub(super) fn add(&mut self, stream: Stream, bytes: usize) {
        let count = if stream == Stream::Stderr { &mut self.stderr } else { &mut self.stdout };
        *count = count.saturating_add(bytes as u64);
    }
    /// The embedder's facts of the end with these.
    pub(super) fn with(&self, end: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = [("stdout", self.stdout), ("stderr", self.stderr)];
        let own = own.into_iter().map(|(name, bytes)| (format!("{name}_bytes"), bytes.to_string()));
        facts(end).into_iter().chain(own).collect()
    }
}

impl core::fmt::Debug for Recording {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Recording").finish_non_exhaustive()
    }
}

/// Text of an object whose members stand in this order.
pub(super) fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json)>) -> String {
    let mut text = String::from("{");
    for (name, value) in members {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&Json::from(name).to_string());
        text.push(':');
        text.push_str(&value.to_string());
    }
    text.push('}');
    text
}

fn facts(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Recording {
    /// A recording that is written into `into`, best a file. `run` is what must be the same where it is replayed, such
    /// as a hash of the module, as pairs of name and value.
    #[must_use]
    pub fn new(into: impl Write + 'static, run: &[(&str, &str)]) -> Self {
        let into = BufWriter::new(Box::new(into) as Box<dyn Write>);
        Recording(Rc::new(RefCell::new(Writer {
            into,
            run: facts(run),
            within: "",
            calls: 0,
            written: Written::default(),
            failed: None,
        })))
    }

    /// Writes how the run has ended, as pairs of name and value, and everything that is still on its way.
    ///
    /// # Errors
    /// The first one that came up since the recording began; what was recorded before it can be replayed.
    pub fn finish(&self, end: &[(&str, &str)]) -> io::Result<()> {
        let mut writer = self.0.borrow_mut();
        let end: Map<String, Json> =
            writer.written.with(end).into_iter().map(|(name, value)| (name, value.into())).collect();
        writer.line(object([("end", end.into())]));
        writer.flush();
        writer.failed.take().map_or(Ok(()), Err)
    }

    pub(super) fn begin(&self, args: &[Vec<u8>], vars: &[Vec<u8>], dirs: &[String], descriptors: usize) {
        let texts = |of: &[Vec<u8>]| Json::from_iter(of.iter().map(|text| bytes_to_json(text)));
        let mut writer = self.0.borrow_mut();
        let run: Map<String, Json> =
            writer.run.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let head = object([
            ("wrt_recording", VERSION.into()),
            ("run", run.into()),
            ("args", texts(args)),
            ("vars", texts(vars)),
            ("dirs", dirs.into()),
            ("descriptors", descriptors.into()),
        ]);
        writer.line(head);
    }
    pub(super) fn call_begins(&self, function: &'static str) {
        let mut writer = self.0.borrow_mut();
        writer.within = function;
        writer.calls = writer.calls.saturating_add(1);
    }
    /// The call that began last is not made, since the run ends before it.
    pub(super) fn ends(&self) {
        let calls = self.0.borrow().calls;
        self.note(ask::ended(calls), &Ok(true));
    }
    pub(super) fn note<A: Answer>(&self, question: Question, answer: &Result<A, Errno>) {
        let mut writer = self.0.borrow_mut();
        if writer.failed.is_some() {
            return;
        }
        let answer = match answer {
            Ok(is) => ("is", is.to_json()),
            Err(errno) => ("err", errno_name(*errno).into()),
        };
        let head = [("in", writer.within.into()), ("ask", question.ask.into())];
        let line = object(head.into_iter().chain(question.fields).chain([answer]));
        writer.line(line);
    }
    /// A stream took so many bytes.
    pub(super) fn wrote(&self, stream: Stream, bytes: usize) {
        self.0.borrow_mut().written.add(stream, bytes);
    }
    /// Brings out what was written so far, before something that may take long.
    pub(super) fn flush(&self) {
        self.0.borrow_mut().flush();
    }
}

impl Writer {
    fn line(&mut self, mut text: String) {
        if self.failed.is_some() {
            return;
        }
        text.push('\n');
        let written = if text.len() > LONGEST {
            let why = format!("a line of a recording has {LONGEST} bytes at most; give fewer arguments and variables");
            Err(io::Error::new(io::ErrorKind::InvalidInput, why))
        } else {
            self.into.write_all(text.as_bytes())
        };
        self.failed = written.err();
    }
    fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.into.flush().err();
        }
    }
}
