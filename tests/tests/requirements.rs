//! Every requirement of the present stage has a test, and every id that a test names exists.

use std::collections::BTreeSet;
use wrt_tests::requirements::{self, Id};

/// The list of ids is that of the requirements' own text, where that is at hand.
#[test]
fn the_list_is_that_of_the_text() {
    let suites = std::env::var_os("WRT_SUITES")
        .map_or_else(|| requirements::root().join("../shared/suites"), std::path::PathBuf::from);
    let Ok(text) = std::fs::read_to_string(suites.join("../REQUIREMENTS.md")) else {
        println!("skipped: the text of the requirements is not at hand");
        return;
    };
    let written: BTreeSet<Id> = requirements::ids(&text).into_iter().collect();
    let listed: BTreeSet<Id> = requirements::known().into_keys().collect();
    assert_eq!(written, listed);
}

/// No test names an id that does not exist; none of the present stage is without a test.
#[test]
fn every_id_has_a_test_and_every_test_a_true_id() {
    let known = requirements::known();
    let shown = requirements::shown();
    let mut wrong: Vec<String> = Vec::new();
    for (id, tests) in &shown {
        if !known.contains_key(id) {
            wrong.push(format!("{id} does not exist, but is named by {tests:?}"));
        }
    }
    for (id, now) in &known {
        if *now && !shown.contains_key(id) {
            wrong.push(format!("{id} has no test"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `docs/requirements.md` is the table of what tests show; `WRT_BLESS=1` writes it anew.
#[test]
fn the_table_is_not_stale() {
    let path = requirements::root().join("docs/requirements.md");
    let table = requirements::table(&requirements::known(), &requirements::shown());
    if std::env::var_os("WRT_BLESS").is_some() {
        std::fs::write(&path, &table).expect("the table can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == table, "WRT_BLESS=1 cargo test -p wrt-tests --test requirements writes the table anew");
}

/// Ids are recognised in text and in names of functions, and nowhere else.
#[test]
fn ids_are_recognised() {
    let show = |text: &str| requirements::ids(text).iter().map(ToString::to_string).collect::<Vec<_>>();
    let core = ["CO", "RE"].concat();
    assert_eq!(show(&format!("// {core}-3, {core}-12: x")), [format!("{core}-3"), format!("{core}-12")]);
    assert_eq!(show(&format!("fn {}_4_x() {{", core.to_lowercase())), [format!("{core}-4")]);
    assert!(show(&format!("X{core}-3 {core}-x fn {}_4() {core}_3", core.to_lowercase())).is_empty());
}
