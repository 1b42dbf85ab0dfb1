//! Imports and the index spaces that they begin.
//!
//! Owns the import section and the combined tables of functions, tables, memories,
//! tags and globals. Imports of all kinds interleave in the binary, so what they declare is kept in scratch
//! until each combined table can be made: when its section comes, or when a later one shows that
//! it does not. Then the scratch is given back.

use crate::arena::set;
use crate::binary::{Reader, Stop};
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::driver::{Driver, id, order_of};
use crate::module::layout::{
    ConstExpr, FuncEntry, GlobalEntry, ImportEntry, MemoryEntry, Span, TableEntry, TagEntry, extern_kind,
};
use crate::module::names::NameOf;
use crate::module::valtype::ref_type;
use crate::ops::catch;
use crate::types::{ExternKind, Limits, MemoryType, ValType};

/// How far the combined tables are made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spaces {
    /// How many of [`SPACES`] are made.
    built: usize,
}

/// The sections that define the index spaces, in the order of the binary.
const SPACES: [(u8, ExternKind); 5] = [
    (id::FUNCTION, ExternKind::Func),
    (id::TABLE, ExternKind::Table),
    (id::MEMORY, ExternKind::Memory),
    (id::TAG, ExternKind::Tag),
    (id::GLOBAL, ExternKind::Global),
];

/// What an import declares, in scratch.
#[derive(Clone, Copy)]
#[repr(C)]
struct ImportDesc {
    /// Limits of tables and memories.
    min: u64,
    max: u64,
    /// Canonical type index of functions and tags, [`ValType`] of tables and globals.
    ty: u32,
    kind: u16,
    /// Mutability of globals, width of tables, width and the rest of the type of memories.
    flag: u16,
}

/// Parts of [`ImportDesc::flag`] of memories; bit 0 is the width.
const SHARED: u16 = 2;
const PAGE_SHIFT: u32 = 8;

impl ImportDesc {
    /// The type of a memory.
    fn memory(&self) -> MemoryType {
        MemoryType {
            limits: Limits { min: self.min, max: self.max },
            is64: self.flag & 1 != 0,
            shared: self.flag & SHARED != 0,
            page_log2: (self.flag >> PAGE_SHIFT) as u8,
        }
    }
}

