//! As `differential`, beside wasmtime and so with the proposals that wasmi does not have.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wrt_differential::case;
use wrt_differential::{Checks, Oracle};

fuzz_target!(|bytes: &[u8]| {
    case::of_bytes(bytes, Checks { accept: true, execute: true, oracle: Oracle::Wasmtime, ..Checks::NONE });
});
