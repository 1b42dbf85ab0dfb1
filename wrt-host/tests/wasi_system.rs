//! WASI over the operating system: streams, time, randomness, attributes, waiting.
#![cfg(feature = "wasi")]

mod wasi_guest;

use core::cell::RefCell;
use core::time::Duration;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;
use std::time::Instant;
use wasi_guest::{End, Guest, OK, Place};
use wrt_core::{LoadBudget, Reason};
use wrt_host::OwnedModule;
use wrt_host::wasi::{Access, Clock, DETERMINISTIC_START, Input, Output, Wasi};
use wrt_wasi::Errno;

#[test]
fn wasi_4_nothing_is_granted_without_a_word() {
    let g = Guest::new(Wasi::builder());
    assert_eq!(g.call("args_sizes_get", &[0, 4]), OK);
    assert_eq!(g.call("environ_sizes_get", &[8, 12]), OK);
    assert_eq!(g.get(0, 16), [0; 16]);
    assert_eq!(g.call("fd_prestat_get", &[3, 0]), End::Errno(Errno::Badf));
    assert_eq!(g.read(0), Ok(vec![]));
    assert_eq!(g.write(1, "nowhere"), OK);
}

#[test]
fn wasi_4_arguments_and_variables_are_those_that_were_named() {
    let builder = Wasi::builder().arg("prog").and_then(|b| b.var("A", "1")).and_then(|b| b.var("A", "2"));
    let g = Guest::new(builder.expect("well formed"));
    assert_eq!(g.call("environ_sizes_get", &[0, 4]), OK);
    assert_eq!((g.u32(0), g.u32(4)), (1, 4));
    assert_eq!(g.call("environ_get", &[0x100, 0x200]), OK);
    assert_eq!(g.get(0x200, 4), b"A=2\0");
    assert!(Wasi::builder().arg("a\0b").is_err());
    assert!(Wasi::builder().var("A=B", "x").is_err());
    assert!(Wasi::builder().var("", "x").is_err());
    assert!(Wasi::builder().var("A", "\0").is_err());
}

#[test]
fn wasi_1_streams_of_bytes_and_buffers() {
    let (out, err) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(Vec::new())));
    let g = Guest::new(
        Wasi::builder()
            .stdin(Input::Bytes(b"in".to_vec()))
            .stdout(Output::Buffer(out.clone()))
            .stderr(Output::Buffer(err.clone())),
    );
    assert_eq!(g.read(0), Ok(b"in".to_vec()));
    assert_eq!(g.read(0), Ok(vec![]));
    assert_eq!((g.write(1, "a"), g.write(2, "b"), g.write(1, "c")), (OK, OK, OK));
    assert_eq!((out.borrow().as_slice(), err.borrow().as_slice()), (&b"ac"[..], &b"b"[..]));
}

#[test]
fn wasi_1_an_empty_pipe_parks_the_task() {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let g = Guest::new(Wasi::builder().stdin(Input::File(File::from(std::os::fd::OwnedFd::from(reader)))));
    assert_eq!(g.read(0), Err(End::Waits));
    assert_eq!(g.wasi.resume(&g.instance), Ok(false));
    writer.write_all(b"late").expect("writes");
    assert_eq!(g.wasi.resume(&g.instance), Ok(true));
    assert_eq!(g.go(), OK);
    assert_eq!((g.u32(0x100), g.get(0x5000, 4)), (4, b"late".to_vec()));
    assert_eq!(g.wasi.resume(&g.instance).map_err(|e| e.reason), Err(Reason::NotPending));
    drop(writer);
    assert_eq!(g.read(0), Ok(vec![]), "the end");
}

