//! The state of a scheduler in its region: a header, entries for tasks, a ring of decisions.
//!
//! Owns the layout and every access to it. Fixed-width fields; one word of each entry is a pointer
//! (marked as binding). Must not know how a task is chosen.

use crate::arena::round_up;

/// `Head::token` of a live scheduler: "WRTs".
pub(super) const SCHED_TOKEN: u32 = u32::from_le_bytes(*b"WRTs");

/// Bits of `Entry::flags`.
pub(super) mod flag {
    /// It was ready at the last decision, and waits since `Entry::since`.
    pub(crate) const WAITING: u32 = 1;
    /// It has missed its deadline, which is counted once.
    pub(crate) const LATE: u32 = 2;
}

/// One choice of a scheduler, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Decision {
    /// Place of the task in the scheduler: the lower half of its number.
    pub place: u16,
    /// How its slice ended: 0 done, 1 pending, 2 out of fuel, 3 interrupted, 4 failed.
    pub outcome: u8,
    /// Zero.
    pub reserved: u8,
    /// Fuel that the slice used, at most `u32::MAX`.
    pub fuel: u32,
}

/// First bytes of a scheduler's region.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub(super) struct Head {
    pub(super) token: u32,
    /// Entries, and places of the ring.
    pub(super) capacity: u32,
    pub(super) trace_capacity: u32,
    /// 0 priority, 1 earliest deadline.
    pub(super) policy: u32,
    /// Decisions of waiting that raise a priority by one; 0 for never.
    pub(super) ageing: u32,
    /// 1 when fuel is the clock.
    pub(super) fuel_clock: u32,
    /// Place plus one of the task whose slice is under way.
    pub(super) running: u32,
    /// The oldest decision of the ring, and how many it holds.
    pub(super) trace_first: u32,
    pub(super) trace_len: u32,
    pub(super) max_call_depth: u32,
    pub(super) max_memory_bytes: u64,
    /// Fuel of a slice.
    pub(super) slice: u64,
    /// Decisions made, those that the ring has lost, fuel spent.
    pub(super) decisions: u64,
    pub(super) lost: u64,
    pub(super) fuel: u64,
}

/// One task.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Entry {
    /// Address of the task, 0 for a free place. Binding.
    pub(super) task: u64,
    pub(super) deadline: u64,
    /// Fuel of its slices, 0 for the scheduler's.
    pub(super) slice: u64,
    /// Since when it waits, in half decisions: one that has just run stands behind all that were
    /// ready with it, and before those that become ready next.
    pub(super) since: u64,
    pub(super) fuel: u64,
    pub(super) slices: u64,
    /// Most decisions that it was ready and not chosen.
    pub(super) longest_wait: u64,
    pub(super) priority: u32,
    /// [`flag`]
    pub(super) flags: u32,
    pub(super) missed: u32,
    /// How its last slice ended, as in [`Decision`]; 5 before the first.
    pub(super) last: u32,
    /// Number of the reason where it failed.
    pub(super) reason: u32,
    /// Upper half of its number.
    pub(super) generation: u32,
}

impl Entry {
    /// Decisions that it has waited, of so many.
    pub(super) fn waited(&self, decisions: u64) -> u64 {
        decisions.wrapping_mul(2).saturating_sub(self.since) / 2
    }

    pub(super) const FREE: Entry = Entry {
        task: 0,
        deadline: 0,
        slice: 0,
        since: 0,
        fuel: 0,
        slices: 0,
        longest_wait: 0,
        priority: 0,
        flags: 0,
        missed: 0,
        last: 5,
        reason: 0,
        generation: 0,
    };
}

// The same on every target.
const _: () = assert!(size_of::<Head>() == 80);
const _: () = assert!(size_of::<Entry>() == 80);
const _: () = assert!(size_of::<Decision>() == 8);

/// Bytes of a scheduler's region.
pub(super) const fn region_bytes(capacity: u32, trace: u32) -> u64 {
    // Both counts are 32 bits wide, so that nothing wraps.
    round_up(
        size_of::<Head>() as u64
            + capacity as u64 * size_of::<Entry>() as u64
            + trace as u64 * size_of::<Decision>() as u64,
    )
}

/// The parts of a region, to be looked at and changed.
pub(super) struct State<'s> {
    pub(super) head: &'s mut Head,
    pub(super) entries: &'s mut [Entry],
    pub(super) trace: &'s mut [Decision],
}

/// The parts of the region at `s`.
///
/// # Safety
/// `s` is a live scheduler, as [`init`] made it. No other state of it is in use for `'s`: whoever
/// opens one lets it go before anything is called that could open another.
pub(super) unsafe fn open<'s>(s: *mut Head) -> State<'s> {
    // SAFETY: entries and ring follow the header, as many as it says.
    unsafe {
        let entries = s.add(1).cast::<Entry>();
        let (capacity, trace) = ((*s).capacity as usize, (*s).trace_capacity as usize);
        State {
            head: &mut *s,
            entries: core::slice::from_raw_parts_mut(entries, capacity),
            trace: core::slice::from_raw_parts_mut(entries.add(capacity).cast::<Decision>(), trace),
        }
    }
}

/// Writes an empty scheduler with this header.
///
/// # Safety
/// The bytes that [`region_bytes`] counts are the caller's from `s` on, which is aligned to 16.
pub(super) unsafe fn init(s: *mut Head, head: Head) {
    // SAFETY: as the caller vouches.
    unsafe {
        s.cast::<u8>().write_bytes(0, region_bytes(head.capacity, head.trace_capacity) as usize);
        s.write(head);
        let entries = s.add(1).cast::<Entry>();
        for k in 0..head.capacity as usize {
            entries.add(k).write(Entry::FREE);
        }
    }
}

/// Copies the region to `out` with 1 in place of every task's address. `out` has room for it.
///
/// # Safety
/// `s` is a live scheduler.
pub(super) unsafe fn save(s: *mut Head, out: &mut [u8]) {
    // SAFETY: the region has that many bytes; no state is in use.
    let bytes = unsafe {
        let size = region_bytes((*s).capacity, (*s).trace_capacity) as usize;
        core::slice::from_raw_parts(s.cast_const().cast::<u8>(), size)
    };
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
    let (_, behind) = out.split_at_mut_checked(size_of::<Head>()).unwrap_or_default();
    // SAFETY: as above.
    let count = unsafe { (*s).capacity as usize };
    for entry in behind.chunks_exact_mut(size_of::<Entry>()).take(count) {
        if let Some(word) = entry.first_chunk_mut::<8>() {
            *word = u64::from(*word != [0; 8]).to_ne_bytes();
        }
    }
}

/// The header and the entries that saved bytes begin with; `None` where they are too short.
pub(super) fn saved_head(bytes: &[u8]) -> Option<Head> {
    let bytes = bytes.first_chunk::<{ size_of::<Head>() }>()?;
    // SAFETY: every field is an integer, so that any bytes are valid.
    Some(unsafe { bytes.as_ptr().cast::<Head>().read_unaligned() })
}

/// Copies saved bytes over the region, every task's address replaced by 0 or 1 as they say.
///
/// # Safety
/// `s` is a live scheduler with the capacities of the saved header, and `bytes` as long as its region.
pub(super) unsafe fn load(s: *mut Head, bytes: &[u8]) {
    // SAFETY: as the caller vouches; every field is an integer, so that any bytes are valid.
    unsafe {
        core::ptr::copy_nonoverlapping(bytes.as_ptr(), s.cast::<u8>(), bytes.len());
        for entry in open(s).entries {
            entry.task = u64::from(entry.task != 0);
        }
    }
}
