//! Files that lie in a module: the custom section that holds them, written and read.
//!
//! Owns the format. The section `wrt.files` holds, in little-endian order: `version: u32`, which is 1, `count: u32`, and
//! so many entries `kind: u32, path_len: u32, data_len: u32`, each followed by the bytes of its path and of its data.
//! Kinds are 0, a directory, without data; 1, a file; 2, a symbolic link, whose data is what it says. Paths are as
//! [`super::MemoryTree::insert`] takes them, in the order of their bytes, each directory on the way being an entry of its
//! own. So there is one way to write a tree, nothing can overlap, and nothing is there twice.
//!
//! Nothing in a section is trusted. Data is not copied: files are parts of the module's bytes. An image
//! (`docs/image-format.md`) carries the section behind itself, where the engine does not look.

use super::memory::{MemoryTree, all};
use super::tree::{Content, Kind, MemoryLimits, ROOT, Shared, Tree, lock};
use core::ops::Range;
use std::sync::{Arc, Mutex};
use wrt_core::Module;
use wrt_wasi::Errno;

/// Name of the custom section.
pub const SECTION: &str = "wrt.files";
const VERSION: u32 = 1;
/// Entries that a section may have, so that reading one takes memory in proportion.
const ENTRIES: u32 = 1 << 16;
/// Bytes that a path, or what a link says, may have.
const PATH: u32 = 4095;
const DIRECTORY: u32 = 0;
const FILE: u32 = 1;
const LINK: u32 = 2;
/// Where an image says how long it is.
const IMAGE_SIZE: Range<usize> = 16..24;
const PREAMBLE: &[u8] = b"\0asm\x01\0\0\0";

/// What is wrong with embedded files, or with what they are to be embedded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbedError {
    /// Offset of the byte in the module.
    pub at: usize,
    /// What is wrong there.
    pub why: &'static str,
}

impl core::fmt::Display for EmbedError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} (at offset {:#x})", self.why, self.at)
    }
}

impl core::error::Error for EmbedError {}

/// Bytes that are read one after the other.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn wrong<T>(&self, why: &'static str) -> Result<T, EmbedError> {
        Err(EmbedError { at: self.at, why })
    }
    fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }
    /// The place of the next bytes.
    fn skip(&mut self, len: usize, why: &'static str) -> Result<Range<usize>, EmbedError> {
        match self.at.checked_add(len).filter(|&end| end <= self.bytes.len()) {
            Some(end) => Ok(core::mem::replace(&mut self.at, end)..end),
            None => self.wrong(why),
        }
    }
    fn take(&mut self, len: usize, why: &'static str) -> Result<&'b [u8], EmbedError> {
        let range = self.skip(len, why)?;
        Ok(self.bytes.get(range).unwrap_or(&[]))
    }
    fn u32(&mut self, why: &'static str) -> Result<u32, EmbedError> {
        let at = self.at;
        let bytes = self.take(4, why)?;
        bytes.first_chunk().copied().map(u32::from_le_bytes).ok_or(EmbedError { at, why })
    }
    /// A number in the binary format of modules.
    fn leb(&mut self, why: &'static str) -> Result<u32, EmbedError> {
        let mut value = 0u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = u64::from(*self.take(1, why)?.first().unwrap_or(&0));
            value |= (byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(value).map_or_else(|_| self.wrong(why), Ok);
            }
        }
        self.wrong(why)
    }
}

/// A section: all of it, and its contents.
type Place = (Range<usize>, Range<usize>);

/// The sections of that name in a module or behind an image.
fn sections(module: &[u8]) -> Result<Vec<Place>, EmbedError> {
    let start = if Module::is_image(module) {
        let size = module.get(IMAGE_SIZE).and_then(|bytes| bytes.first_chunk().copied().map(u64::from_le_bytes));
        size.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX)
    } else if module.starts_with(PREAMBLE) {
        PREAMBLE.len()
    } else {
        return Err(EmbedError { at: 0, why: "this is no module in the binary format" });
    };
    let mut reader = Reader { bytes: module, at: start };
    let mut found = Vec::new();
    while !reader.is_at_end() {
        let begin = reader.at;
        let id = reader.take(1, "a section begins beyond the end")?;
        let size = reader.leb("the size of a section is malformed")? as usize;
        let contents = reader.skip(size, "a section goes beyond the end")?;
        if id != [0] {
            continue;
        }
        let mut inner = Reader { bytes: module.get(..contents.end).unwrap_or(&[]), at: contents.start };
        let len = inner.leb("the name of a section is malformed")? as usize;
        if inner.take(len, "the name of a section goes beyond its end")? != SECTION.as_bytes() {
            continue;
        }
        found.push((begin..contents.end, inner.at..contents.end));
    }
    Ok(found)
}

