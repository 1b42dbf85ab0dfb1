//! Value types, function types and limits, as the specification's section 2.3 names them.

/// A value type (specification section 2.3.4).
///
/// The low byte is the binary format's code: of a number or vector type, of the abbreviation for a
/// nullable reference to an abstract heap type (`0x70` for `funcref`), or `0x63` for a reference to
/// a defined type, whose index stands in bits 9 to 30. Bit 8 says that a reference is not null. So
/// every type has one spelling, and equal types are equal numbers: a loaded module's indices are
/// canonical, see [`crate::Module`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct ValType(pub u32);

/// Bit of [`ValType`]: the reference is not null.
const NON_NULL: u32 = 1 << 8;
/// Code of a reference to a defined type, and where its index stands.
const DEFINED: u32 = 0x63;
const INDEX_SHIFT: u32 = 9;

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
    /// Nullable reference to anything of the internal hierarchy.
    pub const ANYREF: Self = Self(0x6e);
    /// Nullable reference to what can be compared: structures, arrays, `i31`.
    pub const EQREF: Self = Self(0x6d);
    /// Nullable reference to an unboxed 31-bit integer.
    pub const I31REF: Self = Self(0x6c);
    /// Nullable reference to a structure.
    pub const STRUCTREF: Self = Self(0x6b);
    /// Nullable reference to an array.
    pub const ARRAYREF: Self = Self(0x6a);
    /// Nullable reference to an exception.
    pub const EXNREF: Self = Self(0x69);
    /// The null of the internal hierarchy.
    pub const NULLREF: Self = Self(0x71);
    /// The null of the external hierarchy.
    pub const NULLEXTERNREF: Self = Self(0x72);
    /// The null of the functions.
    pub const NULLFUNCREF: Self = Self(0x73);
    /// The null of the exceptions.
    pub const NULLEXNREF: Self = Self(0x74);
    /// The bottom type of operands in unreachable code; never written in a module.
    pub const BOT: Self = Self(0);
    /// A reference of an unknown kind, in unreachable code; never written in a module.
    pub const BOT_REF: Self = Self(0x01 | NON_NULL);
    /// Types that a [`ValType`] can name by their index.
    pub const MAX_INDEX: u32 = (1 << 22) - 1;

    /// The type with this code of the binary format, where one byte is all there is to it.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0x7b..=0x7f | 0x69..=0x74 => Some(Self(code as u32)),
            _ => None,
        }
    }
    /// A reference to the defined type with this index, below [`ValType::MAX_INDEX`].
    #[must_use]
    pub const fn defined(index: u32, nullable: bool) -> Self {
        Self(DEFINED | index << INDEX_SHIFT | if nullable { 0 } else { NON_NULL })
    }
    /// The index of the defined type that a reference is to, if it is to one.
    #[must_use]
    pub const fn index(self) -> Option<u32> {
        if self.0 & 0xff == DEFINED { Some(self.0 >> INDEX_SHIFT) } else { None }
    }
    /// Whether the type is a reference type.
    #[must_use]
    pub const fn is_ref(self) -> bool {
        matches!(self.0 & 0xff, 0x69..=0x74 | DEFINED | 0x01)
    }
    /// Whether the type is that of vectors, in a build that has them.
    pub(crate) const fn is_vector(self) -> bool {
        cfg!(feature = "simd") && self.0 == Self::V128.0
    }
    /// Whether the type is a number type.
    #[must_use]
    pub const fn is_num(self) -> bool {
        matches!(self.0, 0x7c..=0x7f)
    }
    /// Whether null is a value of this reference type.
    #[must_use]
    pub const fn is_nullable(self) -> bool {
        self.is_ref() && self.0 & NON_NULL == 0
    }
    /// Whether a local of this type has a value before it is set (specification section 3.5.2).
    #[must_use]
    pub const fn is_defaultable(self) -> bool {
        !self.is_ref() || self.is_nullable()
    }
    /// The reference type without null. Other types are as they were.
    #[must_use]
    pub const fn non_null(self) -> Self {
        if self.is_ref() { Self(self.0 | NON_NULL) } else { self }
    }
    /// The reference type with null. Other types are as they were.
    #[must_use]
    pub const fn nullable(self) -> Self {
        if self.is_ref() { Self(self.0 & !NON_NULL) } else { self }
    }
    /// Frame slots of eight bytes that a value takes.
    #[must_use]
    pub const fn slots(self) -> u32 {
        if cfg!(feature = "simd") && self.0 == Self::V128.0 { 2 } else { 1 }
    }
    /// The letter that stands for the type in signature strings: `i I f F v r R` for i32, i64, f32,
    /// f64, v128, funcref, externref; `?` for every other reference, which no string spells.
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self.0 {
            0x7f => b'i',
            0x7e => b'I',
            0x7d => b'f',
            0x7c => b'F',
            0x7b => b'v',
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
            b'v' => Some(Self::V128),
            b'r' => Some(Self::FUNCREF),
            b'R' => Some(Self::EXTERNREF),
            _ => None,
        }
    }
    /// The name in the text format; for references without null, and for those to defined types, the
    /// kind alone.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 & 0xff {
            0x7f => "i32",
            0x7e => "i64",
            0x7d => "f32",
            0x7c => "f64",
            0x7b => "v128",
            0x70 if self.is_nullable() => "funcref",
            0x70 => "(ref func)",
            0x6f if self.is_nullable() => "externref",
            0x6f => "(ref extern)",
            0x6e if self.is_nullable() => "anyref",
            0x6e => "(ref any)",
            0x6d if self.is_nullable() => "eqref",
            0x6d => "(ref eq)",
            0x6c if self.is_nullable() => "i31ref",
            0x6c => "(ref i31)",
            0x6b if self.is_nullable() => "structref",
            0x6b => "(ref struct)",
            0x6a if self.is_nullable() => "arrayref",
            0x6a => "(ref array)",
            0x69 if self.is_nullable() => "exnref",
            0x69 => "(ref exn)",
            0x71 => "nullref",
            0x72 => "nullexternref",
            0x73 => "nullfuncref",
            0x74 => "nullexnref",
            0x63 if self.is_nullable() => "(ref null type)",
            0x63 => "(ref type)",
            _ => "bottom",
        }
    }
}

