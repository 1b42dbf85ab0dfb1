//! What a collection starts from: globals, tables and segments of the group's instances, and the
//! frames of its tasks.
//!
//! Which slots of a frame hold references is told by the function's side table, for each place where
//! a task may stand while another allocates; see `translate/side.rs`. So nothing is guessed.

use super::place::{self, Frames};
use super::state::{RECORD_SLOTS, TaskHeader, in_host, phase, resume, slot_at, stop};
use crate::module::layout::{ELEM_EXPR, ELEM_GLOBAL, ElemEntry, GlobalEntry, TableEntry};
use crate::runtime::exception;
use crate::runtime::heap::{self, HeapHeader, Traced};
use crate::runtime::layout::{InstanceHeader, TableInst};
use crate::runtime::ops;
use crate::runtime::ops::{at, module_of};
use crate::types::{FuncType, ValType};
use core::ptr;

/// Collects what no root reaches; returns the fuel of it: one for each root, object and reference
/// that was looked at and each block that was swept.
///
/// # Safety
/// `inst` is live, and its group and the tasks that run in it; the running ones have noted where
/// they stand.
pub(crate) unsafe fn collect(inst: *mut InstanceHeader) -> u64 {
    // SAFETY: as the caller vouches.
    unsafe {
        let heap = heap::of(inst);
        if heap.is_null() {
            return 0;
        }
        let mut seen = 0;
        let root = ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize);
        let mut other = root;
        while !other.is_null() {
            seen += mark_instance(heap, other);
            other = ptr::with_exposed_provenance_mut((*other).next as usize);
        }
        heap::mark(heap, exception::left_over(inst) as u64, Traced::Internal);
        let mut t = ptr::with_exposed_provenance_mut::<TaskHeader>((*root).tasks as usize);
        while !t.is_null() {
            seen += mark_task(heap, t);
            t = ptr::with_exposed_provenance_mut((*t).next as usize);
        }
        seen + heap::trace(heap) + heap::sweep(heap)
    }
}

unsafe fn mark_instance(heap: *mut HeapHeader, inst: *mut InstanceHeader) -> u64 {
    let mut seen = 0;
    // SAFETY: the layout has a place for everything that the module defines.
    unsafe {
        let module = module_of(inst);
        let header = module.header();
        let own = header.imported_globals..module.entries::<GlobalEntry>(header.globals).len() as u32;
        for (entry, cell) in own.filter_map(|index| ops::global(inst, index)) {
            if let Some(how) = heap::traced(&module, entry.ty) {
                heap::mark(heap, cell.read(), how);
                seen += 1;
            }
        }
        let tables = module.entries::<TableEntry>(header.tables).iter().skip(header.imported_tables as usize);
        for (k, entry) in tables.enumerate() {
            let Some(how) = heap::traced(&module, entry.ty) else { continue };
            let t = at::<TableInst>(inst, (*inst).tables).add(k);
            for i in 0..(*t).len {
                heap::mark(heap, ops::table_elements(t).add(i as usize).read(), how);
            }
            seen += (*t).len;
        }
        for (i, entry) in module.entries::<ElemEntry>(header.elems).iter().enumerate() {
            let dropped = at::<u8>(inst, (*inst).elems_dropped).add(i).read() != 0;
            let Some(how) = heap::traced(&module, entry.ty) else { continue };
            if dropped {
                continue;
            }
            for &item in module.entries::<u32>(entry.items) {
                if item & (ELEM_EXPR | ELEM_GLOBAL) == ELEM_EXPR {
                    let cell = at::<u64>(inst, (*inst).elem_cells).add((item & !ELEM_EXPR) as usize);
                    heap::mark(heap, cell.read(), how);
                    seen += 1;
                }
            }
        }
    }
    seen
}

/// Marks values of these types in the slots from `first` on.
unsafe fn mark_values(
    heap: *mut HeapHeader,
    t: *mut TaskHeader,
    inst: *mut InstanceHeader,
    types: &[ValType],
    first: u32,
) -> u64 {
    let mut slot = first;
    let mut seen = 0;
    for &ty in types {
        // SAFETY: the caller vouches for the slots.
        unsafe {
            if let Some(how) = heap::traced(&module_of(inst), ty) {
                heap::mark(heap, slot_at(t, slot).read(), how);
                seen += 1;
            }
        }
        slot += ty.slots();
    }
    seen
}

