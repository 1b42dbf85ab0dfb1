//! Any bytes: loaded whole, byte by byte and in pieces, the loader gives the same module or the same error at the same
//! offset; the planned bytes are enough and one less is not; a failed load leaves the arena and all else untouched.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use wrt_differential::load;
use wrt_differential::region::Region;

/// Bytes to load in; enough for any input that the fuzzer makes.
const ROOM: usize = 1 << 20;

thread_local! {
    static REGION: RefCell<Region> = RefCell::new(Region::new(ROOM));
}

fuzz_target!(|bytes: &[u8]| {
    REGION.with_borrow_mut(|region| {
        if let Err(what) = load::check(bytes, region, ROOM) {
            panic!("{what}");
        }
    });
});
