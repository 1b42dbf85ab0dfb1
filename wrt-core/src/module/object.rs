//! Objects as the loader sees them: what is traced in them, and how many bytes they take of a heap.
//!
//! Plain functions of types, which plans, translations and the heap itself share. Knows nothing of
//! where objects lie.

use crate::budget::Proposals;
use crate::module::layout::FieldEntry;
use crate::subtype::{TypeKind, TypeSpace};
use crate::types::ValType;

/// Bytes of a block before its payload, and the least that one takes.
pub(crate) const BLOCK_HEADER: u32 = 8;
pub(crate) const LEAST_BLOCK: u32 = 16;
/// Bytes of a heap before its first block.
pub(crate) const HEAP_HEADER_BYTES: u64 = 272;
/// Bytes of a descriptor before its references.
pub(crate) const DESCRIPTOR_BYTES: u64 = 24;

/// The word that stands for a type in a cast: the code of an abstract heap type, or that of a defined
/// one with its index in the upper half.
pub(crate) fn cast_word(ty: ValType) -> u64 {
    let ty = ty.nullable();
    match ty.index() {
        Some(index) => ty.0 as u64 & 0xff | (index as u64) << 32,
        None => ty.0 as u64,
    }
}

/// How a reference is looked at when what it reaches is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traced {
    /// An object, an `i31`, or a host's value as `any`.
    Internal = 0,
    /// A host's value, or an object as `extern`.
    External = 1,
}

/// Bytes of a descriptor with so many references.
pub(crate) fn descriptor_bytes(refs: u32) -> u64 {
    (DESCRIPTOR_BYTES + refs as u64 * 4 + 7) & !7
}

/// Payload bytes of an array.
pub(crate) fn array_bytes(element: u32, len: u32) -> u64 {
    8 + element as u64 * len as u64
}

/// Bytes of the block for a payload; beyond every region where the payload is.
pub(crate) fn block_bytes(payload: u64) -> u32 {
    let bytes = payload.saturating_add(BLOCK_HEADER as u64 + 7) & !7;
    (bytes.min(!7u32 as u64) as u32).max(LEAST_BLOCK)
}

/// How values of a type are traced; `None` for numbers, functions, and what is never in the heap.
pub(crate) fn traced(types: &impl TypeSpace, ty: ValType) -> Option<Traced> {
    match ty.nullable() {
        // Whether there is a heap or not: so that a module has the same side tables in every build.
        ValType::EXTERNREF => Some(Traced::External),
        _ if !Proposals::GC.is_built() => None,
        ValType::ANYREF | ValType::EQREF | ValType::STRUCTREF | ValType::ARRAYREF | ValType::EXNREF => {
            Some(Traced::Internal)
        }
        other => match other.index() {
            Some(index) if types.kind(index) != TypeKind::Func => Some(Traced::Internal),
            _ => None,
        },
    }
}

/// References of a structure or of an array's element, as [`describe`] takes them.
pub(crate) fn field_refs<'f>(
    types: &'f impl TypeSpace,
    fields: &'f [FieldEntry],
) -> impl Iterator<Item = u32> + Clone + 'f {
    fields.iter().filter_map(|f| traced(types, f.ty.unpacked()).map(|how| f.offset | how as u32))
}

/// The bytes of a descriptor for a structure or array type.
pub(crate) fn type_descriptor_bytes(types: &impl TypeSpace, fields: &[FieldEntry]) -> u64 {
    descriptor_bytes(field_refs(types, fields).count() as u32)
}
