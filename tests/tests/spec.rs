//! The official suite, as `spec` runs it.

use wrt_tests::spec::{list, modes, report, scripts};

/// CORE-5, CORE-6, RUN-2: every directive of what is covered, in every back end, fed whole and
/// bytewise, with the same fuel and the same final states.
#[test]
fn the_official_suite_passes() {
    let list = list::parse(include_str!("../spec/not-covered.txt")).expect("the list");
    // Panics of the engine are caught and reported as failures of the directive.
    std::panic::set_hook(Box::new(|_| {}));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let sum = report::run(&scripts(), &modes(), &list, threads);
    let _ = std::panic::take_hook();
    println!("{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skipped);
    let shown: Vec<&String> = sum.failures.iter().take(50).collect();
    assert!(sum.failed == 0 && sum.passed > 20_000, "{} failed: {shown:#?}", sum.failed);
}
