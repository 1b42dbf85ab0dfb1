//! A generated module, accepted as the oracle does and run as the other engine does; and the same module damaged,
//! accepted or refused as the oracle does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wrt_differential::case;
use wrt_differential::{Checks, Oracle};

fuzz_target!(|bytes: &[u8]| {
    case::of_bytes(bytes, Checks { accept: true, execute: true, oracle: Oracle::Wasmi, ..Checks::NONE });
});
