//! Calls by the embedder that need no question: start, run and results in one.
//!
//! Most calls are of a function that an instance defines, which has started, by a task that has nothing under way,
//! and return without leaving the operations. What the steps of a call would note for each other is not noted for
//! these. Everything else is left to the steps (`task.rs`), failures included: it is known before anything is done
//! that they would not begin alike. A run that leaves the operations goes on in the driver (`drive.rs`).

use super::cross::{load_owned, write_root_record};
use super::dispatch::LEAVE;
use super::drive::{self, Account, Outcome};
use super::regs::{self, Ctx, zero_slots};
use super::roots;
use super::state::{RECORD_SLOTS, TaskHeader, home, index_of, phase, resume, slot_at, stop};
use super::task::Task;
use crate::budget::RunBudget;
use crate::error::Error;
use crate::module::layout::{FuncEntry, TypeEntry};
use crate::runtime::layout::{INSTANCE_NOT_STARTED, InstanceHeader};
use crate::runtime::{Func, Value, ops};
use crate::types::ValType;
use core::sync::atomic::Ordering;

/// The function that is called.
struct Callee {
    inst: *mut InstanceHeader,
    ty: *const TypeEntry,
    code: *const u64,
    funcs: *const FuncEntry,
    /// Its first operation, one word behind its metadata.
    first: *const u64,
}

impl Callee {
    /// Finds the function; `None` where the call is not of this kind.
    #[inline(always)]
    unsafe fn find(t: *mut TaskHeader, f: Func, args: usize, room: usize, budget: &RunBudget) -> Option<Callee> {
        // SAFETY: the task lives, with its group; a function's entry names one of the module's types.
        unsafe {
            let free = (*t).phase == phase::DONE || (*t).phase == phase::IDLE;
            if !free || (*t).hooked != 0 || (*t).interrupt.load(Ordering::Relaxed) != 0 || budget.fuel == 0 {
                return None;
            }
            let inst = ops::instance_by_id(home(t), f.instance);
            if inst.is_null() || (*inst).flags & INSTANCE_NOT_STARTED != 0 {
                return None;
            }
            let module = ops::module_of(inst);
            let header = module.header();
            if f.index >= header.funcs.len {
                return None;
            }
            let funcs = module.base().add(header.funcs.off as usize).cast::<FuncEntry>();
            let entry = funcs.add(f.index as usize);
            let ty = module.base().add(header.types.off as usize).cast::<TypeEntry>().add((*entry).ty as usize);
            if (*ty).params as usize != args || (*ty).results as usize > room {
                return None;
            }
            let is_import = (*entry).code == 0;
            if is_import {
                return None;
            }
            let code: *const u64 = module.base().add(header.code.off as usize).cast();
            let first = code.add((*entry).code as usize);
            let frame = first.sub(1).read() as u16 as u32;
            let fits = RECORD_SLOTS + frame.max((*ty).result_slots as u32) <= (*t).slots;
            fits.then_some(Callee { inst, ty, code, funcs, first })
        }
    }
}

/// The value types of a function type: of the parameters, then of the results.
#[inline(always)]
unsafe fn types_of(inst: *mut InstanceHeader, ty: *const TypeEntry) -> *const ValType {
    // SAFETY: the instance lives, with its module, which has the type.
    unsafe { ops::module_of(inst).base().add((*ty).vals as usize).cast() }
}

