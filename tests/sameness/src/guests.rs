//! Whole programs of the corpus: the engine's test guests and short examples that need no world,
//! whole and in slices of fuel, where everything that a stop shows is written down.

use crate::corpus::{Batch, Chunk};
use crate::shape::Around;
use std::collections::BTreeSet;
use wasm_encoder::ValType;
use wrt_sameness_runner::LIBRARY;
use wrt_sameness_runner::form::Flags;
use wrt_tests::guests::GUESTS;
use wrt_tests::requirements::root;

/// Fuel of a slice (0 for no bound), and what is written down at each stop.
const SCHEDULES: [(u32, Flags); 4] = [(0, Flags::BOTH), (1777, Flags::BOTH), (997, Flags::BOTH), (13, Flags::FRAMES)];

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
        let library = encoded.library.map(|(name, wasm)| {
            assert_eq!(name, LIBRARY, "the runner knows one name");
            (name.to_string(), wasm)
        });
        programs.push((guest.name.to_string(), library, encoded.main, vec![guest.arg]));
    }
    for (name, args) in EXAMPLES {
        let path = root().join(format!("examples/guests/wasm/{name}.wasm"));
        let wasm = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        programs.push((name.to_string(), None, wasm, args.to_vec()));
    }
    let mut chunks = Vec::new();
    for (name, library, main, args) in programs {
        for (slice, flags) in SCHEDULES {
            let calls = args.iter().map(|arg| vec![u128::from(*arg as u32)]).collect();
            let label = if slice == 0 { "whole".to_string() } else { format!("slices of {slice}") };
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
                modules: library.iter().cloned().chain([(String::new(), main.clone())]).collect(),
                batches: vec![batch],
            });
        }
    }
    chunks
}

/// A name without what its spelling adds: `br_table` and `BrTable` are one.
fn plain(name: &str) -> String {
    match name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "").as_str() {
        // The text format writes as one word with an annotation what the parser has under two names.
        "typedselect" => "selectt".into(),
        other => other.into(),
    }
}

/// Those of the named operators that stand in some guest.
#[must_use]
pub fn standing_in_guests(chunks: &[Chunk], names: &[&'static str]) -> Vec<&'static str> {
    let mut found = BTreeSet::new();
    for (_, wasm) in chunks.iter().filter(|chunk| !chunk.operator).flat_map(|chunk| &chunk.modules) {
        for payload in wasmparser::Parser::new(0).parse_all(wasm) {
            let Ok(wasmparser::Payload::CodeSectionEntry(body)) = payload else { continue };
            for op in body.get_operators_reader().into_iter().flatten().flatten() {
                let name = format!("{op:?}");
                found.insert(plain(name.split([' ', '{']).next().unwrap_or("")));
            }
        }
    }
    names.iter().copied().filter(|name| found.contains(&plain(name))).collect()
}
