//! The executor's side of interceptors: when they are asked, and what becomes of the answer.
//!
//! Everything here is behind one word of the task's header, `hooked`, which is zero as long as no
//! interceptor is set and no call is parked by one. A frame that an interceptor was asked about
//! carries a *note* below its record: which function was called, and through which import. A call
//! that is delayed leaves the task at the operation that makes it; the operation runs again when
//! the task goes on. What an interceptor is given lies above the caller's operands.

use super::cross::{self, Call, Crossed, Record};
use super::hooks::{Crossing, CrossingKind, HookFn, Verdict};
use super::regs::Ctx;
use super::state::{
    NOTE_SLOTS, RECORD_SLOTS, TaskHeader, home, hooked, in_host, index_of, phase, resume, slot_at, stop,
};
use crate::error::{Error, Reason};
use crate::runtime::host::{Completion, call_host};
use crate::runtime::layout::InstanceHeader;
use crate::runtime::{Value, ops};
use crate::types::{ValType, slots};
use core::ffi::c_void;

/// Slots between a call's operands and what an interceptor is given: the index of an indirect call,
/// which is read again if the call is delayed.
pub(super) const SPARE: usize = 1;

/// A function by the instance in whose index space it is.
pub(super) type At = (*mut InstanceHeader, u32);

/// What an interceptor is told again when a noted frame returns.
#[derive(Clone, Copy)]
pub(super) struct Note {
    /// Number in the group and index of the function that was called.
    func: (u32, u32),
    /// The same of the import that it was called through; the number of no instance for none.
    import: (u32, u32),
}

impl Note {
    const NO_IMPORT: (u32, u32) = (u32::MAX, u32::MAX);

    /// Reads the note whose last slot is `below`.
    ///
    /// # Safety
    /// A note was written there.
    pub(super) unsafe fn read(below: *mut u64) -> Note {
        let pair = |w: u64| (w as u32, (w >> 32) as u32);
        // SAFETY: as the caller vouches.
        unsafe { Note { import: pair(below.read()), func: pair(below.sub(1).read()) } }
    }

    /// Writes the note to the two slots that end with `below`.
    ///
    /// # Safety
    /// They are the task's own.
    pub(super) unsafe fn write(self, below: *mut u64) {
        let word = |p: (u32, u32)| p.0 as u64 | (p.1 as u64) << 32;
        // SAFETY: as the caller vouches.
        unsafe {
            below.write(word(self.import));
            below.sub(1).write(word(self.func));
        }
    }

    unsafe fn of(called: At, through: At) -> Note {
        // SAFETY: both are live instances.
        unsafe {
            let import = if through == called { Self::NO_IMPORT } else { ((*through.0).id, through.1) };
            Note { func: ((*called.0).id, called.1), import }
        }
    }
}

/// What the interceptor made of a call.
enum Asked {
    Go,
    Answered,
    Parked,
}

fn crossing(kind: CrossingKind, ctx: &Ctx, called: At, importer: At, tail: bool) -> Crossing {
    Crossing {
        kind,
        tail,
        depth: (ctx.max_depth - ctx.depth()).clamp(0, u32::MAX as i64) as u32,
        slots: 0,
        caller: ctx.inst,
        of: called.0,
        func: called.1,
        importer: importer.0,
        import: importer.1,
        ended: None,
    }
}

/// Asks one half of the interceptor; 0 where it is not set. What the call holds is noted before, and
/// `what` of it stands in its slots.
unsafe fn ask(t: *mut TaskHeader, ctx: *mut Ctx, half: u64, call: &mut Crossing, what: u32, values: &Scratch) -> i32 {
    if half == 0 {
        return 0;
    }
    call.slots = values.count as u32;
    let address = core::ptr::with_exposed_provenance::<()>(half as usize);
    // SAFETY: `Task::set_hooks` made the addresses from functions of this type and the user data
    // that goes with them; who made the `Hooks` vouches for both. The values are this call's own.
    unsafe {
        let hook = core::mem::transmute::<*const (), HookFn>(address);
        let user = core::ptr::with_exposed_provenance_mut::<c_void>((*t).hook_user as usize);
        // Where the task stands, for a collection meanwhile.
        (*t).ip = (*ctx).ip.offset_from((*ctx).code) as u32;
        (*t).fp = index_of(t, (*ctx).fp);
        let within = (*t).in_host;
        (*t).in_host = what;
        let number = hook(user, call, values.at);
        (*t).in_host = within;
        number
    }
}

