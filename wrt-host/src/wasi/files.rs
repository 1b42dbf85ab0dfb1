//! Directories that were granted, and what lies beneath them.
//!
//! Owns open files and directories and whether they may be changed. Paths are resolved by `cap-std`, which keeps them
//! beneath the directory (by `openat2` where the system has it, else step by step without following links blindly), so
//! that no `..`, absolute path or symbolic link leads out, whoever swaps what meanwhile.

use super::errno::errno;
use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, SystemTimeSpec};
use cap_std::fs::{Dir as CapDir, FileTypeExt, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use core::time::Duration;
use rustix::fs::OFlags;
use std::ffi::OsString;
use std::fs::File as StdFile;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::SystemTime;
use wrt_wasi::{Advice, DirEntry, Errno, FileStat, FileType, Files, Open, Opened, SetTime};

/// What may be done beneath a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Files and what is said of them may be read.
    ReadOnly,
    /// Everything that the program itself may do.
    ReadWrite,
}

impl Access {
    pub(super) fn may_write(self) -> Result<(), Errno> {
        if self == Access::ReadWrite { Ok(()) } else { Err(Errno::Perm) }
    }
}

/// An open file.
pub(super) struct File {
    file: StdFile,
    access: Access,
}

impl File {
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// An open directory.
pub(super) struct Dir {
    dir: CapDir,
    access: Access,
    /// The names in it since it was last read from its beginning, in order.
    names: Vec<Name>,
}

struct Name {
    name: String,
    ino: u64,
    filetype: FileType,
}

/// The directories that the guest finds open.
#[derive(Default)]
pub(super) struct OsFiles {
    granted: Vec<(Option<Dir>, String)>,
}

impl core::fmt::Debug for OsFiles {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.granted.iter().map(|(_, name)| name)).finish()
    }
}

impl OsFiles {
    /// Opens a directory, to be granted.
    pub(super) fn grant(&mut self, host: &Path, guest: &str, access: Access) -> io::Result<()> {
        let dir = CapDir::open_ambient_dir(host, cap_std::ambient_authority())?;
        self.granted.push((Some(Dir { dir, access, names: Vec::new() }), guest.to_owned()));
        Ok(())
    }
}

fn filetype(of: cap_std::fs::FileType) -> FileType {
    if of.is_dir() {
        FileType::Directory
    } else if of.is_symlink() {
        FileType::SymbolicLink
    } else if of.is_file() {
        FileType::RegularFile
    } else if of.is_block_device() {
        FileType::BlockDevice
    } else if of.is_char_device() {
        FileType::CharacterDevice
    } else if of.is_socket() {
        FileType::SocketStream
    } else {
        FileType::Unknown
    }
}

fn filestat(of: &Metadata) -> FileStat {
    let time = |seconds: i64, nanoseconds: i64| {
        let seconds = u64::try_from(seconds).unwrap_or(0);
        seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(nanoseconds).unwrap_or(0))
    };
    FileStat {
        dev: of.dev(),
        ino: of.ino(),
        filetype: filetype(of.file_type()),
        nlink: of.nlink(),
        size: of.size(),
        atim: time(of.atime(), of.atime_nsec()),
        mtim: time(of.mtime(), of.mtime_nsec()),
        ctim: time(of.ctime(), of.ctime_nsec()),
    }
}

fn at(time: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(time)
}

fn spec(time: SetTime) -> Option<SystemTimeSpec> {
    match time {
        SetTime::Keep => None,
        SetTime::Now => Some(SystemTimeSpec::SymbolicNow),
        SetTime::At(time) => Some(SystemTimeSpec::from(cap_std::time::SystemTime::from_std(at(time)))),
    }
}

/// Whether a symbolic link at the end is followed: also where a slash behind it, or a dot behind that, says that a
/// directory is meant (POSIX, *pathname resolution*).
fn follows(path: &str, follow: bool) -> bool {
    follow || path.ends_with('/') || path.ends_with("/.")
}

/// Reads all names, in the order of their bytes, so that it is the same on every file system.
fn names(dir: &CapDir) -> io::Result<Vec<Name>> {
    let mut names = Vec::new();
    for entry in dir.entries()? {
        let entry = entry?;
        let said = match entry.metadata() {
            Ok(said) => said,
            // Removed since it was listed.
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(e),
        };
        let unreadable = |_: OsString| io::Error::from_raw_os_error(rustix::io::Errno::ILSEQ.raw_os_error());
        let name = entry.file_name().into_string().map_err(unreadable)?;
        names.push(Name { name, ino: said.ino(), filetype: filetype(said.file_type()) });
    }
    names.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(names)
}

