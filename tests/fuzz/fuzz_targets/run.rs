//! A generated module, run by each back end in one go and in slices of fuel, loaded whole and byte by byte: results,
//! state and fuel are the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wrt_differential::Checks;
use wrt_differential::case;

fuzz_target!(|bytes: &[u8]| {
    case::of_bytes(bytes, Checks { slices: true, ..Checks::NONE });
});
