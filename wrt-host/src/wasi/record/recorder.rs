//! A host that passes every question on to another one, and writes down what was asked and answered.

use super::ask::{self, Question};
use super::recording::Recording;
use super::wire::{Answer, Bytes, Entry, Handle};
use wrt_wasi::{
    Advice, ClockId, Clocks, DirEntry, Errno, FileStat, Files, Host, Interest, NoSockets, Open, Opened, Random, Ready,
    SetTime, Source, Stream, Streams, Waits,
};

/// Things that are waited for that are named in a recording; of more, only how many there are.
const NAMED: usize = 16;

/// Records what `H` answers.
pub(in crate::wasi) struct Recorder<H: Host> {
    pub(in crate::wasi) host: H,
    recording: Recording,
    dirs: Vec<String>,
    /// The number of the handle that is opened next.
    next: u32,
}

/// What was opened, and its number in the recording.
pub(in crate::wasi) struct Kept<T> {
    number: u32,
    inner: T,
}

/// What a guest waits for, in words, as far as it is named.
pub(super) fn waited<H: Host>(
    interests: &[Interest<'_, H>],
    number: impl Fn(&<H::Files as Files>::File) -> u32,
) -> Vec<String> {
    let name = |interest: &Interest<'_, H>| {
        let verb = if interest.write { "write" } else { "read" };
        match &interest.source {
            Source::Stream(stream) => format!("{verb} {}", ask::stream_name(*stream)),
            Source::File(file) => format!("{verb} file {}", number(file)),
            Source::Socket(_) => format!("{verb} socket"),
        }
    };
    interests.iter().take(NAMED).map(name).collect()
}

/// As many bytes as an answer says were stored.
fn stored(bytes: &[u8], answer: Result<usize, Errno>) -> Result<Bytes, Errno> {
    answer.map(|len| Bytes(bytes.get(..len).unwrap_or(bytes).to_vec()))
}

impl<H: Host<Sockets = NoSockets>> Recorder<H> {
    /// Begins the recording with what the guest is told of its start.
    pub(in crate::wasi) fn new(mut host: H, recording: Recording, descriptors: usize) -> Self {
        let texts = |text: &dyn Fn(usize) -> Option<Vec<u8>>| (0..).map_while(text).collect::<Vec<_>>();
        let args = texts(&|number| host.argument(number).map(<[u8]>::to_vec));
        let vars = texts(&|number| host.variable(number).map(<[u8]>::to_vec));
        let dirs: Vec<String> =
            (0..).map_while(|number| host.files().preopen_name(number).map(str::to_owned)).collect();
        recording.begin(&args, &vars, &dirs, descriptors);
        let next = u32::try_from(dirs.len()).unwrap_or(u32::MAX);
        Recorder { host, recording, dirs, next }
    }
    /// The guest calls; the run may be ended from outside before the call is made.
    pub(in crate::wasi) fn call_begins(&self, function: &'static str, goes_on: bool) {
        self.recording.call_begins(function);
        if !goes_on {
            self.recording.ends();
        }
    }

    fn note<A: Answer>(&self, question: Question, answer: Result<A, Errno>) -> Result<A, Errno> {
        self.recording.note(question, &answer);
        answer
    }
    /// An answer that is bytes, of which the guest is told how many.
    fn note_bytes(&self, question: Question, bytes: &[u8], answer: Result<usize, Errno>) -> Result<usize, Errno> {
        self.recording.note(question, &stored(bytes, answer));
        answer
    }
}

impl<H: Host<Sockets = NoSockets>> Host for Recorder<H> {
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
        self.host.sockets()
    }
    fn argument(&self, number: usize) -> Option<&[u8]> {
        self.host.argument(number)
    }
    fn variable(&self, number: usize) -> Option<&[u8]> {
        self.host.variable(number)
    }
    fn wait(&mut self, until: Option<u64>, what: &mut dyn Iterator<Item = Interest<'_, Self>>) -> Waits {
        let what: Vec<Interest<'_, Self>> = what.collect();
        let question = ask::wait(until, waited(&what, |file| file.number), what.len());
        // A process that is ended while it waits leaves what came before.
        self.recording.flush();
        let answer = self.host.wait(
            until,
            &mut what.iter().map(|interest| Interest {
                source: match &interest.source {
                    Source::Stream(stream) => Source::Stream(*stream),
                    Source::File(file) => Source::File(&file.inner),
                    Source::Socket(never) => match **never {},
                },
                write: interest.write,
            }),
        );
        self.recording.note(question, &Ok(answer));
        answer
    }
}

