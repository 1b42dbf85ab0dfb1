//! Waiting at shared memories: what the engine asks of the embedder (threads proposal, *wait and
//! notify operators*).
//!
//! The engine has neither threads nor clocks. It checks addresses and compares values; who sleeps,
//! for how long, and who is woken is the embedder's. Owns the interface between the two. Knows
//! nothing of tasks.

use crate::module::layout::MODULE_SHARED_MEMORY;
use crate::runtime::atomic;
use crate::runtime::layout::{InstanceHeader, MemInst};
use crate::runtime::ops;
use crate::runtime::shared::LentMemory;
use core::ffi::c_void;
use core::marker::PhantomData;

/// What came of a wait; the first three numbers are the operators' results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Waited {
    /// Somebody notified the place.
    Woken = 0,
    /// The place did not hold the expected value.
    NotEqual = 1,
    /// The time is over.
    TimedOut = 2,
    /// The task is to be parked: its run returns [`crate::Outcome::Pending`], and the embedder ends
    /// the wait with [`crate::Task::complete`] and the result as an `i32`.
    Pending = 3,
}

/// Lets guests wait for one another. For std threads: a mutex, and a queue of condition variables by
/// place. For an executor or an RTOS that runs many tasks on one thread: a list of parked tasks.
///
/// All instances that share a memory must wait with the same object.
pub trait Wait: Sync {
    /// Waits until somebody notifies `request.place()` or the time is over; or returns
    /// [`Waited::Pending`] at once, having noted the place.
    ///
    /// No notification may be lost in between: take the lock under which [`Wait::notify`] works,
    /// then ask [`WaitRequest::holds`], and where it says no, return [`Waited::NotEqual`]; only then
    /// sleep or note the place, giving up the lock in the same moment.
    fn wait(&self, request: &WaitRequest) -> Waited;

    /// Wakes up to `count` of those that wait at `place`, first come first served; returns how many.
    fn notify(&self, place: usize, count: u32) -> u32;
}

/// One wait of one guest.
#[derive(Debug)]
#[repr(C)]
pub struct WaitRequest {
    place: *mut u8,
    expected: u64,
    /// Nanoseconds; negative for ever.
    timeout: i64,
    /// Bytes compared: 4 or 8.
    width: u32,
}

impl WaitRequest {
    /// Address of the bytes waited at: equal for all guests that share them, and for no others.
    #[must_use]
    pub fn place(&self) -> usize {
        self.place.addr()
    }
    /// Whether the bytes hold the expected value now. May be asked while the wait goes on.
    #[must_use]
    pub fn holds(&self) -> bool {
        // SAFETY: `new` vouches for aligned bytes of a live memory.
        unsafe {
            if self.width == 4 {
                atomic::load32(self.place) == self.expected as u32
            } else {
                atomic::load64(self.place) == self.expected
            }
        }
    }
    /// Nanoseconds to wait at most; `None` without end.
    #[must_use]
    pub fn timeout(&self) -> Option<u64> {
        u64::try_from(self.timeout).ok()
    }

    /// A request to wait at `place` while it holds `expected`.
    ///
    /// # Safety
    /// `width` bytes, 4 or 8, can be read at `place`, which is a multiple of `width`, as long as the
    /// request is used.
    pub(crate) unsafe fn new(place: *mut u8, width: u32, expected: u64, timeout: i64) -> Self {
        WaitRequest { place, expected, timeout, width }
    }
}

/// [`Wait::wait`] as C has it: the result is the number of a [`Waited`].
pub(crate) type WaitFn = unsafe extern "C" fn(user: *mut c_void, request: *const WaitRequest) -> i32;
/// [`Wait::notify`] as C has it.
pub(crate) type NotifyFn = unsafe extern "C" fn(user: *mut c_void, place: usize, count: u32) -> u32;

/// A [`Wait`] as memories hold it; lent to every memory that is made with it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Waiter<'a> {
    wait: WaitFn,
    notify: NotifyFn,
    user: *mut c_void,
    lent: PhantomData<&'a ()>,
}

// SAFETY: who made it vouches that the functions may be called with the user data from any thread.
unsafe impl Send for Waiter<'_> {}
// SAFETY: as for `Send`.
unsafe impl Sync for Waiter<'_> {}

impl<'a> Waiter<'a> {
    /// The functions of `w`.
    #[must_use]
    pub fn new<W: Wait>(w: &'a W) -> Self {
        Waiter {
            wait: call_wait::<W>,
            notify: call_notify::<W>,
            user: core::ptr::from_ref(w).cast_mut().cast(),
            lent: PhantomData,
        }
    }

