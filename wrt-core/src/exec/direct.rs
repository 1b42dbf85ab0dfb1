//! Calls of imports that need no question: of a host function of numbers, and of another instance's
//! function, as long as no interceptor is set.
//!
//! Most crossings are of these kinds. What they need to know of the type stands in the binding
//! (`runtime/layout.rs`, `direct`), and whether an interceptor is set in the same test, so that one that is
//! not set costs nothing. Everything else, a stack that is too small included, is left to `cross.rs`.

use super::cross::{self, Call, Crossed, Record, SPECIAL};
use super::regs::{self, Ctx, f1, n23, word};
use super::state::{RECORD_SLOTS, TaskHeader, in_host, index_of, stop};
use crate::error::{Error, Status};
use crate::module::layout::FuncEntry;
use crate::runtime::host::{self, Caller};
use crate::runtime::layout::{ImportBinding, InstanceHeader, direct};
use crate::runtime::{Value, ops};

/// What became of a call.
pub(super) enum Direct {
    /// The host has answered: the context stands behind the call, and this is memory 0.
    Answered(*mut u8),
    /// The context stands at the first operation of a function of this instance.
    Entered(*mut InstanceHeader),
    /// It was made and has no answer.
    Ended(Result<Crossed, Error>),
    /// It is not of these kinds; nothing was done.
    Not,
}

/// Carries out the call of an import that the context stands at.
#[inline(always)]
pub(super) unsafe fn call(t: *mut TaskHeader, ctx: *mut Ctx, inst: *mut InstanceHeader) -> Direct {
    // SAFETY: the validator checked the function's index, and that it is an import; the instance is live.
    unsafe {
        let func = word((*ctx).ip, 1) as u32;
        let binding = ops::at::<ImportBinding>(inst, (*inst).import_funcs).add(func as usize);
        let how = (*binding).direct;
        if how & (*t).direct == 0 {
            Direct::Not
        } else if how & direct::HOST != 0 {
            host(t, ctx, inst, func, binding)
        } else {
            enter(t, ctx, binding)
        }
    }
}

#[inline(always)]
unsafe fn host(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    inst: *mut InstanceHeader,
    func: u32,
    binding: *const ImportBinding,
) -> Direct {
    // SAFETY: the group is live; the values lie between the arguments and the stack's end.
    unsafe {
        let how = (*binding).direct;
        let (params, results) = (direct::params(how), direct::results(how));
        let most = params.max(results);
        let (ip, fp) = ((*ctx).ip, (*ctx).fp);
        let args = fp.add(f1(ip));
        let values = args.add(most).cast::<Value>();
        let top = values.add(most).cast::<u64>();
        if top > (*ctx).stack_end {
            return Direct::Not;
        }
        (*ctx).high_water = (*ctx).high_water.max(top);
        for i in 0..most {
            let bits = if i < params { args.add(i).read() } else { 0 };
            values.add(i).write(Value::from_bits(bits));
        }
        (*t).call_base = index_of(t, args);
        (*t).call_instance = (*inst).id;
        (*t).call_import = func;
        (*t).call_tail = 0;
        // Where the task stands, for a collection meanwhile.
        (*t).ip = ip.offset_from((*ctx).code) as u32;
        (*t).fp = index_of(t, fp);
        (*t).stop = stop::WITHIN;
        (*t).in_host = in_host::CALLED;
        let meter = cross::meter(t, ctx, (word(ip, 1) >> 32) as u32);
        let mut caller = Caller::new(inst, func, most as u32, meter);
        let status = host::invoke(binding, &mut caller, values);
        (*t).in_host = 0;
        if status != Status::Ok as i32 {
            let call = Call { base: 0, cost: (word(ip, 1) >> 32) as u32, back: n23(ip), tail: false };
            return Direct::Ended(cross::unanswered(t, ctx, &call, host::ended(status, &caller)));
        }
        for i in 0..results {
            let bits = values.add(i).read().bits();
            args.add(i).write(if direct::is_half(how, i) { bits as u32 as u64 } else { bits });
        }
        (*ctx).fuel -= (word(ip, 1) >> 32) as i64;
        (*ctx).ip = (*ctx).code.add(n23(ip) as usize);
        // Where there is no result, its slot may be the first behind the stack.
        (*ctx).top = if results == 0 { fp } else { args };
        (*t).stop = stop::BEHIND;
        Direct::Answered(regs::memory_0(ctx))
    }
}

#[inline(always)]
unsafe fn enter(t: *mut TaskHeader, ctx: *mut Ctx, binding: *const ImportBinding) -> Direct {
    // SAFETY: the group is live; every slot written lies below the frame end that is checked.
    unsafe {
        let how = (*binding).direct;
        let (params, results) = (direct::params(how), direct::results(how));
        let target = core::ptr::with_exposed_provenance_mut::<InstanceHeader>((*binding).user as usize);
        let module = ops::module_of(target);
        let funcs = module.base().add(module.header().funcs.off as usize).cast::<FuncEntry>();
        let code: *const u64 = module.base().add(module.header().code.off as usize).cast();
        let entry = code.add((*funcs.add((*binding).func as usize)).code as usize);
        let meta = entry.sub(1).read();
        let (frame, header, locals) =
            (meta as u16 as usize, (meta >> 16) as u16 as usize, (meta >> 32) as u16 as usize);
        let (ip, fp) = ((*ctx).ip, (*ctx).fp);
        let args = fp.add(f1(ip));
        let nfp = args.add(params + RECORD_SLOTS as usize);
        let top = nfp.add(frame);
        if top > (*ctx).stack_end || (*ctx).depth() <= 0 {
            return Direct::Not;
        }
        (*ctx).high_water = (*ctx).high_water.max(top);
        regs::copy_slots(nfp, args, params);
        let delta = nfp.offset_from(fp) as u32;
        let record = Record {
            instance: (*ctx).id,
            ip: n23(ip),
            delta,
            base: f1(ip) as u16,
            results: results as u16,
            noted: false,
        };
        record.write(nfp.sub(RECORD_SLOTS as usize));
        (*ctx).descend();
        nfp.add(header).write(0);
        regs::zero_slots(nfp.add(header + 1), locals);
        (*ctx).fuel -= (word(ip, 1) >> 32) as i64;
        (*ctx).fp = nfp;
        (*ctx).ip = entry;
        (*ctx).top = nfp;
        (*t).current = (*target).id;
        (*t).stop = stop::ENTRY;
        Direct::Entered(target)
    }
}

/// A function returned across a boundary to another instance, which this is; `None` when it was a root, or an
/// interceptor may have to be asked.
#[inline(always)]
pub(super) unsafe fn leave(t: *mut TaskHeader, ctx: *mut Ctx) -> Option<*mut InstanceHeader> {
    // SAFETY: the frame that returned was entered across a boundary.
    unsafe {
        let fp = (*ctx).fp;
        let (a, b) = (fp.sub(2).read(), fp.sub(1).read());
        if a as u32 & SPECIAL != 0 {
            return None;
        }
        let caller = fp.sub(b as u32 as usize);
        let results = caller.add((b >> 32) as u16 as usize);
        regs::copy_slots(results, fp, (b >> 48) as usize);
        (*t).current = a as u32;
        (*t).stop = stop::BEHIND;
        let inst = ops::instance_by_id(super::state::home(t), a as u32);
        let module = ops::module_of(inst);
        let code: *const u64 = module.base().add(module.header().code.off as usize).cast();
        (*ctx).fp = caller;
        (*ctx).ip = code.add((a >> 32) as usize);
        (*ctx).top = results;
        Some(inst)
    }
}
