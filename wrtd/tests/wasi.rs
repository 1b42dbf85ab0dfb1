//! `wrtd --wasi`: what the options grant, and how a run ends.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Copies standard input to standard output, says its arguments and variables on standard error, opens `f` beneath
/// descriptor 3 as `--wasi-arg` says, and exits with the number of arguments.
const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $vars (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $vars_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "f")
  (func $put (param $fd i32) (param $at i32) (param $len i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len))
    (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "open") (param $rights i64) (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 0)
      (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 8)))
  (func (export "seen")
    (drop (call $time (i32.const 0) (i64.const 0) (i32.const 128)))
    (drop (call $random (i32.const 136) (i32.const 8)))
    (call $put (i32.const 1) (i32.const 128) (i32.const 16)))
  (func (export "_start")
    (i32.store (i32.const 16) (i32.const 4096))
    (i32.store (i32.const 20) (i32.const 4096))
    (drop (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
    (call $put (i32.const 1) (i32.const 4096) (i32.load (i32.const 24)))
    (drop (call $args_sizes (i32.const 32) (i32.const 36)))
    (drop (call $args (i32.const 1024) (i32.const 8192)))
    (call $put (i32.const 2) (i32.const 8192) (i32.load (i32.const 36)))
    (drop (call $vars_sizes (i32.const 40) (i32.const 44)))
    (drop (call $vars (i32.const 1024) (i32.const 8192)))
    (call $put (i32.const 2) (i32.const 8192) (i32.load (i32.const 44)))
    (call $exit (i32.load (i32.const 32)))))"#;

/// A directory with the guest, removed with the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wrtd-wasi-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        fs::write(path.join("guest.wat"), GUEST).expect("a file");
        fs::write(path.join("f"), "").expect("a file");
        Place(path)
    }
    /// Runs `wrtd run` in the directory.
    fn run(&self, args: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wrtd"))
            .arg("run")
            .args(args)
            .current_dir(&self.0)
            .env("PASSED", "on")
            .env_remove("WRTD_CONFIG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("wrtd starts");
        // A guest that does not read leaves the pipe closed.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        child.wait_with_output().expect("wrtd ends")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn cli_1_wasi_grants_what_was_named() {
    let place = Place::new("named");
    let args =
        ["--wasi", "--wasi-arg", "-x", "--wasi-arg", "y z", "--wasi-env", "A=b=c", "--wasi-env", "PASSED", "guest.wat"];
    let done = place.run(&args, "unseen");
    assert_eq!(text(&done.stderr), "guest.wat\0-x\0y z\0A=b=c\0PASSED=on\0");
    assert_eq!(text(&done.stdout), "", "standard input is empty");
    assert_eq!(done.status.code(), Some(3));
}

#[test]
fn cli_1_wasi_arguments_behind_the_module_are_the_programs() {
    let place = Place::new("behind");
    for (args, expected) in [
        (&["--wasi", "guest.wat", "a", "b c"][..], "guest.wat\0a\0b c\0"),
        (&["guest.wat", "--wasi", "a", "-1"], "guest.wat\0a\0-1\0"),
        (&["guest.wat", "a", "--wasi"], "guest.wat\0a\0"),
        (&["--wasi", "--wasi-arg", "first", "guest.wat", "a"], "guest.wat\0first\0a\0"),
        (&["--wasi", "guest.wat", "--wasi-arg", "first", "a"], "guest.wat\0first\0a\0"),
        (&["--wasi", "guest.wat", "--", "--flag", "-x", "--", "--wasi"], "guest.wat\0--flag\0-x\0--\0--wasi\0"),
        (&["--wasi", "--", "guest.wat", "--fuel", "1"], "guest.wat\0--fuel\x001\0"),
        (&["--wasi", "guest.wat", "", "ü"], "guest.wat\0\0ü\0"),
    ] {
        let done = place.run(args, "");
        assert_eq!(text(&done.stderr), expected, "{args:?}");
        assert_eq!(done.status.code(), i32::try_from(expected.matches('\0').count()).ok(), "{args:?}");
    }
    // Of a function that was named they are its own.
    let done = place.run(&["--wasi", "guest.wat", "--invoke", "open", "2"], "");
    assert_eq!((text(&done.stdout).trim(), done.status.code()), (&*wrt_errno("badf").to_string(), Some(0)));
    let done = place.run(&["--wasi", "guest.wat", "--invoke", "open"], "");
    assert_eq!(done.status.code(), Some(2), "{}", text(&done.stderr));
    // A flag that wrtd does not know is not taken for the program's.
    let done = place.run(&["--wasi", "guest.wat", "--flag"], "");
    assert!(done.status.code() == Some(2) && text(&done.stderr).contains("-- --flag"), "{}", text(&done.stderr));
}

#[test]
fn cli_1_wasi_input() {
    let place = Place::new("input");
    for way in ["-", "inherit"] {
        assert_eq!(text(&place.run(&["--wasi", "--wasi-stdin", way, "guest.wat"], "seen").stdout), "seen");
    }
    fs::write(place.0.join("in"), "of a file").expect("a file");
    assert_eq!(text(&place.run(&["--wasi", "--wasi-stdin", "in", "guest.wat"], "unseen").stdout), "of a file");
    let done = place.run(&["--wasi", "--wasi-stdin", "none", "guest.wat"], "");
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).contains("--wasi-stdin none"), "{}", text(&done.stderr));
}

