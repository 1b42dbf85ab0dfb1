//! The proposals by the oracle's names. Compiled into the differential runs as well, so that there is one list.

use wasmparser::WasmFeatures;
use wrt_core::Proposals;

/// Each proposal that can make a module invalid. Branch hints are a custom section, and are not among them.
const NAMES: [(Proposals, WasmFeatures); 19] = [
    (Proposals::SIGN_EXTENSION, WasmFeatures::SIGN_EXTENSION),
    (Proposals::SATURATING_FLOAT_TO_INT, WasmFeatures::SATURATING_FLOAT_TO_INT),
    (Proposals::MULTI_VALUE, WasmFeatures::MULTI_VALUE),
    (Proposals::REFERENCE_TYPES, WasmFeatures::REFERENCE_TYPES),
    (Proposals::BULK_MEMORY, WasmFeatures::BULK_MEMORY),
    (Proposals::MUTABLE_GLOBALS, WasmFeatures::MUTABLE_GLOBAL),
    (Proposals::TAIL_CALL, WasmFeatures::TAIL_CALL),
    (Proposals::EXTENDED_CONST, WasmFeatures::EXTENDED_CONST),
    (Proposals::MULTI_MEMORY, WasmFeatures::MULTI_MEMORY),
    (Proposals::MEMORY64, WasmFeatures::MEMORY64),
    (Proposals::SIMD, WasmFeatures::SIMD),
    (Proposals::RELAXED_SIMD, WasmFeatures::RELAXED_SIMD),
    (Proposals::EXCEPTION_HANDLING, WasmFeatures::EXCEPTIONS),
    (Proposals::FUNCTION_REFERENCES, WasmFeatures::FUNCTION_REFERENCES),
    (Proposals::GC, WasmFeatures::GC),
    (Proposals::LEGACY_EXCEPTIONS, WasmFeatures::LEGACY_EXCEPTIONS),
    (Proposals::THREADS, WasmFeatures::THREADS),
    (Proposals::CUSTOM_PAGE_SIZES, WasmFeatures::CUSTOM_PAGE_SIZES),
    (Proposals::WIDE_ARITHMETIC, WasmFeatures::WIDE_ARITHMETIC),
];

/// The oracle's features that correspond to these proposals.
#[must_use]
pub fn features(proposals: Proposals) -> WasmFeatures {
    let always = WasmFeatures::FLOATS | WasmFeatures::GC_TYPES;
    NAMES.into_iter().filter(|(proposal, _)| proposals.has(*proposal)).fold(always, |all, (_, feature)| all | feature)
}
