//! The guest's memory as a call sees it: checked, aligned, in vectors of pieces.
//!
//! Owns every access to it, and what an access outside of it ends in: a trap, as the rules for pointers of the
//! specification say (`witx-docs.md`, *Pointers*), for misaligned addresses too.

use crate::errno::Errno;
use core::cell::Cell;
use core::ffi::CStr;
use wrt_core::Instance;

/// Vectors of one call that are looked at; the call transfers no more than they hold, as it may.
const MOST_VECTORS: u32 = 1 << 16;
/// Bytes of one vector: address and length.
const VECTOR: u64 = 8;

/// How a call ends that has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It answers this number.
    Errno(Errno),
    /// It cannot answer yet.
    Waits,
    /// The guest ends with a trap.
    Trap(Errno, &'static CStr),
    /// The guest ends with this code.
    Exit(u32),
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Stop::Errno(errno)
    }
}

/// The result of a step of a call.
pub(crate) type Answer<T = ()> = Result<T, Stop>;

const OUTSIDE: Stop = Stop::Trap(Errno::Fault, c"WASI was given an address outside the memory");
/// What an argument ends in that is of no flag or case of its type.
pub(crate) const UNKNOWN: Stop = Stop::Trap(Errno::Inval, c"WASI was given a flag or number that has no meaning");
const MISALIGNED: Stop = Stop::Trap(Errno::Fault, c"WASI was given an address that is not aligned");

const NO_MEMORY: Stop = Stop::Trap(Errno::Fault, c"WASI was called by a module that exports no memory named memory");

/// The memory that the calling instance exports as `memory`, as the rules for programs ask
/// (`legacy/application-abi.md`).
pub(crate) struct Guest<'i> {
    instance: Instance<'i>,
    memory: u32,
    /// Bytes that the call asks the host to go through.
    asked: Cell<u64>,
}

/// Address `addr`, if it is a multiple of `size`.
fn aligned(addr: u32, size: u32) -> Answer<u64> {
    if addr & size.wrapping_sub(1) == 0 { Ok(addr.into()) } else { Err(MISALIGNED) }
}

impl<'i> Guest<'i> {
    pub(crate) fn new(instance: Instance<'i>) -> Answer<Self> {
        let memory = instance.export_memory("memory").map_err(|_| NO_MEMORY)?;
        Ok(Guest { instance, memory, asked: Cell::new(0) })
    }
    /// Copies from the memory. Where nothing is copied, the address does not matter: it is not used.
    pub(crate) fn read(&self, addr: u64, bytes: &mut [u8]) -> Answer {
        if bytes.is_empty() {
            return Ok(());
        }
        self.instance.memory_read(self.memory, addr, bytes).map_err(|_| OUTSIDE)
    }
    /// Copies to the memory, as [`Guest::read`] does from it.
    pub(crate) fn write(&self, addr: u64, bytes: &[u8]) -> Answer {
        if bytes.is_empty() {
            return Ok(());
        }
        self.instance.memory_write(self.memory, addr, bytes).map_err(|_| OUTSIDE)
    }
    /// Checks that bytes are in the memory.
    pub(crate) fn check(&self, addr: u64, len: u64) -> Answer {
        let Ok(view) = self.instance.memory(self.memory) else { return Err(OUTSIDE) };
        if len == 0 || addr.checked_add(len).is_some_and(|end| end <= view.len) { Ok(()) } else { Err(OUTSIDE) }
    }
    /// Reads a record of `N` bytes that is aligned to `align`.
    pub(crate) fn record<const N: usize>(&self, addr: u32, align: u32) -> Answer<[u8; N]> {
        let mut bytes = [0; N];
        self.read(aligned(addr, align)?, &mut bytes)?;
        Ok(bytes)
    }
    /// Writes a record that is aligned to `align`.
    pub(crate) fn put_record(&self, addr: u32, align: u32, bytes: &[u8]) -> Answer {
        self.write(aligned(addr, align)?, bytes)
    }
    pub(crate) fn put_u16(&self, addr: u32, value: u16) -> Answer {
        self.put_record(addr, 2, &value.to_le_bytes())
    }
    pub(crate) fn put_u32(&self, addr: u32, value: u32) -> Answer {
        self.put_record(addr, 4, &value.to_le_bytes())
    }
    pub(crate) fn put_u64(&self, addr: u32, value: u64) -> Answer {
        self.put_record(addr, 8, &value.to_le_bytes())
    }

