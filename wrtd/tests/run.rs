//! `wrtd run`: what ends a guest from outside, where its fuel goes, and that fixed arenas change no result.

mod common;

use common::{Dir, code, command, err, json, out, root, wrtd, wrtd_text};
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

const ENDLESS: &str = r#"(module
  (func $inner (param i32) (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func $middle (loop $l (call $inner (i32.const 1000)) (br $l)))
  (func (export "spin") (call $middle))
  (func (export "once") (param i32) (call $inner (local.get 0)))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $deeper (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func $deeper (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0)))))"#;

/// CLI-2: out of time has an exit code of its own, and says where the guest was.
#[test]
fn cli_2_timeout_ends_the_run_and_says_where_it_was() {
    let output = wrtd_text(ENDLESS, &["-", "--invoke", "spin", "--timeout", "50ms"]);
    assert_eq!(code(&output), 123, "{}", err(&output));
    for line in [
        "wrtd: timeout: out of time after ",
        "    at middle (function 1",
        "    at spin (function 2",
        "hint: raise --timeout",
    ] {
        assert!(err(&output).contains(line), "{line}: {}", err(&output));
    }
    let said = json(&wrtd_text(ENDLESS, &["-", "--invoke", "spin", "--timeout", "50ms", "--json"]));
    assert_eq!((&said["error"]["kind"], &said["error"]["exit_code"]), (&Json::from("timeout"), &Json::from(123)));
    let frames = said["error"]["backtrace"].as_array().expect("frames");
    assert_eq!(frames.last().expect("a frame")["name"], "spin");
    // A run that ends before is not disturbed; without a unit nobody knows how long.
    assert_eq!(code(&wrtd_text(ENDLESS, &["-", "--invoke", "once", "10", "--timeout", "1h"])), 0);
    let output = wrtd_text(ENDLESS, &["-", "--invoke", "spin", "--timeout", "2"]);
    assert!(code(&output) == 2 && err(&output).contains("with its unit"), "{}", err(&output));
}

/// CLI-2: Ctrl-C ends the guest, which is told where it was, at every kind of run.
#[test]
fn cli_2_ctrl_c_says_where_the_guest_was() {
    for mode in [&[][..], &["--no-std"], &["--asil-level", "D"]] {
        let mut child = command(&[&["run", "-", "--invoke", "spin"], mode].concat())
            .env("RUST_LOG", "info")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("wrtd starts");
        child.stdin.take().expect("piped").write_all(ENDLESS.as_bytes()).expect("wrtd reads its input");
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        let mut text = String::new();
        while !text.contains("run{") {
            assert!(stderr.read_line(&mut text).expect("text") > 0, "the run never begins: {text}");
        }
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill starts");
        assert!(killed.success());
        stderr.read_to_string(&mut text).expect("text");
        let status = child.wait().expect("wrtd ends");
        assert_eq!(status.code(), Some(130), "{mode:?} {text}");
        assert!(text.contains("wrtd: stopped:") && text.contains("at spin (function 2"), "{mode:?} {text}");
    }
}

/// RUN-1: where a run ends for fuel, and what it used, does not depend on how often one looks at it.
#[test]
fn run_1_fuel_and_place_do_not_depend_on_slices() {
    for fuel in ["1", "999", "10007"] {
        let run = |more: &[&str]| {
            let mut said =
                json(&wrtd_text(ENDLESS, &[&["-", "--invoke", "spin", "--fuel", fuel, "--json"], more].concat()));
            let object = said.as_object_mut().expect("an object");
            object.remove("hottest");
            said
        };
        let whole = run(&[]);
        assert_eq!(whole["error"]["exit_code"], 124);
        for interval in ["1", "7", "1000"] {
            assert_eq!(run(&["--memory-profile", "--profile-interval", interval]), whole, "{fuel} {interval}");
        }
    }
}

/// The stacks of a profile, with their fuel.
fn stacks(text: &str) -> Vec<(String, u64)> {
    let stack = |line: &str| {
        let (stack, fuel) = line.rsplit_once(' ').expect("a stack and its fuel");
        (stack.to_owned(), fuel.parse().expect("fuel"))
    };
    text.lines().map(stack).collect()
}

