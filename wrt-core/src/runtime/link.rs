//! The links of an instance: the group that it joins, and the binding words for its imports.
//!
//! Owns the writing of binding words. Knows nothing of initial contents.

use crate::budget::Proposals;
use crate::error::{Error, Reason};
use crate::module::layout::{FuncEntry, TagEntry};
use crate::module::{Import, Module};
use crate::runtime::access::{at, global, import_binding, memory, module_of, table};
use crate::runtime::imports::{self, Extern, Imports};
use crate::runtime::instance::Instance;
use crate::runtime::layout::{ImportBinding, InstanceHeader, MemInst, TableInst, direct};
use crate::runtime::{shared, typing};
use crate::types::{ExternType, Limits};
use core::ptr;

/// Whether instances can be linked in this build. Without it a group has one instance, whose number is 0.
pub(crate) const LINKING: bool = cfg!(feature = "linking");

/// The instances that may refer to one another: a list from the first, in the order of joining.
pub(crate) struct Group {
    /// The first instance; null while nobody has been named.
    root: *mut InstanceHeader,
    /// The group's next number for a type, before the types of the instance that joins had theirs.
    types_before: Option<u32>,
}

impl Group {
    /// The one group of these instances.
    ///
    /// # Errors
    /// [`Reason::ForeignGroup`] when they are of different groups; its detail is `u64::MAX`.
    pub(crate) fn of(linked: &[Instance<'_>]) -> Result<Self, Error> {
        let mut group = Group { root: ptr::null_mut(), types_before: None };
        if !LINKING {
            let none = Error::new(Reason::NotBuilt).detail(u64::MAX);
            return if linked.is_empty() { Ok(group) } else { Err(none) };
        }
        for other in linked {
            group.admit(*other).map_err(|reason| Error::new(reason).detail(u64::MAX))?;
        }
        Ok(group)
    }

    /// Makes sure that `other` is of this group.
    fn admit(&mut self, other: Instance<'_>) -> Result<(), Reason> {
        // SAFETY: the handle vouches for a live instance.
        let root = ptr::with_exposed_provenance_mut(unsafe { (*other.header).root } as usize);
        if self.root.is_null() {
            self.root = root;
        }
        if other.linkable && self.root == root { Ok(()) } else { Err(Reason::ForeignGroup) }
    }

    /// Takes back the numbers of an instance that did not come about.
    pub(crate) fn unregister(&self) {
        if LINKING && let (Some(before), false) = (self.types_before, self.root.is_null()) {
            // SAFETY: the root is a live instance.
            unsafe { (*self.root).next_type = before }
        }
    }

    /// Gives the types of `inst` their numbers, once.
    ///
    /// # Safety
    /// The header of `inst` is written.
    unsafe fn register(&mut self, inst: *mut InstanceHeader) {
        if self.types_before.is_none() {
            let root = if self.root.is_null() { inst } else { self.root };
            // SAFETY: as the caller vouches; the root is a live instance.
            unsafe {
                self.types_before = Some((*root).next_type);
                typing::register(inst, root);
            }
        }
    }

    /// The last instance of the group; null where there is none.
    fn last(&self) -> *mut InstanceHeader {
        let mut last = self.root;
        if LINKING && !last.is_null() {
            // SAFETY: `root` and `next` are addresses of live instances, or 0 at the list's end.
            unsafe {
                while (*last).next != 0 {
                    last = ptr::with_exposed_provenance_mut((*last).next as usize);
                }
            }
        }
        last
    }

    /// The number of the next instance to join.
    pub(crate) fn next_id(&self) -> u32 {
        let last = self.last();
        // SAFETY: `last` is null or a live instance.
        if last.is_null() { 0 } else { unsafe { (*last).id.saturating_add(1) } }
    }

    /// Puts `inst` at the end of the list.
    ///
    /// # Safety
    /// `inst` is live, numbered by [`Group::next_id`], and lives as long as the group.
    pub(crate) unsafe fn join(&self, inst: *mut InstanceHeader) {
        let last = self.last();
        // SAFETY: as the caller vouches.
        unsafe {
            (*inst).next = 0;
            if last.is_null() {
                (*inst).root = inst.expose_provenance() as u64;
            } else {
                (*inst).root = self.root.expose_provenance() as u64;
                (*last).next = inst.expose_provenance() as u64;
            }
        }
    }

    /// Takes `inst`, the last to have joined, out of the list.
    ///
    /// # Safety
    /// Nothing in the group refers to `inst`.
    pub(crate) unsafe fn leave(&self, inst: *mut InstanceHeader) {
        if !LINKING {
            return;
        }
        let address = inst.addr() as u64;
        let mut at = self.root;
        // SAFETY: `root` and `next` are addresses of live instances, or 0 at the list's end.
        unsafe {
            while !at.is_null() {
                if (*at).next == address {
                    (*at).next = 0;
                }
                at = ptr::with_exposed_provenance_mut((*at).next as usize);
            }
        }
    }
}

/// Resolves the imports of `inst`, checks their types and writes their binding words.
///
/// # Errors
/// See [`Instance::new`]; the detail is the number of the import.
///
/// # Safety
/// The header of `inst` is written; what `imports` gives lives as long as the instance.
pub(crate) unsafe fn bind<'a>(
    inst: *mut InstanceHeader,
    imports: &dyn Imports<'a>,
    group: &mut Group,
) -> Result<(), Error> {
    // SAFETY: as the caller vouches.
    let module: Module<'a> = unsafe { module_of(inst) };
    for i in 0..module.import_count() {
        let bound = match module.import(i) {
            // SAFETY: as the caller vouches.
            Some(import) => unsafe { bind_one(inst, &import, imports, group) },
            None => Err(Reason::Internal),
        };
        bound.map_err(|reason| Error::new(reason).detail(i as u64))?;
    }
    // SAFETY: as the caller vouches.
    unsafe { group.register(inst) };
    Ok(())
}