/// The same for parameters or results of the function that the task was started with.
unsafe fn mark_started(
    heap: *mut HeapHeader,
    t: *mut TaskHeader,
    types: fn(FuncType<'_>) -> &[ValType],
    first: u32,
) -> u64 {
    // SAFETY: as for `mark_values`.
    unsafe {
        let started = ops::member_func(super::state::home(t), (*t).func_instance, (*t).func);
        started.map_or(0, |(inst, ty)| mark_values(heap, t, inst, types(ty), first))
    }
}

unsafe fn mark_task(heap: *mut HeapHeader, t: *mut TaskHeader) -> u64 {
    let mut seen = 0;
    // SAFETY: the task has something under way, and its header says where it stands.
    unsafe {
        let home = super::state::home(t);
        if matches!((*t).phase, phase::IDLE | phase::DONE | phase::FAILED) {
            return 0;
        }
        // What a host call was completed with.
        if (*t).resume == resume::THROW {
            heap::mark(heap, (*t).exception as u64, Traced::Internal);
        }
        // Arguments that no frame has yet.
        if (*t).starting != 0 || (*t).resume == resume::HOST {
            seen += mark_started(heap, t, |ty| ty.params, RECORD_SLOTS);
        }
        if (*t).resume == resume::HOST || (*t).resume == resume::NOTHING {
            return seen;
        }
        // Those of a call that has not returned, or results that its caller does not have yet.
        let answered = matches!((*t).resume, resume::TAIL | resume::AFTER | resume::ANSWER);
        if (*t).phase == phase::PENDING || (*t).in_host != 0 || answered {
            let returned = (*t).in_host == in_host::RETURNED || (answered && (*t).in_host == 0);
            // A wait for a shared memory is no call: it has no type.
            let called = ops::member_func(home, (*t).call_instance, (*t).call_import);
            seen += called.map_or(0, |(inst, ty)| {
                mark_values(heap, t, inst, if returned { ty.results } else { ty.params }, (*t).call_base)
            });
        }
        if (*t).ip == 0 && (*t).starting == 0 {
            // The function that was started has returned, and the slice was spent: there are its results.
            return seen + mark_started(heap, t, |ty| ty.results, (*t).fp);
        }
        let mut frames = Frames::of(t);
        let mut innermost = true;
        while let Some(frame) = frames.step() {
            let mut each = |slot: u32, how: Traced| {
                heap::mark(heap, slot_at(t, frame.fp + slot).read(), how);
                seen += 1;
            };
            place::local_refs(frame.module, frame.entry, &mut each);
            // Behind a call that has returned stand its results, too.
            let returned = innermost && frame.how == stop::BEHIND && (*t).phase != phase::PENDING && (*t).in_host == 0;
            place::operand_refs(frame.module, frame.entry, &frame.place, returned, &mut each);
            innermost = false;
        }
    }
    seen
}

/// Puts a task that has something under way into its group's list.
///
/// # Safety
/// `t` is a live task of a live group, not in the list.
pub(super) unsafe fn enlist(t: *mut TaskHeader) {
    // SAFETY: the list's entries are live tasks; a task leaves it before its region is used otherwise.
    unsafe {
        let inst = super::state::home(t);
        if (*t).listed != 0 || heap::of(inst).is_null() {
            return;
        }
        let root = ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize);
        let next = (*root).tasks;
        (*t).next = next;
        (*t).before = 0;
        (*t).listed = 1;
        let own = t.expose_provenance() as u64;
        if next != 0 {
            (*ptr::with_exposed_provenance_mut::<TaskHeader>(next as usize)).before = own;
        }
        (*root).tasks = own;
    }
}

/// Takes a task that is done out of its group's list.
///
/// # Safety
/// As for [`enlist`], or the task is not in the list.
pub(super) unsafe fn delist(t: *mut TaskHeader) {
    // SAFETY: as for `enlist`.
    unsafe {
        if (*t).listed == 0 {
            return;
        }
        (*t).listed = 0;
        let (before, next) = ((*t).before, (*t).next);
        if before != 0 {
            (*ptr::with_exposed_provenance_mut::<TaskHeader>(before as usize)).next = next;
        } else {
            let root = ptr::with_exposed_provenance_mut::<InstanceHeader>((*super::state::home(t)).root as usize);
            (*root).tasks = next;
        }
        if next != 0 {
            (*ptr::with_exposed_provenance_mut::<TaskHeader>(next as usize)).before = before;
        }
    }
}
