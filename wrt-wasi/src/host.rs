//! What an embedder provides: small traits, one for each kind of thing that a guest may ask for.
//!
//! Owns their shape. Knows nothing of guests: no pointer, no descriptor number and no layout is seen here, so that a
//! provider cannot get them wrong. No call may wait: what has nothing to give yet answers [`Errno::Again`], and the
//! guest is parked until [`Host::wait`] or the embedder says that it is worth another try.

use crate::errno::Errno;
use crate::types::{Advice, ClockId, FileStat, FileType, ReceiveFlags, SetTime, ShutdownFlags};

/// Everything that a guest may ask for, and what it is told of its start.
///
/// The functions hand out the parts one at a time; a part that a board does not have is [`crate::NoFiles`] or
/// [`crate::NoSockets`].
pub trait Host {
    /// Clocks.
    type Clocks: Clocks;
    /// Randomness.
    type Random: Random;
    /// The three standard streams.
    type Streams: Streams;
    /// Directories and files.
    type Files: Files;
    /// Sockets.
    type Sockets: Sockets;

    /// The clocks.
    fn clocks(&mut self) -> &mut Self::Clocks;
    /// The source of randomness.
    fn random(&mut self) -> &mut Self::Random;
    /// The standard streams.
    fn streams(&mut self) -> &mut Self::Streams;
    /// The files.
    fn files(&mut self) -> &mut Self::Files;
    /// The sockets.
    fn sockets(&mut self) -> &mut Self::Sockets;

    /// The argument with this number, the program's name being 0, without a byte 0; `None` behind the last one.
    fn argument(&self, _number: usize) -> Option<&[u8]> {
        None
    }
    /// The variable with this number as `NAME=VALUE`, without a byte 0; `None` behind the last one.
    fn variable(&self, _number: usize) -> Option<&[u8]> {
        None
    }
    /// Waits, or says that the guest is to be parked. See [`Waits`].
    fn wait(&mut self, _until: Option<u64>, _what: &mut dyn Iterator<Item = Interest<'_, Self>>) -> Waits
    where
        Self: Sized,
    {
        Waits::Parked
    }
}

/// What came of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// The embedder has blocked, and the call is worth another try at once.
    Over,
    /// The task is to be parked: the run ends with [`wrt_core::Outcome::Pending`], and the embedder calls
    /// [`crate::Wasi::resume`] when it has waited.
    Parked,
}

/// Something that a guest waits for.
pub struct Interest<'a, H: Host> {
    /// In what.
    pub source: Source<'a, H>,
    /// For room to write, else for something to read.
    pub write: bool,
}

/// What can be waited for.
pub enum Source<'a, H: Host> {
    /// A standard stream.
    Stream(Stream),
    /// A file.
    File(&'a <H::Files as Files>::File),
    /// A socket.
    Socket(&'a <H::Sockets as Sockets>::Socket),
}

/// A standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Descriptor 0 at the start.
    Stdin,
    /// Descriptor 1 at the start.
    Stdout,
    /// Descriptor 2 at the start.
    Stderr,
}

/// What is known of something that may be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Bytes that can be read or written at once, as far as known.
    pub bytes: u64,
    /// The other side is gone, or the end is reached.
    pub hangup: bool,
}

/// Clocks (`clock_time_get`, `clock_res_get`, `poll_oneoff`).
pub trait Clocks {
    /// Nanoseconds that the clock shows; `None` where there is no such clock.
    fn now(&mut self, clock: ClockId) -> Option<u64>;
    /// Nanoseconds between two values of the clock, 1 or more; `None` where there is no such clock.
    fn resolution(&mut self, clock: ClockId) -> Option<u64>;
}

/// Randomness (`random_get`).
pub trait Random {
    /// Fills the bytes.
    ///
    /// # Errors
    /// As the source has them.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Errno>;
}

/// The standard streams.
pub trait Streams {
    /// Reads what is there, at most as much as fits; 0 at the end.
    ///
    /// # Errors
    /// [`Errno::Again`] where nothing is there yet.
    fn read(&mut self, stream: Stream, bytes: &mut [u8]) -> Result<usize, Errno>;
    /// Writes as much as there is room for; says how much.
    ///
    /// # Errors
    /// [`Errno::Again`] where there is no room yet.
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<usize, Errno>;
    /// Whether a person sits at the other end.
    fn is_terminal(&mut self, _stream: Stream) -> bool {
        false
    }
    /// Whether reading (or writing) would give (or take) something.
    ///
    /// # Errors
    /// [`Errno::Again`] where it would not yet.
    fn ready(&mut self, _stream: Stream, _write: bool) -> Result<Ready, Errno> {
        Ok(Ready { bytes: 1, hangup: false })
    }
}