/// CLI-2: every instruction is in the profile once; the same run gives the same profile; who calls whom is right.
#[test]
fn cli_2_profile_shares_out_the_fuel() {
    let dir = Dir::new("profile");
    let module = dir.file("guest.wat", ENDLESS);
    let profile = |name: &str, args: &[&str]| {
        let path = dir.path(name);
        let output = wrtd(&[&["run", &module, "--json", "--profile", &path], args].concat());
        (json(&output), std::fs::read_to_string(&path).expect("a profile"))
    };
    for args in
        [&["--invoke", "spin", "--fuel", "1M"][..], &["--invoke", "once", "100000"], &["--invoke", "deep", "9000"]]
    {
        let (said, text) = profile("a.folded", args);
        let stacks = stacks(&text);
        let sum: u64 = stacks.iter().map(|(_, fuel)| fuel).sum();
        assert_eq!(said["usage"]["fuel_used"], sum, "{args:?}");
        assert_eq!(profile("b.folded", args).1, text, "{args:?}");
        // Itself is the sum over the stacks that it ends, with its callees over those that it is in.
        for hot in said["hottest"]["functions"].as_array().expect("functions") {
            let name = hot["name"].as_str().expect("a name");
            let own: u64 =
                stacks.iter().filter(|(s, _)| s.rsplit(';').next() == Some(name)).map(|(_, fuel)| fuel).sum();
            let total: u64 = stacks.iter().filter(|(s, _)| s.split(';').any(|f| f == name)).map(|(_, fuel)| fuel).sum();
            assert_eq!((hot["own"].as_u64(), hot["total"].as_u64()), (Some(own), Some(total)), "{name} {text}");
        }
    }
    let (_, text) = profile("c.folded", &["--invoke", "spin", "--fuel", "1M"]);
    let inner: u64 = stacks(&text).iter().filter(|(stack, _)| stack == "spin;middle;inner").map(|(_, fuel)| fuel).sum();
    assert!(inner > 900_000, "{text}");
    let (_, picture) = profile("a.svg", &["--invoke", "spin", "--fuel", "1M"]);
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"), "{picture}");
    for box_ in ["<title>all: ", "<title>spin: ", "<title>middle: ", "<title>inner: "] {
        assert!(picture.contains(box_), "{box_}");
    }
    let output = wrtd_text(ENDLESS, &["-", "--invoke", "once", "100000", "--memory-profile"]);
    assert!(
        err(&output).contains("hottest functions by fuel") && err(&output).contains("  inner\n"),
        "{}",
        err(&output)
    );
    let output = wrtd_text(ENDLESS, &["-", "--invoke", "once", "1", "--profile", "/nowhere/at/all.svg"]);
    assert!(code(&output) == 1 && err(&output).contains("/nowhere/at/all.svg"), "{}", err(&output));
}