#[test]
fn wasi_1_a_wait_that_blocks_is_ended_from_outside() {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let input = Input::File(File::from(OwnedFd::from(reader)));
    let g = Guest::new(Wasi::builder().blocks(true).stdin(input));
    // By the clock, for a read and for a sleep of an hour.
    assert!(g.wasi.end_waits(Instant::now().checked_add(Duration::from_millis(10)), None));
    assert_eq!(g.read(0), Err(End::Waits));
    let mut sleep = vec![0; 48];
    sleep[16] = 1;
    sleep[24..32].copy_from_slice(&3_600_000_000_000u64.to_le_bytes());
    g.put(0x2000, &sleep);
    assert_eq!(g.call("poll_oneoff", &[0x2000, 0x3000, 1, 0x100]), End::Waits);
    // By a bell, which rings on; what waited goes on where nothing ends it any more.
    let (bell, mut rings) = std::io::pipe().expect("a pipe");
    rings.write_all(b"!").expect("writes");
    assert!(g.wasi.end_waits(None, Some(bell.into())));
    for _ in 0..2 {
        assert_eq!(g.read(0), Err(End::Waits));
    }
    writer.write_all(b"late").expect("writes");
    assert_eq!(g.wasi.resume(&g.instance), Ok(true), "what is there is not waited for");
    assert_eq!((g.go(), g.get(0x5000, 4)), (OK, b"late".to_vec()));
    assert!(g.wasi.end_waits(None, None));
    drop(writer);
    assert_eq!(g.read(0), Ok(vec![]), "the end");
}

#[test]
fn wasi_1_output_into_a_pipe_that_is_full() {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let writer = Rc::new(File::from(OwnedFd::from(writer)));
    let text = "0123456789abcdef".repeat(1 << 11);
    for blocks in [false, true] {
        let g = Guest::new(Wasi::builder().blocks(blocks).stdout(Output::File(writer.clone())));
        let (bell, mut rings) = std::io::pipe().expect("a pipe");
        rings.write_all(b"!").expect("rings");
        assert!(g.wasi.end_waits(None, Some(bell.into())));
        let mut sent = Vec::new();
        // All that there is room for, piece by piece; then it waits, and what waits has written nothing.
        while g.write(1, &text) == OK {
            let count = g.u32(0x100) as usize;
            sent.extend_from_slice(&text.as_bytes()[..count]);
            assert!(count > 0 && sent.len() < 1 << 24, "{count}");
        }
        let mut got = vec![0; sent.len()];
        reader.read_exact(&mut got).expect("reads");
        assert!(got == sent && sent.len() > text.len(), "{blocks} {}", sent.len());
        // With somebody who reads, everything is taken.
        assert_eq!(g.wasi.resume(&g.instance), Ok(true));
        assert_eq!((g.go(), g.u32(0x100) as usize), (OK, text.len()));
        let mut got = vec![0; text.len()];
        reader.read_exact(&mut got).expect("reads");
        assert_eq!(got, text.as_bytes());
    }
}

#[test]
fn wasi_1_a_named_pipe_does_not_block_who_opens_it() {
    let place = Place::new();
    let fifo = place.at("granted/fifo");
    // Not by a command: a process that begins holds the pipes of other tests open for a moment.
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).expect("a named pipe");
    let g = Guest::of(&place, Access::ReadWrite);
    let fd = g.open(3, "fifo", 0, 2).expect("opens");
    assert_eq!(g.read(fd), Ok(vec![]), "nobody writes");
    assert_eq!(g.open(3, "fifo", 0, 64).map(|_| ()), Ok(()), "somebody reads");
}

#[test]
fn wasi_1_deterministic_time_and_randomness_are_the_same_in_every_run() {
    let run = || {
        let g = Guest::new(Wasi::builder().clock(Clock::Deterministic(DETERMINISTIC_START)).seed(7));
        assert_eq!(g.call("clock_time_get", &[0, 0, 0]), OK);
        let used = g.instance.usage().fuel_used;
        assert!((DETERMINISTIC_START + 1..=DETERMINISTIC_START + used).contains(&g.u64(0)), "{} {used}", g.u64(0));
        assert_eq!(g.call("clock_time_get", &[1, 0, 8]), OK);
        // A second of sleep takes none.
        let mut sleep = vec![0; 48];
        sleep[16] = 1;
        sleep[24..32].copy_from_slice(&1_000_000_000u64.to_le_bytes());
        g.put(0x2000, &sleep);
        assert_eq!(g.call("poll_oneoff", &[0x2000, 0x3000, 1, 0x100]), OK);
        assert_eq!(g.call("clock_time_get", &[1, 0, 16]), OK);
        assert!(g.u64(16) > g.u64(8) + 1_000_000_000, "the task was reset, and time goes on");
        for clock in [2, 3] {
            assert_eq!(g.call("clock_time_get", &[clock, 0, 56]), OK);
            assert!((1..1_000_000_000).contains(&g.u64(56)), "who sleeps does not work");
        }
        assert_eq!(g.call("random_get", &[24, 40]), OK);
        g.get(0, 64)
    };
    assert_eq!(run(), run());
    let other = Guest::new(Wasi::builder().seed(8));
    assert_eq!(other.call("random_get", &[24, 40]), OK);
    assert_ne!(other.get(24, 40), run()[24..]);
}

