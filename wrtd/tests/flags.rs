//! Every flag of every command does something: the list of flags is `--help`'s, and each must change what a command
//! prints or writes.

mod common;

use common::{Dir, code, command, err, out, wrtd};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $vars (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start"))
  (func (export "args") (result i32) (drop (call $args (i32.const 0) (i32.const 4))) (i32.load (i32.const 0)))
  (func (export "vars") (result i32) (drop (call $vars (i32.const 0) (i32.const 4))) (i32.load (i32.const 0)))
  (func (export "time") (result i64)
    (drop (call $time (i32.const 0) (i64.const 0) (i32.const 0))) (i64.load (i32.const 0)))
  (func (export "random") (result i64) (drop (call $random (i32.const 0) (i32.const 8))) (i64.load (i32.const 0)))
  (func (export "granted") (result i32) (call $prestat (i32.const 3) (i32.const 0)))
  (func (export "read") (result i32)
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 64))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))) (i32.load (i32.const 8))))"#;
const PLAIN: &str = r#"(module (memory 1 100)
  (func (export "one") (result i32) (i32.const 1))
  (func (export "two") (result i32) (i32.const 2))
  (func (export "spin") (loop (br 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 9)))
  (func $deep (export "deep") (param i32)
    (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))))))"#;
const THREADS: &str = "(module (memory 1 1 shared) (func (export \"f\")))";
const TABLE64: &str = "(module (memory i64 1) (func (export \"f\")))";

/// A flag, the command line without it, what is added, and what must be seen then in what it prints or in FILE.
type Use = (&'static str, &'static str, &'static str, &'static str);

