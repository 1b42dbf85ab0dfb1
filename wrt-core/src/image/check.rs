//! The check of everything in an image but its code: that every table lies in it, that every number names something that
//! is there, and that what the loader would have computed is what stands there.
//!
//! Tables whose entries hold enumerations are looked at as bytes first. Nothing is compared with the WebAssembly text,
//! which is not there: what is established is that the engine can rely on what it relies on, not that the module was
//! valid. What a module may ask for is compared with the budget as at a load.

use crate::binary::Reader;
use crate::budget::{LoadBudget, Proposals};
use crate::error::{Error, Reason};
use crate::module::Module;
use crate::module::layout::{
    ConstExpr, ConstKind, DataEntry, ELEM_NULL, ElemEntry, ExportEntry, Extras, FUNC_DECLARED, FUNC_REFERENCED,
    FuncEntry, GlobalEntry, HASH_START, ImportEntry, MODULE_SHARED_MEMORY, MODULE_TOKEN, MemoryEntry, ModuleHeader,
    SegmentMode, Span, TableEntry, TypeEntry, extern_kind, hash_bytes,
};
use crate::ops::{self, Kind, Special};
use crate::subtype::TypeKind;
use crate::types::{ExternKind, ValType, slots};
use core::mem::offset_of;

/// Bytes of a code word.
const WORD: u64 = size_of::<u64>() as u64;

/// An error for what no build of the engine writes.
pub(super) fn damaged() -> Error {
    Error::new(Reason::ImageDamaged)
}

/// Refuses what belongs to a proposal that this build leaves out.
fn built(proposal: Proposals, used: bool) -> Result<(), Reason> {
    if used && !proposal.is_built() { Err(Reason::ProposalOff) } else { Ok(()) }
}

/// Whether `ok`, else that the image is damaged.
fn require(ok: bool) -> Result<(), Reason> {
    if ok { Ok(()) } else { Err(Reason::ImageDamaged) }
}

/// Whether the image has no more of something than the budget allows.
fn limit(count: u64, most: u64, reason: Reason) -> Result<(), Error> {
    if count <= most { Ok(()) } else { Err(Error::new(reason).need(count)) }
}

/// The check of one image.
pub(super) struct Check<'a> {
    module: Module<'a>,
    /// The module as bytes.
    bytes: &'a [u8],
}

impl<'a> Check<'a> {
    /// `module` is the handle of `bytes`, which have a header at least.
    pub(super) fn new(module: Module<'a>, bytes: &'a [u8]) -> Self {
        Check { module, bytes }
    }

