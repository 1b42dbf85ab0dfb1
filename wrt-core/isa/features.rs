//! What the crate's features leave out of the operations.
//!
//! Owns which proposals belong to which feature. The number of an operation is the same in every build (pairs come
//! last), so that code has the same words.

use std::env;

/// Proposals by the feature that they are built with; all others are always there.
const PROPOSALS: &[(&str, &[&str])] = &[
    ("simd", &["SIMD", "RELAXED_SIMD"]),
    ("gc", &["GC", "FUNCTION_REFERENCES", "EXCEPTION_HANDLING", "LEGACY_EXCEPTIONS"]),
    ("threads", &["THREADS"]),
    ("wide-arithmetic", &["WIDE_ARITHMETIC"]),
    ("memories", &["MULTI_MEMORY", "MEMORY64"]),
    ("tail-call", &["TAIL_CALL"]),
    ("extended-const", &["EXTENDED_CONST"]),
];

/// Whether a feature of the crate is on.
pub fn has(feature: &str) -> bool {
    env::var_os(format!("CARGO_FEATURE_{}", feature.to_uppercase().replace('-', "_"))).is_some()
}

/// The proposals that are left out.
fn left_out() -> impl Iterator<Item = &'static str> {
    PROPOSALS.iter().filter(|(feature, _)| !has(feature)).flat_map(|(_, proposals)| *proposals).copied()
}

/// Whether a proposal is built; the empty one, of version 1, is.
pub fn built(proposal: &str) -> bool {
    left_out().all(|one| one != proposal)
}

/// The proposals that are built, as an expression.
pub fn proposals() -> String {
    left_out().fold("Proposals::ALL".into(), |all, one| format!("{all}.without(Proposals::{one})"))
}
