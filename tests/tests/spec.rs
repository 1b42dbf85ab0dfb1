//! The official suite, as `spec` runs it.

use wrt_core::Collection;
use wrt_tests::spec::{Mode, Script, list, modes, report, scripts};

/// Runs scripts and panics where a directive fails; returns how many passed. Builds that are not optimised
/// leave out half of the modes: each back end runs, and modules are fed in each way.
fn pass(scripts: &[Script], modes: &[Mode]) -> usize {
    let ends = [modes.first(), modes.last()].map(|mode| *mode.expect("a mode"));
    let modes = if cfg!(debug_assertions) { &ends } else { modes };
    let mut list = list::parse(include_str!("../spec/not-covered.txt")).expect("the list");
    list.retain(|name, _| scripts.iter().any(|s| s.name == *name));
    // Panics of the engine are caught and reported as failures of the directive.
    std::panic::set_hook(Box::new(|_| {}));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let sum = report::run(scripts, modes, &list, threads);
    let _ = std::panic::take_hook();
    println!("{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skipped);
    let shown: Vec<&String> = sum.failures.iter().take(50).collect();
    assert!(sum.failed == 0, "{} failed: {shown:#?}", sum.failed);
    sum.passed
}

/// CORE-5, CORE-6, RUN-2: every directive of what is covered, in every back end, fed whole and
/// bytewise, with the same fuel and the same final states.
#[test]
fn the_official_suite_passes() {
    assert!(pass(&scripts(), &modes(Collection::Automatic)) > 20_000);
}

/// RUN-2: with a collection at every allocation, the scripts that make objects pass as well.
#[test]
fn run_2_the_official_suite_passes_with_a_collection_at_every_allocation() {
    let mut scripts = scripts();
    scripts.retain(|s| {
        ["gc/", "exception", "function-references", "ref_", "i31", "array", "struct", "extern", "try_table", "throw"]
            .iter()
            .any(|part| s.name.contains(part))
    });
    assert!(pass(&scripts, &modes(Collection::Always)) > 1_000);
}
