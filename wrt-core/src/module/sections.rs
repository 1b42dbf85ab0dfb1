//! The sections before code: functions, tables, memories, tags, globals, exports, start.
//!
//! Owns what one item of each says and which rules of the specification's chapters 3 and 5 it must
//! keep. Types are in `types`, imports and the tables of the index spaces are next door in `spaces`, segments in
//! `segments`.

use crate::arena::edit;
use crate::binary::{Reader, Stop};
use crate::budget::Proposals;
use crate::error::Reason;
use crate::module::driver::{Driver, State};
use crate::module::expr::ExprOf;
use crate::module::layout::{
    ConstExpr, ExportEntry, FUNC_DECLARED, FUNC_REFERENCED, FuncEntry, GlobalEntry, MODULE_SHARED_MEMORY, MemoryEntry,
    Span, TableEntry, TagEntry, extern_kind,
};
use crate::module::names::NameOf;
use crate::module::object::descriptor_bytes;
use crate::module::spaces::put;
use crate::module::valtype::{built, ref_type_of, val_type};
use crate::types::{ExternKind, Limits, MemoryType, PAGE_LOG2, ValType, most_pages};

/// Limits as they stand in the binary.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawLimits {
    pub(super) min: u64,
    /// `u64::MAX` when none is declared.
    pub(super) max: u64,
    pub(super) is64: bool,
    /// Of memories: see [`MemoryType`].
    pub(super) shared: bool,
    pub(super) page_log2: u8,
}

impl RawLimits {
    /// Limits of a memory as its type.
    pub(super) fn memory(&self) -> MemoryType {
        let RawLimits { min, max, is64, shared, page_log2 } = *self;
        MemoryType { limits: Limits { min, max }, is64, shared, page_log2 }
    }
}

/// Bits of a limits' flags byte (specification section 5.3.8).
const LIMITS_MAX: u8 = 1;
const LIMITS_SHARED: u8 = 2;
const LIMITS_64: u8 = 4;
const LIMITS_PAGE_SIZE: u8 = 8;

