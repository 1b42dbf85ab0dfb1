//! An instance as the embedder holds it: the handle, its configuration, and what it exports.
//!
//! Owns [`Instance`]; access to what an instance owns is in `memory`, `table` and `global`.

use crate::arena::{ARENA_ALIGN, Arena};
use crate::error::{Error, Reason};
use crate::module::{Export, Module};
use crate::runtime::create;
use crate::runtime::imports::Imports;
use crate::runtime::layout::{FuncRef, INSTANCE_NOT_STARTED, INSTANCE_TOKEN, InstanceHeader};
use crate::runtime::ops;
use crate::runtime::signature;
use crate::runtime::value::Value;
use crate::runtime::wait::Waiter;
use crate::types::{ExternType, FuncType};
use core::marker::PhantomData;

/// What an instance is made with.
pub struct InstanceConfig<'c, 'a> {
    /// Resolves the module's imports.
    pub imports: &'c dyn Imports<'a>,
    /// Instances whose group the new one joins, so that references may pass between them. Those
    /// that it imports from count without being named.
    pub linked: &'c [Instance<'a>],
    /// Where the module's own linear memories lie: memory `k` of them in region `k`, those beyond
    /// the last region together in that one. May be empty for a module without memories.
    ///
    /// Each memory gets its minimum; then, in order, each reserves up to its declared maximum, or
    /// all that its region has left where none is declared; whole pages only. Each begins at a
    /// multiple of 16 bytes.
    pub memories: &'c mut [Arena<'a>],
    /// The regions are zero already and need not be cleared.
    pub zeroed: bool,
    /// Bound in bytes on what the memories reserve in sum; 0 for no bound but the regions.
    pub memory_ceiling: u64,
    /// Where the exceptions of the group lie. The first that is given counts for the whole group, and is
    /// taken whole; a module with tags needs one.
    pub heap: Option<Arena<'a>>,
    /// Who lets guests wait at the shared memories that the module defines; `None` for nobody.
    pub waiter: Option<&'a Waiter<'a>>,
}

impl Default for InstanceConfig<'_, '_> {
    fn default() -> Self {
        InstanceConfig {
            imports: &(),
            linked: &[],
            memories: &mut [],
            zeroed: false,
            memory_ceiling: 0,
            heap: None,
            waiter: None,
        }
    }
}

impl core::fmt::Debug for InstanceConfig<'_, '_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("InstanceConfig")
            .field("linked", &self.linked)
            .field("memories", &self.memories)
            .field("zeroed", &self.zeroed)
            .field("memory_ceiling", &self.memory_ceiling)
            .field("heap", &self.heap)
            .finish_non_exhaustive()
    }
}

/// A function of an instance, for a task to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Func {
    /// Number of the instance in its group.
    pub instance: u32,
    /// Index of the function in that instance.
    pub index: u32,
}

impl Func {
    /// A reference to the function, as tables, globals and arguments of its group hold it.
    #[must_use]
    pub fn to_value(self) -> Value {
        Value::from_ref(FuncRef::new(self.instance, self.index).0)
    }
}

/// A module instance (specification section 4.2.5).
///
/// A small handle into the arena that [`Instance::new`] took it from. An instance, the others of
/// its group, and their tasks belong to one thread at a time; handles are neither `Send` nor `Sync`.
#[derive(Clone, Copy)]
pub struct Instance<'a> {
    pub(crate) header: *mut InstanceHeader,
    /// Whether others may be linked to it: not through a handle that lives for one host call.
    pub(crate) linkable: bool,
    // Invariant: instances of a group point at one another, so that a handle must not pretend to
    // live for less than the group does.
    held: PhantomData<*mut &'a ()>,
}

