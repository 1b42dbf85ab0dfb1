//! Modules: their layout in an arena, their construction from bytes, and what can be asked of them.
//!
//! Owns [`Module`], the immutable handle to a loaded module, and its queries. Knows nothing of
//! instances or of how code runs.

mod bodies;
pub(crate) mod build;
mod driver;
mod expr;
pub(crate) mod layout;
mod loader;
mod metadata;
mod names;
pub(crate) mod object;
mod plan;
mod sections;
mod segments;
mod spaces;
mod stack_bound;
mod types;
pub(crate) mod valtype;

pub use loader::Loader;
pub use metadata::{BranchHint, BranchHints};

use crate::arena::{ARENA_ALIGN, Arena};
use crate::budget::{LoadBudget, Plan};
use crate::error::{Error, Reason};
use crate::module::layout::{
    ExportEntry, FuncEntry, GlobalEntry, ImportEntry, MODULE_TOKEN, MemoryEntry, ModuleHeader, Span, TableEntry,
    TagEntry, TextSpan, TypeEntry,
};
use crate::types::{ExternKind, ExternType, FuncType, Limits, MemoryType, ValType};
use core::marker::PhantomData;

/// A loaded module: validated, translated, immutable (specification section 4.2.5, *module*).
///
/// A small handle into the arena that [`Module::load`] took it from. It may be copied, and used
/// from several threads at once.
#[derive(Clone, Copy)]
pub struct Module<'a> {
    header: *const ModuleHeader,
    held: PhantomData<&'a [u8]>,
}

// SAFETY: a loaded module is never written again, so that any thread may read it.
unsafe impl Send for Module<'_> {}
// SAFETY: as for `Send`.
unsafe impl Sync for Module<'_> {}

/// One import of a module (specification section 2.5.11).
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// Name of the module to import from.
    pub module: &'a str,
    /// Name of the object in it.
    pub name: &'a str,
    /// The type that the object must have.
    pub ty: ExternType<'a>,
    /// Index in the index space of its kind.
    pub index: u32,
}

/// One export of a module (specification section 2.5.10).
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The name under which it is exported.
    pub name: &'a str,
    /// Its type.
    pub ty: ExternType<'a>,
    /// Index in the index space of its kind.
    pub index: u32,
}

