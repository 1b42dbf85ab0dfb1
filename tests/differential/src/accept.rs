//! Accept or refuse: wrt beside `wasmparser` with the same proposals. Must not know how modules are run.

use crate::features::features;
use crate::region::Region;
use wasmparser::{Validator, WasmFeatures};
use wrt_core::{LoadBudget, Module, Proposals, Reason, Status};

/// The oracle's view of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oracle {
    Accepts,
    Refuses(String),
    /// Not comparable: the oracle's own limits, or a rule of the specification's third version that it ties to a
    /// proposal which is off.
    Either,
}

/// Asks the oracle.
#[must_use]
pub fn oracle(wasm: &[u8], proposals: Proposals) -> Oracle {
    let features = features(proposals);
    let Err(error) = Validator::new_with_features(features).validate_all(wasm) else { return Oracle::Accepts };
    let text = error.to_string();
    // Limits of the oracle's own, which the specification leaves to each implementation.
    if text.contains("exceed") || text.contains("string size out of bounds") {
        return Oracle::Either;
    }
    // Element segments of function references came with bulk memory; the oracle asks for reference types as well.
    if !proposals.has(Proposals::REFERENCE_TYPES) && is_in_elements(wasm, error.offset()) {
        return Oracle::Either;
    }
    // A constant expression may read any earlier immutable global, and a table may have an initialiser, in the third
    // version of the specification; the oracle allows both with these proposals alone.
    let wide = features | WasmFeatures::GC | WasmFeatures::FUNCTION_REFERENCES;
    if wide == features {
        return Oracle::Refuses(text);
    }
    match Validator::new_with_features(wide).validate_all(wasm) {
        Ok(_) => Oracle::Either,
        Err(_) => Oracle::Refuses(text),
    }
}

fn is_in_elements(wasm: &[u8], offset: u64) -> bool {
    use wasmparser::{Parser, Payload};
    Parser::new(0).parse_all(wasm).any(|payload| match payload {
        Ok(Payload::ElementSection(section)) => section.range().contains(&offset),
        _ => false,
    })
}

/// The proposals of these bits that there are, with those in terms of which they are written.
#[must_use]
pub fn subset(bits: u32) -> Proposals {
    let needs = [
        (Proposals::GC, Proposals::FUNCTION_REFERENCES.with(Proposals::EXTENDED_CONST)),
        (Proposals::FUNCTION_REFERENCES, Proposals::REFERENCE_TYPES),
        (Proposals::EXCEPTION_HANDLING, Proposals::FUNCTION_REFERENCES.with(Proposals::REFERENCE_TYPES)),
        (Proposals::RELAXED_SIMD, Proposals::SIMD),
    ];
    let some =
        needs.into_iter().fold(Proposals(bits), |all, (one, below)| if all.has(one) { all.with(below) } else { all });
    Proposals(some.0 & Proposals::ALL.0)
}

/// Limits so wide that what they refuse is refused by the oracle as well, or is not comparable.
#[must_use]
pub fn budget(proposals: Proposals) -> LoadBudget {
    LoadBudget { proposals, max_table_elements: u32::MAX, max_memory_bytes: u64::MAX, ..LoadBudget::DEFAULT }
}

fn has_exact_import(wasm: &[u8]) -> bool {
    use wasmparser::{Parser, Payload, TypeRef};
    Parser::new(0).parse_all(wasm).any(|payload| match payload {
        Ok(Payload::ImportSection(imports)) => {
            imports.into_imports().any(|import| import.is_ok_and(|import| matches!(import.ty, TypeRef::FuncExact(_))))
        }
        _ => false,
    })
}

/// Compares both with these proposals; an error tells of a difference. `Ok(true)` when both accept.
pub fn check(wasm: &[u8], proposals: Proposals, scratch: &mut Region) -> Result<bool, String> {
    let mine = Module::validate(wasm, &budget(proposals), &mut scratch.arena());
    match (oracle(wasm, proposals), mine) {
        (Oracle::Accepts, Ok(())) => Ok(true),
        (Oracle::Refuses(_), Err(_)) | (Oracle::Either, _) => Ok(false),
        (Oracle::Accepts, Err(e)) if matches!(e.status(), Status::Budget | Status::Arena) => Ok(false),
        // The oracle takes the import kind of exact functions without the proposal that it belongs to.
        (Oracle::Accepts, Err(e)) if e.reason == Reason::MalformedImportKind && has_exact_import(wasm) => Ok(false),
        // Element segments of other kinds came with bulk memory; the oracle asks for it only where they are passive.
        (Oracle::Accepts, Err(e))
            if e.reason == Reason::ProposalOff && e.detail == u64::from(Proposals::BULK_MEMORY.0) =>
        {
            Ok(false)
        }
        (Oracle::Accepts, Err(e)) => Err(format!("wasmparser accepts, wrt refuses: {e:?}")),
        (Oracle::Refuses(text), Ok(())) => Err(format!("wrt accepts, wasmparser refuses: {text}")),
    }
}
