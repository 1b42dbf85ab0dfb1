//! Tasks at the C boundary: starting, running, completing, stopping, and what a stopped task tells.
//!
//! Owns the translation of budgets, values and frames. Knows nothing of how code runs.

use crate::abi::{
    wrt_arena, wrt_bytes, wrt_error, wrt_frame, wrt_func, wrt_instance, wrt_pending, wrt_run_budget, wrt_task,
    wrt_usage, wrt_value,
};
use crate::boundary::{Out, array, array_mut, keep, lend, put, read, report, status, wanted};
use crate::instance::instance;
use crate::sizes::Versioned;
use crate::status::wrt_status;
use core::ffi::c_void;
use wrt_core::{
    Backend, Error, ExternType, Frame, Func, Import, Instance, Module, Outcome, PendingCall, Reason, RunBudget, Status,
    Task, Value,
};

/// wrt_task_set_backend: the fastest that is built in.
pub const WRT_BACKEND_AUTO: u32 = 0;
/// wrt_task_set_backend: one portable loop.
pub const WRT_BACKEND_LOOP: u32 = 1;
/// wrt_task_set_backend: handlers that call one another in tail position.
pub const WRT_BACKEND_TAIL: u32 = 2;

/// The bits above the proposals in `wrt_features`; the header spells them WRT_FEATURE_*.
pub(crate) fn backend_features() -> u64 {
    if wrt_core::backends().contains(&Backend::Tail) { 1 << 32 } else { 0 }
}

/// The task behind a handle.
pub(crate) unsafe fn task<'a>(t: *const wrt_task) -> Result<Task<'a>, Error> {
    // SAFETY: null, or readable where a handle points: the contract of this crate.
    unsafe { Task::from_raw(t.cast_mut().cast()) }
}

pub(crate) unsafe fn run_budget(b: *const wrt_run_budget) -> Result<RunBudget, Error> {
    // SAFETY: null, or readable as far as its size says: the contract of this crate.
    let c = unsafe { read(b) }?;
    Ok(RunBudget { max_call_depth: c.max_call_depth, fuel: c.fuel, max_memory_bytes: c.max_memory_bytes })
}

pub(crate) fn status_of(outcome: Outcome) -> Status {
    match outcome {
        Outcome::Done => Status::Ok,
        Outcome::Pending => Status::Pending,
        Outcome::Fuel => Status::Fuel,
        Outcome::Interrupted => Status::Interrupted,
    }
}

/// Fills a run budget that grants without bound. struct_size is sizeof *out; for a size that this library
/// does not know it writes 0 there, and every use gives WRT_E_VERSION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_run_budget_default(out: *mut wrt_run_budget, struct_size: u32) {
    // A size below four has no room for the size itself.
    if out.is_null() || struct_size < 4 {
        return;
    }
    let known = wrt_run_budget::SIZES.contains(&(struct_size as usize));
    // SAFETY: the caller vouches for `struct_size` bytes, at least four.
    unsafe { out.cast::<u32>().write_unaligned(if known { struct_size } else { 0 }) };
    // SAFETY: the size was just written.
    let Ok(place) = (unsafe { Out::new(out) }) else { return };
    let d = RunBudget::default();
    place.put(&wrt_run_budget {
        struct_size: 0,
        max_call_depth: d.max_call_depth,
        fuel: d.fuel,
        max_memory_bytes: d.max_memory_bytes,
    });
}

/// Makes a task for an instance and its group. Takes all of the arena: what is lent is the room that
/// frames may use.
/// Errors: WRT_E_ARENA where not even an empty task fits; WRT_E_ARG, WRT_E_HANDLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_new(
    stack: *mut wrt_arena,
    i: *mut wrt_instance,
    out: *mut *mut wrt_task,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, core::ptr::null_mut());
        status((|| {
            wanted(out)?;
            let of = instance(i)?;
            let mut arena = lend(stack)?;
            let made = Task::new(&mut arena, of)?;
            keep(stack, &arena);
            put(out, made.as_raw().cast());
            Ok(())
        })())
    }
}

