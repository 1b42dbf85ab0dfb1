//! The short way into a guest: a JavaScript function for each WebAssembly function, with neither arguments nor results.
//!
//! Both pass through the shared buffer, so that a call costs one crossing and no object.

use crate::cell::StoreCell;
use core::ffi::c_void;
use core::ptr::null_mut;
use napi::bindgen_prelude::*;
use napi::sys;
use std::rc::Rc;
use wrt_host::store::Place;

/// What a function of JavaScript's leads to.
struct Entry {
    cell: Rc<StoreCell>,
    func: Place,
    params: usize,
    results: usize,
}

/// Makes the JavaScript function.
pub fn make<'env>(env: &'env Env, cell: Rc<StoreCell>, func: Place) -> Result<Unknown<'env>> {
    let (params, results) = cell.store.func_type(func).ok_or_else(|| Error::from_reason("no such function"))?;
    let entry = Box::into_raw(Box::new(Entry { cell, func, params: params.len(), results: results.len() }));
    let mut function = null_mut();
    let raw = env.raw();
    // SAFETY: the entry lives until the finalizer, which goes with the function.
    unsafe {
        let made = sys::napi_create_function(raw, null_mut(), 0, Some(enter), entry.cast(), &mut function);
        let kept = made == sys::Status::napi_ok
            && sys::napi_add_finalizer(raw, function, entry.cast(), Some(leave), null_mut(), null_mut())
                == sys::Status::napi_ok;
        if !kept {
            drop(Box::from_raw(entry));
            return Err(Error::from_reason("no function could be made"));
        }
        Unknown::from_napi_value(raw, function)
    }
}

unsafe extern "C" fn enter(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut data = null_mut();
    // SAFETY: Node calls with its own handles; the data is the entry, which lives as long as the function.
    unsafe {
        sys::napi_get_cb_info(env, info, null_mut(), null_mut(), null_mut(), &mut data);
        if let Some(entry) = data.cast::<Entry>().as_ref() {
            entry.cell.call(entry.func, entry.params, entry.results);
        }
    }
    null_mut()
}

unsafe extern "C" fn leave(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: made by `Box::into_raw`, and finalized once.
    drop(unsafe { Box::from_raw(data.cast::<Entry>()) });
}
