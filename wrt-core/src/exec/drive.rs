//! The driver: runs a task in slices of fuel, and keeps the account.
//!
//! The fuel register F is relative: at a place whose operators have cost C since the function's
//! start or the last call, what is left is F - C. A run grants fuel by adding to F; a slice bounds
//! how much is added at once, so that interrupts are seen and the native stack stays bounded
//! whatever the compiler made of the sibling calls.

use super::cross::{self, Call, Crossed, load_instance};
use super::direct::{self, Direct};
use super::dispatch::{self, run_loop};
use super::flight::{self, Throw};
use super::intercept;
use super::place::look_up;
use super::regs::{Ctx, f1, f2, f3, n23, slot, table_element, table_inst, word};
use super::roots;
use super::state::{RECORD_SLOTS, TaskHeader, home, hooked, index_of, phase, resume, slot_at, stop};
use super::wait;
use crate::budget::{Proposals, RunBudget};
use crate::error::{Error, Reason};
use crate::ops::SHORT_WAYS;
use crate::runtime::layout::{FuncRef, INSTANCE_START_FAILED, INSTANCE_STARTING, InstanceHeader};
use crate::runtime::ops;
use crate::types::slots;
use core::sync::atomic::Ordering;

/// Fuel of a slice: after so many operators at most, plus those of one function body, an interrupt
/// is seen.
const SLICE: u64 = 1 << 16;

/// How a run ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Finished: the results can be read.
    Done,
    /// A host call has not completed; complete it and run again.
    Pending,
    /// The budget is spent; run again to continue.
    Fuel,
    /// An interrupt request was seen; run again to continue.
    Interrupted,
}

/// How operations are dispatched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Backend {
    /// The fastest that is built in and passes its self test.
    #[default]
    Auto = 0,
    /// One `match` in one loop.
    Loop = 1,
    /// One function per operation, each ending in a jump to the next.
    Tail = 2,
}

/// The back ends that are built in.
#[must_use]
pub fn backends() -> &'static [Backend] {
    if cfg!(wrt_tail) { &[Backend::Loop, Backend::Tail] } else { &[Backend::Loop] }
}

#[inline(always)]
pub(super) unsafe fn dispatch(backend: u32, ctx: *mut Ctx, mem: *mut u8) -> u32 {
    #[cfg(wrt_tail)]
    if backend == Backend::Tail as u32 {
        // SAFETY: as for `run_loop`.
        return unsafe { dispatch::run_tail(ctx, mem) };
    }
    let _ = backend;
    // SAFETY: the caller's context describes a task of a live instance.
    unsafe { run_loop(ctx, mem) }
}

/// Not an exit of the operations: something else comes first.
const RESUME: u32 = u32::MAX;
/// Not an exit of the operations: they have not begun.
const BEGIN: u32 = u32::MAX - 1;

/// Account of one run.
#[derive(Clone, Copy)]
pub(super) struct Account {
    /// Not granted yet; `u64::MAX` never ends.
    pool: u64,
    /// Added to F so far.
    given: i64,
}

impl Account {
    /// The account of a run that was given nothing yet.
    pub(super) fn new(budget: &RunBudget) -> Self {
        Account { pool: budget.fuel, given: 0 }
    }

    /// The fuel that a run begins with which owes nothing.
    #[inline(always)]
    pub(super) fn first_slice(budget: &RunBudget) -> i64 {
        budget.fuel.min(SLICE) as i64
    }

    /// The account of a run that was given its first slice.
    pub(super) fn begun(budget: &RunBudget) -> Self {
        let mut account = Account::new(budget);
        account.top_up(&mut 0);
        account
    }

    /// Fills the register up. False when it stays below zero: everything is spent.
    fn top_up(&mut self, fuel: &mut i64) -> bool {
        loop {
            let more = self.pool.min(SLICE);
            if self.pool != u64::MAX {
                self.pool -= more;
            }
            *fuel += more as i64;
            self.given = self.given.wrapping_add(more as i64);
            if *fuel >= 0 {
                return true;
            }
            if more == 0 {
                return false;
            }
        }
    }
}

