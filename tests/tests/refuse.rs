//! Damaged modules: refused or accepted as the oracle does, in the same way however they arrive.

use wrt_core::{Reason, Status};
use wrt_tests::engine::{self, Feed};
use wrt_tests::smith::{self, Verdict};
use wrt_tests::spec::corpus;

/// What came of the cases.
#[derive(Default, Debug)]
struct Tally {
    accepted: u64,
    refused: u64,
    beyond: u64,
    wrong: Vec<String>,
}

impl Tally {
    fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(what());
        }
    }
    fn end(&self, least: u64) {
        let Tally { accepted, refused, beyond, wrong } = self;
        println!("{accepted} accepted, {refused} refused, {beyond} beyond the budget, {} wrong", wrong.len());
        let shown: Vec<&String> = wrong.iter().take(20).collect();
        assert!(wrong.is_empty(), "{} wrong: {shown:#?}", wrong.len());
        assert!(*accepted > least && *refused > least, "{self:?}");
    }
}

/// Loads whole and bytewise, compares both, and compares acceptance with the oracle.
fn judge(place: &str, wasm: &[u8], tally: &mut Tally) {
    let budget = smith::EVERYTHING;
    let whole = engine::plan(wasm, &budget, Feed::Whole);
    let bytes = engine::plan(wasm, &budget, Feed::Bytes);
    let (whole_error, bytes_error) = (whole.err(), bytes.err());
    tally.check(whole_error == bytes_error, || {
        format!("{place}: whole {whole_error:?}, bytewise {bytes_error:?}: {}", hex(wasm))
    });
    let oracle = smith::oracle(wasm);
    match whole {
        Ok(_) => {
            tally.accepted += 1;
            tally.check(oracle != Verdict::Refused, || {
                format!("{place}: accepted, but the oracle refuses: {}", hex(wasm))
            });
        }
        Err(e) => {
            // The budget of the engine and that of the oracle are not the same.
            if oracle == Verdict::Valid && e.status() == Status::Budget {
                tally.beyond += 1;
                return;
            }
            tally.refused += 1;
            // This version of the oracle takes exact types whatever its features say.
            if e.reason == Reason::ProposalUnknown && place.starts_with("proposals/custom-descriptors/") {
                return;
            }
            let said = format!("{}: {e}", e.reason.name());
            tally.check(oracle != Verdict::Valid, || format!("{place}: the oracle accepts, but {said}: {}", hex(wasm)));
            tally
                .check(e.offset <= wasm.len() as u64, || format!("{place}: {said}, outside the module: {}", hex(wasm)));
            tally.check(e.status() != Status::Arena, || format!("{place}: {said}: {}", hex(wasm)));
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
    tally.end(1_000);
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
    tally.end(100);
}

/// CORE-6: a module cut off anywhere is refused, with an offset inside it.
#[test]
fn core_6_every_prefix_of_a_module_is_refused() {
    let mut tally = Tally::default();
    for seed in 0..40 {
        let wasm = smith::module(seed);
        for end in 0..wasm.len().min(600) {
            let prefix = wasm.get(..end).expect("a prefix");
            judge(&format!("case {seed} cut at {end}"), prefix, &mut tally);
        }
    }
    tally.end(10);
}
