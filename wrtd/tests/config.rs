//! Where `wrtd run`'s options come from: command line over environment over file over default; what is wrong in a file
//! is told with its place.

mod common;

use common::{Dir, code, command, err, json, out, wrtd};
use serde_json::Value as Json;
use std::process::Output;

const ENDLESS: &str = "(module (func (export \"f\") (loop (br 0))) (func (export \"g\") (result i32) (i32.const 7)))";

struct Place {
    dir: Dir,
    module: String,
}

impl Place {
    fn new(name: &str) -> Self {
        let dir = Dir::new(name);
        let module = dir.file("guest.wat", ENDLESS);
        Place { dir, module }
    }
    fn run(&self, file: &str, variables: &[(&str, &str)], args: &[&str]) -> Output {
        let config = self.dir.file("wrtd.toml", file);
        let all = [&["run", &self.module, "--config", &config], args].concat();
        command(&all).envs(variables.iter().copied()).output().expect("wrtd starts")
    }
    /// What a file is refused with, without the file's path.
    fn refused(&self, file: &str) -> String {
        let output = self.run(file, &[], &["--invoke", "g"]);
        assert_eq!(code(&output), 1, "{file}: {}", err(&output));
        let said = err(&output);
        let at = said.find("wrtd.toml:").unwrap_or_else(|| panic!("no place for {file}: {said}"));
        said[at + "wrtd.toml:".len()..].lines().next().unwrap_or_default().to_owned()
    }
}

/// The fuel that a run ended for: what it used, but for the operators of one function.
fn fuel(output: &Output) -> u64 {
    assert_eq!(code(output), 124, "{}", err(output));
    let words = err(output).replace(',', "");
    let used = words.split_whitespace().find_map(|word| word.parse::<u64>().ok()).expect("a number");
    used / 100 * 100
}

/// CLI-1: command line over environment over file over default, for options of each kind.
#[test]
fn cli_1_precedence_of_run_options() {
    let place = Place::new("precedence");
    let file = "[run]\nfuel = 3000\ninvoke = \"f\"\n";
    let (variable, flag) = ([("WRTD_FUEL", "2K")], ["--fuel", "1000"]);
    assert_eq!(fuel(&place.run(file, &[], &[])), 3000);
    assert_eq!(fuel(&place.run(file, &variable, &[])), 2000);
    assert_eq!(fuel(&place.run(file, &variable, &flag)), 1000);
    assert_eq!(fuel(&place.run("[run]\ninvoke = \"f\"", &variable, &[])), 2000);
    // Without any of them there is no bound but this one, and no function is chosen.
    assert_eq!(code(&place.run("[run]\ninvoke = \"f\"\ntimeout = \"50ms\"", &[], &[])), 123);
    assert_eq!(code(&place.run("", &[], &["--fuel", "1"])), 1);
    // A switch.
    let shown = |file: &str, variables: &[(&str, &str)]| place.run(file, variables, &["--invoke", "g"]);
    assert_eq!(out(&shown("", &[])), "7");
    assert_eq!(json(&shown("[run]\njson = true\n", &[]))["results"][0]["value"], 7);
    assert_eq!(out(&shown("[run]\njson = true\n", &[("WRTD_JSON", "no")])), "7");
    assert_eq!(json(&shown("[run]\njson = false\n", &[("WRTD_JSON", "1")]))["status"], "done");
    // A list is replaced, not added to.
    let threads = place.dir.file("threads.wat", "(module (memory 1 1 shared) (func (export \"f\")))");
    let run = |file: &str, more: &[&str]| {
        let config = place.dir.file("list.toml", file);
        code(&wrtd(&[&["run", &threads, "--config", &config], more].concat()))
    };
    let file = "[run]\nenable = [\"wide-arithmetic\", \"threads\"]\n";
    assert_eq!((run("", &[]), run(file, &[]), run(file, &["--enable", "gc"])), (1, 0, 1));
    // An alias, an octal number, and both tables; WRTD_CONFIG names the file as well.
    assert_eq!(
        fuel(&place.run("[run]\nfunction = \"f\"\nfuel = 0o1750\n[limits]\nmax-linear = \"1M\"", &[], &[])),
        1000
    );
    let config = place.dir.file("named.toml", "[run]\ninvoke = \"f\"\nfuel = 500\n");
    let output = command(&[&place.module]).env("WRTD_CONFIG", &config).output().expect("wrtd starts");
    assert_eq!(fuel(&output), 500);
}

