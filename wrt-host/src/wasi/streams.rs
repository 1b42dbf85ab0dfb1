//! The standard streams: the program's own, files, bytes, or nothing.

use super::errno::errno;
use core::cell::RefCell;
use core::time::Duration;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::time::Instant;
use wrt_wasi::{Errno, Ready, Stream, Streams};

/// Bytes that are written at once where a write must not block: what a pipe that can be written takes whole.
const WRITE: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// Where standard input comes from.
#[derive(Debug, Default)]
pub enum Input {
    /// Nowhere: it is at its end.
    #[default]
    Empty,
    /// The program's own.
    Inherit,
    /// A file, pipe or device that was opened for reading.
    File(File),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// Where what is written goes.
#[derive(Clone, Debug, Default)]
pub enum Output {
    /// Nowhere.
    #[default]
    Discard,
    /// The program's own stream.
    Inherit,
    /// Into a file, pipe or device that was opened for writing.
    File(Rc<File>),
    /// Behind what is there already.
    Buffer(Rc<RefCell<Vec<u8>>>),
}

/// The three streams of one guest.
#[derive(Debug, Default)]
pub(super) struct OsStreams {
    pub(super) input: Input,
    pub(super) output: Output,
    pub(super) errors: Output,
    /// What would block answers [`Errno::Again`].
    pub(super) parks: bool,
    /// What ends a wait that blocks.
    pub(super) until: Until,
    /// Bytes of [`Input::Bytes`] that were read.
    read: usize,
}

/// What ends waiting from outside.
#[derive(Debug, Default)]
pub(super) struct Until {
    /// At this time.
    pub(super) time: Option<Instant>,
    /// When it can be read.
    pub(super) bell: Option<OwnedFd>,
}

/// Whether a descriptor can be read or written without blocking; an end or an error counts, since it is told at once.
fn is_ready(fd: BorrowedFd<'_>, write: bool) -> bool {
    let mut polled = [PollFd::new(&fd, if write { PollFlags::OUT } else { PollFlags::IN })];
    // What cannot be polled is not waited for.
    poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).map_or(true, |ready| ready > 0)
}

/// Whether a write of any length ends by itself: into a file that has its bytes on a disk.
fn is_file(fd: BorrowedFd<'_>) -> bool {
    rustix::fs::fstat(fd).is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file())
}

impl Until {
    /// Whether the time has come.
    pub(super) fn is_over(&self) -> bool {
        self.time.is_some_and(|time| Instant::now() >= time)
    }
    fn is_set(&self) -> bool {
        self.time.is_some() || self.bell.is_some()
    }
    /// Blocks until one of the descriptors is ready or the time is over; `false` where there is nothing to wait for, or
    /// waiting is ended from outside.
    pub(super) fn wait(&self, fds: &[(BorrowedFd<'_>, bool)], left: Option<Duration>) -> bool {
        if fds.is_empty() && left.is_none() && !self.is_set() {
            return false;
        }
        let mut polled: Vec<PollFd<'_>> = fds
            .iter()
            .map(|(fd, write)| PollFd::new(fd, if *write { PollFlags::OUT } else { PollFlags::IN }))
            .collect();
        polled.extend(self.bell.as_ref().map(|bell| PollFd::new(bell, PollFlags::IN)));
        let end = self.time.map(|time| time.saturating_duration_since(Instant::now()));
        let left = left.into_iter().chain(end).min();
        // A time that the system cannot count is cut; the call looks again then.
        let left = left.map(|left| Timespec::try_from(left.min(Duration::from_secs(1 << 30))).unwrap_or_default());
        let waited = poll(&mut polled, left.as_ref());
        let rung = self.bell.is_some() && polled.last().is_some_and(|bell| !bell.revents().is_empty());
        !rung && !self.is_over() && (waited.is_ok() || waited == Err(rustix::io::Errno::INTR))
    }
}

/// Writes everything, waiting where there is no room yet. Where that fails, as where nobody reads any more, the rest is
/// left out.
pub(super) fn write_all(streams: &mut OsStreams, stream: Stream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match streams.write(stream, bytes) {
            Ok(taken) if taken > 0 => bytes = bytes.get(taken..).unwrap_or(&[]),
            Err(Errno::Again) => {
                let Some(fd) = streams.fd(stream) else { return };
                let _ = poll(&mut [PollFd::new(&fd, PollFlags::OUT)], None);
            }
            Err(Errno::Intr) => {}
            _ => return,
        }
    }
}

impl OsStreams {
    fn out(&self, stream: Stream) -> &Output {
        if stream == Stream::Stderr { &self.errors } else { &self.output }
    }
    /// What the system knows the stream by.
    pub(super) fn fd(&self, stream: Stream) -> Option<BorrowedFd<'_>> {
        match (stream, &self.input, self.out(stream)) {
            (Stream::Stdin, Input::Inherit, _) => Some(rustix::stdio::stdin()),
            (Stream::Stdin, Input::File(file), _) => Some(file.as_fd()),
            (Stream::Stdin, ..) => None,
            (Stream::Stdout, _, Output::Inherit) => Some(rustix::stdio::stdout()),
            (Stream::Stderr, _, Output::Inherit) => Some(rustix::stdio::stderr()),
            (_, _, Output::File(file)) => Some(file.as_fd()),
            _ => None,
        }
    }
}

