//! Linux: control groups, resource limits, and memory that is available.
//!
//! What is read, by the kernel's and the systems' own documentation:
//!
//! - cgroup v2 `memory.max` and `memory.high` of the process's group and of every group above it
//!   (kernel, `admin-guide/cgroup-v2`, "Memory Interface Files"); systemd sets both (`MemoryMax=`,
//!   `MemoryHigh=`, systemd.resource-control(5)), and so does a container runtime;
//! - cgroup v1 `hierarchical_memory_limit` in `memory.stat` (kernel, `admin-guide/cgroup-v1/memory`), which
//!   the kernel has brought together over the groups above; `memory.limit_in_bytes` where it is missing;
//! - which groups these are: `/proc/self/cgroup` (cgroups(7)) and `/proc/self/mountinfo`
//!   (proc_pid_mountinfo(5));
//! - `/proc/self/limits`: address space and data (getrlimit(2): RLIMIT_AS, RLIMIT_DATA), stack;
//! - `MemAvailable` in `/proc/meminfo` (proc_meminfo(5)).
//!
//! Files are read through [`Files`], so that the same code reads a live system and a recorded one.

use crate::text::{decimal, words};
use crate::{Found, Offer, Text};

/// How files are read.
pub trait Files {
    /// An open file. Dropping it closes it.
    type File;
    /// Opens the file of this absolute path; `None` where it cannot be.
    fn open(&mut self, path: &[u8]) -> Option<Self::File>;
    /// Reads on into `buffer`; 0 at the end of the file, `None` where reading fails.
    fn read(&mut self, file: &mut Self::File, buffer: &mut [u8]) -> Option<usize>;
}

/// The longest path that is followed, in bytes: PATH_MAX of `<linux/limits.h>`.
const LONGEST: usize = 4096;

/// The number from which on version 1 means "no limit": the largest multiple of the page that the
/// kernel's counter holds, with pages of 64 KiB.
const UNLIMITED: u64 = 0x7fff_ffff_ffff_0000;

/// What the system offers to this process.
#[must_use]
pub fn discover(files: &mut impl Files) -> Offer {
    let mut offer = Offer::NOTHING;
    let groups = own_groups(files, &mut offer);
    mounted_groups(files, &groups, &mut offer);
    resource_limits(files, &mut offer);
    available(files, &mut offer);
    offer
}

/// Bytes as the downward API of Kubernetes writes them into a variable (`resourceFieldRef`,
/// `limits.memory`, divisor 1): a decimal number.
#[must_use]
pub fn downward_api(value: &[u8]) -> Option<u64> {
    decimal(value.trim_ascii())
}

