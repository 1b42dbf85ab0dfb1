//! What a supervisor sees of a task: its fixed words, its twin, and the calls of the host that it holds back.
//!
//! Owns which words of a header stay as they are while a task runs, and the comparison of two tasks that do the same.
//! Knows nothing of when that is done, or of what follows from it.

use super::hooks::{Crossing, CrossingKind, Hooks, Verdict};
use super::relocate::BINDING;
use super::state::{RECORD_SLOTS, TASK_TOKEN, TaskHeader, home, hooked, phase, slot_at};
use super::task::Task;
use crate::runtime::layout::InstanceHeader;
use crate::runtime::{Value, heap, ops};
use crate::types::ValType;
use core::ffi::c_void;
use core::mem::offset_of;

/// Bytes of a header.
const HEADER: usize = size_of::<TaskHeader>();

/// The words of a task that stay as they are from when it is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fixed {
    instance: u64,
    token: u32,
    backend: u32,
    slots: u32,
    /// Halves and user data of the interceptor, and what it lets be called without a question.
    hooks: [u64; 3],
    direct: u32,
    set: u32,
    /// Place in the group's list of tasks: none where the group has no heap.
    list: [u64; 3],
}

impl Fixed {
    /// Slots of the region.
    pub(crate) fn slots(&self) -> u32 {
        self.slots
    }
}

/// Where two tasks differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Differs {
    /// In the account of fuel.
    Fuel(u64),
    /// Elsewhere in the header, at this byte.
    Header(u64),
    /// In a frame, at this byte of the region.
    Frame(u64),
}

/// Answers before every call: one of the host is held back, others are made.
unsafe extern "C" fn gate(_: *mut c_void, call: *mut Crossing, _: *mut Value) -> i32 {
    // SAFETY: the executor passes a crossing for the time of the question.
    let host = unsafe { (*call).kind() } == CrossingKind::Host;
    if host { Verdict::Delay as i32 } else { Verdict::Proceed as i32 }
}

impl<'a> Task<'a> {
    /// Begins to hold back the task's calls of the host, and clears its slots unless `zeroed`. False where something was
    /// started in it.
    pub(crate) fn begin_watch(self, zeroed: bool) -> bool {
        let t = self.header();
        // SAFETY: the task lives and is not running; the slots are its own. The gate takes what the executor passes.
        unsafe {
            if (*t).phase != phase::IDLE || (*t).token != TASK_TOKEN {
                return false;
            }
            if !zeroed {
                slot_at(t, 0).write_bytes(0, (*t).slots as usize);
            }
            self.reset();
            self.set_hooks(Some(Hooks::from_raw(Some(gate), None, core::ptr::null_mut())));
        }
        true
    }

    /// The fixed words as they are.
    pub(crate) fn fixed(self) -> Fixed {
        let t = self.header();
        // SAFETY: the task lives; its home is looked at only when the caller has seen to it that it is the one it had.
        unsafe {
            Fixed {
                instance: (*t).instance,
                token: (*t).token,
                backend: (*t).backend,
                slots: (*t).slots,
                hooks: [(*t).hook_before, (*t).hook_after, (*t).hook_user],
                direct: (*t).direct,
                set: (*t).hooked & hooked::SET,
                list: [(*t).next, (*t).before, (*t).listed as u64],
            }
        }
    }

    /// Whether the fixed words are those of `fixed`. The place in the list of tasks moves where there is a heap.
    pub(crate) fn is_fixed(self, fixed: &Fixed, heap: bool) -> bool {
        let now = self.fixed();
        if heap { Fixed { list: fixed.list, ..now } == *fixed } else { now == *fixed }
    }

