//! The making of an instance (specification section 4.5.4, *instantiation*).
//!
//! Owns the order of the steps and what is undone when one fails. Linking, the division of memory
//! regions and the segments have rooms of their own.

use crate::arena::Arena;
use crate::error::{Error, Reason};
use crate::module::Module;
use crate::module::layout::{EXPRESSIONS, ElemExpr, GlobalEntry, Span, TableEntry};
use crate::runtime::access::at;
use crate::runtime::constant;
use crate::runtime::exception;
use crate::runtime::heap;
use crate::runtime::instance::InstanceConfig;
use crate::runtime::layout::{
    INSTANCE_MEMORY_ZEROED, INSTANCE_START_PENDING, INSTANCE_TOKEN, InstanceHeader, Parts, TableInst,
};
use crate::runtime::link::{self, Group};
use crate::runtime::ops;
use crate::runtime::regions;
use crate::runtime::segments;
use crate::runtime::typing;
use crate::runtime::wait;

/// Makes an instance; see [`crate::Instance::new`].
///
/// # Safety
/// What the arena, the module and `config` name is lent for as long as the instance may be used.
pub(crate) unsafe fn create<'a>(
    arena: &mut Arena<'a>,
    module: Module<'a>,
    config: InstanceConfig<'_, 'a>,
) -> Result<*mut InstanceHeader, Error> {
    let header = module.header();
    let parts = Parts::of(header, own_tables(module));
    if parts.size > u32::MAX as u64 {
        return Err(Error::new(Reason::LimitModuleBytes).need(parts.size));
    }
    // SAFETY: a copy of the same cursor; one of the two is forgotten below.
    let before = unsafe { Arena::from_raw(arena.base(), arena.remaining()) }?;
    let inst = arena.take(parts.size)?.cast::<InstanceHeader>();
    // SAFETY: the taken bytes are the instance's; lifetimes are the caller's.
    unsafe {
        match fill(inst, module, &parts, config) {
            Ok(()) => Ok(inst),
            Err(failed) => {
                if !failed.kept {
                    (*inst).token = 0;
                    *arena = before;
                }
                Err(failed.error)
            }
        }
    }
}

/// The tables that the module defines.
pub(crate) fn own_tables(module: Module<'_>) -> &[TableEntry] {
    let header = module.header();
    module.entries(header.tables).get(header.imported_tables as usize..).unwrap_or(&[])
}

/// Why no instance came about, and whether its bytes must stay for the sake of others.
struct Failed {
    error: Error,
    kept: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed { error, kept: false }
    }
}

unsafe fn fill<'a>(
    inst: *mut InstanceHeader,
    module: Module<'a>,
    parts: &Parts,
    config: InstanceConfig<'_, 'a>,
) -> Result<(), Failed> {
    // SAFETY: `inst` has `parts.size` bytes, and every part lies within them.
    unsafe {
        inst.cast::<u8>().write_bytes(0, parts.size as usize);
        write_header(inst, module, parts);
        wait::set_waiter(inst, config.waiter);
        if config.zeroed {
            (*inst).flags |= INSTANCE_MEMORY_ZEROED;
        }
        let mut group = Group::of(config.linked)?;
        if let Err(error) = link::bind(inst, config.imports, &mut group) {
            group.unregister();
            return Err(error.into());
        }
        (*inst).id = group.next_id();
        if let Err(error) = regions::divide(inst, &config) {
            group.unregister();
            return Err(error.into());
        }
        group.join(inst);
        let founds = heap::BUILT && config.heap.is_some() && heap::of(inst).is_null();
        if let Err(error) = prepare(inst, parts, config.heap) {
            if founds {
                heap::forget(inst);
            }
            group.leave(inst);
            group.unregister();
            if config.zeroed {
                regions::clear(inst);
            }
            return Err(error.into());
        }
        if let Err(stopped) = segments::apply(inst) {
            if stopped.shared {
                regions::take(inst, config.memories);
            } else {
                group.leave(inst);
                group.unregister();
                if config.zeroed {
                    regions::clear(inst);
                }
            }
            return Err(Failed { error: stopped.error, kept: stopped.shared });
        }
        regions::take(inst, config.memories);
        if module.start().is_some() {
            (*inst).flags |= INSTANCE_START_PENDING;
        }
    }
    Ok(())
}

