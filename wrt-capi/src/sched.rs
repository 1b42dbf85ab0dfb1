//! The scheduler at the C boundary.
//!
//! Owns the translation of its structs; who runs when is the core's.

use crate::abi::{wrt_arena, wrt_error, wrt_run_budget, wrt_task};
use crate::boundary::{Out, array_mut, keep, lend, put, read, report, status, wanted};
use crate::status::wrt_status;
use crate::task::{run_budget, status_of, task};
use core::ffi::c_void;
use wrt_core::{
    Clock, Decision, Error, Outcomes, Policy, Ran, Reason, Scheduler, SchedulerConfig, Status, Step, TaskId, Terms,
};

/// wrt_sched_config.policy: the greatest priority, equals in turn.
pub const WRT_SCHED_PRIORITY: u32 = 0;
/// wrt_sched_config.policy: the earliest deadline, equals in turn.
pub const WRT_SCHED_DEADLINE: u32 = 1;
/// wrt_sched_config.flags: deadlines are in fuel that all tasks spend, not in ticks.
pub const WRT_SCHED_FUEL_CLOCK: u32 = 1;

/// Runs several tasks, one slice of fuel at a time. It and its tasks belong to one thread.
pub struct wrt_sched {
    _opaque: (),
}

/// The embedder's clock, in ticks of any length; it must not go back.
pub type wrt_clock_fn = Option<unsafe extern "C" fn(user: *mut c_void) -> u64>;

/// What a scheduler is made with.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_sched_config {
    /// sizeof(wrt_sched_config)
    pub struct_size: u32,
    /// WRT_SCHED_FUEL_CLOCK or 0.
    pub flags: u32,
    /// Tasks that it can hold, at most 65535.
    pub max_tasks: u32,
    /// Decisions that it remembers; the oldest are lost first.
    pub trace: u32,
    /// WRT_SCHED_PRIORITY or WRT_SCHED_DEADLINE.
    pub policy: u32,
    /// Decisions of waiting that count as one level of priority; 0 for none.
    pub ageing: u32,
    /// Budget of one slice.
    pub slice: *const wrt_run_budget,
}

/// How a task is to be treated.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_sched_terms {
    /// sizeof(wrt_sched_terms)
    pub struct_size: u32,
    /// The greater, the sooner; at most 255.
    pub priority: u32,
    /// When it should have ended, by the scheduler's clock; UINT64_MAX for no deadline.
    pub deadline: u64,
    /// Fuel of its slices; 0 for the scheduler's.
    pub slice: u64,
}

/// What a step came to.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_sched_ran {
    /// sizeof(wrt_sched_ran)
    pub struct_size: u32,
    /// Number of the task that had its slice; UINT32_MAX if none was ready.
    pub id: u32,
    /// How the slice ended, as wrt_task_run returns it.
    pub status: wrt_status,
    /// WRT_TRAP_* where it trapped.
    pub reason: u32,
    /// Fuel that it used.
    pub fuel: u64,
    /// Exit code, or the host's own number.
    pub detail: u64,
    /// Tasks that wait for a host call, if none was ready.
    pub pending: u32,
    /// Written as 0.
    pub reserved: u32,
}

/// What a task has had of its scheduler.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_sched_report {
    /// sizeof(wrt_sched_report)
    pub struct_size: u32,
    /// How its last slice ended: 0 done, 1 pending, 2 fuel, 3 interrupted, 4 failed, 5 not run yet.
    pub last: u32,
    /// WRT_TRAP_* or WRT_REASON_* where it failed, 0 otherwise.
    pub reason: u32,
    /// Deadlines missed.
    pub missed: u32,
    /// Fuel that its slices used.
    pub fuel: u64,
    /// Slices that it ran.
    pub slices: u64,
    /// Most decisions in a row at which it was ready and another was chosen.
    pub longest_wait: u64,
    /// Most that there can be while it stays ready and no task of greater priority is added; UINT64_MAX if
    /// there is no bound.
    pub wait_bound: u64,
}

/// One choice of a scheduler, and what came of it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_sched_decision {
    /// Place of the task: the lower half of its number.
    pub place: u16,
    /// How its slice ended, as in wrt_sched_report.last.
    pub outcome: u8,
    /// 0
    pub reserved: u8,
    /// Fuel that the slice used, at most UINT32_MAX.
    pub fuel: u32,
}

