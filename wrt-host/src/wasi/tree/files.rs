//! Trees in memory as a guest sees them: handles, access, and the functions of [`Files`].
//!
//! Owns the handles, each of which keeps its node. A tree is locked for one call at a time, so that guests which share
//! one see each call whole. A handle that goes locks the tree too: none is dropped inside a call.

use super::super::clocks::Time;
use super::super::files::Access;
use super::{Ino, Kind, ROOT, Tree};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wrt_wasi::{Advice, DirEntry, Errno, FileStat, FileType, Files, Open, Opened, SetTime};

/// A tree that several may hold.
pub(in super::super) type Shared = Arc<Mutex<Tree>>;

/// The tree, for one call. It is whole also where a call has panicked, since none leaves it half changed.
pub(in super::super) fn lock(tree: &Shared) -> MutexGuard<'_, Tree> {
    tree.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a node, though its names may go.
struct Handle {
    tree: Shared,
    ino: Ino,
    access: Access,
}

impl Drop for Handle {
    fn drop(&mut self) {
        lock(&self.tree).close(self.ino);
    }
}

impl Handle {
    fn new(tree: &Shared, ino: Ino, access: Access) -> Result<Self, Errno> {
        lock(tree).open(ino)?;
        Ok(Handle { tree: tree.clone(), ino, access })
    }
    fn tree(&self) -> MutexGuard<'_, Tree> {
        lock(&self.tree)
    }
    /// The tree, to be changed.
    fn to_change(&self) -> Result<MutexGuard<'_, Tree>, Errno> {
        self.access.may_write()?;
        Ok(self.tree())
    }
}

/// An open file.
pub(in super::super) struct TreeFile {
    handle: Handle,
    /// It was opened for writing.
    write: bool,
}

impl TreeFile {
    /// The tree, to change how many bytes are in the file.
    fn to_resize(&self) -> Result<MutexGuard<'_, Tree>, Errno> {
        let tree = self.handle.to_change()?;
        if self.write { Ok(tree) } else { Err(Errno::Inval) }
    }
}

/// An open directory.
pub(in super::super) struct TreeDir {
    handle: Handle,
    /// The names in it since it was last read from its beginning, in order.
    names: Vec<(String, Ino, FileType)>,
    /// What the names are charged as.
    listed: u64,
}

impl TreeDir {
    fn new(handle: Handle) -> Self {
        TreeDir { handle, names: Vec::new(), listed: 0 }
    }
}

impl Drop for TreeDir {
    fn drop(&mut self) {
        self.handle.tree().unlist(self.listed);
    }
}

/// A tree that was granted.
struct Granted {
    tree: Shared,
    guest: String,
    access: Access,
    opened: bool,
}

/// The trees that a guest finds open.
#[derive(Default)]
pub(in super::super) struct TreeFiles {
    granted: Vec<Granted>,
    /// The guest's clock; before there is one, time stands at 0.
    time: Option<Time>,
}

impl TreeFiles {
    pub(in super::super) fn grant(&mut self, tree: &Shared, guest: &str, access: Access) {
        self.granted.push(Granted { tree: tree.clone(), guest: guest.to_owned(), access, opened: false });
    }
    /// From now on a guest with this clock uses the trees; `dev` is the number of the first one as a file system.
    pub(in super::super) fn begin(&mut self, time: Time, dev: u64) {
        for (granted, dev) in self.granted.iter().zip(dev..) {
            let mut tree = lock(&granted.tree);
            // Of a tree that was granted before, the times stay what they were.
            if tree.dev == 0 {
                (tree.born, tree.dev) = (time.stamp(), dev);
            }
        }
        self.time = Some(time);
    }
    fn now(&self) -> u64 {
        self.time.as_ref().map_or(0, Time::stamp)
    }
    /// Sets times of a node.
    fn times(&self, tree: &mut Tree, ino: Ino, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        let now = self.now();
        let set = |time: &mut Option<u64>, to: SetTime| match to {
            SetTime::Keep => {}
            SetTime::Now => *time = Some(now),
            SetTime::At(at) => *time = Some(at),
        };
        let times = &mut tree.node_mut(ino)?.times;
        set(&mut times.atim, atim);
        set(&mut times.mtim, mtim);
        times.ctim = Some(now);
        Ok(())
    }
    /// Both ends of something that moves within one tree.
    fn both<'t>(from: &'t TreeDir, to: &TreeDir) -> Result<MutexGuard<'t, Tree>, Errno> {
        from.handle.access.may_write()?;
        to.handle.access.may_write()?;
        if !Arc::ptr_eq(&from.handle.tree, &to.handle.tree) {
            return Err(Errno::Xdev);
        }
        Ok(from.handle.tree())
    }
}

