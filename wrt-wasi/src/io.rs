//! Data: reading and writing files and streams, and the place in a file.
//!
//! The place is kept here, so that a provider needs reads and writes at an offset alone. Data moves through the scratch
//! in pieces. A file is read or written until the vectors are full or the provider gives or takes less; a stream is
//! asked once, because a second answer might have to be waited for.

use crate::call::{Args, Call};
use crate::errno::Errno;
use crate::host::{Files, Host, Stream, Streams};
use crate::memory::{Answer, Stop, UNKNOWN, Vectors};
use crate::names::Version;
use crate::table::{self, Descriptor, Node};
use crate::types::{FdFlags, Rights};

/// From where an offset is counted (`$whence`).
enum Whence {
    Start,
    Here,
    End,
}

/// An answer of [`Errno::Again`] means waiting, unless the guest has asked not to.
pub(crate) fn or_wait<T>(answer: Result<T, Errno>, waits_not: bool) -> Answer<T> {
    answer.map_err(|errno| if errno == Errno::Again && !waits_not { Stop::Waits } else { errno.into() })
}

/// Fills the vectors by `fill`, which gets room and how many bytes were stored before, until they are full, there is
/// nothing more, or `once` was asked for.
pub(crate) fn read_into(
    mut vectors: Vectors<'_, '_>,
    scratch: &mut [u8],
    once: bool,
    mut fill: impl FnMut(&mut [u8], u64) -> Result<usize, Errno>,
) -> Result<(u32, Option<Errno>), Stop> {
    let mut done = 0u32;
    loop {
        let room = scratch.len().min(vectors.left() as usize);
        let Some(bytes) = scratch.get_mut(..room) else { return Ok((done, None)) };
        let got = match fill(bytes, done.into()) {
            Ok(got) => got.min(room),
            Err(errno) => return Ok((done, Some(errno))),
        };
        vectors.scatter(scratch.get(..got).unwrap_or(&[]))?;
        done = done.saturating_add(got as u32);
        if once || got < room || vectors.left() == 0 {
            return Ok((done, None));
        }
    }
}

/// Empties the vectors by `take`, as [`read_into`] fills them.
pub(crate) fn write_from(
    mut vectors: Vectors<'_, '_>,
    scratch: &mut [u8],
    mut take: impl FnMut(&[u8], u64) -> Result<usize, Errno>,
) -> Result<(u32, Option<Errno>), Stop> {
    let mut done = 0u32;
    loop {
        let room = vectors.gather(scratch)?;
        let took = match take(scratch.get(..room).unwrap_or(&[]), done.into()) {
            Ok(took) => took.min(room),
            Err(errno) => return Ok((done, Some(errno))),
        };
        done = done.saturating_add(took as u32);
        if took < room || vectors.left() == 0 {
            return Ok((done, None));
        }
    }
}

/// What was done before an error counts; the error comes again with the next call.
pub(crate) fn partial((done, error): (u32, Option<Errno>)) -> Result<u32, Errno> {
    match error {
        Some(errno) if done == 0 => Err(errno),
        _ => Ok(done),
    }
}

impl<H: Host> Call<'_, '_, H> {
    pub(crate) fn fd_read(&mut self, args: &Args) -> Answer {
        self.read(args, None, args.u32(3))
    }
    pub(crate) fn fd_pread(&mut self, args: &Args) -> Answer {
        self.read(args, Some(args.u64(3)), args.u32(4))
    }
    pub(crate) fn fd_write(&mut self, args: &Args) -> Answer {
        self.write(args, None, args.u32(3))
    }
    pub(crate) fn fd_pwrite(&mut self, args: &Args) -> Answer {
        self.write(args, Some(args.u64(3)), args.u32(4))
    }

    /// Reads at an offset, or at the descriptor's place, which moves then.
    fn read(&mut self, args: &Args, at: Option<u64>, result: u32) -> Answer {
        let vectors = Vectors::new(self.guest, args.u32(1), args.u32(2))?;
        let rights = if at.is_some() { Rights::FD_READ.with(Rights::FD_SEEK) } else { Rights::FD_READ };
        let open = table::get(self.slots, args.u32(0), rights)?;
        let waits_not = open.waits_not();
        let done = match &mut open.node {
            Node::File { read: false, .. } => return Err(Errno::Badf.into()),
            Node::File { file, position, .. } => {
                let from = at.unwrap_or(*position);
                let files = self.host.files();
                let fill = |bytes: &mut [u8], done: u64| {
                    files.read_at(file, bytes, from.checked_add(done).ok_or(Errno::Overflow)?)
                };
                let done = or_wait(partial(read_into(vectors, self.scratch, false, fill)?), waits_not)?;
                if at.is_none() {
                    *position = position.checked_add(done.into()).ok_or(Errno::Overflow)?;
                }
                done
            }
            Node::Stream(Stream::Stdin) if at.is_none() => {
                let streams = self.host.streams();
                let fill = |bytes: &mut [u8], _| streams.read(Stream::Stdin, bytes);
                or_wait(partial(read_into(vectors, self.scratch, true, fill)?), waits_not)?
            }
            Node::Stream(Stream::Stdin) => return Err(Errno::Spipe.into()),
            Node::Socket(_) if at.is_none() => self.receive(args.u32(0), vectors_of(args), None)?,
            Node::Socket(_) => return Err(Errno::Spipe.into()),
            Node::Stream(_) | Node::Dir { .. } => return Err(Errno::Badf.into()),
        };
        self.guest.put_u32(result, done)
    }