/// CLI-1, CLI-2: file, line, column, what is wrong, and what may have been meant.
#[test]
fn cli_1_mistakes_in_the_file_are_told_with_their_place() {
    let place = Place::new("mistakes");
    for (file, expected) in [
        ("[run]\nfuel = 1\n\n  feul = 2\n", "4:3: feul is no option of wrtd run; is fuel meant?"),
        ("[run]\nmax-memroy = 2\n", "2:1: max-memroy is no option of wrtd run; is max-memory meant?"),
        ("[run]\nxyzzy = 2\n", "2:1: xyzzy is no option of wrtd run"),
        ("[run]\nfuel = true\n", "2:8: fuel: expected a number"),
        ("[run]\nfuel = -1\n", "2:8: fuel: expected a number"),
        ("[run]\nfuel = \"many\"\n", "2:8: fuel: many: expected a count"),
        ("[run]\njson = \"yes\"\n", "2:8: json: expected true or false, not a value of type string"),
        ("[run]\ninvoke = 3\n", "2:10: invoke: expected text in quotes, not a value of type integer"),
        ("[run]\ntimeout = \"2\"\n", "2:11: timeout: 2: expected a time with its unit"),
        ("[run]\nenable = [\"threads\", \"nonsense\"]\n", "2:22: enable: nonsense: expected one of "),
        ("[run]\nenable = [1]\n", "2:11: enable: expected text in quotes"),
        ("[run]\nfuel = [1]\n", "2:8: fuel: expected a number"),
        ("[run]\nfuel = \n", "2:8: "),
        ("[run]\nfuel = 1\nfuel = 2\n", "3:1: "),
        ("run = 1\n", "1:1: expected the table [run] or [limits], not run, which is of type integer"),
        ("[rum]\nfuel = 1\n", "1:2: expected the table [run] or [limits], not the table [rum]; is [run] meant?"),
        ("[limits]\nmax-lienar = 1\n", "2:1: max-lienar is no limit; is max-linear meant?"),
        ("[limits]\nmax-linear = \"x\"\n", "2:1: max-linear = x: "),
    ] {
        let said = place.refused(file);
        assert!(said.starts_with(expected), "{file:?}\n  says {said}\nexpected {expected}");
    }
    let missing = wrtd(&["run", &place.module, "--config", "/no/such/file"]);
    assert!(code(&missing) == 1 && err(&missing).contains("cannot read /no/such/file"), "{}", err(&missing));
    // A variable that is wrong is told like a flag; one that no option has is a misspelt limit.
    let wrong = place.run("", &[("WRTD_FUEL", "x")], &["--invoke", "g"]);
    assert!(code(&wrong) == 2 && err(&wrong).contains("--fuel"), "{}", err(&wrong));
    let unknown = place.run("", &[("WRTD_FEUL", "1")], &["--invoke", "g"]);
    assert!(code(&unknown) == 1 && err(&unknown).contains("WRTD_FEUL"), "{}", err(&unknown));
    // What `run` reads from the environment is nobody else's concern.
    let plan = command(&["plan", &place.module]).env("WRTD_FUEL", "x").output().expect("wrtd starts");
    assert_eq!(code(&plan), 0, "{}", err(&plan));
    let limits = command(&["limits", "--no-platform"]).env("WRTD_FUEL", "1").output().expect("wrtd starts");
    assert_eq!(code(&limits), 0, "{}", err(&limits));
}

/// CLI-1: the schema knows the options that `--help` shows with a variable, and the limits that `wrtd limits` lists.
#[test]
fn cli_1_schema_has_every_key() {
    let schema = json(&wrtd(&["config", "--schema"]));
    let keys = |table: &str| {
        let all = schema["properties"][table]["properties"].as_object().expect("a table");
        all.keys().cloned().collect::<Vec<String>>()
    };
    let help = out(&wrtd(&["run", "--help"])).split_whitespace().collect::<Vec<_>>().join(" ");
    for key in keys("run") {
        let variable = format!("[env: WRTD_{}]", key.to_uppercase().replace('-', "_"));
        assert!(help.contains(&format!("--{key} ")) && help.contains(&variable), "{key}: {help}");
    }
    let shown = help.matches("[env: WRTD_").count();
    // These four, of which `--set` stands for all limits, are no keys of the table.
    let others = ["WRTD_CONFIG]", "WRTD_PRESET]", "WRTD_MEMORY_VARIABLE]", "WRTD_ and the name"];
    assert_eq!(shown, keys("run").len() + others.iter().filter(|other| help.contains(**other)).count());
    let limits = json(&wrtd(&["limits", "--json", "--no-platform"]));
    let mut expected: Vec<String> =
        limits["limits"].as_array().expect("limits").iter().map(|l| l["key"].as_str().expect("a key").into()).collect();
    expected.push("preset".into());
    expected.sort();
    assert_eq!(keys("limits"), expected);
    assert_eq!(schema["properties"]["run"]["additionalProperties"], Json::Bool(false));
    // And a file is checked without a run.
    let place = Place::new("check");
    let good = place.dir.file("good.toml", "[run]\nfuel = \"1M\"\njson = true\n[limits]\nmax-linear = \"1M\"\n");
    let output = wrtd(&["config", &good]);
    assert!(code(&output) == 0 && out(&output).contains("fuel = 1M"), "{} {}", out(&output), err(&output));
    let bad = place.dir.file("bad.toml", "[limits]\nmax-linera = \"1M\"\n");
    assert_eq!(code(&wrtd(&["config", &bad])), 1);
    assert_eq!(code(&wrtd(&["config"])), 2);
}