impl<H: Host<Sockets = NoSockets>> Clocks for Recorder<H> {
    fn now(&mut self, clock: ClockId) -> Option<u64> {
        let answer = self.host.clocks().now(clock);
        self.recording.note(ask::now(clock), &Ok(answer));
        answer
    }
    fn resolution(&mut self, clock: ClockId) -> Option<u64> {
        let answer = self.host.clocks().resolution(clock);
        self.recording.note(ask::resolution(clock), &Ok(answer));
        answer
    }
}

impl<H: Host<Sockets = NoSockets>> Random for Recorder<H> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Errno> {
        let answer = self.host.random().fill(bytes);
        self.note_bytes(ask::random(bytes.len()), bytes, answer.map(|()| bytes.len())).map(|_| ())
    }
}

impl<H: Host<Sockets = NoSockets>> Streams for Recorder<H> {
    fn read(&mut self, stream: Stream, bytes: &mut [u8]) -> Result<usize, Errno> {
        let answer = self.host.streams().read(stream, bytes);
        self.note_bytes(ask::read(stream, bytes.len()), bytes, answer)
    }
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<usize, Errno> {
        let answer = self.host.streams().write(stream, bytes);
        self.recording.wrote(stream, answer.unwrap_or(0));
        self.note(ask::write(stream, bytes), answer)
    }
    fn is_terminal(&mut self, stream: Stream) -> bool {
        let answer = self.host.streams().is_terminal(stream);
        self.recording.note(ask::is_terminal(stream), &Ok(answer));
        answer
    }
    fn ready(&mut self, stream: Stream, write: bool) -> Result<Ready, Errno> {
        let answer = self.host.streams().ready(stream, write);
        self.note(ask::ready(stream, write), answer)
    }
}

impl<H: Host<Sockets = NoSockets>> Files for Recorder<H> {
    type File = Kept<<H::Files as Files>::File>;
    type Dir = Kept<<H::Files as Files>::Dir>;

