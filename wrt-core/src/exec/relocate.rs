//! Tasks whose bytes were copied elsewhere, stopped as they were: on another machine, in a region of another size.
//!
//! A stopped task is numbers: slots, offsets, instances by their place in the group. Owns the checks on bytes that come
//! from outside, and the writing anew of what is bound to this process.

use super::cross::Record;
use super::drive::Backend;
use super::place::{frame_slots, function_at, header_slot};
use super::state::{RECORD_SLOTS, TASK_HEADER_BYTES, TASK_TOKEN, TaskHeader, hooked, phase, resume, slot_at, stop};
use super::{roots, task::Task};
use crate::arena::{ARENA_ALIGN, Arena};
use crate::error::{Error, Reason};
use crate::runtime::layout::InstanceHeader;
use crate::runtime::{Instance, ops};
use core::mem::offset_of;

/// The fields that bind a task to its process, with their bytes.
pub(super) const BINDING: [(usize, usize); 9] = [
    (offset_of!(TaskHeader, instance), 8),
    (offset_of!(TaskHeader, backend), 4),
    (offset_of!(TaskHeader, slots), 4),
    (offset_of!(TaskHeader, next), 8),
    (offset_of!(TaskHeader, before), 8),
    (offset_of!(TaskHeader, listed), 4),
    (offset_of!(TaskHeader, hook_before), 8),
    (offset_of!(TaskHeader, hook_after), 8),
    (offset_of!(TaskHeader, hook_user), 8),
];

impl<'a> Task<'a> {
    /// Copies the bytes that the task has in use, for [`Task::relocate`] in this process or on another target: words
    /// that bind it to this process are zero in the copy. Returns how many bytes were written:
    /// [`crate::Usage::stack_peak`].
    ///
    /// # Errors
    /// [`Reason::AlreadyRunning`] below a host call of the task; [`Reason::ArenaTooSmall`] where `out` is shorter, with
    /// the need.
    pub fn snapshot(self, out: &mut [u8]) -> Result<usize, Error> {
        let t = self.header();
        // SAFETY: the task lives, and has that many bytes.
        unsafe {
            if (*t).phase == phase::RUNNING || (*t).in_host != 0 {
                return Err(Error::new(Reason::AlreadyRunning));
            }
            let need = self.usage().stack_peak;
            let Some(out) = usize::try_from(need).ok().and_then(|size| out.get_mut(..size)) else {
                return Err(Error::new(Reason::ArenaTooSmall).need(need));
            };
            out.as_mut_ptr().copy_from_nonoverlapping(t.cast(), out.len());
            for (field, bytes) in BINDING {
                out.iter_mut().skip(field).take(bytes).for_each(|byte| *byte = 0);
            }
            Ok(out.len())
        }
    }

    /// Makes a task of bytes that were copied from another, in this or another process or on another target: what was
    /// started, stopped or waiting there goes on here as it would have there.
    ///
    /// What [`Task::snapshot`] wrote, or the first [`crate::Usage::stack_peak`] bytes of the old task's region, stands at
    /// the front of `stack`, of which all that is left is taken, as by [`Task::new`]. `instance` was made by
    /// [`Instance::relocate`] of the bytes of the old task's instance, as they were at the same time; so were the others
    /// of its group. Tasks of a group are made before any of them runs. The back end is chosen anew, an interceptor is
    /// set anew; which exception left the last run is forgotten.
    ///
    /// # Errors
    /// [`Reason::ArenaMisaligned`]; [`Reason::ArenaTooSmall`] where the bytes do not fit; [`Reason::BadHandle`] where they
    /// are not those of a task of this group, or of one that was running; [`Reason::NotBuilt`] where an interceptor has
    /// parked it and this build has none. The arena is unchanged then.
    ///
    /// # Safety
    /// The bytes are those of a task of an instance of this module and were not changed since: frames are checked to lie
    /// within the region and to lead back to the first, values in them are not.
    pub unsafe fn relocate(stack: &mut Arena<'a>, instance: Instance<'a>) -> Result<Task<'a>, Error> {
        let bytes = stack.remaining() as u64 & !(ARENA_ALIGN as u64 - 1);
        if bytes < TASK_HEADER_BYTES {
            return Err(Error::new(Reason::ArenaTooSmall).need(TASK_HEADER_BYTES));
        }
        let raw = stack.base();
        if !raw.addr().is_multiple_of(ARENA_ALIGN) {
            return Err(Error::new(Reason::ArenaMisaligned));
        }
        let t = raw.cast::<TaskHeader>();
        // SAFETY: the arena has room for a header, whose fields may have any value; slots are read below the number
        // that fits, which `check` compares first.
        unsafe {
            let slots = ((bytes - size_of::<TaskHeader>() as u64) / 8).min(u32::MAX as u64) as u32;
            if (*t).token != TASK_TOKEN {
                return Err(Error::new(Reason::BadHandle));
            }
            if (*t).high_water > slots {
                let need = size_of::<TaskHeader>() as u64 + (*t).high_water as u64 * 8;
                return Err(Error::new(Reason::ArenaTooSmall).need(need));
            }
            // Delayed by an interceptor, or answered in its place: nobody here knows how to go on.
            if !hooked::BUILT && ((*t).hooked & !hooked::SET != 0 || (*t).resume == resume::ANSWER) {
                return Err(Error::new(Reason::NotBuilt));
            }
            if check(t, instance.header).is_none() {
                return Err(Error::new(Reason::BadHandle));
            }
            stack.take(bytes)?;
            (*t).slots = slots;
            (*t).instance = instance.header.expose_provenance() as u64;
            ((*t).next, (*t).before, (*t).listed) = (0, 0, 0);
            let parked = hooked::parked((*t).hooked);
            ((*t).hook_before, (*t).hook_after, (*t).hook_user) = (0, 0, 0);
            (*t).set_hooked(parked);
            if (*t).phase == phase::FAILED {
                (*t).exception = 0;
            }
            let task = Task::of_header(t);
            task.set_backend(Backend::Auto);
            if matches!((*t).phase, phase::READY | phase::PENDING) {
                roots::enlist(t);
            }
            Ok(task)
        }
    }
}