/// Runs the task until it finishes, fails, waits, or has spent the budget.
///
/// # Safety
/// `t` is a live task of a live group, ready to run, used by nobody else meanwhile.
pub(super) unsafe fn run(t: *mut TaskHeader, budget: &RunBudget) -> Result<Outcome, Error> {
    // SAFETY: as the caller vouches; every pointer made here points into the task's region or into
    // a live instance of its group.
    unsafe {
        let inst = ops::member(home(t), (*t).current).ok_or(Reason::BadHandle)?;
        let mut ctx = Ctx {
            high_water: slot_at(t, (*t).high_water),
            slack: 0,
            depth_mark: budget.max_call_depth as i64 - (*t).depth as i64,
            max_depth: budget.max_call_depth as i64,
            memory_limit: budget.max_memory_bytes,
            task: t,
            stack_end: slot_at(t, (*t).slots),
            top: slot_at(t, (*t).fp),
            fp: slot_at(t, (*t).fp),
            fuel: (*t).fuel,
            ..Ctx::empty()
        };
        let ctx = &raw mut ctx;
        let mem = load_instance(ctx, inst);
        (*ctx).ip = (*ctx).code.add((*t).ip as usize);
        if (*t).stop == stop::BEHIND {
            // The first result of the call is expected in the accumulator.
            (*ctx).top = cross::first_result(t, ctx);
        }
        // What was overdrawn is used already.
        (*t).used = (*t).used.wrapping_add(((*t).fuel - (*t).cost) as u64);
        let account = Account::new(budget);
        (*t).phase = phase::RUNNING;
        go_on(t, ctx, mem, account, BEGIN)
    }
}