impl Files for OsFiles {
    type File = File;
    type Dir = Dir;

    fn preopen(&mut self, number: u32) -> Option<Dir> {
        self.granted.get_mut(number as usize)?.0.take()
    }
    fn preopen_name(&self, number: u32) -> Option<&str> {
        self.granted.get(number as usize).map(|(_, name)| name.as_str())
    }

    fn open(&mut self, dir: &Dir, path: &str, how: Open) -> Result<Opened<Self>, Errno> {
        if how.write {
            dir.access.may_write()?;
        }
        let mut options = OpenOptions::new();
        options.read(how.read).write(how.write).truncate(how.truncate);
        if how.create && how.exclusive {
            options.create_new(true);
        } else {
            options.create(how.create);
        }
        options.follow(if how.follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
        // A pipe without a partner does not block who opens it.
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let file = dir.dir.open_with(path, &options).map_err(errno)?;
        let is_dir = file.metadata().map_err(errno)?.is_dir();
        let file = file.into_std();
        match (is_dir, how.directory) {
            (true, _) => {
                Ok(Opened::Dir(Dir { dir: CapDir::from_std_file(file), access: dir.access, names: Vec::new() }))
            }
            (false, true) => Err(Errno::Notdir),
            (false, false) => Ok(Opened::File(File { file, access: dir.access })),
        }
    }
    fn stat_at(&mut self, dir: &Dir, path: &str, follow: bool) -> Result<FileStat, Errno> {
        let said = if follows(path, follow) { dir.dir.metadata(path) } else { dir.dir.symlink_metadata(path) };
        said.map(|said| filestat(&said)).map_err(errno)
    }
    fn dir_stat(&mut self, dir: &Dir) -> Result<FileStat, Errno> {
        dir.dir.dir_metadata().map(|said| filestat(&said)).map_err(errno)
    }
    fn stat(&mut self, file: &File) -> Result<FileStat, Errno> {
        Metadata::from_file(&file.file).map(|said| filestat(&said)).map_err(errno)
    }
    fn read_at(&mut self, file: &File, bytes: &mut [u8], offset: u64) -> Result<usize, Errno> {
        match file.file.read_at(bytes, offset).map_err(errno) {
            // Pipes and terminals have no offsets.
            Err(Errno::Spipe) => rustix::io::read(&file.file, bytes).map_err(|e| errno(e.into())),
            other => other,
        }
    }
    fn write_at(&mut self, file: &File, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        match file.file.write_at(bytes, offset).map_err(errno) {
            Err(Errno::Spipe) => rustix::io::write(&file.file, bytes).map_err(|e| errno(e.into())),
            other => other,
        }
    }
    fn append(&mut self, file: &File, bytes: &[u8]) -> Result<usize, Errno> {
        #[cfg(target_os = "linux")]
        {
            use rustix::io::{Errno as Os, ReadWriteFlags, pwritev2};
            match pwritev2(&file.file, &[io::IoSlice::new(bytes)], 0, ReadWriteFlags::APPEND) {
                Err(Os::NOSYS | Os::NOTSUP) => {}
                other => return other.map_err(|e| errno(e.into())),
            }
        }
        let end = Metadata::from_file(&file.file).map_err(errno)?.size();
        self.write_at(file, bytes, end)
    }
    fn rewind(&mut self, dir: &mut Dir) -> Result<(), Errno> {
        dir.names = names(&dir.dir).map_err(errno)?;
        Ok(())
    }
    fn entry(&mut self, dir: &mut Dir, number: u64, name: &mut [u8]) -> Result<Option<DirEntry>, Errno> {
        if dir.names.is_empty() {
            self.rewind(dir)?;
        }
        let Some(found) = usize::try_from(number).ok().and_then(|number| dir.names.get(number)) else {
            return Ok(None);
        };
        let name_len = found.name.len().min(name.len());
        name[..name_len].copy_from_slice(&found.name.as_bytes()[..name_len]);
        Ok(Some(DirEntry { ino: found.ino, filetype: found.filetype, name_len }))
    }

    fn set_size(&mut self, file: &File, size: u64) -> Result<(), Errno> {
        file.access.may_write()?;
        file.file.set_len(size).map_err(errno)
    }
    fn allocate(&mut self, file: &File, offset: u64, len: u64) -> Result<(), Errno> {
        file.access.may_write()?;
        #[cfg(target_os = "linux")]
        {
            rustix::fs::fallocate(&file.file, rustix::fs::FallocateFlags::empty(), offset, len)
                .map_err(|e| errno(e.into()))
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (offset, len);
            Err(Errno::Notsup)
        }
    }
    fn advise(&mut self, file: &File, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::Advice as Os;
            let advice = match advice {
                Advice::Normal => Os::Normal,
                Advice::Sequential => Os::Sequential,
                Advice::Random => Os::Random,
                Advice::WillNeed => Os::WillNeed,
                Advice::DontNeed => Os::DontNeed,
                Advice::NoReuse => Os::NoReuse,
            };
            rustix::fs::fadvise(&file.file, offset, core::num::NonZeroU64::new(len), advice)
                .map_err(|e| errno(e.into()))
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (file, offset, len, advice);
            Ok(())
        }
    }
    fn sync(&mut self, file: &File, all: bool) -> Result<(), Errno> {
        if all { file.file.sync_all() } else { file.file.sync_data() }.map_err(errno)
    }

