//! Raw access to what an instance owns or imports, and the resolution of function references.
//!
//! Owns the reading of an instance's binding words. Every function takes raw pointers and keeps no
//! reference, since several handles and the executor share an instance.

use crate::error::Reason;
use crate::module::Module;
use crate::module::layout::{FuncEntry, GlobalEntry};
use crate::runtime::heap::{self, OUTSIDE};
use crate::runtime::layout::{FuncRef, ImportBinding, InstanceHeader, MemInst, TableInst};
use crate::runtime::link::LINKING;
use crate::runtime::typing;
use crate::runtime::value::Value;
use crate::subtype::{hierarchy, matches};
use crate::types::{FuncType, ValType};
use core::ptr;

/// The instance's module.
///
/// # Safety
/// `inst` is live, and with it its module, for `'a`.
#[inline]
pub(crate) unsafe fn module_of<'a>(inst: *mut InstanceHeader) -> Module<'a> {
    // SAFETY: the binding word was made from a module that outlives the instance.
    unsafe { Module::from_base(ptr::with_exposed_provenance((*inst).module as usize)) }
}

/// What lies `off` bytes behind the instance's base.
///
/// # Safety
/// `inst` is live and `off` one of its layout's offsets.
#[inline]
pub(crate) unsafe fn at<T>(inst: *mut InstanceHeader, off: u32) -> *mut T {
    // SAFETY: the layout's offsets lie within the instance.
    unsafe { inst.cast::<u8>().add(off as usize).cast() }
}

/// Entry `i` of an array of addresses in the binding words.
///
/// # Safety
/// `inst` is live, `array` the offset of such an array with more than `i` entries.
#[inline]
unsafe fn bound<T>(inst: *mut InstanceHeader, array: u32, i: u32) -> *mut T {
    // SAFETY: the caller vouches for array and index.
    ptr::with_exposed_provenance_mut(unsafe { at::<u64>(inst, array).add(i as usize).read() } as usize)
}

/// The memory with this index; `None` where there is none.
///
/// # Safety
/// `inst` is live.
#[inline]
pub(crate) unsafe fn memory(inst: *mut InstanceHeader, index: u32) -> Option<*mut MemInst> {
    // SAFETY: `memory_ptrs` has an entry for each memory of the index space.
    unsafe {
        let count = module_of(inst).header().memories.len;
        (index < count).then(|| bound(inst, (*inst).memory_ptrs, index))
    }
}

/// The table with this index; `None` where there is none.
///
/// # Safety
/// `inst` is live.
#[inline]
pub(crate) unsafe fn table(inst: *mut InstanceHeader, index: u32) -> Option<*mut TableInst> {
    // SAFETY: `table_ptrs` has an entry for each table of the index space.
    unsafe {
        let count = module_of(inst).header().tables.len;
        (index < count).then(|| bound(inst, (*inst).table_ptrs, index))
    }
}

/// The module's entry and the cell of the global with this index; `None` where there is none.
///
/// # Safety
/// `inst` is live for `'a`.
#[inline]
pub(crate) unsafe fn global<'a>(inst: *mut InstanceHeader, index: u32) -> Option<(&'a GlobalEntry, *mut u64)> {
    // SAFETY: the loader numbered the cells of defined globals and the addresses of imported ones.
    unsafe {
        let module = module_of::<'a>(inst);
        let header = module.header();
        let entry = module.entries::<GlobalEntry>(header.globals).get(index as usize)?;
        let cell = if index < header.imported_globals {
            bound(inst, (*inst).global_ptrs, entry.cell)
        } else {
            at::<u64>(inst, (*inst).globals).add(entry.cell as usize)
        };
        Some((entry, cell))
    }
}

/// What the imported function with this index is bound to; `None` for a function of the module's own.
///
/// # Safety
/// `inst` is live.
#[inline]
pub(crate) unsafe fn import_binding(inst: *mut InstanceHeader, func: u32) -> Option<ImportBinding> {
    // SAFETY: `import_funcs` has an entry for each imported function.
    unsafe {
        let count = module_of(inst).header().imported_funcs;
        (func < count).then(|| at::<ImportBinding>(inst, (*inst).import_funcs).add(func as usize).read())
    }
}

