//! Functions of the embedder that a guest may call (specification section 4.2.6, *host function*).
//!
//! Owns their shape at the C boundary, the adapter for closures, and what a host function may do
//! while it is called. Knows nothing of how the executor parks and resumes.

use crate::error::{Error, Reason, Status};
use crate::runtime::instance::Instance;
use crate::runtime::layout::{ImportBinding, InstanceHeader};
use crate::runtime::ops;
use crate::runtime::value::Value;
use core::ffi::{CStr, c_void};
use core::marker::PhantomData;

/// A host function as C has it.
///
/// `slots` holds the parameters on entry and takes the results; it has room for the greater number
/// of the two. The result is a [`Status`] number: `Ok` when the results are there, `Pending` to
/// park the task until the embedder completes the call, anything else to end the run: `Exit` as an
/// exit of the guest, the rest as a trap. It may be called again from within a nested run.
pub type HostFn = unsafe extern "C" fn(user: *mut c_void, caller: *mut Caller, slots: *mut Value) -> i32;

/// How a host call went.
pub type HostResult = Result<Completion, HostError>;

/// Whether a host call has its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// The results stand in the slots.
    Done,
    /// The task is parked until the embedder completes the call.
    Pending,
}

/// Why a host call ends the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostError {
    /// [`Status::Exit`] to end the guest with an exit code; every other status is a trap.
    pub status: Status,
    /// The exit code, or what the embedder wants to know of the trap.
    pub detail: u64,
    /// One sentence for a person.
    pub message: &'static CStr,
}

impl HostError {
    /// A trap with a detail and a message of the embedder's own.
    #[must_use]
    pub const fn trap(detail: u64, message: &'static CStr) -> Self {
        HostError { status: Status::Trap, detail, message }
    }
    /// The end of the guest with this exit code.
    #[must_use]
    pub const fn exit(code: u32) -> Self {
        HostError { status: Status::Exit, detail: code as u64, message: Reason::GuestExit.message() }
    }
}

impl From<Error> for HostError {
    /// A trap whose detail is the number of the error's reason.
    fn from(error: Error) -> Self {
        HostError::trap(error.reason as u64, error.message)
    }
}

/// A function with its user data, to be bound to an import.
#[derive(Clone, Copy)]
pub struct HostFunc<'a> {
    call: HostFn,
    user: *mut c_void,
    sig: Option<&'a str>,
    lent: PhantomData<&'a ()>,
}

impl<'a> HostFunc<'a> {
    /// A function as C has it, with its user data.
    ///
    /// # Safety
    /// For `'a`, `call` may be called with `user`, a valid caller and slots as [`HostFn`] describes
    /// for every import that it is bound to, from the thread that runs the instance.
    #[must_use]
    pub unsafe fn from_raw(call: HostFn, user: *mut c_void) -> Self {
        HostFunc { call, user, sig: None, lent: PhantomData }
    }

    /// A closure, lent for as long as the instance may live. Its slots are as [`HostFn`] describes.
    #[must_use]
    pub fn new<F: Fn(&mut Caller, &mut [Value]) -> HostResult>(f: &'a F) -> Self {
        HostFunc {
            call: call_closure::<F>,
            user: core::ptr::from_ref(f).cast_mut().cast(),
            sig: None,
            lent: PhantomData,
        }
    }

    /// The same with the function type that it is written for, to be checked against the import's:
    /// `"(iI)f"` for i32 and i64 to f32. A mismatch is [`Reason::IncompatibleImport`], a string
    /// of another form [`Reason::BadSignature`].
    #[must_use]
    pub fn with_sig(mut self, sig: &'a str) -> Self {
        self.sig = Some(sig);
        self
    }

    /// The declared signature.
    pub(crate) fn sig(&self) -> Option<&'a str> {
        self.sig
    }

    /// The words that stand for the function in an instance.
    pub(crate) fn binding(&self) -> ImportBinding {
        ImportBinding {
            call: (self.call as *const ()).expose_provenance() as u64,
            user: self.user.expose_provenance() as u64,
            func: 0,
            direct: 0,
        }
    }
}

impl core::fmt::Debug for HostFunc<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HostFunc").field("sig", &self.sig).finish()
    }
}

