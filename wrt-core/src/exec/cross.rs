//! Calls that cross a boundary: into the host, into another instance, and back.
//!
//! A frame that was entered from outside its instance has a header of zero, so that its return
//! leads to the driver, and a *record* in the two slots below it: the caller's instance and where
//! it goes on, the distance to the caller's frame, where the results belong and how many. The
//! record of a root frame names no instance. Below the record of a frame that an interceptor was
//! asked about lies a note for it (`intercept.rs`).

use super::flight;
use super::intercept;
use super::regs::Ctx;
use super::state::{RECORD_SLOTS, TaskHeader, hooked, in_host, index_of, phase, slot_at, stop};
use crate::budget::Proposals;
use crate::error::{Error, Reason};
use crate::module::layout::FuncEntry;
use crate::runtime::host::{Completion, Meter, call_host};
use crate::runtime::layout::{FuncRef, InstanceHeader};
use crate::runtime::link::LINKING;
use crate::runtime::{Value, ops, typing};
use crate::types::slots;

/// Who called across a boundary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) instance: u32,
    pub(super) ip: u32,
    /// Slots between the caller's frame and the callee's.
    pub(super) delta: u32,
    /// Slot in the caller's frame of the first result, and how many slots the results take.
    pub(super) base: u16,
    pub(super) results: u16,
    /// Whether a note lies below.
    pub(super) noted: bool,
}

/// Bit of a record's instance number: a note lies below, or it is a root frame's.
pub(super) const SPECIAL: u32 = 1 << 31;
/// Instance number of a root frame's record.
const NOBODY: u32 = u32::MAX;

impl Record {
    /// The record of the frame at slot `fp`; `None` for a root frame.
    ///
    /// # Safety
    /// `t` is a live task, `fp` the first slot of a frame of it that was entered across a boundary.
    #[cfg_attr(feature = "large-loop", inline(always))]
    pub(super) unsafe fn read(t: *mut TaskHeader, fp: u32) -> Option<Record> {
        // SAFETY: two slots lie below such a frame.
        let (a, b) = unsafe { (slot_at(t, fp - 2).read(), slot_at(t, fp - 1).read()) };
        (CROSSES && a as u32 != NOBODY).then_some(Record {
            instance: a as u32 & !SPECIAL,
            ip: (a >> 32) as u32,
            delta: b as u32,
            base: (b >> 32) as u16,
            results: (b >> 48) as u16,
            noted: a as u32 & SPECIAL != 0,
        })
    }

    /// # Safety
    /// Two slots can be written at `at`.
    #[cfg_attr(feature = "large-loop", inline(always))]
    pub(super) unsafe fn write(self, at: *mut u64) {
        // SAFETY: the caller reserved two slots at `at`.
        unsafe {
            let instance = self.instance | if self.noted { SPECIAL } else { 0 };
            at.write(instance as u64 | (self.ip as u64) << 32);
            at.add(1).write(self.delta as u64 | (self.base as u64) << 32 | (self.results as u64) << 48);
        }
    }
}

/// Whether a frame can be entered from outside its instance, the root apart: from another instance, or through a table
/// by a function whose type is below the one that is asked for.
const CROSSES: bool = LINKING || Proposals::GC.is_built();

/// Marks the frame at slot [`RECORD_SLOTS`] as a root.
#[inline]
pub(super) unsafe fn write_root_record(t: *mut TaskHeader, fp: u32) {
    // SAFETY: the caller checked that the slots exist.
    unsafe {
        slot_at(t, fp - RECORD_SLOTS).write(NOBODY as u64);
        slot_at(t, fp - 1).write(0);
    }
}

/// Points the context at `inst`.
#[cfg_attr(feature = "large-loop", inline(always))]
pub(super) unsafe fn load_instance(ctx: *mut Ctx, inst: *mut InstanceHeader) -> *mut u8 {
    // SAFETY: the instance is live; its module's offsets lie within the module.
    unsafe {
        let module = ops::module_of(inst);
        let header = module.header();
        (*ctx).code = module.base().add(header.code.off as usize).cast();
        (*ctx).funcs = module.base().add(header.funcs.off as usize).cast::<FuncEntry>();
        load_owned(ctx, inst)
    }
}

