//! `wrtd` as a person or a script meets it: what it prints, to which stream, and its exit codes.
//!
//! Uses the public command-line programs of `WRT_SUITES` (default `../shared/suites` beside the
//! repository) where they are at hand, and texts of its own for the rest.

mod common;

use common::{code, err, json, out, wrtd, wrtd_text};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A program of the public suite; `None`, said aloud, where the suites are absent.
fn suite(name: &str) -> Option<PathBuf> {
    let beside =
        || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|p| p.join("shared/suites")).find(|p| p.is_dir());
    let found = std::env::var_os("WRT_SUITES").map(PathBuf::from).or_else(beside)?.join("cli").join(name);
    if found.exists() {
        return Some(found);
    }
    eprintln!("skipped, because the public suites are not at hand: {name}");
    None
}

fn wrtd_suite(name: &str, args: &[&str]) -> Option<Output> {
    let path = suite(name)?;
    let mut all = vec!["run", path.to_str()?];
    all.extend(args);
    Some(wrtd(&all))
}

const GUEST: &str = r#"(module $guest
  (memory (export "memory") 1 4)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 f64) (result f64 i64) local.get 1 local.get 0)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "outer") (call $middle))
  (func $middle (call $inner))
  (func $inner unreachable)
  (func $deep (export "deep") (call $deep)))"#;

#[test]
fn arguments_are_typed_by_the_signature() {
    // CLI-1
    for ty in ["i32", "i64"] {
        for text in ["0", "-1", "0x7f", "2147483647"] {
            let Some(output) = wrtd_suite("numeric_args.wat", &["--invoke", &format!("{ty}_test"), text]) else {
                return;
            };
            let digits = text.strip_prefix("0x").map(|h| i64::from_str_radix(h, 16).expect("hex").to_string());
            assert_eq!(out(&output), digits.unwrap_or_else(|| text.into()), "{}", err(&output));
            assert_eq!(code(&output), 0);
        }
    }
    for ty in ["f32", "f64"] {
        for text in ["0", "-0", "1.5", "-1.5e300", "nan", "inf"] {
            let Some(output) = wrtd_suite("numeric_args.wat", &["--invoke", &format!("{ty}_test"), text]) else {
                return;
            };
            let expected = match (ty, text) {
                ("f32", "-1.5e300") => "-inf",
                (_, same) => same,
            };
            assert_eq!(out(&output), expected, "{ty} {}", err(&output));
        }
    }
    let Some(output) = wrtd_suite("numeric_args.wat", &["--invoke", "i32_test", "4294967296"]) else { return };
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("argument 1 of i32_test"), "{}", err(&output));
}

#[test]
fn results_come_one_per_line() {
    let output = wrtd_text(GUEST, &["run", "-", "--invoke", "swap", "7", "2.5"]);
    assert_eq!(out(&output), "2.5\n7", "{}", err(&output));
}

#[test]
fn without_invoke_start_or_the_only_function_is_called() {
    for (name, expected) in [("minimal-command.wat", 0), ("empty-module.wat", 0), ("unreachable.wat", 134)] {
        let Some(output) = wrtd_suite(name, &[]) else { return };
        assert_eq!(code(&output), expected, "{name}: {}", err(&output));
    }
    let Some(output) = wrtd_suite("loop-params.wat", &[]) else { return };
    assert_eq!(out(&output), (1..=10).sum::<i32>().to_string(), "{}", err(&output));
}

