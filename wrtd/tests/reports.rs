//! What `wrtd run` says to programs (`--json`, `--json-file`), and what becomes of output that cannot be written.

mod common;

use common::{Dir, code, command, err, json, out, root, wrtd, wrtd_text};
use std::fs::File;
use std::process::{Output, Stdio};

/// Says a line on each stream, the one of which looks like a report.
const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "{\"status\":\"guest\"}\nerr\n")
  (func $put (param $fd i32) (param $at i32) (param $len i32) (result i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len))
    (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
  (func (export "f") (result i32)
    (call $put (i32.const 1) (i32.const 64) (i32.const 19))
    (i32.add (call $put (i32.const 2) (i32.const 83) (i32.const 4))))
  (func (export "_start") (drop (call $put (i32.const 1) (i32.const 64) (i32.const 19)))
    (drop (call $put (i32.const 2) (i32.const 83) (i32.const 4)))
    unreachable))"#;
const SAID: &str = "{\"status\":\"guest\"}\n";

#[test]
fn cli_2_json_is_alone_on_standard_output() {
    let dir = Dir::new("json");
    let module = dir.file("guest.wat", GUEST);
    for mode in [&[][..], &["--no-std"], &["--asil-level", "D", "--no-platform"]] {
        let run = |args: &[&str]| wrtd(&[&["run", &module, "--wasi"], args, mode].concat());
        let output = run(&["--json"]);
        assert_eq!((code(&output), &json(&output)["error"]["kind"]), (134, &"trap".into()), "{mode:?}");
        assert_eq!(err(&output), format!("{SAID}err\n"), "{mode:?}");
        let output = run(&["--json", "--invoke", "f"]);
        assert_eq!((code(&output), &json(&output)["results"][0]["value"]), (0, &0.into()), "{mode:?}");
        assert_eq!(err(&output), format!("{SAID}err\n"), "{mode:?}");
    }
}

#[test]
fn cli_2_json_file_changes_nothing_else() {
    let dir = Dir::new("json-file");
    let module = dir.file("guest.wat", GUEST);
    let path = dir.path("report.json");
    for args in [&[][..], &["--invoke", "f"], &["--invoke", "none"], &["--fuel", "3"]] {
        let plain = wrtd(&[&["run", &module, "--wasi"], args].concat());
        let filed = wrtd(&[&["run", &module, "--wasi", "--json-file", &path], args].concat());
        assert_eq!((&plain.stdout, &plain.stderr, plain.status), (&filed.stdout, &filed.stderr, filed.status));
        let printed = wrtd(&[&["run", &module, "--wasi", "--json"], args].concat());
        assert_eq!(std::fs::read(&path).expect("a report"), printed.stdout, "{args:?}");
        assert_eq!(printed.status, plain.status);
    }
    // Who cannot have the report is told so before the guest does anything.
    for file in ["/no/such/dir/report", "/"] {
        let output = wrtd(&["run", &module, "--wasi", "--json-file", file]);
        assert_eq!((code(&output), out(&output)), (1, String::new()));
        assert!(err(&output).contains(&format!("--json-file: cannot write {file}")), "{}", err(&output));
        let output = wrtd(&["run", &module, "--wasi", "--json", "--json-file", file]);
        assert_eq!((code(&output), &json(&output)["error"]["kind"]), (1, &"write".into()));
    }
    let output = wrtd_text("(module (func (export \"f\")))", &["-", "--json-file", "/dev/full"]);
    assert!(code(&output) == 1 && err(&output).contains("/dev/full"), "{}", err(&output));
}

