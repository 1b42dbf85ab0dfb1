//! Directories that lie in memory or in the module: no way leads out, bounds hold, and what is in them stays together.
#![cfg(feature = "wasi")]

mod wasi_guest;

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use wasi_guest::{End, Guest, OK, Place};
use wrt_host::wasi::{
    Access, Clock, DETERMINISTIC_START, EmbeddedFiles, MemoryLimits, MemoryTree, Wasi, WasiBuilder, embed,
};
use wrt_wasi::Errno;

const CREATE: u64 = 1;
const TRUNCATE: u64 = 8;
const READ: u64 = 2;
const WRITE: u64 = 64;
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// What a tree holds as embedded files.
fn embedded(tree: &MemoryTree) -> EmbeddedFiles {
    let module: Arc<[u8]> = embed(MODULE, tree).expect("fits").into();
    EmbeddedFiles::find(&module).expect("well formed").expect("embedded")
}

/// Guests on the directory of a place, on a copy of it in memory, and on the same embedded.
fn guests(place: &Place) -> [(&'static str, Guest); 3] {
    let tree = MemoryTree::copy_of(&place.granted(), MemoryLimits::default()).expect("a copy");
    let builder = Wasi::builder().embedded(&embedded(&tree), "/").expect("granted");
    [
        ("the directory", Guest::of(place, Access::ReadWrite)),
        ("a copy", Guest::of_copy(place)),
        ("embedded", Guest::new(builder)),
    ]
}

#[test]
fn wasi_4_paths_lead_out_of_no_kind_of_directory() {
    let place = Place::new();
    symlink("../secret", place.at("granted/up")).expect("a link");
    symlink(place.at("outside"), place.at("granted/abs")).expect("a link");
    symlink("sub/../../outside", place.at("granted/around")).expect("a link");
    symlink("up", place.at("granted/twice")).expect("a link");
    symlink("/proc/self/root", place.at("granted/root")).expect("a link");
    let paths = [
        "..",
        "../secret",
        "sub/../..",
        "sub/../../secret",
        "./../outside/secret",
        "../granted/own",
        "sub/../../granted/sub",
        "../new",
        "/",
        "/own",
        "//own",
        "/etc/passwd",
        "up",
        "abs",
        "around",
        "twice",
        "abs/secret",
        "around/secret",
        "abs/",
        "around/..",
        "root/etc/passwd",
        "root/",
    ];
    let [(_, host), others @ ..] = guests(&place);
    for path in paths {
        for (oflags, rights) in [(0, READ), (2, READ)] {
            let theirs = host.open(3, path, oflags, rights);
            assert_eq!(theirs, Err(End::Errno(Errno::Perm)), "{path}");
            for (kind, g) in &others {
                assert_eq!(g.open(3, path, oflags, rights), theirs, "{kind}: {path} is opened with {oflags}");
                assert!(g.open(3, path, CREATE, WRITE).is_err(), "{kind}: {path} is made");
                assert!(g.open(3, path, TRUNCATE, WRITE).is_err(), "{kind}: {path} is emptied");
            }
        }
        for (kind, g) in &others {
            assert_eq!(g.at("path_filestat_get", path), End::Errno(Errno::Perm), "{kind}: {path}");
            let names = ["path_create_directory", "path_filestat_set_times", "path_remove_directory", "path_readlink"];
            for name in names {
                // The link itself may be read and has its own times; what an absolute one says is not told.
                if !(name == "path_readlink" && ["up", "around", "twice"].contains(&path)) {
                    assert_ne!(g.at(name, path), OK, "{kind}: {name} {path}");
                }
            }
            assert_ne!(g.two("path_link", "own", path), OK, "{kind}: a name at {path}");
            assert_ne!(g.two("path_symlink", "own", path), OK, "{kind}: a link at {path}");
        }
    }
    for (kind, g) in &others {
        assert_ne!(g.two("path_symlink", "/etc", "new"), OK, "{kind}");
        assert_ne!(g.two("path_rename", "own", "../secret"), OK, "{kind}");
        assert_ne!(g.two("path_rename", "own", "around/secret"), OK, "{kind}");
        // What is beneath is reached, so that the test would see it.
        let fd = g.open(3, "sub/../own", 0, READ).expect(kind);
        assert_eq!(g.read(fd), Ok(b"own".to_vec()), "{kind}");
        let sub = g.open(3, "sub", 2, READ).expect(kind);
        assert_eq!(g.open(sub, "../own", 0, READ), Err(End::Errno(Errno::Perm)), "{kind}: above what was opened");
    }
    assert!(place.is_untouched());
}

#[test]
fn wasi_4_a_copy_leaves_the_directory_alone() {
    let place = Place::new();
    fs::hard_link(place.at("granted/own"), place.at("granted/sub/other")).expect("a link");
    let g = Guest::of_copy(&place);
    let fd = g.open(3, "own", TRUNCATE, WRITE).expect("opens");
    assert_eq!(g.write(fd, "changed"), OK);
    let other = g.open(3, "sub/other", 0, READ).expect("opens");
    assert_eq!(g.read(other), Ok(b"changed".to_vec()), "another name of the same file");
    assert_eq!(g.at("path_unlink_file", "own"), OK);
    assert_eq!(g.at("path_create_directory", "new"), OK);
    assert_eq!(fs::read(place.at("granted/own")).expect("a file"), b"own");
    assert!(!place.at("granted/new").exists());
    assert!(place.is_untouched());
}

#[test]
fn wasi_4_embedded_files_are_not_changed() {
    let tree = MemoryTree::new(MemoryLimits::default());
    tree.insert("dir/file", "text").expect("a file");
    let files = embedded(&tree);
    let g = Guest::new(Wasi::builder().embedded(&files, "/").expect("granted"));
    for (oflags, rights) in [(0, WRITE), (0, READ | WRITE), (CREATE, READ), (TRUNCATE, READ)] {
        assert_eq!(g.open(3, "dir/file", oflags, rights), Err(End::Errno(Errno::Perm)), "{oflags} {rights}");
    }
    for name in ["path_create_directory", "path_filestat_set_times", "path_remove_directory", "path_unlink_file"] {
        assert_eq!(g.at(name, "dir/file"), End::Errno(Errno::Perm), "{name}");
    }
    for name in ["path_link", "path_rename", "path_symlink"] {
        assert_eq!(g.two(name, "dir/file", "new"), End::Errno(Errno::Perm), "{name}");
    }
    let fd = g.open(3, "dir/file", 0, READ).expect("opens");
    assert_eq!(g.call("fd_filestat_set_size", &[fd, 0]), End::Errno(Errno::Perm));
    assert_eq!(g.call("fd_allocate", &[fd, 0, 9]), End::Errno(Errno::Badf));
    assert_eq!(g.write(fd, "x"), End::Errno(Errno::Badf));
    assert_eq!(g.read(fd), Ok(b"text".to_vec()));
    assert_eq!(files.read("dir/file").expect("a file"), b"text");
}

fn with_memory(limits: MemoryLimits) -> Guest {
    Guest::new(Wasi::builder().memory_directory("/tmp", limits).expect("granted"))
}

#[test]
fn wasi_5_sizes_beyond_the_bound_take_no_memory() {
    let g = with_memory(MemoryLimits { bytes: 1000, names: 10 });
    let fd = g.open(3, "f", CREATE, READ | WRITE).expect("opens");
    for size in [1 << 40, i64::MAX as u64, 1001] {
        assert_eq!(g.call("fd_filestat_set_size", &[fd, size]), End::Errno(Errno::Fbig), "{size}");
        assert_eq!(g.call("fd_allocate", &[fd, size - 1, 1]), End::Errno(Errno::Fbig), "{size}");
    }
    assert_eq!(g.call("fd_filestat_set_size", &[fd, u64::MAX]), End::Errno(Errno::Inval));
    // The name has a byte, too.
    assert_eq!(g.call("fd_filestat_set_size", &[fd, 1000]), End::Errno(Errno::Nospc));
    assert_eq!(g.call("fd_filestat_set_size", &[fd, 999]), OK);
    assert_eq!(g.call("fd_seek", &[fd, 999, 0, 0x100]), OK);
    assert_eq!(g.write(fd, "x"), End::Errno(Errno::Nospc));
    assert_eq!(g.call("fd_seek", &[fd, 1 << 40, 0, 0x100]), OK);
    assert_eq!(g.write(fd, "x"), End::Errno(Errno::Fbig));
    assert_eq!(g.call("fd_filestat_set_size", &[fd, 990]), OK);
    assert_eq!(g.call("fd_seek", &[fd, 990, 0, 0x100]), OK);
    assert_eq!(g.write(fd, "twelve bytes"), OK, "as much as there is room for");
    assert_eq!(g.u32(0x100), 9);
    // Room comes back when the last handle goes, not before.
    assert_eq!(g.at("path_unlink_file", "f"), OK);
    assert_eq!(g.at("path_create_directory", "a directory"), End::Errno(Errno::Nospc));
    assert_eq!(g.call("fd_close", &[fd]), OK);
    assert_eq!(g.at("path_create_directory", "a directory"), OK);
}

#[test]
fn wasi_5_names_beyond_the_bound_are_not_made() {
    let g = with_memory(MemoryLimits { bytes: 1 << 20, names: 3 });
    for name in ["a", "b"] {
        assert!(g.open(3, name, CREATE, WRITE).is_ok(), "{name}");
    }
    assert_eq!(g.two("path_link", "a", "c"), OK);
    assert_eq!(g.open(3, "d", CREATE, WRITE), Err(End::Errno(Errno::Nospc)));
    assert_eq!(g.two("path_link", "a", "d"), End::Errno(Errno::Nospc));
    assert_eq!(g.two("path_symlink", "a", "d"), End::Errno(Errno::Nospc));
    assert_eq!(g.at("path_create_directory", "d"), End::Errno(Errno::Nospc));
    assert_eq!(g.two("path_rename", "a", "d"), OK);
    assert_eq!(g.at("path_unlink_file", "b"), OK);
    assert_eq!(g.at("path_create_directory", "e"), OK);
}

#[test]
fn wasi_1_mounts_of_all_kinds_stand_side_by_side() {
    let place = Place::new();
    let (one, two) = (MemoryTree::new(MemoryLimits::default()), MemoryTree::new(MemoryLimits::default()));
    one.insert("own", "in memory").expect("a file");
    two.insert("own", "embedded").expect("a file");
    let granted = |b: WasiBuilder| -> std::io::Result<WasiBuilder> {
        b.memory(&one, "/mem", Access::ReadWrite)?
            .directory(&place.granted(), "/host", Access::ReadWrite)?
            .embedded(&embedded(&two), "/data")?
            .memory_directory("/tmp", MemoryLimits::default())
    };
    let g = Guest::new(granted(Wasi::builder()).expect("granted"));
    for (fd, text) in [(3, &b"in memory"[..]), (4, b"own"), (5, b"embedded")] {
        let file = g.open(fd, "own", 0, READ).expect("opens");
        assert_eq!(g.read(file).as_deref(), Ok(text));
        assert_eq!(g.call("fd_close", &[file]), OK);
    }
    assert_eq!(g.open(6, "own", 0, READ), Err(End::Errno(Errno::Noent)));
    g.put(0x4000, b"own");
    for (from, to) in [(3, 4), (4, 3), (3, 6), (6, 4)] {
        let end = g.call("path_rename", &[from, 0x4000, 3, to, 0x4000, 3]);
        assert_eq!(end, End::Errno(Errno::Xdev), "{from} to {to}");
        let end = g.call("path_link", &[from, 0, 0x4000, 3, to, 0x4000, 3]);
        assert_eq!(end, End::Errno(Errno::Xdev), "{from} to {to}");
    }
    // No two of them are the same file system.
    let devs: Vec<u64> = (3..7)
        .map(|fd| {
            assert_eq!(g.call("fd_filestat_get", &[fd, 0x200]), OK);
            g.u64(0x200)
        })
        .collect();
    assert!((0..4).all(|a| (0..a).all(|b| devs[a] != devs[b])), "{devs:?}");
    assert_eq!(g.open(7, "own", 0, READ), Err(End::Errno(Errno::Badf)), "and no more");
}

#[test]
fn wasi_1_what_a_guest_leaves_in_memory_is_read_afterwards() {
    let tree = MemoryTree::new(MemoryLimits::default());
    tree.insert("in/text", "given").expect("a file");
    for wrong in ["", "/a", "a//b", "../a", "a/.", "in/text/x", "in"] {
        assert!(tree.insert(wrong, "x").is_err(), "{wrong}");
    }
    let g = Guest::new(Wasi::builder().memory(&tree, "/", Access::ReadWrite).expect("granted"));
    let fd = g.open(3, "in/text", 0, READ).expect("opens");
    assert_eq!(g.read(fd), Ok(b"given".to_vec()));
    let fd = g.open(3, "out", CREATE, WRITE).expect("opens");
    assert_eq!(g.write(fd, "left"), OK);
    drop(g);
    assert_eq!(tree.files(), ["in/text", "out"]);
    assert_eq!(tree.read("out").expect("a file"), b"left");
    assert_eq!(tree.bytes_used(), "in".len() as u64 + "text".len() as u64 + 5 + "out".len() as u64 + 4);
}

#[test]
fn wasi_1_times_and_numbers_in_memory_are_the_same_in_every_run() {
    let run = || {
        let tree = MemoryTree::new(MemoryLimits::default());
        tree.insert("old", "x").expect("a file");
        let clock = Clock::Deterministic(DETERMINISTIC_START);
        let g = Guest::new(Wasi::builder().clock(clock).memory(&tree, "/", Access::ReadWrite).expect("granted"));
        assert_eq!(g.call("clock_time_get", &[0, 0, 0x300]), OK);
        let now = g.u64(0x300);
        let fd = g.open(3, "new", CREATE, WRITE).expect("opens");
        assert_eq!(g.write(fd, "text"), OK);
        let mut seen = Vec::new();
        for path in ["old", "new"] {
            assert_eq!(g.at("path_filestat_get", path), OK);
            seen.push(g.get(0x200, 64));
        }
        assert_eq!(seen[0][48..56], DETERMINISTIC_START.to_le_bytes(), "since the guest began");
        let written = u64::from_le_bytes(seen[1][48..56].try_into().expect("eight bytes"));
        assert_eq!(g.call("clock_time_get", &[0, 0, 0x300]), OK);
        assert!(now < written && written < g.u64(0x300), "{now} {written}: not by the guest's clock");
        seen
    };
    assert_eq!(run(), run());
}

#[test]
fn wasi_1_copies_say_what_they_cannot_hold() {
    let place = Place::new();
    let copy = |limits| MemoryTree::copy_of(&place.granted(), limits).map_err(|e| (e.kind(), e.to_string()));
    // own and sub with their names, and what is in own.
    assert_eq!(copy(MemoryLimits { bytes: 9, names: 2 }).expect("just fits").bytes_used(), 9);
    for limits in [MemoryLimits { bytes: 8, names: 2 }, MemoryLimits { bytes: 9, names: 1 }] {
        let (kind, why) = copy(limits).expect_err("too large");
        assert!(kind == std::io::ErrorKind::StorageFull && why.contains("bound"), "{why}");
    }
    let pipe = place.at("granted/sub/pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a pipe");
    let (_, why) = copy(MemoryLimits::default()).expect_err("a pipe");
    assert!(why.contains("sub/pipe"), "{why}");
    assert!(MemoryTree::copy_of(&place.at("absent"), MemoryLimits::default()).is_err());
}
