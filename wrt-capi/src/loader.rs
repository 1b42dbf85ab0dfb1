//! Loading piece by piece at the C boundary.
//!
//! Owns the loader object, which unlike modules and instances is no object of the engine's: it lies
//! in an arena of its own, so that the module's arena is counted as in every other load.

use crate::abi::{wrt_arena, wrt_bytes, wrt_error, wrt_load_budget, wrt_loader, wrt_module, wrt_plan};
use crate::boundary::{Out, bytes, keep, lend, put, report, wanted};
use crate::module::{load_budget, plan_of};
use crate::status::wrt_status;
use core::ffi::c_void;
use core::mem::ManuallyDrop;
use wrt_core::{Arena, Error, Loader, Reason, Status};

/// Bytes that a loader takes from its state arena on every target.
pub const WRT_LOADER_SIZE: u32 = 2048;

/// [`State::token`] of a loader: "WRTl".
const TOKEN: u32 = u32::from_le_bytes(*b"WRTl");

/// What a [`wrt_loader`] points to.
#[repr(C, align(16))]
struct State {
    token: u32,
    phase: Phase,
    /// The arena at hand, borrowed by `loader` while `phase` is not `Ended`.
    arena: Arena<'static>,
    /// Where the caller keeps its cursor.
    home: *mut wrt_arena,
    /// The cursor to be put back when the load fails.
    mark: wrt_arena,
    loader: ManuallyDrop<Option<Loader<'static, 'static>>>,
}

/// What a loader is for and how far it is. Any number other than the first two reads as ended, so
/// that bytes that only look like a loader do no harm.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
struct Phase(u32);

impl Phase {
    const LOADING: Self = Phase(1);
    const PLANNING: Self = Phase(2);
    const ENDED: Self = Phase(3);
}

const _: () = assert!(size_of::<State>() <= WRT_LOADER_SIZE as usize);

/// The loader behind a handle.
unsafe fn state(l: *mut wrt_loader) -> Result<*mut State, Error> {
    if l.is_null() {
        return Err(Error::new(Reason::NullPointer));
    }
    let s = l.cast::<State>();
    // SAFETY: readable where a handle points: the contract of this crate.
    if !s.is_aligned() || unsafe { (&raw const (*s).token).read() } != TOKEN {
        return Err(Error::new(Reason::BadHandle));
    }
    Ok(s)
}

/// Puts a loader of either kind into its state arena and takes the whole of the other.
unsafe fn begin(
    state: *mut wrt_arena,
    home: *mut wrt_arena,
    b: *const wrt_load_budget,
    phase: Phase,
) -> Result<*mut wrt_loader, Error> {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let budget = load_budget(b)?;
        let room = lend(state)?;
        lend(home)?;
        let at = room.base().cast::<State>();
        let size = WRT_LOADER_SIZE as usize;
        if room.remaining() < size {
            return Err(Error::new(Reason::ArenaTooSmall).need(size as u64));
        }
        let taken = wrt_arena { base: at.cast::<u8>().add(size).cast::<c_void>(), size: room.remaining() - size };
        // The two may be one arena: the module then follows the loader.
        let mark = if core::ptr::eq(state, home) { taken } else { home.read_unaligned() };
        let arena = lend(&raw const mark)?;
        at.write(State { token: TOKEN, phase, arena, home, mark, loader: ManuallyDrop::new(None) });
        // The state does not move until the caller releases it, so that the borrow may last.
        let arena: &'static mut Arena<'static> = &mut (*at).arena;
        let loader =
            if phase == Phase::PLANNING { Loader::planning(arena, &budget) } else { Loader::new(arena, &budget) };
        (&raw mut (*at).loader).write(ManuallyDrop::new(Some(loader)));
        state.write_unaligned(taken);
        home.write_unaligned(wrt_arena { base: mark.base.cast::<u8>().wrapping_add(mark.size).cast(), size: 0 });
        Ok(at.cast())
    }
}

/// Ends the load; the caller's cursor is that of `arena` if given, else as before the load.
unsafe fn end(s: *mut State, arena: Option<&Arena<'_>>) {
    // SAFETY: a state of this crate; `home` is valid as long as the loader is: the header says so.
    unsafe {
        (&raw mut (*s).phase).write(Phase::ENDED);
        (&raw mut (*s).loader).write(ManuallyDrop::new(None));
        let home = (*s).home;
        match arena {
            Some(arena) => keep(home, arena),
            None => home.write_unaligned((*s).mark),
        }
    }
}