/// Runs on behind `exit`, until the task finishes, fails, waits, or has spent its fuel.
///
/// # Safety
/// As for [`run`]; the context describes the task, and the account what it was granted.
#[inline(never)]
pub(super) unsafe fn go_on(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    mem: *mut u8,
    account: Account,
    exit: u32,
) -> Result<Outcome, Error> {
    // SAFETY: as for `run`.
    unsafe {
        let home = home(t);
        let mut inst = (*ctx).inst;
        let (mut mem, mut account, mut exit) = (mem, account, exit);
        // In this very frame, where no register is needed to point at it.
        let mut ctx = ctx.read();
        let ctx = &raw mut ctx;
        let outcome = 'run: loop {
            'handled: {
                // A slice that ends as a function returns across a boundary ends behind the call: a stopped task stands
                // in a frame, whose references are known.
                let crossed = exit == dispatch::FUEL_RETURN && (*ctx).ip == (*ctx).code;
                if crossed && cross::Record::read(t, index_of(t, (*ctx).fp)).is_some() {
                    exit = dispatch::LEAVE;
                }
                // The two kinds of crossings that programs make all the time come first.
                let mut ended = None;
                if !SHORT_WAYS {
                    // All calls are made alike.
                } else if exit == dispatch::CALL_IMPORT {
                    match direct::call(t, ctx, inst) {
                        Direct::Answered(memory) => {
                            mem = memory;
                            break 'handled;
                        }
                        Direct::Entered(other) => {
                            inst = other;
                            mem = load_instance(ctx, inst);
                            break 'handled;
                        }
                        Direct::Ended(step) => ended = Some(step),
                        Direct::Not => {}
                    }
                } else if exit == dispatch::LEAVE
                    && let Some(other) = direct::leave(t, ctx)
                {
                    inst = other;
                    mem = load_instance(ctx, inst);
                    break 'handled;
                }
                if !matches!(exit, BEGIN | RESUME | dispatch::FUEL_RETURN) && ended.is_none() {
                    (*ctx).top = (*ctx).fp;
                }
                // A parked call that was let go is the first operation of its run. Where fuel was spent since, the table
                // led it to a function of its own instance: nothing that follows is the call that was asked about.
                if hooked::BUILT
                    && (*t).hooked & hooked::PROCEED != 0
                    && (*ctx).fuel != (*t).fuel.wrapping_add(account.given)
                {
                    (*t).set_hooked((*t).hooked & hooked::SET);
                }
                let step = match exit {
                    _ if let Some(step) = ended => step,
                    BEGIN => break 'handled,
                    RESUME => resumed(t, ctx, inst),
                    dispatch::FUEL => {
                        (*t).stop = stop::LABEL;
                        break 'handled;
                    }
                    dispatch::FUEL_ENTRY => {
                        (*t).stop = stop::ENTRY;
                        break 'handled;
                    }
                    dispatch::FUEL_RETURN => {
                        (*t).stop = stop::BEHIND;
                        break 'handled;
                    }
                    dispatch::FUEL_BULK => {
                        (*t).stop = stop::WITHIN;
                        break 'handled;
                    }
                    dispatch::LEAVE => {
                        if (*t).is_hooked() && intercept::asks_after(t, ctx) {
                            intercept::leave(t, ctx)
                        } else if cross::leave(t, ctx) {
                            Ok(Crossed::On)
                        } else if (*t).starting == 0 {
                            break 'run Ok(Outcome::Done);
                        } else {
                            match started(t, ctx) {
                                Some(step) => step,
                                None => break 'run Ok(Outcome::Done),
                            }
                        }
                    }
                    dispatch::TRAP => {
                        (*t).stop = stop::WITHIN;
                        break 'run Err(Error::new(Reason::from_trap((*ctx).reason)));
                    }
                    dispatch::WAIT if Proposals::THREADS.is_built() => {
                        (*t).stop = stop::WITHIN;
                        wait::wait(t, ctx, inst)
                    }
                    dispatch::THROW | dispatch::THROW_REF if Proposals::EXCEPTION_HANDLING.is_built() => {
                        (*t).stop = stop::WITHIN;
                        flight::thrown(t, ctx, inst, exit)
                    }
                    other => {
                        (*t).stop = stop::WITHIN;
                        call_out(t, ctx, inst, other)
                    }
                };
                match step {
                    Ok(Crossed::On) => {
                        inst = ops::instance_by_id(home, (*t).current);
                        mem = load_instance(ctx, inst);
                    }
                    Ok(Crossed::Pending) => break 'run Ok(Outcome::Pending),
                    Ok(Crossed::Done) => break 'run Ok(Outcome::Done),
                    Err(error) => break 'run Err(error),
                }
            }
            if (*t).interrupt.load(Ordering::Relaxed) != 0 {
                (*t).interrupt.store(0, Ordering::Relaxed);
                break 'run Ok(Outcome::Interrupted);
            }
            if (*ctx).fuel < 0 || account.given == 0 {
                let before = account.given;
                let enough = account.top_up(&mut (*ctx).fuel);
                (*t).used = (*t).used.wrapping_add(account.given.wrapping_sub(before) as u64);
                // A budget of nothing runs nothing.
                if !enough || account.given == 0 {
                    break 'run Ok(Outcome::Fuel);
                }
            }
            exit = if (*t).resume == resume::CODE { dispatch((*t).backend, ctx, mem) } else { RESUME };
        };
        settle(t, ctx, outcome)
    }
}

/// The start function has returned: goes on with what was asked for. `None` when that was all.
unsafe fn started(t: *mut TaskHeader, ctx: *mut Ctx) -> Option<Result<Crossed, Error>> {
    // SAFETY: the task is at its root frame.
    unsafe {
        let inst = ops::instance_by_id(home(t), (*t).starting - 1);
        (*inst).flags &= !INSTANCE_STARTING;
        (*t).starting = 0;
        if (*t).func == u32::MAX {
            return None;
        }
        if let Err(error) = super::task::enter(t, inst, (*t).func, RECORD_SLOTS) {
            return Some(Err(error));
        }
        (*ctx).descend();
        (*ctx).high_water = (*ctx).high_water.max(slot_at(t, (*t).high_water));
        (*ctx).fp = slot_at(t, (*t).fp);
        (*ctx).top = (*ctx).fp;
        let inst = ops::instance_by_id(home(t), (*t).current);
        let module = ops::module_of(inst);
        let code: *const u64 = module.base().add(module.header().code.off as usize).cast();
        (*ctx).ip = code.add((*t).ip as usize);
        Some(Ok(Crossed::On))
    }
}

