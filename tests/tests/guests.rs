//! The guests themselves, held against an oracle: they must be what their tests take them for.

use wasmparser::{Validator, WasmFeatures};
use wrt_tests::guests::GUESTS;

/// Every guest validates, plain and rewritten to count its operators.
#[test]
fn guests_validate_plain_and_counted() {
    let features = WasmFeatures::WASM3 | WasmFeatures::LEGACY_EXCEPTIONS;
    for guest in GUESTS {
        for (how, encoded) in [("plain", guest.plain()), ("counted", guest.counted())] {
            for wasm in encoded.library.iter().map(|(_, w)| w).chain([&encoded.main]) {
                if let Err(e) = Validator::new_with_features(features).validate_all(wasm) {
                    panic!("{} {how}: {e}", guest.name);
                }
            }
        }
    }
}
