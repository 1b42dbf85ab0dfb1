//! The kinds of immediates, shared by the table and the decoder.

/// What follows an operator's opcode (specification section 5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imm {
    None,
    Block,
    Label,
    Labels,
    Func,
    Type,
    TypeIndex,
    Cast,
    TypeTable,
    Local,
    Global,
    Table,
    MemArg,
    Mem,
    MemMem,
    I32,
    I64,
    F32,
    F64,
    SelectTypes,
    RefType,
    DataMem,
    Data,
    ElemTable,
    Elem,
    TableTable,
    Tag,
    TryTable,
    /// Sixteen bytes.
    V128,
    Lane,
    /// Sixteen lanes of two vectors.
    Lanes,
    MemArgLane,
    /// A byte that is zero.
    Reserved,
}