/// `GUEST`, `PLAIN`, `THREADS`, `MEMORY64`, `EMBEDDED`, `TAPE` and `CONFIG` stand for files, `DIR` for a directory, `FILE`
/// for a file that is written.
const USES: &[Use] = &[
    ("wrtd --help", "PLAIN", "--help", "Exit codes:"),
    ("wrtd --version", "PLAIN", "--version", "wrtd "),
    ("wrtd --version", "PLAIN", "-V", "wrtd "),
    ("run --invoke", "run PLAIN", "--invoke one", "1"),
    ("run --function", "run PLAIN", "--function two", "2"),
    ("run --fuel", "run PLAIN --invoke one", "--fuel 0", "out of fuel"),
    ("run --max-memory", "run PLAIN --invoke grow", "--max-memory 64K", "-1"),
    ("run --memory", "run PLAIN --invoke grow", "--memory 64K", "-1"),
    ("run --stack", "run PLAIN --invoke deep 1000", "--stack 4K", "stack"),
    ("run --max-depth", "run PLAIN --invoke deep 1000", "--max-depth 10", "--max-depth"),
    ("run --timeout", "run PLAIN --invoke spin --fuel 5M", "--timeout 1ms", "out of time"),
    ("run --memory-profile", "run PLAIN --invoke one", "--memory-profile", "bytes at the peak"),
    ("run --profile", "run PLAIN --invoke deep 10", "--profile FILE", "deep"),
    (
        "run --profile-interval",
        "run PLAIN --invoke deep 10 --memory-profile",
        "--profile-interval 3",
        "one each 3 instructions",
    ),
    ("run --no-std", "run PLAIN --invoke one --memory-profile", "--no-std", "arenas"),
    ("run --enable", "run THREADS", "--enable threads", ""),
    ("run --disable", "run MEMORY64", "--disable memory64", "memory64, which is off"),
    ("run --json", "run PLAIN --invoke one", "--json", "\"fuel_used\""),
    ("run --json-file", "run PLAIN --invoke one", "--json-file FILE", "\"fuel_used\""),
    ("run --wasi", "run GUEST", "--wasi", ""),
    ("run --wasi-version", "run --wasi GUEST", "--wasi-version preview2", "preview2 is not provided"),
    ("run --wasi-fs", "run --wasi GUEST --invoke granted", "--wasi-fs .", "0"),
    ("run --wasi-env", "run --wasi GUEST --invoke vars", "--wasi-env A=1 --wasi-env B=2", "2"),
    ("run --wasi-arg", "run --wasi GUEST --invoke args", "--wasi-arg a --wasi-arg --b", "3"),
    ("run --wasi-stdin", "run --wasi GUEST --invoke read", "--wasi-stdin CONFIG", ""),
    ("run --wasi-clock", "run --wasi GUEST --invoke time", "--wasi-clock deterministic", "1704067200"),
    (
        "run --wasi-clock-resolution",
        "run --wasi GUEST --invoke time --wasi-clock deterministic",
        "--wasi-clock-resolution 1s",
        "1704067200000000000",
    ),
    ("run --record", "run --wasi GUEST --invoke time", "--record FILE", "wrt_recording"),
    ("run --replay", "run --wasi GUEST --invoke time", "--replay TAPE", "1704067200"),
    ("run --wasi-random-seed", "run --wasi GUEST --invoke random", "--wasi-random-seed 7", ""),
    ("run --set", "run PLAIN --invoke grow", "--set max-linear=64K --no-platform", "-1"),
    ("run --asil-level", "run PLAIN --invoke one --memory-profile", "--asil-level B --no-platform", "checkpoints"),
    ("run --preset", "run PLAIN --invoke one --json", "--preset embedded --no-platform", "max-linear is"),
    ("run --config", "run PLAIN --invoke two", "--config CONFIG", "out of fuel"),
    ("run --memory-variable", "run PLAIN --invoke one --asil-level QM", "--memory-variable SMALL", "max-linear is 0"),
    ("run --no-platform", "run PLAIN --invoke one --preset embedded", "--no-platform", "max-linear is"),
    ("plan --enable", "plan THREADS", "--enable threads", "module"),
    ("plan --disable", "plan MEMORY64", "--disable memory64", "memory64, which is off"),
    ("plan --json", "plan PLAIN", "--json", "\"stack_min\""),
    ("validate --enable", "validate THREADS", "--enable threads", "valid"),
    ("validate --disable", "validate MEMORY64", "--disable memory64", "memory64, which is off"),
    ("validate --json", "validate PLAIN", "--json", "\"valid\":true"),
    ("inspect --json", "inspect PLAIN", "--json", "\"exports\""),
    ("compile --output", "compile PLAIN", "--output FILE", "wrti"),
    ("compile -o", "compile PLAIN", "-o FILE", "wrti"),
    ("compile --portable", "compile PLAIN -o FILE", "--portable", "wrti"),
    ("compile --enable", "compile THREADS -o FILE", "--enable threads", ""),
    ("compile --disable", "compile MEMORY64 -o FILE", "--disable memory64", "memory64, which is off"),
    ("compile --json", "compile PLAIN -o FILE", "--json", "\"image\""),
    ("embed --output", "embed PLAIN DIR", "--output FILE", "wrt.files"),
    ("embed -o", "embed PLAIN DIR", "-o FILE", "wrt.files"),
    ("embed --limit", "embed PLAIN DIR -o FILE", "--limit 1", "raise --limit"),
    ("embed --replace", "embed EMBEDDED DIR -o FILE", "--replace", "wrt.files"),
    ("embed --json", "embed PLAIN DIR -o FILE", "--json", "\"module_bytes\""),
    ("limits --explain", "limits --no-platform", "--explain", "enforced by"),
    ("limits --set", "limits --no-platform", "--set max-linear=1M", "1,048,576"),
    ("limits --asil-level", "limits --no-platform", "--asil-level C", "C"),
    ("limits --preset", "limits --no-platform", "--preset embedded", ""),
    ("limits --config", "limits --no-platform --explain", "--config CONFIG", "max-nesting"),
    ("limits --memory-variable", "limits --explain", "--memory-variable SMALL", "SMALL"),
    ("limits --no-platform", "limits --explain", "--no-platform", "preset"),
    ("limits --json", "limits --no-platform", "--json", "\"limits\""),
    ("config --schema", "config", "--schema", "\"$schema\""),
];

