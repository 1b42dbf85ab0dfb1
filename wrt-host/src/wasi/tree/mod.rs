//! A tree of files in memory: its nodes, its names, and how much it may hold.
//!
//! Owns the invariants: a node goes with its last name and its last open handle, a directory has one name, and what is
//! charged is what is there. Knows nothing of who asks: times come with each call, rights are the caller's to look at.
//! `path` finds nodes, `ops` changes names, `files` is what a guest sees.

mod files;
mod ops;
mod path;

pub(super) use files::{Shared, TreeDir, TreeFile, TreeFiles, lock};

use core::ops::Range;
use std::collections::BTreeMap;
use std::sync::Arc;
use wrt_wasi::{Errno, FileStat, FileType};

/// Number of a node. Numbers are given in order and never again, so that they are the same in every run.
pub(super) type Ino = u64;
/// The number of the directory that everything is beneath.
pub(super) const ROOT: Ino = 1;
/// Bytes that one name may have, as on most file systems.
const NAME_MAX: usize = 255;
/// Bytes of a path, and of what a symbolic link says, that are too many: those of Linux.
const PATH_MAX: usize = 4096;
/// Bytes that a directory is said to have, as most file systems say of small ones. They are not charged.
const DIRECTORY: u64 = 4096;
/// Bytes for names that are kept while directories are read.
const LISTED: u64 = 16 << 20;

/// How much a tree may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimits {
    /// Bytes in files, names and symbolic links, in sum.
    pub bytes: u64,
    /// Names: of files, directories and links, each name of a file with several counted.
    pub names: u64,
}

impl MemoryLimits {
    /// So many bytes, and a name for each 4 KiB of them, 64 at least.
    #[must_use]
    pub const fn of_bytes(bytes: u64) -> Self {
        let names = bytes / 4096;
        MemoryLimits { bytes, names: if names < 64 { 64 } else { names } }
    }
}

impl Default for MemoryLimits {
    /// 16 MiB and 4096 names.
    fn default() -> Self {
        MemoryLimits::of_bytes(16 << 20)
    }
}

/// What is in a file.
#[derive(Debug)]
pub(super) enum Content {
    Own(Vec<u8>),
    /// A part of bytes that somebody else keeps, such as a module.
    Lent(Arc<[u8]>, Range<usize>),
}

impl Content {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Content::Own(bytes) => bytes,
            Content::Lent(all, range) => all.get(range.clone()).unwrap_or(&[]),
        }
    }
    /// The bytes, to be changed; what was lent is copied first.
    fn own(&mut self) -> Result<&mut Vec<u8>, Errno> {
        if let Content::Lent(..) = self {
            let lent = self.bytes();
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(lent.len()).map_err(|_| Errno::Nospc)?;
            bytes.extend_from_slice(lent);
            *self = Content::Own(bytes);
        }
        match self {
            Content::Own(bytes) => Ok(bytes),
            Content::Lent(..) => Err(Errno::Io),
        }
    }
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Kind {
    File(Content),
    Dir { names: BTreeMap<String, Ino>, parent: Ino },
    Link(String),
}

impl Kind {
    pub(super) fn dir(parent: Ino) -> Self {
        Kind::Dir { names: BTreeMap::new(), parent }
    }
    pub(super) fn filetype(&self) -> FileType {
        match self {
            Kind::File(_) => FileType::RegularFile,
            Kind::Dir { .. } => FileType::Directory,
            Kind::Link(_) => FileType::SymbolicLink,
        }
    }
    pub(super) fn is_dir(&self) -> bool {
        matches!(self, Kind::Dir { .. })
    }
    /// Bytes that are charged for it.
    fn size(&self) -> u64 {
        match self {
            Kind::File(content) => content.bytes().len() as u64,
            Kind::Link(target) => target.len() as u64,
            Kind::Dir { .. } => 0,
        }
    }
}

