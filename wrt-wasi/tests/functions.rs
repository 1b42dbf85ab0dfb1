//! Every function of WASI preview 1, called by a guest over a host in memory.

mod harness;

use harness::{End, Guest, OK, TestHost};
use wrt_core::{FuncType, ValType};
use wrt_wasi::{Errno, FileType, Function, Rights, Version};

const PAGE: u64 = 0x1_0000;

fn guest() -> Guest {
    Guest::new(TestHost::new())
}

fn errno(errno: Errno) -> End {
    End::Errno(errno)
}

fn fault() -> End {
    End::Trap(Errno::Fault as u64)
}

fn unknown() -> End {
    End::Trap(Errno::Inval as u64)
}

#[test]
fn wasi_5_scratch_that_moves_nothing_is_refused() {
    let slots = || (0..4).map(|_| wrt_wasi::Slot::EMPTY).collect::<Vec<_>>();
    for (bytes, end) in [(0, Some(Errno::Nobufs)), (63, Some(Errno::Nobufs)), (64, None)] {
        let wasi = wrt_wasi::Wasi::new(TestHost::new(), (slots(), vec![0; bytes]));
        assert_eq!(wasi.err(), end, "{bytes} bytes");
    }
}

#[test]
fn wasi_1_has_all_functions_in_both_versions() {
    assert_eq!(Function::ALL.len(), 46);
    for function in Function::ALL {
        assert_eq!(Function::find("wasi_snapshot_preview1", function.name()), Some((function, Version::Preview1)));
        let older = (function != Function::SockAccept).then_some((function, Version::Unstable));
        assert_eq!(Function::find("wasi_unstable", function.name()), older);
    }
    assert_eq!(Function::find("env", "fd_write"), None);
    assert_eq!(Function::find("wasi_snapshot_preview1", "fd_writ"), None);
}

#[test]
fn wasi_1_signatures_are_compared() {
    let i = ValType::I32;
    assert!(Function::FdWrite.matches(&FuncType { params: &[i, i, i, i], results: &[i] }));
    assert!(!Function::FdWrite.matches(&FuncType { params: &[i, i, i], results: &[i] }));
    assert!(!Function::FdWrite.matches(&FuncType { params: &[i, i, i, i], results: &[] }));
    assert!(!Function::FdSeek.matches(&FuncType { params: &[i, i, i, i], results: &[i] }));
    assert!(Function::ProcExit.matches(&FuncType { params: &[i], results: &[] }));
}

#[test]
fn wasi_1_arguments_and_variables() {
    let mut host = TestHost::new();
    host.args = vec![b"prog".to_vec(), b"".to_vec(), b"two".to_vec()];
    host.vars = vec![b"A=1".to_vec()];
    let g = Guest::new(host);
    assert_eq!(g.call("args_sizes_get", &[16, 20]), OK);
    assert_eq!((g.u32(16), g.u32(20)), (3, 10));
    assert_eq!(g.call("args_get", &[32, 64]), OK);
    assert_eq!((g.u32(32), g.u32(36), g.u32(40)), (64, 69, 70));
    assert_eq!(g.get(64, 10), b"prog\0\0two\0");
    assert_eq!(g.call("environ_sizes_get", &[16, 20]), OK);
    assert_eq!((g.u32(16), g.u32(20)), (1, 4));
    assert_eq!(g.call("environ_get", &[32, 64]), OK);
    assert_eq!(g.get(64, 4), b"A=1\0");
    assert_eq!(g.call("args_get", &[PAGE - 4, 64]), fault());
    assert_eq!(g.call("args_get", &[32, PAGE - 2]), fault());
    assert_eq!(g.call("args_get", &[33, 64]), fault(), "an array of addresses that is not aligned");
    assert_eq!(g.call("args_sizes_get", &[PAGE, 0]), fault());
}

