//! Names: making, removing and moving them.
//!
//! Owns the order in which mistakes are told, which is that of Linux, so that a guest cannot tell a tree in memory from
//! a directory of the system.

use super::{Ino, Kind, Node, PATH_MAX, Times, Tree};
use wrt_wasi::Errno;

impl Tree {
    /// Gives a node a name in a directory.
    fn name(&mut self, dir: Ino, name: &str, ino: Ino, now: u64) -> Result<(), Errno> {
        let parent = self.node_mut(dir)?;
        if parent.nlink == 0 {
            return Err(Errno::Noent);
        }
        parent.changed(now);
        let Kind::Dir { names, .. } = &mut parent.kind else { return Err(Errno::Notdir) };
        names.insert(name.to_owned(), ino);
        Ok(())
    }
    /// Takes a name out of a directory; what it stood for stays.
    fn unname(&mut self, dir: Ino, name: &str, now: u64) -> Result<(), Errno> {
        let parent = self.node_mut(dir)?;
        parent.changed(now);
        if let Kind::Dir { names, .. } = &mut parent.kind {
            names.remove(name);
        }
        Ok(())
    }
    /// Changes the count of a node's names.
    fn count(&mut self, ino: Ino, by: i64, now: u64) -> Result<(), Errno> {
        let node = self.node_mut(ino)?;
        node.nlink = node.nlink.saturating_add_signed(by);
        node.times.ctim = Some(now);
        Ok(())
    }

    /// Makes a node with a name that is not there yet. `at` is `None` where it belongs to the time before a guest.
    ///
    /// # Errors
    /// [`Errno::Nospc`] beyond the limits; [`Errno::Noent`] in a directory that was removed.
    pub(in super::super) fn make(&mut self, dir: Ino, name: &str, kind: Kind, at: Option<u64>) -> Result<Ino, Errno> {
        if self.node(dir)?.nlink == 0 {
            return Err(Errno::Noent);
        }
        let size = usize::try_from(kind.size()).map_err(|_| Errno::Fbig)?;
        self.charge(size.saturating_add(name.len()), 1)?;
        let ino = self.next;
        self.next = self.next.saturating_add(1);
        let is_dir = kind.is_dir();
        let times = Times { atim: at, mtim: at, ctim: at };
        self.nodes.insert(ino, Node { kind, times, nlink: if is_dir { 2 } else { 1 }, opens: 0 });
        let before = self.node(dir)?.times;
        self.name(dir, name, ino, at.unwrap_or(0))?;
        let parent = self.node_mut(dir)?;
        if is_dir {
            parent.nlink = parent.nlink.saturating_add(1);
        }
        if at.is_none() {
            parent.times = before;
        }
        Ok(ino)
    }
    /// Whether a name can be made.
    fn vacant(&self, dir: Ino, name: &str) -> Result<(), Errno> {
        if name == "." || self.child(dir, name)?.is_some() { Err(Errno::Exist) } else { Ok(()) }
    }

    pub(super) fn create_directory(&mut self, start: Ino, path: &str, now: u64) -> Result<(), Errno> {
        let (dir, name) = self.parent(start, trimmed(path))?;
        self.vacant(dir, name)?;
        self.make(dir, name, Kind::dir(dir), Some(now)).map(drop)
    }
    pub(super) fn symlink(&mut self, target: &str, start: Ino, path: &str, now: u64) -> Result<(), Errno> {
        // What leads out at once is refused at once; the rest, when it is followed.
        if target.starts_with('/') {
            return Err(Errno::Perm);
        }
        let (dir, name) = self.parent(start, path)?;
        if target.is_empty() {
            return Err(Errno::Noent);
        }
        if target.len() >= PATH_MAX {
            return Err(Errno::Nametoolong);
        }
        self.vacant(dir, name)?;
        self.make(dir, name, Kind::Link(target.to_owned()), Some(now)).map(drop)
    }
    pub(super) fn read_link(&self, start: Ino, path: &str) -> Result<&str, Errno> {
        let (dir, name) = self.parent(start, path)?;
        let ino = if name == "." { dir } else { self.child(dir, name)?.ok_or(Errno::Noent)? };
        match &self.node(ino)?.kind {
            Kind::Link(target) if target.starts_with('/') => Err(Errno::Perm),
            Kind::Link(target) => Ok(target),
            _ => Err(Errno::Inval),
        }
    }

