//! The one table of operations: every operator of WebAssembly that this build has, with its
//! opcode, name, immediates, type, proposal and meaning.
//!
//! Data only. The decoder's and validator's view of an operator ([`Operator`]) and the executor's
//! operations (`forms.rs`) are both derived from these rows; nothing else lists instructions.

#[path = "table_vector.rs"]
mod vector;

pub use crate::imm::Imm;

/// A value type by its letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ty {
    I32,
    I64,
    F32,
    F64,
    V128,
}

/// Which proposal an operator belongs to: a constant of `Proposals`, empty for version 1.
pub type Proposal = &'static str;

/// How an operator is validated and translated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One operand, one result, computed by `meaning` from `a`.
    Unary(Ty, Ty),
    /// Two operands of one type, a result of the same, computed from `a` and `b`.
    Binary(Ty),
    /// Two operands of one type compared: an `i32` of 0 or 1.
    Compare(Ty),
    /// Result type and access width in bytes; `meaning` turns the raw bits `m` into the result, or `half`,
    /// eight bytes as they lie in memory.
    Load(Ty, u32),
    /// Value type and access width; `meaning` turns the value `v` into raw bits.
    Store(Ty, u32),
    /// Operands (three at most), the result, and what the lanes among the immediates lie below; computed
    /// from `a`, `b`, `c` and `lane` (or `lanes`).
    Vector(&'static [Ty], Ty, u32),
    /// Access width: `meaning` puts the raw bits `m` into lane `lane` of the vector `v`.
    LoadLane(u32),
    /// Access width: `meaning` gives the raw bits of lane `lane` of the vector `v`.
    StoreLane(u32),
    /// Same bits under another type: no code, or a move between register classes.
    Retype(Ty, Ty),
    /// Result type and access width of an atomic load, which zero-extends.
    AtomicLoad(Ty, u32),
    /// Value type and access width of an atomic store.
    AtomicStore(Ty, u32),
    /// Type of value and result and access width; `meaning` is what replaces the bits `m`, given the value `v`.
    AtomicRmw(Ty, u32),
    /// Type of expected value, replacement and result, and access width.
    AtomicCmpxchg(Ty, u32),
    /// Has rules of its own in the translator, under its name.
    Special,
}

/// One operator.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// `0xff` means no prefix byte, else the prefix.
    pub prefix: u8,
    pub code: u32,
    pub name: &'static str,
    pub imm: Imm,
    pub proposal: Proposal,
    pub kind: Kind,
    /// A Rust expression, see [`Kind`]. For compares: the operator applied to the converted operands.
    pub meaning: &'static str,
    /// Binary: commutes. Compare: the name of the operator with swapped operands and its inverse.
    pub relation: Relation,
    /// Whether executing it may trap.
    pub traps: bool,
    /// Whether it may stand in a constant expression.
    pub constant: bool,
    /// Fuel that one execution costs, elements of bulk operators excluded.
    pub fuel: u8,
}

/// How an operator relates to itself or others under swapped or inverted operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    None,
    Commutes,
    /// `a op b == b swapped a`, and for integers `!(a op b) == a inverse b`.
    Compare(&'static str, &'static str),
}

use Ty::{F32, F64, I32, I64};

const PLAIN: u8 = 0xff;

const fn row(prefix: u8, code: u32, name: &'static str, imm: Imm, kind: Kind, meaning: &'static str) -> Row {
    Row {
        prefix,
        code,
        name,
        imm,
        proposal: "",
        kind,
        meaning,
        relation: Relation::None,
        traps: false,
        constant: false,
        fuel: 1,
    }
}
const fn special(code: u32, name: &'static str, imm: Imm) -> Row {
    row(PLAIN, code, name, imm, Kind::Special, "")
}
const fn gc(code: u32, name: &'static str, imm: Imm) -> Row {
    special(code, name, imm).prefixed(0xfb).of(GC)
}
/// A structure marker: costs no fuel.
const fn marker(code: u32, name: &'static str, imm: Imm) -> Row {
    let mut r = special(code, name, imm);
    r.fuel = 0;
    r
}
const fn un(code: u32, name: &'static str, from: Ty, to: Ty, meaning: &'static str) -> Row {
    row(PLAIN, code, name, Imm::None, Kind::Unary(from, to), meaning)
}
const fn bin(code: u32, name: &'static str, ty: Ty, meaning: &'static str) -> Row {
    row(PLAIN, code, name, Imm::None, Kind::Binary(ty), meaning)
}
const fn com(code: u32, name: &'static str, ty: Ty, meaning: &'static str) -> Row {
    let mut r = bin(code, name, ty, meaning);
    r.relation = Relation::Commutes;
    r
}
const fn cmp(
    code: u32,
    name: &'static str,
    ty: Ty,
    meaning: &'static str,
    swapped: &'static str,
    inverse: &'static str,
) -> Row {
    let mut r = row(PLAIN, code, name, Imm::None, Kind::Compare(ty), meaning);
    r.relation = Relation::Compare(swapped, inverse);
    r
}
const fn load(code: u32, name: &'static str, ty: Ty, width: u32, meaning: &'static str) -> Row {
    row(PLAIN, code, name, Imm::MemArg, Kind::Load(ty, width), meaning).trapping()
}
const fn store(code: u32, name: &'static str, ty: Ty, width: u32, meaning: &'static str) -> Row {
    row(PLAIN, code, name, Imm::MemArg, Kind::Store(ty, width), meaning).trapping()
}
/// An atomic operator; `meaning` as [`Kind`] says.
const fn atomic(code: u32, name: &'static str, kind: Kind, meaning: &'static str) -> Row {
    row(0xfe, code, name, Imm::MemArg, kind, meaning).trapping().of(THREADS)
}
const fn retype(code: u32, name: &'static str, from: Ty, to: Ty) -> Row {
    row(PLAIN, code, name, Imm::None, Kind::Retype(from, to), "")
}