#[test]
fn wasi_1_clocks() {
    let g = guest();
    g.world.borrow_mut().time = 42;
    assert_eq!(g.call("clock_time_get", &[0, 1, 8]), OK);
    assert_eq!(g.u64(8), 1_000_042);
    assert_eq!(g.call("clock_time_get", &[1, 1, 8]), OK);
    assert_eq!(g.u64(8), 42);
    assert_eq!(g.call("clock_res_get", &[1, 8]), OK);
    assert_eq!(g.u64(8), 5);
    for clock in [2, 3] {
        assert_eq!(g.call("clock_time_get", &[clock, 1, 8]), errno(Errno::Inval), "a clock that the host lacks");
        assert_eq!(g.call("clock_res_get", &[clock, 8]), errno(Errno::Inval));
    }
    assert_eq!(g.call("clock_time_get", &[4, 1, 8]), unknown());
    assert_eq!(g.call("clock_time_get", &[0, 1, 12]), fault());
    assert_eq!(g.call("clock_res_get", &[0, PAGE]), fault());
}

#[test]
fn wasi_1_random_yield_raise_and_exit() {
    let g = guest();
    assert_eq!(g.call("random_get", &[1, 1000]), OK);
    assert_eq!(g.get(0, 1002), [vec![0], vec![0xa5; 1000], vec![0]].concat());
    assert_eq!(g.call("random_get", &[PAGE - 1, 2]), fault());
    assert_eq!(g.call("random_get", &[PAGE + 100, 0]), OK, "nothing is stored there");
    assert_eq!(g.call("sched_yield", &[]), OK);
    assert_eq!(g.call("proc_raise", &[6]), errno(Errno::Notsup));
    assert_eq!(g.call("proc_raise", &[31]), unknown());
    assert_eq!(g.call("proc_exit", &[300]), End::Exit(300));
}

#[test]
fn wasi_1_streams() {
    let g = guest();
    g.world.borrow_mut().input.extend([b"abc".to_vec(), b"defg".to_vec()]);
    assert_eq!(g.read(0, 2), Ok(b"ab".to_vec()));
    assert_eq!(g.read(0, 10), Ok(b"c".to_vec()));
    assert_eq!(g.read(0, 10), Ok(b"defg".to_vec()));
    assert_eq!(g.read(0, 10), Ok(vec![]));
    assert_eq!(g.write(1, "out"), Ok(3));
    assert_eq!(g.write(2, "err"), Ok(3));
    assert_eq!(g.world.borrow().written, [b"out".to_vec(), b"err".to_vec()]);
    assert_eq!(g.write(0, "x"), Err(errno(Errno::Badf)));
    assert_eq!(g.read(1, 1), Err(errno(Errno::Badf)));
    g.vectors(0x80, &[(0x5000, 1)]);
    assert_eq!(g.call("fd_pread", &[0, 0x80, 1, 0, 0x100]), errno(Errno::Spipe));
    assert_eq!(g.call("fd_pwrite", &[1, 0x80, 1, 0, 0x100]), errno(Errno::Spipe));
    assert_eq!(g.call("fd_seek", &[1, 0, 0, 0x100]), errno(Errno::Spipe));
    assert_eq!(g.call("fd_tell", &[0, 0x100]), errno(Errno::Spipe));
    for name in ["fd_sync", "fd_datasync"] {
        assert_eq!(g.call(name, &[1]), errno(Errno::Badf));
    }
    assert_eq!(g.call("fd_fdstat_get", &[2, 0x100]), OK);
    assert_eq!(g.get(0x100, 1), [FileType::CharacterDevice as u8]);
    assert_eq!(g.call("fd_filestat_get", &[2, 0x100]), OK);
    assert_eq!(g.get(0x110, 1), [FileType::CharacterDevice as u8]);
}

