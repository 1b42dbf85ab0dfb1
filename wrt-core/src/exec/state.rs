//! The state of a task in its region: a header of fixed-width fields, then slots.
//!
//! Everything a stopped task needs to go on is here, as numbers: frame and instruction as offsets,
//! instances by their number in the group. The words that are pointers are marked as binding.

use crate::runtime::layout::{InstanceHeader, direct};
use core::sync::atomic::AtomicU32;

/// `TaskHeader::token` of a live task: "WRTt".
pub(super) const TASK_TOKEN: u32 = u32::from_le_bytes(*b"WRTt");

/// What a task can do next.
pub(super) mod phase {
    /// Nothing was started.
    pub(crate) const IDLE: u32 = 0;
    /// Something was started or stopped: it can run.
    pub(crate) const READY: u32 = 1;
    /// It waits for the embedder to complete a host call.
    pub(crate) const PENDING: u32 = 2;
    /// It has results.
    pub(crate) const DONE: u32 = 3;
    /// It trapped, or the guest ended itself.
    pub(crate) const FAILED: u32 = 4;
    /// It is running: on this thread below a host call, or by mistake on another.
    pub(crate) const RUNNING: u32 = 5;
}

/// How the place where a task stopped is looked up in the side table.
pub(super) mod stop {
    /// At a label, nothing of what follows executed.
    pub(crate) const LABEL: u32 = 0;
    /// At a function's first operation.
    pub(crate) const ENTRY: u32 = 1;
    /// At an operation whose operator is executed, wholly or in part.
    pub(crate) const WITHIN: u32 = 2;
    /// Behind a call.
    pub(crate) const BEHIND: u32 = 3;
    /// Where an exception was caught, nothing of what follows executed.
    pub(crate) const LANDING: u32 = 4;
}

/// What the next run does first.
pub(super) mod resume {
    /// Goes on with the operations.
    pub(crate) const CODE: u32 = 0;
    /// Calls the host function that was started.
    pub(crate) const HOST: u32 = 1;
    /// Nothing: it is done.
    pub(crate) const NOTHING: u32 = 2;
    /// Returns the results of a completed tail call of the host.
    pub(crate) const TAIL: u32 = 3;
    /// Fails, as the embedder completed the host call.
    pub(crate) const TRAP: u32 = 4;
    /// Ends the guest, as the embedder completed the host call.
    pub(crate) const EXIT: u32 = 5;
    /// Throws an exception, as the embedder completed the host call.
    pub(crate) const THROW: u32 = 6;
    /// Asks the interceptor about the function that was started.
    pub(crate) const ROOT: u32 = 16;
    /// Asks the interceptor about the results of a completed host call.
    pub(crate) const AFTER: u32 = 17;
    /// Goes on behind a call that an interceptor delayed and the embedder answered.
    pub(crate) const ANSWER: u32 = 18;
}

/// Whether a function of the embedder runs that the task called, so that others may collect what the
/// task holds: what then stands in the slots from `TaskHeader::call_base` on.
pub(super) mod in_host {
    /// The call's parameters.
    pub(crate) const CALLED: u32 = 1;
    /// Its results.
    pub(crate) const RETURNED: u32 = 2;
}

/// Bits of `TaskHeader::hooked`: zero as long as no interceptor has anything to do with the task.
pub(super) mod hooked {
    /// Whether there are interceptors in this build.
    pub(crate) const BUILT: bool = cfg!(feature = "interceptors");
    /// Asked before a call.
    pub(crate) const BEFORE: u32 = 1;
    /// Asked after a call.
    pub(crate) const AFTER: u32 = 2;
    /// Which halves are set.
    pub(crate) const SET: u32 = BEFORE | AFTER;
    /// A call is parked: the embedder has not said how it goes on.
    pub(crate) const DELAYED: u32 = 1 << 8;
    /// The call that was parked is to be made.
    pub(crate) const PROCEED: u32 = 2 << 8;

    /// The part that speaks of a parked call.
    pub(crate) fn parked(word: u32) -> u32 {
        if BUILT { word & !SET } else { 0 }
    }
}

impl TaskHeader {
    /// Whether an interceptor has anything to do with the task.
    #[inline]
    pub(super) fn is_hooked(&self) -> bool {
        hooked::BUILT && self.hooked != 0
    }
    /// Sets what an interceptor has to do with the task.
    pub(super) fn set_hooked(&mut self, hooked: u32) {
        self.hooked = hooked;
        self.direct = if hooked == 0 { direct::HOST | direct::INSTANCE } else { 0 };
    }
}

