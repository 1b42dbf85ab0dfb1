//! Modules at the C boundary: budgets, plans, loading, and what a module imports and exports.
//!
//! Owns nothing of its own: each function checks, calls `wrt_core::Module`, and translates back.

use crate::abi::{
    WRT_EXTERN_FUNC, WRT_EXTERN_GLOBAL, WRT_EXTERN_INDEX64, WRT_EXTERN_MEMORY, WRT_EXTERN_MUTABLE, WRT_EXTERN_SHARED,
    WRT_EXTERN_TABLE, WRT_EXTERN_TAG, wrt_arena, wrt_bytes, wrt_error, wrt_extern, wrt_load_budget, wrt_module,
    wrt_plan,
};
use crate::boundary::{Out, array_mut, bytes, keep, lend, lend_value, put, read, report, size, status, wanted};
use crate::sizes::Versioned;
use crate::status::wrt_status;
use core::ffi::c_char;
use wrt_core::{Error, ExternType, FuncType, LoadBudget, Module, Plan, Proposals, Reason, Status};

/// The core's budget for the caller's; what a shorter struct lacks has its default.
pub(crate) unsafe fn load_budget(b: *const wrt_load_budget) -> Result<LoadBudget, Error> {
    // SAFETY: null, or readable as far as its size says: the contract of this crate.
    let c = unsafe { read(b) }?;
    Ok(LoadBudget {
        proposals: Proposals(c.proposals),
        max_types: c.max_types,
        max_functions: c.max_functions,
        max_imports: c.max_imports,
        max_exports: c.max_exports,
        max_globals: c.max_globals,
        max_tables: c.max_tables,
        max_memories: c.max_memories,
        max_segments: c.max_segments,
        max_params: c.max_params,
        max_results: c.max_results,
        max_locals: c.max_locals,
        max_block_depth: c.max_block_depth,
        max_operands: c.max_operands,
        max_body_bytes: c.max_body_bytes,
        max_table_elements: c.max_table_elements,
        table_reserve: c.table_reserve,
        max_memory_bytes: c.max_memory_bytes,
        max_tags: c.max_tags,
        max_fields: c.max_fields,
    })
}

/// The caller's plan for the core's.
pub(crate) fn plan_of(p: &Plan) -> wrt_plan {
    wrt_plan {
        struct_size: 0,
        reserved: 0,
        load_scratch: size(p.load_scratch),
        module: size(p.module),
        instance: size(p.instance),
        table_max: size(p.table_max),
        stack_min: size(p.stack_min),
        memory_min: p.memory_min,
        memory_max: p.memory_max,
        heap_min: p.heap_min,
    }
}

/// The module behind a handle.
pub(crate) unsafe fn module<'a>(m: *const wrt_module) -> Result<Module<'a>, Error> {
    // SAFETY: null, or readable where a handle points: the contract of this crate.
    unsafe { Module::from_raw(m.cast()) }
}

/// Fills a load budget with generous bounds for a host. struct_size is sizeof *out; for a size that
/// this library does not know it writes 0 there, and every use gives WRT_E_VERSION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_load_budget_default(out: *mut wrt_load_budget, struct_size: u32) {
    // A size below four has no room for the size itself.
    if out.is_null() || struct_size < 4 {
        return;
    }
    let known = wrt_load_budget::SIZES.contains(&(struct_size as usize));
    // SAFETY: the caller vouches for `struct_size` bytes, at least four.
    unsafe { out.cast::<u32>().write_unaligned(if known { struct_size } else { 0 }) };
    // SAFETY: the size was just written.
    let Ok(place) = (unsafe { Out::new(out) }) else { return };
    let d = LoadBudget::DEFAULT;
    place.put(&wrt_load_budget {
        struct_size: 0,
        proposals: d.proposals.0,
        max_types: d.max_types,
        max_functions: d.max_functions,
        max_imports: d.max_imports,
        max_exports: d.max_exports,
        max_globals: d.max_globals,
        max_tables: d.max_tables,
        max_memories: d.max_memories,
        max_segments: d.max_segments,
        max_params: d.max_params,
        max_results: d.max_results,
        max_locals: d.max_locals,
        max_block_depth: d.max_block_depth,
        max_operands: d.max_operands,
        max_body_bytes: d.max_body_bytes,
        max_table_elements: d.max_table_elements,
        reserved: 0,
        max_memory_bytes: d.max_memory_bytes,
        table_reserve: d.table_reserve,
        reserved2: 0,
        max_tags: d.max_tags,
        max_fields: d.max_fields,
    });
}

