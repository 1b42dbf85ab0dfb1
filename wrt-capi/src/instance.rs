//! Instances at the C boundary: their configuration, the resolution of their imports, their exports.
//!
//! Owns the reading of [`wrt_instance_config`]; what matches and what is allocated is the core's.

use crate::abi::{
    WRT_MAX_LENT_MEMORIES, WRT_MAX_LINKED, WRT_MEMORY_ZEROED, wrt_arena, wrt_error, wrt_func, wrt_host_module,
    wrt_instance, wrt_instance_config, wrt_module, wrt_named_instance, wrt_named_memory,
};
use crate::boundary::{
    array, array_mut, keep, lend, lend_value, put, read, report, status, string, string_bytes, wanted,
};
use crate::module::module;
use crate::shared::{lent_waiter, shared_memory};
use crate::status::wrt_status;
use core::ffi::{c_char, c_void};
use wrt_core::{
    Arena, Error, Extern, ExternType, HostFn, HostFunc, Import, Imports, Instance, InstanceConfig, Reason, Status,
};

/// The instance behind a handle.
pub(crate) unsafe fn instance<'a>(i: *const wrt_instance) -> Result<Instance<'a>, Error> {
    // SAFETY: null, or readable where a handle points: the contract of this crate.
    unsafe { Instance::from_raw(i.cast_mut().cast()) }
}

/// The caller's host functions, shared memories and named instances; checked in full before it is used.
struct Resolver<'c> {
    hosts: &'c [wrt_host_module],
    shared: &'c [wrt_named_memory],
    linked: &'c [wrt_named_instance],
}

impl<'c> Resolver<'c> {
    /// Checks every pointer, string and handle that [`Imports::resolve`] relies on.
    unsafe fn new(config: &wrt_instance_config) -> Result<Self, Error> {
        // SAFETY: the contract of this crate, here and below.
        unsafe {
            let hosts: &'c [wrt_host_module] = array(config.hosts, config.nhosts)?;
            for host in hosts {
                string_bytes(host.name)?;
                for func in array(host.funcs, host.nfuncs)? {
                    string_bytes(func.name)?;
                    if func.r#fn.is_none() {
                        return Err(Error::new(Reason::NullPointer));
                    }
                    if !func.sig.is_null() {
                        string(func.sig, Reason::BadSignature)?;
                    }
                }
            }
            let shared: &'c [wrt_named_memory] = array(config.shared, config.nshared)?;
            for named in shared {
                string_bytes(named.module)?;
                string_bytes(named.name)?;
                shared_memory(named.memory)?;
            }
            let linked: &'c [wrt_named_instance] = array(config.linked, config.nlinked)?;
            if linked.len() > WRT_MAX_LINKED as usize {
                return Err(Error::new(Reason::ImpossibleSize).need(u64::from(WRT_MAX_LINKED)));
            }
            for link in linked {
                string_bytes(link.name)?;
                instance(link.instance)?;
            }
            Ok(Resolver { hosts, shared, linked })
        }
    }

    /// The host function of this name, in the first module of its name that has it.
    fn host(&self, import: &Import<'_>) -> Option<HostFunc<'static>> {
        // SAFETY: `new` checked what is read here.
        unsafe {
            for host in self.hosts {
                if string_bytes(host.name).ok()? != import.module.as_bytes() {
                    continue;
                }
                for func in array(host.funcs, host.nfuncs).ok()? {
                    if string_bytes(func.name).ok()? != import.name.as_bytes() {
                        continue;
                    }
                    // The two types differ in the names of opaque pointees only.
                    let call = core::mem::transmute::<
                        unsafe extern "C" fn(
                            *mut c_void,
                            *mut crate::abi::wrt_caller,
                            *mut crate::abi::wrt_value,
                        ) -> wrt_status,
                        HostFn,
                    >(func.r#fn?);
                    let bound = HostFunc::from_raw(call, host.user);
                    if func.sig.is_null() {
                        return Some(bound);
                    }
                    return Some(bound.with_sig(string(func.sig, Reason::BadSignature).ok()?));
                }
            }
        }
        None
    }

    /// The shared memory of this name, for an import of a memory.
    fn memory(&self, import: &Import<'_>) -> Option<Extern<'static>> {
        let ExternType::Memory(_) = import.ty else { return None };
        // SAFETY: `new` checked what is read here.
        let named = self.shared.iter().find(|named| unsafe {
            string_bytes(named.module).is_ok_and(|m| m == import.module.as_bytes())
                && string_bytes(named.name).is_ok_and(|n| n == import.name.as_bytes())
        })?;
        // SAFETY: as above.
        unsafe { shared_memory(named.memory) }.ok().map(Extern::SharedMemory)
    }

    /// The export of this name, of the first instance of its module's name that has it.
    fn instance(&self, import: &Import<'_>) -> Option<Extern<'static>> {
        for link in self.linked {
            // SAFETY: `new` checked both.
            let (name, of) = unsafe { (string_bytes(link.name).ok()?, instance(link.instance).ok()?) };
            if name != import.module.as_bytes() {
                continue;
            }
            let exporter = of.module();
            let named = |i: &u32| exporter.export(*i).is_some_and(|e| e.name == import.name);
            if let Some(i) = (0..exporter.export_count()).find(named) {
                return Some(Extern::Instance(of, i));
            }
        }
        None
    }
}

impl Imports<'static> for Resolver<'_> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'static>> {
        let host = self.host(import).map(Extern::Host);
        host.or_else(|| self.memory(import)).or_else(|| self.instance(import))
    }
}

/// Makes an instance of a module: links, allocates, initialises, applies active segments. Takes
/// wrt_plan.instance bytes from the arena; module, arena and lent memory must outlive it. A start
/// function runs with the first task, under its fuel: see wrt_task_start_instance.
/// Errors: WRT_E_LINK with the number of the import in wrt_error.detail; WRT_E_ARENA, for the arena or
/// (WRT_REASON_MEMORY_REGION, WRT_REASON_HEAP_REGION) the lent memory and heap; WRT_E_TRAP where an active segment does not fit. The
/// arena is unchanged then, except where such a segment has already put references to the instance
/// into another's table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_instance_new(
    a: *mut wrt_arena,
    m: *const wrt_module,
    c: *const wrt_instance_config,
    out: *mut *mut wrt_instance,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, core::ptr::null_mut());
        report(err, || {
            wanted(out)?;
            let module = module(m)?;
            let mut arena = lend(a)?;
            let made = configured(c, |config| Instance::new(&mut arena, module, config));
            // Also after an error: a table of another instance may refer to what was taken.
            keep(a, &arena);
            put(out, made?.as_raw().cast());
            Ok(Status::Ok)
        })
    }
}