impl<'a> Module<'a> {
    /// Decodes, validates and translates a module into the arena, in one pass.
    ///
    /// `wasm` is the whole binary; names, data segments and the name section are borrowed from it.
    /// The loaded module takes [`Plan::module`] bytes of the arena; [`Plan::load_scratch`] more
    /// must be at hand during the load.
    ///
    /// # Errors
    /// Where the bytes break the binary format (`Malformed`), validation (`Invalid`), the budget
    /// (`Budget`) or use a proposal that is off (`Unsupported`): the first such place, with its
    /// offset. [`Reason::ArenaTooSmall`] with the size that suffices or, where the arena ends before the
    /// code begins, with one that gets further: [`Module::plan`] has the exact one. The arena is
    /// unchanged after an error.
    pub fn load(arena: &mut Arena<'a>, wasm: &'a [u8], budget: &LoadBudget) -> Result<Module<'a>, Error> {
        loader::load(arena, wasm, budget)
    }

    /// Says what [`Module::load`] will need, without loading: the loader runs in full, but code is
    /// counted rather than stored. `scratch` is unchanged afterwards.
    ///
    /// # Errors
    /// Those of [`Module::load`]; [`Reason::ArenaTooSmall`] speaks of `scratch`.
    pub fn plan(wasm: &[u8], budget: &LoadBudget, scratch: &mut Arena<'_>) -> Result<Plan, Error> {
        loader::plan(wasm, budget, scratch)
    }

    /// Checks a module without loading it; [`Module::plan`] without its result.
    ///
    /// # Errors
    /// Those of [`Module::plan`].
    pub fn validate(wasm: &[u8], budget: &LoadBudget, scratch: &mut Arena<'_>) -> Result<(), Error> {
        Self::plan(wasm, budget, scratch).map(|_| ())
    }

    /// The handle of a module whose header was written at `base`.
    ///
    /// # Safety
    /// `base` is that of a complete module which stays where and as it is for `'a`.
    pub(crate) unsafe fn from_base(base: *const u8) -> Module<'a> {
        Module { header: base.cast(), held: PhantomData }
    }

    /// The header at the module's front.
    #[inline]
    pub(crate) fn header(self) -> &'a ModuleHeader {
        // SAFETY: the constructors vouch for a complete module that outlives `'a`.
        unsafe { &*self.header }
    }
    /// The module's first byte; every offset in its layout counts from here.
    #[inline]
    pub(crate) fn base(self) -> *const u8 {
        self.header.cast()
    }

    /// The entries of one of the module's tables.
    #[inline]
    pub(crate) fn entries<T: Copy>(self, span: Span) -> &'a [T] {
        if span.len == 0 {
            return &[];
        }
        // SAFETY: spans in a module's header and entries were made by the loader for their entry
        // type, within the module, and aligned for it; every entry was written.
        unsafe { core::slice::from_raw_parts(self.base().add(span.off as usize).cast(), span.len as usize) }
    }

    /// The code words of all functions.
    pub(crate) fn code(self) -> &'a [u64] {
        self.entries::<u64>(self.header().code)
    }
    /// The bytes of a run of the module's text.
    pub(crate) fn text(self, span: TextSpan) -> &'a [u8] {
        if span.len == 0 {
            return &[];
        }
        let borrowed = self.header().borrowed;
        let from =
            if borrowed == 0 { self.base() } else { core::ptr::with_exposed_provenance::<u8>(borrowed as usize) };
        // SAFETY: text spans were made by the loader within the lent bytes (which live for `'a`), or
        // within the module where the bytes were copied.
        unsafe { core::slice::from_raw_parts(from.add(span.off as usize), span.len as usize) }
    }

    fn name(self, span: TextSpan) -> &'a str {
        // SAFETY: the loader refuses names that are not UTF-8 (specification section 5.2.4).
        unsafe { core::str::from_utf8_unchecked(self.text(span)) }
    }

    /// Number of imports of every kind.
    #[must_use]
    pub fn import_count(self) -> u32 {
        self.header().imports.len
    }
    /// Number of exports.
    #[must_use]
    pub fn export_count(self) -> u32 {
        self.header().exports.len
    }
    /// Number of functions, imported ones included.
    #[must_use]
    pub fn func_count(self) -> u32 {
        self.header().funcs.len
    }

    /// The import with this number, in the order of the binary.
    #[must_use]
    pub fn import(self, i: u32) -> Option<Import<'a>> {
        let entry = self.entries::<ImportEntry>(self.header().imports).get(i as usize)?;
        Some(Import {
            module: self.name(entry.module),
            name: self.name(entry.name),
            ty: self.extern_type(entry.kind, entry.index)?,
            index: entry.index,
        })
    }

    /// The export with this number, in the order of the binary.
    #[must_use]
    pub fn export(self, i: u32) -> Option<Export<'a>> {
        let entry = self.entries::<ExportEntry>(self.header().exports).get(i as usize)?;
        self.export_of(entry)
    }

    /// The export of this name.
    #[must_use]
    pub fn find_export(self, name: &str) -> Option<Export<'a>> {
        self.find_export_index(name).and_then(|i| self.export(i))
    }

    /// The number of the export of this name.
    pub(crate) fn find_export_index(self, name: &str) -> Option<u32> {
        let header = self.header();
        let buckets = self.entries::<u32>(header.export_buckets);
        let exports = self.entries::<ExportEntry>(header.exports);
        let hash = layout::hash_bytes(layout::HASH_START, name.as_bytes());
        let mut at = *buckets.get(hash as usize & buckets.len().wrapping_sub(1))?;
        while let Some(entry) = exports.get(at.wrapping_sub(1) as usize) {
            if entry.hash == hash && self.text(entry.name) == name.as_bytes() {
                return Some(at - 1);
            }
            at = entry.next;
        }
        None
    }

    fn export_of(self, entry: &ExportEntry) -> Option<Export<'a>> {
        Some(Export { name: self.name(entry.name), ty: self.extern_type(entry.kind, entry.index)?, index: entry.index })
    }

    fn extern_type(self, kind: u32, index: u32) -> Option<ExternType<'a>> {
        let header = self.header();
        let i = index as usize;
        Some(match layout::extern_kind(kind)? {
            ExternKind::Func => ExternType::Func(self.func_type(index)?),
            ExternKind::Table => {
                let t = self.entries::<TableEntry>(header.tables).get(i)?;
                ExternType::Table(t.ty, Limits { min: t.min, max: t.max }, t.is64 != 0)
            }
            ExternKind::Memory => {
                let m = self.entries::<MemoryEntry>(header.memories).get(i)?;
                ExternType::Memory(m.ty())
            }
            ExternKind::Global => {
                let g = self.entries::<GlobalEntry>(header.globals).get(i)?;
                ExternType::Global(g.ty, g.mutable != 0)
            }
            ExternKind::Tag => ExternType::Tag(self.tag_type(index)?),
        })
    }

    /// The type of a function (index space: imports first).
    #[must_use]
    pub fn func_type(self, index: u32) -> Option<FuncType<'a>> {
        let header = self.header();
        let func = self.entries::<FuncEntry>(header.funcs).get(index as usize)?;
        self.type_at(func.ty)
    }

    /// The type of a tag (index space: imports first): its parameters are what an exception carries.
    #[must_use]
    pub fn tag_type(self, index: u32) -> Option<FuncType<'a>> {
        let tag = self.entries::<TagEntry>(self.header().tags).get(index as usize)?;
        self.type_at(tag.ty)
    }

    /// The function type with this type index.
    pub(crate) fn type_at(self, index: u32) -> Option<FuncType<'a>> {
        let ty = self.entries::<TypeEntry>(self.header().types).get(index as usize)?;
        let all = self.entries::<ValType>(Span { off: ty.vals, len: ty.params as u32 + ty.results as u32 });
        let (params, results) = all.split_at_checked(ty.params as usize)?;
        Some(FuncType { params, results })
    }

    /// The function's name in the name section, as bytes that the section alone vouches for.
    #[must_use]
    pub fn func_name(self, index: u32) -> Option<&'a [u8]> {
        let mut r = crate::binary::Reader::new(self.text(self.header().names), 0);
        let count = r.u32().ok()?;
        for _ in 0..count {
            let at = r.u32().ok()?;
            let len = r.u32().ok()? as usize;
            let name = r.take(len);
            if name.len() < len {
                return None;
            }
            if at == index {
                return Some(name);
            }
        }
        None
    }

    /// The start function, if there is one.
    #[must_use]
    pub fn start(self) -> Option<u32> {
        let start = self.header().start;
        if start == u32::MAX { None } else { Some(start) }
    }
    /// Bytes of the arena that the module takes.
    #[must_use]
    pub fn size(self) -> u32 {
        self.header().size
    }
    /// Code words of eight bytes.
    #[must_use]
    pub fn code_words(self) -> u32 {
        self.header().code.len
    }
    /// Bytes that an instance of this module takes from its arena, tables at their ceilings
    /// included, linear memories excluded.
    #[must_use]
    pub fn instance_size(self) -> u64 {
        let header = self.header();
        let tables = self.entries::<TableEntry>(header.tables);
        crate::runtime::layout::instance_size(header, tables.get(header.imported_tables as usize..).unwrap_or(&[]))
    }
    /// Least bytes of a heap region for a group of an instance of this module alone; see
    /// [`Plan::heap_min`].
    #[must_use]
    pub fn heap_min(self) -> u64 {
        plan::heap_min(self.header())
    }
    /// The types of the linear memories that the module defines, in the order of their indices.
    pub fn own_memories(self) -> impl Iterator<Item = MemoryType> + 'a {
        let header = self.header();
        let memories = self.entries::<MemoryEntry>(header.memories).get(header.imported_memories as usize..);
        memories.unwrap_or(&[]).iter().map(MemoryEntry::ty)
    }
    /// Bytes of the module's own linear memories at their minimum, each rounded up to 16, in sum.
    #[must_use]
    pub fn memory_min(self) -> u64 {
        let header = self.header();
        let memories = self.entries::<MemoryEntry>(header.memories);
        plan::memory_min(memories.get(header.imported_memories as usize..).unwrap_or(&[]))
    }

    /// The address that stands for the module at a C boundary.
    #[must_use]
    pub fn as_raw(self) -> *const u8 {
        self.base()
    }

    /// The module that [`Module::as_raw`] named.
    ///
    /// # Errors
    /// [`Reason::NullPointer`]; [`Reason::BadHandle`] for a misaligned address or one where no
    /// module's token stands.
    ///
    /// # Safety
    /// The address is null, or 16 bytes or more can be read there; if it came from
    /// [`Module::as_raw`], the module still lives, unchanged, for `'a`.
    pub unsafe fn from_raw(raw: *const u8) -> Result<Module<'a>, Error> {
        if raw.is_null() {
            return Err(Error::new(Reason::NullPointer));
        }
        if !raw.addr().is_multiple_of(ARENA_ALIGN) {
            return Err(Error::new(Reason::BadHandle));
        }
        // SAFETY: the caller vouches for readable bytes; the address is aligned (checked above).
        let token = unsafe { (&raw const (*raw.cast::<ModuleHeader>()).token).read() };
        if token != MODULE_TOKEN {
            return Err(Error::new(Reason::BadHandle));
        }
        // SAFETY: the token stands there, so that the caller vouches for a live module.
        Ok(unsafe { Module::from_base(raw) })
    }
}

impl core::fmt::Debug for Module<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Module")
            .field("imports", &self.import_count())
            .field("exports", &self.export_count())
            .field("functions", &self.func_count())
            .field("size", &self.size())
            .finish()
    }
}