/// Makes the heap, where one is given and the group has none, then everything that may lie in it:
/// descriptors, tags, the initial values of tables and globals.
unsafe fn prepare(inst: *mut InstanceHeader, parts: &Parts, region: Option<Arena<'_>>) -> Result<(), Error> {
    // SAFETY: the instance has joined its group.
    unsafe {
        let least = ops::module_of(inst).heap_min();
        if heap::BUILT
            && let Some(region) = region
            && heap::of(inst).is_null()
        {
            heap::found(inst, region).map_err(|e| e.need(least.max(e.need)))?;
        }
        typing::describe(inst).map_err(|short| Error::new(Reason::HeapRegion).need(least.max(short)))?;
        exception::define_tags(inst).map_err(|e| e.need(least))?;
        // A module that starts with objects may find no room for them, but never half of one.
        init_tables(inst, parts).map_err(|reason| Error::new(reason).need(least))?;
        init_globals(inst).map_err(|reason| Error::new(reason).need(least))?;
        init_elems(inst).map_err(|reason| Error::new(reason).need(least))
    }
}

/// Writes the header of an instance without group, imports or memory.
///
/// # Safety
/// `inst` has `parts.size` bytes, all zero; the size fits 32 bits.
unsafe fn write_header(inst: *mut InstanceHeader, module: Module<'_>, parts: &Parts) {
    let header = InstanceHeader {
        module: module.as_raw().expose_provenance() as u64,
        next: 0,
        root: 0,
        heap: 0,
        types: parts.types as u32,
        next_type: 0,
        token: INSTANCE_TOKEN,
        id: 0,
        flags: 0,
        size: parts.size as u32,
        globals: parts.globals as u32,
        tables: parts.tables as u32,
        memories: parts.memories as u32,
        elems_dropped: parts.elems_dropped as u32,
        datas_dropped: parts.datas_dropped as u32,
        global_ptrs: parts.global_ptrs as u32,
        table_ptrs: parts.table_ptrs as u32,
        memory_ptrs: parts.memory_ptrs as u32,
        import_funcs: parts.import_funcs as u32,
        binding_bytes: (parts.end - parts.global_ptrs) as u32,
        tasks: 0,
        descs: parts.descs as u32,
        elem_cells: parts.elem_cells as u32,
        tags: parts.tags as u32,
        left_over: 0,
        unused: [0; 2],
    };
    // SAFETY: as the caller vouches.
    unsafe { inst.write(header) };
    // Whoever follows an address in a binding word reaches the whole instance through it.
    inst.expose_provenance();
}

/// Lays the defined tables out, with their initial elements.
unsafe fn init_tables(inst: *mut InstanceHeader, parts: &Parts) -> Result<(), Reason> {
    // SAFETY: `parts` counted the tables and their elements.
    unsafe {
        let module = ops::module_of(inst);
        let tables = own_tables(module);
        let first = at::<TableInst>(inst, (*inst).tables);
        let mut elements = parts.elements;
        for (k, entry) in tables.iter().enumerate() {
            let place = parts.tables + (k * size_of::<TableInst>()) as u64;
            let t = first.add(k);
            t.write(TableInst {
                elements: (elements - place) as u32,
                ty: entry.ty.0,
                len: entry.min,
                max: entry.max,
                ceiling: entry.ceiling,
                is64: entry.is64,
                reserved: 0,
            });
            elements += entry.ceiling * 8;
        }
        link::point_at_tables(inst);
        for (k, entry) in tables.iter().enumerate() {
            let value = constant::eval(inst, &entry.init, entry.ty)?.bits();
            if value != 0 {
                ops::table_fill(first.add(k), 0, value, entry.min);
            }
        }
    }
    Ok(())
}

/// Evaluates the defined globals, in order: an expression may name those before it.
unsafe fn init_globals(inst: *mut InstanceHeader) -> Result<(), Reason> {
    // SAFETY: the cells were counted by the loader; imports are bound.
    unsafe {
        let module = ops::module_of(inst);
        let imported = module.header().imported_globals;
        let globals = module.entries::<GlobalEntry>(module.header().globals);
        for (entry, cell) in (imported..globals.len() as u32).filter_map(|index| ops::global(inst, index)) {
            let value = constant::eval(inst, &entry.init, entry.ty)?;
            ops::store(entry.ty, value, cell);
        }
    }
    Ok(())
}

/// Evaluates the expressions in element segments, once: what refers to one refers to the same object.
unsafe fn init_elems(inst: *mut InstanceHeader) -> Result<(), Reason> {
    // SAFETY: the loader counted the expressions and linked them; there is a cell for each.
    unsafe {
        if !EXPRESSIONS {
            return Ok(());
        }
        let module = ops::module_of(inst);
        // The last one is followed by none, whose offset is 0.
        let found = |off: u32| module.entries::<ElemExpr>(Span { off, len: (off != 0) as u32 }).first();
        let mut next = found(module.header().elem_expr);
        let mut cell = at::<u64>(inst, (*inst).elem_cells);
        while let Some(expr) = next {
            cell.write(constant::eval(inst, &expr.init, expr.ty)?.bits());
            cell = cell.add(1);
            next = found(expr.next);
        }
    }
    Ok(())
}