/// The same for a context that knows the code and the functions of `inst` already.
#[cfg_attr(feature = "large-loop", inline(always))]
pub(super) unsafe fn load_owned(ctx: *mut Ctx, inst: *mut InstanceHeader) -> *mut u8 {
    // SAFETY: the instance is live; its header's offsets lie within it. One that runs is in a group.
    unsafe {
        let root = core::ptr::with_exposed_provenance::<InstanceHeader>((*inst).root as usize);
        (*ctx).inst = inst;
        (*ctx).id = (*inst).id;
        (*ctx).globals = ops::at(inst, (*inst).globals);
        (*ctx).tables = ops::at(inst, (*inst).table_ptrs);
        (*ctx).memories = ops::at(inst, (*inst).memory_ptrs);
        (*ctx).imported_globals = ops::at(inst, (*inst).global_ptrs);
        (*ctx).heap = core::ptr::with_exposed_provenance_mut((*root).heap as usize);
        (*ctx).mem_len = 0;
        (*ctx).memory_count = ops::module_of(inst).header().memories.len;
        #[cfg(wrt_checked)]
        {
            use super::bounds::{Lent, lend};
            let code = ops::module_of(inst).code();
            lend(Lent::Code, code.as_ptr(), size_of_val(code));
            lend(Lent::Instance, inst, (*inst).size as usize);
            let first = slot_at((*ctx).task, 0);
            lend(Lent::Stack, first, (*ctx).stack_end.addr() - first.addr());
        }
        super::regs::memory_0(ctx)
    }
}

/// A call that left the operations: what it says.
pub(super) struct Call {
    /// Slot of the first argument, relative to the caller's frame.
    pub(super) base: u32,
    /// Fuel that it settles.
    pub(super) cost: u32,
    /// Where the caller goes on; for a tail call the slot of its header.
    pub(super) back: u32,
    pub(super) tail: bool,
}

/// What a crossing came to.
pub(super) enum Crossed {
    /// The context stands at the next operation.
    On,
    /// The host call waits for its completion.
    Pending,
    /// The call that the embedder started was answered without being made.
    Done,
}

/// Resolves `r` for a call of type `want` (a canonical index of the caller's module).
pub(super) unsafe fn resolve_indirect(
    inst: *mut InstanceHeader,
    r: FuncRef,
    want: u32,
) -> Result<(*mut InstanceHeader, u32), Reason> {
    // SAFETY: the group is live.
    unsafe {
        let (other, func) = ops::resolve_ref(inst, r).ok_or(Reason::UninitializedElement)?;
        let funcs = ops::module_of(other).header().funcs;
        let entry = ops::module_of(other).entries::<FuncEntry>(funcs).get(func as usize).ok_or(Reason::Internal)?;
        if !typing::is_below(other, entry.ty, inst, want) {
            return Err(Reason::IndirectCallTypeMismatch);
        }
        Ok((other, func))
    }
}

/// Carries out `call` of function `func` of `inst`, which may be an import of it.
pub(super) unsafe fn cross(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    inst: *mut InstanceHeader,
    func: u32,
    call: &Call,
) -> Result<Crossed, Error> {
    // SAFETY: the group is live; the context describes the task's innermost frame.
    unsafe {
        let (target, index) = match ops::import_binding(inst, func) {
            Some(binding) if binding.call != 0 || !CROSSES => return host(t, ctx, inst, func, call),
            Some(binding) => {
                (core::ptr::with_exposed_provenance_mut::<InstanceHeader>(binding.user as usize), binding.func)
            }
            None => (inst, func),
        };
        if !CROSSES {
            return Err(Error::new(Reason::Internal));
        }
        // A call through a table may come here and stay in its instance.
        if (*t).is_hooked() && target != (*ctx).inst {
            return intercept::enter(t, ctx, (inst, func), (target, index), call);
        }
        enter(t, ctx, target, index, call, RECORD_SLOTS).map(|()| Crossed::On)
    }
}

