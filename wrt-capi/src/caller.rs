//! What a host function may do while it is called.
//!
//! Owns nothing; everything is on the core's `Caller`, which lives for one call only.

use crate::abi::{wrt_caller, wrt_instance};
use crate::boundary::{array, array_mut, status};
use crate::status::wrt_status;
use core::ffi::{c_char, c_void};
use wrt_core::{Caller, Error, Reason, Status};

/// The core's caller behind a handle.
pub(crate) unsafe fn caller<'a>(c: *mut wrt_caller) -> Result<&'a mut Caller, Error> {
    let c = c.cast::<Caller>();
    if c.is_null() {
        return Err(Error::new(Reason::NullPointer));
    }
    if !c.is_aligned() {
        return Err(Error::new(Reason::BadHandle));
    }
    // SAFETY: a host function passes on the caller that it was given, while it runs: the header says so.
    Ok(unsafe { &mut *c })
}

/// The instance whose import is being called; NULL for a caller that is none. No further instance
/// can be linked to it before the call has returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_caller_instance(c: *mut wrt_caller) -> *mut wrt_instance {
    // SAFETY: the contract of this crate.
    unsafe { caller(c) }.map_or(core::ptr::null_mut(), |c| c.instance().as_raw().cast())
}

/// Index of the imported function that is being called; UINT32_MAX for a caller that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_caller_func(c: *mut wrt_caller) -> u32 {
    // SAFETY: the contract of this crate.
    unsafe { caller(c) }.map_or(u32::MAX, |c| c.func())
}

/// Fuel that the task has used since it was made or reset, up to this call and with it: the same in every run of the same
/// program, however its fuel was granted; 0 for a caller that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_caller_fuel_used(c: *mut wrt_caller) -> u64 {
    // SAFETY: the contract of this crate.
    unsafe { caller(c) }.map_or(0, |c| c.fuel_used())
}

/// Charges the task for what the host does for it, beyond the call's own cost. A task that cannot pay stops where it
/// next looks at its fuel, with WRT_FUEL; what was overdrawn is taken from its next budget. The guest's fuel is the same
/// in every run only if fuel depends on nothing else than what the guest asks for, such as a size that it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_caller_charge(c: *mut wrt_caller, fuel: u32) {
    // SAFETY: the contract of this crate.
    if let Ok(c) = unsafe { caller(c) } {
        c.charge(fuel);
    }
}

/// Copies n bytes from the calling instance's memory 0.
/// Errors: WRT_E_BOUNDS, with nothing copied; WRT_E_NOT_FOUND if it has no memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_caller_read(c: *mut wrt_caller, addr: u64, dst: *mut c_void, n: usize) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(caller(c).and_then(|c| c.read(addr, array_mut(dst.cast(), n)?))) }
}

/// Copies n bytes to the calling instance's memory 0.
/// Errors: those of wrt_caller_read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_caller_write(c: *mut wrt_caller, addr: u64, src: *const c_void, n: usize) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(caller(c).and_then(|c| c.write(addr, array(src.cast(), n)?))) }
}

/// Notes a trap; the host function returns the result. detail and static_message appear in wrt_error;
/// the message must remain valid, NULL stands for a general one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_caller_trap(c: *mut wrt_caller, detail: u64, static_message: *const c_char) -> wrt_status {
    let message = if static_message.is_null() {
        Reason::HostTrap.message()
    } else {
        // SAFETY: the header demands a NUL-terminated string that remains.
        match unsafe { crate::boundary::c_string(static_message) } {
            Ok(message) => message,
            Err(_) => Reason::HostTrap.message(),
        }
    };
    // SAFETY: the contract of this crate.
    unsafe { caller(c) }.map_or(Status::Trap as wrt_status, |c| c.trap(detail, message))
}

/// Notes the guest's exit code; the host function returns the result. The run ends with WRT_E_EXIT and
/// the code in wrt_error.detail.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_caller_exit(c: *mut wrt_caller, code: u32) -> wrt_status {
    // SAFETY: the contract of this crate.
    unsafe { caller(c) }.map_or(Status::Exit as wrt_status, |c| c.exit(code))
}
