//! `wrtd limits` as a person or a script meets it: who wins, what is explained, and its exit codes.

use serde_json::Value as Json;
use std::path::PathBuf;
use std::process::{Command, Output};

/// `wrtd limits` with no variable of its own but these.
fn limits(args: &[&str], variables: &[(&str, &str)]) -> Output {
    wrtd(&[&["limits"], args].concat(), variables)
}

fn wrtd(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wrtd"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("WRTD_") {
            command.env_remove(name);
        }
    }
    command.args(args).envs(variables.iter().copied()).output().expect("wrtd starts")
}

fn json(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stdout)))
}

/// Value and kind of source of one limit.
fn limit(output: &Output, key: &str) -> (Json, String) {
    let all = json(output);
    let list = all["limits"].as_array().expect("a list").clone();
    let one = list.into_iter().find(|one| one["key"] == key).expect("the limit");
    (one["value"].clone(), one["source"].as_str().expect("a source").to_owned())
}

/// A file that is removed in the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("wrtd-limits-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).expect("a file");
        File(path)
    }
    fn path(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// LIM-2: command line over environment over file over platform over preset.
#[test]
fn lim_2_precedence_on_the_command_line() {
    let file = File::new("precedence.toml", b"[limits]\nmax-mem = \"200M\"\nmax-nesting = 3\n");
    let config = ["--json", "--no-platform", "--config", file.path()];
    let with = |more: &[&str], variables: &[(&str, &str)]| {
        let output = limits(&[&config[..], more].concat(), variables);
        let (value, source) = limit(&output, "max-mem");
        (value.as_u64().expect("bytes") >> 20, source)
    };
    let variable = [("WRTD_MAX_MEM", "300M")];
    assert_eq!(with(&["--set", "max-mem=400M"], &variable), (400, "command-line".into()));
    assert_eq!(with(&[], &variable), (300, "environment".into()));
    assert_eq!(with(&[], &[]), (200, "file".into()));
    assert_eq!(limit(&limits(&["--json", "--no-platform"], &[]), "max-mem").1, "preset");
    let output = limits(&["--json", "--no-platform"], &[("WRTD_CONFIG", file.path())]);
    assert_eq!(limit(&output, "max-nesting"), (3.into(), "file".into()));
    if cfg!(target_os = "linux") {
        assert_eq!(limit(&limits(&["--json"], &[]), "max-mem").1, "platform");
        let output = limits(&["--json", "--memory-variable", "POD"], &[("POD", "1048576")]);
        assert_eq!(limit(&output, "max-mem"), (1_048_576.into(), "platform".into()));
    }
}

/// LIM-2: the level comes from its variable, and each line of the explanation names value, source and who
/// enforces it.
#[test]
fn lim_2_explain_names_every_source() {
    let output = limits(&["--explain", "--no-platform"], &[("WRTD_ASIL_LEVEL", "D")]);
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let all = json(&limits(&["--json", "--no-platform"], &[]));
    for one in all["limits"].as_array().expect("a list") {
        let key = one["key"].as_str().expect("a key");
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(key));
        let line = line.unwrap_or_else(|| panic!("{key} is not explained:\n{text}"));
        let by = one["enforced_by"].as_str().expect("words");
        assert!(line.contains("; enforced by: ") && line.ends_with(by), "{line}");
        let source = if key == "asil-level" { "environment, WRTD_ASIL_LEVEL" } else { "preset linux-container" };
        assert!(line.contains(source), "{line}");
    }
    assert!(text.contains("level D allows complexity 1 of a component and 2 of a module"), "{text}");
}

/// Arguments, variables, and what is said of them.
type Mistake = (&'static [&'static str], &'static [(&'static str, &'static str)], &'static str);