#[test]
fn wasi_1_vectors_are_gathered_and_scattered() {
    let g = guest();
    let fd = g.create("f");
    g.put(0x4000, b"abcdef");
    g.vectors(0x80, &[(0x4000, 2), (0xffff_ffff, 0), (0x4004, 2), (0x4002, 2)]);
    assert_eq!(g.call("fd_write", &[fd, 0x80, 4, 0x100]), OK);
    assert_eq!(g.u32(0x100), 6);
    g.vectors(0x80, &[(0x5000, 1), (0x5010, 300)]);
    assert_eq!(g.call("fd_pread", &[fd, 0x80, 2, 0, 0x100]), OK);
    assert_eq!((g.u32(0x100), g.get(0x5000, 1), g.get(0x5010, 5)), (6, b"a".to_vec(), b"befcd".to_vec()));
    // More than the scratch, which has 256 bytes.
    let long = "0123456789".repeat(100);
    assert_eq!(g.write(fd, &long), Ok(1000));
    assert_eq!(g.call("fd_seek", &[fd, 6, 0, 0x100]), OK);
    assert_eq!(g.read(fd, 2000), Ok(long.into_bytes()));
    g.vectors(0x80, &[(0x4000, 2), (PAGE as u32 - 1, 2)]);
    assert_eq!(g.call("fd_write", &[fd, 0x80, 2, 0x100]), fault());
    assert_eq!(g.call("fd_write", &[fd, 0x82, 1, 0x100]), fault());
    assert_eq!(g.call("fd_write", &[fd, PAGE - 8, 2, 0x100]), fault());
    assert_eq!(g.call("fd_write", &[fd, 0, 0xffff_ffff, 0x100]), fault());
    g.vectors(0x80, &[(0x4000, 2)]);
    assert_eq!(g.call("fd_write", &[fd, 0x80, 1, PAGE]), fault());
    assert_eq!(g.call("fd_write", &[fd, 0x80, 0, 0x100]), OK);
    assert_eq!(g.u32(0x100), 0);
    assert_eq!(g.call("fd_write", &[99, 0x80, 1, 0x100]), errno(Errno::Badf));
}

#[test]
fn wasi_1_places_in_files() {
    let g = guest();
    let fd = g.create("f");
    assert_eq!(g.write(fd, "hello"), Ok(5));
    assert_eq!(g.call("fd_tell", &[fd, 0x100]), OK);
    assert_eq!(g.u64(0x100), 5);
    for (offset, whence, place) in [(1u64, 0, 1), (2, 1, 3), (-1i64 as u64, 2, 4), (100, 0, 100)] {
        assert_eq!(g.call("fd_seek", &[fd, offset, whence, 0x100]), OK);
        assert_eq!(g.u64(0x100), place);
    }
    assert_eq!(g.read(fd, 1), Ok(vec![]));
    assert_eq!(g.call("fd_seek", &[fd, -1i64 as u64, 0, 0x100]), errno(Errno::Inval));
    assert_eq!(g.call("fd_seek", &[fd, i64::MIN as u64, 2, 0x100]), errno(Errno::Inval));
    assert_eq!(g.call("fd_seek", &[fd, 0, 3, 0x100]), unknown());
    assert_eq!(g.call("fd_seek", &[3, 0, 0, 0x100]), errno(Errno::Badf));
    assert_eq!(g.call("fd_tell", &[3, 0x100]), errno(Errno::Badf));
    g.put(0x4000, b"XY");
    g.vectors(0x80, &[(0x4000, 2)]);
    assert_eq!(g.call("fd_pwrite", &[fd, 0x80, 1, 3, 0x100]), OK);
    assert_eq!(g.call("fd_tell", &[fd, 0x100]), OK);
    assert_eq!(g.u64(0x100), 100, "writing at an offset moves nothing");
    assert_eq!(g.call("fd_seek", &[fd, 0, 0, 0x100]), OK);
    assert_eq!(g.read(fd, 9), Ok(b"helXY".to_vec()));
    assert_eq!(g.call("fd_pwrite", &[fd, 0x80, 1, 1 << 40, 0x100]), errno(Errno::Fbig));
    // Appending goes to the end, wherever the place is.
    assert_eq!(g.call("fd_fdstat_set_flags", &[fd, 1]), OK);
    assert_eq!(g.call("fd_seek", &[fd, 0, 0, 0x100]), OK);
    assert_eq!(g.write(fd, "!"), Ok(1));
    assert_eq!(g.call("fd_tell", &[fd, 0x100]), OK);
    assert_eq!(g.u64(0x100), 6);
}