impl Row {
    const fn trapping(mut self) -> Self {
        self.traps = true;
        self
    }
    const fn constant(mut self) -> Self {
        self.constant = true;
        self
    }
    const fn of(mut self, proposal: Proposal) -> Self {
        self.proposal = proposal;
        self
    }
    const fn prefixed(mut self, prefix: u8) -> Self {
        self.prefix = prefix;
        self
    }
}

const BULK: Proposal = "BULK_MEMORY";
const REFS: Proposal = "REFERENCE_TYPES";
const SIGN: Proposal = "SIGN_EXTENSION";
const SAT: Proposal = "SATURATING_FLOAT_TO_INT";
const TAIL: Proposal = "TAIL_CALL";
const EH: Proposal = "EXCEPTION_HANDLING";
const LEGACY_EH: Proposal = "LEGACY_EXCEPTIONS";
const FUNCREFS: Proposal = "FUNCTION_REFERENCES";
const GC: Proposal = "GC";
const THREADS: Proposal = "THREADS";
const WIDE: Proposal = "WIDE_ARITHMETIC";

/// Every operator, in the order of the opcodes.
pub const OPERATORS: &[Row] = &joined::<{ SCALAR.len() + vector::ROWS.len() }>();

/// Rows of both files.
const fn joined<const N: usize>() -> [Row; N] {
    let mut all = [SCALAR[0]; N];
    let mut i = 0;
    while i < N {
        all[i] = if i < SCALAR.len() { SCALAR[i] } else { vector::ROWS[i - SCALAR.len()] };
        i += 1;
    }
    all
}