/// Times of a node; `None` where nothing has happened since the tree was given to a guest.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    pub(super) atim: Option<u64>,
    pub(super) mtim: Option<u64>,
    pub(super) ctim: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) times: Times,
    /// Names of it; a directory has one for itself and one in each directory in it. 0 where it was removed.
    nlink: u64,
    /// Handles of it.
    opens: u64,
}

#[derive(Debug)]
pub(super) struct Tree {
    nodes: BTreeMap<Ino, Node>,
    next: Ino,
    limits: MemoryLimits,
    /// Bytes that are charged.
    bytes: u64,
    /// Names that are charged.
    names: u64,
    /// Bytes of names that handles keep while they read directories.
    listed: u64,
    /// When it was given to a guest, by the guest's clock.
    pub(super) born: u64,
    /// Number of the file system that it is for guests; 0 until it is given to one.
    pub(super) dev: u64,
}

impl Tree {
    pub(super) fn new(limits: MemoryLimits) -> Self {
        let root = Node { kind: Kind::dir(ROOT), times: Times::default(), nlink: 2, opens: 0 };
        let nodes = BTreeMap::from([(ROOT, root)]);
        Tree { nodes, next: ROOT.saturating_add(1), limits, bytes: 0, names: 0, listed: 0, born: 0, dev: 0 }
    }
    pub(super) fn limits(&self) -> MemoryLimits {
        self.limits
    }
    /// Bytes and names that are charged.
    pub(super) fn used(&self) -> (u64, u64) {
        (self.bytes, self.names)
    }
    pub(super) fn left(&self) -> u64 {
        self.limits.bytes.saturating_sub(self.bytes)
    }

