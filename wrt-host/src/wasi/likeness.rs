//! A tree in memory is like a directory of the system: both get the same random calls, and must answer the same.
//!
//! The directory of the system is the oracle. Compared are errors, what is said of nodes (kinds, sizes, counts of
//! names, the order in which times were set), contents, names, and what links say; not numbers of nodes.

use super::clocks::{Clock, Time};
use super::files::Access;
use super::memory::MemoryTree;
use super::mounts::{Dir, File, Mounts};
use super::tree::MemoryLimits;
use std::path::PathBuf;
use wrt_wasi::{Errno, FileStat, FileType, Files, Open, Opened, SetTime};

/// SplitMix64: the same calls in every run.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len() as u64) as usize]
    }
    fn path(&mut self) -> String {
        let mut path = String::new();
        if self.one_in(40) {
            path.push('/');
        }
        for k in 0..=self.below(3) {
            if k > 0 {
                path += if self.one_in(12) { "//" } else { "/" };
            }
            path += self.pick(&["a", "b", "c", "d", "a", "b", "c", "d", ".", ".."]);
        }
        path += self.pick(&["", "", "", "", "", "", "/", "/.", "//"]);
        match self.below(200) {
            0 => String::new(),
            1 => "n".repeat(256),
            _ => path,
        }
    }
}

/// What is compared of a node.
#[derive(Debug, PartialEq, Eq)]
struct Said(FileType, u64, u64, Option<(u64, u64)>);

/// What a call comes to.
type Answer = Result<Vec<Said>, Errno>;

fn said(stat: FileStat) -> Said {
    let (nlink, size) = match stat.filetype {
        // A directory's size is the file system's own affair.
        FileType::Directory => (stat.nlink, 0),
        _ => (stat.nlink, stat.size),
    };
    // Times that were set are small; others are those of the run.
    let set = (stat.mtim < 1_000_000 && stat.filetype == FileType::RegularFile).then_some((stat.mtim, 0));
    Said(stat.filetype, nlink, size, set)
}

/// One side: a provider with what is open in it. Both sides open and close the same.
struct Side {
    files: Mounts,
    dirs: Vec<Dir>,
    open: Vec<(File, bool, bool)>,
}

#[derive(Debug, Clone)]
enum Call {
    Open(usize, String, Open),
    Stat(usize, String, bool),
    Read(usize, u64, usize),
    Write(usize, u64, usize),
    Append(usize, usize),
    SetSize(usize, u64),
    Allocate(usize, u64, u64),
    StatFile(usize),
    StatDir(usize),
    List(usize),
    Close(usize),
    CloseDir(usize),
    Mkdir(usize, String),
    Rmdir(usize, String),
    Unlink(usize, String),
    Link((usize, String), (usize, String), bool),
    Rename((usize, String), (usize, String)),
    Symlink(String, usize, String),
    ReadLink(usize, String),
    Times(usize, String, bool, u64),
    FileTimes(usize, u64),
}

impl Side {
    fn new(mut files: Mounts) -> Self {
        files.begin(&Time::new(Clock::Real, 1));
        let root = files.preopen(0).expect("granted");
        Side { files, dirs: vec![root], open: Vec::new() }
    }

    fn one(&mut self, stat: Result<FileStat, Errno>) -> Answer {
        stat.map(|stat| vec![said(stat)])
    }