/// Copies the instance's own wrt_plan.instance bytes for wrt_instance_relocate, in this or another process or on another
/// target: words that bind it to this process are zero in the copy. Memories and heap are copied by whoever lent
/// them. written: how many bytes they are, also where buf is too small; may be NULL.
/// Errors: WRT_E_ARENA where size is less; WRT_E_ARG, WRT_E_HANDLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_instance_snapshot(
    i: *const wrt_instance,
    buf: *mut c_void,
    size: usize,
    written: *mut usize,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(written, 0);
        status((|| {
            let of = instance(i)?;
            put(written, usize::try_from(of.module().instance_size()).unwrap_or(usize::MAX));
            of.snapshot(array_mut(buf.cast::<u8>(), size)?).map(|_| ())
        })())
    }
}

/// Makes an instance of bytes that were copied from another, in this or another process: the copy of its
/// wrt_plan.instance bytes stands at the front of the arena, and copies of its memories' bytes at the
/// front of each lent memory, shared out as the old ones were. Globals, tables, dropped segments and
/// memories go on as they were; imports are resolved anew. m is a module of the same bytes, loaded
/// under the same budget; c->memory_ceiling has no effect. Linked instances move in the order of their
/// numbers.
/// Errors: WRT_E_HANDLE where the bytes are not those of an instance of m; else those of
/// wrt_instance_new. The cursor is unchanged then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_instance_relocate(
    a: *mut wrt_arena,
    m: *const wrt_module,
    c: *const wrt_instance_config,
    out: *mut *mut wrt_instance,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, core::ptr::null_mut());
        report(err, || {
            wanted(out)?;
            let module = module(m)?;
            let arena = lend(a)?;
            let size = module.instance_size();
            let (base, left) = (arena.base(), arena.remaining());
            let Some(left) = usize::try_from(size).ok().and_then(|size| left.checked_sub(size)) else {
                return Err(Error::new(Reason::ArenaTooSmall).need(size));
            };
            let made = configured(c, |config| Instance::relocate(base, module, config))?;
            let end = base.wrapping_add(arena.remaining().wrapping_sub(left));
            a.write_unaligned(wrt_arena { base: end.cast(), size: left });
            put(out, made.as_raw().cast());
            Ok(Status::Ok)
        })
    }
}