/// What a run does before its first operation.
unsafe fn resumed(t: *mut TaskHeader, ctx: *mut Ctx, inst: *mut InstanceHeader) -> Result<Crossed, Error> {
    // SAFETY: as for `run`.
    unsafe {
        let what = (*t).resume;
        (*t).resume = resume::CODE;
        match what {
            resume::HOST => {
                let call = Call { base: 0, cost: 0, back: 0, tail: false };
                let crossed = cross::host(t, ctx, inst, (*t).call_import, &call);
                if hooked::parked((*t).hooked) != 0 {
                    (*t).resume = resume::HOST;
                }
                crossed
            }
            resume::ROOT if hooked::BUILT => intercept::root(t, ctx),
            resume::ANSWER if hooked::BUILT => intercept::answered_later(t, ctx),
            resume::AFTER | resume::TAIL => {
                if hooked::BUILT && what == resume::AFTER {
                    intercept::completed(t, ctx).map_err(|error| failed_later(t, ctx, error))?;
                }
                let other = ops::instance_by_id(home(t), (*t).call_instance);
                let results = ops::module_of(other).func_type((*t).call_import).map_or(0, |ty| slots(ty.results));
                cross::finish_host(t, ctx, results);
                Ok(Crossed::On)
            }
            resume::TRAP => Err(failed_later(t, ctx, Error::new(Reason::HostTrap).detail((*t).detail))),
            resume::EXIT => Err(failed_later(t, ctx, Error::new(Reason::GuestExit).detail((*t).detail))),
            resume::THROW if Proposals::EXCEPTION_HANDLING.is_built() => {
                let object = core::mem::take(&mut (*t).exception);
                let at = (*ctx).ip.offset_from((*ctx).code) as u32;
                if hooked::parked((*t).hooked) != 0 {
                    // At a call that was not made; that of the embedder has no place.
                    (*t).set_hooked((*t).hooked & hooked::SET);
                    let gone = (*t).call_tail != 0 || (*t).stop == stop::ENTRY;
                    return flight::raise(t, ctx, &Throw { object, cost: (*t).parked_cost, word: at, gone });
                }
                // Behind the call, or at a tail call, whose frame is gone.
                let gone = (*t).call_tail != 0;
                let throw = Throw { object, cost: 0, word: at.wrapping_sub(!gone as u32), gone };
                flight::raise(t, ctx, &throw).map_err(|error| failed_later(t, ctx, error))
            }
            _ => Ok(Crossed::On),
        }
    }
}

/// The host call that the task waited for has failed: what is charged up to its place is what was
/// charged when the task stopped there.
unsafe fn failed_later(t: *mut TaskHeader, ctx: *mut Ctx, error: Error) -> Error {
    // SAFETY: the context describes the stopped task.
    unsafe {
        let at = (*ctx).ip.offset_from((*ctx).code) as u32;
        let place = look_up(ops::module_of((*ctx).inst), at, (*t).stop);
        (*ctx).fuel += place.map_or(0, |place| place.cost as i64 - (*t).cost);
        error
    }
}

