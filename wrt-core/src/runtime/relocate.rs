//! Instances whose bytes are copied elsewhere: their binding words are left out, and written anew.
//!
//! An instance's bytes and the contents of its memories are a snapshot, the same on every target. Owns the checks on
//! bytes that come from outside, and the rebuilding of what points.

use crate::arena::ARENA_ALIGN;
use crate::error::{Error, Reason};
use crate::module::Module;
use crate::module::layout::{MODULE_SHARED_MEMORY, MemoryEntry};
use crate::runtime::access::at;
use crate::runtime::create::own_tables;
use crate::runtime::heap;
use crate::runtime::instance::{Instance, InstanceConfig};
use crate::runtime::layout::{
    INSTANCE_MEMORY_ZEROED, INSTANCE_NOT_STARTED, INSTANCE_TOKEN, InstanceHeader, MemInst, Parts, TableInst,
};
use crate::runtime::link::{self, Group};
use crate::runtime::regions;
use crate::runtime::wait;
use core::mem::offset_of;

impl<'a> Instance<'a> {
    /// Copies the instance's own bytes, for [`Instance::relocate`] in this process or on another target: words that
    /// bind it to this process are zero in the copy. Memories and the group's heap are copied by whoever lent them.
    /// Returns how many bytes were written: [`Module::instance_size`].
    ///
    /// # Errors
    /// [`Reason::ArenaTooSmall`] where `out` is shorter, with the need.
    pub fn snapshot(self, out: &mut [u8]) -> Result<usize, Error> {
        let module = self.module();
        let size = module.instance_size();
        let Some(out) = usize::try_from(size).ok().and_then(|size| out.get_mut(..size)) else {
            return Err(Error::new(Reason::ArenaTooSmall).need(size));
        };
        let inst = self.header;
        // SAFETY: the instance lives and has that many bytes.
        let h = unsafe {
            out.as_mut_ptr().copy_from_nonoverlapping(inst.cast(), out.len());
            inst.read()
        };
        let mut unbind = |at: usize, bytes: usize| {
            out.iter_mut().skip(at).take(bytes).for_each(|byte| *byte = 0);
        };
        for field in [
            offset_of!(InstanceHeader, module),
            offset_of!(InstanceHeader, next),
            offset_of!(InstanceHeader, root),
            offset_of!(InstanceHeader, heap),
            offset_of!(InstanceHeader, tasks),
        ] {
            unbind(field, 8);
        }
        unbind(h.global_ptrs as usize, h.binding_bytes as usize);
        let header = module.header();
        let memories = header.memories.len.saturating_sub(header.imported_memories) as usize;
        for k in 0..memories {
            let mem = h.memories as usize + k * size_of::<MemInst>();
            unbind(mem + offset_of!(MemInst, base), 8);
            unbind(mem + offset_of!(MemInst, owner), 8);
        }
        if header.flags & MODULE_SHARED_MEMORY != 0 {
            // The address of the waiter, behind the memories.
            unbind(h.memories as usize + memories * size_of::<MemInst>(), 8);
        }
        Ok(out.len())
    }

    /// Makes an instance of bytes that were copied from another: globals, tables, dropped segments
    /// and memories are as they were; imports are resolved again.
    ///
    /// `module` is one of the same WebAssembly bytes, loaded under the same budget. Each region of
    /// `config.memories` starts with a copy of the region of old, as far as the old instance took
    /// it: [`crate::MemoryView::ceiling`] bytes for each memory, of which those past its length
    /// need not be copied. `config.zeroed` says that they are zero; `config.memory_ceiling` has no
    /// effect. Instances of a group are moved in the order of their numbers, which they keep; all
    /// but the first name one before them in `config.linked` or import from it.
    ///
    /// # Errors
    /// [`Reason::NullPointer`], [`Reason::ArenaMisaligned`]; [`Reason::BadHandle`] where the bytes are
    /// not those of an instance of `module`; [`Reason::MemoryRegion`]; the linking errors of
    /// [`Instance::new`], and [`Reason::ForeignGroup`] where the order of numbers is broken. The
    /// regions are unchanged then, the instance's bytes may be overwritten.
    ///
    /// # Safety
    /// `raw` is null, or [`Module::instance_size`] bytes of `module` can be read and written there
    /// for `'a` and are used by nobody else.
    pub unsafe fn relocate(
        raw: *mut u8,
        module: Module<'a>,
        config: InstanceConfig<'_, 'a>,
    ) -> Result<Instance<'a>, Error> {
        if raw.is_null() {
            return Err(Error::new(Reason::NullPointer));
        }
        if !raw.addr().is_multiple_of(ARENA_ALIGN) {
            return Err(Error::new(Reason::ArenaMisaligned));
        }
        let inst = raw.cast::<InstanceHeader>();
        // SAFETY: the caller vouches for the bytes; what they say is checked before it is followed.
        unsafe {
            if !is_of(inst, module) {
                return Err(Error::new(Reason::BadHandle));
            }
            rebuild(inst, module, config)?;
            Ok(Instance::from_header(inst))
        }
    }
}