#[test]
fn cli_1_wasi_directories_for_reading_and_for_writing() {
    let place = Place::new("directories");
    let open = |fs: &str, rights: &str| {
        let done = place.run(&["--wasi", "--wasi-fs", fs, "--invoke", "open", "guest.wat", rights], "");
        text(&done.stdout).trim().to_owned()
    };
    let (read, write) = ("2", "64");
    for way in [".", ".:/data"] {
        assert_eq!((open(way, read), open(way, write)), ("0".into(), "0".into()), "{way}");
    }
    for way in [".:ro", ".:/data:ro"] {
        let perm = wrt_errno("perm").to_string();
        assert_eq!((open(way, read), open(way, write)), ("0".into(), perm), "{way}");
    }
    let done = place.run(&["--wasi", "--invoke", "open", "guest.wat", read], "");
    assert_eq!(text(&done.stdout).trim(), wrt_errno("badf").to_string(), "nothing is granted");
    for (way, code) in [("none", 1), (":/x", 2), ("f", 1)] {
        let done = place.run(&["--wasi", "--wasi-fs", way, "guest.wat"], "");
        assert_eq!(done.status.code(), Some(code), "{way}");
        assert!(text(&done.stderr).contains("--wasi-fs"), "{}", text(&done.stderr));
    }
}

/// The number of an error by its name in the specification.
fn wrt_errno(name: &str) -> u16 {
    let found = wrt_wasi::Errno::ALL.into_iter().find(|errno| format!("{errno:?}").eq_ignore_ascii_case(name));
    found.expect("an error of the specification").number()
}

#[test]
fn cli_1_wasi_runs_that_are_the_same() {
    let place = Place::new("same");
    let fixed = ["--wasi", "--wasi-clock", "deterministic", "--wasi-random-seed", "5", "--invoke", "seen", "guest.wat"];
    let (one, two) = (place.run(&fixed, ""), place.run(&fixed, ""));
    assert_eq!((one.stdout.len(), &one.stdout), (16, &two.stdout));
    let other = ["--wasi", "--wasi-clock", "deterministic", "--wasi-random-seed", "6", "--invoke", "seen", "guest.wat"];
    let other = place.run(&other, "").stdout;
    assert_eq!(other[..8], one.stdout[..8]);
    assert_ne!(other[8..], one.stdout[8..]);
    assert_ne!(place.run(&["--wasi", "--invoke", "seen", "guest.wat"], "").stdout[..8], one.stdout[..8]);
}

#[test]
fn cli_2_without_wasi_the_error_names_the_flag() {
    let place = Place::new("without");
    let done = place.run(&["guest.wat"], "");
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).contains("--wasi"), "{}", text(&done.stderr));
    let done = place.run(&["--wasi-arg", "x", "guest.wat"], "");
    assert_eq!(done.status.code(), Some(2), "an option of WASI without it");
    for version in ["preview2", "preview3", "preview0"] {
        let done = place.run(&["--wasi", "--wasi-version", version, "guest.wat"], "");
        assert_eq!(done.status.code(), Some(2));
        assert!(text(&done.stderr).contains(version), "{}", text(&done.stderr));
    }
}

#[test]
fn cli_2_exit_codes_pass_through() {
    let place = Place::new("codes");
    let exits = |code: &str| {
        let guest = format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                 (memory (export "memory") 0)
                 (func (export "_start") (call $exit (i32.const {code})) (unreachable)))"#
        );
        fs::write(place.0.join("exit.wat"), guest).expect("a file");
        place.run(&["--wasi", "exit.wat"], "")
    };
    for code in [0, 1, 7, 125, 255] {
        let done = exits(&code.to_string());
        assert_eq!((done.status.code(), text(&done.stderr)), (Some(code), String::new()));
    }
    for code in ["256", "-1"] {
        assert_eq!(exits(code).status.code(), Some(255), "{code} has more bits than a process can show");
    }
    fs::write(place.0.join("none.wat"), r#"(module (func (export "main")))"#).expect("a file");
    let done = place.run(&["--wasi", "none.wat"], "");
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).contains("_start"), "{}", text(&done.stderr));
}

#[test]
fn cli_1_a_watched_run_gives_the_guest_the_same() {
    let place = Place::new("watched");
    let common = ["--wasi", "--wasi-stdin", "-", "--wasi-arg", "x"];
    let plain = place.run(&[&common[..], &["guest.wat"]].concat(), "text");
    for level in ["B", "C", "D"] {
        let done = place.run(&[&common[..], &["--asil-level", level, "guest.wat"]].concat(), "text");
        assert_eq!((&done.stdout, &done.stderr, done.status), (&plain.stdout, &plain.stderr, plain.status), "{level}");
    }
}