impl Streams for OsStreams {
    fn read(&mut self, stream: Stream, bytes: &mut [u8]) -> Result<usize, Errno> {
        if let Some(fd) = self.fd(stream) {
            if !is_ready(fd, false) {
                return Err(Errno::Again);
            }
            return rustix::io::read(fd, bytes).map_err(|e| errno(e.into()));
        }
        let Input::Bytes(all) = &self.input else { return Ok(0) };
        let rest = all.get(self.read..).unwrap_or(&[]);
        let count = rest.len().min(bytes.len());
        bytes[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        Ok(count)
    }
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<usize, Errno> {
        if let Output::Buffer(buffer) = self.out(stream) {
            buffer.borrow_mut().extend_from_slice(bytes);
        }
        let Some(fd) = self.fd(stream) else { return Ok(bytes.len()) };
        let blocks = !self.parks && !self.until.is_set();
        if blocks || bytes.is_empty() || (bytes.len() > WRITE && is_file(fd)) {
            return rustix::io::write(fd, bytes).map_err(|e| errno(e.into()));
        }
        let mut done = 0;
        loop {
            if !is_ready(fd, true) {
                if !self.parks && self.until.wait(&[(fd, true)], None) {
                    continue;
                }
                return if done == 0 { Err(Errno::Again) } else { Ok(done) };
            }
            let piece = bytes.get(done..bytes.len().min(done + WRITE)).unwrap_or(&[]);
            match rustix::io::write(fd, piece) {
                Ok(count) => done += count,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) if done > 0 => return Ok(done),
                Err(why) => return Err(errno(why.into())),
            }
            if done >= bytes.len() {
                return Ok(done);
            }
        }
    }
    fn is_terminal(&mut self, stream: Stream) -> bool {
        self.fd(stream).is_some_and(rustix::termios::isatty)
    }
    fn ready(&mut self, stream: Stream, write: bool) -> Result<Ready, Errno> {
        match self.fd(stream) {
            Some(fd) if !is_ready(fd, write) => Err(Errno::Again),
            Some(_) => Ok(Ready { bytes: 1, hangup: false }),
            None if write => Ok(Ready { bytes: 1, hangup: false }),
            None => {
                let all = if let Input::Bytes(all) = &self.input { all.len() } else { 0 };
                let left = all.saturating_sub(self.read) as u64;
                Ok(Ready { bytes: left, hangup: left == 0 })
            }
        }
    }
}