/// The node that an open call is for, which is made where it asks so.
fn node_to_open(tree: &mut Tree, start: Ino, path: &str, how: Open, now: u64) -> Result<Ino, Errno> {
    let found = tree.walk_to(start, path, how.follow && !(how.create && how.exclusive), how.create)?;
    let Some(ino) = found.node else {
        return match found.name {
            Some(name) if how.create => {
                tree.make(found.dir, &name, Kind::File(super::Content::Own(Vec::new())), Some(now))
            }
            _ => Err(Errno::Noent),
        };
    };
    if how.create && how.exclusive {
        return Err(Errno::Exist);
    }
    match tree.node(ino)?.kind {
        Kind::Link(_) => return Err(Errno::Loop),
        Kind::Dir { .. } if how.write => return Err(Errno::Isdir),
        Kind::File(_) if how.directory => return Err(Errno::Notdir),
        _ => {}
    }
    if how.truncate {
        tree.resize(ino, 0)?;
        tree.node_mut(ino)?.changed(now);
    }
    Ok(ino)
}

impl Files for TreeFiles {
    type File = TreeFile;
    type Dir = TreeDir;

    fn preopen(&mut self, number: u32) -> Option<TreeDir> {
        let granted = self.granted.get_mut(number as usize)?;
        if core::mem::replace(&mut granted.opened, true) {
            return None;
        }
        Handle::new(&granted.tree, ROOT, granted.access).map(TreeDir::new).ok()
    }
    fn preopen_name(&self, number: u32) -> Option<&str> {
        self.granted.get(number as usize).map(|granted| granted.guest.as_str())
    }

    fn open(&mut self, dir: &TreeDir, path: &str, how: Open) -> Result<Opened<Self>, Errno> {
        let dir = &dir.handle;
        if how.write {
            dir.access.may_write()?;
        }
        let now = self.now();
        let mut tree = dir.tree();
        let ino = node_to_open(&mut tree, dir.ino, path, how, now)?;
        let is_dir = tree.node(ino)?.kind.is_dir();
        drop(tree);
        let handle = Handle::new(&dir.tree, ino, dir.access)?;
        Ok(if is_dir { Opened::Dir(TreeDir::new(handle)) } else { Opened::File(TreeFile { handle, write: how.write }) })
    }
    fn stat_at(&mut self, dir: &TreeDir, path: &str, follow: bool) -> Result<FileStat, Errno> {
        let tree = dir.handle.tree();
        tree.stat(tree.find(dir.handle.ino, path, follow)?)
    }
    fn dir_stat(&mut self, dir: &TreeDir) -> Result<FileStat, Errno> {
        dir.handle.tree().stat(dir.handle.ino)
    }
    fn stat(&mut self, file: &TreeFile) -> Result<FileStat, Errno> {
        file.handle.tree().stat(file.handle.ino)
    }
    fn read_at(&mut self, file: &TreeFile, bytes: &mut [u8], offset: u64) -> Result<usize, Errno> {
        let offset = i64::try_from(offset).map_err(|_| Errno::Inval)?;
        let tree = file.handle.tree();
        let content = tree.content(file.handle.ino)?;
        let from = usize::try_from(offset).ok().and_then(|offset| content.get(offset..)).unwrap_or(&[]);
        let len = from.len().min(bytes.len());
        for (to, byte) in bytes.iter_mut().zip(from) {
            *to = *byte;
        }
        Ok(len)
    }
    fn write_at(&mut self, file: &TreeFile, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        let now = self.now();
        file.handle.to_change()?.write(file.handle.ino, bytes, offset, now)
    }
    fn append(&mut self, file: &TreeFile, bytes: &[u8]) -> Result<usize, Errno> {
        let now = self.now();
        let mut tree = file.handle.to_change()?;
        let end = tree.content(file.handle.ino)?.len() as u64;
        tree.write(file.handle.ino, bytes, end, now)
    }
    fn rewind(&mut self, dir: &mut TreeDir) -> Result<(), Errno> {
        let mut tree = lock(&dir.handle.tree);
        tree.unlist(dir.listed);
        (dir.listed, dir.names) = (0, Vec::new());
        let names = tree.names(dir.handle.ino)?;
        let size = |name: &String| size_of::<(String, Ino, FileType)>().saturating_add(name.len()) as u64;
        let listed = names.keys().map(size).sum();
        tree.list(listed)?;
        dir.listed = listed;
        for (name, &ino) in tree.names(dir.handle.ino)? {
            dir.names.push((name.clone(), ino, tree.node(ino)?.kind.filetype()));
        }
        Ok(())
    }
    fn entry(&mut self, dir: &mut TreeDir, number: u64, name: &mut [u8]) -> Result<Option<DirEntry>, Errno> {
        if dir.names.is_empty() {
            self.rewind(dir)?;
        }
        let Some((found, ino, filetype)) = usize::try_from(number).ok().and_then(|number| dir.names.get(number)) else {
            return Ok(None);
        };
        for (to, byte) in name.iter_mut().zip(found.bytes()) {
            *to = byte;
        }
        Ok(Some(DirEntry { ino: *ino, filetype: *filetype, name_len: found.len().min(name.len()) }))
    }

