//! Accept or refuse: wrt beside `wasmparser` with the same proposals. Must not know how modules are run.

use crate::region::Region;
use wasmparser::{Validator, WasmFeatures};
use wrt_core::{LoadBudget, Module, Reason, Status};

/// The oracle's view of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oracle {
    Accepts,
    Refuses(String),
    /// Not comparable: the oracle's own limits, or a rule of the specification's third version that it ties to a
    /// proposal which is off.
    Either,
}

/// The oracle's proposals that correspond to [`wrt_core::Proposals::ALL`].
#[must_use]
pub fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::FLOATS
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::MEMORY64
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::SIMD
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::GC_TYPES
}

/// Asks the oracle.
#[must_use]
pub fn oracle(wasm: &[u8]) -> Oracle {
    let Err(error) = Validator::new_with_features(features()).validate_all(wasm) else { return Oracle::Accepts };
    let text = error.to_string();
    // Limits of the oracle's own, which the specification leaves to each implementation.
    if text.contains("exceed") || text.contains("string size out of bounds") {
        return Oracle::Either;
    }
    // A constant expression may read any earlier immutable global, and a table may have an initialiser, in the third
    // version of the specification; the oracle allows both with these proposals alone.
    let wide = features() | WasmFeatures::GC | WasmFeatures::FUNCTION_REFERENCES;
    match Validator::new_with_features(wide).validate_all(wasm) {
        Ok(_) => Oracle::Either,
        Err(_) => Oracle::Refuses(text),
    }
}

/// Limits so wide that what they refuse is refused by the oracle as well, or is not comparable.
#[must_use]
pub fn budget() -> LoadBudget {
    LoadBudget { max_table_elements: u32::MAX, max_memory_bytes: u64::MAX, ..LoadBudget::DEFAULT }
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

/// Compares both; an error tells of a difference. `Ok(true)` when both accept.
pub fn check(wasm: &[u8], scratch: &mut Region) -> Result<bool, String> {
    let mine = Module::validate(wasm, &budget(), &mut scratch.arena());
    match (oracle(wasm), mine) {
        (Oracle::Accepts, Ok(())) => Ok(true),
        (Oracle::Refuses(_), Err(_)) | (Oracle::Either, _) => Ok(false),
        (Oracle::Accepts, Err(e)) if matches!(e.status(), Status::Budget | Status::Arena) => Ok(false),
        // The oracle takes the import kind of exact functions without the proposal that it belongs to.
        (Oracle::Accepts, Err(e)) if e.reason == Reason::MalformedImportKind && has_exact_import(wasm) => Ok(false),
        (Oracle::Accepts, Err(e)) => Err(format!("wasmparser accepts, wrt refuses: {e:?}")),
        (Oracle::Refuses(text), Ok(())) => Err(format!("wrt accepts, wasmparser refuses: {text}")),
    }
}
