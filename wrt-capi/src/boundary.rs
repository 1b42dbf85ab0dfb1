//! What every function at the boundary does with what it is given: null, size, version, count,
//! handle, arena, string; and how it reports.
//!
//! Owns the checks; nothing else in this crate reads a caller's pointer without them. Knows no
//! single function of the ABI.

use crate::abi::{wrt_arena, wrt_bytes, wrt_error};
use crate::sizes::Versioned;
use crate::status::wrt_status;
use core::ffi::{CStr, c_char, c_void};
use wrt_core::{Arena, Error, Reason, Status};

/// Longest name or signature that is read, so that a missing NUL ends in an error.
const LONGEST_STRING: usize = 1 << 16;

/// Reads a struct that begins with its size; fields that a shorter one lacks are as in `EMPTY`.
///
/// # Safety
/// `p` is null or points to `struct_size` readable bytes.
pub(crate) unsafe fn read<T: Versioned>(p: *const T) -> Result<T, Error> {
    // SAFETY: as promised by the caller.
    let size = unsafe { known_size(p) }?;
    let mut value = T::EMPTY;
    // SAFETY: the size is at most that of `T` (it is one of `SIZES`), and any bytes are valid.
    unsafe { core::ptr::copy_nonoverlapping(p.cast::<u8>(), (&raw mut value).cast::<u8>(), size) };
    Ok(value)
}

/// The struct's size, if this library knows it.
///
/// # Safety
/// `p` is null or points to four readable bytes.
unsafe fn known_size<T: Versioned>(p: *const T) -> Result<usize, Error> {
    if p.is_null() {
        return Err(Error::new(Reason::NullPointer));
    }
    // SAFETY: the size stands first; the read does not ask for alignment.
    let size = unsafe { p.cast::<u32>().read_unaligned() } as usize;
    if T::SIZES.contains(&size) { Ok(size) } else { Err(Error::new(Reason::StructSize).need(size_of::<T>() as u64)) }
}

/// A place for a struct that begins with its size, checked before anything is done.
pub(crate) struct Out<T> {
    to: *mut T,
    size: usize,
}

impl<T: Versioned> Out<T> {
    /// Checks the place and writes `EMPTY` there.
    ///
    /// # Safety
    /// `to` is null or points to `struct_size` writable bytes.
    pub(crate) unsafe fn new(to: *mut T) -> Result<Self, Error> {
        // SAFETY: as promised by the caller.
        let size = unsafe { known_size(to) }?;
        let out = Out { to, size };
        out.put(&T::EMPTY);
        Ok(out)
    }

    /// Writes all but the size, as far as the caller's struct reaches.
    pub(crate) fn put(&self, value: &T) {
        let from = (&raw const *value).cast::<u8>();
        // SAFETY: `new` checked that `size` is one of the type's sizes, at least four, and the caller
        // vouched for that many bytes.
        unsafe { core::ptr::copy_nonoverlapping(from.add(4), self.to.cast::<u8>().add(4), self.size - 4) };
    }
}

/// Writes a plain out parameter if there is a place for it.
///
/// # Safety
/// `to` is null or valid for a write.
pub(crate) unsafe fn put<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: not null, so valid by the caller's promise; no alignment asked for.
        unsafe { to.write_unaligned(value) };
    }
}

/// Refuses a null out parameter.
pub(crate) fn wanted<T>(to: *mut T) -> Result<(), Error> {
    if to.is_null() { Err(Error::new(Reason::NullPointer)) } else { Ok(()) }
}

/// Runs the body of a function that reports through a [`wrt_error`].
///
/// # Safety
/// `err` is null or points to `struct_size` writable bytes.
pub(crate) unsafe fn report(err: *mut wrt_error, body: impl FnOnce() -> Result<Status, Error>) -> wrt_status {
    let out = if err.is_null() {
        None
    } else {
        // SAFETY: as promised by the caller.
        match unsafe { Out::new(err) } {
            Ok(out) => Some(out),
            Err(e) => return e.status() as wrt_status,
        }
    };
    let (status, error) = match body() {
        Ok(status) => (status, Error::new(Reason::None)),
        Err(error) => (error.status(), error),
    };
    if let Some(out) = out {
        out.put(&wrt_error {
            struct_size: 0,
            status: status as wrt_status,
            reason: u32::from(error.reason as u16),
            func: error.func,
            offset: error.offset,
            need: error.need,
            detail: error.detail,
            message: error.message.as_ptr(),
        });
    }
    status as wrt_status
}

/// The status of a function that reports nothing else.
pub(crate) fn status(result: Result<(), Error>) -> wrt_status {
    match result {
        Ok(()) => Status::Ok as wrt_status,
        Err(e) => e.status() as wrt_status,
    }
}

/// The lent region that a cursor speaks of.
///
/// # Safety
/// `a` is null or readable; the region is the caller's to lend for `'a`.
pub(crate) unsafe fn lend<'a>(a: *const wrt_arena) -> Result<Arena<'a>, Error> {
    if a.is_null() {
        return Err(Error::new(Reason::NullPointer));
    }
    // SAFETY: not null, so readable by the caller's promise.
    let arena = unsafe { a.read_unaligned() };
    // SAFETY: as promised by the caller.
    unsafe { lend_value(arena) }
}