/// Calls `make` with the caller's configuration, checked in full.
unsafe fn configured<R>(
    c: *const wrt_instance_config,
    make: impl FnOnce(InstanceConfig<'_, 'static>) -> Result<R, Error>,
) -> Result<R, Error> {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let config = read(c)?;
        if config.flags & !WRT_MEMORY_ZEROED != 0 {
            return Err(Error::new(Reason::UnknownFlags).detail(u64::from(config.flags)));
        }
        let resolver = Resolver::new(&config)?;
        let mut regions = core::array::from_fn(|_| Arena::new(&mut []));
        let regions = lent_memories(&config, &mut regions)?;
        let heap = if config.heap.size == 0 { None } else { Some(lend_value(config.heap)?) };
        let waiter = lent_waiter(config.waiter)?;
        with_linked(resolver.linked, |linked| {
            make(InstanceConfig {
                imports: &resolver,
                linked,
                memories: regions,
                zeroed: config.flags & WRT_MEMORY_ZEROED != 0,
                memory_ceiling: config.memory_ceiling,
                heap,
                waiter,
            })
        })
    }
}

/// The regions for the module's own memories: those of `memories`, else `memory` for all of them.
unsafe fn lent_memories<'r>(
    config: &wrt_instance_config,
    room: &'r mut [Arena<'static>; WRT_MAX_LENT_MEMORIES as usize],
) -> Result<&'r mut [Arena<'static>], Error> {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let one = core::slice::from_ref(&config.memory);
        let given = if config.nmemories == 0 { one } else { array(config.memories, config.nmemories)? };
        let most = room.len() as u64;
        let used = room.get_mut(..given.len()).ok_or(Error::new(Reason::ImpossibleSize).need(most))?;
        for (region, lent) in used.iter_mut().zip(given) {
            *region = lend_value(*lent)?;
        }
        Ok(used)
    }
}

/// Calls `f` with the instances as a slice, which the caller's array of pairs is not.
unsafe fn with_linked<R>(
    linked: &[wrt_named_instance],
    f: impl FnOnce(&[Instance<'static>]) -> Result<R, Error>,
) -> Result<R, Error> {
    let Some(first) = linked.first() else { return f(&[]) };
    // SAFETY: the contract of this crate, here and below.
    let mut all = [unsafe { instance(first.instance) }?; WRT_MAX_LINKED as usize];
    for (place, link) in all.iter_mut().zip(linked) {
        // SAFETY: as above.
        *place = unsafe { instance(link.instance) }?;
    }
    f(all.get(..linked.len()).unwrap_or(&[]))
}

/// The exported function of this name. sig is its signature, such as "(iI)f", or NULL not to check.
/// Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for another kind or signature; WRT_E_ARG for a sig of another form.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_export_func(
    i: *const wrt_instance,
    name: *const c_char,
    sig: *const c_char,
    out: *mut wrt_func,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, wrt_func { instance: u32::MAX, index: u32::MAX });
        status((|| {
            wanted(out)?;
            let of = instance(i)?;
            let name = string(name, Reason::ExportNotFound)?;
            let sig = if sig.is_null() { None } else { Some(string(sig, Reason::BadSignature)?) };
            let func = of.export_func(name, sig)?;
            put(out, wrt_func { instance: func.instance, index: func.index });
            Ok(())
        })())
    }
}

/// The index of the exported memory of this name.
/// Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_export_memory(i: *const wrt_instance, name: *const c_char, out: *mut u32) -> wrt_status {
    // SAFETY: the contract of this crate.
    unsafe { export_index(i, name, out, |of, name| of.export_memory(name)) }
}

/// The index of the exported table of this name.
/// Errors: those of wrt_export_memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_export_table(i: *const wrt_instance, name: *const c_char, out: *mut u32) -> wrt_status {
    // SAFETY: the contract of this crate.
    unsafe { export_index(i, name, out, |of, name| of.export_table(name)) }
}

/// The index of the exported global of this name.
/// Errors: those of wrt_export_memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_export_global(i: *const wrt_instance, name: *const c_char, out: *mut u32) -> wrt_status {
    // SAFETY: the contract of this crate.
    unsafe { export_index(i, name, out, |of, name| of.export_global(name)) }
}

unsafe fn export_index(
    i: *const wrt_instance,
    name: *const c_char,
    out: *mut u32,
    find: impl FnOnce(Instance<'static>, &str) -> Result<u32, Error>,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, u32::MAX);
        status((|| {
            wanted(out)?;
            let of = instance(i)?;
            put(out, find(of, string(name, Reason::ExportNotFound)?)?);
            Ok(())
        })())
    }
}

/// The module of an instance; NULL for a handle that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_instance_module(i: *const wrt_instance) -> *const wrt_module {
    // SAFETY: the contract of this crate.
    unsafe { instance(i) }.map_or(core::ptr::null(), |i| i.module().as_raw().cast())
}

/// A number over globals, tables, dropped segments and memories: equal states have equal numbers, on
/// every target, wherever the arenas lie.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_state_hash(i: *const wrt_instance, out: *mut u64) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, 0);
        status((|| {
            wanted(out)?;
            put(out, instance(i)?.state_hash());
            Ok(())
        })())
    }
}