    fn preopen(&mut self, number: u32) -> Option<Self::Dir> {
        self.host.files().preopen(number).map(|inner| Kept { number, inner })
    }
    fn preopen_name(&self, number: u32) -> Option<&str> {
        self.dirs.get(number as usize).map(String::as_str)
    }
    fn open(&mut self, dir: &Self::Dir, path: &str, how: Open) -> Result<Opened<Self>, Errno> {
        let answer = self.host.files().open(&dir.inner, path, how);
        let number = self.next;
        let (handle, opened) = match answer {
            Ok(Opened::Dir(inner)) => (Ok(Handle::Dir(number)), Ok(Opened::Dir(Kept { number, inner }))),
            Ok(Opened::File(inner)) => (Ok(Handle::File(number)), Ok(Opened::File(Kept { number, inner }))),
            Err(errno) => (Err(errno), Err(errno)),
        };
        self.recording.note(ask::open(dir.number, path, how), &handle);
        self.next = self.next.saturating_add(opened.is_ok().into());
        opened
    }
    fn stat_at(&mut self, dir: &Self::Dir, path: &str, follow: bool) -> Result<FileStat, Errno> {
        let answer = self.host.files().stat_at(&dir.inner, path, follow);
        self.note(ask::stat_at(dir.number, path, follow), answer)
    }
    fn dir_stat(&mut self, dir: &Self::Dir) -> Result<FileStat, Errno> {
        let answer = self.host.files().dir_stat(&dir.inner);
        self.note(ask::dir_stat(dir.number), answer)
    }
    fn stat(&mut self, file: &Self::File) -> Result<FileStat, Errno> {
        let answer = self.host.files().stat(&file.inner);
        self.note(ask::stat(file.number), answer)
    }
    fn read_at(&mut self, file: &Self::File, bytes: &mut [u8], offset: u64) -> Result<usize, Errno> {
        let answer = self.host.files().read_at(&file.inner, bytes, offset);
        self.note_bytes(ask::read_at(file.number, bytes.len(), offset), bytes, answer)
    }
    fn write_at(&mut self, file: &Self::File, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        let answer = self.host.files().write_at(&file.inner, bytes, offset);
        self.note(ask::write_at(file.number, bytes, offset), answer)
    }
    fn append(&mut self, file: &Self::File, bytes: &[u8]) -> Result<usize, Errno> {
        let answer = self.host.files().append(&file.inner, bytes);
        self.note(ask::append(file.number, bytes), answer)
    }
    fn rewind(&mut self, dir: &mut Self::Dir) -> Result<(), Errno> {
        let answer = self.host.files().rewind(&mut dir.inner);
        self.note(ask::rewind(dir.number), answer)
    }
    fn entry(&mut self, dir: &mut Self::Dir, number: u64, name: &mut [u8]) -> Result<Option<DirEntry>, Errno> {
        let answer = self.host.files().entry(&mut dir.inner, number, name);
        let entry = |found: DirEntry| Entry {
            ino: found.ino,
            filetype: found.filetype,
            name: name.get(..found.name_len).unwrap_or(name).to_vec(),
        };
        self.recording.note(ask::entry(dir.number, number, name.len()), &answer.map(|found| found.map(entry)));
        answer
    }
    fn set_size(&mut self, file: &Self::File, size: u64) -> Result<(), Errno> {
        let answer = self.host.files().set_size(&file.inner, size);
        self.note(ask::set_size(file.number, size), answer)
    }
    fn allocate(&mut self, file: &Self::File, offset: u64, len: u64) -> Result<(), Errno> {
        let answer = self.host.files().allocate(&file.inner, offset, len);
        self.note(ask::allocate(file.number, offset, len), answer)
    }
    fn advise(&mut self, file: &Self::File, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        let answer = self.host.files().advise(&file.inner, offset, len, advice);
        self.note(ask::advise(file.number, offset, len, advice), answer)
    }
    fn sync(&mut self, file: &Self::File, all: bool) -> Result<(), Errno> {
        let answer = self.host.files().sync(&file.inner, all);
        self.note(ask::sync(file.number, all), answer)
    }
    fn set_times(&mut self, file: &Self::File, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        let answer = self.host.files().set_times(&file.inner, atim, mtim);
        self.note(ask::set_times(file.number, atim, mtim), answer)
    }
    fn dir_set_times(&mut self, dir: &Self::Dir, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        let answer = self.host.files().dir_set_times(&dir.inner, atim, mtim);
        self.note(ask::dir_set_times(dir.number, atim, mtim), answer)
    }
    fn set_times_at(
        &mut self,
        dir: &Self::Dir,
        path: &str,
        follow: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let answer = self.host.files().set_times_at(&dir.inner, path, follow, atim, mtim);
        self.note(ask::set_times_at(dir.number, path, follow, atim, mtim), answer)
    }
    fn create_directory(&mut self, dir: &Self::Dir, path: &str) -> Result<(), Errno> {
        let answer = self.host.files().create_directory(&dir.inner, path);
        self.note(ask::create_directory(dir.number, path), answer)
    }
    fn remove_directory(&mut self, dir: &Self::Dir, path: &str) -> Result<(), Errno> {
        let answer = self.host.files().remove_directory(&dir.inner, path);
        self.note(ask::remove_directory(dir.number, path), answer)
    }
    fn unlink(&mut self, dir: &Self::Dir, path: &str) -> Result<(), Errno> {
        let answer = self.host.files().unlink(&dir.inner, path);
        self.note(ask::unlink(dir.number, path), answer)
    }
    fn link(&mut self, from: (&Self::Dir, &str), follow: bool, to: (&Self::Dir, &str)) -> Result<(), Errno> {
        let answer = self.host.files().link((&from.0.inner, from.1), follow, (&to.0.inner, to.1));
        self.note(ask::link((from.0.number, from.1), follow, (to.0.number, to.1)), answer)
    }
    fn rename(&mut self, from: (&Self::Dir, &str), to: (&Self::Dir, &str)) -> Result<(), Errno> {
        let answer = self.host.files().rename((&from.0.inner, from.1), (&to.0.inner, to.1));
        self.note(ask::rename((from.0.number, from.1), (to.0.number, to.1)), answer)
    }
    fn symlink(&mut self, target: &str, dir: &Self::Dir, path: &str) -> Result<(), Errno> {
        let answer = self.host.files().symlink(target, &dir.inner, path);
        self.note(ask::symlink(target, dir.number, path), answer)
    }
    fn read_link(&mut self, dir: &Self::Dir, path: &str, bytes: &mut [u8]) -> Result<usize, Errno> {
        let answer = self.host.files().read_link(&dir.inner, path, bytes);
        self.note_bytes(ask::read_link(dir.number, path, bytes.len()), bytes, answer)
    }
}