/// The same for a cursor passed by value.
///
/// # Safety
/// The region is the caller's to lend for `'a`.
pub(crate) unsafe fn lend_value<'a>(arena: wrt_arena) -> Result<Arena<'a>, Error> {
    spans(arena.base, arena.size, 1)?;
    // SAFETY: the caller lends the region; it does not wrap around (checked above).
    unsafe { Arena::from_raw(arena.base.cast(), arena.size) }
}

/// Puts the cursor where `arena` has come to.
///
/// # Safety
/// `a` is valid for a write.
pub(crate) unsafe fn keep(a: *mut wrt_arena, arena: &Arena<'_>) {
    // SAFETY: as promised by the caller.
    unsafe { a.write_unaligned(wrt_arena { base: arena.base().cast::<c_void>(), size: arena.remaining() }) };
}

/// Refuses counts that no object can have, and null with a count above 0.
fn spans(base: *const c_void, count: usize, size: usize) -> Result<(), Error> {
    if count == 0 {
        return Ok(());
    }
    if base.is_null() {
        return Err(Error::new(Reason::NullPointer));
    }
    let bytes = count.checked_mul(size).filter(|b| *b <= isize::MAX as usize);
    match bytes.and_then(|b| base.addr().checked_add(b)) {
        Some(_) => Ok(()),
        None => Err(Error::new(Reason::ImpossibleSize)),
    }
}

/// The caller's array.
///
/// # Safety
/// `p` is null or points to `count` valid values that nobody writes for `'a`.
pub(crate) unsafe fn array<'a, T>(p: *const T, count: usize) -> Result<&'a [T], Error> {
    spans(p.cast(), count, size_of::<T>())?;
    if count == 0 {
        return Ok(&[]);
    }
    aligned(p)?;
    // SAFETY: not null, aligned, not larger than an object can be; the rest is the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(p, count) })
}

/// The caller's array, to be written.
///
/// # Safety
/// `p` is null or points to `count` valid values that nobody else uses for `'a`.
pub(crate) unsafe fn array_mut<'a, T>(p: *mut T, count: usize) -> Result<&'a mut [T], Error> {
    spans(p.cast(), count, size_of::<T>())?;
    if count == 0 {
        return Ok(&mut []);
    }
    aligned(p)?;
    // SAFETY: as for `array`.
    Ok(unsafe { core::slice::from_raw_parts_mut(p, count) })
}

fn aligned<T>(p: *const T) -> Result<(), Error> {
    if p.is_aligned() { Ok(()) } else { Err(Error::new(Reason::ImpossibleSize)) }
}

/// Borrowed bytes.
///
/// # Safety
/// As for [`array`].
pub(crate) unsafe fn bytes<'a>(b: wrt_bytes) -> Result<&'a [u8], Error> {
    // SAFETY: as promised by the caller.
    unsafe { array(b.ptr, b.len) }
}

/// The bytes of a C string.
///
/// # Safety
/// `p` is null or points to a NUL-terminated string that nobody writes for `'a`.
pub(crate) unsafe fn string_bytes<'a>(p: *const c_char) -> Result<&'a [u8], Error> {
    if p.is_null() {
        return Err(Error::new(Reason::NullPointer));
    }
    let p = p.cast::<u8>();
    let mut len = 0;
    // Bounded, and by hand: the library may refer to no function of the C library but memcpy,
    // memmove, memset and memcmp.
    // SAFETY: every byte before the NUL, and it, can be read.
    while len < LONGEST_STRING && unsafe { p.add(len).read() } != 0 {
        len += 1;
    }
    if len == LONGEST_STRING {
        return Err(Error::new(Reason::ImpossibleSize));
    }
    // SAFETY: the bytes before the NUL were just read.
    Ok(unsafe { core::slice::from_raw_parts(p, len) })
}

/// A C string, its NUL included.
///
/// # Safety
/// As for [`string_bytes`].
pub(crate) unsafe fn c_string<'a>(p: *const c_char) -> Result<&'a CStr, Error> {
    // SAFETY: as promised by the caller; the byte behind the others is the NUL that ended them.
    unsafe {
        let len = string_bytes(p)?.len();
        Ok(CStr::from_bytes_with_nul_unchecked(core::slice::from_raw_parts(p.cast(), len + 1)))
    }
}

/// A C string as text; `otherwise` when it is not UTF-8.
///
/// # Safety
/// As for [`string_bytes`].
pub(crate) unsafe fn string<'a>(p: *const c_char, otherwise: Reason) -> Result<&'a str, Error> {
    // SAFETY: as promised by the caller.
    core::str::from_utf8(unsafe { string_bytes(p) }?).map_err(|_| Error::new(otherwise))
}

/// A size of a plan as C has it; saturates where an address is shorter than 64 bits.
pub(crate) fn size(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