impl Driver<'_> {
    pub(super) fn begin_imports(&mut self, count: u32) -> Result<(), Stop> {
        self.check_limit(count as u64, self.b.budget.max_imports, Reason::LimitImports)?;
        self.b.header.imports = self.b.alloc_table::<ImportEntry>(count)?;
        self.b.set_scratch_zeroed(count as u64 * size_of::<ImportDesc>() as u64)?;
        Ok(())
    }

    pub(super) fn begin_import(&mut self) {
        self.begin_name(NameOf::ImportModule);
    }

    pub(super) fn import_desc(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let code = r.byte()?;
        let Some(kind) = extern_kind(code as u32) else {
            return Err(Reason::MalformedImportKind.into());
        };
        let mut desc = ImportDesc { min: 0, max: 0, ty: 0, kind: code as u16, flag: 0 };
        let budget = self.b.budget;
        let header = self.b.header;
        let index = match kind {
            ExternKind::Func => {
                let ty = r.u32()?;
                desc.ty = self.b.func_type(ty)?.canon;
                self.check_limit(header.imported_funcs as u64 + 1, budget.max_functions, Reason::LimitFunctions)?;
                self.b.header.imported_funcs += 1;
                header.imported_funcs
            }
            ExternKind::Table => {
                desc.ty = ref_type(&mut self.b, r)?.0;
                let limits = self.table_limits(r)?;
                (desc.min, desc.max, desc.flag) = (limits.min, limits.max, limits.is64 as u16);
                self.check_table_count(header.imported_tables as u64 + 1)?;
                self.b.header.imported_tables += 1;
                header.imported_tables
            }
            ExternKind::Memory => {
                let limits = self.memory_limits(r)?;
                let shared = if limits.shared { SHARED } else { 0 };
                desc.flag = limits.is64 as u16 | shared | (limits.page_log2 as u16) << PAGE_SHIFT;
                (desc.min, desc.max) = (limits.min, limits.max);
                self.check_memory_count(header.imported_memories as u64 + 1)?;
                self.b.header.imported_memories += 1;
                header.imported_memories
            }
            ExternKind::Global => {
                let (ty, mutable) = self.global_type(r)?;
                if mutable {
                    self.require(Proposals::MUTABLE_GLOBALS)?;
                }
                (desc.ty, desc.flag) = (ty.0, mutable as u16);
                self.check_limit(header.imported_globals as u64 + 1, budget.max_globals, Reason::LimitGlobals)?;
                self.b.header.imported_globals += 1;
                header.imported_globals
            }
            ExternKind::Tag => {
                self.require(Proposals::EXCEPTION_HANDLING)?;
                desc.ty = self.tag_type(r)?;
                self.check_limit(
                    header.imported_tags as u64 + 1,
                    budget.max_tags.min(catch::MOST_TAGS),
                    Reason::LimitTags,
                )?;
                self.b.header.imported_tags += 1;
                header.imported_tags
            }
        };
        // Globals are kept from the back, so that constant expressions find them by their index.
        let slot = match kind {
            ExternKind::Global => (header.imports.len - 1).wrapping_sub(index),
            _ => self.index.wrapping_sub(header.imported_globals),
        };
        set(self.b.scratch_entries::<ImportDesc>(), slot as usize, desc);
        let entry = ImportEntry { kind: code as u32, index, ..self.import };
        put(&mut self.b, header.imports, self.index, entry);
        self.next_item();
        Ok(())
    }

    /// Type and mutability of an imported global, before the combined table is made.
    pub(super) fn imported_global(&mut self, index: u32) -> Result<(ValType, bool), Stop> {
        let header = self.b.header;
        if index >= header.imported_globals {
            return Err(Reason::UnknownGlobal.into());
        }
        let slot = (header.imports.len - 1).wrapping_sub(index);
        match self.b.scratch_entries::<ImportDesc>().get(slot as usize) {
            Some(desc) => Ok((ValType(desc.ty), desc.flag != 0)),
            None => Err(Reason::UnknownGlobal.into()),
        }
    }

    pub(super) fn check_table_count(&mut self, count: u64) -> Result<(), Stop> {
        if count > 1 {
            self.require(Proposals::REFERENCE_TYPES)?;
        }
        self.check_limit(count, self.b.budget.max_tables, Reason::LimitTables)
    }

    pub(super) fn check_memory_count(&mut self, count: u64) -> Result<(), Stop> {
        if count > 1 {
            self.require(Proposals::MULTI_MEMORY)?;
        }
        self.check_limit(count, self.b.budget.max_memories, Reason::LimitMemories)
    }

    /// Makes the tables of the index spaces whose sections would stand before the one at this place.
    pub(super) fn pass_spaces(&mut self, before: u8) -> Result<(), Stop> {
        while let Some(&(section, _)) = SPACES.get(self.spaces.built) {
            if order_of(section)? >= before {
                break;
            }
            self.build_space(0)?;
        }
        Ok(())
    }

    /// Makes the next index space, with this many definitions after its imports.
    pub(super) fn build_space(&mut self, defined: u32) -> Result<(), Stop> {
        let Some(&(_, kind)) = SPACES.get(self.spaces.built) else { return Ok(()) };
        let (budget, header) = (self.b.budget, self.b.header);
        match kind {
            ExternKind::Func => {
                let total = header.imported_funcs as u64 + defined as u64;
                self.check_limit(total, budget.max_functions, Reason::LimitFunctions)?;
                self.b.header.funcs = self.b.alloc_table::<FuncEntry>(total as u32)?;
            }
            ExternKind::Table => {
                let total = header.imported_tables as u64 + defined as u64;
                self.check_table_count(total)?;
                self.b.header.tables = self.b.alloc_table::<TableEntry>(total as u32)?;
            }
            ExternKind::Memory => {
                let total = header.imported_memories as u64 + defined as u64;
                self.check_memory_count(total)?;
                self.b.header.memories = self.b.alloc_table::<MemoryEntry>(total as u32)?;
            }
            ExternKind::Tag => {
                let total = header.imported_tags as u64 + defined as u64;
                self.check_limit(total, budget.max_tags.min(catch::MOST_TAGS), Reason::LimitTags)?;
                self.b.header.tags = self.b.alloc_table::<TagEntry>(total as u32)?;
            }
            ExternKind::Global => {
                let total = header.imported_globals as u64 + defined as u64;
                self.check_limit(total, budget.max_globals, Reason::LimitGlobals)?;
                self.b.header.globals = self.b.alloc_table::<GlobalEntry>(total as u32)?;
            }
        }
        self.fill(kind);
        if kind == ExternKind::Global {
            // The last space: what imports declare is needed no longer.
            self.b.set_scratch(0)?;
        }
        self.spaces.built += 1;
        Ok(())
    }

    /// Writes the entries of the imports of one kind, numbered in their index space.
    fn fill(&mut self, kind: ExternKind) {
        let header = self.b.header;
        let b = &mut self.b;
        let mut at = 0;
        for i in 0..header.imports.len {
            // Globals are kept from the back.
            let slot = if kind == ExternKind::Global { header.imports.len - 1 - i } else { i };
            let Some(&d) = b.scratch_entries::<ImportDesc>().get(slot as usize) else { return };
            let of_globals = slot >= header.imports.len - header.imported_globals;
            if d.kind != kind as u16 || of_globals != (kind == ExternKind::Global) {
                continue;
            }
            let ty = ValType(d.ty);
            match kind {
                ExternKind::Func => put(b, header.funcs, at, FuncEntry { ty: d.ty, ..FuncEntry::default() }),
                ExternKind::Table => {
                    let (min, max, is64) = (d.min, d.max, d.flag as u32);
                    let entry = TableEntry { min, max, ceiling: min, ty, is64, init: ConstExpr::ZERO };
                    put(b, header.tables, at, entry);
                }
                ExternKind::Memory => put(b, header.memories, at, MemoryEntry::of(&d.memory())),
                ExternKind::Tag => put(b, header.tags, at, TagEntry { ty: d.ty }),
                ExternKind::Global => {
                    let (mutable, cell) = (d.flag as u32, at);
                    let entry = GlobalEntry { ty, mutable, cell, reserved: 0, init: ConstExpr::ZERO };
                    put(b, header.globals, at, entry);
                }
            }
            at += 1;
        }
    }
}

/// Writes one entry of a table.
pub(super) fn put<T: Copy>(b: &mut crate::module::build::Build, span: Span, index: u32, entry: T) {
    set(b.entries_mut::<T>(span), index as usize, entry);
}
