//! The guests themselves, held against an oracle: they must be what their tests take them for.

use wasmparser::{Validator, WasmFeatures};
use wrt_tests::guests::GUESTS;

/// Every guest validates, plain and rewritten to count its operators.
#[test]
fn guests_validate_plain_and_counted() {
    for guest in GUESTS {
        for (how, encoded) in [("plain", guest.plain()), ("counted", guest.counted())] {
            for wasm in encoded.library.iter().map(|(_, w)| w).chain([&encoded.main]) {
                if let Err(e) = Validator::new_with_features(WasmFeatures::WASM3).validate_all(wasm) {
                    panic!("{} {how}: {e}", guest.name);
                }
            }
        }
    }
}