/// The instance with this number in the group of `inst`; null where there is none.
///
/// # Safety
/// `inst` is live, and its group with it.
pub(crate) unsafe fn instance_by_id(inst: *mut InstanceHeader, id: u32) -> *mut InstanceHeader {
    // SAFETY: `root` and `next` are addresses of live instances of the group, or 0 at its end.
    unsafe {
        if (*inst).id == id {
            return inst;
        }
        if !LINKING {
            return ptr::null_mut();
        }
        let mut next = (*inst).root;
        while next != 0 {
            let other = ptr::with_exposed_provenance_mut::<InstanceHeader>(next as usize);
            if (*other).id == id {
                return other;
            }
            next = (*other).next;
        }
        ptr::null_mut()
    }
}

/// The instance with this number in the group of `inst`, if there is one.
///
/// # Safety
/// As for [`instance_by_id`].
pub(crate) unsafe fn member(inst: *mut InstanceHeader, id: u32) -> Option<*mut InstanceHeader> {
    // SAFETY: as the caller vouches.
    let other = unsafe { instance_by_id(inst, id) };
    (!other.is_null()).then_some(other)
}

/// The instance with this number, and the type of its function with this index.
///
/// # Safety
/// As for [`instance_by_id`].
pub(crate) unsafe fn member_func<'a>(
    inst: *mut InstanceHeader,
    id: u32,
    index: u32,
) -> Option<(*mut InstanceHeader, FuncType<'a>)> {
    // SAFETY: as the caller vouches.
    unsafe {
        let other = member(inst, id)?;
        Some((other, module_of(other).func_type(index)?))
    }
}

/// The type of a function that the module's own code names.
///
/// # Errors
/// [`Reason::Internal`] where there is none, which validation rules out.
///
/// # Safety
/// `inst` is live.
pub(crate) unsafe fn func_type<'a>(inst: *mut InstanceHeader, index: u32) -> Result<FuncType<'a>, Reason> {
    // SAFETY: as the caller vouches.
    unsafe { module_of(inst).func_type(index).ok_or(Reason::Internal) }
}

/// The reference ([`FuncRef`]) to a function of the instance's index space: where it is an import of
/// another instance's function, that instance's reference to it.
///
/// # Safety
/// `inst` is live; `index` is below the number of its functions.
pub(crate) unsafe fn func_ref(inst: *mut InstanceHeader, index: u32) -> u64 {
    // SAFETY: a binding without a host function names a live instance of the group.
    unsafe {
        match import_binding(inst, index) {
            Some(binding) if LINKING && binding.call == 0 => {
                let other = ptr::with_exposed_provenance_mut::<InstanceHeader>(binding.user as usize);
                FuncRef::new((*other).id, binding.func).0
            }
            _ => FuncRef::new((*inst).id, index).0,
        }
    }
}

/// Instance and function index that a reference names; `None` for null and for numbers that no
/// function of the group has.
///
/// # Safety
/// `inst` is live, and its group with it.
pub(crate) unsafe fn resolve_ref(inst: *mut InstanceHeader, r: FuncRef) -> Option<(*mut InstanceHeader, u32)> {
    // SAFETY: as the caller vouches.
    unsafe { resolve_func(inst, r.instance(), r.func()) }
}

/// The instance with this number, if it has a function with this index; the index comes along.
///
/// # Safety
/// `inst` is live, and its group with it.
pub(crate) unsafe fn resolve_func(
    inst: *mut InstanceHeader,
    id: u32,
    index: u32,
) -> Option<(*mut InstanceHeader, u32)> {
    // SAFETY: as the caller vouches.
    unsafe {
        let other = instance_by_id(inst, id);
        (!other.is_null() && index < module_of(other).func_count()).then_some((other, index))
    }
}

/// The canonical type index of a function, in its instance's module.
///
/// # Safety
/// `inst` is live.
pub(crate) unsafe fn type_of_func(inst: *mut InstanceHeader, index: u32) -> Option<u32> {
    // SAFETY: as the caller vouches.
    let module = unsafe { module_of(inst) };
    module.entries::<FuncEntry>(module.header().funcs).get(index as usize).map(|f| f.ty)
}