/// A path that grows and shrinks in place.
struct Path {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Path {
    const fn new() -> Self {
        Path { bytes: [0; LONGEST], len: 0 }
    }
    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
    /// Appends; `false`, with nothing appended, where there is no room.
    fn push(&mut self, more: &[u8]) -> bool {
        let Some(to) = self.bytes.get_mut(self.len..).and_then(|rest| rest.get_mut(..more.len())) else {
            return false;
        };
        to.copy_from_slice(more);
        self.len += more.len();
        true
    }
    /// Cuts down to the parent directory, not below `floor` bytes; `false` at the floor.
    fn pop(&mut self, floor: usize) -> bool {
        if self.len <= floor {
            return false;
        }
        let slash = self.as_bytes().iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        self.len = slash.max(floor);
        true
    }
}

/// Reads a file line by line.
struct Lines<F: Files> {
    file: F::File,
    buffer: [u8; 1024],
    at: usize,
    len: usize,
    line: Path,
    failed: bool,
}

impl<F: Files> Lines<F> {
    fn open(files: &mut F, path: &[u8]) -> Option<Self> {
        let file = files.open(path)?;
        Some(Lines { file, buffer: [0; 1024], at: 0, len: 0, line: Path::new(), failed: false })
    }
    /// The next line without its end; of one that is longer than a path may be, the beginning.
    fn next(&mut self, files: &mut F) -> Option<&[u8]> {
        self.line.len = 0;
        let mut any = false;
        loop {
            if self.at == self.len {
                self.at = 0;
                self.len = match files.read(&mut self.file, &mut self.buffer) {
                    Some(len) => len.min(self.buffer.len()),
                    None => {
                        self.failed = true;
                        0
                    }
                };
                if self.len == 0 {
                    return any.then(|| self.line.as_bytes());
                }
            }
            let rest = self.buffer.get(self.at..self.len).unwrap_or_default();
            any = true;
            let end = rest.iter().position(|byte| *byte == b'\n');
            let part = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            let room = LONGEST - self.line.len;
            self.line.push(part.get(..room.min(part.len())).unwrap_or_default());
            match end {
                Some(end) => {
                    self.at += end + 1;
                    return Some(self.line.as_bytes());
                }
                None => self.at = self.len,
            }
        }
    }
}

/// The groups of the process, as paths in their hierarchies; empty where it has none.
struct Groups {
    unified: Path,
    memory: Path,
}

/// Reads `/proc/self/cgroup`: lines of `number:controllers:path`.
fn own_groups<F: Files>(files: &mut F, offer: &mut Offer) -> Groups {
    let mut groups = Groups { unified: Path::new(), memory: Path::new() };
    let Some(mut lines) = Lines::open(files, b"/proc/self/cgroup") else { return groups };
    while let Some(line) = lines.next(files) {
        let mut parts = line.splitn(3, |byte| *byte == b':');
        let (Some(number), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        if number == b"0" && controllers.is_empty() {
            groups.unified.push(path);
        } else if has(controllers, b"memory") {
            groups.memory.push(path);
        }
    }
    if lines.failed {
        offer.fail();
    }
    groups
}

/// Whether a list with commas has a word.
fn has(list: &[u8], word: &[u8]) -> bool {
    list.split(|byte| *byte == b',').any(|one| one == word)
}

/// Reads `/proc/self/mountinfo` and, for each mounted hierarchy that can limit memory, the limits.
fn mounted_groups<F: Files>(files: &mut F, groups: &Groups, offer: &mut Offer) {
    let Some(mut lines) = Lines::open(files, b"/proc/self/mountinfo") else { return };
    let mut path = Path::new();
    while let Some(line) = lines.next(files) {
        let mut fields = words(line).skip(3);
        let (Some(root), Some(point)) = (fields.next(), fields.next()) else { continue };
        // Optional fields of any number end with a hyphen.
        let mut rest = fields.skip_while(|word| *word != b"-").skip(1);
        let (Some(kind), Some(_source)) = (rest.next(), rest.next()) else { continue };
        let options = rest.next().unwrap_or_default();
        let (own, unified) = match kind {
            b"cgroup2" => (&groups.unified, true),
            b"cgroup" if has(options, b"memory") => (&groups.memory, false),
            _ => continue,
        };
        let mut place = Path::new();
        let mut top = Path::new();
        if !unescape(point, &mut place) || !unescape(root, &mut top) {
            offer.fail();
            continue;
        }
        if place.as_bytes() == b"/" {
            place.len = 0;
        }
        let floor = place.len;
        path.len = 0;
        path.push(place.as_bytes());
        if !path.push(inside(own.as_bytes(), top.as_bytes())) {
            offer.fail();
        }
        if unified {
            unified_limits(files, &mut path, floor, offer);
        } else {
            memory_limits(files, &mut path, floor, offer);
        }
    }
    if lines.failed {
        offer.fail();
    }
}

/// The part of the process's path that lies below the root of the mount. Where the process is not below
/// it (another namespace shows `..`), nothing: the mount itself is what can be seen.
fn inside<'a>(own: &'a [u8], root: &[u8]) -> &'a [u8] {
    let root = root.strip_suffix(b"/").unwrap_or(root);
    let below = own.strip_prefix(root).filter(|rest| rest.is_empty() || rest.starts_with(b"/"));
    let up = |path: &[u8]| path.split(|byte| *byte == b'/').any(|part| part == b"..");
    match below {
        Some(rest) if !up(rest) && !up(root) => rest.strip_suffix(b"/").unwrap_or(rest),
        _ => b"",
    }
}

/// Undoes how mountinfo writes spaces, tabs, ends of lines and backslashes: `\` and three octal digits.
fn unescape(text: &[u8], into: &mut Path) -> bool {
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let octal = match (first, after) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', more @ ..]) => {
                rest = more;
                Some((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'))
            }
            _ => None,
        };
        let byte = octal.unwrap_or_else(|| {
            rest = after;
            *first
        });
        if !into.push(&[byte]) {
            return false;
        }
    }
    true
}

/// What a file of one line says.
enum Line {
    /// There is no such file.
    Missing,
    /// It cannot be read, or does not say a number.
    Wrong,
    /// `max`.
    Unlimited,
    /// A number.
    Number(u64),
}

