//! The layout of a loaded module in its arena.
//!
//! Every field has a fixed width and every reference is a byte offset from the module's base, so
//! that the bytes are the same on every target. The one pointer, `borrowed`, stands in the binding
//! words at the front and is no part of a hash.

use crate::budget::Proposals;
use crate::subtype::TypeKind;
use crate::types::{ExternKind, Limits, MemoryType, ValType};

/// A run of entries or bytes: byte offset from the module's base, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Span {
    pub(crate) off: u32,
    pub(crate) len: u32,
}

impl Span {
    pub(crate) const EMPTY: Self = Span { off: 0, len: 0 };
}

/// A run of bytes that were part of the module's text: from the lent bytes when they were lent
/// whole (`ModuleHeader::borrowed` is not 0), else copied behind the module's base.
pub(crate) type TextSpan = Span;

/// First bytes of a module.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub(crate) struct ModuleHeader {
    /// Address of the lent WebAssembly bytes; 0 when they were fed in pieces. Binding, not hashed.
    pub(crate) borrowed: u64,
    /// [`MODULE_TOKEN`] while the module lives.
    pub(crate) token: u32,
    /// Bytes of the whole module, this header included.
    pub(crate) size: u32,
    /// Bits `MODULE_*`; the others are the byte offset of the [`Extras`], a multiple of 16, 0 for none.
    pub(crate) flags: u32,
    /// Start function, or `u32::MAX`.
    pub(crate) start: u32,
    /// Imported functions, tables, memories, globals and tags: they come first in their index spaces.
    pub(crate) imported_funcs: u32,
    pub(crate) imported_tables: u32,
    pub(crate) imported_memories: u32,
    pub(crate) imported_globals: u32,
    pub(crate) imported_tags: u32,
    /// Cells of eight bytes for the defined globals of an instance.
    pub(crate) global_cells: u32,
    /// [`TypeEntry`]
    pub(crate) types: Span,
    /// [`ImportEntry`], in the order of the binary.
    pub(crate) imports: Span,
    /// [`FuncEntry`], imports first.
    pub(crate) funcs: Span,
    /// [`TableEntry`], imports first.
    pub(crate) tables: Span,
    /// [`MemoryEntry`], imports first.
    pub(crate) memories: Span,
    /// [`GlobalEntry`], imports first.
    pub(crate) globals: Span,
    /// [`ExportEntry`]
    pub(crate) exports: Span,
    /// `u32` heads of the export hash chains; `len` is a power of two or 0.
    pub(crate) export_buckets: Span,
    /// [`ElemEntry`]
    pub(crate) elems: Span,
    /// [`DataEntry`]
    pub(crate) datas: Span,
    /// Code words of eight bytes; `len` counts words. Word 0 is the `leave` operation.
    pub(crate) code: Span,
    /// The function subsection of the name section's payload, if there is one.
    pub(crate) names: TextSpan,
    /// `u32` heads of the hash chains of recursion groups; `len` is a power of two or 0.
    pub(crate) type_buckets: Span,
    /// [`TagEntry`], imports first.
    pub(crate) tags: Span,
    /// How many items of element segments are expressions.
    pub(crate) elem_exprs: u32,
    /// Byte offset of the first [`ElemExpr`], 0 for none.
    pub(crate) elem_expr: u32,
    /// Bytes that the module's types, tags and constant expressions take of a heap, at least.
    pub(crate) heap_min: u32,
}