/// Enters a function of another instance, whose frame has so many slots below it: its record's, and
/// those of a note where an interceptor was asked.
#[cfg_attr(feature = "large-loop", inline(always))]
pub(super) unsafe fn enter(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    target: *mut InstanceHeader,
    func: u32,
    call: &Call,
    below: u32,
) -> Result<(), Error> {
    // SAFETY: as for `cross`; every slot written lies below the frame end that is checked.
    unsafe {
        let module = ops::module_of(target);
        let ty = ops::func_type(target, func)?;
        let entry = module.entries::<FuncEntry>(module.header().funcs).get(func as usize);
        let entry = *entry.ok_or(Reason::Internal)?;
        let code: *const u64 = module.base().add(module.header().code.off as usize).cast();
        let meta = code.add(entry.code as usize).sub(1).read();
        let (frame, header, locals) =
            (meta as u16 as usize, (meta >> 16) as u16 as usize, (meta >> 32) as u16 as usize);
        let params = slots(ty.params);
        let fp = (*ctx).fp;
        let args = fp.add(call.base as usize);
        let tail = call.tail && Proposals::TAIL_CALL.is_built();
        let own = if tail { fp.add(call.back as usize).read() } else { 0 };
        // A frame that was itself entered across a boundary leaves its record to its successor.
        let reuse = tail && own as u32 == 0;
        let nfp = match (tail, reuse) {
            (true, true) => fp,
            (true, false) => fp.add(below as usize),
            (false, _) => args.add(params + below as usize),
        };
        let top = nfp.add(frame);
        if top > (*ctx).stack_end || (!tail && (*ctx).depth() <= 0) {
            return Err(Error::new(Reason::StackExhausted));
        }
        (*ctx).high_water = (*ctx).high_water.max(top);
        core::ptr::copy(args, nfp, params);
        if !reuse {
            let (ip, delta, base) = if tail {
                (own as u32, (own >> 32) as u32 + below, (own >> 32) as u16)
            } else {
                (call.back, nfp.offset_from(fp) as u32, call.base as u16)
            };
            let results = slots(ty.results) as u16;
            let record = Record { instance: (*ctx).id, ip, delta, base, results, noted: below != RECORD_SLOTS };
            record.write(nfp.sub(RECORD_SLOTS as usize));
        }
        if !tail {
            (*ctx).descend();
        }
        nfp.add(header).write(0);
        nfp.add(header + 1).write_bytes(0, locals);
        (*ctx).fuel -= call.cost as i64;
        (*ctx).fp = nfp;
        (*ctx).ip = code.add(entry.code as usize);
        (*ctx).top = nfp;
        (*t).current = (*target).id;
        (*t).stop = stop::ENTRY;
        Ok(())
    }
}

/// A function returned across a boundary. False when it was a root.
pub(super) unsafe fn leave(t: *mut TaskHeader, ctx: *mut Ctx) -> bool {
    // SAFETY: the frame that returned was entered across a boundary.
    unsafe {
        let fp = (*ctx).fp;
        let Some(record) = Record::read(t, index_of(t, fp)) else { return false };
        let caller = fp.sub(record.delta as usize);
        let results = caller.add(record.base as usize);
        core::ptr::copy(fp, results, record.results as usize);
        (*t).current = record.instance;
        (*t).stop = stop::BEHIND;
        let inst = ops::instance_by_id(super::state::home(t), record.instance);
        let module = ops::module_of(inst);
        let code: *const u64 = module.base().add(module.header().code.off as usize).cast();
        (*ctx).fp = caller;
        (*ctx).ip = code.add(record.ip as usize);
        (*ctx).top = results;
        true
    }
}

/// Where the fuel of a running task is counted, for a call with this cost.
#[inline(always)]
pub(super) unsafe fn meter(t: *mut TaskHeader, ctx: *mut Ctx, cost: u32) -> Meter {
    // SAFETY: task and context live.
    unsafe { Meter { fuel: &raw mut (*ctx).fuel, used: &raw const (*t).used, cost } }
}

