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

/// What stops the operations, numbered in this order.
macro_rules! exits {
    ($($(#[$doc:meta])* $name:ident)*) => {
        #[repr(u32)]
        #[allow(non_camel_case_types, reason = "only the numbers are used")]
        enum Exit { $($name),* }
        $($(#[$doc])* pub(crate) const $name: u32 = Exit::$name as u32;)*
    };
}

exits! {
    /// The callee returned to the driver.
    LEAVE
    /// The slice is spent, at a loop's label.
    FUEL
    /// The slice is spent, at the first operation of a function just entered.
    FUEL_ENTRY
    /// The slice is spent, behind a call that returned; [`Ctx::top`] is its first result.
    FUEL_RETURN
    /// The slice is spent, between two steps of a bulk operator.
    FUEL_BULK
    /// A trap; the reason is in [`Ctx::reason`].
    TRAP
    /// At `CALL_IMPORT`.
    CALL_IMPORT
    /// At `RETURN_CALL_IMPORT`.
    TAIL_IMPORT
    /// At `CALL_INDIRECT` whose target is not a function of this instance, or not of the very type.
    CALL_REF
    /// At `RETURN_CALL_INDIRECT` of the same kinds.
    TAIL_REF
    /// At `CALL_FUNCREF` whose target is not a function of this instance.
    CALL_TYPED
    /// At `RETURN_CALL_FUNCREF` whose target is not a function of this instance.
    TAIL_TYPED
    /// At `ATOMIC_WAIT`.
    WAIT
    /// At `THROW`.
    THROW
    /// At `THROW_REF`.
    THROW_REF
}

/// Notes where a run stopped.
#[inline(always)]
unsafe fn save(ctx: *mut Ctx, ip: Ip, fp: Fp) {
    // SAFETY: the driver's context outlives the run.
    unsafe {
        (*ctx).ip = ip;
        (*ctx).fp = fp;
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
        if (*ctx).depth_mark <= 0 {
            return false;
        }
        (*ctx).depth_mark -= 1;
        (*ctx).slack += 1;
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

    /// [`HANDLERS`]: in a register, so that going on needs no address.
    type Handlers = *const ();

    /// Goes on with the operation at `ip`.
    #[inline(always)]
    unsafe fn next(ip: Ip, fp: Fp, ctx: *mut Ctx, acc: u64, mem: *mut u8, handlers: Handlers, fa: f64, fs: f32) -> u32 {
        // SAFETY: `handlers` is `HANDLERS`, and operation numbers of the translator lie below its length.
        unsafe { (*handlers.cast::<Handler>().add(f0(ip)))(ip, fp, ctx, acc, mem, handlers, fa, fs) }
    }

    /// The same instruction pointer `ip`, but not computed from what it was computed from: if `note` has it, the note is
    /// used, else written. So the processor predicts the comparison and reads on there while `ip` is still being fetched
    /// and added up.
    #[inline(always)]
    unsafe fn guess(note: *mut Ip, ip: Ip) -> Ip {
        // SAFETY: the driver's context outlives the run.
        unsafe {
            if *note != ip {
                *note = ip;
                return ip;
            }
            // Volatile, or the compiler would see that this is `ip`.
            note.read_volatile()
        }
    }

    /// `ip`, of the label that a branch goes back to: without a guess every round of a loop waits for the one before.
    #[inline(always)]
    unsafe fn again(ctx: *mut Ctx, ip: Ip) -> Ip {
        // SAFETY: the driver's context outlives the run.
        unsafe { guess(&raw mut (*ctx).label, ip) }
    }

    include!(concat!(env!("OUT_DIR"), "/tail.rs"));

    /// See [`super::run_loop`].
    pub(crate) unsafe fn run(ctx: *mut Ctx, mem: *mut u8) -> u32 {
        // SAFETY: as for `run_loop`.
        unsafe {
            if (*ctx).stubs.is_null() {
                (*ctx).stubs = CLEAR.as_ptr().cast();
            }
            next((*ctx).ip, (*ctx).fp, ctx, *(*ctx).top, mem, HANDLERS.as_ptr().cast(), 0.0, 0.0)
        }
    }
}

#[cfg(wrt_tail)]
pub(crate) use tail::run as run_tail;