/// Commands that print, one for each way in which something is said.
fn printing(dir: &Dir) -> Vec<Vec<String>> {
    let (good, bad) = (
        dir.file("good.wat", "(module (memory 1) (func $f (export \"f\") (result i32) (i32.const 1)))"),
        dir.file("bad.wat", "(module (func (result i32)))"),
    );
    let trap = dir.file("trap.wat", "(module (func $f (export \"f\") unreachable))");
    let config = dir.file("c.toml", "[run]\nfuel = 1\n");
    let (image, files, embedded) = (dir.path("good.wrti"), dir.path("files"), dir.path("embedded.wasm"));
    std::fs::create_dir(&files).expect("a directory");
    let lines = [
        format!("run {good}"),
        format!("run {good} --json"),
        format!("run {good} --memory-profile"),
        format!("run {trap}"),
        format!("run {trap} --json"),
        format!("run {good} --fuel 0 --json"),
        format!("run {good} --asil-level D --memory-profile"),
        format!("plan {good}"),
        format!("plan {good} --json"),
        format!("plan {bad}"),
        format!("plan {bad} --json"),
        format!("validate {good} {bad}"),
        format!("validate {good} {bad} --json"),
        format!("inspect {good}"),
        format!("inspect {good} --json"),
        format!("inspect {bad} --json"),
        format!("compile {good} -o {image}"),
        format!("compile {good} -o {image} --json"),
        format!("compile {bad} --json"),
        format!("embed {good} {files} -o {embedded}"),
        format!("embed {good} {files} -o {embedded} --json"),
        format!("embed {bad} {image} -o {embedded}"),
        "limits".into(),
        "limits --explain".into(),
        "limits --json".into(),
        format!("limits {good} --explain"),
        format!("limits {good} --json"),
        format!("config {config}"),
        "config --schema".into(),
        "config".into(),
        "completion bash".into(),
        "man".into(),
        "--help".into(),
        "--version".into(),
        "run --help".into(),
        "help plan".into(),
        "--nonsense".into(),
        "run nonsense".into(),
    ];
    lines.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

fn with_streams(args: &[String], stdout: Stdio, stderr: Stdio) -> Output {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let child = command(&args).env("RUST_LOG", "debug").stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn();
    child.expect("wrtd starts").wait_with_output().expect("wrtd ends")
}

/// The writing end of a pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// CLI-2: who reads no further changes nothing but what he sees, at every command.
#[test]
fn cli_2_streams_that_nobody_reads_change_no_exit_code() {
    let dir = Dir::new("closed");
    for args in printing(&dir) {
        let heard = with_streams(&args, Stdio::piped(), Stdio::piped());
        let without_out = with_streams(&args, closed(), Stdio::piped());
        assert_eq!(code(&without_out), code(&heard), "{args:?}: {}", err(&without_out));
        assert!(!err(&without_out).contains("panicked"), "{args:?}: {}", err(&without_out));
        let deaf = with_streams(&args, closed(), closed());
        assert_eq!(deaf.status.code(), heard.status.code(), "{args:?}");
    }
}

/// CLI-2: what a full disk has lost was not done, and is told; a full standard error loses nothing but words.
#[test]
fn cli_2_output_that_is_lost_is_a_failure() {
    let Ok(_) = File::create("/dev/full") else {
        eprintln!("skipped, because there is no /dev/full");
        return;
    };
    let full = || Stdio::from(File::create("/dev/full").expect("it was there"));
    let dir = Dir::new("full");
    for args in printing(&dir) {
        let heard = with_streams(&args, Stdio::piped(), Stdio::piped());
        let lost = with_streams(&args, full(), Stdio::piped());
        // Help is clap's own to print.
        let helps = ["--help", "--version", "help"].iter().any(|word| args.iter().any(|arg| arg == word));
        let expected = if heard.stdout.is_empty() || helps { code(&heard) } else { code(&heard).max(1) };
        assert_eq!(code(&lost), expected, "{args:?}: {}", err(&lost));
        let told = err(&lost).matches("cannot write to standard output").count();
        assert_eq!(told, usize::from(!heard.stdout.is_empty() && !helps), "{args:?}: {}", err(&lost));
        assert_eq!(with_streams(&args, Stdio::piped(), full()).status.code(), heard.status.code(), "{args:?}");
    }
}

/// The commands of the list say something on every path: none is left out by mistake.
#[test]
fn cli_2_every_command_is_in_the_list_of_those_that_print() {
    let dir = Dir::new("list");
    let listed = printing(&dir);
    let help = out(&wrtd(&["--help"]));
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for command in commands.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next()) {
        assert!(listed.iter().any(|args| args[0] == command), "{command} is not tried with closed streams");
    }
}

/// CLI-2: calls of the host are counted, as often as they are recorded, by a run of each kind.
#[test]
fn cli_2_calls_of_the_host_are_counted() {
    let hello = root().join("examples/wasi/hello.wat");
    for more in [&[][..], &["--no-std"], &["--asil-level", "D", "--no-platform"]] {
        let args = [&["run", "--wasi", "--json", hello.to_str().expect("UTF-8")], more, &["you"]].concat();
        let output = command(&args).env("RUST_LOG", "wrtd::host=debug").output().expect("wrtd starts");
        let records = err(&output);
        let made = ["returned", "ended the run"].iter().map(|end| records.matches(end).count()).sum::<usize>();
        assert!(made > 3, "{more:?}: {records}");
        assert_eq!(json(&output)["usage"]["host_calls"], made, "{more:?}: {records}");
    }
    let told = err(&command(&["--wasi", "--memory-profile", hello.to_str().expect("UTF-8")]).output().expect("starts"));
    assert!(told.lines().any(|line| line.starts_with("host calls")), "{told}");
}