impl ModuleHeader {
    /// Byte offset of the [`Extras`], 0 for none.
    pub(crate) const fn extras(&self) -> u32 {
        self.flags & !15
    }
    /// A module with nothing in it.
    pub(crate) const EMPTY: Self = ModuleHeader {
        borrowed: 0,
        token: 0,
        size: 0,
        flags: 0,
        start: u32::MAX,
        imported_funcs: 0,
        imported_tables: 0,
        imported_memories: 0,
        imported_globals: 0,
        imported_tags: 0,
        global_cells: 0,
        types: Span::EMPTY,
        imports: Span::EMPTY,
        funcs: Span::EMPTY,
        tables: Span::EMPTY,
        memories: Span::EMPTY,
        globals: Span::EMPTY,
        exports: Span::EMPTY,
        export_buckets: Span::EMPTY,
        elems: Span::EMPTY,
        datas: Span::EMPTY,
        code: Span::EMPTY,
        names: Span::EMPTY,
        type_buckets: Span::EMPTY,
        tags: Span::EMPTY,
        elem_exprs: 0,
        elem_expr: 0,
        heap_min: 0,
    };
}

/// Bit of [`ModuleHeader::flags`]: the module defines a shared memory.
pub(crate) const MODULE_SHARED_MEMORY: u32 = 1;

/// `ModuleHeader::token` of a live module: "WRTm".
pub(crate) const MODULE_TOKEN: u32 = u32::from_le_bytes(*b"WRTm");

/// Text of custom sections that few modules have.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Extras {
    /// Payloads of the module's and the locals' subsections of the name section.
    pub(crate) module_name: TextSpan,
    pub(crate) local_names: TextSpan,
    /// The section of branch hints.
    pub(crate) hints: TextSpan,
}

impl Extras {
    pub(crate) const NONE: Self = Extras { module_name: Span::EMPTY, local_names: Span::EMPTY, hints: Span::EMPTY };
}

/// One defined type: of functions, structures or arrays.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct TypeEntry {
    /// Byte offset from the module's base. Functions: the [`ValType`]s of parameters, then results.
    /// Structures and arrays: [`FieldEntry`], one for an array.
    pub(crate) vals: u32,
    /// Parameters of a function, fields of a structure.
    pub(crate) params: u16,
    pub(crate) results: u16,
    /// Frame slots that they take.
    pub(crate) param_slots: u16,
    pub(crate) result_slots: u16,
    /// Index of the first equal type of the module: equal types have equal `canon`.
    pub(crate) canon: u32,
    /// Hash over the recursion group and the place in it; equal across modules for equal types.
    pub(crate) hash: u32,
    /// First types of groups: next one + 1 in the same hash bucket, and the hash that names it.
    pub(crate) next: u32,
    pub(crate) bucket: u32,
    /// Canonical index of the supertype + 1, 0 for none.
    pub(crate) supertype: u32,
    /// The recursion group: its first type and how many it has.
    pub(crate) group: u32,
    pub(crate) group_len: u32,
    /// Structures: bytes of the fields. Arrays: bytes of an element.
    pub(crate) bytes: u32,
    pub(crate) kind: TypeKind,
    /// 1 when further types may be declared below it.
    pub(crate) open: u8,
    /// Supertypes above it.
    pub(crate) depth: u8,
    pub(crate) reserved: u8,
}

/// A field of a structure, or an array's elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct FieldEntry {
    pub(crate) ty: FieldType,
    /// Byte offset in the object's payload.
    pub(crate) offset: u32,
}

/// Storage type and mutability of a field: a [`ValType`] or the code of a packed type, and bit 31.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct FieldType(pub(crate) u32);

impl FieldType {
    const MUTABLE: u32 = 1 << 31;
    /// Codes of the packed types (specification section 5.3.7).
    pub(crate) const I8: u32 = 0x78;
    pub(crate) const I16: u32 = 0x77;

    pub(crate) fn new(storage: u32, mutable: bool) -> Self {
        FieldType(storage | if mutable { Self::MUTABLE } else { 0 })
    }
    pub(crate) fn is_mutable(self) -> bool {
        self.0 & Self::MUTABLE != 0
    }
    /// The code of the storage type.
    pub(crate) fn storage(self) -> u32 {
        self.0 & !Self::MUTABLE
    }
    pub(crate) fn is_packed(self) -> bool {
        matches!(self.storage(), Self::I8 | Self::I16)
    }
    /// The type of the value on the stack.
    pub(crate) fn unpacked(self) -> ValType {
        if self.is_packed() { ValType::I32 } else { ValType(self.storage()) }
    }
    /// Bytes in an object.
    pub(crate) fn bytes(self) -> u32 {
        match self.storage() {
            Self::I8 => 1,
            Self::I16 => 2,
            0x7f | 0x7d => 4,
            0x7b => 16,
            _ => 8,
        }
    }
}