/// Copies the bytes that the task has in use, wrt_usage.stack_peak of them, for wrt_task_relocate, in this or another
/// process or on another target: words that bind it to this process are zero in the copy. written: how many bytes they
/// are, also where buf is too small; may be NULL.
/// Errors: WRT_E_STATE below a host call of the task; WRT_E_ARENA where size is less; WRT_E_ARG, WRT_E_HANDLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_snapshot(
    t: *const wrt_task,
    buf: *mut c_void,
    size: usize,
    written: *mut usize,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(written, 0);
        status((|| {
            let of = task(t)?;
            put(written, usize::try_from(of.usage().stack_peak).unwrap_or(usize::MAX));
            of.snapshot(array_mut(buf.cast::<u8>(), size)?).map(|_| ())
        })())
    }
}

/// Makes a task of bytes that were copied from another, in this or another process or on another target: what was
/// started, stopped or waiting there goes on here. The bytes stand at the front of the arena, of which all is taken; i
/// was made by wrt_instance_relocate of the task's instance as it was at the same time. Tasks of a group are made before
/// any of them runs. Back end and interceptor are set anew. The bytes must be those that were copied: frames are
/// checked to lie within the arena, values in them are not.
/// Errors: WRT_E_HANDLE where the bytes are not those of a task of this group, or of one that was running; WRT_E_ARENA
/// with wrt_error.need where they do not fit. The cursor is unchanged then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_relocate(
    stack: *mut wrt_arena,
    i: *mut wrt_instance,
    out: *mut *mut wrt_task,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, core::ptr::null_mut());
        report(err, || {
            wanted(out)?;
            let of = instance(i)?;
            let mut arena = lend(stack)?;
            let made = Task::relocate(&mut arena, of)?;
            keep(stack, &arena);
            put(out, made.as_raw().cast());
            Ok(Status::Ok)
        })
    }
}

/// Begins a call; wrt_task_run runs it. If the instance's start function has not run, it runs first.
/// Errors: WRT_E_STATE while another call is under way; WRT_E_TYPE for a wrong number of arguments;
/// WRT_E_NOT_FOUND, WRT_E_HANDLE for an f of another group.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_start(
    t: *mut wrt_task,
    f: wrt_func,
    args: *const wrt_value,
    nargs: usize,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(task(t).and_then(|t| t.start(func(f), array(args.cast::<Value>(), nargs)?))) }
}

/// Begins the instance's start function alone; wrt_task_run runs it, with nothing to do if there is none
/// or it has run.
/// Errors: WRT_E_STATE while a call is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_start_instance(t: *mut wrt_task) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(task(t).and_then(Task::start_instance)) }
}

/// Runs until the call is done or the budget is spent. Returns WRT_OK; WRT_FUEL, WRT_PENDING or
/// WRT_INTERRUPTED, after which it can be called again; or an error, which ends the call.
/// Errors: WRT_E_TRAP with reason, function and offset; WRT_E_EXIT; WRT_E_STATE with nothing to run.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_run(t: *mut wrt_task, b: *const wrt_run_budget, err: *mut wrt_error) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { report(err, || Ok(status_of(task(t)?.run(&run_budget(b)?)?))) }
}

/// Completes the host call that the task waits for: s is WRT_OK with its results; WRT_E_EXIT with the exit
/// code as the first of results (0 without one); anything else for a trap. wrt_task_run then continues.
/// Errors: WRT_E_STATE if the task waits for none; WRT_E_TYPE for a wrong number of results.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_complete(
    t: *mut wrt_task,
    s: wrt_status,
    results: *const wrt_value,
    n: usize,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(task(t).and_then(|t| t.complete(s, array(results.cast::<Value>(), n)?))) }
}

