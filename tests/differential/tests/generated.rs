//! Generated modules are what the oracle takes for valid, with whatever is added to them.

use wasmparser::Validator;
use wrt_core::Proposals;
use wrt_differential::features::features;
use wrt_differential::generate::{self, Random};
use wrt_differential::host::{self, Offer};
use wrt_differential::wrap;

/// Everything that any engine here may have, whether wrt has it or not.
const WIDE: Proposals = Proposals((1 << 19) - 1).without(Proposals::THREADS);

fn valid(wasm: &[u8], proposals: Proposals) -> Result<(), String> {
    let features = features(proposals);
    Validator::new_with_features(features).validate_all(wasm).map(|_| ()).map_err(|e| e.to_string())
}

/// Modules with what is added to them are valid, whatever proposals they use.
#[test]
fn generated_modules_are_valid() {
    let narrow = Proposals((1 << 10) - 1);
    for (proposals, least) in [(WIDE, 200), (WIDE.without(Proposals::GC), 100), (narrow, 100)] {
        let (mut modules, mut wrapped) = (0, 0);
        for seed in 0..500 {
            let mut random = Random::new(seed);
            let bytes = random.bytes(6_000);
            let Some(wasm) = generate::module(&bytes, proposals) else { continue };
            // A table may have an initialiser, and constant expressions read earlier globals, in the third version.
            if let Err(e) = valid(&wasm, proposals.with(Proposals::GC).with(Proposals::FUNCTION_REFERENCES)) {
                panic!("{seed}: {e}");
            }
            modules += 1;
            wrapped += usize::from(wasm.windows(wrap::EVERYTHING.len()).any(|w| w == wrap::EVERYTHING.as_bytes()));
        }
        println!("{modules} modules, {wrapped} wrapped");
        assert!(modules > 300 && wrapped > least, "{modules} modules, {wrapped} wrapped");
    }
}

/// So is what there is to import.
#[test]
fn what_is_imported_is_valid() {
    for offer in [false, true].into_iter().flat_map(|gc| [false, true].map(|exceptions| Offer { exceptions, gc })) {
        for wasm in [host::available_imports(offer), host::other_module(offer)] {
            valid(wasm, WIDE).unwrap_or_else(|e| panic!("{offer:?}: {e}"));
        }
    }
}