/// Says what a module will need, without loading it: the loader runs in full but stores no code, so
/// a module that can be planned is valid. out->struct_size is set by the caller. scratch is used
/// during the call only.
/// Errors: those of wrt_module_load; WRT_E_ARENA speaks of scratch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_plan_module(
    wasm: wrt_bytes,
    b: *const wrt_load_budget,
    scratch: wrt_arena,
    out: *mut wrt_plan,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = Out::new(out);
        report(err, || {
            let place = place?;
            let budget = load_budget(b)?;
            let plan = Module::plan(bytes(wasm)?, &budget, &mut lend_value(scratch)?)?;
            place.put(&plan_of(&plan));
            Ok(Status::Ok)
        })
    }
}

/// Decodes, validates and translates a module in one pass. Takes wrt_plan.module bytes from the
/// arena and needs wrt_plan.load_scratch more while it works. The wasm bytes stay in use for names
/// and data: they must remain as they are while the module lives.
/// Errors: WRT_E_MALFORMED, _INVALID, _UNSUPPORTED, _BUDGET with the offset of the first place that
/// is wrong; WRT_E_ARENA with the size that suffices or, where the arena ends before the code begins, with one
/// that gets further: wrt_plan_module has the exact one. The arena is unchanged after an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_load(
    a: *mut wrt_arena,
    wasm: wrt_bytes,
    b: *const wrt_load_budget,
    out: *mut *mut wrt_module,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, core::ptr::null_mut());
        report(err, || {
            wanted(out)?;
            let budget = load_budget(b)?;
            let mut arena = lend(a)?;
            let module = Module::load(&mut arena, bytes(wasm)?, &budget)?;
            keep(a, &arena);
            put(out, module.as_raw().cast_mut().cast());
            Ok(Status::Ok)
        })
    }
}

/// Number of imports; 0 for a handle that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_import_count(m: *const wrt_module) -> u32 {
    // SAFETY: the contract of this crate.
    unsafe { module(m) }.map_or(0, Module::import_count)
}

/// Number of exports; 0 for a handle that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_export_count(m: *const wrt_module) -> u32 {
    // SAFETY: the contract of this crate.
    unsafe { module(m) }.map_or(0, Module::export_count)
}

/// Bytes that an instance of the module takes from its arena; 0 for a handle that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_instance_size(m: *const wrt_module) -> u64 {
    // SAFETY: the contract of this crate.
    unsafe { module(m) }.map_or(0, Module::instance_size)
}

/// Bytes of linear memory that an instance of the module needs at least; 0 for a handle that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_memory_min(m: *const wrt_module) -> u64 {
    // SAFETY: the contract of this crate.
    unsafe { module(m) }.map_or(0, Module::memory_min)
}

/// Bytes of the heap region that a group of an instance of the module alone needs at least, 0 where it needs
/// none: see wrt_plan.heap_min. 0 for a handle that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_heap_min(m: *const wrt_module) -> u64 {
    // SAFETY: the contract of this crate.
    unsafe { module(m) }.map_or(0, Module::heap_min)
}

/// The import with this number, in the order of the binary; out->struct_size is set by the caller.
/// Errors: WRT_E_NOT_FOUND past the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_import_at(m: *const wrt_module, i: u32, out: *mut wrt_extern) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = Out::new(out);
        status((|| {
            let import = module(m)?.import(i).ok_or(Error::new(Reason::UnknownIndex))?;
            place?.put(&extern_of(import.module.as_bytes(), import.name.as_bytes(), import.index, import.ty));
            Ok(())
        })())
    }
}