/// Whether the bytes at `inst` are laid out as an instance of this module, sizes within bounds.
unsafe fn is_of(inst: *mut InstanceHeader, module: Module<'_>) -> bool {
    let header = module.header();
    let tables = own_tables(module);
    let parts = Parts::of(header, tables);
    // SAFETY: the bytes are there for the size of an instance of this module, in which every part
    // of `parts` lies; integers may have any value.
    unsafe {
        let h = inst.read();
        let offsets = [
            (h.size, parts.size),
            (h.globals, parts.globals),
            (h.tables, parts.tables),
            (h.memories, parts.memories),
            (h.tags, parts.tags),
            (h.elems_dropped, parts.elems_dropped),
            (h.datas_dropped, parts.datas_dropped),
            (h.types, parts.types),
            (h.descs, parts.descs),
            (h.elem_cells, parts.elem_cells),
            (h.global_ptrs, parts.global_ptrs),
            (h.table_ptrs, parts.table_ptrs),
            (h.memory_ptrs, parts.memory_ptrs),
            (h.import_funcs, parts.import_funcs),
            (h.binding_bytes, parts.end - parts.global_ptrs),
        ];
        let flags = INSTANCE_NOT_STARTED | INSTANCE_MEMORY_ZEROED;
        if h.token != INSTANCE_TOKEN || h.flags & !flags != 0 || offsets.iter().any(|&(is, was)| is as u64 != was) {
            return false;
        }
        let mut elements = parts.elements;
        for (k, entry) in tables.iter().enumerate() {
            let t = at::<TableInst>(inst, h.tables).add(k).read();
            let place = parts.tables + (k * size_of::<TableInst>()) as u64;
            let same = t.elements as u64 == elements - place
                && t.ty == entry.ty.0
                && t.max == entry.max
                && t.ceiling == entry.ceiling
                && t.is64 == entry.is64;
            if !same || t.len > t.ceiling {
                return false;
            }
            elements += entry.ceiling * 8;
        }
        let memories = module.entries::<MemoryEntry>(header.memories);
        for (k, entry) in memories.iter().skip(header.imported_memories as usize).enumerate() {
            let m = at::<MemInst>(inst, h.memories).add(k).read();
            let within = entry.ty().page_size() - 1;
            let whole = m.len & within == 0 && m.ceiling & within == 0;
            let same = m.is64 == entry.is64 && m.shared == entry.shared && m.page_log2 == entry.page_log2;
            if !whole || !same || m.len > m.ceiling || m.max != entry.max {
                return false;
            }
        }
    }
    true
}

unsafe fn rebuild<'a>(
    inst: *mut InstanceHeader,
    module: Module<'a>,
    config: InstanceConfig<'_, 'a>,
) -> Result<(), Error> {
    let mut group = Group::of(config.linked)?;
    // SAFETY: the layout is checked; what `config` names is lent for `'a`.
    unsafe {
        (*inst).module = module.as_raw().expose_provenance() as u64;
        (*inst).next = 0;
        (*inst).root = 0;
        (*inst).heap = 0;
        (*inst).tasks = 0;
        (*inst).left_over = 0;
        (*inst).next_type = 0;
        wait::set_waiter(inst, config.waiter);
        (*inst).flags &= !INSTANCE_MEMORY_ZEROED;
        if config.zeroed {
            (*inst).flags |= INSTANCE_MEMORY_ZEROED;
        }
        inst.expose_provenance();
        link::bind(inst, config.imports, &mut group)?;
        if (*inst).id < group.next_id() {
            return Err(Error::new(Reason::ForeignGroup).detail(u64::MAX));
        }
        regions::restore(inst, &config)?;
        link::point_at_tables(inst);
        link::point_at_memories(inst);
        group.join(inst);
        if heap::BUILT
            && let Some(region) = config.heap
            && heap::of(inst).is_null()
        {
            heap::restore(inst, region)?;
        }
        regions::take(inst, config.memories);
    }
    Ok(())
}
