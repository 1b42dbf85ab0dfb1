//! wasmtime is an oracle for everything that modules are made of: it takes what the generator makes, and says the same
//! twice.
#![cfg(feature = "wasmtime")]

use wrt_core::Proposals;
use wrt_differential::generate::{self, Random};
use wrt_differential::host::Offer;
use wrt_differential::observe::{Ending, Trap};
use wrt_differential::{execute, on_wasmtime};

const WIDE: Proposals = Proposals((1 << 19) - 1).without(Proposals::THREADS).without(Proposals::LEGACY_EXCEPTIONS);

#[test]
fn wasmtime_runs_what_is_generated() {
    let (mut done, mut traps, mut exceptions, mut unfinished, mut modules) = (0, 0, 0, 0, 0);
    let mut kinds = std::collections::BTreeMap::<String, u32>::new();
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let length = 512 + random.below(8 << 10);
        let bytes = random.bytes(length);
        let Some(wasm) = generate::module(&bytes, WIDE) else { continue };
        let Some(script) = execute::script(&wasm, Offer::of(WIDE), &mut random) else { continue };
        modules += 1;
        let steps = on_wasmtime::run(&wasm, &script);
        for step in &steps {
            match &step.ending {
                Ending::Done(_) => done += 1,
                Ending::Trap(kind) => {
                    traps += 1;
                    *kinds.entry(format!("{kind:?}")).or_default() += 1;
                    assert!(*kind != Trap::Other, "{seed}: {}", step.what);
                }
                Ending::Exception => exceptions += 1,
                Ending::Unfinished => unfinished += 1,
                Ending::Refused(why) => panic!("{seed}: {}: {why}", step.what),
            }
        }
        assert_eq!(steps, on_wasmtime::run(&wasm, &script), "{seed}");
    }
    println!(
        "{modules} modules: {done} done, {traps} traps {kinds:?}, {exceptions} exceptions, {unfinished} unfinished"
    );
    assert!(done > 500 && traps > 50 && exceptions > 5, "{done} {traps} {exceptions}");
}