    pub(super) fn unlink(&mut self, start: Ino, path: &str, now: u64) -> Result<(), Errno> {
        let (dir, name) = self.parent(start, path)?;
        if name == "." {
            return Err(Errno::Isdir);
        }
        let ino = self.child(dir, name)?.ok_or(Errno::Noent)?;
        if self.node(ino)?.kind.is_dir() {
            return Err(Errno::Isdir);
        }
        self.unname(dir, name, now)?;
        self.let_go(ino, name.len(), now)
    }
    pub(super) fn remove_directory(&mut self, start: Ino, path: &str, now: u64) -> Result<(), Errno> {
        let (dir, name) = self.parent(start, path)?;
        if name == "." {
            return Err(Errno::Inval);
        }
        let ino = self.child(dir, name)?.ok_or(Errno::Noent)?;
        if !self.names(ino)?.is_empty() {
            return Err(Errno::Notempty);
        }
        self.unname(dir, name, now)?;
        self.count(dir, -1, now)?;
        self.let_go(ino, name.len(), now)
    }
    /// One name less for a node, which had `len` bytes.
    fn let_go(&mut self, ino: Ino, len: usize, now: u64) -> Result<(), Errno> {
        let by = if self.node(ino)?.kind.is_dir() { -2 } else { -1 };
        self.count(ino, by, now)?;
        self.refund(len as u64, 1);
        self.forget_if_unused(ino);
        Ok(())
    }

    pub(super) fn link(
        &mut self,
        (old, old_path): (Ino, &str),
        (new, path): (Ino, &str),
        now: u64,
    ) -> Result<(), Errno> {
        let (from, old_name) = self.parent(old, old_path)?;
        let (to, name) = self.parent(new, path)?;
        let ino = if old_name == "." { from } else { self.child(from, old_name)?.ok_or(Errno::Noent)? };
        self.vacant(to, name)?;
        if self.node(to)?.nlink == 0 {
            return Err(Errno::Noent);
        }
        if self.node(ino)?.kind.is_dir() {
            return Err(Errno::Perm);
        }
        self.link_to(to, name, ino, now)
    }
    /// Gives a file one more name, which is not there yet.
    pub(in super::super) fn link_to(&mut self, dir: Ino, name: &str, ino: Ino, now: u64) -> Result<(), Errno> {
        self.charge(name.len(), 1)?;
        self.name(dir, name, ino, now)?;
        self.count(ino, 1, now)
    }

    /// Whether a directory is another one or above it.
    fn is_above(&self, upper: Ino, mut lower: Ino) -> Result<bool, Errno> {
        loop {
            if lower == upper {
                return Ok(true);
            }
            match self.node(lower)?.kind {
                Kind::Dir { parent, .. } if parent != lower => lower = parent,
                _ => return Ok(false),
            }
        }
    }
    pub(super) fn rename(
        &mut self,
        (old, old_path): (Ino, &str),
        (new, path): (Ino, &str),
        now: u64,
    ) -> Result<(), Errno> {
        // A slash at the end is for directories, of the source as of the target.
        if old_path.ends_with('/') || path.ends_with('/') {
            let source = self.find(old, old_path.trim_end_matches('/'), false)?;
            if !self.node(source)?.kind.is_dir() {
                return Err(Errno::Notdir);
            }
        }
        let (from, old_name) = self.parent(old, old_path.trim_end_matches('/'))?;
        let (to, name) = self.parent(new, trimmed(path))?;
        if old_name == "." || name == "." {
            return Err(Errno::Busy);
        }
        let source = self.child(from, old_name)?.ok_or(Errno::Noent)?;
        let target = self.child(to, name)?;
        let is_dir = self.node(source)?.kind.is_dir();
        if is_dir && self.is_above(source, to)? {
            return Err(Errno::Inval);
        }
        if let Some(target) = target {
            if self.node(target)?.kind.is_dir() && self.is_above(target, from)? {
                return Err(Errno::Notempty);
            }
            if target == source {
                return Ok(());
            }
            match (is_dir, self.node(target)?.kind.is_dir()) {
                (true, false) => return Err(Errno::Notdir),
                (false, true) => return Err(Errno::Isdir),
                (true, true) if !self.names(target)?.is_empty() => return Err(Errno::Notempty),
                _ => {}
            }
        } else if self.node(to)?.nlink == 0 {
            return Err(Errno::Noent);
        }
        match target {
            // The old name's room is free, the target's is used by the new one.
            Some(target) => {
                self.unname(to, name, now)?;
                if is_dir {
                    self.count(to, -1, now)?;
                }
                self.let_go(target, old_name.len(), now)?;
            }
            None => {
                self.charge(name.len().saturating_sub(old_name.len()), 0)?;
                self.refund(old_name.len().saturating_sub(name.len()) as u64, 0);
            }
        }
        self.unname(from, old_name, now)?;
        self.name(to, name, source, now)?;
        if is_dir {
            self.count(from, -1, now)?;
            self.count(to, 1, now)?;
        }
        let node = self.node_mut(source)?;
        node.times.ctim = Some(now);
        if let Kind::Dir { parent, .. } = &mut node.kind {
            *parent = to;
        }
        Ok(())
    }
}

/// A path without slashes at its end, unless nothing else is in it.
fn trimmed(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() && !path.is_empty() { "/" } else { trimmed }
}