/// Calls the host.
pub(super) unsafe fn host(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    inst: *mut InstanceHeader,
    func: u32,
    call: &Call,
) -> Result<Crossed, Error> {
    // SAFETY: as for `cross`; the values lie between the caller's frame in use and the stack's end.
    unsafe {
        let ty = ops::func_type(inst, func)?;
        let most = ty.params.len().max(ty.results.len());
        let args = (*ctx).fp.add(call.base as usize);
        let asked = (*t).is_hooked();
        let room = slots(ty.params).max(slots(ty.results));
        let values = args.add(room + asked as usize * intercept::SPARE).cast::<Value>();
        let top = values.add(most).cast::<u64>();
        if top > (*ctx).stack_end {
            return Err(Error::new(Reason::StackExhausted));
        }
        (*ctx).high_water = (*ctx).high_water.max(top);
        let mut at = args;
        for i in 0..most {
            let mut value = Value::ZERO;
            if let Some(&ty) = ty.params.get(i) {
                let (param, taken) = ops::load(ty, at);
                (value, at) = (param, at.add(taken));
            }
            values.add(i).write(value);
        }
        // Where the task stands, for a collection meanwhile.
        (*t).ip = (*ctx).ip.offset_from((*ctx).code) as u32;
        (*t).fp = index_of(t, (*ctx).fp);
        (*t).in_host = in_host::CALLED;
        let completion = if asked {
            intercept::host(t, ctx, (inst, func), call, args, values)
        } else {
            intercept::note_call(t, args, (inst, func), call);
            call_host(inst, func, values, meter(t, ctx, call.cost))
        };
        (*t).in_host = 0;
        if completion != Ok(Completion::Done) {
            return unanswered(t, ctx, call, completion);
        }
        (*ctx).fuel -= call.cost as i64;
        let mut at = args;
        for (i, &ty) in ty.results.iter().enumerate() {
            at = at.add(ops::store(ty, values.add(i).read(), at));
        }
        back_from_host(t, ctx, call.back);
        finish_host(t, ctx, slots(ty.results));
        Ok(Crossed::On)
    }
}

/// The host was called and has not answered: it has failed, has thrown, or will answer later.
#[cold]
#[inline(never)]
pub(super) unsafe fn unanswered(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    call: &Call,
    completion: Result<Completion, Error>,
) -> Result<Crossed, Error> {
    // SAFETY: the context describes the caller's frame.
    unsafe {
        match completion {
            Err(e) if e.reason == Reason::UncaughtException => {
                return flight::thrown_by_host(t, ctx, e.detail as u32, call);
            }
            other => other?,
        };
        // Otherwise the interceptor has parked it, unmade.
        if hooked::parked((*t).hooked) == 0 {
            (*ctx).fuel -= call.cost as i64;
            (*t).phase = phase::PENDING;
            back_from_host(t, ctx, call.back);
        }
        Ok(Crossed::Pending)
    }
}

/// Behind a host call: where the caller goes on. A tail call's return follows in `finish_host`.
#[cfg_attr(feature = "large-loop", inline(always))]
pub(super) unsafe fn back_from_host(t: *mut TaskHeader, ctx: *mut Ctx, back: u32) {
    // SAFETY: the context describes the caller's frame.
    unsafe {
        if !Proposals::TAIL_CALL.is_built() || (*t).call_tail == 0 {
            (*ctx).ip = (*ctx).code.add(back as usize);
            (*t).stop = stop::BEHIND;
        } else {
            (*t).stop = stop::WITHIN;
        }
        (*ctx).top = first_result(t, ctx);
    }
}

/// Where the first result of the call at hand lies, or would, for the accumulator: without results that may be the first
/// slot behind the stack, which is not read.
#[cfg_attr(feature = "large-loop", inline(always))]
pub(super) unsafe fn first_result(t: *mut TaskHeader, ctx: *mut Ctx) -> *mut u64 {
    // SAFETY: the context describes the caller's frame, which has a slot at least.
    unsafe {
        let at = slot_at(t, (*t).call_base);
        if at < (*ctx).stack_end { at } else { (*ctx).fp }
    }
}

/// The results of a host call stand in so many slots: for a tail call, returns them.
#[cfg_attr(feature = "large-loop", inline(always))]
pub(super) unsafe fn finish_host(t: *mut TaskHeader, ctx: *mut Ctx, results: usize) {
    // SAFETY: the context describes the caller's frame; a tail call's header slot is in it.
    unsafe {
        if !Proposals::TAIL_CALL.is_built() || (*t).call_tail == 0 {
            return;
        }
        let fp = (*ctx).fp;
        let header = fp.add((*t).call_tail as usize - 1).read();
        core::ptr::copy(slot_at(t, (*t).call_base), fp, results);
        (*ctx).top = fp;
        (*ctx).slack += 1;
        (*ctx).ip = (*ctx).code.add(header as u32 as usize);
        (*ctx).fp = fp.sub((header >> 32) as usize);
        (*t).stop = stop::BEHIND;
    }
}