/// [`Task::call`]
///
/// # Safety
/// `t` is the live task `task` of a live group, used by nobody else meanwhile.
#[inline(always)]
pub(super) unsafe fn call(
    task: Task<'_>,
    t: *mut TaskHeader,
    f: Func,
    args: &[Value],
    results: &mut [Value],
    budget: &RunBudget,
) -> Result<Outcome, Error> {
    // SAFETY: as the caller vouches; every slot that is written lies below the frame end that was checked.
    unsafe {
        let Some(callee) = Callee::find(t, f, args.len(), results.len(), budget) else {
            return task.call_in_steps(f, args, results, budget);
        };
        let fuel = Account::first_slice(budget);
        let fp = slot_at(t, RECORD_SLOTS);
        let mut ctx = Ctx {
            fuel,
            code: callee.code,
            funcs: callee.funcs,
            depth_mark: budget.max_call_depth as i64 - 1,
            max_depth: budget.max_call_depth as i64,
            memory_limit: budget.max_memory_bytes,
            task: t,
            stack_end: slot_at(t, (*t).slots),
            top: fp,
            fp,
            ip: callee.first,
            ..Ctx::empty()
        };
        let ctx = &raw mut ctx;
        let mem = load_owned(ctx, callee.inst);
        // A start does these again.
        (*t).func_instance = f.instance;
        (*t).func = f.index;
        (*t).results = (*callee.ty).results as u32;
        (*t).exception = 0;
        (*t).resume = resume::CODE;
        if !args.is_empty() && !write_args(&callee, args, fp) {
            return task.call_in_steps(f, args, results, budget);
        }
        (*t).starting = 0;
        (*t).stop = stop::ENTRY;
        (*t).used = (*t).used.wrapping_add(fuel as u64);
        (*t).phase = phase::RUNNING;
        (*t).current = (*ctx).id;
        let meta = (*ctx).ip.sub(1).read();
        let (frame, header, locals) = (meta as u16 as u32, (meta >> 16) as u16 as usize, (meta >> 32) as u16 as usize);
        (*t).high_water = (*t).high_water.max(RECORD_SLOTS + frame);
        (*ctx).high_water = slot_at(t, (*t).high_water);
        write_root_record(t, RECORD_SLOTS);
        fp.add(header).write(0);
        zero_slots(fp.add(header + 1), locals);
        let exit = drive::dispatch((*t).backend, ctx, mem);
        if exit != LEAVE || (*t).hooked != 0 {
            return go_on(task, ctx, budget, exit, results);
        }
        // Back at code word 0, in the only frame.
        (*t).ip = 0;
        (*t).fp = RECORD_SLOTS;
        (*t).depth = 0;
        (*t).high_water = index_of(t, (*ctx).high_water);
        let peak = ((*ctx).max_depth - (*ctx).depth_mark) as u32;
        if peak > (*t).depth_peak {
            (*t).depth_peak = peak;
        }
        drive::settle_fuel(t, (*ctx).fuel, 0);
        (*t).phase = phase::DONE;
        roots::delist(t);
        if (*t).results != 0 {
            read_results(&callee, results, fp);
        }
        Ok(Outcome::Done)
    }
}

/// Writes the arguments to the slots from `fp` on; false where one is a reference to nothing that fits.
#[inline(always)]
unsafe fn write_args(callee: &Callee, args: &[Value], fp: *mut u64) -> bool {
    // SAFETY: there is a type for each argument, by their number, and a slot, as the frame lies within the stack.
    unsafe {
        let types = types_of(callee.inst, callee.ty);
        for (i, arg) in args.iter().enumerate() {
            let ty = types.add(i).read();
            if !ty.is_num() {
                return write_any(callee.inst, types, args, fp);
            }
            fp.add(i).write(ops::clean(ty, *arg).bits());
        }
        true
    }
}

/// The same for arguments that are not all numbers.
#[inline(never)]
unsafe fn write_any(inst: *mut InstanceHeader, types: *const ValType, args: &[Value], fp: *mut u64) -> bool {
    let mut at = fp;
    for (i, arg) in args.iter().enumerate() {
        // SAFETY: as for `write_args`.
        unsafe {
            let ty = types.add(i).read();
            let Some(value) = ops::accept(inst, ty, *arg) else { return false };
            at = at.add(ops::store(ty, value, at));
        }
    }
    true
}

/// Reads the results, for all of which there is room, from the slots from `fp` on.
#[inline(always)]
unsafe fn read_results(callee: &Callee, results: &mut [Value], fp: *mut u64) {
    // SAFETY: a function that has returned has its results in its first slots; there is a type for each.
    unsafe {
        if (*callee.ty).result_slots != 1 {
            read_any(callee.inst, callee.ty, results, fp);
        } else if let Some(result) = results.first_mut() {
            *result = Value::from_bits(fp.read());
        }
    }
}

/// The same for results that take more slots than one.
#[inline(never)]
unsafe fn read_any(inst: *mut InstanceHeader, ty: *const TypeEntry, results: &mut [Value], fp: *const u64) {
    // SAFETY: as for `read_results`.
    unsafe {
        let types = types_of(inst, ty).add((*ty).params as usize);
        let mut at = fp;
        for (i, result) in results.iter_mut().take((*ty).results as usize).enumerate() {
            let (value, taken) = ops::load(types.add(i).read(), at);
            *result = value;
            at = at.add(taken);
        }
    }
}

/// The rest of a call that has left the operations.
#[inline(never)]
unsafe fn go_on(
    task: Task<'_>,
    ctx: *mut Ctx,
    budget: &RunBudget,
    exit: u32,
    results: &mut [Value],
) -> Result<Outcome, Error> {
    // SAFETY: as for `call`.
    let ended = unsafe {
        let t = (*ctx).task;
        // From here on others may look at the task.
        (*t).ip = (*ctx).ip.offset_from((*ctx).code) as u32;
        (*t).fp = index_of(t, (*ctx).fp);
        (*t).depth = 1;
        (*t).depth_peak = (*t).depth_peak.max(1);
        roots::enlist(t);
        drive::go_on(t, ctx, regs::memory_0(ctx), Account::begun(budget), exit)
    };
    if ended == Ok(Outcome::Done) {
        task.results(results)?;
    }
    ended
}