    /// Makes a call; its answer and bytes.
    fn call(&mut self, call: &Call) -> (Answer, Vec<u8>) {
        let mut bytes = Vec::new();
        let none = |answer: Result<(), Errno>| answer.map(|()| Vec::new());
        let files = &mut self.files;
        let answer = match call {
            Call::Open(dir, path, how) => match files.open(&self.dirs[*dir], path, *how) {
                Ok(Opened::Dir(dir)) => {
                    self.dirs.push(dir);
                    Ok(Vec::new())
                }
                Ok(Opened::File(file)) => {
                    self.open.push((file, how.read, how.write));
                    Ok(Vec::new())
                }
                Err(errno) => Err(errno),
            },
            Call::Stat(dir, path, follow) => {
                let stat = files.stat_at(&self.dirs[*dir], path, *follow);
                self.one(stat)
            }
            Call::Read(file, at, len) => {
                let mut room = vec![0; *len];
                let answer = files.read_at(&self.open[*file].0, &mut room, *at);
                answer.map(|len| bytes.extend(&room[..len])).map(|()| Vec::new())
            }
            Call::Write(file, at, len) => {
                let answer = files.write_at(&self.open[*file].0, &vec![*len as u8; *len], *at);
                none(answer.map(|done| assert_eq!(done, *len)))
            }
            Call::Append(file, len) => {
                let answer = files.append(&self.open[*file].0, &vec![*len as u8; *len]);
                none(answer.map(|done| assert_eq!(done, *len)))
            }
            Call::SetSize(file, size) => none(files.set_size(&self.open[*file].0, *size)),
            Call::Allocate(file, at, len) => none(files.allocate(&self.open[*file].0, *at, *len)),
            Call::StatFile(file) => {
                let stat = files.stat(&self.open[*file].0);
                self.one(stat)
            }
            Call::StatDir(dir) => {
                let stat = files.dir_stat(&self.dirs[*dir]);
                self.one(stat)
            }
            Call::List(dir) => {
                let dir = &mut self.dirs[*dir];
                let mut answer = none(files.rewind(dir));
                let mut name = [0; 300];
                for number in 0.. {
                    match files.entry(dir, number, &mut name) {
                        Ok(Some(entry)) => {
                            bytes.extend(&name[..entry.name_len]);
                            bytes.extend([b'/', entry.filetype as u8]);
                        }
                        Ok(None) => break,
                        Err(errno) => {
                            answer = Err(errno);
                            break;
                        }
                    }
                }
                answer
            }
            Call::Close(file) => {
                self.open.swap_remove(*file);
                Ok(Vec::new())
            }
            Call::CloseDir(dir) => {
                self.dirs.swap_remove(*dir);
                Ok(Vec::new())
            }
            Call::Mkdir(dir, path) => none(files.create_directory(&self.dirs[*dir], path)),
            Call::Rmdir(dir, path) => none(files.remove_directory(&self.dirs[*dir], path)),
            Call::Unlink(dir, path) => none(files.unlink(&self.dirs[*dir], path)),
            Call::Link((from, old), (to, new), follow) => {
                none(files.link((&self.dirs[*from], old), *follow, (&self.dirs[*to], new)))
            }
            Call::Rename((from, old), (to, new)) => {
                none(files.rename((&self.dirs[*from], old), (&self.dirs[*to], new)))
            }
            Call::Symlink(target, dir, path) => none(files.symlink(target, &self.dirs[*dir], path)),
            Call::ReadLink(dir, path) => {
                let mut room = [0; 100];
                let answer = files.read_link(&self.dirs[*dir], path, &mut room);
                answer.map(|len| bytes.extend(&room[..len])).map(|()| Vec::new())
            }
            Call::Times(dir, path, follow, at) => {
                none(files.set_times_at(&self.dirs[*dir], path, *follow, SetTime::At(*at), SetTime::At(*at)))
            }
            Call::FileTimes(file, at) => none(files.set_times(&self.open[*file].0, SetTime::Keep, SetTime::At(*at))),
        };
        (answer, bytes)
    }
}

/// A call that both sides can make.
fn random(rng: &mut Rng, side: &Side) -> Call {
    let dir = if rng.one_in(3) { rng.below(side.dirs.len() as u64) as usize } else { 0 };
    let other = if rng.one_in(3) { rng.below(side.dirs.len() as u64) as usize } else { 0 };
    let path = rng.path();
    let file = (!side.open.is_empty()).then(|| rng.below(side.open.len() as u64) as usize);
    let len = rng.below(300);
    let (reads, writes) = file.map_or((false, false), |file| (side.open[file].1, side.open[file].2));
    if let Some(file) = file
        && rng.one_in(3)
    {
        match rng.below(9) {
            0 if reads => return Call::Read(file, rng.below(500), len as usize),
            1 if writes => return Call::Write(file, rng.below(500), len as usize),
            2 if writes => return Call::Append(file, len as usize),
            3 => return Call::SetSize(file, rng.below(1000)),
            4 if writes => return Call::Allocate(file, rng.below(500), 1 + rng.below(500)),
            5 => return Call::StatFile(file),
            6 => return Call::FileTimes(file, 1000 * rng.below(1000)),
            7 | 8 => return Call::Close(file),
            _ => {}
        }
    }
    match rng.below(24) {
        0..=5 => {
            let write = rng.one_in(2);
            let create = write && rng.one_in(2);
            let truncate = write && rng.one_in(4);
            let how = Open {
                read: !write || rng.one_in(2),
                write,
                create,
                exclusive: create && rng.one_in(3),
                truncate,
                // `path_open` refuses a directory that is to be made or emptied.
                directory: !create && !truncate && rng.one_in(4),
                follow: rng.one_in(2),
            };
            Call::Open(dir, path, how)
        }
        6 | 7 => Call::Stat(dir, path, rng.one_in(2)),
        8 => Call::StatDir(dir),
        9 | 10 => Call::List(dir),
        11 if dir > 0 => Call::CloseDir(dir),
        11..=13 => Call::Mkdir(dir, path),
        14 => Call::Rmdir(dir, path),
        15 => Call::Unlink(dir, path),
        16 | 17 => Call::Link((dir, path), (other, rng.path()), rng.one_in(9)),
        18 | 19 => Call::Rename((dir, path), (other, rng.path())),
        20 | 21 => Call::Symlink(rng.path(), dir, path),
        22 => Call::ReadLink(dir, path),
        _ => Call::Times(dir, path, rng.one_in(2), 1000 * rng.below(1000)),
    }
}

struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn compare(seed: u64, access: Access, calls: u32) {
    let place = Place(std::env::temp_dir().join(format!("wrt-likeness-{}-{seed}", std::process::id())));
    std::fs::create_dir_all(place.0.join("a/b")).expect("a directory");
    std::fs::write(place.0.join("c"), "text").expect("a file");
    let mut os = Mounts::default();
    os.grant(&place.0, "/", access).expect("opens");
    let tree = MemoryTree::copy_of(&place.0, MemoryLimits::default()).expect("a copy");
    let mut memory = Mounts::default();
    memory.grant_tree(tree.shared(), "/", access);
    let (mut os, mut memory) = (Side::new(os), Side::new(memory));
    let mut rng = Rng(seed);
    let mut done = Vec::new();
    for _ in 0..calls {
        let call = random(&mut rng, &os);
        let (theirs, ours) = (os.call(&call), memory.call(&call));
        done.push(format!("{call:?} -> {:?}", theirs.0));
        let told = done.len().saturating_sub(400);
        assert_eq!(theirs, ours, "seed {seed}, after\n{}", done[told..].join("\n"));
    }
    drop((os, memory));
}

#[test]
fn wasi_1_trees_in_memory_answer_as_directories_of_the_system_do() {
    for seed in 0..100 {
        compare(seed, Access::ReadWrite, 400);
    }
}

#[test]
fn wasi_4_trees_in_memory_that_may_be_read_only_answer_as_directories_do() {
    for seed in 1000..1010 {
        compare(seed, Access::ReadOnly, 200);
    }
}

/// What is charged is given back: an emptied tree has all of its room.
#[test]
fn wasi_5_what_is_removed_makes_room() {
    let mut full = 0;
    for seed in 2000..2020 {
        let limits = MemoryLimits { bytes: 1000, names: 4 };
        let tree = MemoryTree::new(limits);
        let mut mounts = Mounts::default();
        mounts.grant_tree(tree.shared(), "/", Access::ReadWrite);
        let mut side = Side::new(mounts);
        let mut rng = Rng(seed);
        for _ in 0..600 {
            let call = random(&mut rng, &side);
            // Writes are cut short at the bound, which `call` does not expect.
            if matches!(call, Call::Write(..) | Call::Append(..)) {
                continue;
            }
            full += u32::from(side.call(&call).0 == Err(Errno::Nospc));
            assert!(tree.bytes_used() <= limits.bytes);
        }
        side.open.clear();
        side.dirs.truncate(1);
        remove_all(&mut side.files, &side.dirs[0], "");
        assert_eq!(tree.bytes_used(), 0, "seed {seed}");
        assert_eq!(super::tree::lock(tree.shared()).used(), (0, 0), "seed {seed}");
    }
    assert!(full > 20, "{full} calls came to the bound");
}

fn remove_all(files: &mut Mounts, root: &Dir, path: &str) {
    let how = Open {
        read: true,
        write: false,
        create: false,
        exclusive: false,
        truncate: false,
        directory: true,
        follow: false,
    };
    let at = if path.is_empty() { "." } else { path };
    let Ok(Opened::Dir(mut dir)) = files.open(root, at, how) else { panic!("{at} is a directory") };
    let mut name = [0; 300];
    for number in 0.. {
        let Some(entry) = files.entry(&mut dir, number, &mut name).expect("listed") else { break };
        let name = core::str::from_utf8(&name[..entry.name_len]).expect("UTF-8");
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        if entry.filetype == FileType::Directory {
            remove_all(files, root, &path);
            files.remove_directory(root, &path).expect("empty");
        } else {
            files.unlink(root, &path).expect("a file or link");
        }
    }
}
