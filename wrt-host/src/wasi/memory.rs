//! Trees in memory as an embedder has them: filled before a guest runs, read after it has.
//!
//! Owns what goes in and comes out, among it copies of directories of the system. Paths here are plain: names with
//! slashes between them, beneath the tree, and no symbolic link is followed.

use super::tree::{Content, Ino, Kind, MemoryLimits, ROOT, Shared, Times, Tree, lock};
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, File, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use wrt_wasi::Errno;

/// A tree of files in memory. A clone is the same tree, and guests that are granted one share it.
///
/// ```
/// # use wrt_host::wasi::{Access, MemoryLimits, MemoryTree, Wasi};
/// # fn main() -> std::io::Result<()> {
/// let tree = MemoryTree::new(MemoryLimits::default());
/// tree.insert("in/text", "what the guest finds")?;
/// let wasi = Wasi::builder().memory(&tree, "/work", Access::ReadWrite)?.build()?;
/// // ... an instance that is linked with `wasi` runs ...
/// for path in tree.files() {
///     println!("{path}: {} bytes", tree.read(&path)?.len());
/// }
/// # drop(wasi);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MemoryTree(Shared);

/// An error of the tree, with the path.
fn refused(path: &str, limits: MemoryLimits, errno: Errno) -> io::Error {
    let MemoryLimits { bytes, names } = limits;
    let (kind, why) = match errno {
        Errno::Nospc | Errno::Fbig => {
            let why = format!("is beyond the bound of {bytes} bytes and {names} names; raise it");
            return io::Error::new(io::ErrorKind::StorageFull, format!("{path} {why}"));
        }
        Errno::Noent => (io::ErrorKind::NotFound, "is not there"),
        Errno::Exist => (io::ErrorKind::AlreadyExists, "is there already"),
        Errno::Notdir => (io::ErrorKind::NotADirectory, "lies beneath something that is no directory"),
        Errno::Isdir => (io::ErrorKind::IsADirectory, "is a directory"),
        Errno::Inval => (io::ErrorKind::InvalidInput, "is no file"),
        Errno::Nametoolong => (io::ErrorKind::InvalidFilename, "has a name longer than 255 bytes"),
        _ => (io::ErrorKind::Other, "cannot be reached"),
    };
    io::Error::new(kind, format!("{path} {why}"))
}

/// The names in a path, all of which are plain.
fn names(path: &str) -> io::Result<impl Iterator<Item = &str>> {
    let plain = |name: &str| !name.is_empty() && name != "." && name != ".." && !name.contains('\0');
    if path.split('/').all(plain) {
        return Ok(path.split('/'));
    }
    let why = format!("`{path}` is no path beneath a tree; give names with a slash between them, such as etc/config");
    Err(io::Error::new(io::ErrorKind::InvalidInput, why))
}

impl MemoryTree {
    /// An empty one.
    #[must_use]
    pub fn new(limits: MemoryLimits) -> Self {
        MemoryTree(Arc::new(Mutex::new(Tree::new(limits))))
    }
    /// A copy of a directory: its files, directories, symbolic and hard links, with their times of modification and
    /// access. The directory itself is only read.
    ///
    /// # Errors
    /// Those of reading; what is larger than the limits; names that are not UTF-8, and what is neither a file nor a
    /// directory nor a link.
    pub fn copy_of(host: &Path, limits: MemoryLimits) -> io::Result<Self> {
        let mut tree = Tree::new(limits);
        Copy { tree: &mut tree, times: Vec::new(), linked: HashMap::new() }.all(host)?;
        Ok(MemoryTree(Arc::new(Mutex::new(tree))))
    }
    pub(super) fn of(tree: Shared) -> Self {
        MemoryTree(tree)
    }
    pub(super) fn shared(&self) -> &Shared {
        &self.0
    }

    /// Puts a file there, with the directories above it; what was in it before is gone.
    ///
    /// # Errors
    /// A path with empty names, `.` or `..`, or through something that is no directory; more than the limits allow.
    pub fn insert(&self, path: &str, bytes: impl Into<Vec<u8>>) -> io::Result<()> {
        let names = names(path)?;
        let tree = &mut *lock(&self.0);
        let limits = tree.limits();
        insert(tree, names, bytes.into()).map_err(|errno| refused(path, limits, errno))
    }
    /// What is in a file.
    ///
    /// # Errors
    /// A path that is not there, or names no file.
    pub fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.look(path, <[u8]>::to_vec)
    }
    /// Bytes in a file.
    ///
    /// # Errors
    /// A path that is not there, or names no file.
    pub fn size(&self, path: &str) -> io::Result<u64> {
        self.look(path, |content| content.len() as u64)
    }
    fn look<T>(&self, path: &str, at: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        let tree = lock(&self.0);
        let found = names(path)?.try_fold(ROOT, |dir, name| tree.child(dir, name)?.ok_or(Errno::Noent));
        let content = found.and_then(|file| tree.content(file));
        content.map(at).map_err(|errno| refused(path, tree.limits(), errno))
    }
    /// The paths of all files, in order; one with several names is there several times.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let tree = lock(&self.0);
        let paths = all(&tree).into_iter();
        paths.filter(|(_, ino)| tree.content(*ino).is_ok()).map(|(path, _)| path).collect()
    }
    /// Bytes that are used of those that the limits allow.
    #[must_use]
    pub fn bytes_used(&self) -> u64 {
        lock(&self.0).used().0
    }
    /// Paths of the symbolic links that lead out, with what they say.
    #[must_use]
    pub fn links_leading_out(&self) -> Vec<(String, String)> {
        let tree = lock(&self.0);
        let mut out = Vec::new();
        for (path, ino) in all(&tree) {
            if let Ok(Kind::Link(target)) = tree.node(ino).map(|node| &node.kind)
                && tree.walk(ROOT, &path, true) == Err(Errno::Perm)
            {
                out.push((path, target.clone()));
            }
        }
        out
    }
}