    pub(super) fn node(&self, ino: Ino) -> Result<&Node, Errno> {
        // Numbers come from names and handles, which keep their nodes.
        self.nodes.get(&ino).ok_or(Errno::Io)
    }
    pub(super) fn node_mut(&mut self, ino: Ino) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&ino).ok_or(Errno::Io)
    }
    pub(super) fn names(&self, dir: Ino) -> Result<&BTreeMap<String, Ino>, Errno> {
        match &self.node(dir)?.kind {
            Kind::Dir { names, .. } => Ok(names),
            _ => Err(Errno::Notdir),
        }
    }
    /// What a name stands for.
    pub(super) fn child(&self, dir: Ino, name: &str) -> Result<Option<Ino>, Errno> {
        let names = self.names(dir)?;
        // In a directory that was removed nothing is looked for.
        if name.len() > NAME_MAX && self.node(dir)?.nlink > 0 {
            return Err(Errno::Nametoolong);
        }
        Ok(names.get(name).copied())
    }
    pub(super) fn stat(&self, ino: Ino) -> Result<FileStat, Errno> {
        let node = self.node(ino)?;
        let time = |time: Option<u64>| time.unwrap_or(self.born);
        let Times { atim, mtim, ctim } = node.times;
        Ok(FileStat {
            dev: self.dev,
            ino,
            filetype: node.kind.filetype(),
            nlink: node.nlink,
            size: if node.kind.is_dir() { DIRECTORY } else { node.kind.size() },
            atim: time(atim),
            mtim: time(mtim),
            ctim: time(ctim),
        })
    }
    pub(super) fn content(&self, file: Ino) -> Result<&[u8], Errno> {
        match &self.node(file)?.kind {
            Kind::File(content) => Ok(content.bytes()),
            Kind::Dir { .. } => Err(Errno::Isdir),
            Kind::Link(_) => Err(Errno::Inval),
        }
    }

    /// Charges for what is to come.
    fn charge(&mut self, bytes: usize, names: u64) -> Result<(), Errno> {
        let bytes = self.bytes.checked_add(bytes as u64).filter(|&sum| sum <= self.limits.bytes);
        let names = self.names.checked_add(names).filter(|&sum| sum <= self.limits.names);
        (self.bytes, self.names) = bytes.zip(names).ok_or(Errno::Nospc)?;
        Ok(())
    }
    fn refund(&mut self, bytes: u64, names: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.names = self.names.saturating_sub(names);
    }

    /// Changes how many bytes are in a file; new ones are zero.
    pub(super) fn resize(&mut self, file: Ino, size: u64) -> Result<(), Errno> {
        if size > i64::MAX as u64 {
            return Err(Errno::Inval);
        }
        if size > self.limits.bytes {
            return Err(Errno::Fbig);
        }
        let before = self.content(file)?.len() as u64;
        if size.saturating_sub(before) > self.left() {
            return Err(Errno::Nospc);
        }
        let most = size.max(before).saturating_add(self.left().saturating_sub(size.saturating_sub(before)));
        let (size, most) = usize::try_from(size).ok().zip(usize::try_from(most).ok()).ok_or(Errno::Fbig)?;
        let Kind::File(content) = &mut self.node_mut(file)?.kind else { return Err(Errno::Isdir) };
        let bytes = content.own()?;
        let more = size.saturating_sub(bytes.capacity());
        if more > 0 {
            // Twice as much each time, so that appending is not quadratic, yet never beyond the bound.
            let room = bytes.capacity().saturating_mul(2).max(size).min(most).saturating_sub(bytes.len());
            bytes.try_reserve_exact(room).map_err(|_| Errno::Nospc)?;
        }
        bytes.resize(size, 0);
        if size < bytes.capacity() / 4 {
            bytes.shrink_to(size);
        }
        self.bytes = self.bytes.saturating_sub(before).saturating_add(size as u64);
        Ok(())
    }
    /// Writes at an offset as much as there is room for.
    pub(super) fn write(&mut self, file: Ino, bytes: &[u8], offset: u64, now: u64) -> Result<usize, Errno> {
        if bytes.is_empty() {
            return Ok(0);
        }
        if offset > i64::MAX as u64 {
            return Err(Errno::Inval);
        }
        if offset >= self.limits.bytes {
            return Err(Errno::Fbig);
        }
        let before = self.content(file)?.len() as u64;
        let end = offset.saturating_add(bytes.len() as u64).min(before.saturating_add(self.left()));
        let len = end.checked_sub(offset).filter(|&len| len > 0).ok_or(Errno::Nospc)? as usize;
        if end > before {
            self.resize(file, end)?;
        }
        let start = usize::try_from(offset).map_err(|_| Errno::Fbig)?;
        let node = self.node_mut(file)?;
        if let Kind::File(content) = &mut node.kind {
            let to = content.own()?.get_mut(start..).and_then(|tail| tail.get_mut(..len)).ok_or(Errno::Io)?;
            to.copy_from_slice(bytes.get(..len).ok_or(Errno::Io)?);
        }
        node.changed(now);
        Ok(len)
    }

    pub(super) fn open(&mut self, ino: Ino) -> Result<(), Errno> {
        let node = self.node_mut(ino)?;
        node.opens = node.opens.saturating_add(1);
        Ok(())
    }
    pub(super) fn close(&mut self, ino: Ino) {
        if let Ok(node) = self.node_mut(ino) {
            node.opens = node.opens.saturating_sub(1);
        }
        self.forget_if_unused(ino);
    }
    /// Removes a node that nobody can reach any more.
    fn forget_if_unused(&mut self, ino: Ino) {
        if self.nodes.get(&ino).is_some_and(|node| node.nlink == 0 && node.opens == 0)
            && let Some(node) = self.nodes.remove(&ino)
        {
            self.refund(node.kind.size(), 0);
        }
    }
    /// Takes room for names that a handle keeps.
    fn list(&mut self, bytes: u64) -> Result<(), Errno> {
        self.listed = self.listed.checked_add(bytes).filter(|&sum| sum <= LISTED).ok_or(Errno::Nomem)?;
        Ok(())
    }
    fn unlist(&mut self, bytes: u64) {
        self.listed = self.listed.saturating_sub(bytes);
    }
}

impl Node {
    /// Its content has changed.
    pub(super) fn changed(&mut self, now: u64) {
        self.times.mtim = Some(now);
        self.times.ctim = Some(now);
    }
}
