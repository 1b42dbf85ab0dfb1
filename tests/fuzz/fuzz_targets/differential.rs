//! A generated module, accepted as the oracle does and run as the other engine does; and the same module damaged,
//! accepted or refused as the oracle does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use wrt_differential::case::{self, Bench};
use wrt_differential::generate::{self, Random};
use wrt_differential::{Checks, Tally, observe};

thread_local! {
    static BENCH: RefCell<Bench> = RefCell::default();
}

const CHECKS: Checks = Checks { accept: true, execute: true, ..Checks::NONE };

fuzz_target!(|bytes: &[u8]| {
    let Some(wasm) = generate::module(bytes, CHECKS.oracle.proposals()) else { return };
    let mut random = Random::new(observe::hash(bytes));
    let mut tally = Tally::default();
    BENCH.with_borrow_mut(|bench| {
        if let Err(what) = case::valid(&wasm, CHECKS, bench, &mut tally, &mut random) {
            panic!("{what}");
        }
        let damaged = generate::damage(&wasm, &mut random);
        if let Err(what) = case::any(&damaged, CHECKS, bench, &mut tally) {
            panic!("damaged: {what}");
        }
    });
});
