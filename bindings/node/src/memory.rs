//! Memories whose bytes JavaScript sees.
//!
//! A memory that JavaScript makes has bytes of its own until an instance imports it; then they go into that instance's
//! store, where they stay at the same place. A buffer that JavaScript holds keeps whatever the bytes lie in.

use crate::cell::StoreCell;
use crate::shared::{NativeShared, Shared};
use core::cell::{Cell, RefCell};
use core::ffi::c_void;
use core::ptr::null_mut;
use napi::bindgen_prelude::*;
use napi::sys;
use napi_derive::napi;
use std::rc::Rc;
use wrt_core::{Error as WrtError, Limits, MemoryType, PAGE_SIZE, Reason};
use wrt_host::MappedArena;
use wrt_host::store::{Lent, Place};

enum Home {
    /// Its own: bytes, pages, and what its type says.
    Own { region: MappedArena, pages: u64, maximum: Option<u64>, is64: bool },
    /// A store.
    Store(Rc<StoreCell>, Place),
    /// It was to go into a store and could not.
    Lost,
}

/// A memory.
pub struct MemCell {
    home: RefCell<Home>,
    shared: Rc<Shared>,
    weight: Cell<i64>,
}

impl Drop for MemCell {
    fn drop(&mut self) {
        self.weigh(0);
    }
}

impl MemCell {
    /// A memory of a store.
    pub fn of(cell: Rc<StoreCell>, place: Place) -> Self {
        let shared = cell.shared.clone();
        MemCell { home: RefCell::new(Home::Store(cell, place)), shared, weight: Cell::new(0) }
    }

    fn weigh(&self, bytes: i64) {
        let mut after = 0;
        // SAFETY: called on the thread of the environment.
        unsafe { sys::napi_adjust_external_memory(self.shared.env, bytes - self.weight.replace(bytes), &mut after) };
    }

    /// First byte and bytes now.
    fn view(&self) -> (*mut u8, u64) {
        match &*self.home.borrow() {
            // SAFETY: only the address is used.
            Home::Own { region, pages, .. } => (unsafe { region.lend_unbounded(0) }.base(), pages * PAGE_SIZE),
            Home::Store(cell, place) => cell.store.memory(*place).map_or((null_mut(), 0), |v| (v.base, v.len)),
            Home::Lost => (null_mut(), 0),
        }
    }

    /// Puts a memory into a store; where it is then.
    pub fn bind(this: &Rc<Self>, cell: &Rc<StoreCell>) -> core::result::Result<Place, WrtError> {
        match this.home.replace(Home::Lost) {
            Home::Own { region, pages, maximum, is64 } => {
                let limits = Limits { min: pages, max: maximum.unwrap_or(u64::MAX) };
                let ty = MemoryType { is64, ..MemoryType::new(limits) };
                // A store in lent memory clears what it is given.
                let saved = (cell.store.lent_taken() > 0).then(|| {
                    // SAFETY: the region has that many bytes, and no guest runs on it.
                    unsafe {
                        let base = region.lend_unbounded(0).base();
                        core::slice::from_raw_parts(base, (pages * PAGE_SIZE) as usize).to_vec()
                    }
                });
                match cell.store.define_memory_in(ty, region) {
                    Ok(place) => {
                        if let Some(saved) = saved {
                            cell.store.memory_write(place, 0, &saved)?;
                        }
                        cell.watch(place, pages * PAGE_SIZE);
                        this.weigh(0);
                        this.home.replace(Home::Store(cell.clone(), place));
                        Ok(place)
                    }
                    Err((error, back)) => {
                        if let Some(region) = back {
                            this.home.replace(Home::Own { region, pages, maximum, is64 });
                        }
                        Err(error)
                    }
                }
            }
            Home::Store(other, place) => {
                let same = Rc::ptr_eq(&other, cell);
                this.home.replace(Home::Store(other, place));
                if same { Ok(place) } else { Err(Reason::ForeignGroup.into()) }
            }
            Home::Lost => Err(Reason::MemoryRegion.into()),
        }
    }
}

/// A memory as JavaScript holds it.
#[napi]
pub struct NativeMemory(pub(crate) Rc<MemCell>);

#[napi]
impl NativeMemory {
    /// A memory of zeros that may grow to `ceiling` pages. An error where there is no address space.
    #[napi(constructor)]
    pub fn new(shared: &NativeShared, pages: f64, maximum: Option<f64>, ceiling: f64, is64: bool) -> Result<Self> {
        let bytes = (ceiling.max(pages) as u64).saturating_mul(PAGE_SIZE);
        let region = MappedArena::reserve(bytes).map_err(|e| Error::from_reason(e.to_string()))?;
        let maximum = maximum.map(|n| n as u64);
        let home = Home::Own { region, pages: pages as u64, maximum, is64 };
        let cell = MemCell { home: RefCell::new(home), shared: shared.0.clone(), weight: Cell::new(0) };
        cell.weigh(4096 + (pages * PAGE_SIZE as f64) as i64);
        Ok(NativeMemory(Rc::new(cell)))
    }