#[test]
fn wasi_1_what_is_said_of_descriptors() {
    let g = guest();
    let fd = g.open_with(3, "f", 1, 2 | 64, 4).expect("creates");
    assert_eq!(g.call("fd_fdstat_get", &[fd, 0x100]), OK);
    assert_eq!(g.get(0x100, 4), [FileType::RegularFile as u8, 0, 4, 0]);
    assert_eq!(g.u64(0x108), Rights::ALL.bits());
    assert_eq!(g.call("fd_fdstat_set_flags", &[fd, 0]), OK);
    for sync in [2, 8, 16] {
        assert_eq!(g.call("fd_fdstat_set_flags", &[fd, sync]), errno(Errno::Inval));
    }
    assert_eq!(g.call("fd_fdstat_set_flags", &[fd, 32]), unknown());
    assert_eq!(g.call("fd_fdstat_set_flags", &[3, 0]), errno(Errno::Badf));
    assert_eq!(g.write(fd, "abc"), Ok(3));
    assert_eq!(g.call("fd_filestat_get", &[fd, 0x100]), OK);
    assert_eq!((g.u64(0x100), g.u64(0x118), g.u64(0x120), g.u64(0x130)), (1, 1, 3, 7));
    assert_eq!(g.call("fd_filestat_get", &[3, 0x100]), OK);
    assert_eq!(g.get(0x110, 1), [FileType::Directory as u8]);
    assert_eq!(g.call("fd_filestat_set_size", &[fd, 1]), OK);
    assert_eq!(g.call("fd_filestat_get", &[fd, 0x100]), OK);
    assert_eq!(g.u64(0x120), 1);
    assert_eq!(g.call("fd_filestat_set_size", &[3, 1]), errno(Errno::Badf));
    assert_eq!(g.call("fd_filestat_set_times", &[fd, 1, 2, 1 | 4]), OK);
    assert_eq!(g.call("fd_filestat_set_times", &[3, 1, 2, 2 | 8]), OK);
    assert_eq!(g.call("fd_filestat_set_times", &[fd, 1, 2, 3]), errno(Errno::Inval), "to a value and to now");
    assert_eq!(g.call("fd_filestat_set_times", &[fd, 1, 2, 12]), errno(Errno::Inval));
    assert_eq!(g.call("fd_filestat_set_times", &[fd, 1, 2, 16]), unknown());
    assert_eq!(g.call("fd_filestat_set_times", &[1, 1, 2, 1]), errno(Errno::Badf));
    assert_eq!(g.call("fd_advise", &[fd, 0, 1, 5]), OK);
    assert_eq!(g.call("fd_advise", &[fd, 0, 1, 6]), unknown());
    assert_eq!(g.call("fd_advise", &[3, 0, 1, 0]), errno(Errno::Badf));
    assert_eq!(g.call("fd_allocate", &[fd, 4, 6]), OK);
    assert_eq!(g.call("fd_filestat_get", &[fd, 0x100]), OK);
    assert_eq!(g.u64(0x120), 10);
    assert_eq!(g.call("fd_allocate", &[fd, 4, 0]), errno(Errno::Inval));
    assert_eq!(g.call("fd_allocate", &[fd, u64::MAX, 6]), errno(Errno::Fbig));
    assert_eq!(g.call("fd_allocate", &[3, 0, 1]), errno(Errno::Badf));
    assert_eq!((g.call("fd_sync", &[fd]), g.call("fd_datasync", &[fd])), (OK, OK));
    assert_eq!(g.call("fd_fdstat_get", &[77, 0x100]), errno(Errno::Badf));
}

