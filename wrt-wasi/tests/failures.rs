//! Errors of the host, at every one of its calls and with every number: the guest gets the number or a trap, no
//! descriptor is lost, and both go on.

mod harness;

use harness::{End, Guest, OK, TestHost};
use wrt_wasi::Errno;

/// Something of everything, with what each call answered.
fn scene(g: &Guest) -> Vec<(&'static str, End)> {
    let mut ends = Vec::new();
    let (one, len) = g.path("one");
    let (two, _) = g.path2("two");
    g.put(0x4000, b"data");
    g.vectors(0x80, &[(0x4000, 4)]);
    let mut fd = 99;
    let mut go = |name: &'static str, args: &[u64]| {
        let end = g.call(name, args);
        ends.push((name, end));
        end == OK
    };
    go("random_get", &[0x200, 600]);
    if go("path_open", &[3, 1, one, len, 1, 66, 0, 0, 0x100]) {
        fd = u64::from(g.u32(0x100));
    }
    go("fd_write", &[fd, 0x80, 1, 0x100]);
    go("fd_pwrite", &[fd, 0x80, 1, 2, 0x100]);
    go("fd_seek", &[fd, 0, 2, 0x100]);
    go("fd_read", &[fd, 0x80, 1, 0x100]);
    go("fd_pread", &[fd, 0x80, 1, 0, 0x100]);
    go("fd_fdstat_get", &[fd, 0x100]);
    go("fd_filestat_get", &[fd, 0x100]);
    go("fd_filestat_get", &[3, 0x100]);
    go("fd_filestat_set_size", &[fd, 7]);
    go("fd_filestat_set_times", &[fd, 1, 2, 5]);
    go("fd_filestat_set_times", &[3, 1, 2, 5]);
    go("fd_allocate", &[fd, 1, 2]);
    go("fd_sync", &[fd]);
    go("fd_datasync", &[fd]);
    go("fd_fdstat_set_flags", &[fd, 1]);
    go("fd_write", &[fd, 0x80, 1, 0x100]);
    go("fd_readdir", &[3, 0x6000, 500, 0, 0x100]);
    go("path_link", &[3, 0, one, len, 3, two, len]);
    go("path_filestat_get", &[3, 0, two, len, 0x100]);
    go("path_filestat_set_times", &[3, 0, two, len, 1, 2, 5]);
    go("path_unlink_file", &[3, two, len]);
    go("path_symlink", &[one, len, 3, two, len]);
    go("path_readlink", &[3, two, len, 0x6000, 9, 0x100]);
    go("path_rename", &[3, one, len, 3, two, len]);
    go("path_unlink_file", &[3, two, len]);
    go("path_create_directory", &[3, two, len]);
    go("path_remove_directory", &[3, two, len]);
    go("fd_read", &[0, 0x80, 1, 0x100]);
    go("fd_write", &[2, 0x80, 1, 0x100]);
    g.put(0x2000, &[0; 96]);
    g.put(0x2008, &[1]);
    g.put(0x2038, &[2]);
    g.put(0x2040, &[1]);
    go("poll_oneoff", &[0x2000, 0x3000, 2, 0x100]);
    if fd != 99 {
        go("fd_close", &[fd]);
    }
    if go("sock_accept", &[4, 0, 0x100]) {
        let fd = u64::from(g.u32(0x100));
        g.world.borrow_mut().received.push_back(b"x".to_vec());
        go("sock_recv", &[fd, 0x80, 1, 0, 0x100, 0x104]);
        go("sock_send", &[fd, 0x80, 1, 0, 0x100]);
        go("sock_shutdown", &[fd, 1]);
        go("fd_close", &[fd]);
    }
    ends
}

/// Addresses that the scene stores at, or lets a call store at, each with its end.
const TOUCHED: [(u64, u64); 9] = [
    (0x80, 0x88),
    (0x100, 0x140),
    (0x200, 0x458),
    (0x2000, 0x2060),
    (0x3000, 0x3040),
    (0x4000, 0x4004),
    (0x6000, 0x61f4),
    (0x8000, 0x8003),
    (0xc000, 0xc003),
];
const PAGE: u64 = 0x1_0000;

/// Every byte that neither the scene nor a call in it may change.
fn untouched(g: &Guest) -> Vec<u8> {
    let ends = [0].into_iter().chain(TOUCHED.iter().map(|&(_, end)| end));
    let starts = TOUCHED.iter().map(|&(start, _)| start).chain([PAGE]);
    ends.zip(starts).flat_map(|(from, to)| g.get(from, (to - from) as usize)).collect()
}

/// A guest with a socket, each byte of whose memory can be told from its neighbours.
fn fresh() -> Guest {
    let g = Guest::new(TestHost::new());
    assert_eq!(g.wasi.add_socket(0), Ok(4));
    let pattern: Vec<u8> = (0..PAGE).map(|at| (at * 167 % 251) as u8).collect();
    g.put(0, &pattern);
    g
}