/// Asks before a call of `func`; `slots` are its arguments.
unsafe fn ask_before(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    call: &mut Crossing,
    types: (&[ValType], &[ValType]),
    slots: *mut u64,
    values: &Scratch,
) -> Result<Asked, Error> {
    // SAFETY: the slots are the call's own.
    unsafe {
        let number = ask(t, ctx, (*t).hook_before, call, in_host::CALLED, values);
        if number == Verdict::Replace as i32 {
            values.store(call.of, types.1, slots, false)?;
            return Ok(Asked::Answered);
        }
        if number != Verdict::Proceed as i32 && number != Verdict::Delay as i32 {
            return Err(call.refused(number));
        }
        values.store(call.of, types.0, slots, true)?;
        Ok(if number == Verdict::Delay as i32 { Asked::Parked } else { Asked::Go })
    }
}

/// Asks after a call; `slots` are its results.
unsafe fn ask_after(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    call: &mut Crossing,
    results: &[ValType],
    slots: *mut u64,
    values: &Scratch,
) -> Result<(), Error> {
    // SAFETY: as above.
    unsafe {
        match ask(t, ctx, (*t).hook_after, call, in_host::RETURNED, values) {
            0 => values.store(call.of, results, slots, true),
            number => Err(call.refused(number)),
        }
    }
}

/// Room above a frame's operands in which an interceptor sees values.
struct Scratch {
    at: *mut Value,
    count: usize,
}

impl Scratch {
    /// Takes room for `count` values from slot `from` on.
    unsafe fn take(ctx: *mut Ctx, from: *mut u64, count: usize) -> Result<Scratch, Error> {
        // SAFETY: the addresses lie within the task's slots, which is checked before they are used.
        unsafe {
            let at = from.cast::<Value>();
            let top = at.wrapping_add(count).cast::<u64>();
            if top > (*ctx).stack_end {
                return Err(Error::new(Reason::StackExhausted));
            }
            (*ctx).high_water = (*ctx).high_water.max(top);
            Ok(Scratch { at, count })
        }
    }

    /// Copies the values of `slots` in; zeros behind them.
    unsafe fn load(&self, types: &[ValType], slots: *mut u64) {
        // SAFETY: `count` values are this room's, and each type has its slot.
        unsafe {
            let mut from = slots;
            for k in 0..self.count {
                let mut value = Value::ZERO;
                if let Some(&ty) = types.get(k) {
                    let (held, taken) = ops::load(ty, from);
                    (value, from) = (held, from.add(taken));
                }
                self.at.add(k).write(value);
            }
        }
    }

    /// Copies values out that are of these types.
    unsafe fn store_known(&self, types: &[ValType], slots: *mut u64) {
        // SAFETY: as above.
        unsafe {
            let mut to = slots;
            for (k, &ty) in types.iter().enumerate() {
                to = to.add(ops::store(ty, self.at.add(k).read(), to));
            }
        }
    }

    /// Copies the values out; those that `slots` holds already are not looked at if `known`.
    unsafe fn store(
        &self,
        inst: *mut InstanceHeader,
        types: &[ValType],
        slots: *mut u64,
        known: bool,
    ) -> Result<(), Error> {
        // SAFETY: as above; the instance is live.
        unsafe {
            let mut to = slots;
            for (k, &ty) in types.iter().enumerate() {
                let (at, slot) = (self.at.add(k), to);
                let (held, taken) = ops::load(ty, slot);
                to = to.add(taken);
                if known && held == at.read() {
                    continue;
                }
                let Some(value) = ops::accept(inst, ty, at.read()) else {
                    let mut error = Error::new(Reason::CallRefused);
                    error.message = Reason::ReferenceUnknown.message();
                    return Err(error);
                };
                at.write(value);
                ops::store(ty, value, slot);
            }
            Ok(())
        }
    }
}