/// Every path in a tree, in the order of its bytes, so that a directory comes before what is in it.
pub(super) fn all(tree: &Tree) -> Vec<(String, Ino)> {
    let mut found = Vec::new();
    let mut dirs = vec![(String::new(), ROOT)];
    while let Some((path, dir)) = dirs.pop() {
        for (name, &ino) in tree.names(dir).into_iter().flatten() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            if tree.names(ino).is_ok() {
                dirs.push((path.clone(), ino));
            }
            found.push((path, ino));
        }
    }
    found.sort();
    found
}

fn insert<'p>(tree: &mut Tree, names: impl Iterator<Item = &'p str>, bytes: Vec<u8>) -> Result<(), Errno> {
    let mut names = names.peekable();
    let mut dir = ROOT;
    while let Some(name) = names.next() {
        let found = tree.child(dir, name)?;
        if names.peek().is_some() {
            dir = match found {
                Some(found) => found,
                None => tree.make(dir, name, Kind::dir(dir), None)?,
            };
            continue;
        }
        let file = match found {
            Some(file) => file,
            None => tree.make(dir, name, Kind::File(Content::Own(Vec::new())), None)?,
        };
        tree.resize(file, bytes.len() as u64)?;
        if let Kind::File(content) = &mut tree.node_mut(file)?.kind {
            *content = Content::Own(bytes);
        }
        return Ok(());
    }
    Ok(())
}

/// A copy that is being made.
struct Copy<'t> {
    tree: &'t mut Tree,
    /// Times to be set when all is there, since making names changes those of directories.
    times: Vec<(Ino, Times)>,
    /// Files with several names, by their numbers on the system.
    linked: HashMap<(u64, u64), Ino>,
}

/// Times as the system has them; the one of the last change of status cannot be set anywhere, and is not copied.
fn times(said: &Metadata) -> Times {
    let time = |seconds: i64, nanoseconds: i64| {
        let seconds = u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000_000_000);
        Some(seconds.saturating_add(u64::try_from(nanoseconds).unwrap_or(0)))
    };
    Times { atim: time(said.atime(), said.atime_nsec()), mtim: time(said.mtime(), said.mtime_nsec()), ctim: None }
}

impl Copy<'_> {
    fn all(&mut self, host: &Path) -> io::Result<()> {
        let with_path = |path: &str, e: io::Error| io::Error::new(e.kind(), format!("{path}: {e}"));
        let dir = Dir::open_ambient_dir(host, cap_std::ambient_authority())?;
        self.times.push((ROOT, times(&dir.dir_metadata()?)));
        // Directories are opened when their turn comes, so that few are open at once.
        let mut left = vec![(Rc::new(dir), None, String::new(), ROOT)];
        while let Some((above, name, path, ino)) = left.pop() {
            let dir = match name {
                None => above,
                Some(name) => Rc::new(above.open_dir(name).map_err(|e| with_path(&path, e))?),
            };
            for entry in dir.entries().map_err(|e| with_path(&path, e))? {
                let entry = entry?;
                let name = entry.file_name().into_string().map_err(|name| {
                    let why = format!("{path}/{}: the name is not UTF-8; rename it", name.to_string_lossy());
                    io::Error::new(io::ErrorKind::InvalidData, why)
                })?;
                let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                let said = entry.metadata().map_err(|e| with_path(&path, e))?;
                let made = self.one(&dir, ino, &name, &path, &said)?;
                self.times.push((made, times(&said)));
                if said.is_dir() {
                    left.push((dir.clone(), Some(name), path, made));
                }
            }
        }
        for (ino, times) in self.times.drain(..) {
            if let Ok(node) = self.tree.node_mut(ino) {
                node.times = times;
            }
        }
        Ok(())
    }

    fn one(&mut self, dir: &Dir, into: Ino, name: &str, path: &str, said: &Metadata) -> io::Result<Ino> {
        let limits = self.tree.limits();
        let refused = |errno| refused(path, limits, errno);
        let number = (said.dev(), said.ino());
        if let Some(&ino) = self.linked.get(&number) {
            self.tree.link_to(into, name, ino, 0).map_err(refused)?;
            return Ok(ino);
        }
        let with_path = |e: io::Error| io::Error::new(e.kind(), format!("{path}: {e}"));
        let kind = if said.is_dir() {
            Kind::dir(into)
        } else if said.is_symlink() {
            let target = dir.read_link_contents(name).map_err(with_path)?.into_os_string().into_string();
            let why = "what the link says is not UTF-8; replace it";
            Kind::Link(target.map_err(|_| with_path(io::Error::new(io::ErrorKind::InvalidData, why)))?)
        } else if said.is_file() {
            let room = self.tree.left();
            if said.size() > room {
                return Err(refused(Errno::Nospc));
            }
            let mut bytes = Vec::new();
            let file = open(dir, name).map_err(with_path)?;
            file.take(room.saturating_add(1)).read_to_end(&mut bytes).map_err(with_path)?;
            bytes.shrink_to_fit();
            Kind::File(Content::Own(bytes))
        } else {
            let why = "is neither a file nor a directory nor a link, and cannot be copied; remove it";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{path} {why}")));
        };
        let ino = self.tree.make(into, name, kind, None).map_err(refused)?;
        if said.nlink() > 1 && !said.is_dir() {
            self.linked.insert(number, ino);
        }
        Ok(ino)
    }
}

/// Opens a file for reading; what took its place meanwhile is refused.
fn open(dir: &Dir, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = dir.open_with(name, &options)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it was replaced while it was read")) }
}
