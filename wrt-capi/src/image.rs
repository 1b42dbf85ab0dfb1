//! Images at the C boundary: translated modules as bytes that run where they lie.
//!
//! Owns nothing of its own: each function checks, calls `wrt_core::Module`, and translates back.

use crate::abi::{wrt_arena, wrt_bytes, wrt_error, wrt_load_budget, wrt_module, wrt_plan};
use crate::boundary::{Out, array_mut, bytes, lend_value, put, report, wanted};
use crate::module::{load_budget, module, plan_of};
use crate::status::wrt_status;
use wrt_core::{Error, Module, Plan, Reason, Status};

/// Says what an image needs: load_scratch bytes while wrt_module_from_image checks it, nothing for the module, and
/// what instances and tasks need as for any module. out->struct_size is set by the caller. stack_min is what the
/// image says of itself; it is not checked, and a task that is too small for a call traps.
/// Errors: those of wrt_module_from_image that concern anything but code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_plan_image(
    image: wrt_bytes,
    b: *const wrt_load_budget,
    out: *mut wrt_plan,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = Out::new(out);
        report(err, || {
            let place = place?;
            let plan = Module::plan_image(bytes(image)?, &load_budget(b)?)?;
            place.put(&plan_of(&plan));
            Ok(Status::Ok)
        })
    }
}

/// Takes the module that lies in an image, which is checked in full and never trusted, and leaves it where it is: the
/// bytes, which begin on a multiple of WRT_ARENA_ALIGN and may be read-only memory, must remain as they are while the
/// module lives. scratch is used during the call only.
/// Errors: WRT_E_MALFORMED for bytes that are no image, or a damaged one; WRT_E_VERSION for an image of another build
/// of the engine; WRT_E_UNSUPPORTED, WRT_E_BUDGET; WRT_E_ARENA with the size of scratch that suffices.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_from_image(
    image: wrt_bytes,
    b: *const wrt_load_budget,
    scratch: wrt_arena,
    out: *mut *mut wrt_module,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, core::ptr::null_mut());
        report(err, || {
            wanted(out)?;
            let module = Module::from_image(bytes(image)?, &load_budget(b)?, &mut lend_value(scratch)?)?;
            put(out, module.as_raw().cast_mut().cast());
            Ok(Status::Ok)
        })
    }
}

/// Bytes of the module's image; 0 for a handle that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_image_size(m: *const wrt_module) -> u64 {
    // SAFETY: the contract of this crate.
    unsafe { module(m) }.map_or(0, Module::image_size)
}

/// Writes the module as an image of wrt_module_image_size bytes to out, of which there are cap. The module must have
/// been loaded in pieces (wrt_loader_new), so that it borrows nothing. stack_min is that of the module's plan, or 0.
/// Whether an image can hold what the module uses, wrt_module_from_image says.
/// Errors: WRT_E_STATE for a module that was loaded whole; WRT_E_ARENA with the size that suffices.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_module_write_image(
    m: *const wrt_module,
    stack_min: u64,
    out: *mut u8,
    cap: usize,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        report(err, || {
            if out.is_null() && cap != 0 {
                return Err(Error::new(Reason::NullPointer));
            }
            let plan = Plan { stack_min, ..Plan::default() };
            module(m)?.write_image(&plan, array_mut(out, cap)?)?;
            Ok(Status::Ok)
        })
    }
}

/// Changes an image of len bytes so that every build of the same sources takes it, also one without pairs of operations,
/// such as those for boards. Results, fuel, stops and plans are the same; where there are pairs, it
/// runs slower. The image begins on a multiple of WRT_ARENA_ALIGN.
/// Errors: those of wrt_plan_image; WRT_E_MALFORMED or WRT_E_UNSUPPORTED for code that is none, and the image is then
/// refused by everybody.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_image_make_portable(
    image: *mut u8,
    len: usize,
    b: *const wrt_load_budget,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        report(err, || {
            if image.is_null() && len != 0 {
                return Err(Error::new(Reason::NullPointer));
            }
            Module::make_portable(array_mut(image, len)?, &load_budget(b)?)?;
            Ok(Status::Ok)
        })
    }
}