#[test]
fn where_several_could_be_meant_they_are_listed_with_their_types() {
    let output = wrtd_text(GUEST, &["-"]);
    assert_eq!(code(&output), 1);
    for line in ["add (i32, i32) -> i32", "swap (i64, f64) -> (f64, i64)", "hint: such as: wrtd - --invoke add I32 I32"]
    {
        assert!(err(&output).contains(line), "{line}: {}", err(&output));
    }
    let output = wrtd_text(GUEST, &["-", "--invoke", "sub"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("no function `sub`"), "{}", err(&output));
}

#[test]
fn a_wrong_number_of_arguments_is_a_usage_error() {
    let output = wrtd_text(GUEST, &["-", "--invoke", "add", "1"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("takes 2 arguments, 1 given"), "{}", err(&output));
}

#[test]
fn a_trap_names_reason_and_frames() {
    // RUN-5
    let output = wrtd_text(GUEST, &["-", "--invoke", "outer"]);
    assert_eq!(code(&output), 134);
    let text = err(&output);
    assert!(text.contains("unreachable executed"), "{text}");
    let places: Vec<_> = ["at inner", "at middle", "at outer"].iter().map(|n| text.find(n)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");

    let failed = json(&wrtd_text(GUEST, &["-", "--invoke", "outer", "--json"]));
    assert_eq!(failed["error"]["reason"], "Unreachable");
    let names: Vec<_> = failed["error"]["backtrace"].as_array().expect("frames").iter().map(|f| &f["name"]).collect();
    assert_eq!(names, ["inner", "middle", "outer"]);
}

#[test]
fn out_of_fuel_is_said_with_its_own_exit_code() {
    // RUN-1, RUN-2
    for name in ["iloop-invoke.wat", "iloop-start.wat"] {
        let Some(output) = wrtd_suite(name, &["--fuel", "10K"]) else { return };
        assert_eq!(code(&output), 124, "{name}: {}", err(&output));
        assert!(err(&output).contains("raise --fuel"), "{}", err(&output));
    }
}

#[test]
fn endless_recursion_ends_in_a_trap() {
    // RUN-4
    let output = wrtd_text(GUEST, &["-", "--invoke", "deep"]);
    assert_eq!(code(&output), 134);
    assert!(err(&output).contains("call stack exhausted"), "{}", err(&output));
    assert!(err(&output).contains("more"), "{}", err(&output));
    let output = wrtd_text(GUEST, &["-", "--invoke", "deep", "--max-depth", "10", "--json"]);
    assert_eq!(json(&output)["usage"]["call_depth_peak"], 10);
}

#[test]
fn growth_stops_at_the_ceiling() {
    // MEM-4
    for (args, expected) in [(&["3"][..], "1"), (&["4"], "-1"), (&["2", "--max-memory", "128K"], "-1")] {
        let mut all = vec!["-", "--invoke", "grow"];
        all.extend(args);
        let output = wrtd_text(GUEST, &all);
        assert_eq!(out(&output), expected, "{args:?} {}", err(&output));
    }
    let output = wrtd_text(GUEST, &["-", "--invoke", "grow", "1", "--max-memory", "1K"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("--max-memory 65536"), "{}", err(&output));
    for name in ["memory-grow-failure.wat", "table-grow-failure.wat", "table-grow-failure2.wat"] {
        let Some(output) = wrtd_suite(name, &[]) else { return };
        assert_eq!(code(&output), 0, "{name}: {}", err(&output));
    }
}

#[test]
fn missing_imports_are_all_listed() {
    let text = r#"(module (import "env" "led" (func (param i32))) (import "env" "table" (table 1 funcref))
        (func (export "_start")))"#;
    let output = wrtd_text(text, &["-"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("env.led: function (i32)"), "{}", err(&output));
    assert!(err(&output).contains("env.table: table"), "{}", err(&output));
    assert_eq!(json(&wrtd_text(text, &["-", "--json"]))["error"]["imports"].as_array().map(Vec::len), Some(2));
}

#[test]
fn json_carries_results_and_usage() {
    // CLI-2
    let done = json(&wrtd_text(GUEST, &["-", "--invoke", "add", "40", "-2", "--json"]));
    assert_eq!(done["status"], "done");
    assert_eq!(done["results"][0]["value"], 40 - 2);
    // RUN-1: two local.get and one add.
    assert_eq!(done["usage"]["fuel_used"], 3);
    assert_eq!(done["usage"]["memory_bytes"], 65_536);
    let plan = json(&wrtd_text(GUEST, &["plan", "-", "--json"]));
    assert_eq!(plan, done["plan"]);
    assert_eq!(plan["memory_max"], 4 * 65_536);
}

#[test]
fn plan_says_when_no_bound_exists() {
    // MEM-3
    let output = wrtd_text(GUEST, &["plan", "-"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("calls recurse"), "{}", out(&output));
    let flat = wrtd_text("(module (func (export \"f\")))", &["plan", "-", "--json"]);
    assert!(json(&flat)["stack_min"].as_u64() > Some(0), "{}", out(&flat));
}

const CELLS: &str = r#"(module
  (type $cell (struct (field i32) (field (ref null $cell))))
  (global $first (ref $cell) (struct.new $cell (i32.const 3) (ref.null $cell)))
  (func (export "sum") (param $n i32) (result i32)
    (local $list (ref null $cell)) (local $sum i32)
    (local.set $list (global.get $first))
    (loop $more
      (local.set $list (struct.new $cell (local.get $n) (local.get $list)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (struct.get $cell 0 (local.get $list))))
      (br_if $next (i32.eqz (ref.is_null (local.tee $list (struct.get $cell 1 (local.get $list)))))))
    (local.get $sum)))"#;

#[test]
fn objects_lie_in_a_heap_that_the_plan_knows() {
    let output = wrtd_text(CELLS, &["-", "--invoke", "sum", "100"]);
    assert_eq!(out(&output), ((1..=100).sum::<i32>() + 3).to_string(), "{}", err(&output));
    let plan = json(&wrtd_text(CELLS, &["plan", "-", "--json"]));
    let least = plan["heap_min"].as_u64().expect("a number");
    assert!(least > 0, "{plan}");
    let text = out(&wrtd_text(CELLS, &["plan", "-"]));
    let line = text.lines().find(|l| l.starts_with("heap, least")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains(&format!(" {least} bytes")), "{line}");
    // A module without objects or tags needs none, and says nothing of it.
    assert_eq!(json(&wrtd_text(GUEST, &["plan", "-", "--json"]))["heap_min"], 0);
    assert!(!out(&wrtd_text(GUEST, &["plan", "-"])).contains("heap"));
}

#[test]
fn an_exception_that_nothing_catches_is_said_by_name() {
    let text = r#"(module
      (tag $odd (param i32))
      (func $check (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $odd (local.get 0)))))
      (func (export "caught") (param i32) (result i32)
        (block $odd (result i32)
          (try_table (catch $odd $odd) (call $check (local.get 0)))
          (i32.const -1)))
      (func (export "uncaught") (param i32) (call $check (local.get 0))))"#;
    for (arg, expected) in [("7", "7"), ("8", "-1")] {
        let output = wrtd_text(text, &["-", "--invoke", "caught", arg]);
        assert_eq!(out(&output), expected, "{}", err(&output));
    }
    assert_eq!(code(&wrtd_text(text, &["-", "--invoke", "uncaught", "8"])), 0);
    let output = wrtd_text(text, &["-", "--invoke", "uncaught", "7"]);
    assert_eq!(code(&output), 134);
    assert!(err(&output).contains("an exception that nothing catches, in check"), "{}", err(&output));
    assert!(err(&output).contains("at uncaught"), "{}", err(&output));
    let failed = json(&wrtd_text(text, &["-", "--invoke", "uncaught", "7", "--json"]));
    assert_eq!(failed["error"]["reason"], "UncaughtException");
    let names: Vec<_> = failed["error"]["backtrace"].as_array().expect("frames").iter().map(|f| &f["name"]).collect();
    assert_eq!(names, ["check", "uncaught"]);
    assert!(json(&wrtd_text(text, &["plan", "-", "--json"]))["heap_min"].as_u64() > Some(0));
}

#[test]
fn validate_names_the_place_and_goes_on() {
    // CORE-6
    let bad = "(module (func $wrong (result i32) i64.const 1))";
    let output = wrtd_text(bad, &["validate", "-"]);
    assert_eq!(code(&output), 1);
    assert!(
        err(&output).contains("type mismatch") && err(&output).contains("in wrong (function 0)"),
        "{}",
        err(&output)
    );
    assert!(err(&output).contains("offset 0x"), "{}", err(&output));
    let (Some(good), Some(syntax)) = (suite("fib.wat"), suite("bad-syntax.wat")) else { return };
    let (good, syntax) = (good.to_str().expect("UTF-8"), syntax.to_str().expect("UTF-8"));
    let output = wrtd(&["validate", syntax, good, "--json"]);
    assert_eq!(code(&output), 1);
    let list = json(&output);
    assert_eq!((&list[0]["valid"], &list[1]["valid"]), (&Json::Bool(false), &Json::Bool(true)));
}

#[test]
fn what_is_no_module_is_refused_with_advice() {
    let output = wrtd_text("hello", &["validate", "-"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("magic header") && err(&output).contains("hint:"), "{}", err(&output));
    assert_eq!(code(&wrtd(&["run", "no-such-file.wasm"])), 1);
    assert_eq!(code(&wrtd(&["run"])), 2);
    assert_eq!(code(&wrtd(&["--fuel", "many", "x.wasm"])), 2);
}

#[test]
fn help_documents_the_exit_codes() {
    let output = wrtd(&["--help"]);
    assert_eq!(code(&output), 0);
    for line in ["124    out of fuel", "134    trap"] {
        assert!(out(&output).contains(line), "{}", out(&output));
    }
}

/// CORE-1: proposals by switch: off, refused by name and with advice; on, they run; every other can be
/// turned off.
#[test]
fn proposals_are_switched() {
    let text = r#"(module (memory 3 (pagesize 1))
      (func (export "f") (result i32) (i32.atomic.store8 (i32.const 2) (i32.const 7)) (memory.size)))"#;
    let both = ["--enable", "custom-page-sizes", "--enable", "threads"];
    for command in ["run", "plan", "validate"] {
        let output = wrtd_text(text, &[command, "-"]);
        assert_eq!(code(&output), 1, "{}", err(&output));
        assert!(err(&output).contains("custom-page-sizes, which is off"), "{}", err(&output));
        assert!(err(&output).contains("--enable custom-page-sizes"), "{}", err(&output));
        let output = wrtd_text(text, &[&[command, "-"][..], &both].concat());
        assert_eq!(code(&output), 0, "{}", err(&output));
    }
    assert_eq!(out(&wrtd_text(text, &[&["run", "-"][..], &both].concat())), "3");
    let off = wrtd_text("(module (memory i64 1))", &["validate", "-", "--disable", "memory64"]);
    assert!(code(&off) == 1 && err(&off).contains("memory64, which is off"), "{}", err(&off));
    let unknown = wrtd_text("(module)", &["validate", "-", "--enable", "nonsense"]);
    assert!(code(&unknown) == 2 && err(&unknown).contains("threads"), "{}", err(&unknown));
}

/// CORE-8: an image does what its module does under every command, and what no image holds is refused with advice.
#[test]
fn core_8_an_image_is_taken_like_its_module() {
    let dir = std::env::temp_dir().join(format!("wrtd-image-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory for the test");
    let (module, image) = (dir.join("guest.wat"), dir.join("guest.wrti"));
    std::fs::write(&module, GUEST).expect("a file for the test");
    let (module, image) = (module.to_str().expect("UTF-8"), image.to_str().expect("UTF-8"));
    let output = wrtd(&["compile", module, "--json"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let written = std::fs::metadata(image).expect("the image").len();
    assert_eq!((json(&output)["bytes"].as_u64(), json(&output)["plan"]["module"].as_u64()), (Some(written), Some(0)));
    let portable = dir.join("portable.wrti");
    let portable = portable.to_str().expect("UTF-8");
    assert_eq!(code(&wrtd(&["compile", module, "--portable", "-o", portable])), 0);
    for args in [&["--invoke", "swap", "7", "2.5"][..], &["--invoke", "add", "1", "2"]] {
        let run = |file: &str| wrtd(&[&["run", file, "--json"][..], args].concat());
        let (of_module, of_image) = (json(&run(module)), json(&run(image)));
        assert_eq!(of_module["results"], of_image["results"]);
        assert_eq!(of_module["usage"], of_image["usage"]);
        assert_eq!(of_module["usage"], json(&run(portable))["usage"]);
    }
    // A trap is told with its names.
    let trapping = dir.join("trapping.wat");
    let text = "(module (func $inner (unreachable)) (func $outer (export \"f\") (call $inner)))";
    std::fs::write(&trapping, text).expect("a file for the test");
    let trapping = trapping.to_str().expect("UTF-8");
    assert_eq!(code(&wrtd(&["compile", trapping, "-o", image])), 0);
    let [of_module, of_image] = [trapping, image].map(|file| json(&wrtd(&["run", file, "--json"])));
    assert_eq!((&of_module["error"], &of_module["usage"]), (&of_image["error"], &of_image["usage"]));
    assert_eq!(of_image["error"]["name"], "inner");
    assert_eq!(code(&wrtd(&["compile", module, "-o", image])), 0);
    for (command, said) in [("plan", "stays as long"), ("validate", "valid")] {
        let output = wrtd(&[command, image]);
        assert!(code(&output) == 0 && out(&output).contains(said), "{command}: {}", err(&output));
    }
    let mut bytes = std::fs::read(image).expect("the image");
    *bytes.last_mut().expect("a byte") ^= 1;
    std::fs::write(image, &bytes).expect("a file for the test");
    let output = wrtd(&["run", image, "--invoke", "add", "1", "2"]);
    assert!(code(&output) == 1 && err(&output).contains("checksum"), "{}", err(&output));
    let text = "(module (table 1 externref) (func (export \"f\") (param externref) (table.set 0 (i32.const 0) (local.get 0))))";
    let output = wrtd_text(text, &["compile", "-", "-o", image]);
    assert!(code(&output) == 1 && err(&output).contains("no references outside of tables"), "{}", err(&output));
    assert_eq!(code(&wrtd_text(text, &["compile", "-"])), 2, "an image of standard input needs a name");
    std::fs::remove_dir_all(&dir).expect("the directory");
}
