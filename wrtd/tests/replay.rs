//! `wrtd run --wasi --record` and `--replay`: a replay is the recorded run, or says where it is not.

mod common;

use common::{Dir, code, command, err, json, out};
use core::time::Duration;
use std::fs;
use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

/// Reads the clock, randomness, standard input and the file `f`, writes all of it to standard output, and then does as
/// its input says: `t` traps, `e` exits with 7, `l` runs on for ever, `c` reads the clock for ever.
const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $vars (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "fnew")
  (func $put (param $fd i32) (param $at i32) (param $len i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len))
    (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $get (param $fd i32) (param $at i32) (result i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (i32.const 256))
    (drop (call $read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.load (i32.const 8)))
  (func $all (result i32)
    (drop (call $time (i32.const 0) (i64.const 0) (i32.const 1024)))
    (drop (call $random (i32.const 1032) (i32.const 8)))
    (drop (call $stat (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 1040)))
    (call $put (i32.const 1) (i32.const 1024) (i32.const 80))
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
    (call $put (i32.const 2) (i32.const 2048) (call $get (i32.load (i32.const 16)) (i32.const 2048)))
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 65) (i32.const 3) (i32.const 1)
      (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))
    (call $put (i32.load (i32.const 16)) (i32.const 2048) (i32.const 3))
    (drop (call $vars (i32.const 512) (i32.const 2560)))
    (call $put (i32.const 1) (i32.const 2560) (i32.const 16))
    (call $get (i32.const 0) (i32.const 3072)))
  (func (export "sum") (param i32) (result i32 i64)
    (i32.add (call $all) (local.get 0)) (i64.load (i32.const 1024)))
  (func (export "_start")
    (drop (call $all))
    (if (i32.eq (i32.load8_u (i32.const 3072)) (i32.const 116)) (then (unreachable)))
    (if (i32.eq (i32.load8_u (i32.const 3072)) (i32.const 101)) (then (call $exit (i32.const 7))))
    (if (i32.eq (i32.load8_u (i32.const 3072)) (i32.const 108)) (then (loop $on (br $on))))
    (if (i32.eq (i32.load8_u (i32.const 3072)) (i32.const 99))
      (then (loop $on (drop (call $time (i32.const 1) (i64.const 0) (i32.const 1024))) (br $on))))))"#;

/// A folder with the guest, a folder for it to see, and an empty one to replay in.
struct Scene {
    dir: Dir,
    guest: String,
    tape: String,
}

impl Scene {
    fn new(name: &str) -> Self {
        let dir = Dir::new(name);
        for folder in ["seen", "empty"] {
            fs::create_dir_all(dir.path(folder)).expect("a folder");
        }
        fs::write(dir.path("seen/f"), "file").expect("a file");
        let (guest, tape) = (dir.file("guest.wat", GUEST), dir.path("run.jsonl"));
        Scene { dir, guest, tape }
    }
    /// The command that records the guest with this input.
    fn recording(&self, input: &str, more: &[&str]) -> Command {
        let input = self.dir.file("input", input);
        let grant = format!("{}:/", self.dir.path("seen"));
        let mut command = command(&["run", "--wasi", "--wasi-fs", &grant, "--wasi-env", "A=b", "--wasi-stdin", &input]);
        command.args(["--record", &self.tape]).args(more);
        command
    }
    fn record(&self, input: &str, more: &[&str]) -> Output {
        self.recording(input, more).output().expect("wrtd starts")
    }
    /// Replays in the empty folder.
    fn replay(&self, more: &[&str]) -> Output {
        let mut command = command(&["run", "--wasi", "--replay", &self.tape]);
        let output = command.args(more).current_dir(self.dir.path("empty")).output().expect("wrtd starts");
        assert_eq!(fs::read_dir(self.dir.path("empty")).expect("a folder").count(), 0);
        output
    }
    fn text(&self) -> String {
        fs::read_to_string(&self.tape).expect("a recording")
    }
    fn put(&self, text: &str) {
        fs::write(&self.tape, text).expect("a file");
    }
}

fn same(one: &Output, two: &Output, what: &str) {
    assert_eq!(one.stdout, two.stdout, "{what}: {}", err(two));
    assert_eq!((err(one), one.status), (err(two), two.status), "{what}");
}

