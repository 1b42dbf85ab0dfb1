//! WASI-6: a disk that is full, and a program that may open no more files: the guest gets the error of the system, what
//! was written before stays, nothing stays open, and it goes on when there is room again.
#![cfg(feature = "wasi")]

mod wasi_guest;

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use wasi_guest::{End, Guest, OK, Place};
use wrt_host::wasi::{Access, Wasi};
use wrt_wasi::Errno;

const CREATE: u64 = 1;
const READ: u64 = 2;
const WRITE: u64 = 64;

/// A file system of 64 KiB, taken away with the test.
struct Small(PathBuf);

impl Small {
    /// `None`, said aloud, where this process may not mount one.
    fn new(at: &Path) -> Option<Small> {
        match mount("tmpfs", at, "tmpfs", MountFlags::empty(), c"size=64k") {
            Ok(()) => Some(Small(at.to_owned())),
            Err(why) => {
                eprintln!("a full disk is skipped, because no file system can be mounted here: {why}");
                None
            }
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = unmount(&self.0, UnmountFlags::DETACH);
    }
}

/// Held by each test, since they count what the process has open.
static ALONE: Mutex<()> = Mutex::new(());

/// Files that this process has open.
fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").expect("readable").count()
}

#[test]
fn wasi_6_a_full_disk_is_an_answer() {
    let _alone = ALONE.lock();
    let place = Place::new();
    let Some(_small) = Small::new(&place.granted()) else { return };
    let g = Guest::of(&place, Access::ReadWrite);
    let before = open_files();
    let fd = g.open(3, "big", CREATE, READ | WRITE).expect("there is room for a name");
    // Pieces that do not end where the disk does.
    let piece: Vec<u8> = (0..10_000).map(|at| (at % 251) as u8).collect();
    let mut whole = Vec::new();
    let mut ends = Vec::new();
    for _ in 0..10 {
        g.put(0x4000, &piece);
        g.put(0x80, &[0x4000u32.to_le_bytes(), (piece.len() as u32).to_le_bytes()].concat());
        let end = g.call("fd_write", &[fd, 0x80, 1, 0x100]);
        if end == OK {
            whole.extend_from_slice(&piece[..g.u32(0x100) as usize]);
        }
        ends.push(end);
    }
    assert!(ends.starts_with(&[OK; 6]) && ends.ends_with(&[End::Errno(Errno::Nospc); 3]), "{ends:?}");
    assert_eq!(g.call("fd_tell", &[fd, 0x100]), OK);
    assert_eq!(g.u64(0x100) as usize, whole.len(), "the place is behind what was written");
    assert!(fs::read(place.at("granted/big")).expect("readable") == whole, "what was written is whole");
    // Everything else that needs room; room for names is not bounded there.
    assert_eq!(g.call("fd_allocate", &[fd, 0, 1 << 20]), End::Errno(Errno::Nospc));
    assert_eq!(g.call("fd_pwrite", &[fd, 0x80, 1, 1 << 16, 0x100]), End::Errno(Errno::Nospc));
    let other = g.open(3, "other", CREATE, READ | WRITE).expect("a name");
    assert_eq!(g.write(other, "x"), End::Errno(Errno::Nospc));
    // Reading goes on; with room, writing does.
    assert_eq!(g.call("fd_seek", &[fd, 0, 0, 0x100]), OK);
    assert_eq!(g.read(fd), Ok(piece[..100].to_vec()));
    assert_eq!(g.call("fd_filestat_set_size", &[fd, 100]), OK);
    assert_eq!(g.write(other, "x"), OK);
    for fd in [fd, other] {
        assert_eq!(g.call("fd_close", &[fd]), OK);
    }
    assert_eq!(open_files(), before, "a file stays open");
    assert!(place.is_untouched());
}

#[test]
fn wasi_6_no_descriptor_left_is_an_answer() {
    let _alone = ALONE.lock();
    let place = Place::new();
    // Three streams and the directory are open already.
    let builder = Wasi::builder().descriptors(10).directory(&place.granted(), "/", Access::ReadWrite).expect("opens");
    let g = Guest::new(builder);
    for _ in 0..3 {
        let mut open = Vec::new();
        let end = loop {
            match g.open(3, "own", 0, READ) {
                Ok(fd) => open.push(fd),
                Err(end) => break end,
            }
        };
        assert_eq!((end, open.len()), (End::Errno(Errno::Nfile), 6));
        assert_eq!(g.open(3, "new", CREATE, WRITE), Err(End::Errno(Errno::Nfile)));
        assert!(!place.at("granted/new").exists(), "a file is made that nobody gets");
        for fd in open {
            assert_eq!(g.call("fd_close", &[fd]), OK);
        }
    }
}