/// One import.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct ImportEntry {
    pub(crate) module: TextSpan,
    pub(crate) name: TextSpan,
    /// [`crate::types::ExternKind`]
    pub(crate) kind: u32,
    /// Index in the kind's index space.
    pub(crate) index: u32,
}

/// The function is an operand of `ref.func` somewhere outside code, is exported, or stands in an
/// element segment: `ref.func` in code may name it (specification section 3.4.1.1, context.refs).
pub(crate) const FUNC_DECLARED: u32 = 1;
/// The function may be the target of an indirect call.
pub(crate) const FUNC_REFERENCED: u32 = 2;
/// The function handles exceptions: behind its side table a word tells where its first handler is.
pub(crate) const FUNC_HANDLES: u32 = 4;

/// One function of the index space.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct FuncEntry {
    /// Type index, canonical: `types[ty].canon == ty`.
    pub(crate) ty: u32,
    /// Bits `FUNC_*`.
    pub(crate) flags: u32,
    /// Word offset in the code of the function's first operation, its metadata word lying one
    /// word before; 0 for an import. While loading and not yet translated: [`FUNC_UNRESOLVED`]
    /// plus the word offset of the last call operation that waits for it.
    pub(crate) code: u32,
    /// Words of code, from `code` on; the side table starts behind them.
    pub(crate) words: u32,
    /// Bytes of the side table.
    pub(crate) side: u32,
    /// Byte offset in the module of the function body's first byte (its local declarations).
    pub(crate) body: u32,
}

/// Bit of [`FuncEntry::code`] while loading: the rest heads a list of calls to be patched.
pub(crate) const FUNC_UNRESOLVED: u32 = 1 << 31;

/// One table of the index space.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct TableEntry {
    pub(crate) min: u64,
    /// Declared maximum, `u64::MAX` if none.
    pub(crate) max: u64,
    /// Elements that an instance reserves (defined tables).
    pub(crate) ceiling: u64,
    pub(crate) ty: ValType,
    /// 1 when the index type is `i64`.
    pub(crate) is64: u32,
    /// Initial element (tables with an initialiser, and `ref.null` otherwise).
    pub(crate) init: ConstExpr,
}

/// One memory of the index space; sizes in pages.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct MemoryEntry {
    pub(crate) min: u64,
    /// Declared maximum, `u64::MAX` if none.
    pub(crate) max: u64,
    /// 1 when the address type is `i64`.
    pub(crate) is64: u32,
    /// Binary logarithm of the bytes in a page.
    pub(crate) page_log2: u8,
    /// 1 when threads may share it.
    pub(crate) shared: u8,
    pub(crate) reserved: u16,
}

impl MemoryEntry {
    /// The entry of a memory of this type.
    pub(crate) fn of(ty: &MemoryType) -> Self {
        MemoryEntry {
            min: ty.limits.min,
            max: ty.limits.max,
            is64: ty.is64 as u32,
            page_log2: ty.page_log2,
            shared: ty.shared as u8,
            reserved: 0,
        }
    }
    /// The type.
    pub(crate) fn ty(&self) -> MemoryType {
        MemoryType {
            limits: Limits { min: self.min, max: self.max },
            is64: self.is64 != 0,
            shared: self.shared != 0,
            page_log2: self.page_log2,
        }
    }
    /// Bytes in so many pages.
    pub(crate) fn bytes(&self, pages: u64) -> u64 {
        pages.saturating_mul(self.ty().page_size())
    }
}

