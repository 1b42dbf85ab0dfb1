//! What an instance owns, at the C boundary: memories, globals, tables.
//!
//! Owns nothing; every access is the core's, checked against the object's size and type.

use crate::abi::{wrt_instance, wrt_memory, wrt_value};
use crate::boundary::{array, array_mut, put, status, wanted};
use crate::instance::instance;
use crate::status::wrt_status;
use core::ffi::c_void;
use wrt_core::{Error, Reason, Value};

/// A memory as it is now (index space: imports first). Guest code may write to it whenever it runs;
/// len may have grown after every run.
/// Errors: WRT_E_NOT_FOUND for an index that is no memory's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_memory_view(i: *const wrt_instance, index: u32, out: *mut wrt_memory) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, wrt_memory { base: core::ptr::null_mut(), len: 0, ceiling: 0 });
        status((|| {
            wanted(out)?;
            let view = instance(i)?.memory(index)?;
            put(out, wrt_memory { base: view.base, len: view.len, ceiling: view.ceiling });
            Ok(())
        })())
    }
}

/// Copies n bytes from a memory.
/// Errors: WRT_E_BOUNDS, with nothing copied; WRT_E_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_memory_read(
    i: *const wrt_instance,
    index: u32,
    addr: u64,
    dst: *mut c_void,
    n: usize,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(instance(i).and_then(|i| i.memory_read(index, addr, array_mut(dst.cast(), n)?))) }
}

/// Copies n bytes to a memory.
/// Errors: those of wrt_memory_read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_memory_write(
    i: *mut wrt_instance,
    index: u32,
    addr: u64,
    src: *const c_void,
    n: usize,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(instance(i).and_then(|i| i.memory_write(index, addr, array(src.cast(), n)?))) }
}

/// Grows a memory by pages of 65536 bytes, as memory.grow does. old, if not NULL, receives its pages
/// before; UINT64_MAX on failure.
/// Errors: WRT_E_BUDGET where maximum, ceiling or budget forbid it; WRT_E_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_memory_grow(i: *mut wrt_instance, index: u32, pages: u64, old: *mut u64) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(old, u64::MAX);
        status((|| {
            let of = instance(i)?;
            of.memory(index)?;
            put(old, of.memory_grow(index, pages).ok_or(Error::new(Reason::GrowRefused))?);
            Ok(())
        })())
    }
}

/// Reads a global (index space: imports first). type, if not NULL, receives its signature letter.
/// Errors: WRT_E_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_global_get(
    i: *const wrt_instance,
    index: u32,
    out: *mut wrt_value,
    r#type: *mut u32,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let out = out.cast::<Value>();
        put(out, Value::default());
        put(r#type, 0);
        status((|| {
            wanted(out)?;
            let (value, ty) = instance(i)?.global_get(index)?;
            put(out, value);
            put(r#type, u32::from(ty.letter()));
            Ok(())
        })())
    }
}

/// Writes a mutable global.
/// Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for an immutable global, or a number that is no funcref.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_global_set(i: *mut wrt_instance, index: u32, value: *const wrt_value) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(instance(i).and_then(|i| i.global_set(index, one(value)?))) }
}

/// Elements that a table has now (index space: imports first).
/// Errors: WRT_E_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_table_len(i: *const wrt_instance, index: u32, out: *mut u64) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, 0);
        status((|| {
            wanted(out)?;
            put(out, instance(i)?.table_len(index)?);
            Ok(())
        })())
    }
}

/// Reads a table's element.
/// Errors: WRT_E_BOUNDS; WRT_E_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_table_get(
    i: *const wrt_instance,
    index: u32,
    elem: u64,
    out: *mut wrt_value,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let out = out.cast::<Value>();
        put(out, Value::default());
        status((|| {
            wanted(out)?;
            put(out, instance(i)?.table_get(index, elem)?);
            Ok(())
        })())
    }
}

/// Writes a table's element.
/// Errors: WRT_E_BOUNDS; WRT_E_NOT_FOUND; WRT_E_TYPE for a number that is no reference of the table's type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_table_set(
    i: *mut wrt_instance,
    index: u32,
    elem: u64,
    value: *const wrt_value,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(instance(i).and_then(|i| i.table_set(index, elem, one(value)?))) }
}

/// Grows a table by n elements of the given value, as table.grow does. old, if not NULL, receives its
/// elements before; UINT64_MAX on failure.
/// Errors: WRT_E_BUDGET where maximum or reserve forbid it; WRT_E_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_table_grow(
    i: *mut wrt_instance,
    index: u32,
    n: u64,
    value: *const wrt_value,
    old: *mut u64,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(old, u64::MAX);
        status((|| {
            let of = instance(i)?;
            of.table_len(index)?;
            put(old, of.table_grow(index, n, one(value)?).ok_or(Error::new(Reason::GrowRefused))?);
            Ok(())
        })())
    }
}

/// The value that the caller points to.
unsafe fn one(value: *const wrt_value) -> Result<Value, Error> {
    wanted(value.cast_mut())?;
    // SAFETY: not null, so that 16 bytes can be read: the contract of this crate.
    Ok(unsafe { value.cast::<Value>().read_unaligned() })
}