/// What a command line comes to: its exit code, its streams, and FILE.
fn outcome(dir: &Dir, line: &str) -> (i32, String) {
    let written = dir.path("written");
    let _ = std::fs::remove_file(&written);
    let word = |word: &str| match word {
        "GUEST" | "PLAIN" | "THREADS" | "MEMORY64" => dir.path(&format!("{}.wat", word.to_lowercase())),
        "CONFIG" => dir.path("config.toml"),
        "EMBEDDED" => dir.path("embedded.wasm"),
        "TAPE" => dir.path("run.jsonl"),
        "DIR" => dir.path("files"),
        "FILE" => written.clone(),
        other => other.to_owned(),
    };
    let words: Vec<String> = line.split(' ').map(word).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let folder = Path::new(&written).parent().expect("a folder");
    let output =
        command(&words).env("SMALL", "1").current_dir(folder).stdin(Stdio::null()).output().expect("wrtd starts");
    let file = String::from_utf8_lossy(&std::fs::read(&written).unwrap_or_default()).into_owned();
    (code(&output), format!("{}\n{}\n{file}", out(&output), err(&output)))
}

#[test]
fn cli_1_every_flag_does_something() {
    let dir = Dir::new("flags");
    dir.file("guest.wat", GUEST);
    dir.file("plain.wat", PLAIN);
    dir.file("threads.wat", THREADS);
    dir.file("memory64.wat", TABLE64);
    dir.file("config.toml", "[run]\nfuel=0\n\n[limits]\nmax-nesting=9\n");
    std::fs::create_dir(dir.path("files")).expect("a directory");
    dir.file("files/one", "text");
    let time = "run --wasi GUEST --invoke time --wasi-clock deterministic --record TAPE";
    for line in ["embed PLAIN DIR -o EMBEDDED", time] {
        assert_eq!(outcome(&dir, line).0, 0, "{line}");
    }
    for (flag, without, with, expected) in USES {
        let (before, after) = (outcome(&dir, without), outcome(&dir, &format!("{without} {with}")));
        assert_ne!(before, after, "{flag}: {with} changes nothing of wrtd {without}");
        assert!(after.1.contains(expected), "{flag}: no {expected:?} in what wrtd {without} {with} says: {}", after.1);
        assert!(with.contains(flag.split(' ').nth(1).expect("a flag")) || *with == "-V", "{flag} is not in {with}");
    }
}

/// The flags of a command, as its help lists them.
fn flags(help: &str) -> BTreeSet<String> {
    let listed = help.lines().filter(|line| line.trim_start().starts_with('-'));
    let words =
        listed.flat_map(|line| line.split([' ', ',']).filter(|w| !w.is_empty()).take_while(|w| w.starts_with('-')));
    let whole = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let aliases = whole.split("[alias: ").skip(1).filter_map(|rest| rest.split([']', ',']).next());
    words.chain(aliases).map(str::to_owned).collect()
}

#[test]
fn cli_1_no_flag_is_left_out() {
    let top = out(&wrtd(&["--help"]));
    let commands = top.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands = commands.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    let mut all: BTreeSet<String> = ["wrtd --version".to_owned()].into();
    for command in commands.filter(|name| *name != "help") {
        let help = wrtd(&[command, "--help"]);
        assert_eq!(code(&help), 0, "{command}: {}", err(&help));
        assert!(out(&help).contains(&format!("Usage: wrtd {command}")), "{command}");
        // Help itself is what was just tried.
        let own = flags(&out(&help)).into_iter().filter(|flag| !["-h", "--help"].contains(&flag.as_str()));
        all.extend(own.map(|flag| format!("{command} {flag}")));
    }
    let used: BTreeSet<String> = USES.iter().map(|(flag, ..)| (*flag).to_owned()).collect();
    let missing: Vec<_> = all.difference(&used).collect();
    assert!(missing.is_empty(), "no use is shown in this file of {missing:?}");
    let gone: Vec<_> = used.difference(&all).filter(|flag| **flag != "wrtd --help").collect();
    assert!(gone.is_empty(), "there is no {gone:?} any more");
    // Without a command the flags are those of `run`.
    let run: BTreeSet<_> = flags(&out(&wrtd(&["run", "--help"])));
    assert!(run.is_subset(&flags(&top)), "{:?}", run.difference(&flags(&top)).collect::<Vec<_>>());
}
