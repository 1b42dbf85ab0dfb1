//! A generated module, run by each back end in one go and in slices of fuel, loaded whole and byte by byte: results,
//! state and fuel are the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use wrt_differential::generate::{self, Random};
use wrt_core::Proposals;
use wrt_differential::host::Offer;
use wrt_differential::on_wrt::Lent;
use wrt_differential::{execute, observe, slices};

thread_local! {
    static LENT: RefCell<Lent> = RefCell::default();
}

fuzz_target!(|bytes: &[u8]| {
    let Some(wasm) = generate::module(bytes, Proposals::ALL) else { return };
    let mut random = Random::new(observe::hash(bytes));
    let Some(script) = execute::script(&wasm, Offer::of(Proposals::ALL), &mut random) else { return };
    LENT.with_borrow_mut(|lent| {
        if let Err(what) = slices::check(&wasm, &script, lent, &random) {
            panic!("{what}");
        }
    });
});
