//! The two back ends, generated from one description of the operations (`isa/`).
//!
//! *Tail*: one function per operation, which ends in a sibling call of the next, so that the
//! registers stay where they are. *Loop*: one `match` in one loop, for every other target and
//! build. Both run the same code words and stop in the same places; neither knows of tasks, hosts
//! or instances beyond [`Ctx`].

#![allow(
    unused_mut,
    unused_assignments,
    unused_variables,
    unused_parens,
    reason = "every operation has all registers, few use all"
)]
#![allow(clippy::all, reason = "generated from isa/")]

use super::cast;
use super::regs::*;
use super::slow;
use crate::error::Reason;
use crate::float;
use crate::runtime::{atomic, wait};
use crate::vector::{self, V128};
use core::hint::cold_path;

#[cfg(wrt_tail)]
use crate::ops::OP_COUNT;

/// The callee returned to the driver.
pub(crate) const LEAVE: u32 = 0;
/// The slice is spent, at a loop's label.
pub(crate) const FUEL: u32 = 1;
/// A trap; the reason is in [`Ctx::reason`].
pub(crate) const TRAP: u32 = 2;
/// At `CALL_IMPORT`.
pub(crate) const CALL_IMPORT: u32 = 3;
/// At `CALL_INDIRECT` whose target is not a function of this instance, or not of the very type.
pub(crate) const CALL_REF: u32 = 4;
/// At `RETURN_CALL_IMPORT`.
pub(crate) const TAIL_IMPORT: u32 = 5;
/// At `RETURN_CALL_INDIRECT` of the same kinds.
pub(crate) const TAIL_REF: u32 = 6;
/// The slice is spent, at the first operation of a function just entered.
pub(crate) const FUEL_ENTRY: u32 = 7;
/// The slice is spent, behind a call that returned; [`Ctx::top`] is its first result.
pub(crate) const FUEL_RETURN: u32 = 9;
/// At `ATOMIC_WAIT`.
pub(crate) const WAIT: u32 = 10;
/// The slice is spent, between two steps of a bulk operator.
pub(crate) const FUEL_BULK: u32 = 8;

/// At `CALL_FUNCREF` whose target is not a function of this instance.
pub(crate) const CALL_TYPED: u32 = 10;
/// At `RETURN_CALL_FUNCREF` whose target is not a function of this instance.
pub(crate) const TAIL_TYPED: u32 = 11;
/// At `THROW`.
pub(crate) const THROW: u32 = 12;
/// At `THROW_REF`.
pub(crate) const THROW_REF: u32 = 13;

/// Notes where a run stopped.
#[inline(always)]
unsafe fn save(ctx: *mut Ctx, ip: Ip, fp: Fp, fuel: i64) {
    // SAFETY: the driver's context outlives the run.
    unsafe {
        (*ctx).ip = ip;
        (*ctx).fp = fp;
        (*ctx).fuel = fuel;
    }
}

/// A frame would end above the highest one so far, or nest deeper: notes the new peak. False when
/// the stack or the depth is exhausted.
#[cold]
#[inline(never)]
unsafe fn new_peak(ctx: *mut Ctx) -> bool {
    // SAFETY: the driver's context outlives the run.
    unsafe {
        if (*ctx).top > (*ctx).high_water {
            if (*ctx).top > (*ctx).stack_end {
                return false;
            }
            (*ctx).high_water = (*ctx).top;
            return true;
        }
        if (*ctx).depth <= 0 {
            return false;
        }
        (*ctx).depth_mark = (*ctx).depth - 1;
        true
    }
}

/// Operations that the loop calls.
mod apart {
    use super::*;
    include!(concat!(env!("OUT_DIR"), "/apart.rs"));
}

/// Runs from `ctx.ip` until something stops it; returns what.
///
/// # Safety
/// `ctx` describes a task of a live instance, stopped at an operation of its code.
pub(crate) unsafe fn run_loop(ctx: *mut Ctx, mem: *mut u8) -> u32 {
    // SAFETY: `ctx` is valid by contract.
    let (mut ip, mut fp, mut fuel) = unsafe { ((*ctx).ip, (*ctx).fp, (*ctx).fuel) };
    // SAFETY: the frame has at least slot 0; what accumulators hold is never relied on at a stop
    // but for the first result of a call, which lies where `top` says.
    let mut acc: u64 = unsafe { *(*ctx).top };
    let mut fa: f64 = 0.0;
    let mut fs: f32 = 0.0;
    include!(concat!(env!("OUT_DIR"), "/looped.rs"))
}

#[cfg(wrt_tail)]
mod tail {
    use super::*;

    /// Goes on with the operation at `ip`.
    #[inline(always)]
    unsafe fn next(ip: Ip, fp: Fp, ctx: *mut Ctx, mem: *mut u8, fuel: i64, acc: u64, fa: f64, fs: f32) -> u32 {
        // SAFETY: operation numbers of the translator lie below `OP_COUNT`.
        unsafe { (HANDLERS.get_unchecked(f0(ip)))(ip, fp, ctx, mem, fuel, acc, fa, fs) }
    }

    include!(concat!(env!("OUT_DIR"), "/tail.rs"));

    /// See [`super::run_loop`].
    pub(crate) unsafe fn run(ctx: *mut Ctx, mem: *mut u8) -> u32 {
        // SAFETY: as for `run_loop`.
        unsafe { next((*ctx).ip, (*ctx).fp, ctx, mem, (*ctx).fuel, *(*ctx).top, 0.0, 0.0) }
    }
}

#[cfg(wrt_tail)]
pub(crate) use tail::run as run_tail;