/// A value of this type, with the bits above it cleared.
#[inline]
pub(crate) fn clean(ty: ValType, value: Value) -> Value {
    match ty {
        ValType::I32 | ValType::F32 => Value::from_bits(value.bits() & u32::MAX as u64),
        ty if ty.is_vector() => value,
        _ => Value::from_bits(value.bits()),
    }
}

/// The value of this type in the slots or cells at `from`, and how many those are.
///
/// # Safety
/// As many can be read there.
#[inline]
pub(crate) unsafe fn load(ty: ValType, from: *const u64) -> (Value, usize) {
    // SAFETY: as the caller vouches.
    unsafe {
        if ty.is_vector() {
            return (Value::from_v128(from.read() as u128 | (from.add(1).read() as u128) << 64), 2);
        }
        (Value::from_bits(from.read()), 1)
    }
}

/// Writes a value of this type to the slots or cells at `to`; returns how many those are.
///
/// # Safety
/// As many can be written there.
#[inline]
pub(crate) unsafe fn store(ty: ValType, value: Value, to: *mut u64) -> usize {
    // SAFETY: as the caller vouches.
    unsafe {
        to.write(value.bits());
        if ty.is_vector() {
            to.add(1).write((value.v128() >> 64) as u64);
            return 2;
        }
        1
    }
}

/// Whether `bits`, not null, are a reference of this type of the hierarchies `any` and `exn`.
///
/// # Safety
/// As for [`accept`].
unsafe fn is_internal(inst: *mut InstanceHeader, ty: ValType, bits: u64) -> bool {
    // SAFETY: as the caller vouches; an object's descriptor is one of the heap.
    unsafe {
        if bits & OUTSIDE != 0 {
            return ty.nullable() == ValType::ANYREF;
        }
        if bits & 1 == 1 {
            return bits <= u32::MAX as u64 && matches(&module_of(inst), ValType::I31REF.non_null(), ty);
        }
        let heap = heap::of(inst);
        if heap.is_null() || bits > u32::MAX as u64 || !heap::is_object(heap, bits as u32) {
            return false;
        }
        let object = bits as u32;
        if let Some(index) = ty.index() {
            return heap::is_a(heap, object, heap::desc_in(inst, index));
        }
        let own = match heap::descriptor(heap, heap::desc_of(heap, object)).kind {
            heap::kind::STRUCT => ValType::STRUCTREF,
            heap::kind::ARRAY => ValType::ARRAYREF,
            _ => ValType::EXNREF,
        };
        matches(&module_of(inst), own.non_null(), ty)
    }
}

/// A value that comes from the embedder as one of type `ty`, cleaned; `None` for a reference that is
/// not of that type, or names nothing.
///
/// # Safety
/// `inst` is live, and its group with it.
#[inline]
pub(crate) unsafe fn accept(inst: *mut InstanceHeader, ty: ValType, value: Value) -> Option<Value> {
    let value = clean(ty, value);
    if !ty.is_ref() {
        return Some(value);
    }
    // SAFETY: as the caller vouches.
    unsafe { accept_ref(inst, ty, value) }
}

unsafe fn accept_ref(inst: *mut InstanceHeader, ty: ValType, value: Value) -> Option<Value> {
    let bits = value.bits();
    if bits == 0 {
        return ty.is_nullable().then_some(value);
    }
    // SAFETY: as the caller vouches.
    let fits = unsafe {
        match hierarchy(&module_of(inst), ty) {
            ValType::FUNCREF => resolve_ref(inst, FuncRef(bits)).is_some_and(|(definer, func)| {
                type_of_func(definer, func)
                    .is_some_and(|index| typing::matches(definer, ValType::defined(index, false), inst, ty))
            }),
            ValType::EXTERNREF if bits & OUTSIDE == 0 => ty.nullable() == ValType::EXTERNREF,
            ValType::EXTERNREF => is_internal(inst, ValType::ANYREF, bits ^ OUTSIDE),
            _ => is_internal(inst, ty, bits),
        }
    };
    fits.then_some(value)
}
