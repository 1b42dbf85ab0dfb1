//! The short way into a guest: one JavaScript function for all of a thread's WebAssembly functions, with neither arguments
//! nor results.
//!
//! Which function is meant stands in the head of the shared buffer, and values pass through it, so that a call costs one
//! crossing and no object. One function and not one for each, because V8 calls a native function that never changes at a
//! place faster than one that does.

use crate::cell::StoreCell;
use crate::shared::{NativeShared, Shared, word};
use core::cell::RefCell;
use core::ffi::c_void;
use core::ptr::null_mut;
use napi::bindgen_prelude::*;
use napi::sys;
use napi_derive::napi;
use std::rc::Rc;
use wrt_host::store::Place;

/// What a number leads to.
struct Entry {
    cell: Rc<StoreCell>,
    func: Place,
    params: usize,
    results: usize,
}

/// The functions that can be entered, by number.
#[derive(Default)]
pub struct Entries(RefCell<Vec<Option<Rc<Entry>>>>, RefCell<Vec<u32>>);

impl Entries {
    fn add(&self, entry: Entry) -> u32 {
        let entry = Some(Rc::new(entry));
        let mut entries = self.0.borrow_mut();
        match self.1.borrow_mut().pop() {
            Some(free) => {
                if let Some(place) = entries.get_mut(free as usize) {
                    *place = entry;
                }
                free
            }
            None => {
                entries.push(entry);
                entries.len() as u32 - 1
            }
        }
    }
    fn remove(&self, number: u32) {
        let gone = self.0.borrow_mut().get_mut(number as usize).and_then(Option::take);
        self.1.borrow_mut().push(number);
        // What goes with it may be a store, which has entries no more.
        drop(gone);
    }
}

/// Keeps a function enterable.
#[napi]
pub struct NativeEntry {
    shared: Rc<Shared>,
    number: u32,
}

impl Drop for NativeEntry {
    fn drop(&mut self) {
        self.shared.entries.remove(self.number);
    }
}

#[napi]
impl NativeEntry {
    /// The number by which it is entered.
    #[napi]
    pub fn number(&self) -> u32 {
        self.number
    }
}

/// Makes a function enterable; nothing where there is no such function.
pub fn make(cell: &Rc<StoreCell>, func: Place) -> Option<NativeEntry> {
    let (params, results) = cell.store.func_type(func)?;
    let entry = Entry { cell: cell.clone(), func, params: params.len(), results: results.len() };
    let number = cell.shared.entries.add(entry);
    Some(NativeEntry { shared: cell.shared.clone(), number })
}

/// The function that enters.
#[napi]
pub fn enter_function<'env>(env: &'env Env, shared: &NativeShared) -> Result<Unknown<'env>> {
    let kept = Rc::into_raw(shared.0.clone()).cast_mut().cast::<c_void>();
    let (raw, mut function) = (env.raw(), null_mut());
    // SAFETY: what is kept lives until the finalizer, which goes with the function.
    unsafe {
        let made = sys::napi_create_function(raw, null_mut(), 0, Some(enter), kept, &mut function);
        let finalized = made == sys::Status::napi_ok
            && sys::napi_add_finalizer(raw, function, kept, Some(leave), null_mut(), null_mut())
                == sys::Status::napi_ok;
        if !finalized {
            drop(Rc::from_raw(kept.cast::<Shared>()));
            return Err(Error::from_reason("no function could be made"));
        }
        Unknown::from_napi_value(raw, function)
    }
}

unsafe extern "C" fn enter(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut data = null_mut();
    // SAFETY: Node calls with its own handles; the data lives as long as the function.
    unsafe {
        sys::napi_get_cb_info(env, info, null_mut(), null_mut(), null_mut(), &mut data);
        if let Some(shared) = data.cast::<Shared>().as_ref() {
            let number = shared.word(word::ENTRY) as usize;
            let entry = shared.entries.0.borrow().get(number).and_then(Clone::clone);
            if let Some(entry) = entry {
                entry.cell.call(entry.func, entry.params, entry.results);
            }
        }
    }
    null_mut()
}

unsafe extern "C" fn leave(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: made by `Rc::into_raw`, and finalized once.
    drop(unsafe { Rc::from_raw(data.cast::<Shared>()) });
}
