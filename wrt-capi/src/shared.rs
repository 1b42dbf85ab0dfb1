//! Shared memories at the C boundary (threads proposal): making them, using them, waiting at them.
//!
//! Owns the handle, which is a token in front of the core's own, and the shape of [`wrt_waiter`]; what
//! threads agree on is the core's.

use crate::abi::{WRT_MEMORY_ZEROED, wrt_arena, wrt_error, wrt_instance, wrt_memory, wrt_shared_memory};
use crate::boundary::{array, array_mut, keep, lend, lend_value, put, read, report, status, wanted};
use crate::instance::instance;
use crate::sizes::Versioned;
use crate::status::wrt_status;
use core::ffi::c_void;
use wrt_core::{
    ARENA_ALIGN, Arena, Error, Limits, MemoryType, Reason, SharedMemory, Status, WaitRequest, Waited, Waiter,
};

/// Bytes that wrt_shared_memory_new takes from its arena.
pub const WRT_SHARED_MEMORY_SIZE: u32 = 96;
/// Bytes that wrt_shared_memory_of takes from its arena.
pub const WRT_SHARED_HANDLE_SIZE: u32 = 32;

const _: () = assert!(WRT_SHARED_MEMORY_SIZE as usize == SharedMemory::BYTES + WRT_SHARED_HANDLE_SIZE as usize);
const _: () = assert!(WRT_SHARED_HANDLE_SIZE as usize >= size_of::<Handle>());

/// wrt_shared_config.flags: guests use i64 addresses.
pub const WRT_SHARED_INDEX64: u32 = 2;

/// wrt_wait_fn: somebody has notified the place.
pub const WRT_WAIT_WOKEN: i32 = 0;
/// wrt_wait_fn: the place does not hold the expected value.
pub const WRT_WAIT_NOT_EQUAL: i32 = 1;
/// wrt_wait_fn: the time is over.
pub const WRT_WAIT_TIMED_OUT: i32 = 2;
/// wrt_wait_fn: park the task, see wrt_pending.func.
pub const WRT_WAIT_PENDING: i32 = 3;

const _: () = assert!(WRT_WAIT_WOKEN == Waited::Woken as i32);
const _: () = assert!(WRT_WAIT_NOT_EQUAL == Waited::NotEqual as i32);
const _: () = assert!(WRT_WAIT_TIMED_OUT == Waited::TimedOut as i32);
const _: () = assert!(WRT_WAIT_PENDING == Waited::Pending as i32);

/// One wait of one guest, valid until the wait_fn returns. Only NULL is told from a handle here: pass on what
/// the function was given.
pub struct wrt_wait {
    _opaque: (),
}

/// A guest waits (memory.atomic.wait32, wait64): returns WRT_WAIT_*; any other value stands for
/// WRT_WAIT_TIMED_OUT. Called by every thread that runs such a guest, also at the same time. No notification
/// may be lost: take the lock under which the notify_fn works, then ask wrt_wait_holds, and where it says no,
/// return WRT_WAIT_NOT_EQUAL; only then sleep or note the place, giving up the lock in the same moment.
pub type wrt_wait_fn = Option<unsafe extern "C" fn(user: *mut c_void, wait: *const wrt_wait) -> i32>;

/// Wakes up to count of those that wait at place, first come first served; returns how many. Called by any
/// thread.
pub type wrt_notify_fn = Option<unsafe extern "C" fn(user: *mut c_void, place: usize, count: u32) -> u32>;

/// Lets guests wait for one another. All that share a memory wait with the same. Lent: the struct, its
/// functions and its user data must remain as they are while any memory lives that was made with it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_waiter {
    /// sizeof(wrt_waiter)
    pub struct_size: u32,
    /// Written as 0, not read.
    pub reserved: u32,
    /// Required.
    pub wait: wrt_wait_fn,
    /// Required.
    pub notify: wrt_notify_fn,
    /// Passed to both.
    pub user: *mut c_void,
}

// SAFETY: `repr(C)`, `struct_size` first; integers, a pointer and functions that may be null. The caller's
// bytes stand for functions as they do in every call that takes one.
unsafe impl Versioned for wrt_waiter {
    const SIZES: &'static [usize] = &[size_of::<wrt_waiter>()];
    const EMPTY: Self =
        wrt_waiter { struct_size: 0, reserved: 0, wait: None, notify: None, user: core::ptr::null_mut() };
}

/// What a shared memory is made with; the waiter is lent.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrt_shared_config {
    /// sizeof(wrt_shared_config)
    pub struct_size: u32,
    /// WRT_MEMORY_ZEROED and WRT_SHARED_INDEX64, or 0.
    pub flags: u32,
    /// Pages at the start.
    pub min: u64,
    /// Pages at most; it must not be greater than what an importing module declares.
    pub max: u64,
    /// Bytes in a page: 65536 or 1; 0 stands for 65536.
    pub page_size: u32,
    /// Written as 0, not read.
    pub reserved: u32,
    /// Where the bytes lie: the minimum, and as much of the rest as the maximum allows.
    pub memory: wrt_arena,
    /// Lets guests wait; NULL for nobody: a wait with a timeout is over at once then, one without is
    /// WRT_TRAP_WAIT_FOREVER.
    pub waiter: *const wrt_waiter,
}