    pub(super) fn module(&self) -> Module<'a> {
        self.module
    }

    /// An error at a word of the code.
    pub(super) fn code_error(&self, word: u32, reason: Reason) -> Error {
        Error::new(reason).at(self.module.header().code.off as u64 + word as u64 * WORD)
    }

    /// The bytes of a function's side table.
    pub(super) fn side_bytes(&self, func: &FuncEntry) -> Option<&'a [u8]> {
        let behind = func.code as usize + func.words as usize;
        let at = (self.module.header().code.off as usize).checked_add(behind.checked_mul(WORD as usize)?)?;
        self.bytes.get(at..)?.get(..func.side as usize)
    }

    /// Checks everything but the functions' code.
    pub(super) fn tables(&self, budget: &LoadBudget) -> Result<(), Error> {
        let header = self.module.header();
        let at = |span: Span| span.off as u64;
        self.header().map_err(Error::new)?;
        self.budget(budget)?;
        // In this order: each looks up what those before it have checked.
        self.types(budget)?;
        self.imports().map_err(|r| Error::new(r).at(at(header.imports)))?;
        self.funcs().map_err(|r| Error::new(r).at(at(header.funcs)))?;
        self.table_entries().map_err(|r| Error::new(r).at(at(header.tables)))?;
        self.memories().map_err(|r| Error::new(r).at(at(header.memories)))?;
        self.globals().map_err(|r| Error::new(r).at(at(header.globals)))?;
        self.exports().map_err(|r| Error::new(r).at(at(header.exports)))?;
        self.elems().map_err(|r| Error::new(r).at(at(header.elems)))?;
        self.datas().map_err(|r| Error::new(r).at(at(header.datas)))?;
        self.sizes(budget)
    }

    /// Whether a run of entries lies in the module, aligned for them.
    fn span<T>(&self, span: Span) -> Result<(), Reason> {
        let end = span.off as u64 + span.len as u64 * size_of::<T>() as u64;
        let aligned = (span.off as usize).is_multiple_of(align_of::<T>());
        require(span.len == 0 || aligned && end <= self.bytes.len() as u64)
    }

    /// The number at an offset in each of these entries, as bytes have it: an enumeration, before it is read as one.
    fn numbers<T>(&self, span: Span, at: usize) -> impl Iterator<Item = u32> {
        let entries = self.bytes.get(span.off as usize..).unwrap_or(&[]).chunks_exact(size_of::<T>());
        let number = move |entry: &[u8]| entry.get(at..)?.first_chunk().copied().map(u32::from_le_bytes);
        entries.take(span.len as usize).map(move |entry| number(entry).unwrap_or(u32::MAX))
    }

    fn kinds<T>(&self, span: Span, at: usize, most: u32) -> Result<(), Reason> {
        require(self.numbers::<T>(span, at).all(|kind| kind <= most))
    }

    fn entries<T: Copy>(&self, span: Span) -> &'a [T] {
        self.module.entries(span)
    }

    fn header(&self) -> Result<(), Reason> {
        let h = self.module.header();
        let padding = self.bytes.get(super::MODULE_FIELDS..size_of::<ModuleHeader>());
        require(h.borrowed == 0 && h.token == MODULE_TOKEN && h.size as usize == self.bytes.len())?;
        require(padding.is_some_and(|bytes| bytes.iter().all(|&b| b == 0)))?;
        require(h.flags & 15 & !MODULE_SHARED_MEMORY == 0)?;
        self.span::<TypeEntry>(h.types)?;
        self.span::<ImportEntry>(h.imports)?;
        self.span::<FuncEntry>(h.funcs)?;
        self.span::<TableEntry>(h.tables)?;
        self.span::<MemoryEntry>(h.memories)?;
        self.span::<GlobalEntry>(h.globals)?;
        self.span::<ExportEntry>(h.exports)?;
        self.span::<u32>(h.export_buckets)?;
        self.span::<ElemEntry>(h.elems)?;
        self.span::<DataEntry>(h.datas)?;
        self.span::<u64>(h.code)?;
        self.span::<u8>(h.names)?;
        self.span::<u32>(h.type_buckets)?;
        if h.tags.len != 0 || h.imported_tags != 0 || h.elem_exprs != 0 || h.elem_expr != 0 || h.heap_min != 0 {
            return Err(Reason::ImageFeature);
        }
        let kind = offset_of!(ConstExpr, kind);
        let kinds = ConstKind::Expr as u32;
        self.kinds::<TableEntry>(h.tables, offset_of!(TableEntry, init) + kind, kinds)?;
        self.kinds::<GlobalEntry>(h.globals, offset_of!(GlobalEntry, init) + kind, kinds)?;
        self.kinds::<ElemEntry>(h.elems, offset_of!(ElemEntry, offset) + kind, kinds)?;
        self.kinds::<DataEntry>(h.datas, offset_of!(DataEntry, offset) + kind, kinds)?;
        self.kinds::<ElemEntry>(h.elems, offset_of!(ElemEntry, mode), SegmentMode::Declared as u32)?;
        self.kinds::<DataEntry>(h.datas, offset_of!(DataEntry, mode), SegmentMode::Passive as u32)?;
        // Structures and arrays have kinds of their own.
        if self.numbers::<TypeEntry>(h.types, offset_of!(TypeEntry, kind)).any(|n| n as u8 != TypeKind::Func as u8) {
            return Err(Reason::ImageFeature);
        }
        self.extras(h.extras())
    }

    fn extras(&self, off: u32) -> Result<(), Reason> {
        let span = Span { off, len: (off != 0) as u32 };
        self.span::<Extras>(span)?;
        for extras in self.entries::<Extras>(span) {
            self.span::<u8>(extras.module_name)?;
            self.span::<u8>(extras.local_names)?;
            self.span::<u8>(extras.hints)?;
        }
        Ok(())
    }

    fn budget(&self, budget: &LoadBudget) -> Result<(), Error> {
        let h = self.module.header();
        let most = [
            (h.types, budget.max_types.min(ValType::MAX_INDEX), Reason::LimitTypes),
            (h.funcs, budget.max_functions, Reason::LimitFunctions),
            (h.imports, budget.max_imports, Reason::LimitImports),
            (h.exports, budget.max_exports, Reason::LimitExports),
            (h.globals, budget.max_globals, Reason::LimitGlobals),
            (h.tables, budget.max_tables, Reason::LimitTables),
            (h.memories, budget.max_memories, Reason::LimitMemories),
            (h.elems, budget.max_segments, Reason::LimitSegments),
            (h.datas, budget.max_segments, Reason::LimitSegments),
        ];
        most.into_iter().try_for_each(|(span, most, reason)| limit(span.len as u64, most as u64, reason))
    }

    /// Function types, each alone in its recursion group and without a supertype.
    fn types(&self, budget: &LoadBudget) -> Result<(), Error> {
        let h = self.module.header();
        let types = self.entries::<TypeEntry>(h.types);
        let at = |i: usize| h.types.off as u64 + (i * size_of::<TypeEntry>()) as u64;
        for (i, ty) in types.iter().enumerate() {
            self.function_type(i as u32, ty, types).map_err(|r| Error::new(r).at(at(i)))?;
            limit(ty.params as u64, budget.max_params as u64, Reason::LimitParams)?;
            limit(ty.results as u64, budget.max_results as u64, Reason::LimitResults)?;
        }
        Ok(require(h.type_buckets.len == 0 || h.type_buckets.len.is_power_of_two())?)
    }

    fn function_type(&self, index: u32, ty: &TypeEntry, types: &[TypeEntry]) -> Result<(), Reason> {
        if (ty.group_len, ty.supertype, ty.depth) != (1, 0, 0) {
            return Err(Reason::ImageFeature);
        }
        self.span::<ValType>(Span { off: ty.vals, len: ty.params as u32 + ty.results as u32 })?;
        let Some(own) = self.module.type_at(index) else { return Err(Reason::ImageDamaged) };
        if own.params.iter().chain(own.results).any(|ty| ty.is_ref()) {
            return Err(Reason::ImageFeature);
        }
        require(own.params.iter().chain(own.results).all(is_number))?;
        require(slots(own.params) == ty.param_slots as usize && slots(own.results) == ty.result_slots as usize)?;
        // The first equal type stands before, and is its own first one; so do those that hash alike.
        let first = types.get(ty.canon as usize);
        require(ty.group == index && ty.canon <= index && ty.next <= index && ty.open <= 1)?;
        require(first.is_some_and(|first| first.canon == ty.canon))?;
        require(ty.canon == index || self.module.type_at(ty.canon) == Some(own))
    }

    fn imports(&self) -> Result<(), Reason> {
        let h = self.module.header();
        let mut counts = [0u32; 5];
        for import in self.entries::<ImportEntry>(h.imports) {
            self.text(import.module)?;
            self.text(import.name)?;
            let count = counts.get_mut(import.kind as usize).ok_or(Reason::ImageDamaged)?;
            require(*count == import.index)?;
            *count += 1;
        }
        let imported = [h.imported_funcs, h.imported_tables, h.imported_memories, h.imported_globals, h.imported_tags];
        let all = [h.funcs.len, h.tables.len, h.memories.len, h.globals.len, h.tags.len];
        require(counts == imported && imported.iter().zip(all).all(|(imported, all)| *imported <= all))
    }

    /// A name, which is UTF-8.
    fn text(&self, span: Span) -> Result<&'a [u8], Reason> {
        self.span::<u8>(span)?;
        let text = self.module.text(span);
        if core::str::from_utf8(text).is_ok() { Ok(text) } else { Err(Reason::ImageDamaged) }
    }

    /// Functions lie behind word 0 in the order of their indices, each with its metadata word before and its side table
    /// behind it, and nothing else lies there.
    fn funcs(&self) -> Result<(), Reason> {
        let h = self.module.header();
        let code = self.module.code();
        let types = self.entries::<TypeEntry>(h.types);
        require(code.first() == Some(&(ops::LEAVE as u64)))?;
        let mut end = 1u64;
        for (i, func) in self.entries::<FuncEntry>(h.funcs).iter().enumerate() {
            let ty = types.get(func.ty as usize).filter(|ty| ty.canon == func.ty).ok_or(Reason::ImageDamaged)?;
            if func.flags & !(FUNC_DECLARED | FUNC_REFERENCED) != 0 {
                return Err(Reason::ImageFeature);
            }
            if (i as u64) < h.imported_funcs as u64 {
                require((func.code, func.words, func.side) == (0, 0, 0))?;
                continue;
            }
            require(func.code as u64 == end + 1 && func.words != 0)?;
            let meta = code.get(end as usize).copied().ok_or(Reason::ImageDamaged)?;
            let [frame, header, locals, rest] = [0, 16, 32, 48].map(|shift| meta >> shift & 0xffff);
            // Parameters, the header, locals by twos; results lie where the parameters did.
            require(rest == 0 && header == ty.param_slots as u64 && locals % 2 == 0)?;
            require(header + 1 + locals <= frame && ty.result_slots as u64 <= frame)?;
            end = func.code as u64 + func.words as u64 + (func.side as u64).div_ceil(WORD);
            require(end <= code.len() as u64)?;
        }
        require(end == code.len() as u64)?;
        let start = self.entries::<FuncEntry>(h.funcs).get(h.start as usize);
        let bare = |func: &FuncEntry| types.get(func.ty as usize).is_some_and(|ty| ty.params == 0 && ty.results == 0);
        require(h.start == u32::MAX || start.is_some_and(bare))
    }

    fn table_entries(&self) -> Result<(), Reason> {
        let h = self.module.header();
        for (i, table) in self.entries::<TableEntry>(h.tables).iter().enumerate() {
            // References to anything, or to functions: what refers to one type is not looked at.
            if !matches!(table.ty, ValType::FUNCREF | ValType::EXTERNREF) {
                return Err(Reason::ImageFeature);
            }
            let most = if table.is64 == 0 { u32::MAX as u64 } else { u64::MAX };
            built(Proposals::MEMORY64, table.is64 != 0)?;
            require(table.is64 <= 1 && table.min <= most && table.min <= table.max)?;
            require(table.max <= most || table.max == u64::MAX)?;
            require(i < h.imported_tables as usize || table.min <= table.ceiling)?;
            match table.init.kind {
                ConstKind::Value => require(table.init.value == 0)?,
                ConstKind::Func => require(table.ty == ValType::FUNCREF && self.is_func(table.init.value))?,
                ConstKind::Global | ConstKind::Expr => return Err(Reason::ImageFeature),
            }
        }
        Ok(())
    }

    fn is_func(&self, index: u64) -> bool {
        index < self.module.header().funcs.len as u64
    }

    fn memories(&self) -> Result<(), Reason> {
        let h = self.module.header();
        let memories = self.entries::<MemoryEntry>(h.memories);
        built(Proposals::MULTI_MEMORY, memories.len() > 1)?;
        for memory in memories {
            built(Proposals::MEMORY64, memory.is64 != 0)?;
            built(Proposals::THREADS, memory.shared != 0)?;
            require(memory.is64 <= 1 && memory.shared <= 1 && matches!(memory.page_log2, 0 | 16))?;
            let most = memory.ty().most_pages();
            require(memory.min <= most && memory.min <= memory.max)?;
            require(memory.max <= most || memory.max == u64::MAX && memory.shared == 0)?;
        }
        let own = memories.get(h.imported_memories as usize..).unwrap_or(&[]);
        require((h.flags & MODULE_SHARED_MEMORY != 0) == own.iter().any(|memory| memory.shared != 0))
    }

    fn globals(&self) -> Result<(), Reason> {
        let h = self.module.header();
        let mut cell = 0u64;
        for (i, global) in self.entries::<GlobalEntry>(h.globals).iter().enumerate() {
            if global.ty.is_ref() {
                return Err(Reason::ImageFeature);
            }
            require(is_number(&global.ty) && global.mutable <= 1)?;
            if i < h.imported_globals as usize {
                require(global.cell as usize == i)?;
                continue;
            }
            require(global.cell as u64 == cell)?;
            cell += global.ty.slots() as u64;
            // An expression may name those before it.
            self.number(&global.init, i as u64)?;
        }
        require(cell == h.global_cells as u64)
    }

    /// A constant expression of a number, which names some of the first `globals` globals.
    fn number(&self, expr: &ConstExpr, globals: u64) -> Result<(), Reason> {
        match expr.kind {
            ConstKind::Value => Ok(()),
            ConstKind::Global => require(expr.value < globals),
            ConstKind::Func => Err(Reason::ImageDamaged),
            ConstKind::Expr => {
                built(Proposals::EXTENDED_CONST, true)?;
                let text = Span { off: expr.value as u32, len: (expr.value >> 32) as u32 };
                self.span::<u8>(text)?;
                expression(self.module.text(text), globals).ok_or(Reason::ImageFeature)
            }
        }
    }

    fn exports(&self) -> Result<(), Reason> {
        let h = self.module.header();
        for (i, export) in self.entries::<ExportEntry>(h.exports).iter().enumerate() {
            let name = self.text(export.name)?;
            let count = match extern_kind(export.kind) {
                Some(ExternKind::Func) => h.funcs.len,
                Some(ExternKind::Table) => h.tables.len,
                Some(ExternKind::Memory) => h.memories.len,
                Some(ExternKind::Global) => h.globals.len,
                Some(ExternKind::Tag) | None => 0,
            };
            // A chain leads to exports before this one only, so that it ends.
            require(export.index < count && export.next as usize <= i)?;
            require(export.hash == hash_bytes(HASH_START, name))?;
        }
        require(h.export_buckets.len == 0 || h.export_buckets.len.is_power_of_two())
    }

    fn elems(&self) -> Result<(), Reason> {
        let h = self.module.header();
        for elem in self.entries::<ElemEntry>(h.elems) {
            let ty = elem.ty.nullable();
            if !matches!(ty, ValType::FUNCREF | ValType::EXTERNREF) {
                return Err(Reason::ImageFeature);
            }
            self.span::<u32>(elem.items)?;
            for &item in self.entries::<u32>(elem.items) {
                // A flag in an item makes it greater than any index: the value of a global, or of an expression.
                if item != ELEM_NULL && item >> 30 != 0 {
                    return Err(Reason::ImageFeature);
                }
                require(item == ELEM_NULL || ty == ValType::FUNCREF && self.is_func(item as u64))?;
            }
            if elem.mode == SegmentMode::Active {
                let table = self.entries::<TableEntry>(h.tables).get(elem.table as usize);
                require(table.is_some_and(|table| table.ty == ty))?;
                self.number(&elem.offset, h.globals.len as u64)?;
            }
        }
        Ok(())
    }

    fn datas(&self) -> Result<(), Reason> {
        let h = self.module.header();
        for data in self.entries::<DataEntry>(h.datas) {
            self.span::<u8>(data.bytes)?;
            if data.mode == SegmentMode::Active {
                require(data.memory < h.memories.len)?;
                self.number(&data.offset, h.globals.len as u64)?;
            }
        }
        Ok(())
    }

    /// What instances take, against the budget.
    fn sizes(&self, budget: &LoadBudget) -> Result<(), Error> {
        let h = self.module.header();
        let tables = self.entries::<TableEntry>(h.tables).get(h.imported_tables as usize..).unwrap_or(&[]);
        for table in tables {
            limit(table.ceiling, budget.max_table_elements as u64, Reason::LimitTableElements)?;
        }
        let memories = self.entries::<MemoryEntry>(h.memories).get(h.imported_memories as usize..).unwrap_or(&[]);
        let bytes = memories.iter().fold(0u64, |sum, memory| sum.saturating_add(memory.bytes(memory.min)));
        limit(bytes, budget.max_memory_bytes, Reason::LimitMemoryBytes)
    }
}

fn is_number(ty: &ValType) -> bool {
    ty.is_num() || *ty == ValType::V128
}

/// Reads an expression of more than one operator, which may hold constants, arithmetic and the first `globals` globals;
/// `None` where it holds anything else, or does not end.
fn expression(text: &[u8], globals: u64) -> Option<()> {
    let mut r = Reader::new(text, 0);
    loop {
        let code = r.byte().ok()?;
        let op = if ops::is_prefix(code) { ops::prefixed(code, r.u32().ok()?)? } else { ops::plain(code)? };
        match op.kind {
            Kind::Special(Special::End) => return Some(()),
            Kind::Special(Special::GlobalGet) => {
                let index = r.u32().ok()?;
                if index as u64 >= globals {
                    return None;
                }
            }
            Kind::Special(Special::I32Const) => drop(r.s32().ok()?),
            Kind::Special(Special::I64Const) => drop(r.s64().ok()?),
            Kind::Special(Special::F32Const) => drop(r.array::<4>().ok()?),
            Kind::Special(Special::F64Const) => drop(r.array::<8>().ok()?),
            Kind::Special(Special::V128Const) => drop(r.array::<16>().ok()?),
            Kind::Binary(_) if op.constant => {}
            _ => return None,
        }
    }
}
