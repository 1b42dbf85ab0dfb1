//! Interceptors at the C boundary: their functions, and what a crossing tells.
//!
//! Owns the shape of [`wrt_hooks`]; when they are asked is the core's.

use crate::abi::{wrt_bytes, wrt_instance, wrt_task, wrt_value};
#[cfg(feature = "interceptors")]
use crate::boundary::read;
use crate::boundary::{Out, put, status};
use crate::sizes::Versioned;
use crate::status::wrt_status;
use crate::task::task;
use core::ffi::{c_char, c_void};
use wrt_core::{Crossing, CrossingKind, Error, Reason, Status, Verdict};
#[cfg(feature = "interceptors")]
use wrt_core::{HookFn, Hooks};

/// wrt_hook_fn: make the call, or go on with its results.
pub const WRT_HOOK_PROCEED: i32 = 0;
/// wrt_hook_fn, before a call: do not make it, its results stand in the slots.
pub const WRT_HOOK_REPLACE: i32 = 1;
/// wrt_hook_fn, before a call: park the task, see wrt_task_proceed.
pub const WRT_HOOK_DELAY: i32 = 2;

const _: () = assert!(WRT_HOOK_PROCEED == Verdict::Proceed as i32);
const _: () = assert!(WRT_HOOK_REPLACE == Verdict::Replace as i32);
const _: () = assert!(WRT_HOOK_DELAY == Verdict::Delay as i32);

/// wrt_crossing_info.kind: the embedder calls a guest.
pub const WRT_CROSSING_ROOT: u32 = 0;
/// wrt_crossing_info.kind: an instance calls another.
pub const WRT_CROSSING_INSTANCE: u32 = 1;
/// wrt_crossing_info.kind: an instance calls a host function.
pub const WRT_CROSSING_HOST: u32 = 2;
/// wrt_crossing_info.flags: a tail call.
pub const WRT_CROSSING_TAIL: u32 = 1;

const _: () = assert!(WRT_CROSSING_ROOT == CrossingKind::Root as u32);
const _: () = assert!(WRT_CROSSING_INSTANCE == CrossingKind::Instance as u32);
const _: () = assert!(WRT_CROSSING_HOST == CrossingKind::Host as u32);

/// A call that crosses a boundary, valid until the hook returns. Only NULL is told from a handle here:
/// pass on what the hook was given.
pub struct wrt_crossing {
    _opaque: (),
}

/// A function that is asked about a call. slots holds the arguments before it and the results after it, and
/// has room for the greater number of both; what is changed there is passed on. Returns WRT_HOOK_*, or the
/// result of wrt_crossing_refuse or wrt_crossing_exit to end the run; every other value refuses the call too.
/// It may be asked again from within a nested run of another task.
pub type wrt_hook_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, call: *mut wrt_crossing, slots: *mut wrt_value) -> i32>;

/// An interceptor: asked about calls into the host, into another instance, and from the embedder into a guest.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_hooks {
    /// sizeof(wrt_hooks)
    pub struct_size: u32,
    /// Written as 0, not read.
    pub reserved: u32,
    /// Asked before a call; may be NULL.
    pub before: wrt_hook_fn,
    /// Asked after a call that was made and has returned; may be NULL.
    pub after: wrt_hook_fn,
    /// Passed to both.
    pub user: *mut c_void,
}

/// What a crossing tells in numbers.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_crossing_info {
    /// sizeof(wrt_crossing_info)
    pub struct_size: u32,
    /// WRT_CROSSING_ROOT, _INSTANCE or _HOST.
    pub kind: u32,
    /// WRT_CROSSING_TAIL or 0.
    pub flags: u32,
    /// Number of the calling instance in its group; UINT32_MAX for the embedder.
    pub caller: u32,
    /// Number of the instance that is called; for a host function that of the instance that imports it.
    pub instance: u32,
    /// Index of the function in that instance.
    pub func: u32,
    /// Parameters of its type.
    pub nparams: u32,
    /// Results of its type.
    pub nresults: u32,
    /// Frames active, the called function's not counted.
    pub depth: u32,
    /// Written as 0.
    pub reserved: u32,
}

/// Sets the interceptor of a task from now on; NULL takes it off. The struct is read during the call only; its
/// functions and user data must remain. Copies of the task's bytes hold their addresses.
/// Errors: WRT_E_VERSION; WRT_E_ARG, WRT_E_HANDLE; WRT_E_UNSUPPORTED where the library is built without interceptors.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_set_hooks(t: *mut wrt_task, hooks: *const wrt_hooks) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(task(t).and_then(|t| set(t, hooks))) }
}

/// There is none to set.
#[cfg(not(feature = "interceptors"))]
unsafe fn set(_: wrt_core::Task<'_>, hooks: *const wrt_hooks) -> Result<(), Error> {
    if hooks.is_null() { Ok(()) } else { Err(Error::new(Reason::NotBuilt)) }
}