/// First bytes of a task's region.
#[repr(C, align(16))]
pub(crate) struct TaskHeader {
    /// Address of the [`InstanceHeader`] that the task was made for. Binding.
    pub(super) instance: u64,
    pub(super) token: u32,
    /// [`phase`]
    pub(super) phase: u32,
    /// Not 0: stop at the end of the slice. May be set by any thread.
    pub(super) interrupt: AtomicU32,
    /// Back end asked for.
    pub(super) backend: u32,
    /// Slots of the region.
    pub(super) slots: u32,
    /// Number in the group of the instance whose code runs.
    pub(super) current: u32,
    /// Where: word offset in its code, frame as slot index.
    pub(super) ip: u32,
    pub(super) fp: u32,
    /// [`stop`]
    pub(super) stop: u32,
    /// Frames active, and the most that were.
    pub(super) depth: u32,
    pub(super) depth_peak: u32,
    /// Slots of the highest frame end so far.
    pub(super) high_water: u32,
    /// Fuel register at the stop, and the fuel between the function's start or last call and it.
    pub(super) fuel: i64,
    pub(super) cost: i64,
    /// Fuel used since the task was made or reset; while it runs, what will be once the fuel register is at 0.
    pub(super) used: u64,
    /// The function that was started.
    pub(super) func_instance: u32,
    pub(super) func: u32,
    /// Number plus one of the instance whose start function runs before it.
    pub(super) starting: u32,
    /// Results of the function that was started.
    pub(super) results: u32,
    // ---- a host call that is pending ----
    /// Slot of its arguments and results; the instance and the import.
    pub(super) call_base: u32,
    pub(super) call_instance: u32,
    pub(super) call_import: u32,
    /// Slot of the header when it is a tail call (plus one), 0 otherwise.
    pub(super) call_tail: u32,
    /// [`resume`]
    pub(super) resume: u32,
    /// The exception that left the last run, 0 for none; or with which a host call was completed.
    pub(super) exception: u32,
    /// Exit code or status that a host call was completed with.
    pub(super) detail: u64,
    /// Addresses of the neighbours in the group's list of tasks that have something under way, 0 at
    /// its ends. Binding.
    pub(super) next: u64,
    pub(super) before: u64,
    /// 1 while in that list.
    pub(super) listed: u32,
    /// [`in_host`]
    pub(super) in_host: u32,
    // ---- the interceptor: addresses of its halves, 0 for none, and its user data. Binding. ----
    pub(super) hook_before: u64,
    pub(super) hook_after: u64,
    pub(super) hook_user: u64,
    /// [`hooked`]
    pub(super) hooked: u32,
    /// Of a call that it delayed: the fuel that it settles, and where the caller goes on.
    pub(super) parked_cost: u32,
    pub(super) parked_back: u32,
    /// Bits of [`crate::runtime::layout::direct`] that imports may be called by without a question: none
    /// while an interceptor has anything to do with the task.
    pub(super) direct: u32,
}

const _: () = assert!(size_of::<TaskHeader>() == 192);

/// Slots before a root frame: its record, see `cross.rs`.
pub(crate) const RECORD_SLOTS: u32 = 2;

/// Slots below the record of a frame that an interceptor was asked about, see `intercept.rs`.
pub(super) const NOTE_SLOTS: u32 = 2;

/// Bytes of a task's region before the slots of its first frame.
pub(crate) const TASK_HEADER_BYTES: u64 = size_of::<TaskHeader>() as u64 + RECORD_SLOTS as u64 * 8;

/// Slot `index` of the task at `t`.
///
/// # Safety
/// `t` is a live task and `index` at most its number of slots.
#[inline]
pub(super) unsafe fn slot_at(t: *mut TaskHeader, index: u32) -> *mut u64 {
    // SAFETY: slots follow the header.
    unsafe { t.cast::<u8>().add(size_of::<TaskHeader>()).cast::<u64>().add(index as usize) }
}

/// Index of the slot at `at`.
///
/// # Safety
/// `at` points at a slot of the live task `t`, or one past its last.
#[inline]
pub(super) unsafe fn index_of(t: *mut TaskHeader, at: *mut u64) -> u32 {
    // SAFETY: both point into the task's region.
    unsafe { at.offset_from(slot_at(t, 0)) as u32 }
}

/// The instance that the task was made for.
///
/// # Safety
/// `t` is a live task.
#[inline]
pub(super) unsafe fn home(t: *mut TaskHeader) -> *mut InstanceHeader {
    // SAFETY: the binding word names a live instance.
    core::ptr::with_exposed_provenance_mut(unsafe { (*t).instance } as usize)
}