/// What `path_open` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Data may be read.
    pub read: bool,
    /// Data may be written.
    pub write: bool,
    /// The file is created where there is none.
    pub create: bool,
    /// A file that exists is an error.
    pub exclusive: bool,
    /// The file is made empty.
    pub truncate: bool,
    /// What is no directory is an error.
    pub directory: bool,
    /// A symbolic link at the end is followed.
    pub follow: bool,
}

/// What was opened.
pub enum Opened<F: Files + ?Sized> {
    /// A directory.
    Dir(F::Dir),
    /// Anything else.
    File(F::File),
}

/// One name in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// Number of the file.
    pub ino: u64,
    /// What it is.
    pub filetype: FileType,
    /// Bytes of the name that were stored.
    pub name_len: usize,
}

/// Directories and files.
///
/// Paths are UTF-8, relative to a directory, as the guest gave them: the provider is who keeps them beneath it,
/// `..`, absolute paths and symbolic links included. Handles are closed by being dropped. What a provider leaves out
/// answers [`Errno::Notsup`], or [`Errno::Rofs`] where it would change something.
pub trait Files {
    /// An open file.
    type File;
    /// An open directory.
    type Dir;

    /// The directory with this number that the guest finds open at its start, from descriptor 3 on; `None` behind
    /// the last one.
    fn preopen(&mut self, number: u32) -> Option<Self::Dir>;
    /// The name of that directory for the guest.
    fn preopen_name(&self, number: u32) -> Option<&str>;