    /// Notes that the guest asks the host to go through so many bytes, whatever comes of it.
    pub(crate) fn asks(&self, bytes: u64) {
        self.asked.set(self.asked.get().saturating_add(bytes));
    }
    /// The bytes that were asked for.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.get()
    }

    /// Copies text into `scratch`.
    ///
    /// A text that does not fit is [`Errno::Nametoolong`], one that is not UTF-8 [`Errno::Ilseq`].
    pub(crate) fn text<'s>(&self, addr: u32, len: u32, scratch: &'s mut [u8]) -> Answer<&'s str> {
        self.check(addr.into(), len.into())?;
        let Some(room) = scratch.get_mut(..len as usize) else { return Err(Errno::Nametoolong.into()) };
        self.asks(len.into());
        self.read(addr.into(), room)?;
        core::str::from_utf8(room).map_err(|_| Errno::Ilseq.into())
    }
}

/// Stores little-endian numbers one behind the other; what does not fit is left out.
pub(crate) struct Record<const N: usize> {
    pub(crate) bytes: [u8; N],
}

impl<const N: usize> Record<N> {
    pub(crate) const fn new() -> Self {
        Record { bytes: [0; N] }
    }
    /// The record with these bytes at an offset.
    pub(crate) fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        if let Some(room) = self.bytes.get_mut(at..).and_then(|rest| rest.get_mut(..bytes.len())) {
            room.copy_from_slice(bytes);
        }
        self
    }
}

/// The number of `W` bytes at an offset of a record, 0 where it ends before.
pub(crate) fn number<const W: usize>(record: &[u8], at: usize) -> u64 {
    let field = record.get(at..).and_then(|rest| rest.get(..W)).unwrap_or(&[]);
    field.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// Pieces of memory that a call reads into or writes from (`$iovec_array`, `$ciovec_array`), with a place in them.
pub(crate) struct Vectors<'g, 'i> {
    guest: &'g Guest<'i>,
    array: u32,
    count: u32,
    /// The vector that the place is in, and how far into it.
    vector: u32,
    offset: u32,
    /// Bytes from the place on.
    left: u32,
}

impl<'g, 'i> Vectors<'g, 'i> {
    /// The vectors of an array; all that will be transferred is checked beforehand.
    pub(crate) fn new(guest: &'g Guest<'i>, array: u32, count: u32) -> Answer<Self> {
        aligned(array, 4)?;
        guest.check(array.into(), u64::from(count).saturating_mul(VECTOR))?;
        let mut vectors = Vectors { guest, array, count: count.min(MOST_VECTORS), vector: 0, offset: 0, left: 0 };
        for k in 0..vectors.count {
            let (addr, len) = vectors.at(k)?;
            guest.check(addr.into(), len.into())?;
            // The count of bytes has 32 bits.
            match vectors.left.checked_add(len) {
                Some(left) => vectors.left = left,
                None => return Err(Errno::Inval.into()),
            }
        }
        guest.asks(u64::from(vectors.count).saturating_mul(VECTOR).saturating_add(vectors.left.into()));
        Ok(vectors)
    }
    fn at(&self, k: u32) -> Answer<(u32, u32)> {
        let mut bytes = [0; VECTOR as usize];
        self.guest.read(u64::from(self.array).saturating_add(u64::from(k).saturating_mul(VECTOR)), &mut bytes)?;
        Ok((number::<4>(&bytes, 0) as u32, number::<4>(&bytes, 4) as u32))
    }
    /// Bytes that are left.
    pub(crate) fn left(&self) -> u32 {
        self.left
    }
    /// The next piece of at most `most` bytes; the place moves behind it.
    fn next(&mut self, most: usize) -> Answer<Option<(u64, usize)>> {
        while self.vector < self.count {
            let (addr, len) = self.at(self.vector)?;
            let rest = len.saturating_sub(self.offset);
            if rest == 0 {
                self.vector = self.vector.saturating_add(1);
                self.offset = 0;
                continue;
            }
            let piece = rest.min(u32::try_from(most).unwrap_or(u32::MAX));
            let from = u64::from(addr).saturating_add(self.offset.into());
            self.offset = self.offset.saturating_add(piece);
            self.left = self.left.saturating_sub(piece);
            return Ok(Some((from, piece as usize)));
        }
        Ok(None)
    }
    /// Stores the bytes at the place.
    pub(crate) fn scatter(&mut self, mut bytes: &[u8]) -> Answer {
        while !bytes.is_empty() {
            let Some((addr, len)) = self.next(bytes.len())? else { return Ok(()) };
            let Some((piece, rest)) = bytes.split_at_checked(len) else { return Ok(()) };
            self.guest.write(addr, piece)?;
            bytes = rest;
        }
        Ok(())
    }
    /// Collects bytes from the place into `room`; says how many.
    pub(crate) fn gather(&mut self, room: &mut [u8]) -> Answer<usize> {
        let mut done = 0usize;
        while let Some(rest) = room.get_mut(done..)
            && !rest.is_empty()
        {
            let Some((addr, len)) = self.next(rest.len())? else { break };
            let Some(piece) = rest.get_mut(..len) else { break };
            self.guest.read(addr, piece)?;
            done = done.saturating_add(len);
        }
        Ok(done)
    }
}
