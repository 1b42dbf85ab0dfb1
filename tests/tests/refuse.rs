//! Damaged modules: refused or accepted as the oracle does, in the same way however they arrive.

use wrt_core::{LoadBudget, Status};
use wrt_tests::engine::{self, Feed};
use wrt_tests::{smith, spec::corpus};

/// What came of the cases.
#[derive(Default, Debug)]
struct Tally {
    accepted: u64,
    refused: u64,
    beyond: u64,
}

/// Loads whole and bytewise, compares both, and compares acceptance with the oracle.
fn judge(place: &str, wasm: &[u8], tally: &mut Tally) {
    let budget = LoadBudget::DEFAULT;
    let whole = engine::plan(wasm, &budget, Feed::Whole);
    let bytes = engine::plan(wasm, &budget, Feed::Bytes);
    assert_eq!(whole.err(), bytes.err(), "{place}: whole and bytewise\n{}", hex(wasm));
    let oracle = smith::oracle_accepts(wasm);
    match whole {
        Ok(_) => {
            tally.accepted += 1;
            assert!(oracle, "{place}: accepted, but the oracle refuses\n{}", hex(wasm));
        }
        Err(e) => {
            // The budget of the engine and that of the oracle are not the same.
            if oracle && e.status() == Status::Budget {
                tally.beyond += 1;
                return;
            }
            tally.refused += 1;
            assert!(!oracle, "{place}: the oracle accepts, but {}: {e}\n{}", e.reason.name(), hex(wasm));
            assert!(e.offset <= wasm.len() as u64, "{place}: {e:?} lies in the module");
            assert_ne!(e.status(), Status::Arena, "{place}: {e:?}");
        }
    }
}

fn hex(wasm: &[u8]) -> String {
    wasm.iter().take(4_000).map(|b| format!("{b:02x}")).collect()
}

/// CORE-5, CORE-6: the modules of the suite, damaged; each as it is, too.
#[test]
fn core_5_damaged_modules_of_the_suite() {
    let mut tally = Tally::default();
    let rounds = smith::cases(1_000).div_ceil(1_000) * 2;
    for (place, wasm) in corpus::modules() {
        judge(&place, &wasm, &mut tally);
        for round in 0..rounds {
            judge(&format!("{place}, damage {round}"), &smith::damage(&wasm, round + wasm.len() as u64), &mut tally);
        }
    }
    println!("{tally:?}");
    assert!(tally.accepted > 1_000 && tally.refused > 1_000, "{tally:?}");
}

/// CORE-5, CORE-6: generated modules, sound and damaged.
#[test]
fn core_6_damaged_generated_modules() {
    let mut tally = Tally::default();
    for seed in 0..smith::cases(1_000) {
        let wasm = smith::module(seed);
        judge(&format!("case {seed}"), &wasm, &mut tally);
        for round in 0..3 {
            judge(&format!("case {seed}, damage {round}"), &smith::damage(&wasm, seed * 3 + round), &mut tally);
        }
    }
    println!("{tally:?}");
    assert!(tally.accepted > 100 && tally.refused > 100, "{tally:?}");
}

/// CORE-6: a module cut off anywhere is refused, with an offset inside it.
#[test]
fn core_6_every_prefix_of_a_module_is_refused() {
    for seed in 0..40 {
        let wasm = smith::module(seed);
        for end in 0..wasm.len().min(600) {
            let prefix = wasm.get(..end).expect("a prefix");
            judge(&format!("case {seed} cut at {end}"), prefix, &mut Tally::default());
        }
    }
}