/// Whether the call of `called` was parked and may now be made; if so it is parked no longer.
unsafe fn let_go(t: *mut TaskHeader, called: At) -> bool {
    // SAFETY: the task lives, and the instance.
    unsafe {
        if hooked::parked((*t).hooked) != hooked::PROCEED {
            return false;
        }
        (*t).set_hooked((*t).hooked & hooked::SET);
        // What a table holds may have changed meanwhile: then that is asked about.
        (*t).call_instance == (*called.0).id && (*t).call_import == called.1
    }
}

unsafe fn park(t: *mut TaskHeader, call: &Call) {
    // SAFETY: the task lives.
    unsafe {
        (*t).parked_cost = call.cost;
        (*t).parked_back = call.back;
        (*t).set_hooked((*t).hooked | hooked::DELAYED);
        (*t).phase = phase::PENDING;
    }
}

/// Notes what a call that the host answers, now or later, belongs to.
#[inline]
pub(super) unsafe fn note_call(t: *mut TaskHeader, args: *mut u64, called: At, call: &Call) {
    // SAFETY: the task lives, and the instance.
    unsafe {
        (*t).call_base = index_of(t, args);
        (*t).call_instance = (*called.0).id;
        (*t).call_import = called.1;
        (*t).call_tail = if call.tail { call.back + 1 } else { 0 };
    }
}

/// Enters function `called` of another instance, through the import `through` where that differs.
#[cold]
#[inline(never)]
pub(super) unsafe fn enter(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    through: At,
    called: At,
    call: &Call,
) -> Result<Crossed, Error> {
    // SAFETY: as for `cross::cross`.
    unsafe {
        let ty = ops::func_type(called.0, called.1)?;
        let args = (*ctx).fp.add(call.base as usize);
        let results = slots(ty.results);
        if !let_go(t, called) {
            note_call(t, args, called, call);
            let importer = if through == called { (core::ptr::null_mut(), 0) } else { through };
            let mut told = crossing(CrossingKind::Instance, &*ctx, called, importer, call.tail);
            let count = ty.params.len().max(ty.results.len());
            let values = Scratch::take(ctx, args.add(slots(ty.params).max(results) + SPARE), count)?;
            values.load(ty.params, args);
            match ask_before(t, ctx, &mut told, (ty.params, ty.results), args, &values)? {
                Asked::Go => {}
                Asked::Answered => return Ok(answered(t, ctx, call.cost, call.back, results)),
                Asked::Parked => {
                    park(t, call);
                    return Ok(Crossed::Pending);
                }
            }
        }
        cross::enter(t, ctx, called.0, called.1, call, RECORD_SLOTS + NOTE_SLOTS)?;
        // A tail call from a frame without a note has left its record as it was.
        let fp = (*ctx).fp;
        if Record::read(t, index_of(t, fp)).is_some_and(|r| r.noted) {
            Note::of(called, through).write(below_record(fp));
        }
        Ok(Crossed::On)
    }
}

/// Goes on behind a call whose results stand in its slots.
unsafe fn answered(t: *mut TaskHeader, ctx: *mut Ctx, cost: u32, back: u32, results: usize) -> Crossed {
    // SAFETY: as for `enter`; `note_call` noted this call.
    unsafe {
        (*ctx).fuel -= cost as i64;
        cross::back_from_host(t, ctx, back);
        cross::finish_host(t, ctx, results);
        Crossed::On
    }
}

/// The embedder has answered the call that was parked: its results stand in its slots.
pub(super) unsafe fn answered_later(t: *mut TaskHeader, ctx: *mut Ctx) -> Result<Crossed, Error> {
    // SAFETY: the context stands at the call.
    unsafe {
        let called = ops::member_func(home(t), (*t).call_instance, (*t).call_import);
        let (_, ty) = called.ok_or(Reason::Internal)?;
        Ok(answered(t, ctx, (*t).parked_cost, (*t).parked_back, slots(ty.results)))
    }
}

/// The last slot of the note of the frame at `fp`.
unsafe fn below_record(fp: *mut u64) -> *mut u64 {
    // SAFETY: the caller knows that a note lies there.
    unsafe { fp.sub(RECORD_SLOTS as usize + 1) }
}