/// The host call that the task waits for; out->struct_size is set by the caller.
/// Errors: WRT_E_STATE if it waits for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_pending(t: *const wrt_task, out: *mut wrt_pending) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = Out::new(out);
        status((|| {
            let t = task(t)?;
            let place = place?;
            let call = t.pending().ok_or(Error::new(Reason::NotPending))?;
            let mut told = wrt_pending { instance: call.instance, func: call.import, ..wrt_pending::EMPTY };
            told.delayed = u32::from(call.delayed);
            if call.import == PendingCall::WAIT {
                told.nresults = 1;
            } else if let Some(module) = t.instance().member(call.instance).map(Instance::module) {
                let results = module.func_type(call.import).map_or(0, |ty| ty.results.len());
                told.nresults = u32::try_from(results).unwrap_or(u32::MAX);
                if let Some(import) = imported_func(module, call.import) {
                    told.module = wrt_bytes::of(import.module.as_bytes());
                    told.name = wrt_bytes::of(import.name.as_bytes());
                }
            }
            place.put(&told);
            Ok(())
        })())
    }
}

/// The import that function `index` is.
fn imported_func(module: Module<'_>, index: u32) -> Option<Import<'_>> {
    let is_it = |i: &Import<'_>| matches!(i.ty, ExternType::Func(_)) && i.index == index;
    (0..module.import_count()).filter_map(|i| module.import(i)).find(is_it)
}

/// Copies the results of a finished call, as many as cap allows; n, if not NULL, receives how many
/// there are.
/// Errors: WRT_E_STATE if the call has not finished.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_results(
    t: *const wrt_task,
    out: *mut wrt_value,
    cap: usize,
    n: *mut usize,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(n, 0);
        status((|| {
            let out = array_mut(out.cast::<Value>(), cap)?;
            out.fill(Value::default());
            put(n, task(t)?.results(out)?);
            Ok(())
        })())
    }
}

/// What the task has used; out->struct_size is set by the caller. Readable at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_usage(t: *const wrt_task, out: *mut wrt_usage) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = Out::new(out);
        status((|| {
            let u = task(t)?.usage();
            place?.put(&wrt_usage {
                struct_size: 0,
                call_depth_peak: u.call_depth_peak,
                fuel_used: u.fuel_used,
                stack_peak: u.stack_peak,
                memory_bytes: u.memory_bytes,
            });
            Ok(())
        })())
    }
}

/// Asks a task to stop: a run under way, or else the next one, returns WRT_INTERRUPTED. From any thread,
/// signal handler or interrupt handler. Does nothing for a handle that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_interrupt(t: *mut wrt_task) {
    // SAFETY: the contract of this crate; the core reads a constant word and writes an atomic one.
    if let Ok(t) = unsafe { task(t) } {
        t.interrupt();
    }
}

/// Drops the call under way, results and usage. Does nothing for a handle that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_reset(t: *mut wrt_task) {
    // SAFETY: the contract of this crate.
    if let Ok(t) = unsafe { task(t) } {
        t.reset();
    }
}

/// Chooses how code is executed, by WRT_BACKEND_*; results, traps and fuel are the same.
/// Errors: WRT_E_UNSUPPORTED for one that is not built in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_set_backend(t: *mut wrt_task, backend: u32) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        status((|| {
            let t = task(t)?;
            let chosen = match backend {
                WRT_BACKEND_AUTO => Backend::Auto,
                WRT_BACKEND_LOOP => Backend::Loop,
                WRT_BACKEND_TAIL => Backend::Tail,
                _ => return Err(Error::new(Reason::ProposalUnknown)),
            };
            if chosen != Backend::Auto && !wrt_core::backends().contains(&chosen) {
                return Err(Error::new(Reason::ProposalUnknown));
            }
            t.set_backend(chosen);
            Ok(())
        })())
    }
}

/// wrt_task_start, wrt_task_run and wrt_task_results in one. After WRT_FUEL, WRT_PENDING or
/// WRT_INTERRUPTED the call goes on with wrt_task_run. args and res may be the same array.
/// Errors: those of the three; WRT_E_TYPE also if nres is less than the number of results.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_call(
    t: *mut wrt_task,
    f: wrt_func,
    args: *const wrt_value,
    nargs: usize,
    res: *mut wrt_value,
    nres: usize,
    b: *const wrt_run_budget,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let size = size_of::<wrt_value>();
        let (from, to) = (args.addr(), res.addr());
        let apart = from.saturating_add(nargs.saturating_mul(size)) <= to
            || to.saturating_add(nres.saturating_mul(size)) <= from;
        if !apart {
            return call_in_place(t, f, (args, nargs), (res, nres), b, err);
        }
        let mut results = array_mut(res.cast::<Value>(), nres);
        if let Ok(results) = &mut results {
            results.fill(Value::default());
        }
        report(err, || {
            let t = task(t)?;
            let args = array(args.cast::<Value>(), nargs)?;
            Ok(status_of(t.call(func(f), args, results?, &run_budget(b)?)?))
        })
    }
}