    /// Writes at an offset, or at the descriptor's place, which moves then; with [`FdFlags::APPEND`] always at the end.
    fn write(&mut self, args: &Args, at: Option<u64>, result: u32) -> Answer {
        let vectors = Vectors::new(self.guest, args.u32(1), args.u32(2))?;
        let rights = if at.is_some() { Rights::FD_WRITE.with(Rights::FD_SEEK) } else { Rights::FD_WRITE };
        let open = table::get(self.slots, args.u32(0), rights)?;
        let waits_not = open.waits_not();
        let append = open.flags.has(FdFlags::APPEND);
        let done = match &mut open.node {
            Node::File { write: false, .. } => return Err(Errno::Badf.into()),
            Node::File { file, position, .. } => {
                let from = at.unwrap_or(*position);
                let files = self.host.files();
                let take = |bytes: &[u8], done: u64| {
                    if append {
                        files.append(file, bytes)
                    } else {
                        files.write_at(file, bytes, from.checked_add(done).ok_or(Errno::Overflow)?)
                    }
                };
                let done = or_wait(partial(write_from(vectors, self.scratch, take)?), waits_not)?;
                if at.is_none() {
                    *position = match append {
                        true => self.host.files().stat(file)?.size,
                        false => position.checked_add(done.into()).ok_or(Errno::Overflow)?,
                    };
                }
                done
            }
            Node::Stream(Stream::Stdin) | Node::Dir { .. } => return Err(Errno::Badf.into()),
            Node::Stream(stream) if at.is_none() => {
                let (stream, streams) = (*stream, self.host.streams());
                let take = |bytes: &[u8], _| streams.write(stream, bytes);
                or_wait(partial(write_from(vectors, self.scratch, take)?), waits_not)?
            }
            Node::Socket(_) if at.is_none() => self.transmit(args.u32(0), vectors_of(args))?,
            Node::Stream(_) | Node::Socket(_) => return Err(Errno::Spipe.into()),
        };
        self.guest.put_u32(result, done)
    }

    /// The open file of a descriptor that has a place.
    fn placed(&mut self, fd: u32, rights: Rights) -> Answer<&mut Descriptor<H>> {
        let open = table::get(self.slots, fd, rights)?;
        match open.node {
            Node::File { .. } => Ok(open),
            Node::Stream(_) | Node::Socket(_) => Err(Errno::Spipe.into()),
            Node::Dir { .. } => Err(Errno::Badf.into()),
        }
    }

    pub(crate) fn fd_seek(&mut self, args: &Args) -> Answer {
        let offset = args.u64(1).cast_signed();
        let whence = match (self.version, args.u32(2)) {
            (Version::Preview1, 0) | (Version::Unstable, 2) => Whence::Start,
            (Version::Preview1, 1) | (Version::Unstable, 0) => Whence::Here,
            (Version::Preview1, 2) | (Version::Unstable, 1) => Whence::End,
            _ => return Err(UNKNOWN),
        };
        let rights = if offset == 0 && matches!(whence, Whence::Here) { Rights::FD_TELL } else { Rights::FD_SEEK };
        self.placed(args.u32(0), rights)?;
        let open = table::get(self.slots, args.u32(0), rights)?;
        let Node::File { file, position, .. } = &mut open.node else { return Err(Errno::Badf.into()) };
        let from = match whence {
            Whence::Start => 0,
            Whence::Here => *position,
            Whence::End => self.host.files().stat(file)?.size,
        };
        let to = from.checked_add_signed(offset).ok_or(Errno::Inval)?;
        *position = to;
        self.guest.put_u64(args.u32(3), to)
    }

    pub(crate) fn fd_tell(&mut self, args: &Args) -> Answer {
        let position = match self.placed(args.u32(0), Rights::FD_TELL)?.node {
            Node::File { position, .. } => position,
            _ => return Err(Errno::Badf.into()),
        };
        self.guest.put_u64(args.u32(1), position)
    }
}

/// Where the vectors of a read or write are.
fn vectors_of(args: &Args) -> (u32, u32) {
    (args.u32(1), args.u32(2))
}
