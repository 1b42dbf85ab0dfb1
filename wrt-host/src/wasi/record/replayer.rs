//! A host that has nothing but a recording: it answers as was answered then, and what goes out of the guest is compared
//! with what went out.
//!
//! No file is touched. What the guest writes to its standard streams is written again, as much as was taken then.

use super::super::streams::{self, OsStreams};
use super::ask;
use super::recorder::waited;
use super::replay::Replay;
use super::wire::{Answer, Bytes, Entry, Handle};
use wrt_wasi::{
    Advice, ClockId, Clocks, DirEntry, Errno, FileStat, Files, Host, Interest, NoSockets, Open, Opened, Random, Ready,
    SetTime, Stream, Streams, Waits,
};

/// Answers from a recording.
pub(in crate::wasi) struct Replayer {
    replay: Replay,
    streams: OsStreams,
    args: Vec<Vec<u8>>,
    vars: Vec<Vec<u8>>,
    dirs: Vec<String>,
    sockets: NoSockets,
}

/// A handle: its number in the recording.
pub(in crate::wasi) struct Number(u32);

/// Copies as much as fits; says how much.
fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let len = from.len().min(to.len());
    if let (Some(to), Some(from)) = (to.get_mut(..len), from.get(..len)) {
        to.copy_from_slice(from);
    }
    len
}

impl Replayer {
    /// `streams` is where standard output and errors go.
    pub(in crate::wasi) fn new(replay: Replay, streams: OsStreams) -> Self {
        let (args, vars, dirs) = replay.head(|head| (head.args.clone(), head.vars.clone(), head.dirs.clone()));
        Replayer { replay, streams, args, vars, dirs, sockets: NoSockets }
    }
    /// Descriptors that could be open at once.
    pub(in crate::wasi) fn descriptors(&self) -> usize {
        self.replay.head(|head| head.descriptors)
    }
    pub(in crate::wasi) fn call_begins(&self, function: &'static str) {
        self.replay.call_begins(function);
    }
    pub(in crate::wasi) fn ends(&self) -> bool {
        self.replay.ends()
    }
    pub(in crate::wasi) fn has_departed(&self) -> bool {
        self.replay.has_departed()
    }

    fn answer<A: Answer>(&self, question: ask::Question) -> Result<A, Errno> {
        self.replay.answer(question, |_| true)
    }
    fn filled(&self, question: ask::Question, bytes: &mut [u8]) -> Result<usize, Errno> {
        let room = bytes.len();
        let Bytes(answer) = self.replay.answer(question, |Bytes(answer)| answer.len() <= room)?;
        Ok(copy(&answer, bytes))
    }
    fn taken(&self, question: ask::Question, offered: usize) -> Result<usize, Errno> {
        self.replay.answer(question, |taken| *taken <= offered)
    }
}

impl Host for Replayer {
    type Clocks = Self;
    type Random = Self;
    type Streams = Self;
    type Files = Self;
    type Sockets = NoSockets;

    fn clocks(&mut self) -> &mut Self {
        self
    }
    fn random(&mut self) -> &mut Self {
        self
    }
    fn streams(&mut self) -> &mut Self {
        self
    }
    fn files(&mut self) -> &mut Self {
        self
    }
    fn sockets(&mut self) -> &mut NoSockets {
        &mut self.sockets
    }
    fn argument(&self, number: usize) -> Option<&[u8]> {
        self.args.get(number).map(Vec::as_slice)
    }
    fn variable(&self, number: usize) -> Option<&[u8]> {
        self.vars.get(number).map(Vec::as_slice)
    }
    fn wait(&mut self, until: Option<u64>, what: &mut dyn Iterator<Item = Interest<'_, Self>>) -> Waits {
        let what: Vec<Interest<'_, Self>> = what.collect();
        let question = ask::wait(until, waited(&what, |file| file.0), what.len());
        // A run that has left its recording must not try again.
        self.answer(question).unwrap_or(Waits::Parked)
    }
}

impl Clocks for Replayer {
    fn now(&mut self, clock: ClockId) -> Option<u64> {
        self.answer(ask::now(clock)).unwrap_or(None)
    }
    fn resolution(&mut self, clock: ClockId) -> Option<u64> {
        self.answer(ask::resolution(clock)).unwrap_or(None)
    }
}

impl Random for Replayer {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Errno> {
        let (question, room) = (ask::random(bytes.len()), bytes.len());
        let Bytes(answer) = self.replay.answer(question, |Bytes(answer)| answer.len() == room)?;
        copy(&answer, bytes);
        Ok(())
    }
}

impl Streams for Replayer {
    fn read(&mut self, stream: Stream, bytes: &mut [u8]) -> Result<usize, Errno> {
        self.filled(ask::read(stream, bytes.len()), bytes)
    }
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<usize, Errno> {
        let taken = self.taken(ask::write(stream, bytes), bytes.len())?;
        self.replay.wrote(stream, taken);
        streams::write_all(&mut self.streams, stream, bytes.get(..taken).unwrap_or(bytes));
        Ok(taken)
    }
    fn is_terminal(&mut self, stream: Stream) -> bool {
        self.answer(ask::is_terminal(stream)).unwrap_or(false)
    }
    fn ready(&mut self, stream: Stream, write: bool) -> Result<Ready, Errno> {
        self.answer(ask::ready(stream, write))
    }
}

