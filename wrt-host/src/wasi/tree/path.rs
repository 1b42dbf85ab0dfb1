//! From a path to a node, beneath the directory where the path begins.
//!
//! Owns the walk. The directories on the way are kept in a row, and `..` takes the last one off: above the first one
//! there is nothing, so that a path which leads out is an error ([`Errno::Perm`], as for directories of the system), not
//! the root again. Symbolic links are followed in the same walk, so that what they say leads out as little.

use super::{Ino, Kind, PATH_MAX, Tree};
use wrt_wasi::Errno;

/// Symbolic links that are followed in one walk, as on Linux.
const LINKS: u32 = 40;

/// Where a path ends.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Found {
    /// The directory that the last name is in.
    pub(in super::super) dir: Ino,
    /// The last name; `None` where the path ends with the directory itself, by `.` or `..`.
    pub(super) name: Option<String>,
    /// What is there.
    pub(super) node: Option<Ino>,
}

/// The parts of a path, the last one first.
fn parts(path: &str) -> impl Iterator<Item = String> {
    path.rsplit('/').filter(|part| !part.is_empty()).map(str::to_owned)
}

impl Tree {
    /// Walks along a path; a symbolic link at its end is followed where asked, or where a slash is behind it.
    ///
    /// # Errors
    /// Those of path resolution in POSIX, [`Errno::Perm`] for what leads out.
    pub(in super::super) fn walk(&self, start: Ino, path: &str, follow: bool) -> Result<Found, Errno> {
        self.walk_to(start, path, follow, false)
    }
    /// The same; `makes` says that a file is to be made there, for which a slash behind its name is an error
    /// ([`Errno::Isdir`]) before anything is looked for.
    pub(super) fn walk_to(&self, start: Ino, path: &str, follow: bool, makes: bool) -> Result<Found, Errno> {
        if path.is_empty() {
            return Err(Errno::Noent);
        }
        if path.len() >= PATH_MAX {
            return Err(Errno::Nametoolong);
        }
        if path.starts_with('/') {
            return Err(Errno::Perm);
        }
        let mut slash = path.ends_with('/');
        let mut rest: Vec<String> = parts(path).collect();
        let mut dirs = vec![start];
        let mut links = 0;
        while let Some(part) = rest.pop() {
            let dir = *dirs.last().ok_or(Errno::Perm)?;
            match part.as_str() {
                "." => continue,
                ".." if dirs.len() == 1 => return Err(Errno::Perm),
                ".." => {
                    dirs.pop();
                    continue;
                }
                _ => {}
            }
            let last = rest.is_empty();
            if last && slash && makes {
                return Err(Errno::Isdir);
            }
            let found = self.child(dir, &part)?;
            match found.map(|ino| self.node(ino)).transpose()?.map(|node| &node.kind) {
                Some(Kind::Link(target)) if !last || follow || slash => {
                    links += 1;
                    if links > LINKS {
                        return Err(Errno::Loop);
                    }
                    if target.starts_with('/') {
                        return Err(Errno::Perm);
                    }
                    slash |= last && target.ends_with('/');
                    rest.extend(parts(target));
                }
                None | Some(Kind::Link(_)) if last => {
                    return Ok(Found { dir, name: Some(part), node: found });
                }
                Some(Kind::File(_)) if last && !slash => {
                    return Ok(Found { dir, name: Some(part), node: found });
                }
                None => return Err(Errno::Noent),
                Some(Kind::File(_) | Kind::Link(_)) => return Err(Errno::Notdir),
                Some(Kind::Dir { .. }) if last => {
                    return Ok(Found { dir, name: Some(part), node: found });
                }
                Some(Kind::Dir { .. }) => dirs.extend(found),
            }
        }
        let dir = *dirs.last().ok_or(Errno::Perm)?;
        Ok(Found { dir, name: None, node: Some(dir) })
    }

    /// What a path names.
    ///
    /// # Errors
    /// Those of [`Tree::walk`]; [`Errno::Noent`] where nothing is there.
    pub(super) fn find(&self, start: Ino, path: &str, follow: bool) -> Result<Ino, Errno> {
        self.walk(start, path, follow)?.node.ok_or(Errno::Noent)
    }
    /// The directory that a path names.
    pub(super) fn find_dir(&self, start: Ino, path: &str) -> Result<Ino, Errno> {
        let found = self.find(start, path, true)?;
        if self.node(found)?.kind.is_dir() { Ok(found) } else { Err(Errno::Notdir) }
    }

    /// The directory that the last name of a path is in, and the name; `.` where the path names a directory as such:
    /// by a slash, `.` or `..` at its end.
    pub(super) fn parent<'p>(&self, start: Ino, path: &'p str) -> Result<(Ino, &'p str), Errno> {
        let (head, name) = match path.rsplit_once('/') {
            Some(("", name)) => ("/", name),
            Some((head, name)) => (head, name),
            None => ("", path),
        };
        match (head, name) {
            ("", "") => Err(Errno::Noent),
            ("", ".") => Ok((start, ".")),
            (_, "" | "." | "..") => Ok((self.find_dir(start, path)?, ".")),
            ("", name) => Ok((start, name)),
            (head, name) => Ok((self.find_dir(start, head)?, name)),
        }
    }
}
