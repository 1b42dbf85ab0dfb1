//! `wrtd run --asil-level`: a run under a profile gives the same results, and tells what was watched.

use serde_json::Value as Json;
use std::path::Path;
use std::process::{Command, Output};

fn run(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wrtd"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("WRTD_") {
            command.env_remove(name);
        }
    }
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/guests/wasm");
    command.current_dir(guests).arg("run").args(args).output().expect("wrtd starts")
}

fn json(args: &[&str]) -> Json {
    let output = run(&[args, &["--json"]].concat());
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// ASIL-1, ASIL-4: at every level the same results and fuel; from B on checkpoints, at D two executions.
#[test]
fn asil_1_asil_4_runs_under_each_level() {
    let free = json(&["fac.wasm", "--invoke", "fac", "20"]);
    assert_eq!(free["safety"], Json::Null, "nobody has set a level");
    for (level, checkpoints, compared) in
        [("QM", false, false), ("A", false, false), ("B", true, false), ("C", true, false), ("D", true, true)]
    {
        let held = json(&["fac.wasm", "--invoke", "fac", "20", "--asil-level", level, "--no-platform"]);
        assert_eq!((&held["results"], &held["usage"]["fuel_used"]), (&free["results"], &free["usage"]["fuel_used"]));
        let safety = &held["safety"];
        assert_eq!(safety["level"], level);
        let on = safety["mechanisms"].as_array().expect("a list").iter().filter_map(Json::as_str);
        assert_eq!(on.clone().any(|name| name == "redundant execution"), compared, "{level}");
        assert!(on.clone().any(|name| name == "canonical NaN"));
        assert_eq!(safety["watched"]["checkpoints"].as_u64().is_some_and(|n| n > 1), checkpoints, "{safety}");
        assert_eq!(safety["watched"]["bytes_summed"].as_u64().is_some_and(|n| n > 0), checkpoints, "{safety}");
        assert_eq!(safety["watched"]["bytes_compared"].as_u64().is_some_and(|n| n > 0), compared, "{safety}");
    }
}

/// ASIL-1: a person is told the same; traps stay traps; memory does not grow from B on.
#[test]
fn asil_1_a_person_is_told() {
    let output = run(&["fac.wasm", "--invoke", "fac", "20", "--asil-level", "D", "--no-platform", "--memory-profile"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("redundant execution") && said.contains("checkpoints"), "{said}");
    assert_eq!(output.stdout, b"2432902008176640000\n");
    let text = "(module (memory 1 2) (func (export \"run\") (param i32) (result i32)
        (i32.div_u (memory.grow (i32.const 1)) (local.get 0))))";
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("divide.wat");
    std::fs::write(&path, text).expect("a file");
    let path = path.to_str().expect("a path");
    let free = run(&[path, "0"]);
    assert_eq!(free.status.code(), Some(134));
    for level in ["QM", "B", "D"] {
        let output = run(&[path, "0", "--asil-level", level, "--no-platform"]);
        assert_eq!(output.status.code(), free.status.code(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stderr, free.stderr, "{level}");
        let grown = run(&[path, "1", "--asil-level", level, "--no-platform"]);
        let expected = if level == "QM" { "1\n" } else { "-1\n" };
        assert_eq!(String::from_utf8_lossy(&grown.stdout), expected, "{level}");
    }
}