#[test]
fn wasi_1_preopened_directories() {
    let g = guest();
    assert_eq!(g.call("fd_prestat_get", &[3, 0x100]), OK);
    assert_eq!((g.get(0x100, 1), g.u32(0x104)), (vec![0], 5));
    assert_eq!(g.call("fd_prestat_dir_name", &[3, 0x100, 5]), OK);
    assert_eq!(g.get(0x100, 5), b"/data");
    assert_eq!(g.call("fd_prestat_dir_name", &[3, 0x100, 4]), errno(Errno::Nametoolong));
    assert_eq!(g.call("fd_prestat_dir_name", &[3, PAGE - 1, 5]), fault());
    assert_eq!(g.call("fd_prestat_get", &[4, 0x100]), errno(Errno::Badf));
    assert_eq!(g.call("fd_prestat_get", &[1, 0x100]), errno(Errno::Badf));
    assert_eq!(g.call("fd_prestat_dir_name", &[1, 0x100, 5]), errno(Errno::Notdir));
}

#[test]
fn wasi_4_nothing_is_granted_by_default() {
    let mut host = TestHost::new();
    host.disk.granted = false;
    let g = Guest::new(host);
    assert_eq!(g.call("fd_prestat_get", &[3, 0x100]), errno(Errno::Badf));
    assert_eq!(g.open_with(3, "f", 1, 2, 0), Err(errno(Errno::Badf)));
    assert_eq!(g.open_with(0, "f", 1, 2, 0), Err(errno(Errno::Badf)));
    assert_eq!(g.call("args_sizes_get", &[16, 20]), OK);
    assert_eq!((g.u32(16), g.u32(20)), (0, 0));
}

#[test]
fn wasi_1_descriptors_are_closed_renumbered_and_used_again() {
    let g = guest();
    let (a, b) = (g.create("a"), g.create("b"));
    assert_eq!((a, b, g.open.get()), (4, 5, 3));
    assert_eq!(g.write(a, "A"), Ok(1));
    assert_eq!(g.call("fd_renumber", &[a, b]), OK);
    assert_eq!(g.open.get(), 2, "what was there is closed");
    assert_eq!(g.call("fd_tell", &[b, 0x100]), OK);
    assert_eq!(g.u64(0x100), 1);
    assert_eq!(g.call("fd_close", &[a]), errno(Errno::Badf));
    assert_eq!(g.create("c"), a);
    assert_eq!(g.call("fd_renumber", &[b, b]), OK);
    assert_eq!(g.call("fd_renumber", &[b, 9]), errno(Errno::Badf));
    assert_eq!(g.call("fd_renumber", &[9, b]), errno(Errno::Badf));
    for fd in [a, b, 3, 0, 1, 2] {
        assert_eq!(g.call("fd_close", &[fd]), OK);
    }
    assert_eq!(g.open.get(), 0);
    assert_eq!(g.write(1, "x"), Err(errno(Errno::Badf)));
    assert_eq!(g.open_with(3, "a", 0, 2, 0), Err(errno(Errno::Badf)), "the directory is closed");
}

#[test]
fn wasi_1_a_full_table_creates_nothing() {
    let g = Guest::with(TestHost::new(), Version::Preview1, 5);
    assert_eq!(g.create("a"), 4);
    assert_eq!(g.open_with(3, "b", 1, 2, 0), Err(errno(Errno::Nfile)));
    let (at, len) = g.path("b");
    assert_eq!(g.call("path_filestat_get", &[3, 0, at, len, 0x100]), errno(Errno::Noent));
    assert_eq!(g.call("fd_close", &[4]), OK);
    assert_eq!(g.create("b"), 4);
}