    /// Bytes now.
    #[napi]
    pub fn length(&self) -> f64 {
        self.0.view().1 as f64
    }

    /// Grows by pages; the pages before, or -1.
    #[napi]
    pub fn grow(&self, more: f64) -> f64 {
        let grown = match &mut *self.0.home.borrow_mut() {
            Home::Own { region, pages, maximum, .. } => {
                let most = (region.len() as u64 / PAGE_SIZE).min(maximum.unwrap_or(u64::MAX));
                let wanted = (*pages).checked_add(more as u64).filter(|wanted| *wanted <= most);
                wanted.map(|wanted| core::mem::replace(pages, wanted))
            }
            Home::Store(cell, place) => cell.store.memory_grow(*place, more as u64),
            Home::Lost => None,
        };
        grown.map_or(-1.0, |old| old as f64)
    }

    /// A buffer over the bytes as they are now.
    #[napi]
    pub fn buffer<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        let (base, len) = self.0.view();
        let keep = Box::into_raw(Box::new(self.0.clone()));
        let mut buffer = null_mut();
        // SAFETY: the bytes stay where they are as long as the cell, which the buffer keeps.
        unsafe {
            let raw = env.raw();
            let made = sys::napi_create_external_arraybuffer(
                raw,
                base.cast(),
                len as usize,
                Some(release),
                keep.cast(),
                &mut buffer,
            );
            if made != sys::Status::napi_ok {
                drop(Box::from_raw(keep));
                return Err(Error::from_reason("Node has no buffer of that size"));
            }
            if let Home::Store(cell, place) = &*self.0.home.borrow() {
                cell.watch(*place, len);
            }
            Unknown::from_napi_value(raw, buffer)
        }
    }

    /// Copies out; nothing where the range is not within the memory.
    #[napi]
    pub fn read(&self, addr: f64, len: f64) -> Option<Buffer> {
        let (base, all) = self.0.view();
        if addr < 0.0 || len < 0.0 || addr + len > all as f64 {
            return None;
        }
        // SAFETY: the range is within the memory, and no guest runs meanwhile on this thread.
        let bytes = unsafe { core::slice::from_raw_parts(base.add(addr as usize), len as usize) };
        Some(bytes.to_vec().into())
    }
    /// Copies in; whether the range is within the memory.
    #[napi]
    pub fn write(&self, addr: f64, data: &[u8]) -> bool {
        let (base, all) = self.0.view();
        if addr < 0.0 || addr + data.len() as f64 > all as f64 {
            return false;
        }
        // SAFETY: as for `read`; the data may be a view of the same memory.
        unsafe { base.add(addr as usize).copy_from(data.as_ptr(), data.len()) };
        true
    }
}

unsafe extern "C" fn release(_env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
    // SAFETY: made by `Box::into_raw` in `buffer`, and finalized once.
    drop(unsafe { Box::from_raw(hint.cast::<Rc<MemCell>>()) });
}

/// Takes the bytes from a buffer, so that what was a view of them is one of nothing.
#[napi]
pub fn detach(env: Env, buffer: Object) -> bool {
    // SAFETY: the value is a handle of this call.
    unsafe { sys::napi_detach_arraybuffer(env.raw(), buffer.raw()) == sys::Status::napi_ok }
}

/// A reference that keeps a JavaScript value.
struct Kept(sys::napi_env, sys::napi_ref);

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: stores are dropped on the thread of the environment.
        unsafe { sys::napi_delete_reference(self.0, self.1) };
    }
}

/// The bytes of a `Uint8Array` that a user lends.
pub fn lend(env: &Env, array: &Object) -> Result<Lent> {
    let raw = env.raw();
    let (mut ty, mut len, mut data, mut offset) = (0, 0, null_mut(), 0);
    let (mut buffer, mut reference) = (null_mut(), null_mut());
    // SAFETY: the value is a handle of this call; the array and with it the bytes are kept by the reference.
    unsafe {
        let ok =
            sys::napi_get_typedarray_info(raw, array.raw(), &mut ty, &mut len, &mut data, &mut buffer, &mut offset)
                == sys::Status::napi_ok
                && sys::napi_create_reference(raw, array.raw(), 1, &mut reference) == sys::Status::napi_ok;
        if !ok {
            return Err(Error::from_reason("an arena is a Uint8Array"));
        }
        Lent::from_raw(data.cast(), len, Box::new(Kept(raw, reference)))
            .map_err(|e| Error::from_reason(e.message.to_string_lossy()))
    }
}