    /// Where the task's bytes in use differ from those of `other`, which has as many slots. Words that bind them to
    /// their instances are left out.
    pub(crate) fn differs(self, other: Task<'_>) -> Option<Differs> {
        let (a, b) = (self.header(), other.header());
        // SAFETY: both tasks live; as many slots are read as both have.
        unsafe {
            let (mut first, mut second) = (a.cast::<[u8; HEADER]>().read(), b.cast::<[u8; HEADER]>().read());
            for (at, bytes) in BINDING {
                for header in [&mut first, &mut second] {
                    header.iter_mut().skip(at).take(bytes).for_each(|byte| *byte = 0);
                }
            }
            if let Some(at) = first.iter().zip(&second).position(|(x, y)| x != y) {
                let account = offset_of!(TaskHeader, fuel)..offset_of!(TaskHeader, func_instance);
                let at64 = at as u64;
                return Some(if account.contains(&at) { Differs::Fuel(at64) } else { Differs::Header(at64) });
            }
            let used = (*a).high_water;
            if used > (*a).slots || used > (*b).slots {
                return Some(Differs::Header(offset_of!(TaskHeader, high_water) as u64));
            }
            let (a, b) = (slot_at(a, 0), slot_at(b, 0));
            let slots = |at: *mut u64| core::slice::from_raw_parts(at.cast_const(), used as usize);
            if slots(a) == slots(b) {
                return None;
            }
            let at = slots(a).iter().zip(slots(b)).position(|(x, y)| x != y).unwrap_or(0);
            Some(Differs::Frame((HEADER + at * 8) as u64))
        }
    }

    /// Bytes that [`Task::differs`] compares.
    pub(crate) fn bytes_in_use(self) -> u64 {
        // SAFETY: the task lives.
        unsafe { HEADER as u64 + (*self.header()).high_water as u64 * 8 }
    }

    /// Fuel used beyond what was granted.
    pub(crate) fn owes(self) -> u64 {
        // SAFETY: the task lives.
        unsafe { (*self.header()).cost.saturating_sub((*self.header()).fuel).max(0) as u64 }
    }

    /// The arguments of the call that is held back; false where they are more than `out` takes, or lie outside.
    pub(crate) fn held_arguments(self, types: &[ValType], out: &mut [Value]) -> bool {
        let t = self.header();
        // SAFETY: the task lives and is not running; the end of what is read is compared with its slots.
        unsafe {
            let base = (*t).call_base;
            let end = base as u64 + crate::types::slots(types) as u64;
            if base < RECORD_SLOTS || end > (*t).slots as u64 || types.len() > out.len() {
                return false;
            }
            let mut at = slot_at(t, base);
            for (&ty, value) in types.iter().zip(out) {
                let (argument, taken) = ops::load(ty, at);
                (*value, at) = (argument, at.add(taken));
            }
            true
        }
    }

    /// The detail of the trap or exit that a held call was completed with.
    pub(crate) fn set_detail(self, detail: u64) {
        // SAFETY: the task lives and is not running.
        unsafe { (*self.header()).detail = detail }
    }

    /// Where its fuel used is counted.
    pub(crate) fn used(self) -> *const u64 {
        // SAFETY: the task lives.
        unsafe { &raw const (*self.header()).used }
    }

    /// Charges a task that stands still: `fuel` is what its register would have changed by.
    pub(crate) fn charge(self, fuel: i64) {
        // SAFETY: the task lives and is not running.
        unsafe {
            let t = self.header();
            (*t).fuel = (*t).fuel.saturating_add(fuel);
            (*t).used = (*t).used.wrapping_sub(fuel as u64);
        }
    }

    /// The instance that the task was made for, and whether its group has a heap.
    pub(crate) fn watched_home(self) -> (*mut InstanceHeader, bool) {
        // SAFETY: the task lives, and its instance.
        unsafe { (home(self.header()), !heap::of(home(self.header())).is_null()) }
    }

    /// Where the header and the frames in use lie, for whoever injects faults.
    pub(crate) fn spans(self) -> [(*mut u8, usize); 2] {
        let t = self.header();
        // SAFETY: the task lives.
        unsafe { [(t.cast(), HEADER), (slot_at(t, 0).cast(), (*t).high_water as usize * 8)] }
    }
}
