//! The exit codes: each one that docs/wrtd.md lists is reached, and means what stands there.

mod common;

use common::{Dir, code, command, err, root, wrtd};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1 1)
  (func (export "ok"))
  (func (export "trap") unreachable)
  (func (export "exit") (param i32) (call $exit (local.get 0)))
  (func (export "spin") (local $v i64) (local $at i32)
    (local.set $v (i64.const 0x9e3779b97f4a7c15))
    (loop $fill
      (i64.store (local.get $at) (local.get $v))
      (local.set $v (i64.xor (local.get $v) (i64.shr_u (local.get $v) (i64.const 31))))
      (local.set $v (i64.mul (local.get $v) (i64.const 0xbf58476d1ce4e5b9)))
      (br_if $fill (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 4096))))
    (loop $for_ever (br $for_ever))))"#;

/// What [`GUEST`]'s `spin` fills its memory with.
fn pattern() -> Vec<u8> {
    let next = |v: &u64| Some((v ^ (v >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9));
    core::iter::successors(Some(0x9e37_79b9_7f4a_7c15), next).take(512).flat_map(u64::to_le_bytes).collect()
}

/// Starts `spin`, and returns once it runs.
fn spinning(module: &str, more: &[&str]) -> (Child, BufReader<std::process::ChildStderr>) {
    let args = [&["run", "--wasi", module, "--invoke", "spin", "--fuel", "100G"], more].concat();
    let mut child = command(&args).env("RUST_LOG", "info").stderr(Stdio::piped()).spawn().expect("wrtd starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut text = String::new();
    while !text.contains("run{") {
        assert!(stderr.read_line(&mut text).expect("text") > 0, "the run never begins: {text}");
    }
    (child, stderr)
}

fn ended(mut child: Child, mut stderr: BufReader<std::process::ChildStderr>) -> Output {
    let mut text = Vec::new();
    stderr.read_to_end(&mut text).expect("text");
    Output { status: child.wait().expect("wrtd ends"), stdout: Vec::new(), stderr: text }
}

fn interrupted(module: &str) -> Output {
    let (child, stderr) = spinning(module, &[]);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill starts").success());
    ended(child, stderr)
}

/// Changes a byte in the memory of one of two guests that do the same, from outside, as a fault of the machine would;
/// `None` where the system does not let a process write into its child.
fn damaged(module: &str) -> Option<Output> {
    let (child, stderr) = spinning(module, &["--asil-level", "D", "--no-platform"]);
    let id = child.id();
    let pattern = pattern();
    let flip = || -> std::io::Result<bool> {
        let maps = std::fs::read_to_string(format!("/proc/{id}/maps"))?;
        let memory = std::fs::OpenOptions::new().read(true).write(true).open(format!("/proc/{id}/mem"))?;
        for line in maps.lines().filter(|line| line.contains(" rw-p ")) {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let Some((from, to)) = range else { continue };
            let number = |hex| u64::from_str_radix(hex, 16).map_err(std::io::Error::other);
            let (from, to) = (number(from)?, number(to)?);
            // A linear memory begins on a page, behind a guard.
            let mut bytes = vec![0; (to - from).min(1 << 24) as usize];
            let Ok(read) = std::os::unix::fs::FileExt::read_at(&memory, &mut bytes, from) else { continue };
            let found = bytes[..read].windows(64).position(|window| window == &pattern[64..128]);
            if let Some(at) = found {
                let byte = [!bytes[at]];
                std::os::unix::fs::FileExt::write_all_at(&memory, &byte, from + at as u64)?;
                return Ok(true);
            }
        }
        Ok(false)
    };
    loop {
        match flip() {
            Ok(true) => return Some(ended(child, stderr)),
            // It has not come that far.
            Ok(false) => std::thread::sleep(core::time::Duration::from_millis(10)),
            Err(why) => {
                eprintln!("not shown: a fault, because the memory of a child cannot be written: {why}");
                let mut child = child;
                child.kill().expect("it runs");
                child.wait().expect("it ends");
                return None;
            }
        }
    }
}

/// A run that is compared with a recording which says of its end what did not happen.
fn departed(dir: &Dir, module: &str) -> Output {
    let tape = dir.path("run.jsonl");
    let run = ["run", "--wasi", module, "--invoke", "exit", "7"];
    assert_eq!(code(&wrtd(&[&run, &["--record", tape.as_str()][..]].concat())), 7);
    let recorded = std::fs::read_to_string(&tape).expect("a recording");
    let changed = recorded.replace("\"detail\":\"7\"", "\"detail\":\"8\"");
    assert_ne!(changed, recorded, "{recorded}");
    std::fs::write(&tape, changed).expect("writes");
    wrtd(&[&run, &["--replay", tape.as_str()][..]].concat())
}

/// CLI-2: one way to each code, and what the page says of it.
#[test]
fn cli_2_every_documented_code_is_reached() {
    let dir = Dir::new("exits");
    let module = dir.file("guest.wat", GUEST);
    let run = |args: &[&str]| Some(wrtd(&[&["run", "--wasi", &module], args].concat()));
    let reached = [
        ("0", run(&["--invoke", "ok"]), "done"),
        ("1", run(&["--invoke", "nothing"]), "has no such function"),
        ("1", Some(wrtd(&["run", &dir.path("none")])), "cannot be read"),
        ("1", Some(wrtd(&["run", &module])), "linked"),
        ("1", run(&["--invoke", "ok", "--config", "none.toml"]), "a file that is named cannot be used"),
        ("2", run(&["--nonsense"]), "command line"),
        ("2", run(&["--invoke", "exit", "x"]), "arguments"),
        ("2", Some(command(&["run", &module]).env("WRTD_FUEL", "x").output().expect("wrtd starts")), "a variable"),
        ("122", Some(departed(&dir, &module)), "not the run that was recorded"),
        ("123", run(&["--invoke", "spin", "--timeout", "10ms"]), "out of time"),
        ("124", run(&["--invoke", "spin", "--fuel", "10"]), "out of fuel"),
        ("125", damaged(&module), "mechanism of the safety level"),
        ("130", Some(interrupted(&module)), "Ctrl-C"),
        ("134", run(&["--invoke", "trap"]), "trap"),
        ("N", run(&["--invoke", "exit", "7"]), "the guest ended itself with N"),
        ("N", run(&["--invoke", "exit", "256"]), "255 where N is greater"),
    ];
    let page = std::fs::read_to_string(root().join("docs/wrtd.md")).expect("docs/wrtd.md");
    let (_, rest) = page.split_once("| Code | Meaning |\n|---|---|\n").expect("the table");
    let rows: Vec<&str> = rest.lines().take_while(|line| line.starts_with('|')).collect();
    for (name, output, meaning) in &reached {
        let row = rows.iter().find(|row| row.starts_with(&format!("| {name} |")));
        assert!(row.is_some_and(|row| row.contains(meaning)), "{name} does not say {meaning:?}: {row:?}");
        let Some(output) = output else { continue };
        let expected = match (*name, *meaning) {
            ("N", "255 where N is greater") => 255,
            ("N", _) => 7,
            (number, _) => number.parse().expect("a number"),
        };
        assert_eq!(code(output), expected, "{meaning}: {}", err(output));
    }
    for row in rows {
        assert!(reached.iter().any(|(name, ..)| row.starts_with(&format!("| {name} |"))), "nothing reaches {row}");
    }
}