impl Files for Replayer {
    type File = Number;
    type Dir = Number;

    fn preopen(&mut self, number: u32) -> Option<Number> {
        self.dirs.get(number as usize).map(|_| Number(number))
    }
    fn preopen_name(&self, number: u32) -> Option<&str> {
        self.dirs.get(number as usize).map(String::as_str)
    }
    fn open(&mut self, dir: &Number, path: &str, how: Open) -> Result<Opened<Self>, Errno> {
        Ok(match self.answer(ask::open(dir.0, path, how))? {
            Handle::Dir(number) => Opened::Dir(Number(number)),
            Handle::File(number) => Opened::File(Number(number)),
        })
    }
    fn stat_at(&mut self, dir: &Number, path: &str, follow: bool) -> Result<FileStat, Errno> {
        self.answer(ask::stat_at(dir.0, path, follow))
    }
    fn dir_stat(&mut self, dir: &Number) -> Result<FileStat, Errno> {
        self.answer(ask::dir_stat(dir.0))
    }
    fn stat(&mut self, file: &Number) -> Result<FileStat, Errno> {
        self.answer(ask::stat(file.0))
    }
    fn read_at(&mut self, file: &Number, bytes: &mut [u8], offset: u64) -> Result<usize, Errno> {
        self.filled(ask::read_at(file.0, bytes.len(), offset), bytes)
    }
    fn write_at(&mut self, file: &Number, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        self.taken(ask::write_at(file.0, bytes, offset), bytes.len())
    }
    fn append(&mut self, file: &Number, bytes: &[u8]) -> Result<usize, Errno> {
        self.taken(ask::append(file.0, bytes), bytes.len())
    }
    fn rewind(&mut self, dir: &mut Number) -> Result<(), Errno> {
        self.answer(ask::rewind(dir.0))
    }
    fn entry(&mut self, dir: &mut Number, number: u64, name: &mut [u8]) -> Result<Option<DirEntry>, Errno> {
        let room = name.len();
        let fits = |entry: &Option<Entry>| entry.as_ref().is_none_or(|entry| entry.name.len() <= room);
        let found: Option<Entry> = self.replay.answer(ask::entry(dir.0, number, room), fits)?;
        Ok(found.map(|entry| DirEntry { ino: entry.ino, filetype: entry.filetype, name_len: copy(&entry.name, name) }))
    }
    fn set_size(&mut self, file: &Number, size: u64) -> Result<(), Errno> {
        self.answer(ask::set_size(file.0, size))
    }
    fn allocate(&mut self, file: &Number, offset: u64, len: u64) -> Result<(), Errno> {
        self.answer(ask::allocate(file.0, offset, len))
    }
    fn advise(&mut self, file: &Number, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        self.answer(ask::advise(file.0, offset, len, advice))
    }
    fn sync(&mut self, file: &Number, all: bool) -> Result<(), Errno> {
        self.answer(ask::sync(file.0, all))
    }
    fn set_times(&mut self, file: &Number, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        self.answer(ask::set_times(file.0, atim, mtim))
    }
    fn dir_set_times(&mut self, dir: &Number, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        self.answer(ask::dir_set_times(dir.0, atim, mtim))
    }
    fn set_times_at(
        &mut self,
        dir: &Number,
        path: &str,
        follow: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        self.answer(ask::set_times_at(dir.0, path, follow, atim, mtim))
    }
    fn create_directory(&mut self, dir: &Number, path: &str) -> Result<(), Errno> {
        self.answer(ask::create_directory(dir.0, path))
    }
    fn remove_directory(&mut self, dir: &Number, path: &str) -> Result<(), Errno> {
        self.answer(ask::remove_directory(dir.0, path))
    }
    fn unlink(&mut self, dir: &Number, path: &str) -> Result<(), Errno> {
        self.answer(ask::unlink(dir.0, path))
    }
    fn link(&mut self, from: (&Number, &str), follow: bool, to: (&Number, &str)) -> Result<(), Errno> {
        self.answer(ask::link((from.0.0, from.1), follow, (to.0.0, to.1)))
    }
    fn rename(&mut self, from: (&Number, &str), to: (&Number, &str)) -> Result<(), Errno> {
        self.answer(ask::rename((from.0.0, from.1), (to.0.0, to.1)))
    }
    fn symlink(&mut self, target: &str, dir: &Number, path: &str) -> Result<(), Errno> {
        self.answer(ask::symlink(target, dir.0, path))
    }
    fn read_link(&mut self, dir: &Number, path: &str, bytes: &mut [u8]) -> Result<usize, Errno> {
        self.filled(ask::read_link(dir.0, path, bytes.len()), bytes)
    }
}