/// One global of the index space.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct GlobalEntry {
    pub(crate) ty: ValType,
    /// 1 when mutable.
    pub(crate) mutable: u32,
    /// Index of its first cell among the instance's cells (defined globals), of its pointer among
    /// the imported ones (imports).
    pub(crate) cell: u32,
    pub(crate) reserved: u32,
    pub(crate) init: ConstExpr,
}

/// One tag of the index space.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct TagEntry {
    /// Type index, canonical: the parameters are what an exception carries.
    pub(crate) ty: u32,
}

/// How [`ConstExpr::value`] is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum ConstKind {
    /// The bits of the value itself (numbers; 0 is the null reference).
    Value = 0,
    /// The value of this global.
    Global = 1,
    /// A reference to this function.
    Func = 2,
    /// An expression in the module's text: `off` in the low half, `len` in the high half, its
    /// `end` included. Already validated.
    Expr = 3,
}

/// A constant expression.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct ConstExpr {
    pub(crate) value: u64,
    pub(crate) kind: ConstKind,
    pub(crate) reserved: u32,
}

impl ConstExpr {
    pub(crate) const ZERO: Self = ConstExpr { value: 0, kind: ConstKind::Value, reserved: 0 };
}

/// Deepest operand stack of a constant expression.
pub(crate) const CONST_DEPTH: usize = 64;

/// One export.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct ExportEntry {
    pub(crate) name: TextSpan,
    /// [`crate::types::ExternKind`]
    pub(crate) kind: u32,
    pub(crate) index: u32,
    pub(crate) hash: u32,
    /// Next export index + 1 in the same bucket.
    pub(crate) next: u32,
}

/// How a segment is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum SegmentMode {
    Active = 0,
    Passive = 1,
    Declared = 2,
}

/// One element segment.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct ElemEntry {
    /// Offset expression of an active segment.
    pub(crate) offset: ConstExpr,
    /// `u32` items behind the module's base: [`ELEM_NULL`], a function index, or
    /// [`ELEM_GLOBAL`] plus a global index.
    pub(crate) items: Span,
    pub(crate) ty: ValType,
    pub(crate) mode: SegmentMode,
    pub(crate) table: u32,
    pub(crate) reserved: u32,
}

/// An expression that is an item of an element segment, in the order of the binary.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct ElemExpr {
    pub(crate) init: ConstExpr,
    pub(crate) ty: ValType,
    /// Byte offset of the next one, 0 at the end.
    pub(crate) next: u32,
}

/// Item of an element segment: the null reference.
pub(crate) const ELEM_NULL: u32 = u32::MAX;
/// Item of an element segment: the value of an expression of its own, which each instance evaluates
/// once; the other bits are its number among them.
pub(crate) const ELEM_EXPR: u32 = 1 << 30;
/// Item of an element segment: the value of the global in the other bits.
pub(crate) const ELEM_GLOBAL: u32 = 1 << 31;

/// One data segment.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct DataEntry {
    pub(crate) offset: ConstExpr,
    pub(crate) bytes: TextSpan,
    /// Active or passive.
    pub(crate) mode: SegmentMode,
    pub(crate) memory: u32,
}

/// Whether a constant expression may be more than one operator whose value is known, in this build.
pub(crate) const EXPRESSIONS: bool =
    Proposals::EXTENDED_CONST.is_built() || Proposals::GC.is_built() || Proposals::SIMD.is_built();

/// Start value of [`hash_bytes`].
pub(crate) const HASH_START: u32 = 0x811c_9dc5;

/// FNV-1a, 32 bits: continues `hash` over `bytes`.
pub(crate) fn hash_bytes(hash: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(hash, |h, &b| (h ^ b as u32).wrapping_mul(0x0100_0193))
}

/// The kind with this number of the binary format.
pub(crate) fn extern_kind(kind: u32) -> Option<ExternKind> {
    match kind {
        0 => Some(ExternKind::Func),
        1 => Some(ExternKind::Table),
        2 => Some(ExternKind::Memory),
        3 => Some(ExternKind::Global),
        4 => Some(ExternKind::Tag),
        _ => None,
    }
}