const _: () = assert!(size_of::<wrt_sched_decision>() == size_of::<Decision>());
const _: () = assert!(align_of::<wrt_sched_decision>() == align_of::<Decision>());
const _: () = assert!(Outcomes::Never as u32 == 5);

/// The scheduler behind a handle.
unsafe fn sched<'a>(s: *const wrt_sched) -> Result<Scheduler<'a>, Error> {
    // SAFETY: null, or readable where a handle points: the contract of this crate.
    unsafe { Scheduler::from_raw(s.cast_mut().cast()) }
}

unsafe fn config(c: *const wrt_sched_config) -> Result<SchedulerConfig, Error> {
    // SAFETY: the contract of this crate, here and below.
    let c = unsafe { read(c) }?;
    if c.flags & !WRT_SCHED_FUEL_CLOCK != 0 {
        return Err(Error::new(Reason::UnknownFlags).detail(u64::from(c.flags)));
    }
    let policy = match c.policy {
        WRT_SCHED_PRIORITY => Policy::Priority { ageing: c.ageing },
        WRT_SCHED_DEADLINE => Policy::EarliestDeadline,
        other => return Err(Error::new(Reason::UnknownFlags).detail(u64::from(other))),
    };
    Ok(SchedulerConfig {
        max_tasks: c.max_tasks,
        trace: c.trace,
        policy,
        clock: if c.flags == 0 { Clock::Ticks } else { Clock::Fuel },
        // SAFETY: as above.
        slice: unsafe { run_budget(c.slice) }?,
    })
}

unsafe fn terms(t: *const wrt_sched_terms) -> Result<Terms, Error> {
    // SAFETY: the contract of this crate.
    let t = unsafe { read(t) }?;
    let most = Error::new(Reason::ImpossibleSize).need(u64::from(u8::MAX));
    Ok(Terms { priority: u8::try_from(t.priority).map_err(|_| most)?, deadline: t.deadline, slice: t.slice })
}

/// Bytes that a scheduler of this configuration takes from its arena; 0 for one that is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_sched_size(c: *const wrt_sched_config) -> u64 {
    // SAFETY: the contract of this crate.
    unsafe { config(c) }.ok().filter(|c| c.max_tasks <= u32::from(u16::MAX)).map_or(0, |c| Scheduler::bytes(&c))
}

/// Makes a scheduler without tasks.
/// Errors: WRT_E_ARENA; WRT_E_ARG for too many tasks; WRT_E_VERSION for an unknown flag or policy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_sched_new(
    a: *mut wrt_arena,
    c: *const wrt_sched_config,
    out: *mut *mut wrt_sched,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, core::ptr::null_mut());
        report(err, || {
            wanted(out)?;
            let config = config(c)?;
            let mut arena = lend(a)?;
            let made = Scheduler::new(&mut arena, &config)?;
            keep(a, &arena);
            put(out, made.as_raw().cast());
            Ok(Status::Ok)
        })
    }
}

/// Takes a task in, which must remain until it is removed. What was started on it runs from the next steps on; it
/// may be started, and completed, at any later time as well. id receives its number.
/// Errors: WRT_E_ARENA if the scheduler is full, with the bytes that would do as need; WRT_E_STATE if it has the
/// task already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_sched_add(
    s: *mut wrt_sched,
    t: *mut wrt_task,
    how: *const wrt_sched_terms,
    id: *mut u32,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(id, u32::MAX);
        report(err, || {
            wanted(id)?;
            put(id, sched(s)?.add(task(t)?, &terms(how)?)?.0);
            Ok(Status::Ok)
        })
    }
}

/// Sets how a task is to be treated from now on.
/// Errors: WRT_E_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_sched_set_terms(s: *mut wrt_sched, id: u32, how: *const wrt_sched_terms) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status((|| sched(s)?.set_terms(TaskId(id), &terms(how)?))()) }
}

/// Lets a task go; it stands where its last slice ended.
/// Errors: WRT_E_NOT_FOUND; WRT_E_STATE for the task whose slice is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_sched_remove(s: *mut wrt_sched, id: u32) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(sched(s).and_then(|s| s.remove(TaskId(id)).map(|_| ()))) }
}

/// Asks the embedder's clock; without one it stands still.
unsafe fn ticks(now: wrt_clock_fn, user: *mut c_void) -> impl Fn() -> u64 {
    // SAFETY: the embedder's function with its own user data.
    move || now.map_or(0, |now| unsafe { now(user) })
}

