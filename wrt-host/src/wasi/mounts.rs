//! What a guest finds mounted: directories of the system and trees in memory, behind one interface.
//!
//! Owns the order of the mounts and which provider each call goes to. What one provider has cannot be linked or moved
//! to the other ([`Errno::Xdev`]).

use super::clocks::Time;
use super::files::{Access, Dir as OsDir, File as OsFile, OsFiles};
use super::tree::{Shared, TreeDir, TreeFile, TreeFiles};
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use wrt_wasi::{Advice, DirEntry, Errno, FileStat, Files, Open, Opened, SetTime};

/// Number of the first tree as a file system; those of the system are less.
const FIRST_DEV: u64 = 1 << 63;

/// An open file.
pub(super) enum File {
    Os(OsFile),
    Tree(TreeFile),
}

/// An open directory.
pub(super) enum Dir {
    Os(OsDir),
    Tree(TreeDir),
}

impl File {
    /// What can be waited for; `None` for what never has to be.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            File::Os(file) => Some(file.fd()),
            File::Tree(_) => None,
        }
    }
}

/// Which provider has a mount, and under which number.
#[derive(Debug)]
enum Place {
    Os(u32),
    Tree(u32),
}

/// The mounts of one guest.
#[derive(Default)]
pub(super) struct Mounts {
    os: OsFiles,
    trees: TreeFiles,
    places: Vec<Place>,
}

impl core::fmt::Debug for Mounts {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let names = (0..).map_while(|number| self.preopen_name(number));
        f.debug_list().entries(names).finish()
    }
}

impl Mounts {
    fn of_kind(&self, wanted: fn(&Place) -> bool) -> u32 {
        self.places.iter().filter(|place| wanted(place)).count() as u32
    }
    /// Opens a directory of the system, to be granted.
    pub(super) fn grant(&mut self, host: &Path, guest: &str, access: Access) -> io::Result<()> {
        self.os.grant(host, guest, access)?;
        self.places.push(Place::Os(self.of_kind(|place| matches!(place, Place::Os(_)))));
        Ok(())
    }
    /// Grants a tree.
    pub(super) fn grant_tree(&mut self, tree: &Shared, guest: &str, access: Access) {
        self.trees.grant(tree, guest, access);
        self.places.push(Place::Tree(self.of_kind(|place| matches!(place, Place::Tree(_)))));
    }
    /// From now on a guest with this clock uses them.
    pub(super) fn begin(&mut self, time: &Time) {
        self.trees.begin(time.clone(), FIRST_DEV);
    }
}

/// Calls the provider of one file or directory.
macro_rules! of {
    ($kind:ident, $mounts:ident, $handle:expr, |$files:ident, $h:ident| $call:expr) => {
        match $handle {
            $kind::Os($h) => {
                let $files = &mut $mounts.os;
                $call
            }
            $kind::Tree($h) => {
                let $files = &mut $mounts.trees;
                $call
            }
        }
    };
}

impl Files for Mounts {
    type File = File;
    type Dir = Dir;

    fn preopen(&mut self, number: u32) -> Option<Dir> {
        match self.places.get(number as usize)? {
            Place::Os(number) => self.os.preopen(*number).map(Dir::Os),
            Place::Tree(number) => self.trees.preopen(*number).map(Dir::Tree),
        }
    }
    fn preopen_name(&self, number: u32) -> Option<&str> {
        match self.places.get(number as usize)? {
            Place::Os(number) => self.os.preopen_name(*number),
            Place::Tree(number) => self.trees.preopen_name(*number),
        }
    }