    fn set_size(&mut self, file: &TreeFile, size: u64) -> Result<(), Errno> {
        let now = self.now();
        let mut tree = file.to_resize()?;
        tree.resize(file.handle.ino, size)?;
        tree.node_mut(file.handle.ino)?.changed(now);
        Ok(())
    }
    fn allocate(&mut self, file: &TreeFile, offset: u64, len: u64) -> Result<(), Errno> {
        let now = self.now();
        let mut tree = file.to_resize()?;
        if offset > i64::MAX as u64 || len > i64::MAX as u64 {
            return Err(Errno::Inval);
        }
        let end = i64::try_from(offset.saturating_add(len)).map_err(|_| Errno::Fbig)?.unsigned_abs();
        if end > tree.content(file.handle.ino)?.len() as u64 {
            tree.resize(file.handle.ino, end)?;
        }
        tree.node_mut(file.handle.ino)?.changed(now);
        Ok(())
    }
    fn advise(&mut self, _file: &TreeFile, _offset: u64, len: u64, _advice: Advice) -> Result<(), Errno> {
        if len > i64::MAX as u64 { Err(Errno::Inval) } else { Ok(()) }
    }

    fn set_times(&mut self, file: &TreeFile, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        self.times(&mut *file.handle.to_change()?, file.handle.ino, atim, mtim)
    }
    fn dir_set_times(&mut self, dir: &TreeDir, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        self.times(&mut *dir.handle.to_change()?, dir.handle.ino, atim, mtim)
    }
    fn set_times_at(
        &mut self,
        dir: &TreeDir,
        path: &str,
        follow: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let mut tree = dir.handle.to_change()?;
        let ino = tree.find(dir.handle.ino, path, follow)?;
        self.times(&mut tree, ino, atim, mtim)
    }

    fn create_directory(&mut self, dir: &TreeDir, path: &str) -> Result<(), Errno> {
        let now = self.now();
        dir.handle.to_change()?.create_directory(dir.handle.ino, path, now)
    }
    fn remove_directory(&mut self, dir: &TreeDir, path: &str) -> Result<(), Errno> {
        let now = self.now();
        dir.handle.to_change()?.remove_directory(dir.handle.ino, path, now)
    }
    fn unlink(&mut self, dir: &TreeDir, path: &str) -> Result<(), Errno> {
        let now = self.now();
        dir.handle.to_change()?.unlink(dir.handle.ino, path, now)
    }
    /// As for directories of the system, no links are made to what a symbolic link leads to ([`Errno::Inval`]).
    fn link(&mut self, from: (&TreeDir, &str), follow: bool, to: (&TreeDir, &str)) -> Result<(), Errno> {
        let now = self.now();
        let mut tree = Self::both(from.0, to.0)?;
        if follow {
            return Err(Errno::Inval);
        }
        tree.link((from.0.handle.ino, from.1), (to.0.handle.ino, to.1), now)
    }
    fn rename(&mut self, from: (&TreeDir, &str), to: (&TreeDir, &str)) -> Result<(), Errno> {
        let now = self.now();
        Self::both(from.0, to.0)?.rename((from.0.handle.ino, from.1), (to.0.handle.ino, to.1), now)
    }
    fn symlink(&mut self, target: &str, dir: &TreeDir, path: &str) -> Result<(), Errno> {
        let now = self.now();
        dir.handle.to_change()?.symlink(target, dir.handle.ino, path, now)
    }
    fn read_link(&mut self, dir: &TreeDir, path: &str, bytes: &mut [u8]) -> Result<usize, Errno> {
        let tree = dir.handle.tree();
        let said = tree.read_link(dir.handle.ino, path)?;
        for (to, byte) in bytes.iter_mut().zip(said.bytes()) {
            *to = byte;
        }
        Ok(said.len().min(bytes.len()))
    }
}