    /// Opens.
    ///
    /// # Errors
    /// As `open` has them in POSIX.
    fn open(&mut self, dir: &Self::Dir, path: &str, how: Open) -> Result<Opened<Self>, Errno>;
    /// Says of a path what is there.
    ///
    /// # Errors
    /// As `fstatat` has them.
    fn stat_at(&mut self, dir: &Self::Dir, path: &str, follow: bool) -> Result<FileStat, Errno>;
    /// Says of a directory what it is.
    ///
    /// # Errors
    /// As `fstat` has them.
    fn dir_stat(&mut self, dir: &Self::Dir) -> Result<FileStat, Errno>;
    /// Says of a file what it is.
    ///
    /// # Errors
    /// As `fstat` has them.
    fn stat(&mut self, file: &Self::File) -> Result<FileStat, Errno>;
    /// Reads at an offset; 0 at the end.
    ///
    /// # Errors
    /// As `pread` has them; [`Errno::Again`] where nothing is there yet.
    fn read_at(&mut self, file: &Self::File, bytes: &mut [u8], offset: u64) -> Result<usize, Errno>;
    /// Writes at an offset.
    ///
    /// # Errors
    /// As `pwrite` has them.
    fn write_at(&mut self, _file: &Self::File, _bytes: &[u8], _offset: u64) -> Result<usize, Errno> {
        Err(Errno::Rofs)
    }
    /// Writes at the end, wherever that is.
    ///
    /// # Errors
    /// As `write` has them.
    fn append(&mut self, _file: &Self::File, _bytes: &[u8]) -> Result<usize, Errno> {
        Err(Errno::Rofs)
    }
    /// Reads the directory from its beginning from now on.
    ///
    /// # Errors
    /// As `rewinddir` would have them.
    fn rewind(&mut self, _dir: &mut Self::Dir) -> Result<(), Errno> {
        Ok(())
    }
    /// The name with this number, without `.` and `..`; as much of it as fits is stored. A number means the same
    /// name until the next [`Files::rewind`]. `None` behind the last one.
    ///
    /// # Errors
    /// As `readdir` has them.
    fn entry(&mut self, dir: &mut Self::Dir, number: u64, name: &mut [u8]) -> Result<Option<DirEntry>, Errno>;
    /// Sets how many bytes are in a file.
    ///
    /// # Errors
    /// As `ftruncate` has them.
    fn set_size(&mut self, _file: &Self::File, _size: u64) -> Result<(), Errno> {
        Err(Errno::Rofs)
    }
    /// Makes room for bytes up to `offset + len`.
    ///
    /// # Errors
    /// As `posix_fallocate` has them.
    fn allocate(&mut self, _file: &Self::File, _offset: u64, _len: u64) -> Result<(), Errno> {
        Err(Errno::Notsup)
    }
    /// Takes advice.
    ///
    /// # Errors
    /// As `posix_fadvise` has them.
    fn advise(&mut self, _file: &Self::File, _offset: u64, _len: u64, _advice: Advice) -> Result<(), Errno> {
        Ok(())
    }
    /// Brings a file to where it lasts; with `all` also what is said of it.
    ///
    /// # Errors
    /// As `fsync` has them.
    fn sync(&mut self, _file: &Self::File, _all: bool) -> Result<(), Errno> {
        Ok(())
    }
    /// Sets the times of a file.
    ///
    /// # Errors
    /// As `futimens` has them.
    fn set_times(&mut self, _file: &Self::File, _atim: SetTime, _mtim: SetTime) -> Result<(), Errno> {
        Err(Errno::Rofs)
    }
    /// Sets the times of a directory.
    ///
    /// # Errors
    /// As `futimens` has them.
    fn dir_set_times(&mut self, _dir: &Self::Dir, _atim: SetTime, _mtim: SetTime) -> Result<(), Errno> {
        Err(Errno::Rofs)
    }
    /// Sets the times of what a path names.
    ///
    /// # Errors
    /// As `utimensat` has them.
    fn set_times_at(
        &mut self,
        _dir: &Self::Dir,
        _path: &str,
        _follow: bool,
        _atim: SetTime,
        _mtim: SetTime,
    ) -> Result<(), Errno> {
        Err(Errno::Rofs)
    }
    /// Makes a directory.
    ///
    /// # Errors
    /// As `mkdirat` has them.
    fn create_directory(&mut self, _dir: &Self::Dir, _path: &str) -> Result<(), Errno> {
        Err(Errno::Rofs)
    }
    /// Removes an empty directory.
    ///
    /// # Errors
    /// As `unlinkat` has them.
    fn remove_directory(&mut self, _dir: &Self::Dir, _path: &str) -> Result<(), Errno> {
        Err(Errno::Rofs)
    }
    /// Removes a name of a file.
    ///
    /// # Errors
    /// As `unlinkat` has them.
    fn unlink(&mut self, _dir: &Self::Dir, _path: &str) -> Result<(), Errno> {
        Err(Errno::Rofs)
    }
    /// Gives a file another name.
    ///
    /// # Errors
    /// As `linkat` has them.
    fn link(&mut self, _from: (&Self::Dir, &str), _follow: bool, _to: (&Self::Dir, &str)) -> Result<(), Errno> {
        Err(Errno::Rofs)
    }
    /// Moves a name.
    ///
    /// # Errors
    /// As `renameat` has them.
    fn rename(&mut self, _from: (&Self::Dir, &str), _to: (&Self::Dir, &str)) -> Result<(), Errno> {
        Err(Errno::Rofs)
    }
    /// Makes a symbolic link that says `target`.
    ///
    /// # Errors
    /// As `symlinkat` has them.
    fn symlink(&mut self, _target: &str, _dir: &Self::Dir, _path: &str) -> Result<(), Errno> {
        Err(Errno::Rofs)
    }
    /// Stores as much of what a symbolic link says as fits; says how much.
    ///
    /// # Errors
    /// As `readlinkat` has them.
    fn read_link(&mut self, _dir: &Self::Dir, _path: &str, _bytes: &mut [u8]) -> Result<usize, Errno> {
        Err(Errno::Inval)
    }
}

/// Sockets that the embedder has opened ([`crate::Wasi::add_socket`]), and those that they accept.
pub trait Sockets {
    /// An open socket.
    type Socket;

    /// What it is: [`FileType::SocketStream`] or [`FileType::SocketDgram`].
    fn filetype(&mut self, socket: &Self::Socket) -> FileType;
    /// The next connection.
    ///
    /// # Errors
    /// As `accept` has them; [`Errno::Again`] where there is none yet.
    fn accept(&mut self, socket: &Self::Socket) -> Result<Self::Socket, Errno>;
    /// Receives; 0 at the end.
    ///
    /// # Errors
    /// As `recv` has them; [`Errno::Again`] where nothing is there yet.
    fn receive(&mut self, socket: &Self::Socket, bytes: &mut [u8], how: ReceiveFlags) -> Result<usize, Errno>;
    /// Sends; says how much.
    ///
    /// # Errors
    /// As `send` has them; [`Errno::Again`] where there is no room yet.
    fn send(&mut self, socket: &Self::Socket, bytes: &[u8]) -> Result<usize, Errno>;
    /// Shuts directions down.
    ///
    /// # Errors
    /// As `shutdown` has them.
    fn shutdown(&mut self, socket: &Self::Socket, how: ShutdownFlags) -> Result<(), Errno>;
    /// Whether receiving (or sending) would give (or take) something.
    ///
    /// # Errors
    /// [`Errno::Again`] where it would not yet.
    fn ready(&mut self, socket: &Self::Socket, write: bool) -> Result<Ready, Errno>;
}
