//! Tasks as the embedder holds them: made, started, run, completed, asked.

use super::drive::{self, Backend, Outcome};
use super::hooks::Hooks;
use super::place::{self, Frame};
use super::state::{RECORD_SLOTS, TASK_TOKEN, TaskHeader, home, hooked, phase, resume, slot_at, stop};
use super::{call, cross, roots, selftest};
use crate::arena::{ARENA_ALIGN, Arena};
use crate::budget::{RunBudget, Usage};
use crate::error::{Error, Reason, Status};
use crate::module::layout::FuncEntry;
use crate::runtime::layout::{INSTANCE_START_FAILED, INSTANCE_START_PENDING, INSTANCE_STARTING, InstanceHeader};
use crate::runtime::link::LINKING;
use crate::runtime::{Func, Instance, Value, exception, ops};
use crate::types::{FuncType, ValType, slots};
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU32, Ordering};

/// One call stack: idle, running, stopped, or finished.
///
/// A small handle into the region that [`Task::new`] took. A task belongs to the thread that its
/// instance belongs to; only [`InterruptHandle`] may be used from others.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    t: *mut TaskHeader,
    held: PhantomData<*mut &'a ()>,
}

/// A host call that waits for its completion, or a call that an interceptor has delayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingCall {
    /// Number in the group of the instance whose import was called; of the instance that is called
    /// where an interceptor has delayed a call of a guest's function.
    pub instance: u32,
    /// Index of the function in that instance, or [`PendingCall::WAIT`].
    pub import: u32,
    /// Whether an interceptor has delayed it, so that it has not been made yet.
    pub delayed: bool,
}

impl PendingCall {
    /// No call: the guest waits at a shared memory. Complete it with one `i32`: 0 when it was woken,
    /// 2 when its time is over (see [`crate::Waited`]).
    pub const WAIT: u32 = u32::MAX;
}

/// Asks a task to stop, from any thread or interrupt handler.
#[derive(Clone, Copy, Debug)]
pub struct InterruptHandle<'a> {
    flag: &'a AtomicU32,
}

impl InterruptHandle<'_> {
    /// Asks. The task stops after 65,536 operators and those of one function body at most, with
    /// [`Outcome::Interrupted`]; a task that is not running stops at the start of its next run.
    pub fn interrupt(&self) {
        self.flag.store(1, Ordering::Relaxed);
    }
}

/// Prepares the call of function `func` of `inst`, whose arguments lie from slot `fp` on.
///
/// # Safety
/// `t` is a live task, not in its operations, of a live group.
pub(super) unsafe fn enter(t: *mut TaskHeader, inst: *mut InstanceHeader, func: u32, fp: u32) -> Result<(), Error> {
    // SAFETY: the slots written lie below the frame end, which is checked.
    unsafe {
        let (mut inst, mut func) = (inst, func);
        let mut host = false;
        if let Some(binding) = ops::import_binding(inst, func) {
            host = binding.call != 0 || !LINKING;
            if !host {
                inst = core::ptr::with_exposed_provenance_mut(binding.user as usize);
                // Links lead to the instance that defines the function.
                func = binding.func;
            }
        }
        let module = ops::module_of(inst);
        let entry = module.entries::<FuncEntry>(module.header().funcs).get(func as usize);
        let entry = entry.ok_or(Reason::UnknownIndex)?;
        let (mut frame, mut header, mut locals) = (0, 0, 0);
        if !host {
            let code: *const u64 = module.base().add(module.header().code.off as usize).cast();
            let meta = code.add(entry.code as usize).sub(1).read();
            (frame, header, locals) = (meta as u16 as u32, (meta >> 16) as u16 as u32, (meta >> 32) as u16 as u32);
        }
        if fp + frame > (*t).slots {
            let need = super::state::TASK_HEADER_BYTES + (fp - RECORD_SLOTS + frame) as u64 * 8;
            return Err(Error::new(Reason::StackExhausted).in_func(func).need(need));
        }
        cross::write_root_record(t, fp);
        if host {
            (*t).resume = resume::HOST;
            (*t).call_import = func;
        } else {
            (*t).resume = if (*t).is_hooked() { resume::ROOT } else { resume::CODE };
            slot_at(t, fp + header).write(0);
            slot_at(t, fp + header + 1).write_bytes(0, locals as usize);
        }
        (*t).high_water = (*t).high_water.max(fp + frame);
        (*t).current = (*inst).id;
        // Code word 0, where a host function leads back to, leaves the operations.
        (*t).ip = entry.code;
        (*t).fp = fp;
        (*t).stop = stop::ENTRY;
        Ok(())
    }
}

