//! Runs the official test suite: `spec [--wording] [--suggest] [--fast] [--collect] [FILTER]`.
//!
//! The last line is `N passed, N failed, N skipped`; the status is 1 when anything failed.

use std::process::ExitCode;
use wrt_core::Collection;
use wrt_tests::spec::{list, modes, report, scripts};

const HELP: &str = "spec [--wording] [--suggest] [--fast] [--collect] [FILTER]
  FILTER      only scripts whose name contains it
  --wording   also lists refusals in other words than the suite's
  --suggest   also lists the lines that would make tests/spec/not-covered.txt fit
  --fast      one mode only: the first back end, modules fed whole
  --collect   collects garbage at every allocation";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|a| a == flag);
    if has("--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let filter = args.iter().find(|a| !a.starts_with("--"));
    let list = match list::parse(include_str!("../../spec/not-covered.txt")) {
        Ok(list) => list,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::FAILURE;
        }
    };
    let mut scripts = scripts();
    let mut list = list;
    if let Some(filter) = filter {
        scripts.retain(|s| s.name.contains(filter.as_str()));
        list.retain(|name, _| name.contains(filter.as_str()));
    }
    let mut modes = modes(if has("--collect") { Collection::Always } else { Collection::Automatic });
    if has("--fast") {
        modes.truncate(1);
    }
    // Panics of the engine are caught and reported as failures of the directive.
    std::panic::set_hook(Box::new(|_| {}));
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let sum = report::run(&scripts, &modes, &list, threads);
    for line in &sum.failures {
        println!("FAILED {line}");
    }
    if has("--wording") {
        for line in &sum.wording {
            println!("wording {line}");
        }
    }
    if has("--suggest") {
        for line in &sum.suggestions {
            println!("{line}");
        }
    }
    let names: Vec<String> = modes.iter().map(|m| format!("{:?}/{:?}", m.backend, m.feed)).collect();
    println!("{} scripts, each directive in the modes {}", scripts.len(), names.join(", "));
    println!("{} directives concern the text format alone and were judged by the tests' parser", sum.text);
    println!("{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skipped);
    if sum.failed == 0 && sum.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