#[test]
fn wasi_1_paths() {
    let g = guest();
    let at = |name: &str, path: &str| {
        let (at, len) = g.path(path);
        g.call(name, &[3, at, len])
    };
    assert_eq!(at("path_create_directory", "d"), OK);
    assert_eq!(at("path_create_directory", "d"), errno(Errno::Exist));
    assert_eq!(at("path_create_directory", "x/y"), errno(Errno::Noent));
    let fd = g.create("d/f");
    assert_eq!(g.write(fd, "text"), Ok(4));
    assert_eq!(at("path_remove_directory", "d"), errno(Errno::Notempty));
    assert_eq!(at("path_remove_directory", "d/f"), errno(Errno::Notdir));
    assert_eq!(at("path_unlink_file", "d"), errno(Errno::Isdir));
    assert_eq!(at("path_unlink_file", "d/none"), errno(Errno::Noent));
    assert_eq!(at("path_unlink_file", "d/f/g"), errno(Errno::Notdir));

    let (target, target_len) = g.path("d/f");
    let (link, link_len) = g.path2("l");
    assert_eq!(g.call("path_symlink", &[target, target_len, 3, link, link_len]), OK);
    assert_eq!(g.call("path_readlink", &[3, link, link_len, 0x6000, 100, 0x100]), OK);
    assert_eq!((g.u32(0x100), g.get(0x6000, 4)), (3, b"d/f\0".to_vec()));
    assert_eq!(g.call("path_readlink", &[3, link, link_len, 0x7000, 2, 0x100]), OK);
    assert_eq!((g.u32(0x100), g.get(0x7000, 3)), (2, b"d/\0".to_vec()));
    assert_eq!(g.call("path_readlink", &[3, target, target_len, 0x7000, 2, 0x100]), errno(Errno::Inval));
    assert_eq!(g.call("path_filestat_get", &[3, 0, link, link_len, 0x200]), OK);
    assert_eq!(g.get(0x210, 1), [FileType::SymbolicLink as u8]);
    assert_eq!(g.call("path_filestat_get", &[3, 1, link, link_len, 0x200]), OK);
    assert_eq!((g.get(0x210, 1), g.u64(0x220)), (vec![FileType::RegularFile as u8], 4));
    assert_eq!(g.call("path_filestat_get", &[3, 2, link, link_len, 0x200]), unknown());
    assert_eq!(g.call("path_filestat_set_times", &[3, 0, link, link_len, 1, 2, 5]), OK);
    assert_eq!(g.call("path_filestat_set_times", &[3, 0, link, link_len, 1, 2, 3]), errno(Errno::Inval));

    let (hard, hard_len) = g.path2("h");
    assert_eq!(g.call("path_link", &[3, 0, target, target_len, 3, hard, hard_len]), OK);
    assert_eq!(g.call("path_link", &[3, 0, target, target_len, 3, hard, hard_len]), errno(Errno::Exist));
    assert_eq!(g.call("path_link", &[3, 0, target, target_len, 1, hard, hard_len]), errno(Errno::Badf));
    let (new, new_len) = g.path2("moved");
    assert_eq!(g.call("path_rename", &[3, target, target_len, 3, new, new_len]), OK);
    assert_eq!(g.call("path_rename", &[3, target, target_len, 3, new, new_len]), errno(Errno::Noent));
    assert_eq!(at("path_remove_directory", "d"), OK);
    let fd = g.open_with(3, "moved", 0, 2, 0).expect("it is there");
    assert_eq!(g.read(fd, 10), Ok(b"text".to_vec()));
}