impl Driver<'_> {
    // ---- functions ----

    /// As many function declarations as there are bytes for.
    pub(super) fn functions(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let header = self.b.header;
        let mut first = true;
        while self.left != 0 {
            let at = (r.pos(), r.offset());
            let ty = match r.u32() {
                Ok(ty) => ty,
                Err(Stop::SHORT) if !first => {
                    r.seek(at.0);
                    return Ok(());
                }
                Err(stop) => {
                    self.fault = Some(at.1);
                    return Err(stop);
                }
            };
            match self.b.func_type(ty) {
                Ok(entry) => {
                    let func = FuncEntry { ty: entry.canon, ..FuncEntry::default() };
                    put(&mut self.b, header.funcs, header.imported_funcs + self.index, func);
                }
                Err(stop) => {
                    self.fault = Some(at.1);
                    return Err(stop);
                }
            }
            self.next_item();
            first = false;
        }
        Ok(())
    }

    // ---- tables and memories ----

    fn limits(&mut self, r: &mut Reader<'_>, is_memory: bool) -> Result<RawLimits, Stop> {
        let flags = r.byte()?;
        let of_memories = LIMITS_SHARED | LIMITS_PAGE_SIZE;
        if flags & !(LIMITS_MAX | LIMITS_64 | of_memories) != 0 || flags & of_memories != 0 && !is_memory {
            return Err(Reason::MalformedLimits.into());
        }
        let shared = flags & LIMITS_SHARED != 0;
        if shared {
            self.require(Proposals::THREADS)?;
        }
        if flags & LIMITS_PAGE_SIZE != 0 {
            self.require(Proposals::CUSTOM_PAGE_SIZES)?;
        }
        let is64 = flags & LIMITS_64 != 0;
        if is64 {
            self.require(Proposals::MEMORY64)?;
        }
        // 3.0 writes every limit as a 64-bit number; a size beyond the index type's range is then
        // invalid rather than malformed.
        let wide = self.b.budget.proposals.has(Proposals::MEMORY64);
        let mut size = || if wide { r.u64() } else { r.u32().map(u64::from) };
        let min = size()?;
        let max = if flags & LIMITS_MAX != 0 { Some(size()?) } else { None };
        let page_log2 = if flags & LIMITS_PAGE_SIZE != 0 { page_log2(r.u32()?)? } else { PAGE_LOG2 };
        if shared && max.is_none() {
            return Err(Reason::SharedMemoryMaximum.into());
        }
        if max.is_some_and(|max| min > max) {
            return Err(Reason::LimitsMinOverMax.into());
        }
        let (most, reason) = match (is_memory, is64) {
            (true, _) => (most_pages(is64, page_log2), Reason::MemorySize),
            (false, false) => (u32::MAX as u64, Reason::TableSize),
            (false, true) => (u64::MAX, Reason::TableSize),
        };
        if min > most || max.is_some_and(|max| max > most) {
            return Err(reason.into());
        }
        Ok(RawLimits { min, max: max.unwrap_or(u64::MAX), is64, shared, page_log2 })
    }

    /// Limits of a table, in elements.
    pub(super) fn table_limits(&mut self, r: &mut Reader<'_>) -> Result<RawLimits, Stop> {
        self.limits(r, false)
    }

    /// Limits of a memory, in pages.
    pub(super) fn memory_limits(&mut self, r: &mut Reader<'_>) -> Result<RawLimits, Stop> {
        self.limits(r, true)
    }

    pub(super) fn table(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let mut code = r.byte()?;
        let has_init = code == 0x40;
        if has_init {
            if r.byte()? != 0 {
                return Err(Reason::MalformedReserved.into());
            }
            self.require(Proposals::FUNCTION_REFERENCES)?;
            code = r.byte()?;
        }
        let ty = ref_type_of(&mut self.b, r, code)?;
        if !has_init && !ty.is_defaultable() {
            return Err(Reason::TypeMismatch.into());
        }
        let limits = self.table_limits(r)?;
        let budget = &self.b.budget;
        let most = budget.max_table_elements as u64;
        let reserve = (budget.table_reserve as u64).min(most);
        self.check_limit(limits.min, self.b.budget.max_table_elements, Reason::LimitTableElements)?;
        let ceiling =
            if limits.max == u64::MAX { limits.min.max(reserve) } else { limits.max.min(most).max(limits.min) };
        let entry = TableEntry {
            min: limits.min,
            max: limits.max,
            ceiling,
            ty,
            is64: limits.is64 as u32,
            init: ConstExpr::ZERO,
        };
        let at = self.b.header.imported_tables + self.index;
        let tables = self.b.header.tables;
        put(&mut self.b, tables, at, entry);
        if has_init {
            self.begin_expr(ExprOf::Table, ty, r.offset());
        } else {
            self.next_item();
        }
        Ok(())
    }

    /// The initialiser of the table at hand is read.
    pub(super) fn table_init(&mut self, init: ConstExpr) {
        if !Proposals::FUNCTION_REFERENCES.is_built() {
            return;
        }
        let (span, at) = (self.b.header.tables, self.b.header.imported_tables + self.index);
        edit(self.b.entries_mut::<TableEntry>(span), at as usize, |entry| entry.init = init);
        self.next_item();
    }

    pub(super) fn memory(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let entry = MemoryEntry::of(&self.memory_limits(r)?.memory());
        self.memory_bytes = self.memory_bytes.saturating_add(entry.bytes(entry.min));
        if self.memory_bytes > self.b.budget.max_memory_bytes {
            self.b.need = self.memory_bytes;
            return Err(Reason::LimitMemoryBytes.into());
        }
        if entry.shared != 0 {
            self.b.header.flags |= MODULE_SHARED_MEMORY;
        }
        let at = self.b.header.imported_memories + self.index;
        let memories = self.b.header.memories;
        put(&mut self.b, memories, at, entry);
        self.next_item();
        Ok(())
    }

    // ---- tags ----

    /// The type of a tag: its canonical index.
    pub(super) fn tag_type(&mut self, r: &mut Reader<'_>) -> Result<u32, Stop> {
        if r.byte()? != 0 {
            return Err(Reason::MalformedReserved.into());
        }
        let entry = self.b.func_type(r.u32()?)?;
        if entry.results != 0 {
            return Err(Reason::TagResult.into());
        }
        Ok(entry.canon)
    }

    pub(super) fn tag(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        built(Proposals::EXCEPTION_HANDLING)?;
        let ty = self.tag_type(r)?;
        let (tags, at) = (self.b.header.tags, self.b.header.imported_tags + self.index);
        put(&mut self.b, tags, at, TagEntry { ty });
        let entry = self.b.type_entry(ty)?;
        let refs = self.b.signature(&entry).0.iter().filter(|&&p| self.b.traced(p).is_some()).count();
        self.b.add_heap(descriptor_bytes(refs as u32));
        self.next_item();
        Ok(())
    }

    // ---- globals ----

    pub(super) fn global_type(&mut self, r: &mut Reader<'_>) -> Result<(ValType, bool), Stop> {
        let ty = val_type(&mut self.b, r)?;
        match r.byte()? {
            0 => Ok((ty, false)),
            1 => Ok((ty, true)),
            _ => Err(Reason::MalformedMutability.into()),
        }
    }

    pub(super) fn global(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let (ty, mutable) = self.global_type(r)?;
        let cell = self.b.header.global_cells;
        self.b.header.global_cells += ty.slots();
        let entry = GlobalEntry { ty, mutable: mutable as u32, cell, reserved: 0, init: ConstExpr::ZERO };
        let at = self.b.header.imported_globals + self.index;
        let globals = self.b.header.globals;
        put(&mut self.b, globals, at, entry);
        self.begin_expr(ExprOf::Global, ty, r.offset());
        Ok(())
    }

    /// The initialiser of the global at hand is read.
    pub(super) fn global_init(&mut self, init: ConstExpr) {
        let (span, at) = (self.b.header.globals, self.b.header.imported_globals + self.index);
        edit(self.b.entries_mut::<GlobalEntry>(span), at as usize, |entry| entry.init = init);
        self.next_item();
    }

    // ---- exports and start ----

    pub(super) fn begin_exports(&mut self, count: u32) -> Result<(), Stop> {
        self.check_limit(count as u64, self.b.budget.max_exports, Reason::LimitExports)?;
        self.b.header.exports = self.b.alloc_table::<ExportEntry>(count)?;
        if count != 0 {
            // Counts of bytes fit 32 bits, and so do their next powers of two but for the largest.
            let buckets = (count as u64).next_power_of_two().min(1 << 31) as u32;
            self.b.header.export_buckets = self.b.alloc_table::<u32>(buckets)?;
        }
        Ok(())
    }

    pub(super) fn begin_export(&mut self) {
        self.begin_name(NameOf::Export);
    }

    /// The name of an export is read: it must be the first of its kind.
    pub(super) fn export_named(&mut self) -> Result<(), Stop> {
        let (exports, buckets) = (self.b.header.exports, self.b.header.export_buckets);
        let bucket = self.name.hash as usize & (buckets.len as usize).wrapping_sub(1);
        let head = self.b.entries::<u32>(buckets).get(bucket).copied().unwrap_or(0);
        let mut at = head;
        while let Some(other) = self.b.entries::<ExportEntry>(exports).get(at.wrapping_sub(1) as usize) {
            if other.hash == self.name.hash && self.kept(other.name) == self.kept(self.name.span) {
                self.fault = Some(self.name.at);
                return Err(Reason::DuplicateExport.into());
            }
            at = other.next;
        }
        let entry = ExportEntry { name: self.name.span, kind: 0, index: 0, hash: self.name.hash, next: head };
        put(&mut self.b, exports, self.index, entry);
        put(&mut self.b, buckets, bucket as u32, self.index + 1);
        self.state = State::ExportDesc;
        Ok(())
    }

    /// The bytes of a name that was read before.
    fn kept(&self, span: Span) -> &[u8] {
        match self.text {
            Some(text) => text.get(span.off as usize..).and_then(|t| t.get(..span.len as usize)).unwrap_or(&[]),
            None => self.b.bytes(span),
        }
    }

    pub(super) fn export_desc(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let code = r.byte()?;
        let Some(kind) = extern_kind(code as u32) else {
            return Err(Reason::MalformedExportKind.into());
        };
        let index = r.u32()?;
        match kind {
            ExternKind::Func => self.b.flag_func(index, FUNC_DECLARED | FUNC_REFERENCED)?,
            ExternKind::Table => {
                self.b.table(index)?;
            }
            ExternKind::Memory => {
                self.b.memory(index)?;
            }
            ExternKind::Global => {
                if self.b.global(index)?.mutable != 0 {
                    self.require(Proposals::MUTABLE_GLOBALS)?;
                }
            }
            ExternKind::Tag => {
                self.require(Proposals::EXCEPTION_HANDLING)?;
                self.b.tag_type(index)?;
            }
        }
        let span = self.b.header.exports;
        edit(self.b.entries_mut::<ExportEntry>(span), self.index as usize, |entry| {
            entry.kind = code as u32;
            entry.index = index;
        });
        self.next_item();
        Ok(())
    }

    pub(super) fn start(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let index = r.u32()?;
        let func = self.b.func(index)?;
        let ty = self.b.type_entry(func.ty)?;
        if ty.params != 0 || ty.results != 0 {
            return Err(Reason::StartFunction.into());
        }
        self.b.header.start = index;
        self.next_item();
        Ok(())
    }
}

/// A page size by its binary logarithm: one byte or 64 KiB.
fn page_log2(log2: u32) -> Result<u8, Reason> {
    match log2 {
        0 => Ok(0),
        _ if log2 == PAGE_LOG2 as u32 => Ok(PAGE_LOG2),
        1..64 => Err(Reason::InvalidPageSize),
        _ => Err(Reason::MalformedPageSize),
    }
}