/// The export with this number, in the order of the binary; out->struct_size is set by the caller.
/// Errors: WRT_E_NOT_FOUND past the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_export_at(m: *const wrt_module, i: u32, out: *mut wrt_extern) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = Out::new(out);
        status((|| {
            let export = module(m)?.export(i).ok_or(Error::new(Reason::UnknownIndex))?;
            place?.put(&extern_of(&[], export.name.as_bytes(), export.index, export.ty));
            Ok(())
        })())
    }
}

fn extern_of(module: &[u8], name: &[u8], index: u32, ty: ExternType<'_>) -> wrt_extern {
    let mut e = wrt_extern { index, name: wrt_bytes::of(name), ..wrt_extern::EMPTY };
    if !module.is_empty() {
        e.module = wrt_bytes::of(module);
    }
    match ty {
        ExternType::Func(_) => e.kind = WRT_EXTERN_FUNC,
        ExternType::Table(elements, limits, is64) => {
            e.kind = WRT_EXTERN_TABLE;
            e.value_type = u32::from(elements.letter());
            e.flags = if is64 { WRT_EXTERN_INDEX64 } else { 0 };
            (e.min, e.max) = (limits.min, limits.max);
        }
        ExternType::Memory(ty) => {
            e.kind = WRT_EXTERN_MEMORY;
            e.flags = if ty.is64 { WRT_EXTERN_INDEX64 } else { 0 } | if ty.shared { WRT_EXTERN_SHARED } else { 0 };
            e.page_size = u32::try_from(ty.page_size()).unwrap_or(0);
            (e.min, e.max) = (ty.limits.min, ty.limits.max);
        }
        ExternType::Global(value, mutable) => {
            e.kind = WRT_EXTERN_GLOBAL;
            e.value_type = u32::from(value.letter());
            e.flags = if mutable { WRT_EXTERN_MUTABLE } else { 0 };
        }
        ExternType::Tag(_) => e.kind = WRT_EXTERN_TAG,
    }
    e
}

/// Writes a function's signature, such as "(iI)f", and a NUL, as far as cap allows; needed, if not
/// NULL, receives the bytes of the whole, its NUL included.
/// Errors: WRT_E_NOT_FOUND for an index that is no function's; WRT_E_BOUNDS if cap is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_func_sig(
    m: *const wrt_module,
    func: u32,
    out: *mut c_char,
    cap: usize,
    needed: *mut usize,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(needed, 0);
        status((|| {
            let out = array_mut(out.cast::<u8>(), cap)?;
            if let Some(first) = out.first_mut() {
                *first = 0;
            }
            let ty = module(m)?.func_type(func).ok_or(Error::new(Reason::UnknownIndex))?;
            let len = spell_signature(ty, out);
            put(needed, len);
            if len > cap { Err(Error::new(Reason::HostMemoryBounds).need(len as u64)) } else { Ok(()) }
        })())
    }
}

/// Writes as much as there is room for, the last byte a NUL; returns the bytes of the whole.
fn spell_signature(ty: FuncType<'_>, out: &mut [u8]) -> usize {
    let mut at = 0usize;
    let room = out.len().saturating_sub(1);
    let letters = (b"(".iter().copied())
        .chain(ty.params.iter().map(|t| t.letter()))
        .chain(b")".iter().copied())
        .chain(ty.results.iter().map(|t| t.letter()));
    for letter in letters {
        if at < room
            && let Some(place) = out.get_mut(at)
        {
            *place = letter;
        }
        at = at.saturating_add(1);
    }
    if let Some(place) = out.get_mut(at.min(room)) {
        *place = 0;
    }
    at.saturating_add(1)
}

/// A function's name in the name section; ptr NULL if it has none. Not NUL-terminated, and UTF-8
/// only if whoever made the module saw to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_func_name(m: *const wrt_module, func: u32) -> wrt_bytes {
    // SAFETY: the contract of this crate.
    unsafe { module(m) }.ok().and_then(|m| m.func_name(func)).map_or(wrt_bytes::EMPTY, wrt_bytes::of)
}
