//! A file system in memory that obeys POSIX where the tests look, and fails when it is told to.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use wrt_wasi::{DirEntry, Errno, FileStat, FileType, Files, Open, Opened, SetTime};

/// What lies under a number.
pub enum Node {
    File(Vec<u8>),
    Dir(BTreeMap<String, usize>),
    Link(String),
}

/// Fails the call with this number, counted down, with this errno.
#[derive(Clone, Default)]
pub struct Fuse(Rc<Cell<Option<(u64, Errno)>>>);

impl Fuse {
    pub fn set(&self, calls: u64, errno: Errno) {
        self.0.set(Some((calls, errno)));
    }
    /// Whether it has not failed anything yet.
    pub fn is_left(&self) -> bool {
        self.0.get().is_some()
    }
    pub fn burn(&self) -> Result<(), Errno> {
        match self.0.get() {
            Some((0, errno)) => {
                self.0.set(None);
                Err(errno)
            }
            Some((left, errno)) => {
                self.0.set(Some((left - 1, errno)));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// An open file or directory; how many there are is counted.
pub struct Handle(usize, Rc<Cell<usize>>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.1.set(self.1.get() - 1);
    }
}

pub struct Disk {
    pub nodes: Rc<RefCell<Vec<Node>>>,
    pub open: Rc<Cell<usize>>,
    pub fuse: Fuse,
    /// Whether the root is granted.
    pub granted: bool,
    given: bool,
}

type Found = (usize, Option<usize>, String);

impl Disk {
    pub fn new(granted: bool) -> Self {
        let nodes = Rc::new(RefCell::new(vec![Node::Dir(BTreeMap::new())]));
        Disk { nodes, open: Rc::default(), fuse: Fuse::default(), granted, given: false }
    }
    fn handle(&self, node: usize) -> Handle {
        self.open.set(self.open.get() + 1);
        Handle(node, self.open.clone())
    }
    fn add(&self, node: Node) -> usize {
        self.nodes.borrow_mut().push(node);
        self.nodes.borrow().len() - 1
    }
    /// The directory that holds the last part of a path, what is there, and the part.
    fn find(&self, dir: &Handle, path: &str, follow: bool) -> Result<Found, Errno> {
        let mut rest: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        if path.is_empty() {
            return Err(Errno::Noent);
        }
        let (mut above, mut links) = (vec![dir.0], 0);
        loop {
            let part = rest.pop().unwrap_or_default();
            let here = *above.last().expect("the directory itself");
            let nodes = self.nodes.borrow();
            let Node::Dir(names) = &nodes[here] else { return Err(Errno::Notdir) };
            match part.as_str() {
                "" if above.len() == 1 && !rest.is_empty() => return Err(Errno::Perm),
                "" | "." if rest.is_empty() => return Ok((here, Some(here), String::new())),
                "" | "." => continue,
                ".." => {
                    above.pop();
                    if above.is_empty() {
                        return Err(Errno::Perm);
                    }
                    if rest.is_empty() {
                        let there = above[above.len() - 1];
                        return Ok((there, Some(there), String::new()));
                    }
                    continue;
                }
                _ => {}
            }
            let Some(&node) = names.get(&part) else {
                return if rest.is_empty() { Ok((here, None, part)) } else { Err(Errno::Noent) };
            };
            match &nodes[node] {
                Node::Link(target) if follow || !rest.is_empty() => {
                    links += 1;
                    if links > 8 {
                        return Err(Errno::Loop);
                    }
                    if target.starts_with('/') {
                        return Err(Errno::Perm);
                    }
                    rest.extend(target.split('/').rev().map(str::to_owned));
                }
                _ if rest.is_empty() => return Ok((here, Some(node), part)),
                _ => above.push(node),
            }
        }
    }
    fn there(&self, dir: &Handle, path: &str, follow: bool) -> Result<usize, Errno> {
        self.find(dir, path, follow)?.1.ok_or(Errno::Noent)
    }
    fn put(&self, dir: usize, name: &str, node: Option<usize>) {
        if let Node::Dir(names) = &mut self.nodes.borrow_mut()[dir] {
            match node {
                Some(node) => names.insert(name.to_owned(), node),
                None => names.remove(name),
            };
        }
    }
    fn said(&self, node: usize) -> FileStat {
        let nodes = self.nodes.borrow();
        let (filetype, size) = match &nodes[node] {
            Node::File(bytes) => (FileType::RegularFile, bytes.len()),
            Node::Dir(_) => (FileType::Directory, 0),
            Node::Link(target) => (FileType::SymbolicLink, target.len()),
        };
        FileStat { dev: 1, ino: node as u64, nlink: 1, size: size as u64, mtim: 7, ..FileStat::of(filetype) }
    }
    fn with_file<T>(&self, file: &Handle, f: impl FnOnce(&mut Vec<u8>) -> T) -> Result<T, Errno> {
        match &mut self.nodes.borrow_mut()[file.0] {
            Node::File(bytes) => Ok(f(bytes)),
            _ => Err(Errno::Isdir),
        }
    }
    fn absent(&self, dir: &Handle, path: &str) -> Result<(usize, String), Errno> {
        match self.find(dir, path, false)? {
            (here, None, name) => Ok((here, name)),
            _ => Err(Errno::Exist),
        }
    }
}

impl Files for Disk {
    type File = Handle;
    type Dir = Handle;

    fn preopen(&mut self, number: u32) -> Option<Handle> {
        if number > 0 || !self.granted || std::mem::replace(&mut self.given, true) {
            return None;
        }
        Some(self.handle(0))
    }
    fn preopen_name(&self, number: u32) -> Option<&str> {
        (number == 0).then_some("/data")
    }
    fn open(&mut self, dir: &Handle, path: &str, how: Open) -> Result<Opened<Self>, Errno> {
        self.fuse.burn()?;
        let (here, found, name) = self.find(dir, path, how.follow)?;
        let node = match found {
            Some(_) if how.create && how.exclusive => return Err(Errno::Exist),
            Some(node) => node,
            None if how.create => {
                let node = self.add(Node::File(Vec::new()));
                self.put(here, &name, Some(node));
                node
            }
            None => return Err(Errno::Noent),
        };
        match &mut self.nodes.borrow_mut()[node] {
            Node::Dir(_) if how.write => return Err(Errno::Isdir),
            Node::Link(_) => return Err(Errno::Loop),
            Node::File(_) if how.directory => return Err(Errno::Notdir),
            Node::File(bytes) if how.truncate => bytes.clear(),
            _ => {}
        }
        let is_dir = matches!(self.nodes.borrow()[node], Node::Dir(_));
        let handle = self.handle(node);
        Ok(if is_dir { Opened::Dir(handle) } else { Opened::File(handle) })
    }
    fn stat_at(&mut self, dir: &Handle, path: &str, follow: bool) -> Result<FileStat, Errno> {
        self.fuse.burn()?;
        Ok(self.said(self.there(dir, path, follow)?))
    }
    fn dir_stat(&mut self, dir: &Handle) -> Result<FileStat, Errno> {
        self.fuse.burn()?;
        Ok(self.said(dir.0))
    }
    fn stat(&mut self, file: &Handle) -> Result<FileStat, Errno> {
        self.fuse.burn()?;
        Ok(self.said(file.0))
    }
    fn read_at(&mut self, file: &Handle, bytes: &mut [u8], offset: u64) -> Result<usize, Errno> {
        self.fuse.burn()?;
        self.with_file(file, |data| {
            let rest = data.get(offset as usize..).unwrap_or(&[]);
            let count = rest.len().min(bytes.len());
            bytes[..count].copy_from_slice(&rest[..count]);
            count
        })
    }
    fn write_at(&mut self, file: &Handle, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        self.fuse.burn()?;
        if offset > 1 << 20 {
            return Err(Errno::Fbig);
        }
        self.with_file(file, |data| {
            let end = offset as usize + bytes.len();
            data.resize(data.len().max(end), 0);
            data[offset as usize..end].copy_from_slice(bytes);
            bytes.len()
        })
    }
    fn append(&mut self, file: &Handle, bytes: &[u8]) -> Result<usize, Errno> {
        self.fuse.burn()?;
        self.with_file(file, |data| data.extend_from_slice(bytes))?;
        Ok(bytes.len())
    }
    fn rewind(&mut self, _dir: &mut Handle) -> Result<(), Errno> {
        self.fuse.burn()
    }
    fn entry(&mut self, dir: &mut Handle, number: u64, name: &mut [u8]) -> Result<Option<DirEntry>, Errno> {
        self.fuse.burn()?;
        let nodes = self.nodes.borrow();
        let Node::Dir(names) = &nodes[dir.0] else { return Err(Errno::Notdir) };
        let Some((found, &node)) = names.iter().nth(number as usize) else { return Ok(None) };
        let name_len = found.len().min(name.len());
        name[..name_len].copy_from_slice(&found.as_bytes()[..name_len]);
        Ok(Some(DirEntry { ino: node as u64, filetype: self.said(node).filetype, name_len }))
    }
    fn set_size(&mut self, file: &Handle, size: u64) -> Result<(), Errno> {
        self.fuse.burn()?;
        self.with_file(file, |data| data.resize(size as usize, 0))
    }
    fn allocate(&mut self, file: &Handle, offset: u64, len: u64) -> Result<(), Errno> {
        self.fuse.burn()?;
        self.with_file(file, |data| data.resize(data.len().max((offset + len) as usize), 0))
    }
    fn sync(&mut self, _file: &Handle, _all: bool) -> Result<(), Errno> {
        self.fuse.burn()
    }
    fn set_times(&mut self, _file: &Handle, _atim: SetTime, _mtim: SetTime) -> Result<(), Errno> {
        self.fuse.burn()
    }
    fn dir_set_times(&mut self, _dir: &Handle, _atim: SetTime, _mtim: SetTime) -> Result<(), Errno> {
        self.fuse.burn()
    }
    fn set_times_at(
        &mut self,
        dir: &Handle,
        path: &str,
        follow: bool,
        _atim: SetTime,
        _mtim: SetTime,
    ) -> Result<(), Errno> {
        self.fuse.burn()?;
        self.there(dir, path, follow).map(|_| ())
    }
    fn create_directory(&mut self, dir: &Handle, path: &str) -> Result<(), Errno> {
        self.fuse.burn()?;
        let (here, name) = self.absent(dir, path)?;
        self.put(here, &name, Some(self.add(Node::Dir(BTreeMap::new()))));
        Ok(())
    }
    fn remove_directory(&mut self, dir: &Handle, path: &str) -> Result<(), Errno> {
        self.fuse.burn()?;
        let (here, found, name) = self.find(dir, path, false)?;
        match &self.nodes.borrow()[found.ok_or(Errno::Noent)?] {
            Node::Dir(names) if names.is_empty() => {}
            Node::Dir(_) => return Err(Errno::Notempty),
            _ => return Err(Errno::Notdir),
        }
        self.put(here, &name, None);
        Ok(())
    }
    fn unlink(&mut self, dir: &Handle, path: &str) -> Result<(), Errno> {
        self.fuse.burn()?;
        let (here, found, name) = self.find(dir, path, false)?;
        if let Node::Dir(_) = self.nodes.borrow()[found.ok_or(Errno::Noent)?] {
            return Err(Errno::Isdir);
        }
        self.put(here, &name, None);
        Ok(())
    }
    fn link(&mut self, from: (&Handle, &str), follow: bool, to: (&Handle, &str)) -> Result<(), Errno> {
        self.fuse.burn()?;
        let node = self.there(from.0, from.1, follow)?;
        let (here, name) = self.absent(to.0, to.1)?;
        self.put(here, &name, Some(node));
        Ok(())
    }
    fn rename(&mut self, from: (&Handle, &str), to: (&Handle, &str)) -> Result<(), Errno> {
        self.fuse.burn()?;
        let (old, found, old_name) = self.find(from.0, from.1, false)?;
        let (new, _, new_name) = self.find(to.0, to.1, false)?;
        self.put(old, &old_name, None);
        self.put(new, &new_name, Some(found.ok_or(Errno::Noent)?));
        Ok(())
    }
    fn symlink(&mut self, target: &str, dir: &Handle, path: &str) -> Result<(), Errno> {
        self.fuse.burn()?;
        let (here, name) = self.absent(dir, path)?;
        self.put(here, &name, Some(self.add(Node::Link(target.to_owned()))));
        Ok(())
    }
    fn read_link(&mut self, dir: &Handle, path: &str, bytes: &mut [u8]) -> Result<usize, Errno> {
        self.fuse.burn()?;
        let node = self.there(dir, path, false)?;
        let Node::Link(target) = &self.nodes.borrow()[node] else { return Err(Errno::Inval) };
        let count = target.len().min(bytes.len());
        bytes[..count].copy_from_slice(&target.as_bytes()[..count]);
        Ok(count)
    }
}