/// The one section.
fn section(module: &[u8]) -> Result<Option<Place>, EmbedError> {
    let mut found = sections(module)?.into_iter();
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        (_, Some((second, _))) => {
            let why = "there are two sections wrt.files; embed the files again, in the place of both";
            Err(EmbedError { at: second.start, why })
        }
    }
}

/// Whether a path is plain: names with a slash between them.
fn is_plain(path: &str) -> bool {
    !path.contains('\0') && path.split('/').all(|name| !matches!(name, "" | "." | ".."))
}

/// Reads the contents of the section, which lie at `range`.
fn decode(module: &Arc<[u8]>, range: Range<usize>) -> Result<Tree, EmbedError> {
    const CUT: &str = "wrt.files ends within an entry";
    let mut reader = Reader { bytes: module.get(..range.end).unwrap_or(&[]), at: range.start };
    if reader.u32(CUT)? != VERSION {
        return Err(EmbedError { at: range.start, why: "wrt.files is of another version than 1" });
    }
    let count = reader.u32(CUT)?;
    if count > ENTRIES {
        return reader.wrong("wrt.files has more than 65536 entries");
    }
    let mut tree = Tree::new(MemoryLimits { bytes: u64::MAX, names: u64::MAX });
    let mut before = "";
    for _ in 0..count {
        let at = reader.at;
        let wrong = |why| Err(EmbedError { at, why });
        let (kind, path_len, data_len) = (reader.u32(CUT)?, reader.u32(CUT)?, reader.u32(CUT)?);
        if path_len > PATH {
            return wrong("the path of an embedded file is longer than 4095 bytes");
        }
        let Ok(path) = core::str::from_utf8(reader.take(path_len as usize, CUT)?) else {
            return wrong("the path of an embedded file is not UTF-8");
        };
        let data = reader.skip(data_len as usize, CUT)?;
        if !is_plain(path) {
            return wrong("the path of an embedded file is absolute or has an empty name, `.`, `..` or a byte 0");
        }
        if path <= before {
            return wrong("embedded files are not in the order of their paths, or one is there twice");
        }
        before = path;
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let dir = above.split('/').filter(|name| !name.is_empty()).try_fold(ROOT, |dir, name| {
            // What is no directory has no names.
            tree.child(dir, name)?.ok_or(Errno::Noent)
        });
        let Some(dir) = dir.ok().filter(|&dir| tree.names(dir).is_ok()) else {
            return wrong("the directory of an embedded file is not embedded before it");
        };
        let kind = match kind {
            DIRECTORY if data.is_empty() => Kind::dir(dir),
            FILE => Kind::File(Content::Lent(module.clone(), data)),
            LINK if !data.is_empty() && data_len <= PATH => {
                match core::str::from_utf8(module.get(data).unwrap_or(&[])) {
                    Ok(target) if !target.contains('\0') => Kind::Link(target.to_owned()),
                    _ => return wrong("an embedded link is not UTF-8 or has a byte 0"),
                }
            }
            DIRECTORY => return wrong("an embedded directory has data"),
            LINK => return wrong("an embedded link is empty or longer than 4095 bytes"),
            _ => return wrong("an embedded file is of an unknown kind"),
        };
        // A name of more than 255 bytes could not be asked for.
        if name.len() > 255 || tree.make(dir, name, kind, Some(0)).is_err() {
            return wrong("the name of an embedded file is longer than 255 bytes");
        }
    }
    if let Ok(root) = tree.node_mut(ROOT) {
        (root.times.atim, root.times.mtim, root.times.ctim) = (Some(0), Some(0), Some(0));
    }
    if reader.is_at_end() { Ok(tree) } else { reader.wrong("something follows the last entry of wrt.files") }
}

