//! `--wasi-fs` with directories in memory, copies, and embedded files; `wrtd embed`.

mod common;

use common::{Dir, code, err, json, out, wrtd};
use std::fs;

/// Opens `f` beneath descriptor 3 for writing where it may be, else for reading; writes `new` at its beginning, and
/// copies what is in it to standard output. Exits with the errno of opening it.
const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "f")
  (data (i32.const 72) "new")
  (func $try (param $oflags i32) (param $rights i64) (result i32)
    (call $open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 1) (local.get $oflags)
      (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 8)))
  (func (export "_start") (local $errno i32)
    (local.set $errno (call $try (i32.const 1) (i64.const 66)))
    (if (local.get $errno) (then
      (if (call $try (i32.const 0) (i64.const 2)) (then (call $exit (local.get $errno)))))
    (else
      (i32.store (i32.const 16) (i32.const 72))
      (i32.store (i32.const 20) (i32.const 3))
      (drop (call $pwrite (i32.load (i32.const 8)) (i32.const 16) (i32.const 1) (i64.const 0) (i32.const 24)))))
    (i32.store (i32.const 16) (i32.const 4096))
    (i32.store (i32.const 20) (i32.const 4096))
    (drop (call $read (i32.load (i32.const 8)) (i32.const 16) (i32.const 1) (i32.const 24)))
    (i32.store (i32.const 20) (i32.load (i32.const 24)))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
    (call $exit (local.get $errno))))"#;

/// `errno::perm`, as the guest exits with it.
const PERM: i32 = 63;

/// A folder with the guest and a directory `d`.
fn place(name: &str) -> (Dir, String, String) {
    let dir = Dir::new(name);
    let guest = dir.file("guest.wat", GUEST);
    let d = dir.path("d");
    fs::create_dir_all(format!("{d}/sub")).expect("a directory");
    fs::write(format!("{d}/f"), "old text").expect("a file");
    (dir, guest, d)
}

#[test]
fn cli_1_wasi_directories_in_memory_and_copies() {
    let (_dir, guest, d) = place("memory");
    let run = |fs: &str| {
        let done = wrtd(&["run", "--wasi", "--wasi-fs", fs, &guest]);
        (code(&done), out(&done))
    };
    assert_eq!(run("mem:/tmp"), (0, "new".into()), "empty before");
    assert_eq!(run("mem=1M:/tmp"), (0, "new".into()));
    assert_eq!(run(&format!("copy:{d}:/d")), (0, "new text".into()));
    assert_eq!(run(&format!("copy:{d}:/d")), (0, "new text".into()), "a new copy each time");
    assert_eq!(run(&format!("copy=1M:{d}:ro")), (PERM, "old text".into()));
    assert_eq!(fs::read(format!("{d}/f")).expect("a file"), b"old text");
    // Without room for a name nothing is made.
    assert_eq!(run("mem=0:/tmp"), (51, String::new()), "nospc");
    assert_eq!(run(&d), (0, "new text".into()));
    assert_eq!(fs::read(format!("{d}/f")).expect("a file"), b"new text");
}

#[test]
fn cli_1_wasi_mounts_that_cannot_be_name_the_option() {
    let (_dir, guest, d) = place("mistakes");
    let cases = [
        ("mem".to_owned(), 2, "./mem"),
        ("mem=lots:/x".into(), 2, "mem=16M"),
        ("mem:/x:ro".into(), 2, ":ro"),
        ("copy".into(), 2, "copy:./data:/data"),
        ("embedded".into(), 2, "embedded:/data"),
        ("embedded:/data".into(), 1, "wrtd embed"),
        (format!("copy=1:{d}:/d"), 1, "copy=256M"),
        (format!("copy:{d}/absent:/d"), 1, "absent"),
    ];
    for (fs, exit, word) in cases {
        let done = wrtd(&["run", "--wasi", "--wasi-fs", &fs, &guest]);
        assert_eq!(code(&done), exit, "{fs}: {}", err(&done));
        assert!(err(&done).contains("--wasi-fs") && err(&done).contains(word), "{fs}: {}", err(&done));
    }
}

