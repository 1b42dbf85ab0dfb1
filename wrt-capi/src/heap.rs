//! The heap of a group at the C boundary: what it holds, when it is collected, what a reference is to.
//!
//! Owns the C shape of [`wrt_core::HeapUsage`] and [`wrt_core::Reference`]; how objects lie is the core's.

use crate::abi::{wrt_func, wrt_instance};
use crate::boundary::{Out, put, status};
use crate::instance::instance;
use crate::sizes::Versioned;
use crate::status::wrt_status;
use wrt_core::{Collection, Error, Instance, Reason, Reference, ValType, Value};

/// wrt_instance_set_collection: when an allocation finds no room.
pub const WRT_COLLECTION_AUTOMATIC: u32 = 0;
/// wrt_instance_set_collection: never; an allocation without room is a trap.
pub const WRT_COLLECTION_FORBIDDEN: u32 = 1;
/// wrt_instance_set_collection: at every allocation, for tests.
pub const WRT_COLLECTION_ALWAYS: u32 = 2;

const _: () = assert!(WRT_COLLECTION_AUTOMATIC == Collection::Automatic as u32);
const _: () = assert!(WRT_COLLECTION_FORBIDDEN == Collection::Forbidden as u32);
const _: () = assert!(WRT_COLLECTION_ALWAYS == Collection::Always as u32);

/// wrt_reference_describe: structures, arrays, i31 and what converts to them.
pub const WRT_HIERARCHY_ANY: u32 = 0;
/// wrt_reference_describe: externref.
pub const WRT_HIERARCHY_EXTERN: u32 = 1;
/// wrt_reference_describe: functions.
pub const WRT_HIERARCHY_FUNC: u32 = 2;
/// wrt_reference_describe: exceptions.
pub const WRT_HIERARCHY_EXN: u32 = 3;

/// wrt_reference.kind: null.
pub const WRT_REFERENCE_NULL: u32 = 0;
/// wrt_reference.kind: an unboxed integer of 31 bits.
pub const WRT_REFERENCE_I31: u32 = 1;
/// wrt_reference.kind: a structure.
pub const WRT_REFERENCE_STRUCT: u32 = 2;
/// wrt_reference.kind: an array.
pub const WRT_REFERENCE_ARRAY: u32 = 3;
/// wrt_reference.kind: an exception.
pub const WRT_REFERENCE_EXCEPTION: u32 = 4;
/// wrt_reference.kind: a function.
pub const WRT_REFERENCE_FUNC: u32 = 5;
/// wrt_reference.kind: a value of the embedder.
pub const WRT_REFERENCE_HOST: u32 = 6;

/// What the heap region of a group holds, in bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_heap_usage {
    /// sizeof(wrt_heap_usage)
    pub struct_size: u32,
    /// Written as 0.
    pub reserved: u32,
    /// Objects, exceptions and what describes their types, reachable or not yet collected.
    pub used: u64,
    /// Most that was in use at once.
    pub peak: u64,
    /// The whole region.
    pub capacity: u64,
    /// Neither in use nor the region's own; not necessarily in one piece.
    pub free: u64,
    /// Collections so far.
    pub collections: u64,
}

/// What a reference is to.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_reference {
    /// sizeof(wrt_reference)
    pub struct_size: u32,
    /// WRT_REFERENCE_*.
    pub kind: u32,
    /// The integer of WRT_REFERENCE_I31, sign-extended; else 0.
    pub i31: i32,
    /// Elements of WRT_REFERENCE_ARRAY; else 0.
    pub len: u32,
    /// The function of WRT_REFERENCE_FUNC; else UINT32_MAX twice.
    pub func: wrt_func,
    /// The number of WRT_REFERENCE_HOST; else 0.
    pub host: u64,
}

/// The instance behind a handle, if its group has a heap.
unsafe fn with_heap<'a>(i: *const wrt_instance) -> Result<(Instance<'a>, wrt_core::HeapUsage), Error> {
    // SAFETY: the contract of this crate.
    let i = unsafe { instance(i) }?;
    Ok((i, i.heap_usage().ok_or(Error::new(Reason::UnknownIndex))?))
}