/// [`wrt_call`] where the arguments lie in what becomes the results: they are read before anything is written.
#[cold]
#[inline(never)]
unsafe fn call_in_place(
    t: *mut wrt_task,
    f: wrt_func,
    (args, nargs): (*const wrt_value, usize),
    (res, nres): (*mut wrt_value, usize),
    b: *const wrt_run_budget,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: as the caller vouches; the arguments are not used once the results are written.
    unsafe {
        let started = (|| {
            let t = task(t)?;
            let budget = run_budget(b)?;
            array_mut(res.cast::<Value>(), nres).map(drop)?;
            let ty = t.instance().func_type(func(f)).ok_or(Reason::UnknownIndex)?;
            if ty.results.len() > nres {
                return Err(Error::new(Reason::ArgumentCount).need(ty.results.len() as u64));
            }
            t.start(func(f), array(args.cast::<Value>(), nargs)?).map(|()| (t, budget))
        })();
        let mut results = array_mut(res.cast::<Value>(), nres);
        if let Ok(results) = &mut results {
            results.fill(Value::default());
        }
        report(err, || {
            let ((t, budget), results) = (started?, results?);
            let outcome = t.run(&budget)?;
            if outcome == Outcome::Done {
                t.results(results)?;
            }
            Ok(status_of(outcome))
        })
    }
}

/// The frames of a stopped or trapped call, innermost first, as many as cap allows. Returns how many
/// were written; 0 for a handle that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_backtrace(t: *const wrt_task, out: *mut wrt_frame, cap: usize) -> usize {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let (Ok(t), Ok(place)) = (task(t), array_mut(out, cap)) else { return 0 };
        place.fill(NO_FRAME);
        backtrace(t, place)
    }
}

const NO_FRAME: wrt_frame =
    wrt_frame { func: 0, func_offset: 0, module_offset: 0, name: wrt_bytes::EMPTY, instance: 0, reserved: 0 };

/// The core's frames go to the end of the caller's array and are spread out from its front: the
/// place of a frame is never needed before it has been read.
fn backtrace(t: Task<'_>, place: &mut [wrt_frame]) -> usize {
    const { assert!(size_of::<Frame>() <= size_of::<wrt_frame>() && align_of::<Frame>() <= align_of::<wrt_frame>()) };
    const { assert!((size_of::<wrt_frame>() - size_of::<Frame>()).is_multiple_of(align_of::<Frame>())) };
    let cap = place.len();
    let base = place.as_mut_ptr();
    // SAFETY: `cap` core frames fit into the last part of the array, aligned as the gap is a multiple
    // of their alignment; the array was filled, and any bytes are valid in a core frame.
    let (frames, written) = unsafe {
        let frames = base.cast::<u8>().add(cap * (size_of::<wrt_frame>() - size_of::<Frame>())).cast::<Frame>();
        (frames, t.backtrace(core::slice::from_raw_parts_mut(frames, cap)).min(cap))
    };
    for k in 0..written {
        // SAFETY: `k` is below `cap`; the frame is read before anything is written over it.
        let f = unsafe { frames.add(k).read() };
        let named = t.instance().member(f.instance).and_then(|i| i.module().func_name(f.func));
        let c = wrt_frame {
            func: f.func,
            func_offset: f.func_offset,
            module_offset: f.module_offset,
            name: named.map_or(wrt_bytes::EMPTY, wrt_bytes::of),
            instance: f.instance,
            reserved: 0,
        };
        // SAFETY: as above.
        unsafe { base.add(k).write(c) };
    }
    written
}

fn func(f: wrt_func) -> Func {
    Func { instance: f.instance, index: f.index }
}
