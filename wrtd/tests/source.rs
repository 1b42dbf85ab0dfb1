//! Backtraces with lines of source, of a guest in C that the compiler gave DWARF to.

mod common;

use common::{Dir, code, err, json, wrtd};
use std::process::Command;

const GUEST: &str = r#"volatile int divisor;
static inline __attribute__((always_inline)) int halve(int value) {
    return value / divisor; /* halve */
}
__attribute__((noinline)) int middle(int value) {
    int more = value * 3;
    return halve(more) + 1; /* middle */
}
__attribute__((export_name("go"))) int go(int value) {
    return middle(value) * 2; /* go */
}
__attribute__((export_name("spin"))) int spin(void) {
    for (;;) divisor++; /* spin */
}
"#;

/// The line that a comment in the guest marks.
fn line(mark: &str) -> usize {
    1 + GUEST.lines().position(|line| line.contains(&format!("/* {mark} */"))).expect("a mark")
}

/// The guest, compiled with these options; `None`, said aloud, where there is no compiler.
fn compile(dir: &Dir, options: &[&str]) -> Option<String> {
    let source = dir.file("guest.c", GUEST);
    let module = dir.path(&format!("guest{}.wasm", options.concat()));
    let clang = Command::new("clang-19")
        .args(["--target=wasm32", "-nostdlib", "-Wl,--no-entry"])
        .args(options)
        .args([&source, "-o", &module])
        .output();
    let Ok(output) = clang else {
        eprintln!("skipped, because there is no clang-19");
        return None;
    };
    assert!(output.status.success(), "{}", err(&output));
    Some(module)
}

/// DBG-1, RUN-5: a trap names function, file and line of each frame, and what was inlined there.
#[test]
fn dbg_1_run_5_traps_name_lines_of_source() {
    let dir = Dir::new("source");
    for options in [&["-g", "-O0"][..], &["-g", "-O2"], &["-gdwarf-5", "-O1"], &["-gdwarf-2", "-O1"]] {
        let Some(module) = compile(&dir, options) else { return };
        let output = wrtd(&["run", &module, "--invoke", "go", "5"]);
        assert_eq!(code(&output), 134, "{}", err(&output));
        let text = err(&output);
        let expected = [("halve", line("halve"), ", inlined"), ("middle", line("middle"), ""), ("go", line("go"), "")];
        let mut rest = text.as_str();
        for (function, line, end) in expected {
            let at = rest
                .lines()
                .find(|said| said.contains(&format!("in {function} at ")))
                .unwrap_or_else(|| panic!("{function}: {text}"));
            assert!(
                at.contains(&format!("guest.c:{line}")) && at.ends_with(end),
                "{options:?} {function} {line}: {text}"
            );
            rest = rest.split_once(at).expect("it is there").1;
        }
        let said = json(&wrtd(&["run", &module, "--invoke", "go", "5", "--json"]));
        let places = said["error"]["backtrace"][0]["source"].as_array().expect("places");
        let lines: Vec<_> = places.iter().map(|p| (p["function"].as_str(), p["line"].as_u64())).collect();
        let expected = [(Some("halve"), Some(line("halve") as u64)), (Some("middle"), Some(line("middle") as u64))];
        assert_eq!(lines, expected, "{options:?}");
    }
}

/// DBG-4: where the debug level is none, DWARF is not looked at; a module without it has no lines.
#[test]
fn dbg_4_without_dwarf_there_are_names_alone() {
    let dir = Dir::new("nosource");
    let (Some(with), Some(without)) = (compile(&dir, &["-g", "-O1"]), compile(&dir, &["-O1"])) else { return };
    let args = ["--invoke", "go", "5"];
    for (module, more) in [(&without, &[][..]), (&with, &["--set", "debug-level=none", "--no-platform"])] {
        let output = wrtd(&[&["run", module.as_str()], &args[..], more].concat());
        let text = err(&output);
        assert!(code(&output) == 134 && text.contains("at middle (function") && !text.contains("guest.c"), "{text}");
    }
}

/// What is stopped from outside is told with lines, too.
#[test]
fn dbg_1_cli_2_a_timeout_names_the_line() {
    let dir = Dir::new("spin");
    let Some(module) = compile(&dir, &["-g", "-O1"]) else { return };
    let output = wrtd(&["run", &module, "--invoke", "spin", "--timeout", "50ms"]);
    assert_eq!(code(&output), 123, "{}", err(&output));
    // It stops where the loop begins, which may be told with the line before.
    let near = [line("spin"), line("spin") - 1].map(|line| err(&output).contains(&format!("guest.c:{line}")));
    assert!(err(&output).contains("in spin at") && near.contains(&true), "{}", err(&output));
}