unsafe extern "C" fn call_closure<F: Fn(&mut Caller, &mut [Value]) -> HostResult>(
    user: *mut c_void,
    caller: *mut Caller,
    slots: *mut Value,
) -> i32 {
    // SAFETY: `HostFunc::new` stored a reference to an `F` that lives as long as the binding.
    let f = unsafe { &*user.cast_const().cast::<F>() };
    // SAFETY: `call_host` passes its own caller, for the duration of this call.
    let caller = unsafe { &mut *caller };
    let slots = if caller.slots == 0 {
        &mut []
    } else {
        // SAFETY: `call_host` passes that many slots, which nobody else uses during the call.
        unsafe { core::slice::from_raw_parts_mut(slots, caller.slots as usize) }
    };
    match f(caller, slots) {
        Ok(Completion::Done) => Status::Ok as i32,
        Ok(Completion::Pending) => Status::Pending as i32,
        Err(e) => {
            caller.ended = Some((e.detail, e.message));
            if e.status == Status::Exit { Status::Exit as i32 } else { Status::Trap as i32 }
        }
    }
}

/// Where the fuel of the task that calls is counted.
#[derive(Clone, Copy)]
pub(crate) struct Meter {
    /// The fuel register.
    pub(crate) fuel: *mut i64,
    /// What is used once that is at 0.
    pub(crate) used: *const u64,
    /// What the call itself will be charged when it returns.
    pub(crate) cost: u32,
}

/// The guest's side of one host call; valid until the host function returns.
pub struct Caller {
    instance: *mut InstanceHeader,
    func: u32,
    /// Slots that the function was given.
    slots: u32,
    meter: Meter,
    /// Detail and message, where the function gave its own.
    ended: Option<(u64, &'static CStr)>,
    /// The exception that the function throws, 0 for none.
    thrown: u32,
}

impl Caller {
    /// # Safety
    /// The instance is live; the meter's addresses are those of numbers that nobody changes during the call but this.
    pub(crate) unsafe fn new(instance: *mut InstanceHeader, func: u32, slots: u32, meter: Meter) -> Self {
        Caller { instance, func, slots, meter, ended: None, thrown: 0 }
    }
    /// Fuel that the task has used since it was made or reset, up to this call and with it: the same in every run of the
    /// same program, however its fuel was granted.
    #[must_use]
    pub fn fuel_used(&self) -> u64 {
        // SAFETY: `new` was given numbers that live as long as the call.
        let (used, fuel) = unsafe { (*self.meter.used, *self.meter.fuel) };
        used.wrapping_sub(fuel as u64).wrapping_add(self.meter.cost.into())
    }
    /// Charges the task for what the host does for it, beyond the call's own cost: at once, so that
    /// [`Caller::fuel_used`] shows it. A task that cannot pay stops where it next looks at its fuel, with
    /// [`crate::Outcome::Fuel`]; what was overdrawn is taken from its next budget.
    ///
    /// The guest's fuel is the same in every run only if `fuel` depends on nothing else than what the guest asks for:
    /// sizes that it names, not how much there was.
    pub fn charge(&mut self, fuel: u32) {
        // SAFETY: as for `fuel_used`. Nobody can overdraw a run by more than 2^63 in calls of 2^32.
        unsafe { *self.meter.fuel = (*self.meter.fuel).saturating_sub(fuel.into()) };
    }
    /// The instance whose import is being called. It serves to read and write what the instance
    /// owns; linking a further instance to it is refused, since that might outlive the call.
    #[must_use]
    pub fn instance(&self) -> Instance<'_> {
        // SAFETY: `call_host` made this caller from a live instance, and `self` is bounded by the call.
        unsafe { Instance::borrowed(self.instance) }
    }
    /// Index of the imported function, which is also that of the import among the functions.
    #[must_use]
    pub fn func(&self) -> u32 {
        self.func
    }
    /// Copies from the instance's memory 0.
    ///
    /// # Errors
    /// [`Reason::HostMemoryBounds`]; [`Reason::UnknownIndex`] where there is no memory.
    pub fn read(&self, addr: u64, dst: &mut [u8]) -> Result<(), Error> {
        self.instance().memory_read(0, addr, dst)
    }
    /// Copies to the instance's memory 0.
    ///
    /// # Errors
    /// Those of [`Caller::read`].
    pub fn write(&self, addr: u64, src: &[u8]) -> Result<(), Error> {
        self.instance().memory_write(0, addr, src)
    }
    /// Notes a trap's detail and message; the host function returns the result.
    pub fn trap(&mut self, detail: u64, message: &'static CStr) -> i32 {
        self.ended = Some((detail, message));
        Status::Trap as i32
    }
    /// Throws an exception: notes it, so that the error that the host function returns, whatever its
    /// detail, is that exception, which a handler of the guest may catch. `exception` refers (`exnref`) to
    /// one of the group: made by [`Instance::exception`], or left over by a task, see
    /// [`crate::Task::exception`]; with any other value the error is a trap.
    pub fn throw(&mut self, exception: Value) -> HostError {
        self.thrown = 0;
        if self.instance().exception_tag(exception).is_none() {
            return Error::new(Reason::ReferenceUnknown).into();
        }
        self.thrown = exception.ref_() as u32;
        HostError::trap(0, Reason::UncaughtException.message())
    }
    /// Notes the guest's exit code; the host function returns the result.
    pub fn exit(&mut self, code: u32) -> i32 {
        self.ended = Some((code as u64, Reason::GuestExit.message()));
        Status::Exit as i32
    }
}

