//! Interceptors as the embedder writes them: what they are asked, and what they may answer.
//!
//! Owns their shape in Rust and at the C boundary, and what a crossing tells. When they are asked,
//! and what becomes of the answer, is in `intercept`.

use crate::error::{Error, Reason, Status};
use crate::module::Import;
use crate::runtime::layout::InstanceHeader;
use crate::runtime::{HostError, Instance, Value, ops};
use crate::types::{ExternType, FuncType};
use core::ffi::{CStr, c_void};
use core::marker::PhantomData;

/// What an interceptor wants done with a call that is about to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Verdict {
    /// Make the call, with the arguments as they stand in the slots.
    Proceed = 0,
    /// Do not make it: its results stand in the slots. `after` is not asked about it.
    Replace = 1,
    /// Not now: the task is parked as [`crate::exec::Outcome::Pending`], until
    /// [`crate::exec::Task::proceed`] lets the call be made or [`crate::exec::Task::complete`]
    /// answers in its place.
    Delay = 2,
}

/// Which boundary a call crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum CrossingKind {
    /// The embedder calls a function of an instance.
    Root = 0,
    /// An instance calls a function of another instance.
    Instance = 1,
    /// An instance calls a function of the embedder.
    Host = 2,
}

/// Who is asked about calls that cross a boundary: into the host, into another instance, and from
/// the embedder into a guest. Calls inside an instance are never asked about.
///
/// The methods take `&self`, since they may be entered again while they run another task; state
/// that changes goes into a `Cell`. They cost no fuel.
pub trait Interceptor {
    /// Before the call. `slots` holds the arguments, and has room for the greater number of
    /// parameters and results. Arguments may be changed in place.
    ///
    /// # Errors
    /// Refuses the call, which ends the run: [`refusal`] makes the error, [`HostError::exit`] one
    /// that ends the guest.
    fn before(&self, call: &Crossing, slots: &mut [Value]) -> Result<Verdict, HostError> {
        let _ = (call, slots);
        Ok(Verdict::Proceed)
    }

    /// After the call has returned; `slots` holds the results, which may be changed in place. Not
    /// asked about a call that was replaced, or that ended by a trap, an exit or an exception.
    ///
    /// # Errors
    /// As for [`Interceptor::before`].
    fn after(&self, call: &Crossing, slots: &mut [Value]) -> Result<(), HostError> {
        let _ = (call, slots);
        Ok(())
    }
}

/// What an interceptor answers to refuse a call: a trap ([`Reason::CallRefused`]) with a detail and
/// a message of its own.
#[must_use]
pub const fn refusal(detail: u64, message: &'static CStr) -> HostError {
    HostError::trap(detail, message)
}

/// One half of an interceptor as C has it. The result is a [`Verdict`] number before the call, 0
/// after it; anything else refuses the call.
pub type HookFn = unsafe extern "C" fn(user: *mut c_void, call: *mut Crossing, slots: *mut Value) -> i32;

/// An interceptor, to be set on a task.
#[derive(Clone, Copy)]
pub struct Hooks<'a> {
    pub(super) before: Option<HookFn>,
    pub(super) after: Option<HookFn>,
    pub(super) user: *mut c_void,
    lent: PhantomData<&'a ()>,
}

impl<'a> Hooks<'a> {
    /// An interceptor, lent for as long as the task may live.
    #[must_use]
    pub fn new<I: Interceptor>(interceptor: &'a I) -> Self {
        Hooks {
            before: Some(before::<I>),
            after: Some(after::<I>),
            user: core::ptr::from_ref(interceptor).cast_mut().cast(),
            lent: PhantomData,
        }
    }

    /// Functions as C has them, with their user data; `None` is not asked.
    ///
    /// # Safety
    /// For `'a`, both may be called with `user`, a valid crossing and slots as [`Interceptor`]
    /// describes, from the thread that runs the task.
    #[must_use]
    pub unsafe fn from_raw(before: Option<HookFn>, after: Option<HookFn>, user: *mut c_void) -> Self {
        Hooks { before, after, user, lent: PhantomData }
    }
}

impl core::fmt::Debug for Hooks<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let set = (self.before.is_some(), self.after.is_some());
        f.debug_struct("Hooks").field("before", &set.0).field("after", &set.1).finish_non_exhaustive()
    }
}