/// Every operator but those on vectors.
const SCALAR: &[Row] = &[
    // ---- control (specification section 5.4.1) ----
    special(0x00, "unreachable", Imm::None).trapping(),
    special(0x01, "nop", Imm::None),
    marker(0x02, "block", Imm::Block),
    marker(0x03, "loop", Imm::Block),
    special(0x04, "if", Imm::Block),
    marker(0x05, "else", Imm::None),
    marker(0x06, "try", Imm::Block).of(LEGACY_EH),
    marker(0x07, "catch", Imm::Tag).of(LEGACY_EH),
    special(0x08, "throw", Imm::Tag).trapping().of(EH),
    special(0x09, "rethrow", Imm::Label).trapping().of(LEGACY_EH),
    special(0x0a, "throw_ref", Imm::None).trapping().of(EH),
    marker(0x0b, "end", Imm::None).constant(),
    special(0x0c, "br", Imm::Label),
    special(0x0d, "br_if", Imm::Label),
    special(0x0e, "br_table", Imm::Labels),
    special(0x0f, "return", Imm::None),
    special(0x10, "call", Imm::Func).trapping(),
    special(0x11, "call_indirect", Imm::TypeTable).trapping(),
    special(0x12, "return_call", Imm::Func).trapping().of(TAIL),
    special(0x13, "return_call_indirect", Imm::TypeTable).trapping().of(TAIL),
    special(0x14, "call_ref", Imm::Type).trapping().of(FUNCREFS),
    special(0x15, "return_call_ref", Imm::Type).trapping().of(FUNCREFS),
    marker(0x18, "delegate", Imm::Label).of(LEGACY_EH),
    marker(0x19, "catch_all", Imm::None).of(LEGACY_EH),
    // ---- parametric (5.4.3) ----
    special(0x1a, "drop", Imm::None),
    special(0x1b, "select", Imm::None),
    special(0x1c, "select_t", Imm::SelectTypes).of(REFS),
    marker(0x1f, "try_table", Imm::TryTable).of(EH),
    // ---- variables (5.4.4) ----
    special(0x20, "local.get", Imm::Local),
    special(0x21, "local.set", Imm::Local),
    special(0x22, "local.tee", Imm::Local),
    special(0x23, "global.get", Imm::Global).constant(),
    special(0x24, "global.set", Imm::Global),
    // ---- tables (5.4.5) ----
    special(0x25, "table.get", Imm::Table).trapping().of(REFS),
    special(0x26, "table.set", Imm::Table).trapping().of(REFS),
    // ---- memory (5.4.6) ----
    load(0x28, "i32.load", I32, 4, "m"),
    load(0x29, "i64.load", I64, 8, "m"),
    load(0x2a, "f32.load", F32, 4, "f32::from_bits(m)"),
    load(0x2b, "f64.load", F64, 8, "f64::from_bits(m)"),
    load(0x2c, "i32.load8_s", I32, 1, "m as i8 as i32 as u32"),
    load(0x2d, "i32.load8_u", I32, 1, "m as u32"),
    load(0x2e, "i32.load16_s", I32, 2, "m as i16 as i32 as u32"),
    load(0x2f, "i32.load16_u", I32, 2, "m as u32"),
    load(0x30, "i64.load8_s", I64, 1, "m as i8 as i64 as u64"),
    load(0x31, "i64.load8_u", I64, 1, "m as u64"),
    load(0x32, "i64.load16_s", I64, 2, "m as i16 as i64 as u64"),
    load(0x33, "i64.load16_u", I64, 2, "m as u64"),
    load(0x34, "i64.load32_s", I64, 4, "m as i32 as i64 as u64"),
    load(0x35, "i64.load32_u", I64, 4, "m as u64"),
    store(0x36, "i32.store", I32, 4, "v"),
    store(0x37, "i64.store", I64, 8, "v"),
    store(0x38, "f32.store", F32, 4, "v.to_bits()"),
    store(0x39, "f64.store", F64, 8, "v.to_bits()"),
    store(0x3a, "i32.store8", I32, 1, "v as u8"),
    store(0x3b, "i32.store16", I32, 2, "v as u16"),
    store(0x3c, "i64.store8", I64, 1, "v as u8"),
    store(0x3d, "i64.store16", I64, 2, "v as u16"),
    store(0x3e, "i64.store32", I64, 4, "v as u32"),
    special(0x3f, "memory.size", Imm::Mem),
    special(0x40, "memory.grow", Imm::Mem),
    // ---- numbers (5.4.7) ----
    special(0x41, "i32.const", Imm::I32).constant(),
    special(0x42, "i64.const", Imm::I64).constant(),
    special(0x43, "f32.const", Imm::F32).constant(),
    special(0x44, "f64.const", Imm::F64).constant(),
    un(0x45, "i32.eqz", I32, I32, "(a == 0) as u32"),
    cmp(0x46, "i32.eq", I32, "a == b", "i32.eq", "i32.ne"),
    cmp(0x47, "i32.ne", I32, "a != b", "i32.ne", "i32.eq"),
    cmp(0x48, "i32.lt_s", I32, "(a as i32) < (b as i32)", "i32.gt_s", "i32.ge_s"),
    cmp(0x49, "i32.lt_u", I32, "a < b", "i32.gt_u", "i32.ge_u"),
    cmp(0x4a, "i32.gt_s", I32, "(a as i32) > (b as i32)", "i32.lt_s", "i32.le_s"),
    cmp(0x4b, "i32.gt_u", I32, "a > b", "i32.lt_u", "i32.le_u"),
    cmp(0x4c, "i32.le_s", I32, "(a as i32) <= (b as i32)", "i32.ge_s", "i32.gt_s"),
    cmp(0x4d, "i32.le_u", I32, "a <= b", "i32.ge_u", "i32.gt_u"),
    cmp(0x4e, "i32.ge_s", I32, "(a as i32) >= (b as i32)", "i32.le_s", "i32.lt_s"),
    cmp(0x4f, "i32.ge_u", I32, "a >= b", "i32.le_u", "i32.lt_u"),
    un(0x50, "i64.eqz", I64, I32, "(a == 0) as u32"),
    cmp(0x51, "i64.eq", I64, "a == b", "i64.eq", "i64.ne"),
    cmp(0x52, "i64.ne", I64, "a != b", "i64.ne", "i64.eq"),
    cmp(0x53, "i64.lt_s", I64, "(a as i64) < (b as i64)", "i64.gt_s", "i64.ge_s"),
    cmp(0x54, "i64.lt_u", I64, "a < b", "i64.gt_u", "i64.ge_u"),
    cmp(0x55, "i64.gt_s", I64, "(a as i64) > (b as i64)", "i64.lt_s", "i64.le_s"),
    cmp(0x56, "i64.gt_u", I64, "a > b", "i64.lt_u", "i64.le_u"),
    cmp(0x57, "i64.le_s", I64, "(a as i64) <= (b as i64)", "i64.ge_s", "i64.gt_s"),
    cmp(0x58, "i64.le_u", I64, "a <= b", "i64.ge_u", "i64.gt_u"),
    cmp(0x59, "i64.ge_s", I64, "(a as i64) >= (b as i64)", "i64.le_s", "i64.lt_s"),
    cmp(0x5a, "i64.ge_u", I64, "a >= b", "i64.le_u", "i64.lt_u"),
    cmp(0x5b, "f32.eq", F32, "a == b", "f32.eq", ""),
    cmp(0x5c, "f32.ne", F32, "a != b", "f32.ne", ""),
    cmp(0x5d, "f32.lt", F32, "a < b", "f32.gt", ""),
    cmp(0x5e, "f32.gt", F32, "a > b", "f32.lt", ""),
    cmp(0x5f, "f32.le", F32, "a <= b", "f32.ge", ""),
    cmp(0x60, "f32.ge", F32, "a >= b", "f32.le", ""),
    cmp(0x61, "f64.eq", F64, "a == b", "f64.eq", ""),
    cmp(0x62, "f64.ne", F64, "a != b", "f64.ne", ""),
    cmp(0x63, "f64.lt", F64, "a < b", "f64.gt", ""),
    cmp(0x64, "f64.gt", F64, "a > b", "f64.lt", ""),
    cmp(0x65, "f64.le", F64, "a <= b", "f64.ge", ""),
    cmp(0x66, "f64.ge", F64, "a >= b", "f64.le", ""),
    un(0x67, "i32.clz", I32, I32, "a.leading_zeros()"),
    un(0x68, "i32.ctz", I32, I32, "a.trailing_zeros()"),
    un(0x69, "i32.popcnt", I32, I32, "a.count_ones()"),
    com(0x6a, "i32.add", I32, "a.wrapping_add(b)").constant(),
    bin(0x6b, "i32.sub", I32, "a.wrapping_sub(b)").constant(),
    com(0x6c, "i32.mul", I32, "a.wrapping_mul(b)").constant(),
    bin(0x6d, "i32.div_s", I32, "{ @nonzero(b) @divides(a, b, i32) (a as i32).wrapping_div(b as i32) as u32 }")
        .trapping(),
    bin(0x6e, "i32.div_u", I32, "{ @nonzero(b) a / b }").trapping(),
    bin(0x6f, "i32.rem_s", I32, "{ @nonzero(b) (a as i32).wrapping_rem(b as i32) as u32 }").trapping(),
    bin(0x70, "i32.rem_u", I32, "{ @nonzero(b) a % b }").trapping(),
    com(0x71, "i32.and", I32, "a & b"),
    com(0x72, "i32.or", I32, "a | b"),
    com(0x73, "i32.xor", I32, "a ^ b"),
    bin(0x74, "i32.shl", I32, "a.wrapping_shl(b)"),
    bin(0x75, "i32.shr_s", I32, "(a as i32).wrapping_shr(b) as u32"),
    bin(0x76, "i32.shr_u", I32, "a.wrapping_shr(b)"),
    bin(0x77, "i32.rotl", I32, "a.rotate_left(b & 31)"),
    bin(0x78, "i32.rotr", I32, "a.rotate_right(b & 31)"),
    un(0x79, "i64.clz", I64, I64, "a.leading_zeros() as u64"),
    un(0x7a, "i64.ctz", I64, I64, "a.trailing_zeros() as u64"),
    un(0x7b, "i64.popcnt", I64, I64, "a.count_ones() as u64"),
    com(0x7c, "i64.add", I64, "a.wrapping_add(b)").constant(),
    bin(0x7d, "i64.sub", I64, "a.wrapping_sub(b)").constant(),
    com(0x7e, "i64.mul", I64, "a.wrapping_mul(b)").constant(),
    bin(0x7f, "i64.div_s", I64, "{ @nonzero(b) @divides(a, b, i64) (a as i64).wrapping_div(b as i64) as u64 }")
        .trapping(),
    bin(0x80, "i64.div_u", I64, "{ @nonzero(b) a / b }").trapping(),
    bin(0x81, "i64.rem_s", I64, "{ @nonzero(b) (a as i64).wrapping_rem(b as i64) as u64 }").trapping(),
    bin(0x82, "i64.rem_u", I64, "{ @nonzero(b) a % b }").trapping(),
    com(0x83, "i64.and", I64, "a & b"),
    com(0x84, "i64.or", I64, "a | b"),
    com(0x85, "i64.xor", I64, "a ^ b"),
    bin(0x86, "i64.shl", I64, "a.wrapping_shl(b as u32)"),
    bin(0x87, "i64.shr_s", I64, "(a as i64).wrapping_shr(b as u32) as u64"),
    bin(0x88, "i64.shr_u", I64, "a.wrapping_shr(b as u32)"),
    bin(0x89, "i64.rotl", I64, "a.rotate_left((b & 63) as u32)"),
    bin(0x8a, "i64.rotr", I64, "a.rotate_right((b & 63) as u32)"),
    un(0x8b, "f32.abs", F32, F32, "f32::from_bits(a.to_bits() & 0x7fff_ffff)"),
    un(0x8c, "f32.neg", F32, F32, "f32::from_bits(a.to_bits() ^ 0x8000_0000)"),
    un(0x8d, "f32.ceil", F32, F32, "float::ceil32(a)"),
    un(0x8e, "f32.floor", F32, F32, "float::floor32(a)"),
    un(0x8f, "f32.trunc", F32, F32, "float::trunc32(a)"),
    un(0x90, "f32.nearest", F32, F32, "float::nearest32(a)"),
    un(0x91, "f32.sqrt", F32, F32, "float::sqrt32(a)"),
    com(0x92, "f32.add", F32, "float::canon32(a + b)"),
    bin(0x93, "f32.sub", F32, "float::canon32(a - b)"),
    com(0x94, "f32.mul", F32, "float::canon32(a * b)"),
    bin(0x95, "f32.div", F32, "float::canon32(a / b)"),
    bin(0x96, "f32.min", F32, "float::min32(a, b)"),
    bin(0x97, "f32.max", F32, "float::max32(a, b)"),
    bin(0x98, "f32.copysign", F32, "float::copysign32(a, b)"),
    un(0x99, "f64.abs", F64, F64, "f64::from_bits(a.to_bits() & 0x7fff_ffff_ffff_ffff)"),
    un(0x9a, "f64.neg", F64, F64, "f64::from_bits(a.to_bits() ^ 0x8000_0000_0000_0000)"),
    un(0x9b, "f64.ceil", F64, F64, "float::ceil64(a)"),
    un(0x9c, "f64.floor", F64, F64, "float::floor64(a)"),
    un(0x9d, "f64.trunc", F64, F64, "float::trunc64(a)"),
    un(0x9e, "f64.nearest", F64, F64, "float::nearest64(a)"),
    un(0x9f, "f64.sqrt", F64, F64, "float::sqrt64(a)"),
    com(0xa0, "f64.add", F64, "float::canon64(a + b)"),
    bin(0xa1, "f64.sub", F64, "float::canon64(a - b)"),
    com(0xa2, "f64.mul", F64, "float::canon64(a * b)"),
    bin(0xa3, "f64.div", F64, "float::canon64(a / b)"),
    bin(0xa4, "f64.min", F64, "float::min64(a, b)"),
    bin(0xa5, "f64.max", F64, "float::max64(a, b)"),
    bin(0xa6, "f64.copysign", F64, "float::copysign64(a, b)"),
    un(0xa7, "i32.wrap_i64", I64, I32, "a as u32"),
    un(0xa8, "i32.trunc_f32_s", F32, I32, "{ @range(a, -2147483904.0f32, 2147483648.0f32) a as i32 as u32 }")
        .trapping(),
    un(0xa9, "i32.trunc_f32_u", F32, I32, "{ @range(a, -1.0f32, 4294967296.0f32) a as u32 }").trapping(),
    un(0xaa, "i32.trunc_f64_s", F64, I32, "{ @range(a, -2147483649.0f64, 2147483648.0f64) a as i32 as u32 }")
        .trapping(),
    un(0xab, "i32.trunc_f64_u", F64, I32, "{ @range(a, -1.0f64, 4294967296.0f64) a as u32 }").trapping(),
    un(0xac, "i64.extend_i32_s", I32, I64, "a as i32 as i64 as u64"),
    retype(0xad, "i64.extend_i32_u", I32, I64),
    un(
        0xae,
        "i64.trunc_f32_s",
        F32,
        I64,
        "{ @range(a, -9223373136366403584.0f32, 9223372036854775808.0f32) a as i64 as u64 }",
    )
    .trapping(),
    un(0xaf, "i64.trunc_f32_u", F32, I64, "{ @range(a, -1.0f32, 18446744073709551616.0f32) a as u64 }").trapping(),
    un(
        0xb0,
        "i64.trunc_f64_s",
        F64,
        I64,
        "{ @range(a, -9223372036854777856.0f64, 9223372036854775808.0f64) a as i64 as u64 }",
    )
    .trapping(),
    un(0xb1, "i64.trunc_f64_u", F64, I64, "{ @range(a, -1.0f64, 18446744073709551616.0f64) a as u64 }").trapping(),
    un(0xb2, "f32.convert_i32_s", I32, F32, "a as i32 as f32"),
    un(0xb3, "f32.convert_i32_u", I32, F32, "a as f32"),
    un(0xb4, "f32.convert_i64_s", I64, F32, "a as i64 as f32"),
    un(0xb5, "f32.convert_i64_u", I64, F32, "a as f32"),
    un(0xb6, "f32.demote_f64", F64, F32, "float::canon32(a as f32)"),
    un(0xb7, "f64.convert_i32_s", I32, F64, "a as i32 as f64"),
    un(0xb8, "f64.convert_i32_u", I32, F64, "a as f64"),
    un(0xb9, "f64.convert_i64_s", I64, F64, "a as i64 as f64"),
    un(0xba, "f64.convert_i64_u", I64, F64, "a as f64"),
    un(0xbb, "f64.promote_f32", F32, F64, "float::canon64(a as f64)"),
    retype(0xbc, "i32.reinterpret_f32", F32, I32),
    retype(0xbd, "i64.reinterpret_f64", F64, I64),
    retype(0xbe, "f32.reinterpret_i32", I32, F32),
    retype(0xbf, "f64.reinterpret_i64", I64, F64),
    un(0xc0, "i32.extend8_s", I32, I32, "a as i8 as i32 as u32").of(SIGN),
    un(0xc1, "i32.extend16_s", I32, I32, "a as i16 as i32 as u32").of(SIGN),
    un(0xc2, "i64.extend8_s", I64, I64, "a as i8 as i64 as u64").of(SIGN),
    un(0xc3, "i64.extend16_s", I64, I64, "a as i16 as i64 as u64").of(SIGN),
    un(0xc4, "i64.extend32_s", I64, I64, "a as i32 as i64 as u64").of(SIGN),
    // ---- references (5.4.2) ----
    special(0xd0, "ref.null", Imm::RefType).of(REFS).constant(),
    special(0xd1, "ref.is_null", Imm::None).of(REFS),
    special(0xd2, "ref.func", Imm::Func).of(REFS).constant(),
    special(0xd3, "ref.eq", Imm::None).of(GC),
    special(0xd4, "ref.as_non_null", Imm::None).trapping().of(FUNCREFS),
    special(0xd5, "br_on_null", Imm::Label).of(FUNCREFS),
    special(0xd6, "br_on_non_null", Imm::Label).of(FUNCREFS),
    // ---- prefix 0xfb: structures, arrays, casts, i31 (5.4.2) ----
    gc(0, "struct.new", Imm::Type).trapping().constant(),
    gc(1, "struct.new_default", Imm::Type).trapping().constant(),
    gc(2, "struct.get", Imm::TypeIndex).trapping(),
    gc(3, "struct.get_s", Imm::TypeIndex).trapping(),
    gc(4, "struct.get_u", Imm::TypeIndex).trapping(),
    gc(5, "struct.set", Imm::TypeIndex).trapping(),
    gc(6, "array.new", Imm::Type).trapping().constant(),
    gc(7, "array.new_default", Imm::Type).trapping().constant(),
    gc(8, "array.new_fixed", Imm::TypeIndex).trapping().constant(),
    gc(9, "array.new_data", Imm::TypeIndex).trapping(),
    gc(10, "array.new_elem", Imm::TypeIndex).trapping(),
    gc(11, "array.get", Imm::Type).trapping(),
    gc(12, "array.get_s", Imm::Type).trapping(),
    gc(13, "array.get_u", Imm::Type).trapping(),
    gc(14, "array.set", Imm::Type).trapping(),
    gc(15, "array.len", Imm::None).trapping(),
    gc(16, "array.fill", Imm::Type).trapping(),
    gc(17, "array.copy", Imm::TypeIndex).trapping(),
    gc(18, "array.init_data", Imm::TypeIndex).trapping(),
    gc(19, "array.init_elem", Imm::TypeIndex).trapping(),
    gc(20, "ref.test", Imm::RefType),
    gc(21, "ref.test_null", Imm::RefType),
    gc(22, "ref.cast", Imm::RefType).trapping(),
    gc(23, "ref.cast_null", Imm::RefType).trapping(),
    gc(24, "br_on_cast", Imm::Cast),
    gc(25, "br_on_cast_fail", Imm::Cast),
    gc(26, "any.convert_extern", Imm::None).constant(),
    gc(27, "extern.convert_any", Imm::None).constant(),
    gc(28, "ref.i31", Imm::None).constant(),
    gc(29, "i31.get_s", Imm::None).trapping(),
    gc(30, "i31.get_u", Imm::None).trapping(),
    // ---- prefix 0xfc ----
    un(0, "i32.trunc_sat_f32_s", F32, I32, "a as i32 as u32").prefixed(0xfc).of(SAT),
    un(1, "i32.trunc_sat_f32_u", F32, I32, "a as u32").prefixed(0xfc).of(SAT),
    un(2, "i32.trunc_sat_f64_s", F64, I32, "a as i32 as u32").prefixed(0xfc).of(SAT),
    un(3, "i32.trunc_sat_f64_u", F64, I32, "a as u32").prefixed(0xfc).of(SAT),
    un(4, "i64.trunc_sat_f32_s", F32, I64, "a as i64 as u64").prefixed(0xfc).of(SAT),
    un(5, "i64.trunc_sat_f32_u", F32, I64, "a as u64").prefixed(0xfc).of(SAT),
    un(6, "i64.trunc_sat_f64_s", F64, I64, "a as i64 as u64").prefixed(0xfc).of(SAT),
    un(7, "i64.trunc_sat_f64_u", F64, I64, "a as u64").prefixed(0xfc).of(SAT),
    special(8, "memory.init", Imm::DataMem).prefixed(0xfc).trapping().of(BULK),
    special(9, "data.drop", Imm::Data).prefixed(0xfc).of(BULK),
    special(10, "memory.copy", Imm::MemMem).prefixed(0xfc).trapping().of(BULK),
    special(11, "memory.fill", Imm::Mem).prefixed(0xfc).trapping().of(BULK),
    special(12, "table.init", Imm::ElemTable).prefixed(0xfc).trapping().of(BULK),
    special(13, "elem.drop", Imm::Elem).prefixed(0xfc).of(BULK),
    special(14, "table.copy", Imm::TableTable).prefixed(0xfc).trapping().of(BULK),
    special(15, "table.grow", Imm::Table).prefixed(0xfc).of(REFS),
    special(16, "table.size", Imm::Table).prefixed(0xfc).of(REFS),
    special(17, "table.fill", Imm::Table).prefixed(0xfc).trapping().of(REFS),
    special(19, "i64.add128", Imm::None).prefixed(0xfc).of(WIDE),
    special(20, "i64.sub128", Imm::None).prefixed(0xfc).of(WIDE),
    special(21, "i64.mul_wide_s", Imm::None).prefixed(0xfc).of(WIDE),
    special(22, "i64.mul_wide_u", Imm::None).prefixed(0xfc).of(WIDE),
    // ---- atomic operators, prefix 0xfe (threads proposal) ----
    special(0x00, "memory.atomic.notify", Imm::MemArg).prefixed(0xfe).trapping().of(THREADS),
    special(0x01, "memory.atomic.wait32", Imm::MemArg).prefixed(0xfe).trapping().of(THREADS),
    special(0x02, "memory.atomic.wait64", Imm::MemArg).prefixed(0xfe).trapping().of(THREADS),
    special(0x03, "atomic.fence", Imm::Reserved).prefixed(0xfe).of(THREADS),
    atomic(0x10, "i32.atomic.load", Kind::AtomicLoad(I32, 4), ""),
    atomic(0x11, "i64.atomic.load", Kind::AtomicLoad(I64, 8), ""),
    atomic(0x12, "i32.atomic.load8_u", Kind::AtomicLoad(I32, 1), ""),
    atomic(0x13, "i32.atomic.load16_u", Kind::AtomicLoad(I32, 2), ""),
    atomic(0x14, "i64.atomic.load8_u", Kind::AtomicLoad(I64, 1), ""),
    atomic(0x15, "i64.atomic.load16_u", Kind::AtomicLoad(I64, 2), ""),
    atomic(0x16, "i64.atomic.load32_u", Kind::AtomicLoad(I64, 4), ""),
    atomic(0x17, "i32.atomic.store", Kind::AtomicStore(I32, 4), ""),
    atomic(0x18, "i64.atomic.store", Kind::AtomicStore(I64, 8), ""),
    atomic(0x19, "i32.atomic.store8", Kind::AtomicStore(I32, 1), ""),
    atomic(0x1a, "i32.atomic.store16", Kind::AtomicStore(I32, 2), ""),
    atomic(0x1b, "i64.atomic.store8", Kind::AtomicStore(I64, 1), ""),
    atomic(0x1c, "i64.atomic.store16", Kind::AtomicStore(I64, 2), ""),
    atomic(0x1d, "i64.atomic.store32", Kind::AtomicStore(I64, 4), ""),
    atomic(0x1e, "i32.atomic.rmw.add", Kind::AtomicRmw(I32, 4), "m.wrapping_add(v)"),
    atomic(0x1f, "i64.atomic.rmw.add", Kind::AtomicRmw(I64, 8), "m.wrapping_add(v)"),
    atomic(0x20, "i32.atomic.rmw8.add_u", Kind::AtomicRmw(I32, 1), "m.wrapping_add(v)"),
    atomic(0x21, "i32.atomic.rmw16.add_u", Kind::AtomicRmw(I32, 2), "m.wrapping_add(v)"),
    atomic(0x22, "i64.atomic.rmw8.add_u", Kind::AtomicRmw(I64, 1), "m.wrapping_add(v)"),
    atomic(0x23, "i64.atomic.rmw16.add_u", Kind::AtomicRmw(I64, 2), "m.wrapping_add(v)"),
    atomic(0x24, "i64.atomic.rmw32.add_u", Kind::AtomicRmw(I64, 4), "m.wrapping_add(v)"),
    atomic(0x25, "i32.atomic.rmw.sub", Kind::AtomicRmw(I32, 4), "m.wrapping_sub(v)"),
    atomic(0x26, "i64.atomic.rmw.sub", Kind::AtomicRmw(I64, 8), "m.wrapping_sub(v)"),
    atomic(0x27, "i32.atomic.rmw8.sub_u", Kind::AtomicRmw(I32, 1), "m.wrapping_sub(v)"),
    atomic(0x28, "i32.atomic.rmw16.sub_u", Kind::AtomicRmw(I32, 2), "m.wrapping_sub(v)"),
    atomic(0x29, "i64.atomic.rmw8.sub_u", Kind::AtomicRmw(I64, 1), "m.wrapping_sub(v)"),
    atomic(0x2a, "i64.atomic.rmw16.sub_u", Kind::AtomicRmw(I64, 2), "m.wrapping_sub(v)"),
    atomic(0x2b, "i64.atomic.rmw32.sub_u", Kind::AtomicRmw(I64, 4), "m.wrapping_sub(v)"),
    atomic(0x2c, "i32.atomic.rmw.and", Kind::AtomicRmw(I32, 4), "m & v"),
    atomic(0x2d, "i64.atomic.rmw.and", Kind::AtomicRmw(I64, 8), "m & v"),
    atomic(0x2e, "i32.atomic.rmw8.and_u", Kind::AtomicRmw(I32, 1), "m & v"),
    atomic(0x2f, "i32.atomic.rmw16.and_u", Kind::AtomicRmw(I32, 2), "m & v"),
    atomic(0x30, "i64.atomic.rmw8.and_u", Kind::AtomicRmw(I64, 1), "m & v"),
    atomic(0x31, "i64.atomic.rmw16.and_u", Kind::AtomicRmw(I64, 2), "m & v"),
    atomic(0x32, "i64.atomic.rmw32.and_u", Kind::AtomicRmw(I64, 4), "m & v"),
    atomic(0x33, "i32.atomic.rmw.or", Kind::AtomicRmw(I32, 4), "m | v"),
    atomic(0x34, "i64.atomic.rmw.or", Kind::AtomicRmw(I64, 8), "m | v"),
    atomic(0x35, "i32.atomic.rmw8.or_u", Kind::AtomicRmw(I32, 1), "m | v"),
    atomic(0x36, "i32.atomic.rmw16.or_u", Kind::AtomicRmw(I32, 2), "m | v"),
    atomic(0x37, "i64.atomic.rmw8.or_u", Kind::AtomicRmw(I64, 1), "m | v"),
    atomic(0x38, "i64.atomic.rmw16.or_u", Kind::AtomicRmw(I64, 2), "m | v"),
    atomic(0x39, "i64.atomic.rmw32.or_u", Kind::AtomicRmw(I64, 4), "m | v"),
    atomic(0x3a, "i32.atomic.rmw.xor", Kind::AtomicRmw(I32, 4), "m ^ v"),
    atomic(0x3b, "i64.atomic.rmw.xor", Kind::AtomicRmw(I64, 8), "m ^ v"),
    atomic(0x3c, "i32.atomic.rmw8.xor_u", Kind::AtomicRmw(I32, 1), "m ^ v"),
    atomic(0x3d, "i32.atomic.rmw16.xor_u", Kind::AtomicRmw(I32, 2), "m ^ v"),
    atomic(0x3e, "i64.atomic.rmw8.xor_u", Kind::AtomicRmw(I64, 1), "m ^ v"),
    atomic(0x3f, "i64.atomic.rmw16.xor_u", Kind::AtomicRmw(I64, 2), "m ^ v"),
    atomic(0x40, "i64.atomic.rmw32.xor_u", Kind::AtomicRmw(I64, 4), "m ^ v"),
    atomic(0x41, "i32.atomic.rmw.xchg", Kind::AtomicRmw(I32, 4), "v"),
    atomic(0x42, "i64.atomic.rmw.xchg", Kind::AtomicRmw(I64, 8), "v"),
    atomic(0x43, "i32.atomic.rmw8.xchg_u", Kind::AtomicRmw(I32, 1), "v"),
    atomic(0x44, "i32.atomic.rmw16.xchg_u", Kind::AtomicRmw(I32, 2), "v"),
    atomic(0x45, "i64.atomic.rmw8.xchg_u", Kind::AtomicRmw(I64, 1), "v"),
    atomic(0x46, "i64.atomic.rmw16.xchg_u", Kind::AtomicRmw(I64, 2), "v"),
    atomic(0x47, "i64.atomic.rmw32.xchg_u", Kind::AtomicRmw(I64, 4), "v"),
    atomic(0x48, "i32.atomic.rmw.cmpxchg", Kind::AtomicCmpxchg(I32, 4), ""),
    atomic(0x49, "i64.atomic.rmw.cmpxchg", Kind::AtomicCmpxchg(I64, 8), ""),
    atomic(0x4a, "i32.atomic.rmw8.cmpxchg_u", Kind::AtomicCmpxchg(I32, 1), ""),
    atomic(0x4b, "i32.atomic.rmw16.cmpxchg_u", Kind::AtomicCmpxchg(I32, 2), ""),
    atomic(0x4c, "i64.atomic.rmw8.cmpxchg_u", Kind::AtomicCmpxchg(I64, 1), ""),
    atomic(0x4d, "i64.atomic.rmw16.cmpxchg_u", Kind::AtomicCmpxchg(I64, 2), ""),
    atomic(0x4e, "i64.atomic.rmw32.cmpxchg_u", Kind::AtomicCmpxchg(I64, 4), ""),
];