/// The live loader of this kind.
unsafe fn live(s: *mut State, phase: Option<Phase>) -> Result<&'static mut Option<Loader<'static, 'static>>, Error> {
    // SAFETY: a state of this crate, used by one thread at a time.
    unsafe {
        let now = (*s).phase;
        let fits = phase.map_or(now == Phase::LOADING || now == Phase::PLANNING, |p| p == now);
        if fits { Ok(&mut *(&raw mut (*s).loader).cast()) } else { Err(Error::new(Reason::LoaderFinished)) }
    }
}

/// Begins a load in pieces. The loader takes WRT_LOADER_SIZE bytes from state; a becomes its own
/// (and must stay where it is) until wrt_loader_finish or an error, and its size reads 0 meanwhile.
/// Both may be one arena; the module then follows the loader. To give up a load, put saved copies
/// of both arenas back.
/// Errors: WRT_E_ARENA if state is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_loader_new(
    state: *mut wrt_arena,
    a: *mut wrt_arena,
    b: *const wrt_load_budget,
    out: *mut *mut wrt_loader,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate.
    unsafe { open(state, a, b, Phase::LOADING, out, err) }
}

/// Begins a plan of a load in pieces; it ends with wrt_loader_finish_plan. Names and data are copied
/// then, so that such a module needs more than wrt_plan_module says. scratch is left unchanged.
/// Errors: those of wrt_loader_new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_loader_new_plan(
    state: *mut wrt_arena,
    scratch: *mut wrt_arena,
    b: *const wrt_load_budget,
    out: *mut *mut wrt_loader,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate.
    unsafe { open(state, scratch, b, Phase::PLANNING, out, err) }
}

unsafe fn open(
    state: *mut wrt_arena,
    home: *mut wrt_arena,
    b: *const wrt_load_budget,
    phase: Phase,
    out: *mut *mut wrt_loader,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, core::ptr::null_mut());
        report(err, || {
            wanted(out)?;
            put(out, begin(state, home, b, phase)?);
            Ok(Status::Ok)
        })
    }
}

/// Feeds the next bytes, any number; they are not kept.
/// Errors: those of wrt_module_load. The load has ended then, and the arena is as it was before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_loader_feed(l: *mut wrt_loader, piece: wrt_bytes, err: *mut wrt_error) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        report(err, || {
            let s = state(l)?;
            let loader = live(s, None)?;
            let piece = bytes(piece)?;
            let fed = match loader.as_mut() {
                Some(loader) => loader.feed(piece),
                None => Err(Error::new(Reason::LoaderFinished)),
            };
            if fed.is_err() {
                end(s, None);
            }
            fed.map(|()| Status::Ok)
        })
    }
}

/// Ends the load: the module stands in the arena, whose cursor is behind it.
/// Errors: those of wrt_module_load, WRT_REASON_UNEXPECTED_END among them; the arena is then as it was
/// before the load.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_loader_finish(
    l: *mut wrt_loader,
    out: *mut *mut wrt_module,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        put(out, core::ptr::null_mut());
        report(err, || {
            let s = state(l)?;
            let loader = live(s, Some(Phase::LOADING))?;
            wanted(out)?;
            let ended = loader.take().ok_or(Error::new(Reason::LoaderFinished)).and_then(Loader::finish);
            match ended {
                Ok(module) => {
                    end(s, Some(&(*s).arena));
                    put(out, module.as_raw().cast_mut().cast());
                    Ok(Status::Ok)
                }
                Err(e) => {
                    end(s, None);
                    Err(e)
                }
            }
        })
    }
}

/// Ends a plan: what a load of the same bytes in pieces needs. out->struct_size is set by the caller.
/// Errors: those of wrt_loader_finish.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wrt_loader_finish_plan(
    l: *mut wrt_loader,
    out: *mut wrt_plan,
    err: *mut wrt_error,
) -> wrt_status {
    // SAFETY: the contract of this crate, here and below.
    unsafe {
        let place = Out::new(out);
        report(err, || {
            let s = state(l)?;
            let loader = live(s, Some(Phase::PLANNING))?;
            let place = place?;
            let ended = loader.take().ok_or(Error::new(Reason::LoaderFinished)).and_then(Loader::finish_plan);
            end(s, None);
            place.put(&plan_of(&ended?));
            Ok(Status::Ok)
        })
    }
}