impl core::fmt::Debug for Caller {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Caller").field("func", &self.func).finish_non_exhaustive()
    }
}

/// Calls the host function that import `func` of `inst` is bound to.
///
/// # Errors
/// [`Reason::GuestExit`] with the exit code as detail; [`Reason::HostTrap`] with the function's own
/// detail and message, or with the status that it returned as detail; [`Reason::Internal`] where
/// the import is not bound to a host function; [`Reason::UncaughtException`] with the exception as detail,
/// whose handler is still to be found.
///
/// Results are cleaned of the bits above their types; a reference to no function is a trap.
///
/// # Safety
/// `inst` is live; `slots` has room for the greater number of the type's parameters and results,
/// holds the parameters, and is used by nobody else meanwhile. No reference into the instance or
/// its memories is held across the call. The meter is as for [`Caller::new`].
pub(crate) unsafe fn call_host(
    inst: *mut InstanceHeader,
    func: u32,
    slots: *mut Value,
    meter: Meter,
) -> Result<Completion, Error> {
    // SAFETY: the instance is live.
    let (binding, ty) = unsafe { (ops::import_binding(inst, func), ops::module_of(inst).func_type(func)) };
    let (Some(binding), Some(ty)) = (binding, ty) else {
        return Err(Error::new(Reason::Internal).in_func(func));
    };
    if binding.call == 0 {
        return Err(Error::new(Reason::Internal).in_func(func));
    }
    let count = ty.params.len().max(ty.results.len());
    // SAFETY: as the caller vouches.
    let mut caller = unsafe { Caller::new(inst, func, count as u32, meter) };
    // SAFETY: as the caller vouches.
    let status = unsafe { invoke(&raw const binding, &mut caller, slots) };
    if status != Status::Ok as i32 {
        return ended(status, &caller);
    }
    for (k, &result) in ty.results.iter().enumerate() {
        // SAFETY: the slots have room for every result; the instance is live.
        let accepted = unsafe { ops::accept(inst, result, slots.add(k).read()) };
        let Some(value) = accepted else {
            let mut error = Error::new(Reason::HostTrap).in_func(func);
            error.message = Reason::ReferenceUnknown.message();
            return Err(error);
        };
        // SAFETY: as above.
        unsafe { slots.add(k).write(value) };
    }
    Ok(Completion::Done)
}

/// Calls a function of the host; returns its status.
///
/// # Safety
/// The binding is that of a host function; `slots` is as for [`call_host`].
#[inline(always)]
pub(crate) unsafe fn invoke(binding: *const ImportBinding, caller: &mut Caller, slots: *mut Value) -> i32 {
    // SAFETY: `HostFunc::binding` made the address from a `HostFn`; who made it vouches for function and user
    // data, the caller for the slots.
    unsafe {
        let address = core::ptr::with_exposed_provenance::<()>((*binding).call as usize);
        let call = core::mem::transmute::<*const (), HostFn>(address);
        let user = core::ptr::with_exposed_provenance_mut::<c_void>((*binding).user as usize);
        call(user, caller, slots)
    }
}

/// What a host function's status says that is not [`Status::Ok`].
///
/// # Errors
/// Those of [`call_host`].
#[cold]
pub(crate) fn ended(status: i32, caller: &Caller) -> Result<Completion, Error> {
    if status == Status::Pending as i32 {
        return Ok(Completion::Pending);
    }
    if status != Status::Exit as i32 && caller.thrown != 0 {
        return Err(Error::new(Reason::UncaughtException).in_func(caller.func).detail(caller.thrown as u64));
    }
    let reason = if status == Status::Exit as i32 { Reason::GuestExit } else { Reason::HostTrap };
    let mut error = Error::new(reason).in_func(caller.func).detail(status as i64 as u64);
    if let Some((detail, message)) = caller.ended {
        error.detail = detail;
        error.message = message;
    }
    Err(error)
}