    fn set_times(&mut self, file: &File, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        file.access.may_write()?;
        let time = |time| match time {
            SetTime::Keep => None,
            SetTime::Now => Some(SystemTime::now()),
            SetTime::At(time) => Some(at(time)),
        };
        let mut times = std::fs::FileTimes::new();
        if let Some(atim) = time(atim) {
            times = times.set_accessed(atim);
        }
        if let Some(mtim) = time(mtim) {
            times = times.set_modified(mtim);
        }
        file.file.set_times(times).map_err(errno)
    }
    fn dir_set_times(&mut self, dir: &Dir, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        self.set_times_at(dir, ".", true, atim, mtim)
    }
    fn set_times_at(&mut self, dir: &Dir, path: &str, follow: bool, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        dir.access.may_write()?;
        let (atim, mtim) = (spec(atim), spec(mtim));
        if follows(path, follow) {
            dir.dir.set_times(path, atim, mtim)
        } else {
            dir.dir.set_symlink_times(path, atim, mtim)
        }
        .map_err(errno)
    }

    fn create_directory(&mut self, dir: &Dir, path: &str) -> Result<(), Errno> {
        dir.access.may_write()?;
        dir.dir.create_dir(path).map_err(errno)
    }
    fn remove_directory(&mut self, dir: &Dir, path: &str) -> Result<(), Errno> {
        dir.access.may_write()?;
        dir.dir.remove_dir(path).map_err(errno)
    }
    fn unlink(&mut self, dir: &Dir, path: &str) -> Result<(), Errno> {
        dir.access.may_write()?;
        dir.dir.remove_file_or_symlink(path).map_err(errno)
    }
    /// Links to what a symbolic link leads to are not made ([`Errno::Inval`]): the way there could not be kept beneath
    /// the directory.
    fn link(&mut self, from: (&Dir, &str), follow: bool, to: (&Dir, &str)) -> Result<(), Errno> {
        from.0.access.may_write()?;
        to.0.access.may_write()?;
        if follow {
            return Err(Errno::Inval);
        }
        from.0.dir.hard_link(from.1, &to.0.dir, to.1).map_err(errno)
    }
    fn rename(&mut self, from: (&Dir, &str), to: (&Dir, &str)) -> Result<(), Errno> {
        from.0.access.may_write()?;
        to.0.access.may_write()?;
        // A slash at the end is for directories, of the source as of the target.
        if (from.1.ends_with('/') || to.1.ends_with('/'))
            && self.stat_at(from.0, from.1.trim_end_matches('/'), false)?.filetype != FileType::Directory
        {
            return Err(Errno::Notdir);
        }
        from.0.dir.rename(from.1, &to.0.dir, to.1).map_err(errno)
    }
    fn symlink(&mut self, target: &str, dir: &Dir, path: &str) -> Result<(), Errno> {
        dir.access.may_write()?;
        DirExt::symlink(&dir.dir, target, path).map_err(errno)
    }
    fn read_link(&mut self, dir: &Dir, path: &str, bytes: &mut [u8]) -> Result<usize, Errno> {
        let said = dir.dir.read_link(path).map_err(errno)?;
        let said = said.into_os_string().into_string().map_err(|_| Errno::Ilseq)?;
        let len = said.len().min(bytes.len());
        bytes[..len].copy_from_slice(&said.as_bytes()[..len]);
        Ok(len)
    }
}