/// A call that the operations could not do themselves.
unsafe fn call_out(t: *mut TaskHeader, ctx: *mut Ctx, inst: *mut InstanceHeader, exit: u32) -> Result<Crossed, Error> {
    // SAFETY: the context stands at the operation that `exit` names.
    unsafe {
        let ip = (*ctx).ip;
        let cost = (word(ip, 1) >> 32) as u32;
        let named = word(ip, 1) as u32;
        let base = f1(ip) as u32;
        let back_word = || word(ip, 2) as u32;
        let header = || (word(ip, 2) >> 16) as u16 as u32;
        let (call, indirect) = match exit {
            dispatch::CALL_IMPORT => (Call { base, cost, back: n23(ip), tail: false }, false),
            dispatch::TAIL_IMPORT if Proposals::TAIL_CALL.is_built() => {
                (Call { base, cost, back: f3(ip) as u32, tail: true }, false)
            }
            dispatch::CALL_REF | dispatch::CALL_TYPED => (Call { base, cost, back: back_word(), tail: false }, true),
            dispatch::TAIL_REF | dispatch::TAIL_TYPED if Proposals::TAIL_CALL.is_built() => {
                (Call { base, cost, back: header(), tail: true }, true)
            }
            _ => return Err(Error::new(Reason::Internal)),
        };
        if !indirect {
            return cross::cross(t, ctx, inst, named, &call);
        }
        let at = slot((*ctx).fp, f2(ip));
        let (other, func) = match exit {
            // Of the type that is asked for, by validation.
            dispatch::CALL_TYPED | dispatch::TAIL_TYPED if Proposals::FUNCTION_REFERENCES.is_built() => {
                ops::resolve_ref(inst, FuncRef(at)).ok_or(Reason::NullReference)?
            }
            _ => cross::resolve_indirect(inst, FuncRef(table_element(table_inst(ctx, f3(ip)), at)), named)?,
        };
        cross::cross(t, ctx, other, func, &call)
    }
}

/// Ends a run, at a place with this fuel register and C.
#[inline(always)]
pub(super) unsafe fn settle_fuel(t: *mut TaskHeader, fuel: i64, cost: i64) {
    let left = fuel - cost;
    // SAFETY: the task lives, and is not in its operations.
    unsafe {
        (*t).used = (*t).used.wrapping_sub(left as u64);
        // What was granted and not used is not kept; what was overdrawn is.
        (*t).fuel = if left > 0 { cost } else { fuel };
        (*t).cost = cost;
    }
}

/// Ends a run: saves where the task stands and what it used.
unsafe fn settle(t: *mut TaskHeader, ctx: *mut Ctx, outcome: Result<Outcome, Error>) -> Result<Outcome, Error> {
    // SAFETY: the context describes the stopped task.
    unsafe {
        (*t).ip = (*ctx).ip.offset_from((*ctx).code) as u32;
        (*t).fp = index_of(t, (*ctx).fp);
        if (*t).stop == stop::BEHIND && outcome != Ok(Outcome::Pending) {
            (*t).call_base = index_of(t, (*ctx).top);
        }
        (*t).high_water = index_of(t, (*ctx).high_water);
        (*t).depth = ((*ctx).max_depth - (*ctx).depth()).max(0) as u32;
        let peak = ((*ctx).max_depth - (*ctx).depth_mark).max(0) as u32;
        (*t).depth_peak = (*t).depth_peak.max(peak);
        let module = ops::module_of((*ctx).inst);
        let place = match outcome {
            Ok(Outcome::Done) => None,
            // The call settled its fuel, unless it is parked before it.
            Ok(Outcome::Pending) if hooked::parked((*t).hooked) == 0 => None,
            _ => look_up(module, (*t).ip, (*t).stop),
        };
        let cost = place.map_or(0, |p| p.cost as i64);
        settle_fuel(t, (*ctx).fuel, cost);
        match outcome {
            Ok(Outcome::Done) => {
                (*t).phase = phase::DONE;
                roots::delist(t);
            }
            Ok(Outcome::Pending) => (*t).phase = phase::PENDING,
            Ok(_) => (*t).phase = phase::READY,
            Err(mut error) => {
                (*t).phase = phase::FAILED;
                roots::delist(t);
                if (*t).starting != 0 {
                    let inst = ops::instance_by_id(home(t), (*t).starting - 1);
                    (*inst).flags ^= INSTANCE_STARTING | INSTANCE_START_FAILED;
                }
                if let Some(place) = place {
                    error.func = place.func;
                    error.offset = place.body as u64 + place.text as u64;
                }
                return Err(error);
            }
        }
        outcome
    }
}