#[test]
fn wasi_1_bad_paths() {
    let g = guest();
    let make = |at: u64, len: u64| g.call("path_create_directory", &[3, at, len]);
    g.put(0x8000, b"a\0b");
    assert_eq!(make(0x8000, 3), errno(Errno::Inval));
    g.put(0x8000, b"a\xff");
    assert_eq!(make(0x8000, 2), errno(Errno::Ilseq));
    assert_eq!(make(0x8000, 0), errno(Errno::Noent));
    assert_eq!(make(0x8000, 129), errno(Errno::Nametoolong), "half of the scratch is 128 bytes");
    assert_eq!(make(PAGE - 1, 2), fault());
    assert_eq!(make(PAGE - 1, 200), fault());
    let (at, len) = g.path("d");
    assert_eq!(g.call("path_create_directory", &[1, at, len]), errno(Errno::Badf));
    assert_eq!(g.call("path_create_directory", &[66, at, len]), errno(Errno::Badf));
}

#[test]
fn wasi_1_opening() {
    let g = guest();
    let fd = g.create("f");
    assert_eq!(g.open_with(3, "f", 1 | 4, 64, 0), Err(errno(Errno::Exist)));
    assert_eq!(g.open_with(3, "none", 0, 2, 0), Err(errno(Errno::Noent)));
    assert_eq!(g.open_with(3, "f", 2, 2, 0), Err(errno(Errno::Notdir)));
    assert_eq!(g.open_with(3, "x", 1 | 2, 2, 0), Err(errno(Errno::Inval)));
    assert_eq!(g.open_with(fd, "x", 1, 2, 0), Err(errno(Errno::Notdir)));
    assert_eq!(g.open_with(3, "f", 0, 2, 2), Err(errno(Errno::Notsup)));
    assert_eq!(g.open_with(3, "f", 16, 2, 0), Err(unknown()));
    assert_eq!(g.open_with(3, "f", 0, 1 << 30, 0), Err(unknown()));
    let read = g.open_with(3, "f", 0, 2, 0).expect("opens");
    assert_eq!(g.write(read, "x"), Err(errno(Errno::Badf)));
    let write = g.open_with(3, "f", 0, 64, 0).expect("opens");
    assert_eq!(g.write(write, "x"), Ok(1));
    assert_eq!(g.read(write, 1), Err(errno(Errno::Badf)));
    let empty = g.open_with(3, "f", 8, 2 | 64, 0).expect("opens");
    assert_eq!(g.read(empty, 1), Ok(vec![]));
}

#[test]
fn wasi_1_directories_are_read_in_pieces() {
    let g = guest();
    for name in ["one", "three", "two"] {
        g.create(name);
    }
    assert_eq!(g.call("fd_readdir", &[3, 0x6000, 1000, 0, 0x100]), OK);
    let whole = g.get(0x6000, g.u32(0x100) as usize);
    let names: Vec<u8> = whole.iter().copied().filter(u8::is_ascii_alphabetic).collect();
    assert_eq!((whole.len(), names), (5 * 24 + 3 + 3 + 5 + 3, b"onethreetwo".to_vec()));
    // Piece by piece, with room for one entry at a time, by the cookie of the one before.
    let (mut cookie, mut found) = (0, Vec::new());
    loop {
        assert_eq!(g.call("fd_readdir", &[3, 0x6000, 30, cookie, 0x100]), OK);
        if g.u32(0x100) < 24 {
            break;
        }
        cookie = g.u64(0x6000);
        found.push((g.u32(0x6010), g.get(0x6014, 1)[0]));
    }
    let (dir, file) = (FileType::Directory as u8, FileType::RegularFile as u8);
    assert_eq!(found, [(1, dir), (2, dir), (3, file), (5, file), (3, file)]);
    assert_eq!(g.call("fd_readdir", &[1, 0x6000, 30, 0, 0x100]), errno(Errno::Badf));
    assert_eq!(g.call("fd_readdir", &[3, PAGE - 4, 30, 0, 0x100]), fault());
}