    fn open(&mut self, dir: &Dir, path: &str, how: Open) -> Result<Opened<Self>, Errno> {
        Ok(match dir {
            Dir::Os(dir) => match self.os.open(dir, path, how)? {
                Opened::Dir(dir) => Opened::Dir(Dir::Os(dir)),
                Opened::File(file) => Opened::File(File::Os(file)),
            },
            Dir::Tree(dir) => match self.trees.open(dir, path, how)? {
                Opened::Dir(dir) => Opened::Dir(Dir::Tree(dir)),
                Opened::File(file) => Opened::File(File::Tree(file)),
            },
        })
    }
    fn stat_at(&mut self, dir: &Dir, path: &str, follow: bool) -> Result<FileStat, Errno> {
        of!(Dir, self, dir, |files, dir| files.stat_at(dir, path, follow))
    }
    fn dir_stat(&mut self, dir: &Dir) -> Result<FileStat, Errno> {
        of!(Dir, self, dir, |files, dir| files.dir_stat(dir))
    }
    fn stat(&mut self, file: &File) -> Result<FileStat, Errno> {
        of!(File, self, file, |files, file| files.stat(file))
    }
    fn read_at(&mut self, file: &File, bytes: &mut [u8], offset: u64) -> Result<usize, Errno> {
        of!(File, self, file, |files, file| files.read_at(file, bytes, offset))
    }
    fn write_at(&mut self, file: &File, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        of!(File, self, file, |files, file| files.write_at(file, bytes, offset))
    }
    fn append(&mut self, file: &File, bytes: &[u8]) -> Result<usize, Errno> {
        of!(File, self, file, |files, file| files.append(file, bytes))
    }
    fn rewind(&mut self, dir: &mut Dir) -> Result<(), Errno> {
        of!(Dir, self, dir, |files, dir| files.rewind(dir))
    }
    fn entry(&mut self, dir: &mut Dir, number: u64, name: &mut [u8]) -> Result<Option<DirEntry>, Errno> {
        of!(Dir, self, dir, |files, dir| files.entry(dir, number, name))
    }
    fn set_size(&mut self, file: &File, size: u64) -> Result<(), Errno> {
        of!(File, self, file, |files, file| files.set_size(file, size))
    }
    fn allocate(&mut self, file: &File, offset: u64, len: u64) -> Result<(), Errno> {
        of!(File, self, file, |files, file| files.allocate(file, offset, len))
    }
    fn advise(&mut self, file: &File, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        of!(File, self, file, |files, file| files.advise(file, offset, len, advice))
    }
    fn sync(&mut self, file: &File, all: bool) -> Result<(), Errno> {
        of!(File, self, file, |files, file| files.sync(file, all))
    }
    fn set_times(&mut self, file: &File, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        of!(File, self, file, |files, file| files.set_times(file, atim, mtim))
    }
    fn dir_set_times(&mut self, dir: &Dir, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        of!(Dir, self, dir, |files, dir| files.dir_set_times(dir, atim, mtim))
    }
    fn set_times_at(&mut self, dir: &Dir, path: &str, follow: bool, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        of!(Dir, self, dir, |files, dir| files.set_times_at(dir, path, follow, atim, mtim))
    }
    fn create_directory(&mut self, dir: &Dir, path: &str) -> Result<(), Errno> {
        of!(Dir, self, dir, |files, dir| files.create_directory(dir, path))
    }
    fn remove_directory(&mut self, dir: &Dir, path: &str) -> Result<(), Errno> {
        of!(Dir, self, dir, |files, dir| files.remove_directory(dir, path))
    }
    fn unlink(&mut self, dir: &Dir, path: &str) -> Result<(), Errno> {
        of!(Dir, self, dir, |files, dir| files.unlink(dir, path))
    }
    fn link(&mut self, from: (&Dir, &str), follow: bool, to: (&Dir, &str)) -> Result<(), Errno> {
        match (from, to) {
            ((Dir::Os(from), old), (Dir::Os(to), new)) => self.os.link((from, old), follow, (to, new)),
            ((Dir::Tree(from), old), (Dir::Tree(to), new)) => self.trees.link((from, old), follow, (to, new)),
            _ => Err(Errno::Xdev),
        }
    }
    fn rename(&mut self, from: (&Dir, &str), to: (&Dir, &str)) -> Result<(), Errno> {
        match (from, to) {
            ((Dir::Os(from), old), (Dir::Os(to), new)) => self.os.rename((from, old), (to, new)),
            ((Dir::Tree(from), old), (Dir::Tree(to), new)) => self.trees.rename((from, old), (to, new)),
            _ => Err(Errno::Xdev),
        }
    }
    fn symlink(&mut self, target: &str, dir: &Dir, path: &str) -> Result<(), Errno> {
        of!(Dir, self, dir, |files, dir| files.symlink(target, dir, path))
    }
    fn read_link(&mut self, dir: &Dir, path: &str, bytes: &mut [u8]) -> Result<usize, Errno> {
        of!(Dir, self, dir, |files, dir| files.read_link(dir, path, bytes))
    }
}
