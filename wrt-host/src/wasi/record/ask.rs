//! What a guest's calls ask of the outside world: one function for each question, so that recording and replaying put
//! the same one in the same words.

use super::wire::bytes_to_json;
use serde_json::{Map, Value as Json};
use wrt_wasi::{Advice, ClockId, Open, SetTime, Stream};

/// A question: what is asked, and of what.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) ask: &'static str,
    /// In the order in which they are written.
    pub(super) fields: Vec<(&'static str, Json)>,
}

fn ask(ask: &'static str) -> Question {
    Question { ask, fields: Vec::new() }
}

impl Question {
    fn with(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
    /// Whether a line asks the same.
    pub(super) fn is(&self, line: &Map<String, Json>) -> bool {
        line.len() == self.fields.len() + 1
            && line.get("ask").is_some_and(|ask| ask == self.ask)
            && self.fields.iter().all(|(name, value)| line.get(*name) == Some(value))
    }
}

/// The words for each member of an enumeration.
fn clock(clock: ClockId) -> &'static str {
    match clock {
        ClockId::Realtime => "realtime",
        ClockId::Monotonic => "monotonic",
        ClockId::ProcessCpu => "process",
        ClockId::ThreadCpu => "thread",
    }
}

pub(super) fn stream_name(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdin => "stdin",
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
    }
}

fn time(time: SetTime) -> Json {
    match time {
        SetTime::Keep => "keep".into(),
        SetTime::Now => "now".into(),
        SetTime::At(time) => time.into(),
    }
}

pub(super) fn now(id: ClockId) -> Question {
    ask("now").with("clock", clock(id))
}
pub(super) fn resolution(id: ClockId) -> Question {
    ask("resolution").with("clock", clock(id))
}
pub(super) fn random(room: usize) -> Question {
    ask("random").with("room", room)
}
pub(super) fn read(stream: Stream, room: usize) -> Question {
    ask("read").with("stream", stream_name(stream)).with("room", room)
}
pub(super) fn write(stream: Stream, data: &[u8]) -> Question {
    ask("write").with("stream", stream_name(stream)).with("data", bytes_to_json(data))
}
pub(super) fn is_terminal(stream: Stream) -> Question {
    ask("is_terminal").with("stream", stream_name(stream))
}
pub(super) fn ready(stream: Stream, write: bool) -> Question {
    ask("ready").with("stream", stream_name(stream)).with("write", write)
}
/// Whether the run was ended from outside before the call with this number was made. Noted where it was.
pub(super) fn ended(call: u64) -> Question {
    ask("ended").with("call", call)
}
/// `count` things are waited for, of which `first` are some.
pub(super) fn wait(until: Option<u64>, first: Vec<String>, count: usize) -> Question {
    ask("wait").with("until", until).with("for", first).with("count", count)
}

fn at(what: &'static str, dir: u32, path: &str) -> Question {
    ask(what).with("dir", dir).with("path", path)
}
fn of(what: &'static str, file: u32) -> Question {
    ask(what).with("file", file)
}

pub(super) fn open(dir: u32, path: &str, how: Open) -> Question {
    let words = [
        (how.read, "read"),
        (how.write, "write"),
        (how.create, "create"),
        (how.exclusive, "exclusive"),
        (how.truncate, "truncate"),
        (how.directory, "directory"),
        (how.follow, "follow"),
    ];
    let words: Vec<&str> = words.into_iter().filter(|(set, _)| *set).map(|(_, word)| word).collect();
    at("open", dir, path).with("how", words)
}
pub(super) fn stat_at(dir: u32, path: &str, follow: bool) -> Question {
    at("stat_at", dir, path).with("follow", follow)
}
pub(super) fn dir_stat(dir: u32) -> Question {
    ask("dir_stat").with("dir", dir)
}
pub(super) fn stat(file: u32) -> Question {
    of("stat", file)
}
pub(super) fn read_at(file: u32, room: usize, offset: u64) -> Question {
    of("read_at", file).with("room", room).with("offset", offset)
}
pub(super) fn write_at(file: u32, data: &[u8], offset: u64) -> Question {
    of("write_at", file).with("offset", offset).with("data", bytes_to_json(data))
}
pub(super) fn append(file: u32, data: &[u8]) -> Question {
    of("append", file).with("data", bytes_to_json(data))
}
pub(super) fn rewind(dir: u32) -> Question {
    ask("rewind").with("dir", dir)
}
pub(super) fn entry(dir: u32, number: u64, room: usize) -> Question {
    ask("entry").with("dir", dir).with("number", number).with("room", room)
}
pub(super) fn set_size(file: u32, size: u64) -> Question {
    of("set_size", file).with("size", size)
}
pub(super) fn allocate(file: u32, offset: u64, len: u64) -> Question {
    of("allocate", file).with("offset", offset).with("len", len)
}
pub(super) fn advise(file: u32, offset: u64, len: u64, advice: Advice) -> Question {
    of("advise", file).with("offset", offset).with("len", len).with("advice", advice as u8)
}
pub(super) fn sync(file: u32, all: bool) -> Question {
    of("sync", file).with("all", all)
}
pub(super) fn set_times(file: u32, atim: SetTime, mtim: SetTime) -> Question {
    of("set_times", file).with("atim", time(atim)).with("mtim", time(mtim))
}
pub(super) fn dir_set_times(dir: u32, atim: SetTime, mtim: SetTime) -> Question {
    ask("dir_set_times").with("dir", dir).with("atim", time(atim)).with("mtim", time(mtim))
}
pub(super) fn set_times_at(dir: u32, path: &str, follow: bool, atim: SetTime, mtim: SetTime) -> Question {
    at("set_times_at", dir, path).with("follow", follow).with("atim", time(atim)).with("mtim", time(mtim))
}
pub(super) fn create_directory(dir: u32, path: &str) -> Question {
    at("create_directory", dir, path)
}
pub(super) fn remove_directory(dir: u32, path: &str) -> Question {
    at("remove_directory", dir, path)
}
pub(super) fn unlink(dir: u32, path: &str) -> Question {
    at("unlink", dir, path)
}
pub(super) fn link(from: (u32, &str), follow: bool, to: (u32, &str)) -> Question {
    at("link", from.0, from.1).with("follow", follow).with("to_dir", to.0).with("to_path", to.1)
}
pub(super) fn rename(from: (u32, &str), to: (u32, &str)) -> Question {
    at("rename", from.0, from.1).with("to_dir", to.0).with("to_path", to.1)
}
pub(super) fn symlink(target: &str, dir: u32, path: &str) -> Question {
    at("symlink", dir, path).with("target", target)
}
pub(super) fn read_link(dir: u32, path: &str, room: usize) -> Question {
    at("read_link", dir, path).with("room", room)
}
