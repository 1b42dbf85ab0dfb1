//! A fixed subset of the cases that the command runs in great number.

use wrt_differential::case::Bench;
use wrt_differential::{Checks, Tally, check};

fn cases(seed: u64, count: u64, checks: Checks) -> Tally {
    let mut bench = Bench::default();
    let mut tally = Tally::default();
    for seed in seed..seed + count {
        if let Err(failure) = check(seed, checks, &mut bench, &mut tally) {
            panic!("seed {seed}: {}", failure.what);
        }
    }
    tally
}

/// CORE-6, CORE-7: generated modules are accepted, refused, and run as the oracles do.
#[test]
fn core_6_core_7_agrees_with_the_oracles() {
    let checks = Checks { slices: false, load: false, ..Checks::ALL };
    let tally = cases(1, 1_000, checks);
    assert!(tally.modules > 700 && tally.calls > 1_000 && tally.traps > 100, "{tally:?}");
}

/// RUN-1, RUN-2: each back end, in slices and in one go, ends in the same state with the same fuel.
#[test]
fn run_1_run_2_back_ends_and_slices_agree() {
    cases(1_000_000, 300, Checks { accept: true, slices: true, ..Checks::NONE });
}

/// MEM-3, CORE-5: plans are exact, and pieces load as the whole does, also for damaged modules.
#[test]
fn mem_3_core_5_loads_are_exact() {
    cases(2_000_000, 150, Checks { load: true, ..Checks::NONE });
}