/// Whether a return across a boundary has to ask: not that of a start function.
#[cold]
#[inline(never)]
pub(super) unsafe fn asks_after(t: *mut TaskHeader, ctx: *mut Ctx) -> bool {
    // SAFETY: as for `leave`.
    unsafe {
        let root = || Record::read(t, index_of(t, (*ctx).fp)).is_none();
        (*t).hooked & hooked::AFTER != 0 && ((*t).starting == 0 || !root())
    }
}

/// As [`cross::leave`], asking after a call that was asked about before; [`Crossed::Done`] when it was
/// the root.
#[cold]
#[inline(never)]
pub(super) unsafe fn leave(t: *mut TaskHeader, ctx: *mut Ctx) -> Result<Crossed, Error> {
    // SAFETY: as for `cross::leave`.
    unsafe {
        let fp = (*ctx).fp;
        let Some(record) = Record::read(t, index_of(t, fp)) else {
            return root_left(t, ctx).map(|()| Crossed::Done);
        };
        let note = if record.noted { Some(Note::read(below_record(fp))) } else { None };
        cross::leave(t, ctx);
        if let Some(note) = note {
            // What goes wrong from here on is the caller's.
            let inst = ops::instance_by_id(home(t), record.instance);
            let module = ops::module_of(inst);
            (*ctx).inst = inst;
            (*ctx).code = module.base().add(module.header().code.off as usize).cast();
            left(t, ctx, note, (*ctx).top)?;
        }
        Ok(Crossed::On)
    }
}

/// A noted frame has returned: its results stand at `results`, and the context at the caller.
unsafe fn left(t: *mut TaskHeader, ctx: *mut Ctx, note: Note, results: *mut u64) -> Result<(), Error> {
    // SAFETY: as for `cross::leave`.
    unsafe {
        let (inst, ty) = ops::member_func(home(t), note.func.0, note.func.1).ok_or(Reason::Internal)?;
        let called = (inst, note.func.1);
        let importer = match note.import {
            Note::NO_IMPORT => (core::ptr::null_mut(), 0),
            (id, import) => (ops::instance_by_id(home(t), id), import),
        };
        let mut told = crossing(CrossingKind::Instance, &*ctx, called, importer, false);
        note_call(t, results, called, &Call { base: 0, cost: 0, back: 0, tail: false });
        let values = Scratch::take(ctx, results.add(slots(ty.results)), ty.results.len())?;
        values.load(ty.results, results);
        ask_after(t, ctx, &mut told, ty.results, results, &values)
    }
}

/// Calls the host function that import `func` of `inst` is bound to; `values` are its slots, `args`
/// those of the frame. It is pending, too, when the interceptor parks it.
#[cold]
#[inline(never)]
pub(super) unsafe fn host(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    import: At,
    call: &Call,
    args: *mut u64,
    values: *mut Value,
) -> Result<Completion, Error> {
    // SAFETY: as for `cross::host`, which has put the arguments into `values`.
    unsafe {
        let ty = ops::func_type(import.0, import.1)?;
        let values = Scratch { at: values, count: ty.params.len().max(ty.results.len()) };
        let mut told = crossing(CrossingKind::Host, &*ctx, import, import, call.tail);
        // What was noted when it was parked is compared before it is overwritten.
        let parked = let_go(t, import);
        note_call(t, args, import, call);
        if !parked {
            match ask_before(t, ctx, &mut told, (ty.params, ty.results), args, &values)? {
                Asked::Go => {}
                Asked::Answered => return Ok(Completion::Done),
                Asked::Parked => {
                    park(t, call);
                    return Ok(Completion::Pending);
                }
            }
        }
        let completion = call_host(import.0, import.1, values.at, cross::meter(t, ctx, call.cost))?;
        if completion == Completion::Done && (*t).hooked & hooked::AFTER != 0 {
            // Accepted already; what stands in the slots is what the interceptor may leave as it is.
            values.store_known(ty.results, args);
            ask_after(t, ctx, &mut told, ty.results, args, &values)?;
        }
        Ok(completion)
    }
}