impl<'a> Instance<'a> {
    /// Makes an instance: links, allocates, initialises globals and tables, applies active segments
    /// (specification section 4.5.4, *instantiation*). A start function does not run here: a task
    /// runs it, before anything else and with fuel; see [`Instance::is_started`].
    ///
    /// Takes [`Module::instance_size`] bytes of the arena and the reserved part of each memory
    /// region.
    ///
    /// # Errors
    /// [`Reason::UnknownImport`], [`Reason::IncompatibleImport`], [`Reason::BadSignature`] or
    /// [`Reason::ForeignGroup`] with the number of the import as detail; [`Reason::NotBuilt`] for a
    /// link without the feature `linking`; [`Reason::ArenaTooSmall`];
    /// [`Reason::HeapRegion`] for a module with tags in a group without heap;
    /// [`Reason::MemoryRegion`] with the number among the module's own memories as detail;
    /// [`Reason::OutOfBoundsTable`] or [`Reason::OutOfBoundsMemory`] from an active segment, its
    /// number as detail. Arena and regions are unchanged then, with one exception that the
    /// specification asks for: where a segment does not fit but an earlier one has put references
    /// to the instance's functions into an imported table, the table keeps them, and with them the
    /// instance its bytes.
    pub fn new(
        arena: &mut Arena<'a>,
        module: Module<'a>,
        config: InstanceConfig<'_, 'a>,
    ) -> Result<Instance<'a>, Error> {
        // SAFETY: the arena, the module and whatever `config` names are lent for `'a`, to which the
        // handle is bound.
        unsafe { create::create(arena, module, config) }.map(|header| Instance {
            header,
            linkable: true,
            held: PhantomData,
        })
    }

    /// The handle of a live instance.
    ///
    /// # Safety
    /// `header` is that of an instance that lives for `'a`.
    pub(crate) unsafe fn from_header(header: *mut InstanceHeader) -> Self {
        Instance { header, linkable: true, held: PhantomData }
    }

    /// A handle to which nothing can be linked, so that it may be bound to less than the instance's life.
    ///
    /// # Safety
    /// `header` is that of an instance that lives for `'a`.
    pub(crate) unsafe fn borrowed(header: *mut InstanceHeader) -> Self {
        Instance { header, linkable: false, held: PhantomData }
    }

    /// The module.
    #[must_use]
    pub fn module(self) -> Module<'a> {
        // SAFETY: the instance lives, and its module as long.
        unsafe { ops::module_of(self.header) }
    }

    /// Number in the group, from 0 on.
    #[must_use]
    pub fn id(self) -> u32 {
        // SAFETY: the instance lives.
        unsafe { (*self.header).id }
    }

    /// The instance with this number in the group; `None` where there is none.
    #[must_use]
    pub fn member(self, id: u32) -> Option<Instance<'a>> {
        // SAFETY: the instance lives, and so do the others of its group.
        unsafe {
            let header = ops::instance_by_id(self.header, id);
            if header.is_null() { None } else { Some(Instance { header, ..self }) }
        }
    }

    /// Whether the start function has run to its end; true when there is none.
    #[must_use]
    pub fn is_started(self) -> bool {
        // SAFETY: the instance lives.
        unsafe { (*self.header).flags & INSTANCE_NOT_STARTED == 0 }
    }

    /// The exported function of this name; its type is checked where `sig` is given.
    ///
    /// # Errors
    /// [`Reason::ExportNotFound`], [`Reason::ExportKind`], [`Reason::BadSignature`],
    /// [`Reason::SignatureMismatch`].
    pub fn export_func(self, name: &str, sig: Option<&str>) -> Result<Func, Error> {
        let export = self.export(name)?;
        let ExternType::Func(ty) = export.ty else {
            return Err(Error::new(Reason::ExportKind));
        };
        if let Some(sig) = sig {
            signature::check(sig, &ty)?;
        }
        // SAFETY: the instance lives.
        let f = FuncRef(unsafe { ops::func_ref(self.header, export.index) });
        Ok(Func { instance: f.instance(), index: f.func() })
    }

    /// The type of a function of the group; `None` where there is no such function.
    #[must_use]
    pub fn func_type(self, f: Func) -> Option<FuncType<'a>> {
        // SAFETY: the instance lives, and so do the others of its group, with their modules.
        unsafe {
            let (inst, index) = ops::resolve_ref(self.header, FuncRef::new(f.instance, f.index))?;
            ops::module_of(inst).func_type(index)
        }
    }

    /// The index of the exported memory of this name.
    ///
    /// # Errors
    /// [`Reason::ExportNotFound`], [`Reason::ExportKind`].
    pub fn export_memory(self, name: &str) -> Result<u32, Error> {
        let export = self.export(name)?;
        if matches!(export.ty, ExternType::Memory(..)) { Ok(export.index) } else { Err(Error::new(Reason::ExportKind)) }
    }

    /// The index of the exported table of this name.
    ///
    /// # Errors
    /// [`Reason::ExportNotFound`], [`Reason::ExportKind`].
    pub fn export_table(self, name: &str) -> Result<u32, Error> {
        let export = self.export(name)?;
        if matches!(export.ty, ExternType::Table(..)) { Ok(export.index) } else { Err(Error::new(Reason::ExportKind)) }
    }

    /// The index of the exported global of this name.
    ///
    /// # Errors
    /// [`Reason::ExportNotFound`], [`Reason::ExportKind`].
    pub fn export_global(self, name: &str) -> Result<u32, Error> {
        let export = self.export(name)?;
        if matches!(export.ty, ExternType::Global(..)) { Ok(export.index) } else { Err(Error::new(Reason::ExportKind)) }
    }

    fn export(self, name: &str) -> Result<Export<'a>, Error> {
        self.module().find_export(name).ok_or(Error::new(Reason::ExportNotFound))
    }

    /// The address that stands for the instance at a C boundary.
    #[must_use]
    pub fn as_raw(self) -> *mut u8 {
        self.header.cast()
    }

    /// The instance that [`Instance::as_raw`] named.
    ///
    /// # Errors
    /// [`Reason::NullPointer`]; [`Reason::BadHandle`] for a misaligned address or one where no
    /// instance's token stands.
    ///
    /// # Safety
    /// The address is null, or 48 bytes or more can be read there; if it came from
    /// [`Instance::as_raw`], the instance still lives, with its group, for `'a`.
    pub unsafe fn from_raw(raw: *mut u8) -> Result<Instance<'a>, Error> {
        if raw.is_null() {
            return Err(Error::new(Reason::NullPointer));
        }
        if !raw.addr().is_multiple_of(ARENA_ALIGN) {
            return Err(Error::new(Reason::BadHandle));
        }
        let header = raw.cast::<InstanceHeader>();
        // SAFETY: the caller vouches for readable bytes; the address is aligned (checked above).
        if unsafe { (&raw const (*header).token).read() } != INSTANCE_TOKEN {
            return Err(Error::new(Reason::BadHandle));
        }
        // SAFETY: the token stands there, so that the caller vouches for a live instance.
        Ok(unsafe { Instance::from_header(header) })
    }
}

impl core::fmt::Debug for Instance<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Instance").field("id", &self.id()).field("started", &self.is_started()).finish()
    }
}