unsafe fn bind_one<'a>(
    inst: *mut InstanceHeader,
    import: &Import<'a>,
    imports: &dyn Imports<'a>,
    group: &mut Group,
) -> Result<(), Reason> {
    match imports.resolve(import).ok_or(Reason::UnknownImport)? {
        Extern::Host(host) => {
            imports::match_host(&import.ty, &host)?;
            // SAFETY: an import of a function has a place among the bindings.
            unsafe { set_func(inst, import.index, host.binding()) };
            Ok(())
        }
        Extern::Instance(..) if !LINKING => Err(Reason::NotBuilt),
        Extern::Instance(other, export) => {
            group.admit(other)?;
            // SAFETY: as the caller vouches.
            unsafe { group.register(inst) };
            let export = other.module().export(export).ok_or(Reason::UnknownImport)?;
            // SAFETY: the handle vouches for a live instance.
            let fits = unsafe { bind_export(inst, import, other.header, export.index, &export.ty) };
            if fits == Some(true) { Ok(()) } else { Err(Reason::IncompatibleImport) }
        }
        Extern::SharedMemory(memory) => {
            match import.ty {
                ExternType::Memory(want)
                    if Proposals::THREADS.is_built() && imports::match_memory(&want, &memory.memory_type()) => {}
                _ => return Err(Reason::IncompatibleImport),
            }
            // SAFETY: an import of a memory has a place among the addresses.
            unsafe { set_memory(inst, import.index, memory.raw()) };
            Ok(())
        }
    }
}

