//! The suite's wording for refusals and traps against the engine's reasons.
//!
//! Owns the one table between the two. Traps must carry the reason that the suite names. Refusals
//! of malformed and invalid modules must have the right status; their wording is compared as well,
//! for a report, because the suite's own words differ between its versions.

use wrt_core::{Error, Reason, Status};

/// Whether a trap is the one that the suite's text names.
#[must_use]
pub fn trap_is(error: &Error, text: &str) -> bool {
    let words: &[&str] = match error.reason {
        Reason::Unreachable => &["unreachable"],
        Reason::IntegerDivideByZero => &["integer divide by zero"],
        Reason::IntegerOverflow => &["integer overflow"],
        Reason::InvalidConversionToInteger => &["invalid conversion to integer"],
        Reason::OutOfBoundsMemory => &["out of bounds memory access"],
        Reason::OutOfBoundsTable => &["out of bounds table access"],
        Reason::UndefinedElement => &["undefined element"],
        Reason::UninitializedElement => &["uninitialized element"],
        Reason::IndirectCallTypeMismatch => &["indirect call type mismatch"],
        Reason::StackExhausted => &["call stack exhausted"],
        Reason::UnalignedAtomic => &["unaligned atomic"],
        Reason::ExpectedSharedMemory => &["expected shared memory"],
        Reason::NullReference => &[
            "null function reference",
            "null structure reference",
            "null array reference",
            "null i31 reference",
            "null reference",
        ],
        Reason::OutOfBoundsArray => &["out of bounds array access"],
        Reason::CastFailure => &["cast failure"],
        _ => &[],
    };
    error.status() == Status::Trap && words.iter().any(|w| text.starts_with(w) || w.starts_with(text))
}

/// Whether the engine refused a module with a status that the suite's class of assertion allows.
///
/// A proposal that is deliberately off for the script's version refuses by name what that version
/// calls invalid or malformed; so does, in a script that is `closed` to them, one that is not built in.
#[must_use]
pub fn refused_as(error: &Error, invalid: bool, closed: bool) -> bool {
    match error.status() {
        Status::Invalid => true,
        Status::Malformed => !invalid,
        Status::Unsupported => closed || error.reason == Reason::ProposalOff,
        _ => false,
    }
}

/// Whether the engine's sentence starts as the suite's text does.
#[must_use]
pub fn worded_as(error: &Error, text: &str) -> bool {
    let said = error.message.to_str().unwrap_or("");
    said.starts_with(text) || text.starts_with(said)
}

/// Whether linking failed for the reason that the suite names. What 1.0 called unlinkable because a
/// segment does not fit traps since 2.0.
#[must_use]
pub fn unlinkable_as(error: &Error, text: &str) -> bool {
    match error.reason {
        Reason::UnknownImport => text.starts_with("unknown import"),
        Reason::OutOfBoundsTable => text.starts_with("elements segment does not fit"),
        Reason::OutOfBoundsMemory => text.starts_with("data segment does not fit"),
        Reason::IncompatibleImport => text.starts_with("incompatible import type"),
        _ => false,
    }
}