#[test]
fn wasi_4_rights_that_were_given_up_are_gone() {
    let g = guest();
    let fd = g.create("f");
    assert_eq!(g.write(fd, "abc"), Ok(3));
    let kept = Rights::FD_READ.with(Rights::FD_TELL).bits();
    assert_eq!(g.call("fd_fdstat_set_rights", &[fd, kept, 0]), OK);
    assert_eq!(g.write(fd, "x"), Err(errno(Errno::Notcapable)));
    assert_eq!(g.call("fd_seek", &[fd, 0, 0, 0x100]), errno(Errno::Notcapable));
    assert_eq!(g.call("fd_seek", &[fd, 0, 1, 0x100]), OK, "tells, and moves nothing");
    assert_eq!(g.read(fd, 1), Ok(vec![]));
    for (name, args) in [
        ("fd_sync", vec![fd]),
        ("fd_datasync", vec![fd]),
        ("fd_filestat_get", vec![fd, 0x100]),
        ("fd_filestat_set_size", vec![fd, 0]),
        ("fd_filestat_set_times", vec![fd, 0, 0, 0]),
        ("fd_advise", vec![fd, 0, 0, 0]),
        ("fd_allocate", vec![fd, 0, 1]),
        ("fd_fdstat_set_flags", vec![fd, 0]),
    ] {
        assert_eq!(g.call(name, &args), errno(Errno::Notcapable), "{name}");
    }
    assert_eq!(g.call("fd_fdstat_set_rights", &[fd, kept | 64, 0]), errno(Errno::Notcapable), "never won back");
    assert_eq!(g.call("fd_fdstat_set_rights", &[fd, 1 << 30, 0]), unknown());
    // A directory passes on what it has kept.
    let inherited = Rights::FD_READ.with(Rights::FD_SEEK).bits();
    let base = Rights::PATH_OPEN.with(Rights::PATH_FILESTAT_GET).bits();
    assert_eq!(g.call("fd_fdstat_set_rights", &[3, base, inherited]), OK);
    assert_eq!(g.open_with(3, "new", 1, 2, 0), Err(errno(Errno::Notcapable)), "creating");
    assert_eq!(g.open_with(3, "f", 0, 64, 0), Err(errno(Errno::Notcapable)), "writing");
    let read = g.open_with(3, "f", 0, 2, 0).expect("reading");
    assert_eq!(g.call("fd_filestat_get", &[read, 0x100]), errno(Errno::Notcapable));
    let (at, len) = g.path("f");
    assert_eq!(g.call("path_unlink_file", &[3, at, len]), errno(Errno::Notcapable));
    assert_eq!(g.call("path_link", &[3, 0, at, len, 3, at, len]), errno(Errno::Notcapable));
}

#[test]
fn wasi_1_the_older_version_has_other_layouts() {
    let g = Guest::with(TestHost::new(), Version::Unstable, 16);
    let fd = g.create("f");
    assert_eq!(g.write(fd, "hello"), Ok(5));
    for (offset, whence, place) in [(1u64, 2, 1), (1, 0, 2), (0, 1, 5)] {
        assert_eq!(g.call("fd_seek", &[fd, offset, whence, 0x100]), OK);
        assert_eq!(g.u64(0x100), place);
    }
    g.put(0x100, &[0xee; 64]);
    assert_eq!(g.call("fd_filestat_get", &[fd, 0x100]), OK);
    assert_eq!((g.u32(0x114), g.u64(0x118), g.get(0x138, 8)), (1, 5, vec![0xee; 8]));
    // A clock whose time has come: the identifier stands before the clock's number.
    let zero = 0u64.to_le_bytes();
    let subscription = [9u64.to_le_bytes(), zero, zero, 1u64.to_le_bytes(), zero, zero, zero].concat();
    g.put(0x200, &subscription);
    assert_eq!(g.call("poll_oneoff", &[0x200, 0x300, 1, 0x100]), OK);
    assert_eq!((g.u32(0x100), g.u64(0x300)), (1, 9));
}
