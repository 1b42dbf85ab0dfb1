//! The one table of operations, as the rest of the engine reads it.
//!
//! The rows themselves are `isa/table.rs`; the build generates [`OPERATORS`] and the numbers of the
//! executor's operations from them. Knows nothing of validation or execution.

use crate::budget::Proposals;
use crate::types::ValType;

#[path = "../isa/imm.rs"]
mod imm;

pub(crate) use imm::Imm;

/// How an operator is validated and translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Operand, result.
    Unary(ValType, ValType),
    /// Both operands and the result.
    Binary(ValType),
    /// Both operands; the result is `i32`.
    Compare(ValType),
    /// Result, bytes accessed.
    Load(ValType, u32),
    /// Value, bytes accessed.
    Store(ValType, u32),
    /// Operands, result, and what the lanes among the immediates lie below.
    Vector(&'static [ValType], ValType, u32),
    /// A vector with one lane loaded: bytes accessed.
    LoadLane(u32),
    /// One lane stored: bytes accessed.
    StoreLane(u32),
    /// Same bits under another type.
    Retype(ValType, ValType),
    /// Result, bytes accessed.
    AtomicLoad(ValType, u32),
    /// Value, bytes accessed.
    AtomicStore(ValType, u32),
    /// Value and result, bytes accessed.
    AtomicRmw(ValType, u32),
    /// Both values and the result, bytes accessed.
    AtomicCmpxchg(ValType, u32),
    /// Rules of its own.
    Special(Special),
}

/// Whether what happens most often has ways of its own, which cost code and spare time.
pub(crate) const SHORT_WAYS: bool = cfg!(feature = "large-loop");

/// One operator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operator {
    pub(crate) name: &'static str,
    /// 0xff when the opcode is one byte.
    pub(crate) prefix: u8,
    pub(crate) code: u32,
    pub(crate) imm: Imm,
    /// Must be on; 0 for version 1.
    pub(crate) proposal: Proposals,
    pub(crate) kind: Kind,
    /// First of its forms among the executor's operations.
    pub(crate) base: u16,
    /// Compare: the first form of the operator with swapped operands.
    pub(crate) swapped: u16,
    /// Compare of integers: the first form of the inverse operator, and of the inverse of `swapped`.
    pub(crate) inverse: u16,
    pub(crate) swapped_inverse: u16,
    /// Number among the operators that begin a chain, and among those that end one (`isa/chain.rs`); 0 for none.
    pub(crate) begins: u8,
    pub(crate) ends: u8,
    pub(crate) traps: bool,
    /// May stand in a constant expression.
    pub(crate) constant: bool,
    pub(crate) fuel: u8,
}

/// What `SLOW` does, by its number: the translator writes it, the executor reads it.
pub(crate) mod slow {
    pub(crate) const MEMORY_GROW: u32 = 0;
    pub(crate) const MEMORY_FILL: u32 = 1;
    pub(crate) const MEMORY_COPY: u32 = 2;
    pub(crate) const MEMORY_INIT: u32 = 3;
    pub(crate) const DATA_DROP: u32 = 4;
    pub(crate) const TABLE_GET: u32 = 5;
    pub(crate) const TABLE_SET: u32 = 6;
    pub(crate) const TABLE_GROW: u32 = 7;
    pub(crate) const TABLE_SIZE: u32 = 8;
    pub(crate) const TABLE_FILL: u32 = 9;
    pub(crate) const TABLE_COPY: u32 = 10;
    pub(crate) const TABLE_INIT: u32 = 11;
    pub(crate) const ELEM_DROP: u32 = 12;
    pub(crate) const REF_FUNC: u32 = 13;
    /// From here on, what `exec/objects.rs` does.
    pub(crate) const OBJECT: u32 = 64;
    pub(crate) const STRUCT_NEW: u32 = 64;
    pub(crate) const ARRAY_NEW: u32 = 65;
    pub(crate) const ARRAY_NEW_DEFAULT: u32 = 66;
    pub(crate) const ARRAY_NEW_FIXED: u32 = 67;
    pub(crate) const ARRAY_NEW_DATA: u32 = 68;
    pub(crate) const ARRAY_NEW_ELEM: u32 = 69;
    /// From here on, without a type.
    pub(crate) const OBJECT_BULK: u32 = 80;
    pub(crate) const ARRAY_FILL: u32 = 80;
    pub(crate) const ARRAY_COPY: u32 = 81;
    pub(crate) const ARRAY_INIT_DATA: u32 = 82;
    pub(crate) const ARRAY_INIT_ELEM: u32 = 83;
}

/// What a catch clause says next to its tag: the bits of its kind in the binary format (specification
/// section 5.4.1), and where the tag stands behind them.
pub(crate) mod catch {
    /// The clause takes a reference to the exception, too.
    pub(crate) const REF: u32 = 1;
    /// The clause takes exceptions of every tag, without what they carry.
    pub(crate) const ALL: u32 = 2;
    /// The reference stands before what the exception carries, not behind. Not in the binary format.
    pub(crate) const FIRST: u32 = 4;
    pub(crate) const SHIFT: u32 = 3;
    /// Tags that fit behind the bits.
    pub(crate) const MOST_TAGS: u32 = 1 << (32 - SHIFT);
}

include!(concat!(env!("OUT_DIR"), "/operators.rs"));

/// The operator of a one-byte opcode.
#[inline]
pub(crate) fn plain(code: u8) -> Option<&'static Operator> {
    let index = PREFIX_FF.get(code as usize).copied().unwrap_or(0);
    OPERATORS.get((index as usize).wrapping_sub(1))
}

/// Whether a byte is followed by an opcode of its own.
#[inline]
pub(crate) fn is_prefix(code: u8) -> bool {
    matches!(code, 0xfb..=0xfe)
}

/// The operator behind a prefix.
pub(crate) fn prefixed(prefix: u8, code: u32) -> Option<&'static Operator> {
    let table: &[u16] = match prefix {
        0xfb => &PREFIX_FB,
        0xfc => &PREFIX_FC,
        0xfd => &PREFIX_FD,
        _ => &PREFIX_FE,
    };
    let index = table.get(code as usize).copied().unwrap_or(0);
    OPERATORS.get((index as usize).wrapping_sub(1))
}