    /// Two functions as C has them, with their user data: what they must do is said at [`Wait`].
    ///
    /// # Safety
    /// For `'a` both may be called with `user` from any thread, also at the same time. The first
    /// returns the number of a [`Waited`].
    #[must_use]
    pub unsafe fn from_raw(
        wait: unsafe extern "C" fn(*mut c_void, *const WaitRequest) -> i32,
        notify: unsafe extern "C" fn(*mut c_void, usize, u32) -> u32,
        user: *mut c_void,
    ) -> Self {
        Waiter { wait, notify, user, lent: PhantomData }
    }

    /// The binding word that stands for it in a memory.
    pub(crate) fn word(&self) -> u64 {
        core::ptr::from_ref(self).expose_provenance() as u64
    }
}

impl core::fmt::Debug for Waiter<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Waiter").finish_non_exhaustive()
    }
}

unsafe extern "C" fn call_wait<W: Wait>(user: *mut c_void, request: *const WaitRequest) -> i32 {
    // SAFETY: `Waiter::new` stored a reference to a `W`; the engine passes a request of its own.
    let (w, request) = unsafe { (&*user.cast_const().cast::<W>(), &*request) };
    w.wait(request) as i32
}

unsafe extern "C" fn call_notify<W: Wait>(user: *mut c_void, place: usize, count: u32) -> u32 {
    // SAFETY: `Waiter::new` stored a reference to a `W`.
    unsafe { &*user.cast_const().cast::<W>() }.notify(place, count)
}

/// Where the waiter of an instance's shared memories stands; `None` where it defines none.
unsafe fn waiter_word(inst: *mut InstanceHeader) -> Option<*mut u64> {
    // SAFETY: the instance lives; where its module defines a shared memory, the word lies behind the memories.
    unsafe {
        let header = ops::module_of(inst).header();
        let defined = header.memories.len.saturating_sub(header.imported_memories);
        (header.flags & MODULE_SHARED_MEMORY != 0)
            .then(|| ops::at::<MemInst>(inst, (*inst).memories).add(defined as usize).cast())
    }
}

/// Notes who lets guests wait at the shared memories that an instance defines.
///
/// # Safety
/// The header of `inst` is written, and nobody else uses the instance.
pub(crate) unsafe fn set_waiter(inst: *mut InstanceHeader, waiter: Option<&Waiter<'_>>) {
    // SAFETY: as the caller vouches.
    if let Some(word) = unsafe { waiter_word(inst) } {
        // SAFETY: the word lies within the instance.
        unsafe { word.write(waiter.map_or(0, |waiter| waiter.word())) };
    }
}

unsafe fn waiter<'a>(mem: *mut MemInst) -> Option<&'a Waiter<'a>> {
    // SAFETY: a memory is the embedder's or lies in a live instance; the binding word of either is 0
    // or was made from a waiter that outlives the memory.
    unsafe {
        let word = match (*mem).owner {
            0 => (*mem.cast::<LentMemory>()).waiter,
            owner => match waiter_word(core::ptr::with_exposed_provenance_mut(owner as usize)) {
                Some(word) => word.read(),
                None => 0,
            },
        };
        core::ptr::with_exposed_provenance::<Waiter<'a>>(word as usize).as_ref()
    }
}

/// Asks whoever lets guests wait at the shared memory `mem`. `None` where nobody does and the wait
/// would never end; a wait with a timeout is then over at once, for the engine has no clock.
///
/// # Safety
/// `mem` is live, the request one for its bytes.
pub(crate) unsafe fn wait(mem: *mut MemInst, request: &WaitRequest) -> Option<Waited> {
    if !request.holds() {
        return Some(Waited::NotEqual);
    }
    // SAFETY: as the caller vouches.
    let Some(waiter) = (unsafe { waiter(mem) }) else {
        return request.timeout().map(|_| Waited::TimedOut);
    };
    // SAFETY: who made the waiter vouches for functions and user data.
    Some(match unsafe { (waiter.wait)(waiter.user, request) } {
        0 => Waited::Woken,
        1 => Waited::NotEqual,
        3 => Waited::Pending,
        _ => Waited::TimedOut,
    })
}

/// Wakes up to `count` of those that wait at `place`; returns how many. Nobody waits at a memory
/// that is not shared.
///
/// # Safety
/// `mem` is live.
pub(crate) unsafe fn notify(mem: *mut MemInst, place: *mut u8, count: u32) -> u32 {
    // SAFETY: as the caller vouches.
    match unsafe { waiter(mem) } {
        // SAFETY: who made the waiter vouches for functions and user data.
        Some(waiter) if count != 0 => unsafe { (waiter.notify)(waiter.user, place.addr(), count) },
        _ => 0,
    }
}