/// The code of a replay that has left its recording.
const DEPARTED: i32 = 122;

#[test]
fn cli_1_a_replay_is_the_recorded_run_without_its_world() {
    let scene = Scene::new("replay-same");
    let guest = scene.guest.as_str();
    for (input, more, ends) in [
        ("", &[guest][..], 0),
        ("", &["--json", guest], 0),
        ("text", &["--json", "--invoke", "sum", guest, "5"], 0),
        ("text", &["--invoke", "sum", guest, "5"], 0),
        ("e", &["--json", guest], 7),
        ("e", &[guest], 7),
        ("t", &["--json", guest], 134),
        ("t", &[guest], 134),
        ("l", &["--json", "--fuel", "100K", guest], 124),
        ("c", &["--fuel", "100K", guest], 124),
        ("c", &["--json", "--fuel", "100K", "--memory-profile", guest], 124),
        ("", &["--json", "--asil-level", "B", guest], 0),
        ("e", &["--json", "--asil-level", "D", guest], 7),
        ("", &["--json", "--max-memory", "1M", "--no-std", guest], 0),
        (
            "t",
            &["--wasi-clock", "deterministic", "--wasi-random-seed", "3", "--wasi-clock-resolution", "1ms", guest],
            134,
        ),
    ] {
        let recorded = scene.record(input, more);
        assert_eq!(code(&recorded), ends, "{more:?}: {}", err(&recorded));
        assert!(scene.text().lines().last().is_some_and(|line| line.starts_with(r#"{"end":{"#)), "{}", scene.text());
        assert!(fs::read(scene.dir.path("seen/new")).is_ok_and(|text| text == b"fil"), "the guest wrote");
        fs::remove_file(scene.dir.path("seen/new")).expect("a file");
        let given: Vec<&str> = match more[0].starts_with("--wasi") {
            true => vec![guest],
            false => more.to_vec(),
        };
        same(&recorded, &scene.replay(&given), &format!("{input} {more:?}"));
        assert!(!fs::exists(scene.dir.path("seen/new")).expect("a folder"), "a replay touches no file");
    }
}

/// What does not depend on the world may differ: fixed arenas, samples, where a slice ends.
#[test]
fn cli_3_a_recording_is_replayed_in_fixed_arenas() {
    let scene = Scene::new("replay-fixed");
    let recorded = json(&scene.record("text", &["--json", "--invoke", "sum", &scene.guest, "5"]).tail());
    for more in [&["--no-std"][..], &["--memory-profile", "--profile-interval", "1"]] {
        let args = [more, &["--json", "--invoke", "sum", &scene.guest, "5"]].concat();
        let replayed = json(&scene.replay(&args).tail());
        for key in ["status", "results", "state_hash"] {
            assert_eq!(recorded[key], replayed[key], "{key} {more:?}");
        }
        assert_eq!(recorded["usage"]["fuel_used"], replayed["usage"]["fuel_used"]);
    }
}

trait Tail {
    /// The last line of standard output alone, which is wrtd's.
    fn tail(self) -> Output;
}

impl Tail for Output {
    fn tail(mut self) -> Output {
        let begin = br#"{"function":"sum""#;
        let at = self.stdout.windows(begin.len()).rposition(|window| window == begin).unwrap_or(0);
        self.stdout.drain(..at);
        self
    }
}

#[test]
fn cli_2_a_replay_of_another_run_is_refused() {
    let scene = Scene::new("replay-other");
    let guest = scene.guest.as_str();
    let recorded = scene.record("", &["--invoke", "sum", guest, "5"]);
    assert_eq!(code(&recorded), 0, "{}", err(&recorded));
    let other = scene.dir.file("other.wat", GUEST.replace("\"fnew\"", "\"fold\""));
    for (args, named) in [
        (&["--invoke", "sum", other.as_str(), "5"][..], "module"),
        (&["--invoke", "_start", guest], "function"),
        (&[guest], "function"),
        (&["--invoke", "sum", guest, "6"], "arguments"),
        (&["--invoke", "sum", "--fuel", "1M", guest, "5"], "--fuel"),
        (&["--invoke", "sum", "--max-memory", "1M", guest, "5"], "--max-memory"),
        (&["--invoke", "sum", "--stack", "1M", guest, "5"], "--stack"),
        (&["--invoke", "sum", "--max-depth", "9", guest, "5"], "--max-depth"),
    ] {
        let output = scene.replay(args);
        assert_eq!((code(&output), out(&output)), (2, String::new()), "{named}");
        assert!(err(&output).contains("--replay") && err(&output).contains(named), "{named}: {}", err(&output));
    }
    // What is granted is in the recording.
    for more in [
        &["--wasi-fs", "."][..],
        &["--wasi-env", "A=b"],
        &["--wasi-arg", "x"],
        &["--wasi-stdin", "-"],
        &["--wasi-clock", "real"],
        &["--wasi-clock-resolution", "1ms"],
        &["--wasi-random-seed", "1"],
        &["--record", "y"],
    ] {
        let output = scene.replay(&[more, &[guest]].concat());
        assert_eq!(code(&output), 2, "{more:?}");
        assert!(err(&output).contains(more[0]) && err(&output).contains("--replay"), "{}", err(&output));
    }
    for option in ["--record", "--replay"] {
        assert_eq!(code(&command(&["run", option, "x", guest]).output().expect("wrtd starts")), 2, "without --wasi");
        let missing = scene.dir.path("none/file");
        let output = command(&["run", "--wasi", option, &missing, guest]).output().expect("wrtd starts");
        assert_eq!(code(&output), 1);
        assert!(err(&output).contains(option) && err(&output).contains(&missing), "{}", err(&output));
    }
}

#[test]
fn cli_2_a_replay_says_where_the_run_first_differs() {
    let scene = Scene::new("replay-differs");
    scene.record("", &[&scene.guest]);
    let text = scene.text();
    // The answer makes the guest write something else, two lines below.
    let line = text.lines().position(|line| line.contains(r#""ask":"random""#)).expect("a question");
    let changed: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(k, l)| {
            if k == line {
                l.split("\"is\"").next().expect("one").to_owned() + "\"is\":\"12345678\"}"
            } else {
                l.into()
            }
        })
        .collect();
    scene.put(&(changed.join("\n") + "\n"));
    let output = scene.replay(&[&scene.guest]);
    let said = err(&output);
    assert_eq!((code(&output), output.stdout.len()), (DEPARTED, 0), "{said}");
    assert!(said.contains(&format!("line {}, call 4 of the guest", line + 3)), "{said}");
    for word in ["recorded ", "asked    ", "3132333435363738", "    at put (function", "    at all (function"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}

/// Whatever one answer is changed to: the run is the same, or another one and says so. Nothing panics or hangs.
#[test]
fn cli_2_every_changed_answer_is_found_or_does_not_matter() {
    let scene = Scene::new("replay-changed");
    let recorded = scene.record("e", &["--fuel", "1M", &scene.guest]);
    let text = scene.text();
    let lines: Vec<&str> = text.lines().collect();
    let mut found = 0;
    for at in 1..lines.len() {
        for answer in
            [r#""is":0"#, r#""is":true"#, r#""is":"x""#, r#""err":"noent""#, r#""is":{"file":77}"#, r#""is":null"#]
        {
            let Some((head, _)) = lines[at].split_once("\"is\"").or_else(|| lines[at].split_once("\"err\"")) else {
                continue;
            };
            let changed = format!("{head}{answer}}}");
            let mut all = lines.clone();
            all[at] = &changed;
            scene.put(&(all.join("\n") + "\n"));
            let output = scene.replay(&["--fuel", "1M", &scene.guest]);
            match code(&output) {
                DEPARTED => found += 1,
                same if Some(same) == recorded.status.code() => assert_eq!(output.stdout, recorded.stdout, "{changed}"),
                other => panic!("{other} {changed}: {}", err(&output)),
            }
        }
    }
    assert!(found > lines.len(), "{found}");
    // An end that is another one.
    let last = lines[lines.len() - 1];
    for (from, to) in [("\"fuel\":\"", "\"fuel\":\"1"), ("\"end\":\"exit\"", "\"end\":\"done\""), ("\"0x", "\"0x1")] {
        assert!(last.contains(from), "{last}");
        scene.put(&text.replace(last, &last.replace(from, to)));
        assert_eq!(code(&scene.replay(&["--fuel", "1M", &scene.guest])), DEPARTED, "{to}");
    }
}

#[test]
fn cli_2_a_recording_that_was_cut_off_is_replayed_as_far_as_it_goes() {
    let scene = Scene::new("replay-cut");
    let recorded = scene.record("e", &[&scene.guest]);
    let text = scene.text();
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    for (number, end) in ends.iter().enumerate() {
        scene.put(&text[..*end]);
        let output = scene.replay(&[&scene.guest]);
        let said = err(&output);
        match ends.len() - 1 - number {
            0 => same(&recorded, &output, "whole"),
            1 => {
                assert_eq!((&output.stdout, output.status), (&recorded.stdout, recorded.status));
                assert!(said.contains("the recording was cut off"), "{said}");
            }
            _ => {
                assert_eq!(code(&output), DEPARTED);
                assert!(said.contains(&format!("cut off before line {}", number + 2)), "{said}");
                assert!(recorded.stdout.starts_with(&output.stdout));
            }
        }
    }
}

/// Bytes of a recording that are changed at random places: an error with the line, or a replay that is compared.
#[test]
fn cli_2_a_damaged_recording_is_told_with_its_line() {
    let scene = Scene::new("replay-damaged");
    scene.record("e", &["--fuel", "1M", &scene.guest]);
    let whole = fs::read(&scene.tape).expect("a recording");
    let mut state = 1u64;
    for _ in 0..40 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut bytes = whole.clone();
        let at = (state >> 33) as usize % bytes.len();
        bytes[at] ^= 1 << ((state >> 29) % 8);
        fs::write(&scene.tape, bytes).expect("a file");
        let output = scene.replay(&["--fuel", "1M", &scene.guest]);
        let (code, said) = (code(&output), err(&output));
        assert!([1, 2, 7, DEPARTED].contains(&code), "{code} at {at}: {said}");
        assert!(code != 1 || said.contains("line "), "{said}");
    }
}

/// What ended the run from outside then ends the replay at the same place, at once.
#[test]
fn cli_2_a_run_that_was_ended_from_outside_is_replayed_to_there() {
    let scene = Scene::new("replay-ended");
    let sampled = &["--memory-profile", "--profile-interval", "777"][..];
    for (input, more) in [("l", &[][..]), ("l", sampled), ("c", &[][..]), ("c", sampled)] {
        for json in [&["--json"][..], &[]] {
            let given = [more, json, &[&scene.guest]].concat();
            let recorded = scene.record(input, &[&["--timeout", "100ms"], given.as_slice()].concat());
            assert_eq!(code(&recorded), 123, "{}", err(&recorded));
            same(&recorded, &scene.replay(&given), &format!("{input} {more:?} {json:?}"));
            // Of a slice of the usual length most is calls, before one of which the time was over.
            let before_a_call = scene.text().contains("\"ask\":\"ended\"");
            assert!(before_a_call || input == "l" || !more.is_empty(), "the run did not end before a call");
            assert!(!(before_a_call && input == "l"), "a run without calls ended before one");
        }
    }
    // Ended earlier now, there is nothing to compare.
    let output = scene.replay(&["--timeout", "0ms", &scene.guest]);
    assert_eq!(code(&output), 123, "{}", err(&output));
}

/// Starts a recording of an endless run, and sends it a signal once the guest runs.
fn signalled(scene: &Scene, signal: &str) -> Output {
    let mut command = scene.recording("l", &[&scene.guest]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wrtd starts");
    let mut begun = [0; 96];
    child.stdout.as_mut().expect("piped").read_exact(&mut begun).expect("the guest writes");
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill starts");
    assert!(sent.success());
    let mut output = child.wait_with_output().expect("wrtd ends");
    output.stdout.splice(..0, begun);
    output
}

#[test]
fn cli_2_a_run_that_ctrl_c_ended_is_replayed_to_there() {
    let scene = Scene::new("replay-stopped");
    let recorded = signalled(&scene, "-INT");
    assert_eq!(code(&recorded), 130);
    same(&recorded, &scene.replay(&[&scene.guest]), "stopped");
}

#[test]
fn cli_2_a_run_that_was_killed_is_replayed_as_far_as_it_was_recorded() {
    let scene = Scene::new("replay-killed");
    let recorded = signalled(&scene, "-KILL");
    assert_eq!(recorded.status.code(), None);
    let began = Instant::now();
    let output = scene.replay(&["--timeout", "2s", &scene.guest]);
    // What had reached the file is compared; then it was cut off, or, where it had not, the file has no head.
    assert!([1, DEPARTED, 123].contains(&code(&output)), "{}", err(&output));
    assert!(began.elapsed() < Duration::from_secs(60));
    assert!(recorded.stdout.starts_with(&output.stdout));
}

/// Deterministic time is the fuel: two readings do not depend on slices, samples or arenas, and differ by what was
/// used between them.
#[test]
fn cli_1_deterministic_time_goes_on_with_the_fuel() {
    let text = r#"(module
      (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
      (memory (export "memory") 1)
      (func $now (result i64)
        (drop (call $time (i32.const 1) (i64.const 0) (i32.const 8))) (i64.load (i32.const 8)))
      (func (export "f") (param $n i32) (result i64 i64)
        (call $now)
        (loop $on (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (call $now)))"#;
    let dir = Dir::new("replay-clock");
    let guest = dir.file("clock.wat", text);
    let run = |more: &[&str], count: &str| {
        let mut command = command(&["run", "--wasi", "--wasi-clock", "deterministic", "--json", "--invoke", "f"]);
        let object = json(&command.args(more).args([&guest, count]).output().expect("wrtd starts"));
        let time =
            |k: usize| object["results"][k]["value"].as_str().and_then(|n| n.parse::<u64>().ok()).expect("a time");
        (time(0), time(1), object["usage"]["fuel_used"].as_u64().expect("fuel"))
    };
    let plain = run(&[], "100000");
    assert!(0 < plain.0 && plain.0 < plain.1 && plain.1 < plain.2, "{plain:?}");
    for more in [
        &["--memory-profile", "--profile-interval", "1"][..],
        &["--memory-profile", "--profile-interval", "97"],
        &["--fuel", "10M"],
        &["--no-std"],
        &["--timeout", "1h"],
        &["--asil-level", "B"],
    ] {
        assert_eq!(run(more, "100000"), plain, "{more:?}");
    }
    let (short, long) = (run(&[], "10"), run(&[], "1000"));
    assert_eq!((long.1 - long.0) - (short.1 - short.0), long.2 - short.2);
    // Rounded down, and told so.
    let coarse = run(&["--wasi-clock-resolution", "1us"], "100000");
    assert_eq!(coarse, (plain.0 / 1000 * 1000, plain.1 / 1000 * 1000, plain.2));
}

#[test]
fn cli_2_a_resolution_is_a_time() {
    for wrong in ["0", "0ms", "1", "fast", "-1ms"] {
        let option = format!("--wasi-clock-resolution={wrong}");
        let output = command(&["run", "--wasi", &option, "x.wasm"]).output().expect("wrtd starts");
        assert_eq!(code(&output), 2, "{wrong}");
        assert!(err(&output).contains("--wasi-clock-resolution"), "{}", err(&output));
    }
}

/// A file that takes nothing: the guest's run is not disturbed, and the end says so.
#[test]
fn cli_2_a_recording_that_cannot_be_written_is_told() {
    if !fs::exists("/dev/full").is_ok_and(|there| there) {
        eprintln!("skipped, because there is no /dev/full");
        return;
    }
    let scene = Scene::new("replay-full");
    let whole = scene.record("", &[&scene.guest]);
    let output = scene.record("", &["--record", "/dev/full", &scene.guest]);
    assert_ne!(code(&output), 0, "{}", err(&output));
    let grant = format!("{}:/", scene.dir.path("seen"));
    let output = command(&["run", "--wasi", "--wasi-fs", &grant, "--record", "/dev/full", &scene.guest]);
    let mut output = output;
    let output = output.output().expect("wrtd starts");
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("--record /dev/full"), "{}", err(&output));
    assert_eq!(output.stdout.len(), whole.stdout.len(), "the guest ran to its end");
}