/// A call that crosses a boundary; valid while the interceptor is asked.
pub struct Crossing {
    pub(super) kind: CrossingKind,
    pub(super) tail: bool,
    pub(super) depth: u32,
    /// Slots that the interceptor is given.
    pub(super) slots: u32,
    /// Null for the embedder.
    pub(super) caller: *mut InstanceHeader,
    /// Whose function `func` is.
    pub(super) of: *mut InstanceHeader,
    pub(super) func: u32,
    /// The import that the call went through; null where it went through none.
    pub(super) importer: *mut InstanceHeader,
    pub(super) import: u32,
    /// How a refusal ends the run; detail and message.
    pub(super) ended: Option<(Status, u64, &'static CStr)>,
}

impl Crossing {
    /// Which boundary is crossed.
    #[must_use]
    pub fn kind(&self) -> CrossingKind {
        self.kind
    }
    /// Whether it is a tail call, which leaves the caller's frame. An interceptor is asked once
    /// after a chain of tail calls, about the last of them.
    #[must_use]
    pub fn is_tail(&self) -> bool {
        self.tail
    }
    /// Frames active, the called function's not counted.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.depth
    }
    /// The instance that calls, or that the results go to; `None` for the embedder.
    #[must_use]
    pub fn caller(&self) -> Option<Instance<'_>> {
        // SAFETY: a live instance of the task's group; the handle is bounded by the crossing.
        (!self.caller.is_null()).then(|| unsafe { Instance::borrowed(self.caller) })
    }
    /// The instance that is called; `None` for a function of the embedder.
    #[must_use]
    pub fn callee(&self) -> Option<Instance<'_>> {
        // SAFETY: as above.
        (self.kind != CrossingKind::Host).then(|| unsafe { Instance::borrowed(self.of) })
    }
    /// Index of the function in the instance that is called; for a function of the embedder that
    /// of the import which it is bound to.
    #[must_use]
    pub fn func(&self) -> u32 {
        self.func
    }
    /// Number in the group of the instance in whose index space [`Crossing::func`] is.
    #[must_use]
    pub fn instance(&self) -> u32 {
        // SAFETY: a live instance.
        unsafe { (*self.of).id }
    }
    /// The function's type.
    #[must_use]
    pub fn ty(&self) -> Option<FuncType<'_>> {
        // SAFETY: a live instance, whose module lives as long.
        unsafe { ops::module_of(self.of) }.func_type(self.func)
    }
    /// The import that the call goes through, with its names; `None` for a call of the embedder and
    /// for one through a table or reference to a function that is not itself an import. Searches
    /// the import section: an interceptor that decides by name does well to remember by index.
    #[must_use]
    pub fn import(&self) -> Option<Import<'_>> {
        if self.importer.is_null() {
            return None;
        }
        // SAFETY: a live instance, whose module lives as long.
        let module = unsafe { ops::module_of(self.importer) };
        let is_it = |i: &Import<'_>| matches!(i.ty, ExternType::Func(_)) && i.index == self.import;
        (0..module.import_count()).filter_map(|i| module.import(i)).find(is_it)
    }
    /// Notes a refusal's detail and message, for an interceptor in C, which returns the result.
    pub fn refuse(&mut self, detail: u64, message: &'static CStr) -> i32 {
        self.ended = Some((Status::Trap, detail, message));
        Status::Trap as i32
    }
    /// Notes the guest's exit code, for an interceptor in C, which returns the result.
    pub fn exit(&mut self, code: u32) -> i32 {
        self.ended = Some((Status::Exit, code as u64, Reason::GuestExit.message()));
        Status::Exit as i32
    }

    /// The error that a refusal with this number ends the run with.
    pub(super) fn refused(&self, number: i32) -> Error {
        let mut error = Error::new(Reason::CallRefused).detail(number as i64 as u64);
        if let Some((status, detail, message)) = self.ended {
            if status == Status::Exit {
                error.reason = Reason::GuestExit;
            }
            error.detail = detail;
            error.message = message;
        }
        error
    }
}

impl core::fmt::Debug for Crossing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Crossing")
            .field("kind", &self.kind)
            .field("caller", &self.caller().map(Instance::id))
            .field("instance", &self.instance())
            .field("func", &self.func)
            .field("tail", &self.tail)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

/// What the interceptor behind the C shape is asked with.
///
/// # Safety
/// `user` came from [`Hooks::new`] with this `I`; `call` and its slots are the asker's own.
unsafe fn parts<'q, I>(
    user: *mut c_void,
    call: *mut Crossing,
    slots: *mut Value,
) -> (&'q I, &'q mut Crossing, &'q mut [Value]) {
    // SAFETY: `Hooks::new` stored a reference that lives as long as the hooks are set; the asker
    // passes its own crossing, and as many slots as it says, for the duration of the question.
    unsafe {
        let count = (*call).slots as usize;
        let slots = if count == 0 { &mut [] } else { core::slice::from_raw_parts_mut(slots, count) };
        (&*user.cast_const().cast::<I>(), &mut *call, slots)
    }
}

fn ended(call: &mut Crossing, e: HostError) -> i32 {
    let status = if e.status == Status::Exit { Status::Exit } else { Status::Trap };
    call.ended = Some((status, e.detail, e.message));
    status as i32
}

unsafe extern "C" fn before<I: Interceptor>(user: *mut c_void, call: *mut Crossing, slots: *mut Value) -> i32 {
    // SAFETY: the asker keeps to `HookFn`.
    let (interceptor, call, slots) = unsafe { parts::<I>(user, call, slots) };
    match interceptor.before(call, slots) {
        Ok(verdict) => verdict as i32,
        Err(e) => ended(call, e),
    }
}

unsafe extern "C" fn after<I: Interceptor>(user: *mut c_void, call: *mut Crossing, slots: *mut Value) -> i32 {
    // SAFETY: as above.
    let (interceptor, call, slots) = unsafe { parts::<I>(user, call, slots) };
    match interceptor.after(call, slots) {
        Ok(()) => 0,
        Err(e) => ended(call, e),
    }
}
