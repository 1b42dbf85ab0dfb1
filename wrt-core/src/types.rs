//! Value types, function types and limits, as the specification's section 2.3 names them.

/// A value type: the binary format's code in the low byte; the upper 24 bits hold the type index
/// of a concrete reference.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct ValType(pub u32);

impl ValType {
    /// 32-bit integer.
    pub const I32: Self = Self(0x7f);
    /// 64-bit integer.
    pub const I64: Self = Self(0x7e);
    /// 32-bit float.
    pub const F32: Self = Self(0x7d);
    /// 64-bit float.
    pub const F64: Self = Self(0x7c);
    /// 128-bit vector.
    pub const V128: Self = Self(0x7b);
    /// Nullable reference to a function.
    pub const FUNCREF: Self = Self(0x70);
    /// Nullable reference to a host value.
    pub const EXTERNREF: Self = Self(0x6f);
    /// The bottom type of operands in unreachable code; never written in a module.
    pub const BOT: Self = Self(0);

    /// The type with this code of the binary format, if this build has it.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0x7f | 0x7e | 0x7d | 0x7c | 0x70 | 0x6f => Some(Self(code as u32)),
            _ => None,
        }
    }
    /// Whether the type is a reference type.
    #[must_use]
    pub const fn is_ref(self) -> bool {
        matches!(self.0 & 0xff, 0x70 | 0x6f)
    }
    /// Whether the type is a number type.
    #[must_use]
    pub const fn is_num(self) -> bool {
        matches!(self.0, 0x7c..=0x7f)
    }
    /// Frame slots of eight bytes that a value takes.
    #[must_use]
    pub const fn slots(self) -> u32 {
        if self.0 == Self::V128.0 { 2 } else { 1 }
    }
    /// The letter that stands for the type in signature strings: `i I f F r R` for
    /// i32, i64, f32, f64, funcref, externref.
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self.0 {
            0x7f => b'i',
            0x7e => b'I',
            0x7d => b'f',
            0x7c => b'F',
            0x70 => b'r',
            0x6f => b'R',
            _ => b'?',
        }
    }
    /// The type that a signature letter stands for.
    #[must_use]
    pub const fn from_letter(letter: u8) -> Option<Self> {
        match letter {
            b'i' => Some(Self::I32),
            b'I' => Some(Self::I64),
            b'f' => Some(Self::F32),
            b'F' => Some(Self::F64),
            b'r' => Some(Self::FUNCREF),
            b'R' => Some(Self::EXTERNREF),
            _ => None,
        }
    }
    /// The name in the text format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            0x7f => "i32",
            0x7e => "i64",
            0x7d => "f32",
            0x7c => "f64",
            0x7b => "v128",
            0x70 => "funcref",
            0x6f => "externref",
            _ => "bottom",
        }
    }
}

impl core::fmt::Debug for ValType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// A function type, borrowed from the module that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FuncType<'a> {
    /// Parameter types.
    pub params: &'a [ValType],
    /// Result types.
    pub results: &'a [ValType],
}

/// Limits of a memory (in pages) or table (in elements).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Limits {
    /// Least size.
    pub min: u64,
    /// Greatest size; `u64::MAX` when none is declared.
    pub max: u64,
}

/// Kind of an import or export; the numbers are the binary format's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExternKind {
    /// Function.
    Func = 0,
    /// Table.
    Table = 1,
    /// Memory.
    Memory = 2,
    /// Global.
    Global = 3,
}

/// The type of an import or export (specification section 2.3.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternType<'a> {
    /// Function of this type.
    Func(FuncType<'a>),
    /// Table with element type, limits in elements and whether its index type is `i64`.
    Table(ValType, Limits, bool),
    /// Memory with limits in pages and whether its address type is `i64`.
    Memory(Limits, bool),
    /// Global of this type, mutable or not.
    Global(ValType, bool),
}

/// Bytes in a page of linear memory.
pub const PAGE_SIZE: u64 = 65_536;