#[test]
fn wasi_1_a_call_that_waited_reads_the_same_deterministic_time() {
    let run = |late: bool| {
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        let input = Input::File(File::from(std::os::fd::OwnedFd::from(reader)));
        let g = Guest::new(Wasi::builder().clock(Clock::Deterministic(0)).stdin(input));
        if !late {
            writer.write_all(b"text").expect("writes");
            assert_eq!(g.read(0), Ok(b"text".to_vec()));
        } else {
            assert_eq!(g.read(0), Err(End::Waits));
            writer.write_all(b"text").expect("writes");
            assert_eq!(g.wasi.resume(&g.instance), Ok(true));
            assert_eq!(g.go(), OK);
        }
        assert_eq!(g.call("clock_time_get", &[1, 0, 0]), OK);
        g.u64(0)
    };
    assert_eq!(run(false), run(true));
}

#[test]
fn wasi_1_clocks_are_as_fine_as_was_chosen() {
    let second = 1_000_000_000u64;
    let hour = Duration::from_secs(3600);
    for clock in [Clock::Real, Clock::Deterministic(DETERMINISTIC_START)] {
        let g = Guest::new(Wasi::builder().clock(clock).clock_resolution(hour).blocks(true));
        for id in 0..4 {
            assert_eq!((g.call("clock_res_get", &[id, 0]), g.u64(0)), (OK, 3600 * second));
            assert_eq!((g.call("clock_time_get", &[id, 0, 0]), g.u64(0) % (3600 * second)), (OK, 0));
        }
        // Finer than the clock itself changes nothing.
        let (fine, own) = (Wasi::builder().clock(clock).clock_resolution(Duration::from_nanos(1)), Wasi::builder());
        let (fine, own) = (Guest::new(fine), Guest::new(own.clock(clock)));
        for g in [&fine, &own] {
            assert_eq!(g.call("clock_res_get", &[1, 0]), OK);
        }
        assert_eq!(fine.u64(0), own.u64(0));
    }
}

/// A sleep is over when the clock shows so, however coarse it is.
#[test]
fn wasi_1_sleeps_end_by_coarse_clocks() {
    for (clock, resolution) in
        [(Clock::Real, 20_000_000u64), (Clock::Deterministic(1), 7), (Clock::Deterministic(5), 3)]
    {
        let g =
            Guest::new(Wasi::builder().clock(clock).clock_resolution(Duration::from_nanos(resolution)).blocks(true));
        for id in [0u64, 1] {
            assert_eq!(g.call("clock_time_get", &[id, 0, 0]), OK);
            let before = g.u64(0);
            let absolute = before + resolution + 1;
            let mut sleep = vec![0; 48];
            sleep[16] = id as u8;
            sleep[24..32].copy_from_slice(&absolute.to_le_bytes());
            sleep[40] = 1;
            g.put(0x2000, &sleep);
            assert_eq!(g.call("poll_oneoff", &[0x2000, 0x3000, 1, 0x100]), OK);
            assert_eq!(g.call("clock_time_get", &[id, 0, 0]), OK);
            assert!(g.u64(0) >= absolute && g.u64(0).is_multiple_of(resolution), "{clock:?} {id}");
        }
    }
    // What no clock can show before its end.
    let g = Guest::new(Wasi::builder().clock(Clock::Deterministic(9)).clock_resolution(Duration::from_secs(7)));
    for id in [0u8, 1] {
        let mut sleep = vec![0; 48];
        sleep[16] = id;
        sleep[24..32].copy_from_slice(&u64::MAX.to_le_bytes());
        sleep[40] = 1;
        g.put(0x2000, &sleep);
        assert_eq!(g.call("poll_oneoff", &[0x2000, 0x3000, 1, 0x100]), OK);
    }
}