/// Binds an import to what `other` has under `index`; `None` or false when the types do not match.
unsafe fn bind_export(
    inst: *mut InstanceHeader,
    import: &Import<'_>,
    other: *mut InstanceHeader,
    index: u32,
    given: &ExternType<'_>,
) -> Option<bool> {
    // SAFETY: both instances are live; the import has a place in the array of its kind.
    unsafe {
        let fits;
        match (import.ty, *given) {
            (ExternType::Func(_), ExternType::Func(_)) => {
                // An import of an import is bound to what that one is bound to.
                let own = ImportBinding { call: 0, user: other.expose_provenance() as u64, func: index, direct: 0 };
                let binding = import_binding(other, index).unwrap_or(own);
                let (definer, func) = if binding.call == 0 {
                    (ptr::with_exposed_provenance_mut(binding.user as usize), binding.func)
                } else {
                    (other, index)
                };
                fits = typing::is_below(definer, func_type(definer, func)?, inst, func_type(inst, import.index)?);
                if fits {
                    set_func(inst, import.index, binding);
                }
            }
            (ExternType::Table(ty, limits, is64), ExternType::Table(given, ..)) => {
                let t = table(other, index)?;
                let now = Limits { min: (*t).len, max: (*t).max };
                fits = imports::match_table((limits, is64), (now, (*t).is64 != 0))
                    && typing::equal(other, given, inst, ty);
                at::<u64>(inst, (*inst).table_ptrs).add(import.index as usize).write(t.expose_provenance() as u64);
            }
            (ExternType::Memory(want), ExternType::Memory(_)) => {
                let mem = memory(other, index)?;
                fits = imports::match_memory(&want, &shared::memory_type(mem));
                set_memory(inst, import.index, mem);
            }
            (ExternType::Global(ty, mutable), ExternType::Global(given, given_mutable)) => {
                let (_, cell) = global(other, index)?;
                // What can be written through must be of the very type.
                fits = mutable == given_mutable
                    && if mutable {
                        typing::equal(other, given, inst, ty)
                    } else {
                        typing::matches(other, given, inst, ty)
                    };
                at::<u64>(inst, (*inst).global_ptrs).add(import.index as usize).write(cell.expose_provenance() as u64);
            }
            (ExternType::Tag(_), ExternType::Tag(_)) => {
                fits = typing::number(other, tag_type(other, index)?)
                    == typing::number(inst, tag_type(inst, import.index)?);
                let identity = at::<u32>(other, (*other).tags).add(index as usize).read();
                at::<u32>(inst, (*inst).tags).add(import.index as usize).write(identity);
            }
            _ => fits = false,
        }
        Some(fits)
    }
}

/// The canonical type index of a function.
unsafe fn func_type(inst: *mut InstanceHeader, index: u32) -> Option<u32> {
    // SAFETY: the instance is live.
    let module = unsafe { module_of(inst) };
    module.entries::<FuncEntry>(module.header().funcs).get(index as usize).map(|f| f.ty)
}

/// The canonical type index of a tag.
unsafe fn tag_type(inst: *mut InstanceHeader, index: u32) -> Option<u32> {
    // SAFETY: the instance is live.
    let module = unsafe { module_of(inst) };
    module.entries::<TagEntry>(module.header().tags).get(index as usize).map(|t| t.ty)
}

unsafe fn set_func(inst: *mut InstanceHeader, index: u32, binding: ImportBinding) {
    // SAFETY: the import has a place among the bindings.
    unsafe {
        let direct = module_of(inst).func_type(index).map_or(0, |ty| direct::of(&ty, binding.call != 0));
        at::<ImportBinding>(inst, (*inst).import_funcs).add(index as usize).write(ImportBinding { direct, ..binding });
    }
}

unsafe fn set_memory(inst: *mut InstanceHeader, index: u32, mem: *mut MemInst) {
    // SAFETY: the import has a place among the addresses of memories.
    unsafe { at::<u64>(inst, (*inst).memory_ptrs).add(index as usize).write(mem.expose_provenance() as u64) }
}

/// Writes the addresses of the defined tables behind those of the imported ones.
///
/// # Safety
/// The header of `inst` is written.
pub(crate) unsafe fn point_at_tables(inst: *mut InstanceHeader) {
    // SAFETY: `table_ptrs` has an entry for each table of the index space.
    unsafe {
        let header = module_of(inst).header();
        let to = at::<u64>(inst, (*inst).table_ptrs);
        for (k, index) in (header.imported_tables..header.tables.len).enumerate() {
            let t = at::<TableInst>(inst, (*inst).tables).add(k);
            to.add(index as usize).write(t.expose_provenance() as u64);
        }
    }
}

/// Writes the addresses of the defined memories behind those of the imported ones.
///
/// # Safety
/// The header of `inst` is written.
pub(crate) unsafe fn point_at_memories(inst: *mut InstanceHeader) {
    // SAFETY: `memory_ptrs` has an entry for each memory of the index space.
    unsafe {
        let header = module_of(inst).header();
        let to = at::<u64>(inst, (*inst).memory_ptrs);
        for (k, index) in (header.imported_memories..header.memories.len).enumerate() {
            let mem = at::<MemInst>(inst, (*inst).memories).add(k);
            to.add(index as usize).write(mem.expose_provenance() as u64);
        }
    }
}