#[test]
fn wasi_6_an_error_at_any_call_of_the_host_is_an_answer() {
    let g = fresh();
    let well = scene(&g);
    assert!(well.iter().all(|(_, end)| *end == OK), "{well:?}");
    let whole = untouched(&fresh());
    assert!(untouched(&g) == whole, "a scene that goes well stores elsewhere");
    let open = g.open.get();
    // How many calls there are: those after which a fuse is still left were not reached.
    let calls = (0..).find(|&n| {
        let g = fresh();
        g.fuse.set(n, Errno::Io);
        scene(&g);
        g.fuse.is_left()
    });
    let calls = calls.expect("the scene ends");
    assert!(calls > 30, "{calls}");
    for errno in Errno::ALL.into_iter().filter(|&errno| errno != Errno::Success) {
        // One guest for all, as it would live on; what a failed scene left behind is taken away.
        let g = fresh();
        for n in 0..calls {
            g.fuse.set(n, errno);
            let ends = scene(&g);
            assert!(!g.fuse.is_left(), "call {n} was reached");
            for (name, end) in &ends {
                // Again means that the call waits, except where an event tells it.
                let waits = errno == Errno::Again && *end == End::Waits;
                assert!(waits || matches!(end, End::Errno(_)), "{name}: {end:?} after {errno:?} at {n}");
            }
            if !ends.iter().any(|(name, end)| *end == End::Errno(errno) || *end == End::Waits || *name == "poll_oneoff")
            {
                panic!("{errno:?} at {n} is in no answer: {ends:?}");
            }
            for name in ["one", "two"] {
                let (at, len) = g.path(name);
                g.call("path_unlink_file", &[3, at, len]);
                g.call("path_remove_directory", &[3, at, len]);
            }
            for fd in 5..16 {
                g.call("fd_close", &[fd]);
            }
            assert_eq!(g.open.get(), open, "{errno:?} at {n}: a file stays open");
            assert!(untouched(&g) == whole, "{errno:?} at {n}: memory changed that nobody named");
        }
        let ends = scene(&g);
        assert!(ends.iter().all(|(_, end)| *end == OK), "after {errno:?}: {ends:?}");
    }
}

/// Bytes that move at once: the scratch that the guest is lent.
const PIECE: usize = 256;

#[test]
fn wasi_6_what_was_done_before_an_error_counts() {
    let data: Vec<u8> = (0..4 * PIECE + 10).map(|at| (at % 251) as u8).collect();
    let vectors = [(0x4000, 100), (0x4064, data.len() as u32 - 100)];
    for errno in [Errno::Io, Errno::Nospc, Errno::Dquot, Errno::Fbig] {
        for piece in 0..5 {
            let g = Guest::new(TestHost::new());
            let fd = g.create("f");
            g.put(0x4000, &data);
            g.vectors(0x80, &vectors);
            let done = piece * PIECE;
            let end = |piece| if piece == 0 { End::Errno(errno) } else { OK };
            g.fuse.set(piece as u64, errno);
            assert_eq!(g.call("fd_write", &[fd, 0x80, 2, 0x100]), end(piece), "{errno:?} at piece {piece}");
            assert!(!g.fuse.is_left());
            if piece > 0 {
                assert_eq!(g.u32(0x100) as usize, done);
            }
            assert_eq!(g.call("fd_tell", &[fd, 0x108]), OK);
            assert_eq!(g.u64(0x108) as usize, done, "the place is behind what was written");
            assert_eq!(g.call("fd_filestat_get", &[fd, 0x140]), OK);
            assert_eq!(g.u64(0x140 + 32) as usize, done, "the file has what was written");
            // The rest goes behind it, and all can be read, up to the piece that fails.
            g.vectors(0x80, &[(0x4000 + done as u32, (data.len() - done) as u32)]);
            assert_eq!(g.call("fd_write", &[fd, 0x80, 1, 0x100]), OK);
            assert_eq!(g.call("fd_seek", &[fd, 0, 0, 0x108]), OK);
            g.put(0x4000, &vec![0; data.len()]);
            g.vectors(0x80, &vectors);
            g.fuse.set(piece as u64, errno);
            assert_eq!(g.call("fd_read", &[fd, 0x80, 2, 0x100]), end(piece));
            let mut read = g.get(0x4000, data.len());
            assert!(read[..done] == data[..done] && read[done..].iter().all(|&byte| byte == 0), "piece {piece}");
            g.vectors(0x80, &[(0x4000 + done as u32, (data.len() - done) as u32)]);
            assert_eq!(g.call("fd_read", &[fd, 0x80, 1, 0x100]), OK);
            read = g.get(0x4000, data.len());
            assert!(read == data, "what follows is read from there on");
        }
    }
}