const TOKEN: u32 = u32::from_le_bytes(*b"WRTw");

/// What a handle points to.
#[repr(C)]
struct Handle {
    token: u32,
    reserved: u32,
    /// Where it was made: a copy elsewhere is no handle.
    own: usize,
    memory: SharedMemory<'static>,
}

/// The shared memory behind a handle.
pub(crate) unsafe fn shared_memory(m: *const wrt_shared_memory) -> Result<SharedMemory<'static>, Error> {
    let handle = m.cast::<Handle>();
    if handle.is_null() {
        return Err(Error::new(Reason::NullPointer));
    }
    if !handle.addr().is_multiple_of(ARENA_ALIGN) {
        return Err(Error::new(Reason::BadHandle));
    }
    // SAFETY: readable where a handle points: the contract of this crate. The memory is read only where
    // token and address say that one was written.
    unsafe {
        if (&raw const (*handle).token).read() != TOKEN || (&raw const (*handle).own).read() != handle.addr() {
            return Err(Error::new(Reason::BadHandle));
        }
        Ok((&raw const (*handle).memory).read())
    }
}

/// The core's waiter that stands in the caller's struct.
pub(crate) unsafe fn lent_waiter(w: *const wrt_waiter) -> Result<Option<&'static Waiter<'static>>, Error> {
    const { assert!(size_of::<Waiter>() == 3 * size_of::<usize>() && align_of::<Waiter>() == align_of::<usize>()) };
    const { assert!(core::mem::offset_of!(wrt_waiter, wait) + size_of::<Waiter>() <= size_of::<wrt_waiter>()) };
    const {
        let first = core::mem::offset_of!(wrt_waiter, wait);
        assert!(core::mem::offset_of!(wrt_waiter, notify) == first + size_of::<usize>());
        assert!(core::mem::offset_of!(wrt_waiter, user) == first + 2 * size_of::<usize>());
    };
    if w.is_null() {
        return Ok(None);
    }
    if !w.is_aligned() {
        return Err(Error::new(Reason::ImpossibleSize));
    }
    // SAFETY: the contract of this crate.
    let given = unsafe { read(w) }?;
    if given.wait.is_none() || given.notify.is_none() {
        return Err(Error::new(Reason::NullPointer));
    }
    // SAFETY: the two functions, neither of them null, and the user data lie there as in the core's struct,
    // which is `repr(C)` too; the types differ in the names of opaque pointees only. The caller lends them.
    Ok(Some(unsafe { &*w.cast::<u8>().add(core::mem::offset_of!(wrt_waiter, wait)).cast::<Waiter<'static>>() }))
}

/// Calls `make` with what the arena has behind room for a handle, and writes the handle there; `need` is
/// what both take.
unsafe fn hand_out(
    a: *mut wrt_arena,
    need: u32,
    make: impl FnOnce(&mut Arena<'static>) -> Result<SharedMemory<'static>, Error>,
) -> Result<*mut wrt_shared_memory, Error> {
    // SAFETY: the contract of this crate, here and below.
    let whole: Arena<'static> = unsafe { lend(a) }?;
    if whole.remaining() < need as usize {
        return Err(Error::new(Reason::ArenaTooSmall).need(u64::from(need)));
    }
    let size = WRT_SHARED_HANDLE_SIZE as usize;
    let behind = wrt_arena { base: whole.base().wrapping_add(size).cast(), size: whole.remaining() - size };
    // SAFETY: as above.
    let mut rest = unsafe { lend_value(behind) }?;
    let memory = make(&mut rest)?;
    let handle = whole.base().cast::<Handle>();
    // SAFETY: an arena's base is aligned, and the bytes in front of the rest are nobody else's.
    unsafe {
        handle.write(Handle { token: TOKEN, reserved: 0, own: handle.addr(), memory });
        keep(a, &rest);
    }
    Ok(handle.cast())
}

/// Makes a shared memory (threads proposal) for instances of any number of threads to import:
/// wrt_instance_config.shared. Takes WRT_SHARED_MEMORY_SIZE bytes from the arena, which with c->memory must
/// outlive those instances.
/// Errors: WRT_E_ARENA, for the arena or (WRT_REASON_MEMORY_REGION) the memory; WRT_E_ARG for limits or pages
/// that no shared memory has; WRT_E_VERSION for an unknown flag. The arena is unchanged then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_shared_memory_new(
    a: *mut wrt_arena,
    c: *const wrt_shared_config,
    out: *mut *mut wrt_shared_memory,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, core::ptr::null_mut());
        report(err, || {
            wanted(out)?;
            let config = read(c)?;
            if config.flags & !(WRT_MEMORY_ZEROED | WRT_SHARED_INDEX64) != 0 {
                return Err(Error::new(Reason::UnknownFlags).detail(u64::from(config.flags)));
            }
            let page_log2 = match config.page_size {
                0 | 65536 => 16,
                1 => 0,
                _ => return Err(Error::new(Reason::ImpossibleSize)),
            };
            let ty = MemoryType {
                limits: Limits { min: config.min, max: config.max },
                is64: config.flags & WRT_SHARED_INDEX64 != 0,
                shared: true,
                page_log2,
            };
            let waiter = lent_waiter(config.waiter)?;
            let mut region = lend_value(config.memory)?;
            let zeroed = config.flags & WRT_MEMORY_ZEROED != 0;
            let made =
                hand_out(a, WRT_SHARED_MEMORY_SIZE, |rest| SharedMemory::new(rest, &mut region, ty, zeroed, waiter));
            put(out, made?);
            Ok(Status::Ok)
        })
    }
}

/// A shared memory of an instance (index space: imports first), for instances of other threads to import.
/// Takes WRT_SHARED_HANDLE_SIZE bytes from the arena. It lives as long as the instance that defines it.
/// Errors: WRT_E_NOT_FOUND for an index that is no memory's; WRT_E_LINK for a memory that is not shared;
/// WRT_E_ARENA. The arena is unchanged then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_shared_memory_of(
    a: *mut wrt_arena,
    i: *const wrt_instance,
    index: u32,
    out: *mut *mut wrt_shared_memory,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, core::ptr::null_mut());
        status((|| {
            wanted(out)?;
            let memory = instance(i)?.shared_memory(index)?;
            put(out, hand_out(a, WRT_SHARED_HANDLE_SIZE, |_| Ok(memory))?);
            Ok(())
        })())
    }
}

