//! Whole programs of the corpus: the engine's test guests and short examples that need no world,
//! whole and in slices of fuel, where everything that a stop shows is written down.

use crate::corpus::{Batch, Chunk};
use crate::shape::{Around, PROPOSALS};
use wasm_encoder::ValType;
use wrt_core::LoadBudget;
use wrt_sameness_runner::form::Flags;
use wrt_tests::engine::{Feed, plan};
use wrt_tests::guests::{GUESTS, encode};
use wrt_tests::requirements::root;

/// Fuel of a slice (0 for no bound), and what is written down at each stop.
const SCHEDULES: [(u32, Flags); 4] = [(0, Flags::BOTH), (1777, Flags::BOTH), (997, Flags::BOTH), (13, Flags::FRAMES)];

/// Those of the schedules in whose runs objects are collected at every allocation.
const COLLECTING: (u32, Flags) = (997, Flags::COLLECT);

/// Guests that are here for their operators alone, and their arguments.
const OWN: [(&str, &str, i32); 1] = [("objects", include_str!("../guests/objects.wat"), 40)];

/// The examples, and arguments of their `run`.
const EXAMPLES: [(&str, &[i32]); 2] = [("fac", &[5, 20]), ("trap", &[0, 1, 2, 3, 4, 5, 6, 7, 8])];

/// The chunks of all guests.
///
/// # Panics
/// When a committed guest cannot be read.
#[must_use]
pub fn chunks() -> Vec<Chunk> {
    let mut programs = Vec::new();
    for guest in GUESTS {
        let encoded = guest.plain();
        let library = encoded.library.map(|(name, wasm)| (name.to_string(), wasm));
        programs.push((guest.name.to_string(), library, encoded.main, vec![guest.arg]));
    }
    for (name, text, arg) in OWN {
        programs.push((name.to_string(), None, encode(text), vec![arg]));
    }
    for (name, args) in EXAMPLES {
        let path = root().join(format!("examples/guests/wasm/{name}.wasm"));
        let wasm = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        programs.push((name.to_string(), None, wasm, args.to_vec()));
    }
    let mut chunks = Vec::new();
    for (name, library, main, args) in programs {
        let modules: Vec<_> = library.into_iter().chain([(String::new(), main)]).collect();
        let collecting = needs_heap(&modules).then_some(COLLECTING);
        for (slice, flags) in SCHEDULES.into_iter().chain(collecting) {
            let calls = args.iter().map(|arg| vec![u128::from(*arg as u32)]).collect();
            let mut label = if slice == 0 { "whole".to_string() } else { format!("slices of {slice}") };
            if flags == Flags::COLLECT {
                label += ", collecting";
            }
            let batch = Batch {
                label,
                export: "run".into(),
                slice,
                flags,
                params: vec![ValType::I32],
                results: Vec::new(),
                calls,
            };
            chunks.push(Chunk {
                name: format!("guest {name}"),
                operator: false,
                around: Around::Nothing,
                modules: modules.clone(),
                unshared: None,
                batches: vec![batch],
            });
        }
    }
    chunks
}

/// Whether the plan of some of the modules asks for a heap.
fn needs_heap(modules: &[(String, Vec<u8>)]) -> bool {
    let budget = LoadBudget { proposals: PROPOSALS, ..LoadBudget::DEFAULT };
    modules.iter().any(|(_, wasm)| plan(wasm, &budget, Feed::Whole).is_ok_and(|plan| plan.heap_min > 0))
}
