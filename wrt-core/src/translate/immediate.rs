//! Opcodes and their immediates: bytes to values, before anything is done with them.

use crate::binary::{Reader, Stop};
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::build::Build;
use crate::module::valtype::{heap_type, require, require_on, val_type, val_type_of};
use crate::ops::{self, Imm, Operator};
use crate::types::ValType;

use super::stack::BlockType;

/// The immediates of one operator; which fields mean something depends on its [`Imm`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Immediate {
    /// First index, alignment, or number of labels.
    pub(crate) a: u32,
    /// Second index, memory, or first label.
    pub(crate) b: u32,
    /// Constant bits or offset.
    pub(crate) x: u64,
    /// High half of a vector constant; a lane.
    pub(crate) y: u64,
    pub(super) block: BlockType,
    pub(crate) ty: ValType,
    /// The type that a branch casts to.
    pub(crate) to: ValType,
}

/// Opcodes behind a prefix that belong to proposals which this build does not have.
fn is_of_later_proposal(prefix: u8, code: u32) -> bool {
    match prefix {
        // Custom descriptors.
        0xfb => (32..40).contains(&code),
        0xfe => true,
        _ => false,
    }
}

impl Immediate {
    pub(crate) const NONE: Self =
        Immediate { a: 0, b: 0, x: 0, y: 0, block: BlockType::EMPTY, ty: ValType::BOT, to: ValType::BOT };
}

/// Reads the rest of the operator whose first byte is `code`, and its immediates (of a branch table: its count and first
/// label). Fields of `imm` that mean nothing for this operator keep what the operator before left.
#[cfg_attr(feature = "large-loop", inline(always))]
pub(crate) fn read(
    b: &mut Build,
    r: &mut Reader<'_>,
    code: u8,
    imm: &mut Immediate,
) -> Result<&'static Operator, Stop> {
    let op = match ops::plain(code) {
        Some(op) => op,
        None => behind_prefix(r, code)?,
    };
    if !b.budget.proposals.has(op.proposal) {
        require_on(b, op.proposal)?;
    }
    // What most operators have is told apart here; the rest takes a call.
    match op.imm {
        Imm::None => {}
        Imm::MemArg => mem_arg(b, r, imm)?,
        Imm::Label | Imm::Func | Imm::Local | Imm::Global => imm.a = r.u32()?,
        _ => rest(b, r, op, imm)?,
    }
    Ok(op)
}