impl<'a> Task<'a> {
    /// Makes a task for `instance`, and for the others of its group. Takes all that is left of the
    /// arena: the more, the deeper calls may nest.
    ///
    /// # Errors
    /// [`Reason::ArenaTooSmall`] when there is no room for the header.
    pub fn new(stack: &mut Arena<'a>, instance: Instance<'a>) -> Result<Task<'a>, Error> {
        let bytes = stack.remaining() as u64 & !(ARENA_ALIGN as u64 - 1);
        if bytes < super::state::TASK_HEADER_BYTES {
            return Err(Error::new(Reason::ArenaTooSmall).need(super::state::TASK_HEADER_BYTES));
        }
        let t = stack.take(bytes)?.cast::<TaskHeader>();
        let slots = ((bytes - size_of::<TaskHeader>() as u64) / 8).min(u32::MAX as u64) as u32;
        // SAFETY: the region was just taken and is large enough; zeros are a valid header.
        unsafe {
            t.write_bytes(0, 1);
            (*t).instance = instance.header.expose_provenance() as u64;
            (*t).token = TASK_TOKEN;
            (*t).slots = slots;
            (*t).high_water = RECORD_SLOTS;
            (*t).set_hooked(0);
        }
        let task = Task::of_header(t);
        task.set_backend(Backend::Auto);
        Ok(task)
    }

    /// Chooses the back end for later runs; one that is not built in means [`Backend::Auto`].
    pub fn set_backend(self, backend: Backend) {
        self.set_backend_tested_by(backend, selftest::passed);
    }

    /// [`Task::set_backend`] with another self test, so that tests see what follows when it fails.
    #[doc(hidden)]
    pub fn set_backend_tested_by(self, backend: Backend, passed: fn() -> bool) {
        let tail = cfg!(wrt_tail) && (backend == Backend::Tail || (backend == Backend::Auto && passed()));
        // SAFETY: the task lives.
        unsafe { (*self.t).backend = if tail { Backend::Tail as u32 } else { Backend::Loop as u32 } }
    }

    /// The back end in use.
    #[must_use]
    pub fn backend(self) -> Backend {
        // SAFETY: the task lives.
        if unsafe { (*self.t).backend } == Backend::Tail as u32 { Backend::Tail } else { Backend::Loop }
    }

    fn phase(self) -> u32 {
        // SAFETY: the task lives.
        unsafe { (*self.t).phase }
    }

    /// Prepares a call of `f` with `args`. Where the start function of its instance has not run
    /// yet, it runs first, with the same fuel.
    ///
    /// # Errors
    /// [`Reason::AlreadyRunning`] when something was started and has neither finished nor failed;
    /// [`Reason::UnknownIndex`], [`Reason::ArgumentCount`], [`Reason::ReferenceUnknown`];
    /// [`Reason::StackExhausted`] when the region is too small for the first frame.
    pub fn start(self, f: Func, args: &[Value]) -> Result<(), Error> {
        self.begin(f, Some(args))
    }

    /// Prepares a run of the start function alone, if it has not run yet; the run is
    /// [`Outcome::Done`] at once where there is none.
    ///
    /// # Errors
    /// Those of [`Task::start`].
    pub fn start_instance(self) -> Result<(), Error> {
        // SAFETY: the task lives, and its instance with it.
        let id = unsafe { (*home(self.t)).id };
        self.begin(Func { instance: id, index: u32::MAX }, None)
    }

    fn begin(self, f: Func, args: Option<&[Value]>) -> Result<(), Error> {
        if matches!(self.phase(), phase::READY | phase::PENDING | phase::RUNNING) {
            return Err(Error::new(Reason::AlreadyRunning));
        }
        let t = self.t;
        // SAFETY: the task is not running; slots are checked against their number.
        unsafe {
            let named = ops::instance_by_id(home(t), f.instance);
            if named.is_null() {
                return Err(Error::new(Reason::UnknownIndex));
            }
            if (*named).flags & (INSTANCE_STARTING | INSTANCE_START_FAILED) != 0 {
                return Err(Error::new(Reason::NotStarted));
            }
            (*t).func_instance = f.instance;
            (*t).func = f.index;
            (*t).results = 0;
            (*t).set_hooked((*t).hooked & hooked::SET);
            (*t).exception = 0;
            (*t).resume = resume::CODE;
            let mut fp = RECORD_SLOTS;
            if let Some(args) = args {
                fp = self.arguments(named, f, args)?;
            }
            (*t).fuel = 0;
            (*t).cost = 0;
            (*t).depth = 1;
            (*t).depth_peak = (*t).depth_peak.max(1);
            (*t).starting = 0;
            if (*named).flags & INSTANCE_START_PENDING != 0 {
                // Its frame stands above the arguments of what follows.
                enter(t, named, ops::module_of(named).header().start, fp + RECORD_SLOTS)?;
                if (*t).resume == resume::ROOT {
                    // Nobody asked for it by name.
                    (*t).resume = resume::CODE;
                }
                (*t).starting = 1 + (*named).id;
                (*named).flags ^= INSTANCE_START_PENDING | INSTANCE_STARTING;
            } else if args.is_some() {
                enter(t, named, f.index, RECORD_SLOTS)?;
            } else {
                (*t).resume = resume::NOTHING;
            }
            (*t).phase = phase::READY;
            roots::enlist(t);
        }
        Ok(())
    }

    /// Checks the arguments of `f` and writes them to the first slots; returns the slot behind.
    ///
    /// # Safety
    /// The task is not running; `named` is live.
    unsafe fn arguments(self, named: *mut InstanceHeader, f: Func, args: &[Value]) -> Result<u32, Error> {
        let t = self.t;
        // SAFETY: as the caller vouches; slots are checked against their number.
        unsafe {
            let Some(ty) = ops::module_of(named).func_type(f.index) else {
                return Err(Error::new(Reason::UnknownIndex));
            };
            if ty.params.len() != args.len() {
                return Err(Error::new(Reason::ArgumentCount).in_func(f.index).need(ty.params.len() as u64));
            }
            (*t).results = ty.results.len() as u32;
            let end = RECORD_SLOTS + slots(ty.params).max(slots(ty.results)) as u32;
            if end > (*t).slots {
                let need = super::state::TASK_HEADER_BYTES + (end - RECORD_SLOTS) as u64 * 8;
                return Err(Error::new(Reason::StackExhausted).in_func(f.index).need(need));
            }
            let mut at = RECORD_SLOTS;
            for (&arg, &ty) in args.iter().zip(ty.params) {
                let Some(value) = ops::accept(named, ty, arg) else {
                    return Err(Error::new(Reason::ReferenceUnknown).in_func(f.index));
                };
                at += ops::store(ty, value, slot_at(t, at)) as u32;
            }
            // A start function that runs first must not stand where the results go either.
            Ok(end)
        }
    }

    /// Runs until the task finishes, fails, waits, or has spent the budget. Blocks for that long;
    /// may be called below a host call of another task, not of the same one.
    ///
    /// A run may overdraw by the operators of one function body, and where there is a heap by one
    /// collection and the clearing of one array; that is taken from the next budget. Fuel that is left when it ends is not kept.
    ///
    /// # Errors
    /// Traps ([`Status::Trap`]) and exits of the guest ([`Status::Exit`]) with the function and the
    /// offset; [`Reason::NotRunnable`], [`Reason::AlreadyRunning`].
    pub fn run(self, budget: &RunBudget) -> Result<Outcome, Error> {
        match self.phase() {
            phase::READY => {}
            phase::RUNNING => return Err(Error::new(Reason::AlreadyRunning)),
            phase::PENDING => return Ok(Outcome::Pending),
            _ => return Err(Error::new(Reason::NotRunnable)),
        }
        // SAFETY: the task lives, with its group, and is ready.
        unsafe {
            if (*self.t).resume == resume::NOTHING {
                (*self.t).phase = phase::DONE;
                roots::delist(self.t);
                return Ok(Outcome::Done);
            }
            drive::run(self.t, budget)
        }
    }

    /// Whether the next run has something to go on with.
    #[must_use]
    pub fn is_ready(self) -> bool {
        self.phase() == phase::READY
    }

    /// The host call that waits, if one does.
    #[must_use]
    pub fn pending(self) -> Option<PendingCall> {
        if self.phase() != phase::PENDING {
            return None;
        }
        // SAFETY: the task lives.
        unsafe {
            Some(PendingCall {
                instance: (*self.t).call_instance,
                import: (*self.t).call_import,
                delayed: hooked::parked((*self.t).hooked) != 0,
            })
        }
    }

    /// Completes the host call that waits: with its results for `status` 0 ([`Status::Ok`]), else
    /// as the host function would have ended it: [`Status::Exit`] with the exit code as the first
    /// of `results`, everything else as a trap. The next run goes on from there. A call that an
    /// interceptor has delayed is answered so instead of being made; see also [`Task::proceed`].
    ///
    /// # Errors
    /// [`Reason::NotPending`], [`Reason::ArgumentCount`], [`Reason::ReferenceUnknown`]; the call
    /// still waits then.
    pub fn complete(self, status: i32, results: &[Value]) -> Result<(), Error> {
        if self.phase() != phase::PENDING {
            return Err(Error::new(Reason::NotPending));
        }
        let t = self.t;
        // SAFETY: the task lives and waits; the slots of the call's results are its own.
        unsafe {
            let inst = ops::instance_by_id(home(t), (*t).call_instance);
            if status != Status::Ok as i32 {
                (*t).resume = if status == Status::Exit as i32 { resume::EXIT } else { resume::TRAP };
                let code = results.first().map_or(0, |v| v.i32() as u32);
                (*t).detail = if status == Status::Exit as i32 { code as u64 } else { status as i64 as u64 };
                (*t).set_hooked((*t).hooked & hooked::SET);
                (*t).phase = phase::READY;
                return Ok(());
            }
            let waits = FuncType { params: &[], results: &[ValType::I32] };
            let ty = match (*t).call_import {
                PendingCall::WAIT => waits,
                import => ops::func_type(inst, import)?,
            };
            if ty.results.len() != results.len() {
                return Err(Error::new(Reason::ArgumentCount).need(ty.results.len() as u64));
            }
            if results.iter().zip(ty.results).any(|(&v, &ty)| ops::accept(inst, ty, v).is_none()) {
                return Err(Error::new(Reason::ReferenceUnknown));
            }
            let mut at = (*t).call_base;
            for (&v, &ty) in results.iter().zip(ty.results) {
                at += ops::store(ty, ops::clean(ty, v), slot_at(t, at)) as u32;
            }
            if hooked::parked((*t).hooked) != 0 {
                (*t).set_hooked((*t).hooked & hooked::SET);
                // What the embedder started is done with its results.
                (*t).resume = if (*t).resume == resume::ROOT { resume::NOTHING } else { resume::ANSWER };
            } else if (*t).is_hooked() && (*t).hooked & hooked::AFTER != 0 && (*t).call_import != PendingCall::WAIT {
                (*t).resume = resume::AFTER;
            } else {
                (*t).resume = if (*t).call_tail == 0 { resume::CODE } else { resume::TAIL };
            }
            (*t).phase = phase::READY;
        }
        Ok(())
    }

    /// Lets the call be made that an interceptor has delayed: the next run makes it, without asking
    /// again unless another function has taken the callee's place in a table meanwhile.
    ///
    /// # Errors
    /// [`Reason::NotPending`].
    pub fn proceed(self) -> Result<(), Error> {
        if !self.pending().is_some_and(|call| call.delayed) {
            return Err(Error::new(Reason::NotPending));
        }
        // SAFETY: the task lives and waits.
        unsafe {
            (*self.t).set_hooked((*self.t).hooked & hooked::SET | hooked::PROCEED);
            (*self.t).phase = phase::READY;
        }
        Ok(())
    }

    /// Completes the host call that waits by an exception, as if the host function had thrown it.
    ///
    /// # Errors
    /// [`Reason::NotPending`]; [`Reason::ReferenceUnknown`] where `exception` refers to none. The call
    /// still waits then.
    pub fn complete_with_exception(self, exception: Value) -> Result<(), Error> {
        if self.phase() != phase::PENDING {
            return Err(Error::new(Reason::NotPending));
        }
        if self.instance().exception_tag(exception).is_none() {
            return Err(Error::new(Reason::ReferenceUnknown));
        }
        // SAFETY: the task lives and waits.
        unsafe {
            (*self.t).exception = exception.ref_() as u32;
            (*self.t).resume = resume::THROW;
            (*self.t).phase = phase::READY;
        }
        Ok(())
    }

    /// Sets the interceptor of the task, or none (feature `interceptors`): it is asked about every call of the task that
    /// crosses a boundary from then on, and after those that it was asked about before. Nothing else
    /// changes; one that is not set costs a guest nothing. With one set, a call into
    /// another instance takes two slots more of the task's region, and a question room for the
    /// values, sixteen bytes each.
    #[cfg(feature = "interceptors")]
    pub fn set_hooks(self, hooks: Option<Hooks<'a>>) {
        let address =
            |half: Option<super::hooks::HookFn>| half.map_or(0, |f| (f as *const ()).expose_provenance() as u64);
        // SAFETY: the task lives.
        unsafe {
            let (before, after, user) =
                hooks.map_or((0, 0, 0), |h| (address(h.before), address(h.after), h.user.expose_provenance() as u64));
            (*self.t).hook_before = before;
            (*self.t).hook_after = after;
            (*self.t).hook_user = user;
            let set = if before == 0 { 0 } else { hooked::BEFORE } | if after == 0 { 0 } else { hooked::AFTER };
            (*self.t).set_hooked(hooked::parked((*self.t).hooked) | set);
        }
    }

    /// The exception that nothing caught, where the last run ended with [`Reason::UncaughtException`]: a
    /// reference (`exnref`) for [`Instance::exception_tag`] and [`Instance::exception_values`]. It is there
    /// until another run of the group ends so.
    #[must_use]
    pub fn exception(self) -> Option<Value> {
        // SAFETY: the task lives, with its group.
        let (object, last) = unsafe { ((*self.t).exception, exception::left_over(home(self.t))) };
        let there = self.phase() == phase::FAILED && object != 0 && object == last;
        there.then(|| Value::from_ref(object as u64))
    }

    /// Reads the results; returns how many there are. Writes as many as fit `out`.
    ///
    /// # Errors
    /// [`Reason::NotFinished`].
    pub fn results(self, out: &mut [Value]) -> Result<usize, Error> {
        if self.phase() != phase::DONE {
            return Err(Error::new(Reason::NotFinished));
        }
        // SAFETY: a finished task has its results in its first slots.
        unsafe {
            let count = (*self.t).results;
            if count == 0 {
                return Ok(0);
            }
            let inst = ops::instance_by_id(home(self.t), (*self.t).func_instance);
            let types = ops::module_of(inst).func_type((*self.t).func).map_or(&[][..], |ty| ty.results);
            let mut at = RECORD_SLOTS;
            for (&ty, v) in types.iter().zip(out) {
                let (value, taken) = ops::load(ty, slot_at(self.t, at));
                *v = value;
                at += taken as u32;
            }
            Ok(count as usize)
        }
    }

    /// Starts, runs and reads the results in one: `results` must have room for all of them.
    ///
    /// # Errors
    /// Those of [`Task::start`], [`Task::run`]; [`Reason::ArgumentCount`] for too little room.
    pub fn call(self, f: Func, args: &[Value], results: &mut [Value], budget: &RunBudget) -> Result<Outcome, Error> {
        // SAFETY: the task lives, with its group.
        unsafe { call::call(self, self.t, f, args, results, budget) }
    }

    /// The same for any call.
    #[cold]
    #[inline(never)]
    pub(super) fn call_in_steps(
        self,
        f: Func,
        args: &[Value],
        results: &mut [Value],
        budget: &RunBudget,
    ) -> Result<Outcome, Error> {
        self.start(f, args)?;
        // SAFETY: the task lives.
        let count = unsafe { (*self.t).results };
        if results.len() < count as usize {
            self.abandon();
            return Err(Error::new(Reason::ArgumentCount).need(count as u64));
        }
        let outcome = self.run(budget)?;
        if outcome == Outcome::Done {
            self.results(results)?;
        }
        Ok(outcome)
    }

    /// What the task has used since it was made or reset.
    #[must_use]
    pub fn usage(self) -> Usage {
        // SAFETY: the task and its instance live.
        unsafe {
            Usage {
                call_depth_peak: (*self.t).depth_peak,
                fuel_used: (*self.t).used,
                stack_peak: size_of::<TaskHeader>() as u64 + (*self.t).high_water as u64 * 8,
                memory_bytes: ops::memory_bytes(home(self.t)),
            }
        }
    }

    /// Asks the task to stop; see [`InterruptHandle::interrupt`].
    pub fn interrupt(self) {
        self.interrupt_handle().interrupt();
    }

    /// What other threads may use to interrupt the task, as long as it lives.
    #[must_use]
    pub fn interrupt_handle(self) -> InterruptHandle<'a> {
        // SAFETY: the flag lives as long as the task; everyone accesses it atomically.
        InterruptHandle { flag: unsafe { &(*self.t).interrupt } }
    }

    fn abandon(self) {
        // SAFETY: the task lives, with its group, and is not running.
        unsafe {
            if matches!(self.phase(), phase::READY | phase::PENDING) && (*self.t).starting != 0 {
                // Another task may begin it anew.
                let inst = ops::instance_by_id(home(self.t), (*self.t).starting - 1);
                (*inst).flags ^= INSTANCE_START_PENDING | INSTANCE_STARTING;
            }
            (*self.t).phase = phase::IDLE;
            (*self.t).set_hooked((*self.t).hooked & hooked::SET);
            roots::delist(self.t);
        }
    }

    /// Forgets whatever was started, and the usage. Does nothing while the task runs.
    pub fn reset(self) {
        if self.phase() == phase::RUNNING {
            return;
        }
        self.abandon();
        // SAFETY: the task lives and is not running.
        unsafe {
            (*self.t).used = 0;
            (*self.t).depth_peak = 0;
            (*self.t).high_water = RECORD_SLOTS;
            (*self.t).interrupt.store(0, Ordering::Relaxed);
        }
    }

    /// Writes the frames of a task that is stopped or failed, innermost first; returns how many
    /// there are.
    pub fn backtrace(self, out: &mut [Frame]) -> usize {
        // SAFETY: the task lives, with its group.
        unsafe { place::backtrace(self.t, out) }
    }

    /// The instance that the task was made for; nothing can be linked to this handle.
    #[must_use]
    pub fn instance(self) -> Instance<'a> {
        // SAFETY: the instance lives as long as the task.
        unsafe { Instance::borrowed(home(self.t)) }
    }

    /// The address that stands for the task at a C boundary.
    #[must_use]
    pub fn as_raw(self) -> *mut u8 {
        self.t.cast()
    }

    /// The task that [`Task::as_raw`] named.
    ///
    /// # Errors
    /// [`Reason::NullPointer`]; [`Reason::BadHandle`] for a misaligned address or one where no
    /// task's token stands.
    ///
    /// # Safety
    /// The address is null, or 192 bytes can be read there; if it came from [`Task::as_raw`], the
    /// task still lives, with its group, for `'a`.
    pub unsafe fn from_raw(raw: *mut u8) -> Result<Task<'a>, Error> {
        if raw.is_null() {
            return Err(Error::new(Reason::NullPointer));
        }
        let t = raw.cast::<TaskHeader>();
        // SAFETY: the caller vouches for readable bytes; the address is aligned (checked first).
        if !raw.addr().is_multiple_of(ARENA_ALIGN) || unsafe { (&raw const (*t).token).read() } != TASK_TOKEN {
            return Err(Error::new(Reason::BadHandle));
        }
        Ok(Task::of_header(t))
    }

    /// Where the live task's state lies.
    pub(super) fn header(self) -> *mut TaskHeader {
        self.t
    }

    /// The handle of a live task.
    pub(super) fn of_header(t: *mut TaskHeader) -> Self {
        Task { t, held: PhantomData }
    }
}

impl core::fmt::Debug for Task<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Task").field("phase", &self.phase()).field("usage", &self.usage()).finish()
    }
}