#[test]
fn cli_1_embedded_files_run_from_modules_and_images() {
    let (dir, guest, d) = place("embed");
    let module = dir.path("out.wasm");
    let done = wrtd(&["embed", &guest, &d, "-o", &module]);
    assert_eq!(code(&done), 0, "{}", err(&done));
    assert!(out(&done).contains("embedded files: 1, with 8 bytes"), "{}", out(&done));
    // What is embedded does not depend on the directory any more.
    fs::remove_dir_all(&d).expect("removes");
    let image = dir.path("out.wrti");
    let compiled = wrtd(&["compile", &module, "-o", &image, "--json"]);
    let bytes = json(&compiled)["bytes"].as_u64().expect("a number");
    let behind = json(&compiled)["files"].as_u64().expect("a number");
    assert_eq!(fs::metadata(&image).expect("a file").len(), bytes + behind);
    assert!(behind > 0);
    for runs in [&module, &image] {
        let done = wrtd(&["run", "--wasi", "--wasi-fs", "embedded:/data", runs]);
        assert_eq!((code(&done), out(&done)), (PERM, "old text".into()), "{runs}: {}", err(&done));
        let fixed = wrtd(&["run", "--no-std", "--wasi", "--wasi-fs", "embedded:/data", &module]);
        assert_eq!((code(&fixed), out(&fixed)), (PERM, "old text".into()), "{}", err(&fixed));
        let nothing = wrtd(&["run", "--wasi", runs]);
        assert_eq!(out(&nothing), "", "not granted unless it is asked for");
    }
}

#[test]
fn cli_1_embed_refuses_what_cannot_be_kept() {
    let (dir, guest, d) = place("embed-not");
    let module = dir.path("out.wasm");
    let embed = |args: &[&str]| {
        let done = wrtd(&[&["embed"], args].concat());
        (code(&done), err(&done))
    };
    let refused = |args: &[&str], word: &str| {
        let (code, said) = embed(args);
        assert!(code == 1 && said.contains(word), "{args:?}: {code} {said}");
        assert!(fs::metadata(&module).is_err(), "nothing is written");
    };
    refused(&[&guest, &d, "-o", &module, "--limit", "8"], "--limit");
    refused(&[&guest, &dir.path("absent"), "-o", &module], "absent");
    refused(&[&dir.file("no.wasm", "no module"), &d, "-o", &module], "no module");
    std::os::unix::fs::symlink("../guest.wat", format!("{d}/sub/out")).expect("a link");
    let (code, _) = embed(&[&guest, &d, "-o", &module]);
    assert_eq!(code, 0, "a link to something beneath, though it is not there");
    fs::remove_file(&module).expect("removes");
    std::os::unix::fs::symlink("../../guest.wat", format!("{d}/sub/away")).expect("a link");
    refused(&[&guest, &d, "-o", &module], "sub/away leads out");
    fs::remove_file(format!("{d}/sub/away")).expect("removes");
    std::os::unix::fs::symlink("/etc", format!("{d}/sub/etc")).expect("a link");
    refused(&[&guest, &d, "-o", &module], "sub/etc leads out");
    fs::remove_file(format!("{d}/sub/etc")).expect("removes");
    assert_eq!(embed(&[&guest, &d, "-o", &module]).0, 0);
    let again = embed(&[&module, &d, "-o", &module]);
    assert!(again.0 == 1 && again.1.contains("--replace"), "{}", again.1);
    assert_eq!(embed(&[&module, &d, "-o", &module, "--replace"]).0, 0);
}

/// A damaged section is told with its place, before the guest begins.
#[test]
fn cli_1_damaged_embedded_files_are_told_with_their_place() {
    let (dir, guest, d) = place("damaged");
    let module = dir.path("out.wasm");
    assert_eq!(code(&wrtd(&["embed", &guest, &d, "-o", &module])), 0);
    let mut bytes = fs::read(&module).expect("a file");
    let at = bytes.windows(9).rposition(|part| part == b"wrt.files").expect("the section") + 9;
    bytes[at] = 9;
    fs::write(&module, &bytes).expect("a file");
    let done = wrtd(&["run", "--wasi", "--wasi-fs", "embedded:/data", &module]);
    assert_eq!(code(&done), 1);
    assert!(err(&done).contains("another version") && err(&done).contains(&format!("{at:#x}")), "{}", err(&done));
    assert_eq!(code(&wrtd(&["embed", &module, &d, "-o", &module, "--replace"])), 0);
    assert_eq!(out(&wrtd(&["run", "--wasi", "--wasi-fs", "embedded:/data", &module])), "old text");
}