/// What the heap region of the instance's group holds; out->struct_size is set by the caller.
/// Errors: WRT_E_NOT_FOUND if the group has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_instance_heap_usage(i: *const wrt_instance, out: *mut wrt_heap_usage) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = Out::new(out);
        status((|| {
            let (_, u) = with_heap(i)?;
            place?.put(&wrt_heap_usage {
                used: u.used,
                peak: u.peak,
                capacity: u.size,
                free: u.free,
                collections: u.collections,
                ..wrt_heap_usage::EMPTY
            });
            Ok(())
        })())
    }
}

/// Collects what nothing reaches in the heap of the instance's group. Frames of tasks, globals, tables and
/// the exception that a run has left over hold what they refer to; a number that the embedder keeps does
/// not. fuel, if not NULL, receives what a guest would have been charged. Takes time in proportion to what
/// can be reached and to the blocks of the region. May be called by a host function.
/// Errors: WRT_E_NOT_FOUND if the group has no heap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_instance_collect(i: *mut wrt_instance, fuel: *mut u64) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(fuel, 0);
        status((|| {
            let (i, _) = with_heap(i)?;
            put(fuel, i.collect_garbage());
            Ok(())
        })())
    }
}

/// Says when the heap of the instance's group is collected, by WRT_COLLECTION_*; WRT_COLLECTION_AUTOMATIC
/// until then. wrt_instance_collect collects at any rate.
/// Errors: WRT_E_VERSION for an unknown number; WRT_E_NOT_FOUND if the group has no heap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_instance_set_collection(i: *mut wrt_instance, when: u32) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        status((|| {
            let (i, _) = with_heap(i)?;
            i.set_collection(match when {
                WRT_COLLECTION_AUTOMATIC => Collection::Automatic,
                WRT_COLLECTION_FORBIDDEN => Collection::Forbidden,
                WRT_COLLECTION_ALWAYS => Collection::Always,
                _ => return Err(Error::new(Reason::UnknownFlags).detail(u64::from(when))),
            });
            Ok(())
        })())
    }
}

/// What a reference is to (specification section 4.2.1), given as one of WRT_HIERARCHY_*; out->struct_size is
/// set by the caller. A reference to an object is good until the next collection, unless a guest holds the
/// same; then the number is refused, or names another object.
/// Errors: WRT_E_TYPE for a number that is no reference of this hierarchy; WRT_E_VERSION for an unknown one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_reference_describe(
    i: *const wrt_instance,
    reference: u64,
    hierarchy: u32,
    out: *mut wrt_reference,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = Out::new(out);
        status((|| {
            let of = instance(i)?;
            let place = place?;
            let ty = match hierarchy {
                WRT_HIERARCHY_ANY => ValType::ANYREF,
                WRT_HIERARCHY_EXTERN => ValType::EXTERNREF,
                WRT_HIERARCHY_FUNC => ValType::FUNCREF,
                WRT_HIERARCHY_EXN => ValType::EXNREF,
                _ => return Err(Error::new(Reason::UnknownFlags).detail(u64::from(hierarchy))),
            };
            let mut told = wrt_reference::EMPTY;
            told.kind = match of.reference(Value::from_ref(reference), ty)? {
                Reference::Null => WRT_REFERENCE_NULL,
                Reference::I31(n) => {
                    told.i31 = n;
                    WRT_REFERENCE_I31
                }
                Reference::Struct => WRT_REFERENCE_STRUCT,
                Reference::Array(len) => {
                    told.len = len;
                    WRT_REFERENCE_ARRAY
                }
                Reference::Exception => WRT_REFERENCE_EXCEPTION,
                Reference::Func(f) => {
                    told.func = wrt_func { instance: f.instance, index: f.index };
                    WRT_REFERENCE_FUNC
                }
                Reference::Host(n) => {
                    told.host = n;
                    WRT_REFERENCE_HOST
                }
            };
            place.put(&told);
            Ok(())
        })())
    }
}

/// A number of the embedder's as anyref, as any.convert_extern makes it of an externref; 0 is null. Bit 63 of
/// the number is lost.
#[unsafe(no_mangle)]
pub extern "C" fn wrt_host_reference(host: u64) -> u64 {
    Instance::host_reference(host).ref_()
}
