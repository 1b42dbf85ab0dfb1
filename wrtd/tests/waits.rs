//! `wrtd run --wasi`: a guest that waits for the world is ended like one that computes.

mod common;

use common::{Dir, code, command, err, out};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

/// Says `ready`, then waits in one way for each function; `copy` writes a megabyte at once and ends with 0 if all of
/// it was taken.
const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 17 17)
  (data (i32.const 1024) "ready\n")
  (func $put (param $fd i32) (param $bytes i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (local.get $bytes))
    (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $ready (call $put (i32.const 2) (i32.const 6)))
  (func (export "sleep") (call $ready)
    (i32.store8 (i32.const 8) (i32.const 0))
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512))))
  (func (export "read") (call $ready)
    (i32.store (i32.const 0) (i32.const 2048))
    (i32.store (i32.const 4) (i32.const 16))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "poll") (call $ready)
    (i32.store8 (i32.const 8) (i32.const 1))
    (i32.store (i32.const 16) (i32.const 0))
    (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512))))
  (func (export "write") (call $ready)
    (loop $more (call $put (i32.const 1) (i32.const 100000)) (br $more)))
  (func (export "copy")
    (call $put (i32.const 1) (i32.const 1048576))
    (call $exit (i32.ne (i32.load (i32.const 8)) (i32.const 1048576)))))"#;

/// Every kind of run.
const MODES: [&[&str]; 5] = [
    &[],
    &["--no-std"],
    &["--set", "max-linear=2M", "--no-platform"],
    &["--asil-level", "B", "--no-platform"],
    &["--asil-level", "D", "--no-platform"],
];
const WAYS: [&str; 4] = ["sleep", "read", "poll", "write"];

/// Starts a guest whose input has no end and whose output nobody reads.
fn begin(module: &str, way: &str, more: &[&str]) -> Child {
    let args = [&["run", "--wasi", "--wasi-stdin", "-", module, "--invoke", way], more].concat();
    let streams = (Stdio::piped(), Stdio::piped(), Stdio::piped());
    command(&args).stdin(streams.0).stdout(streams.1).stderr(streams.2).spawn().expect("wrtd starts")
}

/// Reads until the guest is ready.
fn until_ready(child: &mut Child) -> (BufReader<std::process::ChildStderr>, String) {
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut text = String::new();
    while !text.ends_with("ready\n") {
        assert!(stderr.read_line(&mut text).expect("text") > 0, "the guest never begins: {text}");
    }
    (stderr, text)
}

#[test]
fn cli_2_timeout_ends_a_guest_that_waits() {
    let dir = Dir::new("waits");
    let module = dir.file("guest.wat", GUEST);
    for mode in MODES {
        for way in WAYS {
            let mut child = begin(&module, way, &[&["--timeout", "50ms"], mode].concat());
            let (mut stderr, mut text) = until_ready(&mut child);
            stderr.read_to_string(&mut text).expect("text");
            assert_eq!(child.wait().expect("wrtd ends").code(), Some(123), "{mode:?} {way}: {text}");
            assert!(
                text.contains("wrtd: timeout:") && text.contains(&format!("    at {way} (")),
                "{mode:?} {way}: {text}"
            );
        }
    }
}

#[test]
fn cli_2_ctrl_c_ends_a_guest_that_waits() {
    let dir = Dir::new("waits-c");
    let module = dir.file("guest.wat", GUEST);
    for mode in MODES {
        for way in WAYS {
            let mut child = begin(&module, way, mode);
            let (mut stderr, mut text) = until_ready(&mut child);
            // Long enough that it waits now, most likely; the end must be the same in any case.
            std::thread::sleep(core::time::Duration::from_millis(20));
            let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill starts");
            assert!(killed.success());
            stderr.read_to_string(&mut text).expect("text");
            assert_eq!(child.wait().expect("wrtd ends").code(), Some(130), "{mode:?} {way}: {text}");
            assert!(
                text.contains("wrtd: stopped:") && text.contains(&format!("    at {way} (")),
                "{mode:?} {way}: {text}"
            );
        }
    }
}

/// What may be ended from outside is not cut short otherwise: input that comes late comes, and all of a large write
/// goes to who reads late.
#[test]
fn cli_2_a_guest_that_waits_goes_on() {
    let dir = Dir::new("waits-on");
    let module = dir.file("guest.wat", GUEST);
    for mode in MODES {
        for way in ["read", "poll"] {
            let mut child = begin(&module, way, &[&["--timeout", "1h"], mode].concat());
            let (mut stderr, mut text) = until_ready(&mut child);
            child.stdin.take().expect("piped").write_all(b"late").expect("wrtd reads");
            stderr.read_to_string(&mut text).expect("text");
            assert_eq!(child.wait().expect("wrtd ends").code(), Some(0), "{mode:?} {way}: {text}");
        }
        let output =
            begin(&module, "copy", &[&["--timeout", "1h"], mode].concat()).wait_with_output().expect("wrtd ends");
        assert_eq!((code(&output), output.stdout.len()), (0, 1 << 20), "{mode:?}: {}", err(&output));
        assert!(out(&output).starts_with("ready"), "{mode:?}");
    }
}