/// Reads the file `name` in the directory `path`, which is left as it was.
fn number_in<F: Files>(files: &mut F, path: &mut Path, name: &[u8]) -> Line {
    let len = path.len;
    let line = if path.push(b"/") && path.push(name) {
        match files.open(path.as_bytes()) {
            Some(mut file) => {
                let mut buffer = [0; 32];
                let read = files.read(&mut file, &mut buffer);
                match read.and_then(|read| buffer.get(..read)).map(<[u8]>::trim_ascii) {
                    Some(b"max") => Line::Unlimited,
                    Some(text) => decimal(text).map_or(Line::Wrong, Line::Number),
                    None => Line::Wrong,
                }
            }
            None => Line::Missing,
        }
    } else {
        Line::Missing
    };
    path.len = len;
    line
}

/// Version 2: the limits of the group at `path` and of those above it, up to the mount.
fn unified_limits<F: Files>(files: &mut F, path: &mut Path, floor: usize, offer: &mut Offer) {
    loop {
        for (name, from) in [(&b"memory.max"[..], "cgroup v2 memory.max"), (b"memory.high", "cgroup v2 memory.high")] {
            match number_in(files, path, name) {
                Line::Number(bytes) => offer.memory(Found { bytes, from, at: Text::new(path.as_bytes()) }),
                Line::Wrong => offer.fail(),
                Line::Missing | Line::Unlimited => {}
            }
        }
        if !path.pop(floor) {
            return;
        }
    }
}

/// Version 1: what the kernel has brought together for the group at `path`, or for the first above it
/// that can be seen; without such a line, the limits themselves on the way up.
fn memory_limits<F: Files>(files: &mut F, path: &mut Path, floor: usize, offer: &mut Offer) {
    loop {
        let len = path.len;
        let stat = if path.push(b"/memory.stat") { Lines::open(files, path.as_bytes()) } else { None };
        path.len = len;
        if let Some(mut lines) = stat {
            while let Some(line) = lines.next(files) {
                let Some(number) = line.strip_prefix(b"hierarchical_memory_limit ") else { continue };
                match decimal(number.trim_ascii()) {
                    Some(bytes) if bytes < UNLIMITED => {
                        let from = "cgroup v1 hierarchical_memory_limit";
                        offer.memory(Found { bytes, from, at: Text::new(path.as_bytes()) });
                    }
                    Some(_) => {}
                    None => offer.fail(),
                }
                return;
            }
        }
        match number_in(files, path, b"memory.limit_in_bytes") {
            Line::Number(bytes) if bytes < UNLIMITED => {
                let from = "cgroup v1 memory.limit_in_bytes";
                offer.memory(Found { bytes, from, at: Text::new(path.as_bytes()) });
            }
            Line::Wrong => offer.fail(),
            Line::Missing | Line::Unlimited | Line::Number(_) => {}
        }
        if !path.pop(floor) {
            return;
        }
    }
}

/// `/proc/self/limits`: a name in the first 26 columns, then the soft limit, which is what holds.
fn resource_limits<F: Files>(files: &mut F, offer: &mut Offer) {
    let Some(mut lines) = Lines::open(files, b"/proc/self/limits") else { return };
    while let Some(line) = lines.next(files) {
        let soft = |name: &[u8]| line.strip_prefix(name).and_then(|rest| words(rest).next());
        let limits = [
            (&b"Max address space "[..], "RLIMIT_AS"),
            (b"Max data size ", "RLIMIT_DATA"),
            (b"Max stack size ", "RLIMIT_STACK"),
        ];
        for (name, from) in limits {
            let Some(text) = soft(name) else { continue };
            match decimal(text) {
                Some(bytes) if from == "RLIMIT_STACK" => offer.stack(Found::new(bytes, from)),
                Some(bytes) => offer.memory(Found::new(bytes, from)),
                None if text == b"unlimited" => {}
                None => offer.fail(),
            }
        }
    }
    if lines.failed {
        offer.fail();
    }
}

/// `MemAvailable` in `/proc/meminfo`; kernels before 3.14 have `MemFree` alone.
fn available<F: Files>(files: &mut F, offer: &mut Offer) {
    let Some(mut lines) = Lines::open(files, b"/proc/meminfo") else { return };
    let mut free = None;
    while let Some(line) = lines.next(files) {
        let kib = |name: &[u8]| {
            let mut parts = words(line.strip_prefix(name)?);
            let number = parts.next().and_then(decimal).and_then(|kib| kib.checked_mul(1024));
            Some(number.filter(|_| parts.next() == Some(b"kB")))
        };
        if let Some(number) = kib(b"MemAvailable:") {
            match number {
                Some(bytes) => offer.memory(Found::new(bytes, "MemAvailable")),
                None => offer.fail(),
            }
            return;
        }
        if let Some(number) = kib(b"MemFree:") {
            free = number;
        }
    }
    match free {
        Some(bytes) => offer.memory(Found::new(bytes, "MemFree")),
        None => offer.fail(),
    }
}