/// A shared memory as it is now. base and ceiling stay; len may grow at any time. Access to the bytes must be
/// atomic, or happen while no guest that shares them runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_shared_memory_view(m: *const wrt_shared_memory, out: *mut wrt_memory) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, wrt_memory { base: core::ptr::null_mut(), len: 0, ceiling: 0 });
        status((|| {
            wanted(out)?;
            let m = shared_memory(m)?;
            put(out, wrt_memory { base: m.base(), len: m.len(), ceiling: m.ceiling() });
            Ok(())
        })())
    }
}

/// Copies n bytes from a shared memory, as a guest's memory.copy would.
/// Errors: WRT_E_BOUNDS, with nothing copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_shared_memory_read(
    m: *const wrt_shared_memory,
    addr: u64,
    dst: *mut c_void,
    n: usize,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(shared_memory(m).and_then(|m| m.read(addr, array_mut(dst.cast(), n)?))) }
}

/// Copies n bytes to a shared memory, as a guest's memory.copy would.
/// Errors: those of wrt_shared_memory_read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_shared_memory_write(
    m: *mut wrt_shared_memory,
    addr: u64,
    src: *const c_void,
    n: usize,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe { status(shared_memory(m).and_then(|m| m.write(addr, array(src.cast(), n)?))) }
}

/// Grows a shared memory by pages, as memory.grow does. old, if not NULL, receives its pages before;
/// UINT64_MAX on failure.
/// Errors: WRT_E_BUDGET where maximum or ceiling forbid it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_shared_memory_grow(m: *mut wrt_shared_memory, pages: u64, old: *mut u64) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(old, u64::MAX);
        status((|| {
            put(old, shared_memory(m)?.grow(pages).ok_or(Error::new(Reason::GrowRefused))?);
            Ok(())
        })())
    }
}

/// Wakes up to count guests that wait at byte address addr, as memory.atomic.notify does. woken, if not NULL,
/// receives how many.
/// Errors: WRT_E_BOUNDS, also for an address that is no multiple of four.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_shared_memory_notify(
    m: *mut wrt_shared_memory,
    addr: u64,
    count: u32,
    woken: *mut u32,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(woken, 0);
        status((|| {
            put(woken, shared_memory(m)?.notify(addr, count)?);
            Ok(())
        })())
    }
}

/// The core's request behind a handle.
unsafe fn request<'a>(w: *const wrt_wait) -> Option<&'a WaitRequest> {
    let request = w.cast::<WaitRequest>();
    // SAFETY: a wait function passes on what it was given, while it runs: the header says so.
    if request.is_aligned() { unsafe { request.as_ref() } } else { None }
}

/// Address of the bytes that are waited at: the number that the notify_fn is given for them. 0 for a wait that
/// is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_wait_place(w: *const wrt_wait) -> usize {
    // SAFETY: the contract of this crate.
    unsafe { request(w) }.map_or(0, WaitRequest::place)
}

/// Whether the bytes hold the expected value now. May be asked as long as the wait goes on. False for a wait
/// that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_wait_holds(w: *const wrt_wait) -> bool {
    // SAFETY: the contract of this crate.
    unsafe { request(w) }.is_some_and(WaitRequest::holds)
}

/// Nanoseconds to wait at most; UINT64_MAX for ever. 0 for a wait that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_wait_timeout(w: *const wrt_wait) -> u64 {
    // SAFETY: the contract of this crate.
    unsafe { request(w) }.map_or(0, |r| r.timeout().unwrap_or(u64::MAX))
}