/// The embedder has completed the host call that the task waited for: its results stand in its slots.
pub(super) unsafe fn completed(t: *mut TaskHeader, ctx: *mut Ctx) -> Result<(), Error> {
    // SAFETY: the context describes the caller's frame.
    unsafe {
        if (*t).hooked & hooked::AFTER == 0 {
            return Ok(());
        }
        let (inst, ty) = ops::member_func(home(t), (*t).call_instance, (*t).call_import).ok_or(Reason::Internal)?;
        let import = (inst, (*t).call_import);
        let mut told = crossing(CrossingKind::Host, &*ctx, import, import, (*t).call_tail != 0);
        let results = slot_at(t, (*t).call_base);
        let count = ty.params.len().max(ty.results.len());
        let values = Scratch::take(ctx, results.add(slots(ty.params).max(slots(ty.results))), count)?;
        values.load(ty.results, results);
        ask_after(t, ctx, &mut told, ty.results, results, &values)
    }
}

/// The function that the embedder started, in its own instance; `None` for a host function.
unsafe fn started(t: *mut TaskHeader) -> Option<(At, At)> {
    // SAFETY: the group is live.
    unsafe {
        let (inst, func) = (ops::member(home(t), (*t).func_instance)?, (*t).func);
        match ops::import_binding(inst, func) {
            Some(binding) if binding.call != 0 => None,
            Some(binding) => {
                let target = core::ptr::with_exposed_provenance_mut::<InstanceHeader>(binding.user as usize);
                Some(((target, binding.func), (inst, func)))
            }
            None => Some(((inst, func), (core::ptr::null_mut(), 0))),
        }
    }
}

/// Before the first operation of the function that the embedder started.
pub(super) unsafe fn root(t: *mut TaskHeader, ctx: *mut Ctx) -> Result<Crossed, Error> {
    // SAFETY: the task stands at its root frame, whose parameters lie in its first slots.
    unsafe {
        let args = slot_at(t, RECORD_SLOTS);
        let Some((called, importer)) = started(t) else { return Ok(Crossed::On) };
        if (*t).hooked & hooked::BEFORE == 0 || let_go(t, called) {
            return Ok(Crossed::On);
        }
        let ty = ops::func_type(called.0, called.1)?;
        let mut told = crossing(CrossingKind::Root, &*ctx, called, importer, false);
        told.caller = core::ptr::null_mut();
        told.depth = told.depth.saturating_sub(1);
        let count = ty.params.len().max(ty.results.len());
        let frame = (*ctx).ip.sub(1).read() as u16 as usize;
        let values = Scratch::take(ctx, args.add(frame.max(slots(ty.params)).max(slots(ty.results))), count)?;
        let call = Call { base: 0, cost: 0, back: 0, tail: false };
        note_call(t, args, called, &call);
        values.load(ty.params, args);
        match ask_before(t, ctx, &mut told, (ty.params, ty.results), args, &values)? {
            Asked::Go => Ok(Crossed::On),
            Asked::Answered => Ok(Crossed::Done),
            Asked::Parked => {
                (*t).resume = resume::ROOT;
                park(t, &call);
                Ok(Crossed::Pending)
            }
        }
    }
}

/// The function that the embedder started has returned: its results stand in its first slots.
unsafe fn root_left(t: *mut TaskHeader, ctx: *mut Ctx) -> Result<(), Error> {
    // SAFETY: the task stands behind its root frame.
    unsafe {
        let Some((called, importer)) = started(t) else { return Ok(()) };
        let ty = ops::func_type(called.0, called.1)?;
        let mut told = crossing(CrossingKind::Root, &*ctx, called, importer, false);
        told.caller = core::ptr::null_mut();
        let results = slot_at(t, RECORD_SLOTS);
        note_call(t, results, called, &Call { base: 0, cost: 0, back: 0, tail: false });
        // The frame is gone.
        (*t).stop = stop::BEHIND;
        let values = Scratch::take(ctx, results.add(slots(ty.results)), ty.results.len())?;
        values.load(ty.results, results);
        ask_after(t, ctx, &mut told, ty.results, results, &values).map_err(|error| error.in_func(called.1))
    }
}