fn ran(step: Step) -> wrt_sched_ran {
    let none = <wrt_sched_ran as crate::sizes::Versioned>::EMPTY;
    match step {
        Step::Idle { pending } => wrt_sched_ran { pending, ..none },
        Step::Ran { id, outcome: Ok(outcome), fuel } => {
            wrt_sched_ran { id: id.0, status: status_of(outcome) as wrt_status, fuel, ..none }
        }
        Step::Ran { id, outcome: Err(e), fuel } => wrt_sched_ran {
            id: id.0,
            status: e.status() as wrt_status,
            reason: u32::from(e.reason as u16),
            fuel,
            detail: e.detail,
            ..none
        },
    }
}

/// Runs one slice of the task that is next. now is asked before and behind it with user, unless fuel is the
/// clock; NULL for none. WRT_OK, whatever became of the task: out tells, if it is not NULL.
/// Errors: WRT_E_STATE while a step is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_sched_step(
    s: *mut wrt_sched,
    now: wrt_clock_fn,
    user: *mut c_void,
    out: *mut wrt_sched_ran,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { stepped(out, err, || sched(s)?.step(&ticks(now, user))) }
}

/// The same for the task that a written decision names, whatever the policy would choose.
/// Errors: those of wrt_sched_step; WRT_E_STATE with WRT_REASON_REPLAY_DIVERGED where that task is not ready or
/// its slice ended differently, with the number of the decision as detail.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_sched_replay(
    s: *mut wrt_sched,
    decision: wrt_sched_decision,
    now: wrt_clock_fn,
    user: *mut c_void,
    out: *mut wrt_sched_ran,
    err: *mut wrt_error,
) -> wrt_status {
    let d = decision;
    let told = Decision { place: d.place, outcome: d.outcome, reserved: d.reserved, fuel: d.fuel };
    // SAFETY: the contract of this crate, here and below.
    unsafe { stepped(out, err, || sched(s)?.replay(&told, &ticks(now, user))) }
}

unsafe fn stepped(
    out: *mut wrt_sched_ran,
    err: *mut wrt_error,
    step: impl FnOnce() -> Result<Step, Error>,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = if out.is_null() { None } else { Some(Out::new(out)) };
        report(err, || {
            let place = place.transpose()?;
            let told = ran(step()?);
            if let Some(place) = place {
                place.put(&told);
            }
            Ok(Status::Ok)
        })
    }
}

/// Steps until no task is ready, or so many steps were made, or so much fuel was spent: the last slice may spend
/// more. Returns WRT_OK when every task has ended, WRT_PENDING when those that are left wait for host calls,
/// WRT_FUEL when steps or fuel are spent.
/// Errors: WRT_E_STATE while a step is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_sched_run(
    s: *mut wrt_sched,
    steps: u64,
    fuel: u64,
    now: wrt_clock_fn,
    user: *mut c_void,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        report(err, || {
            Ok(match sched(s)?.run(steps, fuel, &ticks(now, user))? {
                Ran::Idle { pending: 0 } => Status::Ok,
                Ran::Idle { .. } => Status::Pending,
                Ran::Spent => Status::Fuel,
            })
        })
    }
}

/// What a task has had so far; out->struct_size is set by the caller.
/// Errors: WRT_E_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_sched_tell(s: *const wrt_sched, id: u32, out: *mut wrt_sched_report) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = Out::new(out);
        status((|| {
            let s = sched(s)?;
            let r = s.report(TaskId(id))?;
            place?.put(&wrt_sched_report {
                struct_size: 0,
                last: r.last as u32,
                reason: r.reason,
                missed: r.missed,
                fuel: r.fuel,
                slices: r.slices,
                longest_wait: r.longest_wait,
                wait_bound: s.wait_bound(TaskId(id))?.unwrap_or(u64::MAX),
            });
            Ok(())
        })())
    }
}

/// Takes the oldest decisions out, as many as cap allows; returns how many. lost, if not NULL, receives how many
/// were overwritten so far. 0 for a handle that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_sched_trace(
    s: *mut wrt_sched,
    out: *mut wrt_sched_decision,
    cap: usize,
    lost: *mut u64,
) -> usize {
    // SAFETY: the contract of this crate, here and below; the two types are laid out alike.
    unsafe {
        put(lost, 0);
        let (Ok(s), Ok(out)) = (sched(s), array_mut(out.cast::<Decision>(), cap)) else { return 0 };
        put(lost, s.lost());
        s.take_trace(out)
    }
}