/// Whether the bytes are those of a task of this group that is not running, as far as can be told. The frames below
/// `high_water` can be read.
unsafe fn check(t: *mut TaskHeader, home: *mut InstanceHeader) -> Option<()> {
    // SAFETY: the header and the slots below its mark can be read; the group is live.
    unsafe {
        let there = |id: u32| -> Option<*mut InstanceHeader> {
            let inst = ops::instance_by_id(home, id);
            (!inst.is_null()).then_some(inst)
        };
        let h = &*t;
        let functions = |inst| ops::module_of(inst).header().funcs.len;
        if h.in_host != 0 || h.high_water < RECORD_SLOTS || h.depth > h.depth_peak {
            return None;
        }
        match h.phase {
            phase::IDLE => return Some(()),
            phase::READY | phase::PENDING | phase::DONE | phase::FAILED => {}
            _ => return None,
        }
        let func = there(h.func_instance)?;
        (h.func == u32::MAX || h.func < functions(func)).then_some(())?;
        if h.starting != 0 {
            there(h.starting - 1)?;
        }
        if h.phase == phase::DONE {
            // Its results lie in the first slots.
            return (h.results <= h.high_water).then_some(());
        }
        let waits = h.phase == phase::PENDING || h.resume != resume::CODE;
        if waits && h.resume != resume::NOTHING {
            let inst = there(h.call_instance)?;
            let known = h.call_import == u32::MAX || h.call_import < functions(inst);
            (known && h.call_base <= h.high_water && h.call_tail <= h.high_water).then_some(())?;
        }
        if h.phase == phase::FAILED || h.resume == resume::NOTHING {
            // Nothing goes on from its frames.
            return Some(());
        }
        frames(t, &there)
    }
}

/// Follows the frames to the first one: each lies below the mark, in a function of its instance, with its header.
unsafe fn frames(t: *mut TaskHeader, there: &dyn Fn(u32) -> Option<*mut InstanceHeader>) -> Option<()> {
    // SAFETY: as for `check`; what is read next is compared with the mark before.
    unsafe {
        let (mut id, mut ip, mut fp, mut how) = ((*t).current, (*t).ip, (*t).fp, (*t).stop);
        // Each step goes down by a slot or more.
        loop {
            let module = ops::module_of(there(id)?);
            (fp >= RECORD_SLOTS && fp <= (*t).high_water).then_some(())?;
            // Code word 0 leads back to whoever called across a boundary; a function of the host has no code at all.
            let mut word = 0;
            if ip != 0 {
                let (_, entry) = function_at(module, if how == stop::BEHIND { ip.wrapping_sub(1) } else { ip })?;
                (fp.checked_add(frame_slots(module, entry))? <= (*t).high_water).then_some(())?;
                let header = fp.checked_add(header_slot(module, entry))?;
                (header < (*t).high_water).then_some(())?;
                word = slot_at(t, header).read();
            }
            let delta = if word as u32 != 0 {
                ip = word as u32;
                (word >> 32) as u32
            } else {
                let Some(record) = Record::read(t, fp) else { return Some(()) };
                id = record.instance;
                ip = record.ip;
                record.delta
            };
            (delta != 0).then_some(())?;
            fp = fp.checked_sub(delta)?;
            how = stop::BEHIND;
        }
    }
}
