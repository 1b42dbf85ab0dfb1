//! `wrtd run` of modules that are initialized before one of their functions is called: reactors of WASI.

mod common;

use common::{Dir, code, err, json, out, wrtd, wrtd_text};

/// Counts how often it was initialized, and works for that.
const REACTOR: &str = r#"(module
  (memory (export "memory") 1)
  (global $count (mut i32) (i32.const 0))
  (func (export "_initialize") (local $n i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (local.set $n (i32.const 100))
    (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $count (export "count") (param i32) (result i32) (i32.add (local.get 0) (global.get $count))))"#;

#[test]
fn cli_1_a_reactor_is_initialized_once() {
    let modes = [&[][..], &["--no-std"], &["--asil-level", "D", "--no-platform"], &["--memory-profile"]];
    for mode in modes {
        for wasi in [&[][..], &["--wasi"]] {
            let output = wrtd_text(REACTOR, &[&["-", "--invoke", "count", "10"], wasi, mode].concat());
            assert_eq!((code(&output), out(&output).as_str()), (0, "11"), "{mode:?} {wasi:?}: {}", err(&output));
        }
        // It is the only function that could be meant, where another could not be.
        let output = wrtd_text(REACTOR, &[&["-", "10"], mode].concat());
        assert_eq!((code(&output), out(&output).as_str()), (0, "11"), "{mode:?}: {}", err(&output));
    }
    // Named, it is what is called, once; a reactor without anything else does what there is.
    for args in [&["-", "--invoke", "_initialize"][..], &["-", "--wasi", "--invoke", "_initialize"]] {
        let once = json(&wrtd_text(REACTOR, &[args, &["--json"]].concat()));
        assert_eq!((&once["status"], &once["function"]), (&"done".into(), &"_initialize".into()));
    }
    let alone = r#"(module (func $init (export "_initialize") unreachable))"#;
    for args in [&["-"][..], &["-", "--wasi"]] {
        let output = wrtd_text(alone, args);
        assert!(code(&output) == 134 && err(&output).contains("at init"), "{args:?}: {}", err(&output));
    }
}

/// RUN-1: fuel is for both, and what was used is told of both.
#[test]
fn run_1_fuel_is_for_initializing_too() {
    let used = |args: &[&str]| {
        let said = json(&wrtd_text(REACTOR, &[&["-", "--json"], args].concat()));
        (said["usage"]["fuel_used"].as_u64().expect("a number"), said["status"] == "done")
    };
    let (first, _) = used(&["--invoke", "_initialize"]);
    let (both, _) = used(&["--invoke", "count", "1"]);
    assert!(first > 100 && both > first, "{first} {both}");
    for (more, args) in [(&[][..], "plain"), (&["--memory-profile", "--profile-interval", "7"], "sampled")] {
        let fuel = |n: u64| used(&[&["--invoke", "count", "1", "--fuel", &n.to_string()], more].concat());
        assert_eq!(fuel(both), (both, true), "{args}");
        assert!(!fuel(first).1 && !fuel(first / 2).1, "{args}");
    }
    let output = wrtd_text(REACTOR, &["-", "--invoke", "count", "1", "--fuel", &(first / 2).to_string()]);
    assert!(code(&output) == 124 && err(&output).contains("(function 0"), "{}", err(&output));
    // Every instruction is in the profile once.
    let dir = Dir::new("reactor");
    let (module, profile) = (dir.file("guest.wat", REACTOR), dir.path("p.folded"));
    assert_eq!(code(&wrtd(&["run", &module, "1", "--profile", &profile, "--profile-interval", "10"])), 0);
    let text = std::fs::read_to_string(&profile).expect("a profile");
    let sum: u64 = text.lines().filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum();
    assert_eq!(sum, both, "{text}");
    assert!(text.contains("_initialize ") && text.contains("count "), "{text}");
}

/// WASI-1: what is neither command nor reactor is refused, as the application ABI of preview 1 asks.
#[test]
fn wasi_1_command_and_reactor_exclude_each_other() {
    let both = r#"(module (func (export "_start")) (func (export "_initialize")) (func (export "f")))"#;
    for more in [&[][..], &["--invoke", "f"]] {
        let output = wrtd_text(both, &[&["-", "--wasi"], more].concat());
        assert_eq!(code(&output), 1);
        assert!(err(&output).contains("both _start and _initialize"), "{}", err(&output));
    }
    for (text, name) in [
        (r#"(module (func (export "_initialize") (param i32)) (func (export "f")))"#, "_initialize (i32)"),
        (r#"(module (func (export "_start") (result i32) (i32.const 1)))"#, "_start () -> i32"),
    ] {
        let output = wrtd_text(text, &["-", "--wasi"]);
        assert!(code(&output) == 1 && err(&output).contains(name), "{}", err(&output));
    }
    // Nothing is meant by these names where no WASI was asked for.
    assert_eq!(code(&wrtd_text(both, &["-"])), 0);
    // What could be named is listed, without what is called anyway.
    let output = wrtd_text(REACTOR, &["-", "--wasi"]);
    assert!(code(&output) == 1 && err(&output).contains("    count (i32) -> i32\n"), "{}", err(&output));
    assert!(!err(&output).contains("_initialize"), "{}", err(&output));
}
