//! Runs that are recorded, and replayed without the world: every question of a host, and files that are no recordings.
#![cfg(all(feature = "wasi", unix))]

mod wasi_guest;

use core::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::rc::Rc;
use wasi_guest::{End, Guest, Place};
use wrt_core::Reason;
use wrt_host::wasi::{Access, Departure, Input, Output, Recording, Replay, Wasi};

/// Where a recording goes in a test.
#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("UTF-8")
    }
}

/// A recording in a file that goes away.
struct Tape(PathBuf);

impl Tape {
    fn of(name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("wrt-replay-{}-{name}", std::process::id()));
        fs::write(&path, text).expect("a file");
        Tape(path)
    }
    fn open(&self) -> io::Result<Replay> {
        Replay::open(&self.0)
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

const RUN: [(&str, &str); 2] = [("module", "m"), ("function", "f")];
const END: [(&str, &str); 2] = [("end", "done"), ("fuel", "5")];

/// Calls every function that asks something of the world, and notes what the guest got.
fn script(g: &Guest) -> Vec<(End, Vec<u8>)> {
    let seen = RefCell::new(Vec::new());
    let note = |end: End| seen.borrow_mut().push((end, g.get(0x100, 0x200)));
    let opened = |path: &str, oflags: u64, rights: u64| match g.open(3, path, oflags, rights) {
        Ok(fd) => fd,
        Err(end) => {
            note(end);
            99
        }
    };
    for clock in 0..4 {
        note(g.call("clock_time_get", &[clock, 0, 0x100]));
        note(g.call("clock_res_get", &[clock, 0x100]));
    }
    note(g.call("random_get", &[0x100, 40]));
    let files = u64::MAX >> 34;
    let fd = opened("new", 1, files);
    note(g.write(fd, "text"));
    note(g.call("fd_seek", &[fd, 0, 2, 0x100]));
    note(g.call("fd_pwrite", &[fd, 0x80, 1, 100, 0x100]));
    note(g.call("fd_fdstat_set_flags", &[fd, 1]));
    note(g.write(fd, "behind"));
    note(g.call("fd_pread", &[fd, 0x80, 1, 1, 0x100]));
    note(g.call("fd_filestat_get", &[fd, 0x200]));
    note(g.call("fd_fdstat_get", &[fd, 0x200]));
    note(g.call("fd_filestat_set_size", &[fd, 7]));
    note(g.call("fd_filestat_set_times", &[fd, 5, 6, 5]));
    note(g.call("fd_filestat_set_times", &[3, 5, 6, 10]));
    note(g.call("fd_allocate", &[fd, 0, 30]));
    note(g.call("fd_advise", &[fd, 0, 30, 1]));
    note(g.call("fd_sync", &[fd]));
    note(g.call("fd_datasync", &[fd]));
    note(g.call("fd_filestat_get", &[3, 0x200]));
    for (name, path) in [
        ("path_create_directory", "d"),
        ("path_filestat_get", "d"),
        ("path_filestat_set_times", "new"),
        ("path_readlink", "new"),
        ("path_filestat_get", "none"),
    ] {
        note(g.at(name, path));
    }
    note(g.two("path_symlink", "new", "link"));
    note(g.at("path_readlink", "link"));
    note(g.two("path_link", "new", "hard"));
    note(g.two("path_rename", "hard", "d/moved"));
    let dir = opened("d", 2, 1 << 14);
    for cookie in 0..4 {
        note(g.call("fd_readdir", &[dir, 0x140, 60, cookie, 0x100]));
    }
    note(g.at("path_unlink_file", "link"));
    note(g.at("path_remove_directory", "d"));
    for (fd, text) in [(1, "out"), (2, "err\u{7f}")] {
        note(g.write(fd, text));
        note(g.call("fd_fdstat_get", &[fd, 0x200]));
    }
    let read = g.read(0).expect("input");
    assert_eq!(read, b"in\xff");
    let (mut poll, clock) = (vec![0; 96], 2_000_000u64);
    poll[16] = 1;
    poll[24..32].copy_from_slice(&clock.to_le_bytes());
    (poll[48 + 8], poll[48 + 16]) = (2, 1);
    g.put(0x2000, &poll);
    note(g.call("poll_oneoff", &[0x2000, 0x140, 2, 0x100]));
    note(g.call("poll_oneoff", &[0x2000, 0x140, 1, 0x100]));
    note(g.call("args_get", &[0x100, 0x140]));
    note(g.call("environ_get", &[0x180, 0x1c0]));
    note(g.call("fd_prestat_dir_name", &[3, 0x200, 1]));
    seen.into_inner()
}

/// Records the script: what the guest saw, and the recording.
fn recorded() -> (Vec<(End, Vec<u8>)>, String) {
    let (place, kept) = (Place::new(), Kept::default());
    let recording = Recording::new(kept.clone(), &RUN);
    let builder = Wasi::builder().directory(&place.granted(), "/", Access::ReadWrite).expect("opens");
    let builder = builder.arg("prog").and_then(|b| b.var("A", "b\u{1}")).expect("well formed");
    let builder = builder.stdin(Input::Bytes(b"in\xff".to_vec())).blocks(true).record(recording.clone());
    let seen = script(&Guest::new(builder));
    recording.finish(&END).expect("memory");
    (seen, kept.text())
}

fn buffer() -> (Rc<RefCell<Vec<u8>>>, Output) {
    let buffer = Rc::new(RefCell::new(Vec::new()));
    (buffer.clone(), Output::Buffer(buffer))
}

#[test]
fn cli_1_a_replay_answers_as_the_world_did() {
    let (seen, text) = recorded();
    let asked = |ask: &str| text.contains(&format!("\"ask\":\"{ask}\""));
    for ask in [
        "now",
        "resolution",
        "random",
        "read",
        "write",
        "is_terminal",
        "ready",
        "wait",
        "open",
        "stat_at",
        "dir_stat",
        "stat",
        "read_at",
        "write_at",
        "append",
        "rewind",
        "entry",
        "set_size",
        "allocate",
        "advise",
        "sync",
        "set_times",
        "dir_set_times",
        "set_times_at",
        "create_directory",
        "remove_directory",
        "unlink",
        "link",
        "rename",
        "symlink",
        "read_link",
    ] {
        assert!(asked(ask), "{ask} is not asked: {text}");
    }
    let tape = Tape::of("answers", &text);
    let replay = tape.open().expect("a recording");
    assert_eq!(replay.differing(&RUN), None);
    let ((out, stdout), (err, stderr)) = (buffer(), buffer());
    let g = Guest::over(Wasi::replay(&replay, stdout, stderr).expect("enough descriptors"));
    assert!(!replay.is_at_end());
    assert_eq!(script(&g), seen);
    assert_eq!((out.borrow().as_slice(), err.borrow().as_slice()), (&b"out"[..], "err\u{7f}".as_bytes()));
    assert!(replay.is_at_end());
    assert_eq!(replay.finish(&END), Ok(true));
    assert_eq!(replay.end("fuel").as_deref(), Some("5"));
}

#[test]
fn cli_1_a_replay_names_the_first_question_that_differs() {
    let (_, text) = recorded();
    let tape = Tape::of("first", &text);
    let replay = tape.open().expect("a recording");
    let g = Guest::over(Wasi::replay(&replay, Output::Discard, Output::Discard).expect("enough descriptors"));
    assert_eq!(g.call("clock_time_get", &[0, 0, 0]), wasi_guest::OK);
    assert_eq!(g.call("sched_yield", &[]), wasi_guest::OK);
    assert_eq!(replay.departure(), None);
    assert_eq!(g.call("clock_time_get", &[1, 0, 0]), End::Ended(Reason::HostTrap));
    let Some(Departure::Asked { call, line, recorded, asked }) = replay.departure() else {
        panic!("{:?}", replay.departure());
    };
    assert_eq!((call, line), (3, 3));
    assert_eq!(
        Some(recorded.as_str().trim_end_matches('}')),
        text.lines().nth(2).and_then(|l| l.split(",\"is\"").next())
    );
    assert_eq!(asked, r#"{"in":"clock_time_get","ask":"now","clock":"monotonic"}"#);
    // The first one stays, whatever comes then.
    assert_eq!(g.call("random_get", &[0, 4]), End::Ended(Reason::HostTrap));
    assert_eq!(replay.departure().map(|departure| departure.line()), Some(3));
    assert!(replay.finish(&END).is_err());
}

#[test]
fn cli_1_a_replay_compares_both_ends() {
    let (_, text) = recorded();
    let tape = Tape::of("ends", &text);
    let replay = tape.open().expect("a recording");
    let differs = |run: &[(&str, &str)]| replay.differing(run).map(|what| (what.name, what.recorded, what.now));
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(differs(&[("module", "n"), RUN[1]]), Some(("module".into(), some("m"), some("n"))));
    assert_eq!(differs(&[RUN[0]]), Some(("function".into(), some("f"), None)));
    assert_eq!(differs(&[RUN[0], RUN[1], ("more", "x")]), Some(("more".into(), None, some("x"))));
    let g = Guest::over(Wasi::replay(&replay, Output::Discard, Output::Discard).expect("enough descriptors"));
    assert!(matches!(replay.finish(&END), Err(Departure::Ended { line: 2, .. })), "nothing was asked yet");
    script(&g);
    let lines = text.lines().count() as u64;
    let Err(Departure::End { line, what }) = replay.finish(&[END[0], ("fuel", "6")]) else { panic!("another end") };
    assert_eq!((line, what.name.as_str(), what.now.as_deref()), (lines, "fuel", Some("6")));
}

/// A task that was parked and resumed asks again; the replay parks it as often.
#[test]
fn cli_1_a_replay_parks_as_often_as_was_recorded() {
    let kept = Kept::default();
    let recording = Recording::new(kept.clone(), &[]);
    let (reader, mut writer) = io::pipe().expect("a pipe");
    let input = Input::File(File::from(OwnedFd::from(reader)));
    let g = Guest::new(Wasi::builder().stdin(input).record(recording.clone()));
    assert_eq!(g.read(0), Err(End::Waits));
    assert_eq!(g.wasi.resume(&g.instance), Ok(false));
    writer.write_all(b"late").expect("writes");
    assert_eq!(g.wasi.resume(&g.instance), Ok(true));
    assert_eq!(g.go(), wasi_guest::OK);
    recording.finish(&[]).expect("memory");

    let tape = Tape::of("parks", kept.text());
    let replay = tape.open().expect("a recording");
    let g = Guest::over(Wasi::replay(&replay, Output::Discard, Output::Discard).expect("enough descriptors"));
    assert_eq!(g.read(0), Err(End::Waits));
    assert_eq!(g.wasi.resume(&g.instance), Ok(false));
    assert_eq!(g.wasi.resume(&g.instance), Ok(true));
    assert_eq!((g.go(), g.get(0x5000, 4)), (wasi_guest::OK, b"late".to_vec()));
    assert_eq!(replay.finish(&[]), Ok(true));
    // Resumed once more than was recorded, it ends.
    let replay = tape.open().expect("a recording");
    let g = Guest::over(Wasi::replay(&replay, Output::Discard, Output::Discard).expect("enough descriptors"));
    assert_eq!(g.call("fd_filestat_get", &[0, 0x200]), End::Ended(Reason::HostTrap));
    assert!(matches!(replay.departure(), Some(Departure::Asked { line: 2, .. })), "{:?}", replay.departure());
}

#[test]
fn cli_1_a_recording_that_was_cut_is_good_up_to_there() {
    let (seen, text) = recorded();
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let head = ends[0];
    // Behind each line, and within it.
    for (number, end) in ends.iter().enumerate().skip(1) {
        let start = ends[number - 1] + 1;
        for cut in [start, (start + end) / 2] {
            let tape = Tape::of("cut", &text[..cut]);
            let replay = tape.open().expect("a recording");
            assert_eq!(replay.end("end"), None);
            let g = Guest::over(Wasi::replay(&replay, Output::Discard, Output::Discard).expect("enough descriptors"));
            let calls = [0, 1, 2, 3].map(|clock| g.call("clock_time_get", &[clock / 2, 0, 0]));
            let _ = calls;
            match replay.departure() {
                Some(Departure::Cut { line, .. }) => assert_eq!(line, number as u64 + 1),
                Some(Departure::Asked { line, .. }) => assert!(line < number as u64 + 1),
                other => panic!("{other:?}"),
            }
        }
    }
    for cut in [0, 1, head / 2, head] {
        let opened = Tape::of("cut-head", &text[..cut]).open();
        // A head without the line break at its end is one, with nothing behind it.
        assert_eq!(opened.is_ok(), cut == head, "{cut}");
    }
    // Without its last line everything is as it was, and it says that there was no end to compare.
    let last = ends[ends.len() - 2];
    let tape = Tape::of("cut-end", &text[..=last]);
    let replay = tape.open().expect("a recording");
    let g = Guest::over(Wasi::replay(&replay, Output::Discard, Output::Discard).expect("enough descriptors"));
    assert_eq!(script(&g), seen);
    assert_eq!(replay.finish(&END), Ok(false));
}

#[test]
fn cli_1_what_is_no_recording_is_refused_with_its_line() {
    let head = r#"{"wrt_recording":1,"run":{},"args":[],"vars":[],"dirs":[],"descriptors":9}"#;
    let good = r#"{"in":"clock_time_get","ask":"now","clock":"realtime","is":1}"#;
    let end = r#"{"end":{}}"#;
    let opened = |lines: &[&str]| {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        Tape::of("wrong", text).open().map(|_| ()).map_err(|why| why.to_string())
    };
    assert_eq!(opened(&[head, good, end]), Ok(()));
    let long = format!("\"{}\"", "x".repeat(17 << 20));
    for (lines, line) in [
        (&["no JSON"][..], 1),
        (&["[]"], 1),
        (&[""], 1),
        (&["{}"], 1),
        (&[good], 1),
        (&[&head.replace(":1,", ":2,")], 1),
        (&[&head.replace("[],\"v", "[1],\"v")], 1),
        (&[&head.replace(":9", ":-9")], 1),
        (&[&head.replace(":9", ":9999999999")], 1),
        (&[head, ""], 2),
        (&[head, "{}"], 2),
        (&[head, &good[1..]], 2),
        (&[head, good, &good.replace("\"is\":1", "\"no\":1")], 3),
        (&[head, &good.replace("\"is\":1", "\"is\":1,\"err\":\"io\"")], 2),
        (&[head, &good.replace("\"is\":1", "\"err\":\"success\"")], 2),
        (&[head, &good.replace("\"ask\"", "\"task\"")], 2),
        (&[head, &good.replace("\"clock_time_get\"", "7")], 2),
        (&[head, r#"{"end":7}"#], 2),
        (&[head, end, good], 2),
        (&[head, end, end], 2),
        (&[head, good, &long], 3),
        (&[&"[".repeat(100_000)], 1),
    ] {
        let why = opened(lines).expect_err("refused");
        assert!(why.starts_with(&format!("line {line}: ")), "{why}");
    }
    assert!(Tape::of("bytes", b"\xff\xfe\n").open().is_err());
    assert!(Replay::open(&std::env::temp_dir()).is_err(), "a directory");
}

#[test]
fn cli_1_fewer_descriptors_than_directories_are_refused() {
    let head = r#"{"wrt_recording":1,"run":{},"args":[],"vars":[],"dirs":["/"],"descriptors":3}"#;
    let replay = Tape::of("few", format!("{head}\n")).open().expect("a recording");
    assert!(Wasi::replay(&replay, Output::Discard, Output::Discard).is_err());
}

/// Who cannot record runs on; the end says what came of it.
#[test]
fn cli_1_a_recording_that_cannot_be_written_does_not_disturb_the_guest() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (seen, _) = recorded();
    for room in [0, 1 << 12] {
        let place = Place::new();
        let recording = Recording::new(Full(room), &RUN);
        let builder = Wasi::builder().directory(&place.granted(), "/", Access::ReadWrite).expect("opens");
        let builder = builder.stdin(Input::Bytes(b"in\xff".to_vec())).blocks(true).record(recording.clone());
        let now = script(&Guest::new(builder));
        let ends = |seen: &[(End, Vec<u8>)]| seen.iter().map(|(end, _)| *end).collect::<Vec<_>>();
        assert_eq!(ends(&now), ends(&seen));
        assert_eq!(recording.finish(&END).map_err(|why| why.kind()), Err(io::ErrorKind::StorageFull));
    }
}
