//! Exceptions at the C boundary: their tags, what they carry, and throwing them from the host.
//!
//! Owns nothing: an exception lies in the group's heap region and is passed as the number that refers
//! to it, which is also what stands in a `wrt_value` of type `exnref`.

use crate::abi::{wrt_caller, wrt_instance, wrt_tag, wrt_task, wrt_value};
use crate::boundary::{array, array_mut, put, status, string, wanted};
use crate::caller::caller;
use crate::instance::instance;
use crate::status::wrt_status;
use crate::task::task;
use core::ffi::c_char;
use wrt_core::{Error, Reason, Status, Tag, Value};

/// What stands for no tag.
const NO_TAG: wrt_tag = wrt_tag { instance: u32::MAX, index: u32::MAX };

fn c_tag(tag: Tag) -> wrt_tag {
    wrt_tag { instance: tag.instance, index: tag.index }
}

/// The exported tag of this name.
/// Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_export_tag(i: *const wrt_instance, name: *const c_char, out: *mut wrt_tag) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, NO_TAG);
        status((|| {
            wanted(out)?;
            let tag = instance(i)?.export_tag(string(name, Reason::ExportNotFound)?)?;
            put(out, c_tag(tag));
            Ok(())
        })())
    }
}

/// Makes an exception of a tag of the instance's group, with what it carries; out receives the reference
/// to it. It lasts until the guest runs on without holding it: throw it soon.
/// Errors: WRT_E_NOT_FOUND for an unknown tag; WRT_E_TYPE for values that are not the tag's;
/// WRT_E_ARENA if the group's heap region has no room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_exception_new(
    i: *mut wrt_instance,
    tag: wrt_tag,
    values: *const wrt_value,
    n: usize,
    out: *mut u64,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, 0);
        status((|| {
            wanted(out)?;
            let tag = Tag { instance: tag.instance, index: tag.index };
            let exception = instance(i)?.exception(tag, array(values.cast::<Value>(), n)?)?;
            put(out, exception.ref_());
            Ok(())
        })())
    }
}

/// The tag of an exception of the instance's group, as the instance that defines it has it.
/// Errors: WRT_E_TYPE for a number that refers to no exception.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_exception_tag(i: *const wrt_instance, exception: u64, out: *mut wrt_tag) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, NO_TAG);
        status((|| {
            wanted(out)?;
            let tag = instance(i)?.exception_tag(Value::from_ref(exception));
            put(out, c_tag(tag.ok_or(Error::new(Reason::ReferenceUnknown))?));
            Ok(())
        })())
    }
}

/// Copies what an exception carries, as many values as cap allows; n, if not NULL, receives how many
/// there are.
/// Errors: those of wrt_exception_tag.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_exception_values(
    i: *const wrt_instance,
    exception: u64,
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
            put(n, instance(i)?.exception_values(Value::from_ref(exception), out)?);
            Ok(())
        })())
    }
}

/// Throws an exception of the caller's group: notes it; the host function returns the result. A handler
/// of the guest may catch it; else the run ends with WRT_E_TRAP and WRT_TRAP_UNCAUGHT_EXCEPTION. A number
/// that refers to no exception makes it a trap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_caller_throw(c: *mut wrt_caller, exception: u64) -> wrt_status {
    // SAFETY: the contract of this crate.
    if let Ok(c) = unsafe { caller(c) } {
        c.throw(Value::from_ref(exception));
    }
    Status::Trap as wrt_status
}

/// The exception that ended the last run because nothing caught it (WRT_TRAP_UNCAUGHT_EXCEPTION).
/// Errors: WRT_E_STATE if the last run did not end so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_exception(t: *const wrt_task, out: *mut u64) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, 0);
        status((|| {
            wanted(out)?;
            put(out, task(t)?.exception().ok_or(Error::new(Reason::NotFinished))?.ref_());
            Ok(())
        })())
    }
}

/// Completes the host call that the task waits for by an exception, as wrt_caller_throw does within one.
/// wrt_task_run then continues.
/// Errors: WRT_E_STATE if the task waits for none; WRT_E_TYPE for a number that refers to no exception.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_task_complete_with_exception(t: *mut wrt_task, exception: u64) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(task(t).and_then(|t| t.complete_with_exception(Value::from_ref(exception)))) }
}