/// Sets the interceptor that C describes.
#[cfg(feature = "interceptors")]
unsafe fn set(t: wrt_core::Task<'_>, hooks: *const wrt_hooks) -> Result<(), Error> {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        if hooks.is_null() {
            t.set_hooks(None);
            return Ok(());
        }
        let hooks = read(hooks)?;
        // The two types differ in the names of opaque pointees only.
        let half = core::mem::transmute::<wrt_hook_fn, Option<HookFn>>;
        t.set_hooks(Some(Hooks::from_raw(half(hooks.before), half(hooks.after), hooks.user)));
        Ok(())
    }
}

/// Lets the call be made that an interceptor has delayed (wrt_pending.delayed); wrt_task_run then continues.
/// wrt_task_complete answers it instead, so that it is never made.
/// Errors: WRT_E_STATE if no call is delayed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_proceed(t: *mut wrt_task) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(task(t).and_then(|t| t.proceed())) }
}

/// The core's crossing behind a handle.
unsafe fn crossing<'a>(c: *mut wrt_crossing) -> Result<&'a mut Crossing, Error> {
    let c = c.cast::<Crossing>();
    if c.is_null() {
        return Err(Error::new(Reason::NullPointer));
    }
    if !c.is_aligned() {
        return Err(Error::new(Reason::BadHandle));
    }
    // SAFETY: a hook passes on the crossing that it was given, while it runs: the header says so.
    Ok(unsafe { &mut *c })
}

/// What the crossing tells in numbers; out->struct_size is set by the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_crossing_describe(c: *mut wrt_crossing, out: *mut wrt_crossing_info) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = Out::new(out);
        status((|| {
            let c = crossing(c)?;
            let (nparams, nresults) = c.ty().map_or((0, 0), |ty| (ty.params.len(), ty.results.len()));
            place?.put(&wrt_crossing_info {
                struct_size: 0,
                kind: c.kind() as u32,
                flags: if c.is_tail() { WRT_CROSSING_TAIL } else { 0 },
                caller: c.caller().map_or(u32::MAX, wrt_core::Instance::id),
                instance: c.instance(),
                func: c.func(),
                nparams: nparams as u32,
                nresults: nresults as u32,
                depth: c.depth(),
                reserved: 0,
            });
            Ok(())
        })())
    }
}

/// The names of the import that the call goes through; either may be NULL. Searches the import section: a hook
/// that decides by name does well to remember by index.
/// Errors: WRT_E_NOT_FOUND for a call through a table or reference to a function that is no import.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_crossing_import(
    c: *mut wrt_crossing,
    module: *mut wrt_bytes,
    name: *mut wrt_bytes,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(module, wrt_bytes::EMPTY);
        put(name, wrt_bytes::EMPTY);
        status((|| {
            let import = crossing(c)?.import().ok_or(Error::new(Reason::UnknownIndex))?;
            put(module, wrt_bytes::of(import.module.as_bytes()));
            put(name, wrt_bytes::of(import.name.as_bytes()));
            Ok(())
        })())
    }
}

/// The instance that calls, to read its memory for instance; NULL for the embedder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_crossing_caller(c: *mut wrt_crossing) -> *mut wrt_instance {
    // SAFETY: the contract of this crate.
    let caller = unsafe { crossing(c) }.ok().and_then(|c| c.caller().map(|i| i.as_raw()));
    caller.map_or(core::ptr::null_mut(), <*mut u8>::cast)
}

/// The instance that is called; NULL for a host function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_crossing_callee(c: *mut wrt_crossing) -> *mut wrt_instance {
    // SAFETY: the contract of this crate.
    let callee = unsafe { crossing(c) }.ok().and_then(|c| c.callee().map(|i| i.as_raw()));
    callee.map_or(core::ptr::null_mut(), <*mut u8>::cast)
}

/// Notes a refusal; the hook returns the result. The run ends with WRT_TRAP_CALL_REFUSED; detail and
/// static_message appear in wrt_error; the message must remain valid, NULL stands for a general one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_crossing_refuse(c: *mut wrt_crossing, detail: u64, static_message: *const c_char) -> i32 {
    let general = Reason::CallRefused.message();
    // SAFETY: the header demands NULL or a NUL-terminated string that remains.
    let message = unsafe { crate::boundary::c_string(static_message) }.unwrap_or(general);
    // SAFETY: the contract of this crate.
    unsafe { crossing(c) }.map_or(Status::Trap as i32, |c| c.refuse(detail, message))
}

/// Notes the guest's exit code; the hook returns the result. The run ends with WRT_E_EXIT and the code in
/// wrt_error.detail.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_crossing_exit(c: *mut wrt_crossing, code: u32) -> i32 {
    // SAFETY: the contract of this crate.
    unsafe { crossing(c) }.map_or(Status::Exit as i32, |c| c.exit(code))
}

// SAFETY: `repr(C)`, `struct_size` first; integers, pointers and functions that may be null. The caller's bytes
// stand for functions as they do in every call that takes one.
unsafe impl Versioned for wrt_hooks {
    const SIZES: &'static [usize] = &[size_of::<wrt_hooks>()];
    const EMPTY: Self =
        wrt_hooks { struct_size: 0, reserved: 0, before: None, after: None, user: core::ptr::null_mut() };
}
