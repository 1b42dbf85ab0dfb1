//! The safety manual says what is so: the tests that it names exist, its assumptions are numbered without a gap, and
//! each has a test or a line to check.

use std::path::Path;
use wrt_tests::requirements::root;

fn manual() -> String {
    std::fs::read_to_string(root().join("docs/safety-manual.md")).expect("docs/safety-manual.md")
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The tests that a text names, as `file.rs: function`.
fn named(text: &str) -> Vec<(&str, &str)> {
    quoted(text).filter_map(|name| name.split_once(".rs: ")).collect()
}

/// Why a file under `root` does not hold a test of this name.
fn missing(root: &Path, file: &str, function: &str) -> Option<String> {
    let path = format!("{file}.rs");
    let Ok(text) = std::fs::read_to_string(root.join(&path)) else { return Some(format!("{path} does not exist")) };
    let head = format!("fn {function}(");
    let Some((before, _)) = text.split_once(&head) else { return Some(format!("{path} has no {function}")) };
    let lines = before.lines().rev().map(str::trim);
    let mut above = lines.skip_while(|line| line.is_empty()).take_while(|line| line.starts_with('#'));
    let is_test = above.any(|line| line == "#[test]");
    (!is_test).then(|| format!("{path}: {function} is not a test"))
}

/// ASIL-6: every test that the manual names is one.
#[test]
fn asil_6_every_test_that_the_manual_names_exists() {
    let text = manual();
    let tests = named(&text);
    assert!(tests.len() > 20, "tests are named: {tests:?}");
    let wrong: Vec<String> = tests.iter().filter_map(|(file, function)| missing(&root(), file, function)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // What is no test is found.
    assert!(missing(&root(), "tests/tests/manual", "manual").is_some_and(|why| why.ends_with("is not a test")));
    assert!(missing(&root(), "tests/tests/manual", "nothing").is_some_and(|why| why.ends_with("has no nothing")));
    assert!(missing(&root(), "tests/tests/nothing", "manual").is_some_and(|why| why.ends_with("does not exist")));
}

/// ASIL-6: assumptions of use are numbered without a gap, and each says how it is shown or checked.
#[test]
fn asil_6_every_assumption_of_use_is_shown_or_checked() {
    let text = manual();
    let (_, list) = text.split_once("## Assumptions of use").expect("the assumptions");
    let items: Vec<&str> = list.split("- **AOU-").skip(1).collect();
    assert!(items.len() >= 10, "{} assumptions", items.len());
    for (number, item) in (1..).zip(&items) {
        assert!(item.starts_with(&format!("{number}**")), "AOU-{number} is where the manual has AOU-{item:.12}");
        let shown = !named(item).is_empty();
        assert!(shown || item.contains("Checklist: "), "AOU-{number} has neither a test nor a line to check");
    }
}

/// ASIL-6: the manual does not call the software what nobody has found it to be.
#[test]
fn asil_6_the_manual_claims_no_certificate() {
    let text = manual().to_lowercase();
    for word in ["compliant", "compliance", "certified", "qualified for use"] {
        assert!(!text.contains(word), "the manual says `{word}`");
    }
    for said in ["no certificate", "nobody independent has assessed", "no time was measured on silicon"] {
        assert!(text.contains(said), "the manual does not say `{said}`");
    }
}

/// ASIL-6: the parts of the evidence that the manual explains are those that there are.
#[test]
fn asil_6_every_part_of_the_evidence_is_explained() {
    let program = std::fs::read_to_string(root().join("tools/evidence/run.py")).expect("tools/evidence/run.py");
    let (_, list) = program.split_once("PARTS = [").expect("the parts");
    let (list, _) = list.split_once(']').expect("the end of the list");
    let parts: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let text = manual();
    let (_, table) = text.split_once("| Part |").expect("the table of parts");
    let (table, _) = table.split_once("\n\n").expect("the end of the table");
    let explained: Vec<&str> = table.lines().skip(2).filter_map(|line| line.split('|').nth(1)).map(str::trim).collect();
    assert_eq!(parts, explained);
}