impl core::fmt::Debug for ValType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// Frame slots that values of these types take.
pub(crate) fn slots(types: &[ValType]) -> usize {
    types.iter().map(|ty| ty.slots() as usize).sum()
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

/// The type of a linear memory (specification section 2.3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryType {
    /// Limits in pages.
    pub limits: Limits,
    /// Whether its address type is `i64`.
    pub is64: bool,
    /// Whether threads may share it (proposal *threads*).
    pub shared: bool,
    /// Binary logarithm of the bytes in a page: 16, or 0 (proposal *custom page sizes*).
    pub page_log2: u8,
}

impl MemoryType {
    /// A memory as version 1 has it.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        MemoryType { limits, is64: false, shared: false, page_log2: PAGE_LOG2 }
    }
    /// Bytes in a page.
    #[must_use]
    pub const fn page_size(&self) -> u64 {
        1u64.wrapping_shl(self.page_log2 as u32)
    }
    /// Most pages that the address type reaches.
    #[must_use]
    pub const fn most_pages(&self) -> u64 {
        most_pages(self.is64, self.page_log2)
    }
}

/// The type of addresses, sizes and offsets of a memory or table.
pub(crate) const fn address(is64: u32) -> ValType {
    if is64 == 0 || !cfg!(feature = "memories") { ValType::I32 } else { ValType::I64 }
}

/// Most pages of a memory with addresses of 32 or 64 bits: their number must be one of the address type.
pub(crate) const fn most_pages(is64: bool, page_log2: u8) -> u64 {
    match (is64, page_log2) {
        (false, 0) => u32::MAX as u64,
        (true, 0) => u64::MAX,
        (false, _) => 1 << 16,
        (true, _) => 1 << 48,
    }
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
    /// Tag of exceptions.
    Tag = 4,
}

/// The type of an import or export (specification section 2.3.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternType<'a> {
    /// Function of this type.
    Func(FuncType<'a>),
    /// Table with element type, limits in elements and whether its index type is `i64`.
    Table(ValType, Limits, bool),
    /// Memory.
    Memory(MemoryType),
    /// Global of this type, mutable or not.
    Global(ValType, bool),
    /// Tag of exceptions that carry the parameters of this type, which has no results.
    Tag(FuncType<'a>),
}

/// Bytes in a page of linear memory, where its type does not say otherwise.
pub const PAGE_SIZE: u64 = 65_536;
/// Binary logarithm of [`PAGE_SIZE`].
pub(crate) const PAGE_LOG2: u8 = 16;