/// The contents of the section for a tree.
fn encode(tree: &Tree) -> Result<Vec<u8>, EmbedError> {
    let wrong = |why| EmbedError { at: 0, why };
    let entries = all(tree);
    let count = u32::try_from(entries.len()).ok().filter(|&count| count <= ENTRIES);
    let mut out = VERSION.to_le_bytes().to_vec();
    out.extend(count.ok_or(wrong("more than 65536 files cannot be embedded; leave some out"))?.to_le_bytes());
    for (path, ino) in entries {
        let node = tree.node(ino).map_err(|_| wrong("the tree is damaged"))?;
        let (kind, data) = match &node.kind {
            Kind::Dir { .. } => (DIRECTORY, &[][..]),
            Kind::File(content) => (FILE, content.bytes()),
            Kind::Link(target) => (LINK, target.as_bytes()),
        };
        let path_len = u32::try_from(path.len()).ok().filter(|&len| len <= PATH);
        let path_len = path_len.ok_or(wrong("a path is longer than 4095 bytes; shorten it"))?;
        let data_len = u32::try_from(data.len()).map_err(|_| wrong("a file is larger than 4 GiB; leave it out"))?;
        for number in [kind, path_len, data_len] {
            out.extend(number.to_le_bytes());
        }
        out.extend(path.bytes());
        out.extend(data);
    }
    Ok(out)
}

/// A number in the binary format of modules.
fn leb(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// A module with the files of a tree in it. Those that it had before are replaced.
///
/// # Errors
/// Bytes that are no module in the binary format; more files or bytes than a section can have.
pub fn embed(module: &[u8], tree: &MemoryTree) -> Result<Vec<u8>, EmbedError> {
    if Module::is_image(module) {
        let why = "files are embedded in the module before it is compiled, not in its image";
        return Err(EmbedError { at: 0, why });
    }
    let old = sections(module)?;
    let mut contents = leb(SECTION.len() as u32);
    contents.extend(SECTION.bytes());
    contents.extend(encode(&lock(tree.shared()))?);
    let size = u32::try_from(contents.len());
    let size =
        size.map_err(|_| EmbedError { at: 0, why: "more than 4 GiB cannot be embedded; leave some files out" })?;
    let mut out = Vec::with_capacity(module.len().saturating_add(contents.len()).saturating_add(6));
    let mut kept = 0;
    for (section, _) in old {
        out.extend(module.get(kept..section.start).unwrap_or(&[]));
        kept = section.end;
    }
    out.extend(module.get(kept..).unwrap_or(&[]));
    out.push(0);
    out.extend(leb(size));
    out.extend(contents);
    Ok(out)
}

/// Adds the files of a module to its image; says how many bytes that took.
///
/// # Errors
/// A malformed section in the module.
pub fn carry(module: &[u8], image: &mut Vec<u8>) -> Result<usize, EmbedError> {
    let Some((place, _)) = section(module)? else { return Ok(0) };
    let section = module.get(place).unwrap_or(&[]);
    image.extend(section);
    Ok(section.len())
}

/// The files that lie in a module, for reading only.
#[derive(Clone, Debug)]
pub struct EmbeddedFiles(Shared);

impl EmbeddedFiles {
    /// Looks for them in a module or image; `None` where there are none. The bytes are kept, not copied.
    ///
    /// # Errors
    /// A malformed section, with the offset of what is wrong.
    pub fn find(module: &Arc<[u8]>) -> Result<Option<Self>, EmbedError> {
        let Some((_, contents)) = section(module)? else { return Ok(None) };
        let tree = decode(module, contents)?;
        Ok(Some(EmbeddedFiles(Arc::new(Mutex::new(tree)))))
    }
    pub(super) fn shared(&self) -> &Shared {
        &self.0
    }
    /// The paths of all files, in order.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        MemoryTree::of(self.0.clone()).files()
    }
    /// Bytes in a file.
    ///
    /// # Errors
    /// A path that is not there, or names no file.
    pub fn size(&self, path: &str) -> std::io::Result<u64> {
        MemoryTree::of(self.0.clone()).size(path)
    }
    /// What is in a file.
    ///
    /// # Errors
    /// A path that is not there, or names no file.
    pub fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        MemoryTree::of(self.0.clone()).read(path)
    }
}

#[cfg(test)]
mod tests;
