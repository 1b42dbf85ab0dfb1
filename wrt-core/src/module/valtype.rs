//! Value types and heap types as they stand in the binary (specification sections 5.3.1 to 5.3.5).
//!
//! Owns which codes there are and which proposal each belongs to. Type indices become canonical
//! here, so that whoever holds a [`ValType`] compares numbers.

use crate::binary::{Reader, Stop};
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::build::Build;
use crate::types::ValType;

/// Codes of references with a heap type behind them.
const REF_NULL: u8 = 0x63;
const REF: u8 = 0x64;

/// Refuses what needs a proposal that is off, naming it.
#[inline(always)]
pub(crate) fn require(b: &mut Build, proposal: Proposals) -> Result<(), Stop> {
    // Answered at compile time, so that what comes behind the question is not there where the proposal is left out.
    if proposal.is_built() { require_on(b, proposal) } else { refuse(b, proposal) }
}

/// The same for a proposal that may be any.
pub(crate) fn require_on(b: &mut Build, proposal: Proposals) -> Result<(), Stop> {
    if b.budget.proposals.has(proposal) { Ok(()) } else { refuse(b, proposal) }
}

#[cold]
#[inline(never)]
fn refuse(b: &mut Build, proposal: Proposals) -> Result<(), Stop> {
    b.detail = proposal.0 as u64;
    Err(if Proposals::ALL.has(proposal) { Reason::ProposalOff } else { Reason::ProposalUnknown }.into())
}

/// Ends what is there for a proposal that this build leaves out: [`require`] has refused it before. Answered at
/// compile time, so that what comes behind the question is left out.
#[inline(always)]
pub(crate) fn built(proposal: Proposals) -> Result<(), Stop> {
    if proposal.is_built() { Ok(()) } else { Err(Stop::bad(Reason::Internal)) }
}

/// The proposal that a type of one byte belongs to; 0 for version 1.
fn proposal_of(ty: ValType) -> Proposals {
    match ty {
        ValType::V128 => Proposals::SIMD,
        ValType::FUNCREF | ValType::EXTERNREF => Proposals::REFERENCE_TYPES,
        ValType::EXNREF | ValType::NULLEXNREF => Proposals::EXCEPTION_HANDLING,
        ty if ty.is_ref() => Proposals::GC,
        _ => Proposals(0),
    }
}

fn unknown(code: u8) -> Stop {
    if code >= 0x80 { Reason::IntegerTooLong.into() } else { Reason::MalformedValType.into() }
}

/// A value type.
pub(crate) fn val_type(b: &mut Build, r: &mut Reader<'_>) -> Result<ValType, Stop> {
    let code = r.byte()?;
    val_type_of(b, r, code)
}

/// A value type whose first byte is read.
pub(crate) fn val_type_of(b: &mut Build, r: &mut Reader<'_>, code: u8) -> Result<ValType, Stop> {
    match code {
        REF_NULL | REF => {
            let heap = heap_type(b, r)?;
            require(b, Proposals::FUNCTION_REFERENCES)?;
            Ok(if code == REF { heap.non_null() } else { heap })
        }
        _ => {
            let ty = ValType::from_code(code).ok_or_else(|| unknown(code))?;
            require_on(b, proposal_of(ty))?;
            Ok(ty)
        }
    }
}

/// A reference type.
pub(crate) fn ref_type(b: &mut Build, r: &mut Reader<'_>) -> Result<ValType, Stop> {
    let code = r.byte()?;
    ref_type_of(b, r, code)
}

/// A reference type whose first byte is read.
pub(crate) fn ref_type_of(b: &mut Build, r: &mut Reader<'_>, code: u8) -> Result<ValType, Stop> {
    // Tables of functions are older than the proposal.
    if code == ValType::FUNCREF.0 as u8 {
        return Ok(ValType::FUNCREF);
    }
    let known = matches!(code, REF_NULL | REF) || ValType::from_code(code).is_some_and(ValType::is_ref);
    if known { val_type_of(b, r, code) } else { Err(unknown(code)) }
}

/// A heap type, as the nullable reference to it.
pub(crate) fn heap_type(b: &mut Build, r: &mut Reader<'_>) -> Result<ValType, Stop> {
    let code = r.s33()?;
    match u32::try_from(code) {
        Ok(index) => {
            require(b, Proposals::FUNCTION_REFERENCES)?;
            Ok(ValType::defined(b.resolve_type(index)?, true))
        }
        // Exact types.
        Err(_) if code == -30 => Err(Reason::ProposalUnknown.into()),
        Err(_) => {
            let ty = ValType::from_code((code & 0x7f) as u8).filter(|ty| code >= -64 && ty.is_ref());
            let ty = ty.ok_or(Stop::bad(Reason::MalformedValType))?;
            require_on(b, proposal_of(ty))?;
            Ok(ty)
        }
    }
}