/// The operator whose opcode stands behind the byte `prefix`.
#[inline(never)]
fn behind_prefix(r: &mut Reader<'_>, prefix: u8) -> Result<&'static Operator, Stop> {
    if !ops::is_prefix(prefix) {
        return Err(Stop::bad(Reason::IllegalOpcode));
    }
    let code = r.u32()?;
    match ops::prefixed(prefix, code) {
        Some(op) => Ok(op),
        None if is_of_later_proposal(prefix, code) => Err(Stop::bad(Reason::ProposalUnknown)),
        None => Err(Stop::bad(Reason::IllegalOpcode)),
    }
}

/// Reads immediates of any kind.
#[inline(never)]
fn rest(b: &mut Build, r: &mut Reader<'_>, op: &Operator, imm: &mut Immediate) -> Result<(), Stop> {
    match op.imm {
        Imm::None => {}
        Imm::Label | Imm::Func | Imm::Type | Imm::Local | Imm::Global => imm.a = r.u32()?,
        Imm::Table | Imm::Data | Imm::Elem | Imm::Tag => imm.a = r.u32()?,
        Imm::I32 => imm.x = r.s32()? as u32 as u64,
        Imm::I64 => imm.x = r.s64()? as u64,
        Imm::F32 => imm.x = u32::from_le_bytes(r.array()?) as u64,
        Imm::F64 => imm.x = u64::from_le_bytes(r.array()?),
        Imm::Block => imm.block = block_type(b, r)?,
        Imm::TryTable => {
            imm.block = block_type(b, r)?;
            imm.a = r.u32()?;
        }
        Imm::MemArg => mem_arg(b, r, imm)?,
        Imm::Mem => imm.a = memory_index(b, r)?,
        Imm::MemMem => {
            imm.a = memory_index(b, r)?;
            imm.b = memory_index(b, r)?;
        }
        Imm::DataMem => {
            imm.a = r.u32()?;
            imm.b = memory_index(b, r)?;
        }
        Imm::ElemTable | Imm::TableTable | Imm::TypeIndex => {
            imm.a = r.u32()?;
            imm.b = r.u32()?;
        }
        Imm::Reserved => imm.a = zero(r)?,
        Imm::TypeTable => {
            imm.a = r.u32()?;
            imm.b = if b.budget.proposals.has(Proposals::REFERENCE_TYPES) { r.u32()? } else { zero(r)? };
        }
        Imm::Cast => {
            let flags = r.byte()?;
            if flags > 3 {
                return Err(Stop::bad(Reason::MalformedReserved));
            }
            imm.a = r.u32()?;
            let null = |ty: ValType, bit| if flags & bit != 0 { ty } else { ty.non_null() };
            imm.ty = null(heap_type(b, r)?, 1);
            imm.to = null(heap_type(b, r)?, 2);
        }
        Imm::Labels => {
            imm.a = r.u32()?;
            imm.b = r.u32()?;
        }
        Imm::SelectTypes => {
            if r.u32()? != 1 {
                return Err(Stop::bad(Reason::InvalidResultArity));
            }
            imm.ty = val_type(b, r)?;
        }
        Imm::RefType => {
            imm.ty = heap_type(b, r)?;
        }
        Imm::V128 | Imm::Lanes => {
            imm.x = u64::from_le_bytes(r.array()?);
            imm.y = u64::from_le_bytes(r.array()?);
        }
        Imm::Lane => imm.y = r.byte()? as u64,
        Imm::MemArgLane => {
            mem_arg(b, r, imm)?;
            imm.y = r.byte()? as u64;
        }
    }
    Ok(())
}

fn zero(r: &mut Reader<'_>) -> Result<u32, Stop> {
    match r.byte()? {
        0 => Ok(0),
        _ => Err(Stop::bad(Reason::MalformedReserved)),
    }
}

fn memory_index(b: &Build, r: &mut Reader<'_>) -> Result<u32, Stop> {
    if b.budget.proposals.has(Proposals::MULTI_MEMORY) { r.u32() } else { zero(r) }
}

fn block_type(b: &mut Build, r: &mut Reader<'_>) -> Result<BlockType, Stop> {
    let start = r.pos();
    let v = r.s33()?;
    if v < 0 {
        // Value types and the empty type are single bytes (specification section 5.4.1).
        if r.pos() != start + 1 {
            return Err(Stop::bad(Reason::IntegerTooLong));
        }
        if v == -64 {
            return Ok(BlockType::EMPTY);
        }
        return Ok(BlockType::result(val_type_of(b, r, (v & 0x7f) as u8)?));
    }
    require(b, Proposals::MULTI_VALUE)?;
    u32::try_from(v).map(BlockType::index).map_err(|_| Stop::bad(Reason::UnknownType))
}

#[cfg_attr(feature = "large-loop", inline(always))]
fn mem_arg(b: &Build, r: &mut Reader<'_>, imm: &mut Immediate) -> Result<(), Stop> {
    let flags = r.u32()?;
    let many = b.budget.proposals.has(Proposals::MULTI_MEMORY);
    imm.a = flags;
    imm.b = 0;
    if many && flags & 64 != 0 {
        imm.a = flags & !64;
        imm.b = r.u32()?;
    }
    if imm.a >= 64 || (!many && imm.a >= 32) {
        return Err(Stop::bad(Reason::MalformedMemarg));
    }
    imm.x = match r.small() {
        Some(offset) => offset as u64,
        None if b.budget.proposals.has(Proposals::MEMORY64) => r.u64()?,
        None => r.u32()? as u64,
    };
    Ok(())
}