/// LIM-2: what is wrong is told with its place, and the exit code says so.
#[test]
fn lim_2_mistakes_are_told() {
    let file = File::new("wrong.toml", b"[limits]\n\nmax-men = 1\n");
    let output = limits(&["--no-platform", "--config", file.path()], &[]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("wrong.toml:3:1: max-men is no limit; is max-mem meant?"), "{text}");
    let cases: [Mistake; 4] = [
        (&["--config", "/no/such/file"], &[], "cannot read /no/such/file"),
        (&["--set", "max-mem"], &[], "expected KEY=VALUE"),
        (&[], &[("WRTD_ASIL_LEVEL", "E")], "environment, WRTD_ASIL_LEVEL"),
        (&["--set", "max-linear=999T"], &[], "max-linear by command line"),
    ];
    for (args, variables, expected) in cases {
        let output = limits(&[&["--no-platform"], args].concat(), variables);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(expected), "{args:?}: {text}");
        assert_eq!(output.status.code(), Some(1));
        let output = limits(&[&["--no-platform", "--json"], args].concat(), variables);
        assert_eq!((output.status.code(), json(&output)["error"]["kind"].as_str()), (Some(1), Some("limits")));
    }
    assert_eq!(limits(&["--asil-level", "E"], &[]).status.code(), Some(2));
}

/// LIM-5: a module or component fits or does not; why, and its complexity, are told.
#[test]
fn lim_5_asil_2_modules_fit_or_not() {
    let text = "(module (memory 2) (table 1 funcref) (func $f (call $f) (call_indirect (i32.const 0))))";
    let module = File::new("module.wat", text.as_bytes());
    let component = File::new("component.wat", b"(component (component))");
    let output = limits(&["--no-platform", module.path(), component.path()], &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("component 0, module 3 (1, and 1 each for indirect calls, recursion)"), "{said}");
    assert!(said.contains("component 2, module 0"), "{said}");
    let output = limits(&["--no-platform", "--json", "--asil-level", "D", module.path(), component.path()], &[]);
    assert_eq!(output.status.code(), Some(1));
    let all = json(&output);
    for (at, complexity) in [(0, "0 and 3"), (1, "2 and 0")] {
        assert_eq!(all[at]["fits"], false);
        let why = all[at]["findings"][0].as_str().expect("words");
        assert!(why.starts_with("level D allows") && why.ends_with(complexity), "{why}");
    }
    let output = limits(&["--no-platform", "--set", "max-linear=65536", module.path()], &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("max-linear is 65536, and the binary has 131072 bytes"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

/// LIM-2, LIM-5, MEM-5: a run is held to the limits that somebody sets, and to none where nobody does.
#[test]
fn lim_2_mem_5_runs_are_held_to_limits() {
    let text = "(module (memory 1) (func $f (export \"f\") (param i32) (result i32) (if (result i32) (local.get 0) \
        (then (call $f (i32.const 0))) (else (memory.grow (i32.const 1))))))";
    let module = File::new("run.wat", text.as_bytes());
    let run = |more: &[&str], variables: &[(&str, &str)]| {
        let output = wrtd(&[&["run", module.path(), "1"], more].concat(), variables);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code(), out.trim().to_owned(), err.into_owned())
    };
    let grown = |growth: &str| (Some(0), growth.to_owned(), String::new());
    assert_eq!(run(&[], &[]), grown("1"));
    assert_eq!(run(&["--set", "max-linear=128K"], &[]), grown("1"));
    assert_eq!(run(&["--set", "max-linear=64K"], &[]), grown("-1"));
    assert_eq!(run(&["--no-platform"], &[("WRTD_MAX_LINEAR", "64K")]), grown("-1"));
    let file = File::new("run.toml", b"[limits]\nmax-linear = \"64K\"\n");
    assert_eq!(run(&["--config", file.path()], &[]), grown("-1"));
    // Without the sub-command too.
    let output = wrtd(&[module.path(), "1", "--set", "max-linear=64K"], &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "-1");
    for (args, variables, said) in [
        (&["--set", "max-linear=65535"][..], &[][..], "max-linear is 65535, and the binary has 65536 bytes"),
        (&[], &[("WRTD_ASIL_LEVEL", "D")], "level D allows complexity 1 of a component and 2 of a module"),
        (&["--no-platform", "--set", "max-components=0"], &[], "max-components is 0"),
        (&["--no-platform", "--set", "component-overhead=10"], &[], "component-overhead is 10"),
        (&["--no-platform", "--set", "component-overhead=300"], &[], "are left of component-overhead"),
    ] {
        let (code, _, err) = run(args, variables);
        assert_eq!(code, Some(1), "{err}");
        assert!(err.starts_with("wrtd: limit: ") && err.contains(said), "{err}");
    }
}