/// CLI-3: the same results, fuel, trap and state in fixed arenas as in reserved memory, of modules and of images.
#[test]
fn cli_3_fixed_arenas_change_nothing() {
    let dir = Dir::new("fixed");
    let guest =
        |name: &str| root().join(format!("examples/guests/wasm/{name}.wasm")).to_str().expect("UTF-8").to_owned();
    let memory = dir.file(
        "memory.wat",
        r#"(module (memory (export "m") 1 3) (global $g (mut i32) (i32.const 7)) (table 4 8 funcref)
          (func $begin (i32.store (i32.const 8) (i32.const 3)) (call $fill (i32.const 50)))
          (start $begin)
          (func $fill (param i32) (loop $l
            (i32.store8 (i32.add (local.get 0) (i32.const 100)) (local.get 0))
            (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
          (func (export "f") (param i32) (result i32 i32 i32 f64)
            (global.set $g (i32.load (i32.const 8)))
            (memory.grow (local.get 0)) (memory.size) (table.grow (ref.null func) (i32.const 3))
            (f64.div (f64.const 1) (f64.convert_i32_s (global.get $g)))))"#,
    );
    let objects = dir.file(
        "objects.wat",
        r#"(module (type $cell (struct (field i32) (field (ref null $cell))))
          (tag $odd (param i32))
          (func (export "sum") (param $n i32) (result i32) (local $list (ref null $cell)) (local $sum i32)
            (loop $more
              (local.set $list (struct.new $cell (local.get $n) (local.get $list)))
              (local.set $sum (i32.add (local.get $sum) (struct.get $cell 0 (local.get $list))))
              (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (if (i32.and (local.get $sum) (i32.const 1)) (then (throw $odd (local.get $sum))))
            (local.get $sum)))"#,
    );
    let endless = dir.file("endless.wat", ENDLESS);
    let trap = guest("trap");
    let traps = json(&wrtd(&["inspect", &trap, "--json"]));
    let trap_names = traps["exports"].as_array().expect("exports").iter().filter(|e| e["type"] == "function ()");
    let trap_names: Vec<String> = trap_names.map(|e| e["name"].as_str().expect("a name").to_owned()).collect();
    let mut cases: Vec<(String, Vec<&str>)> = vec![
        (guest("fac"), vec!["--invoke", "fac", "20"]),
        (guest("fac"), vec!["--invoke", "fac_loop", "20"]),
        (guest("fac"), vec!["--invoke", "fac_div", "100", "7"]),
        (guest("crc"), vec!["--invoke", "run", "1000"]),
        (guest("crc"), vec!["--invoke", "run", "1000000", "--fuel", "5000"]),
        (memory.clone(), vec!["--invoke", "f", "0"]),
        (memory.clone(), vec!["--invoke", "f", "2"]),
        (memory.clone(), vec!["--invoke", "f", "3"]),
        (memory.clone(), vec!["--invoke", "f", "2", "--max-memory", "128K"]),
        (memory, vec!["--invoke", "f", "1", "--fuel", "100"]),
        (objects.clone(), vec!["--invoke", "sum", "20000"]),
        (objects, vec!["--invoke", "sum", "1"]),
        (endless.clone(), vec!["--invoke", "deep", "3000"]),
        (endless, vec!["--invoke", "deep", "100", "--max-depth", "30"]),
    ];
    cases.extend(trap_names.iter().map(|name| (trap.clone(), vec!["--invoke", name.as_str()])));
    for (module, args) in &cases {
        let run = |module: &str, more: &[&str]| {
            let output = wrtd(&[&["run", module, "--json"], args.as_slice(), more].concat());
            let mut said = json(&output);
            let usage = said["usage"].as_object_mut().unwrap_or_else(|| panic!("{module} {args:?}: {}", err(&output)));
            // The arena is as large as it must be, the reservation as it may be.
            usage.remove("memory_reserved");
            (code(&output), said)
        };
        let (plain, fixed) = (run(module, &[]), run(module, &["--no-std"]));
        assert_eq!(plain, fixed, "{module} {args:?}");
        assert!(plain.1["state_hash"].is_string(), "{}", plain.1);
        let image = dir.path("guest.wrti");
        if code(&wrtd(&["compile", module, "-o", &image])) == 0 {
            let (plain, fixed) = (run(&image, &[]), run(&image, &["--no-std"]));
            assert_eq!(plain, fixed, "image of {module} {args:?}");
        }
    }
}

/// CLI-3, MEM-4: without a maximum nothing says how much a memory may take: it has its minimum, and more by name.
#[test]
fn cli_3_fixed_memory_grows_only_where_somebody_says_how_far() {
    let text = r#"(module (memory 1) (func (export "f") (result i32) (memory.grow (i32.const 1))))"#;
    for (more, expected) in [(&[][..], "-1"), (&["--max-memory", "128K"], "1"), (&["--max-memory", "64K"], "-1")] {
        let output = wrtd_text(text, &[&["-", "--no-std"], more].concat());
        assert_eq!(out(&output), expected, "{more:?} {}", err(&output));
    }
    let output = wrtd_text("(module (memory 1 65536))", &["-", "--no-std"]);
    assert!(code(&output) == 1 && err(&output).contains("--max-memory"), "{}", err(&output));
    let output = wrtd_text(text, &["-", "--no-std", "--memory-profile"]);
    let plan = json(&wrtd_text(text, &["plan", "-", "--json"]));
    let module = plan["module"].as_u64().expect("bytes") + plan["load_scratch"].as_u64().expect("bytes");
    let said = err(&output).replace(',', "");
    for part in [format!("module {module}"), format!("stack {}", plan["stack_min"])] {
        assert!(said.contains(&part), "{part}: {said}");
    }
    let output = wrtd_text(text, &["-", "--no-std", "--asil-level", "B"]);
    assert!(code(&output) == 2 && err(&output).contains("leave out"), "{}", err(&output));
}

/// CLI-1: records go to standard error where somebody asks for them, and change nothing else.
#[test]
fn cli_1_rust_log_records_what_is_done() {
    let dir = Dir::new("records");
    let module = dir.file("guest.wat", "(module (func (export \"f\") (result i32) (i32.const 7)))");
    let run = |level: Option<&str>| {
        let mut command = command(&["run", &module]);
        command.envs(level.map(|level| ("RUST_LOG", level)));
        command.output().expect("wrtd starts")
    };
    let recorded = run(Some("info"));
    assert_eq!((code(&recorded), out(&recorded)), (0, "7".into()));
    for span in ["load{module=", "instantiate: ", "run{function=\"f\"}: "] {
        let lines = err(&recorded).lines().filter(|line| line.contains(span)).count();
        assert_eq!(lines, 2, "{span} begins and ends: {}", err(&recorded));
    }
    for level in [None, Some("off"), Some("wrtd::host=debug")] {
        let silent = run(level);
        assert_eq!((out(&silent), err(&silent)), ("7".into(), String::new()), "{level:?}");
    }
    let wrong = run(Some("wrtd=nonsense"));
    assert!(code(&wrong) == 0 && err(&wrong).contains("warning: RUST_LOG=wrtd=nonsense"), "{}", err(&wrong));
}

/// CLI-2: what is not written to a terminal has no line of progress in it.
#[test]
fn cli_2_no_progress_without_a_terminal() {
    let output = wrtd_text(ENDLESS, &["-", "--invoke", "once", "1"]);
    assert_eq!(err(&output), "");
}
