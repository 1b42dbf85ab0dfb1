//! The heap of a group: the region in which exceptions lie.
//!
//! Owns the division of a lent region into descriptors and objects, which are named by their offsets.
//! Nothing is given back. Knows nothing of who refers to an object.

use crate::arena::{Arena, round_up};
use crate::error::{Error, Reason};
use crate::runtime::layout::InstanceHeader;
use crate::types::ValType;
use core::ptr;

/// First bytes of a heap.
#[repr(C, align(16))]
pub(crate) struct HeapHeader {
    /// Bytes of the region, and those that are taken.
    size: u64,
    used: u64,
}

/// Before an object's payload: its descriptor's offset, and the payload's bytes.
const OBJECT_HEADER: u64 = 8;

/// The heap of the group of `inst`; null where it has none.
///
/// # Safety
/// `inst` is live and has joined its group.
pub(crate) unsafe fn of(inst: *mut InstanceHeader) -> *mut HeapHeader {
    // SAFETY: `root` is the address of the group's first instance, which lives as long.
    unsafe {
        let root = ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize);
        ptr::with_exposed_provenance_mut((*root).heap as usize)
    }
}

/// Makes the rest of `arena` the heap of the group of `inst`.
///
/// # Errors
/// [`Reason::HeapRegion`].
///
/// # Safety
/// `inst` is live and has joined its group; the arena is lent for as long as the group lives.
pub(crate) unsafe fn found(inst: *mut InstanceHeader, mut arena: Arena<'_>) -> Result<(), Error> {
    let size = arena.remaining() as u64 & !15;
    let least = size_of::<HeapHeader>() as u64;
    if size < least {
        return Err(Error::new(Reason::HeapRegion).need(least));
    }
    let heap = arena.take(size)?.cast::<HeapHeader>();
    // SAFETY: the region was just taken and holds a header.
    unsafe {
        heap.write(HeapHeader { size: size.min(u32::MAX as u64 & !15), used: least });
        let root = ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize);
        (*root).heap = heap.expose_provenance() as u64;
    }
    Ok(())
}

unsafe fn take(heap: *mut HeapHeader, bytes: u64) -> Option<u32> {
    // SAFETY: the heap is live; what is taken lies within its size.
    unsafe {
        let at = (*heap).used;
        if round_up(bytes) > (*heap).size - at {
            return None;
        }
        (*heap).used = at + round_up(bytes);
        heap.cast::<u8>().add(at as usize).write_bytes(0, round_up(bytes) as usize);
        Some(at as u32)
    }
}

/// Makes a descriptor for exceptions that carry `params`; its offset is the tag's identity.
///
/// # Safety
/// `heap` is live.
pub(crate) unsafe fn describe_tag(heap: *mut HeapHeader, params: &[ValType]) -> Option<u32> {
    // SAFETY: as the caller vouches; the descriptor has eight bytes.
    unsafe {
        let at = take(heap, 8)?;
        heap.cast::<u8>().add(at as usize).cast::<u32>().write(params.len() as u32);
        Some(at)
    }
}

/// Makes an object; its payload is zero.
///
/// # Safety
/// `heap` is live, `desc` one of its descriptors.
pub(crate) unsafe fn alloc(heap: *mut HeapHeader, desc: u32, payload: u32) -> Option<u32> {
    // SAFETY: as the caller vouches; the object has room for its header.
    unsafe {
        let at = take(heap, OBJECT_HEADER + payload as u64)?;
        let header = heap.cast::<u8>().add(at as usize).cast::<u32>();
        header.write(desc);
        header.add(1).write(payload);
        Some(at)
    }
}

/// The descriptor of an object.
///
/// # Safety
/// `heap` is live, `object` one of its objects.
pub(crate) unsafe fn desc_of(heap: *mut HeapHeader, object: u32) -> u32 {
    // SAFETY: as the caller vouches.
    unsafe { heap.cast::<u8>().add(object as usize).cast::<u32>().read() }
}

/// The payload of an object.
///
/// # Safety
/// As for [`desc_of`].
pub(crate) unsafe fn payload(heap: *mut HeapHeader, object: u32) -> *mut u8 {
    // SAFETY: as the caller vouches.
    unsafe { heap.cast::<u8>().add(object as usize + OBJECT_HEADER as usize) }
}

/// Whether an object may lie at this offset: one that is never followed out of the region.
///
/// # Safety
/// `heap` is live.
pub(crate) unsafe fn is_object(heap: *mut HeapHeader, at: u64) -> bool {
    // SAFETY: as the caller vouches; the header of an object is read only where it lies in the heap.
    unsafe {
        let first = size_of::<HeapHeader>() as u64;
        if at < first || !at.is_multiple_of(8) || at.saturating_add(OBJECT_HEADER) > (*heap).used {
            return false;
        }
        let bytes = heap.cast::<u8>().add(at as usize).cast::<u32>().add(1).read();
        at + OBJECT_HEADER + bytes as u64 <= (*heap).used
    }
}

/// Points the group of `inst` at a heap whose bytes were copied to the front of `arena`.
///
/// # Errors
/// [`Reason::HeapRegion`].
///
/// # Safety
/// As for [`found`].
pub(crate) unsafe fn restore(inst: *mut InstanceHeader, mut arena: Arena<'_>) -> Result<(), Error> {
    let heap = arena.base().cast::<HeapHeader>();
    let room = arena.remaining() as u64;
    let least = size_of::<HeapHeader>() as u64;
    // SAFETY: the header is read only where the region holds one.
    unsafe {
        let (size, used) = if room < least { (least, least) } else { ((*heap).size, (*heap).used) };
        if size > room || used > size {
            return Err(Error::new(Reason::HeapRegion).need(size));
        }
        arena.take(size)?;
        let root = ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize);
        (*root).heap = heap.expose_provenance() as u64;
    }
    Ok(())
}