#[test]
fn wasi_1_seeded_bytes_do_not_depend_on_how_they_are_asked_for() {
    let (a, b) = (Guest::new(Wasi::builder().seed(1)), Guest::new(Wasi::builder().seed(1)));
    assert_eq!(a.call("random_get", &[0, 20]), OK);
    for at in 0..20 {
        assert_eq!(b.call("random_get", &[at, 1]), OK);
    }
    assert_eq!(a.get(0, 20), b.get(0, 20));
}

#[test]
fn wasi_1_real_time_is_that_of_the_system() {
    let seconds = || std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let g = Guest::new(Wasi::builder());
    let before = seconds();
    assert_eq!(g.call("clock_time_get", &[0, 0, 0]), OK);
    let told = g.u64(0) / 1_000_000_000;
    assert!(before <= told && told <= seconds());
    for clock in 0..4 {
        assert_eq!(g.call("clock_res_get", &[clock, 0]), OK);
        assert_ne!(g.u64(0), 0);
    }
}

#[test]
fn wasi_1_attributes_are_those_of_the_system() {
    let place = Place::new();
    let g = Guest::of(&place, Access::ReadWrite);
    let fd = g.open(3, "own", 0, 2).expect("opens");
    assert_eq!(g.call("fd_filestat_set_times", &[fd, 1_000_000_007, 2_000_000_009, 5]), OK);
    assert_eq!(g.call("fd_filestat_get", &[fd, 0x200]), OK);
    let said = fs::metadata(place.at("granted/own")).expect("there");
    assert_eq!((said.mtime(), said.mtime_nsec(), said.atime(), said.atime_nsec()), (2, 9, 1, 7));
    assert_eq!((g.u64(0x200), g.u64(0x208)), (said.dev(), said.ino()));
    assert_eq!((g.u64(0x218), g.u64(0x220)), (said.nlink(), said.size()));
    assert_eq!((g.u64(0x228), g.u64(0x230)), (1_000_000_007, 2_000_000_009));
    assert_eq!(g.u64(0x238), said.ctime() as u64 * 1_000_000_000 + said.ctime_nsec() as u64);
}

#[test]
fn wasi_1_removing_while_reading_a_directory_misses_nothing() {
    let place = Place::new();
    for k in 0..50 {
        fs::write(place.at(&format!("granted/sub/{k}")), "").expect("a file");
    }
    let g = Guest::of(&place, Access::ReadWrite);
    let sub = g.open(3, "sub", 2, 2).expect("opens");
    let mut cookie = 0;
    loop {
        assert_eq!(g.call("fd_readdir", &[sub, 0x6000, 30, cookie, 0x100]), OK);
        if g.u32(0x100) < 24 {
            break;
        }
        cookie = g.u64(0x6000);
        let name = g.get(0x6018, g.u32(0x6010) as usize);
        let path = format!("sub/{}", String::from_utf8(name).expect("text"));
        if !path.ends_with('.') {
            assert_eq!(g.at("path_unlink_file", &path), OK);
        }
    }
    assert_eq!(fs::read_dir(place.at("granted/sub")).expect("readable").count(), 0);
}

#[test]
fn wasi_1_a_type_that_is_not_the_specifications_is_refused() {
    let text = r#"(module (import "env" "f" (func)) (import "wasi_snapshot_preview1" "fd_close" (func (param i64))))"#;
    let module = OwnedModule::load(wat::parse_str(text).expect("a module"), &LoadBudget::default()).expect("loads");
    assert!(Wasi::is_imported_by(module.module()));
    let wasi = Wasi::builder().build().expect("nothing to open");
    let refused = wasi.imports(module.module()).expect_err("another type");
    assert_eq!((refused.reason, refused.detail), (Reason::IncompatibleImport, 1));
}

#[test]
fn wasi_1_too_few_descriptors_are_refused() {
    assert!(Wasi::builder().descriptors(2).build().is_err());
    let place = Place::new();
    let builder = Wasi::builder().directory(&place.granted(), "/", Access::ReadWrite).expect("opens");
    assert!(builder.descriptors(3).build().is_err());
    assert!(Wasi::builder().directory(&place.at("none"), "/", Access::ReadOnly).is_err());
    assert!(Wasi::builder().directory(&place.at("secret"), "/", Access::ReadOnly).is_err(), "no directory");
    assert!(Wasi::builder().directory(&place.granted(), "", Access::ReadOnly).is_err());
}
