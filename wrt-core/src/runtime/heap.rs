//! The garbage-collected region of a group: blocks, descriptors, allocation, mark and sweep.
//!
//! ```text
//! HeapHeader │ block │ block │ … │ frontier ─ untouched ─ │ size
//! ```
//!
//! Everything is addressed by byte offsets from the header, so that the region's bytes are the same
//! on every target and can be copied elsewhere. A block starts with two words of 32 bits. Of an
//! object these are the offset of its *descriptor* and the mark; of a free block, [`FREE`] and the
//! next one of its bin; a descriptor is a block that is never freed. Objects do not move. Marking
//! threads the grey objects through their mark words, so that it needs neither recursion nor room.
//! Knows nothing of where roots are; `exec/roots.rs` does.

use crate::arena::Arena;
use crate::budget::Proposals;
use crate::error::{Error, Reason};
use crate::module::layout::{FieldEntry, TypeEntry};
use crate::module::object::{BLOCK_HEADER, DESCRIPTOR_BYTES, LEAST_BLOCK, block_bytes, descriptor_bytes, field_refs};
pub(crate) use crate::module::object::{HEAP_HEADER_BYTES, Traced, array_bytes, traced, type_descriptor_bytes};
use crate::runtime::access::{at, module_of};
use crate::runtime::layout::InstanceHeader;
use crate::subtype::{TypeKind, TypeSpace};
use crate::types::ValType;
use core::ptr;

/// Whether there is anything in this build that lies on a heap; without it, a region that is lent for one is left alone.
pub(crate) const BUILT: bool = Proposals::GC.is_built() || Proposals::EXCEPTION_HANDLING.is_built();

/// First bytes of the region.
#[repr(C, align(16))]
pub(crate) struct HeapHeader {
    pub(crate) token: u32,
    /// Bytes of the region, a multiple of 16.
    pub(crate) size: u32,
    /// One past the last block.
    pub(crate) frontier: u32,
    /// [`policy`]
    pub(crate) policy: u32,
    /// Bytes of the blocks in use, descriptors included.
    pub(crate) used: u32,
    /// Most bytes in use at once.
    pub(crate) peak: u32,
    /// Collections so far.
    pub(crate) collections: u32,
    /// First grey object while marking.
    grey: u32,
    /// Bins that are not empty.
    full: u64,
    /// First free block of each bin.
    bins: [u32; BINS],
}

const _: () = assert!(size_of::<HeapHeader>() as u64 == HEAP_HEADER_BYTES);

/// `HeapHeader::token`: "WRTh".
pub(crate) const HEAP_TOKEN: u32 = u32::from_le_bytes(*b"WRTh");

/// When the engine may collect by itself.
pub(crate) mod policy {
    /// When an allocation finds no room.
    pub(crate) const AUTOMATIC: u32 = 0;
    /// Never.
    pub(crate) const FORBIDDEN: u32 = 1;
    /// At every allocation.
    pub(crate) const ALWAYS: u32 = 2;
}

/// Sizes up to this have a bin each, at every multiple of 8; larger ones one for each power of two.
const EXACT: u32 = 256;
const EXACT_BINS: usize = EXACT as usize / 8;
const BINS: usize = 58;

/// First word of a free block; its second links to the next of the bin, its third is its size.
const FREE: u32 = 1;
/// First word of a descriptor; its second is its size.
const DESCRIPTOR: u32 = 2;
/// A block of eight bytes, into which nothing fits, until a sweep joins it to another.
const FILLER: u32 = 3;
/// Bit of a mark word: the object is reachable. The rest is the next grey object.
const MARKED: u32 = 1;

/// What a heap type describes at run time.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Descriptor {
    block: [u32; 2],
    /// [`kind`]
    pub(crate) kind: u32,
    /// Structures and exceptions: bytes of the payload. Arrays: bytes of an element.
    pub(crate) bytes: u32,
    /// Descriptor of the supertype, 0 for none.
    pub(crate) above: u32,
    /// Offsets of references that follow: in the payload, or in an element; see [`Traced`].
    refs: u32,
}

const _: () = assert!(size_of::<Descriptor>() as u64 == DESCRIPTOR_BYTES);

/// Kinds of objects.
pub(crate) mod kind {
    pub(crate) const STRUCT: u32 = 1;
    pub(crate) const ARRAY: u32 = 2;
    pub(crate) const EXCEPTION: u32 = 3;
}

/// Bit of a reference between the hierarchies `any` and `extern`: it is of the other one. So a
/// host's references have it clear.
pub(crate) const OUTSIDE: u64 = 1 << 63;

/// The object that a reference is to; `None` for null, an `i31` or a host's value.
pub(crate) fn object_of(bits: u64, how: Traced) -> Option<u32> {
    let internal = if how == Traced::External { bits ^ OUTSIDE } else { bits };
    let is_object = internal != 0 && internal & 7 == 0 && internal <= u32::MAX as u64;
    is_object.then_some(internal as u32)
}

/// The heap of an instance's group; null where it has none.
///
/// # Safety
/// `inst` is live, and its group with it.
#[inline]
pub(crate) unsafe fn of(inst: *mut InstanceHeader) -> *mut HeapHeader {
    if !Proposals::GC.is_built() {
        return ptr::null_mut();
    }
    // SAFETY: `root` is the address of a live instance, whose binding word names a heap or is 0.
    unsafe {
        let root = ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize);
        if root.is_null() { ptr::null_mut() } else { ptr::with_exposed_provenance_mut((*root).heap as usize) }
    }
}

/// Makes the rest of `region` the heap of the group of `inst`.
///
/// # Errors
/// [`Reason::HeapRegion`].
///
/// # Safety
/// `inst` is live and has joined its group; the region is lent for as long as the group lives.
pub(crate) unsafe fn found(inst: *mut InstanceHeader, mut region: Arena<'_>) -> Result<(), Error> {
    if !Proposals::GC.is_built() {
        return Err(Error::new(Reason::HeapRegion));
    }
    let size = (region.remaining() as u64).min(u32::MAX as u64) & !15;
    if size < HEAP_HEADER_BYTES {
        return Err(Error::new(Reason::HeapRegion).need(HEAP_HEADER_BYTES));
    }
    let heap = region.take(size)?.cast::<HeapHeader>();
    let header = HeapHeader {
        token: HEAP_TOKEN,
        size: size as u32,
        frontier: HEAP_HEADER_BYTES as u32,
        policy: policy::AUTOMATIC,
        used: 0,
        peak: 0,
        collections: 0,
        grey: 0,
        full: 0,
        bins: [0; BINS],
    };
    // SAFETY: the region was just taken and has room for the header.
    unsafe {
        heap.write(header);
        set(inst, heap);
    }
    Ok(())
}

/// Makes the bytes at the front of `region`, copied from another heap, the heap of the group of `inst`.
///
/// # Errors
/// [`Reason::HeapRegion`].
///
/// # Safety
/// As for [`found`]; the bytes are those of a heap of such a group.
pub(crate) unsafe fn restore(inst: *mut InstanceHeader, mut region: Arena<'_>) -> Result<(), Error> {
    let room = region.remaining() as u64;
    let heap = region.base().cast::<HeapHeader>();
    // SAFETY: the header is read only where the region holds one.
    unsafe {
        if room < HEAP_HEADER_BYTES || (*heap).token != HEAP_TOKEN {
            return Err(Error::new(Reason::HeapRegion).need(HEAP_HEADER_BYTES));
        }
        let size = (*heap).size as u64;
        if size > room || (*heap).frontier as u64 > size || ((*heap).frontier as u64) < HEAP_HEADER_BYTES {
            return Err(Error::new(Reason::HeapRegion).need(size));
        }
        region.take(size)?;
        set(inst, heap);
    }
    Ok(())
}

/// Names the heap in the group's first instance.
unsafe fn set(inst: *mut InstanceHeader, heap: *mut HeapHeader) {
    // SAFETY: the instance has joined its group, whose root is live.
    unsafe {
        let root = ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize);
        (*root).heap = heap.expose_provenance() as u64;
    }
}

/// Takes back a heap in which nothing came about.
///
/// # Safety
/// As for [`found`].
pub(crate) unsafe fn forget(inst: *mut InstanceHeader) {
    // SAFETY: as for `set`.
    unsafe { (*ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize)).heap = 0 }
}

/// The word at an offset.
#[inline]
unsafe fn word(heap: *mut HeapHeader, offset: u32) -> *mut u32 {
    // SAFETY: offsets of blocks lie below the frontier, and blocks hold whole words.
    unsafe { heap.cast::<u8>().add(offset as usize).cast() }
}

/// Where an object's fields or elements are; an array's length comes first, in eight bytes.
///
/// # Safety
/// `object` is one of the heap.
#[inline]
pub(crate) unsafe fn payload(heap: *mut HeapHeader, object: u32) -> *mut u8 {
    // SAFETY: as the caller vouches.
    unsafe { heap.cast::<u8>().add((object + BLOCK_HEADER) as usize) }
}

/// The descriptor of an object.
///
/// # Safety
/// As for [`payload`].
#[inline]
pub(crate) unsafe fn desc_of(heap: *mut HeapHeader, object: u32) -> u32 {
    // SAFETY: as the caller vouches.
    unsafe { word(heap, object).read() }
}

/// What stands in a descriptor.
///
/// # Safety
/// `desc` is a descriptor of the heap.
#[inline]
pub(crate) unsafe fn descriptor(heap: *mut HeapHeader, desc: u32) -> Descriptor {
    // SAFETY: as the caller vouches; blocks are 8-aligned.
    unsafe { word(heap, desc).cast::<Descriptor>().read() }
}

/// Length of an array.
///
/// # Safety
/// `object` is an array of the heap.
#[inline]
pub(crate) unsafe fn array_len(heap: *mut HeapHeader, object: u32) -> u32 {
    // SAFETY: an array's payload begins with its length.
    unsafe { payload(heap, object).cast::<u32>().read() }
}

/// Address of an array's first element.
///
/// # Safety
/// `object` is an array of the heap.
#[inline]
pub(crate) unsafe fn elements(heap: *mut HeapHeader, object: u32) -> *mut u8 {
    // SAFETY: the elements follow the length.
    unsafe { payload(heap, object).add(8) }
}

/// Whether an object is of the type of descriptor `wanted`, or below it.
///
/// # Safety
/// `object` is one of the heap.
pub(crate) unsafe fn is_a(heap: *mut HeapHeader, object: u32, wanted: u32) -> bool {
    // SAFETY: descriptors form chains that end at 0, as short as those of the types.
    unsafe {
        let mut at = desc_of(heap, object);
        while at != 0 {
            if at == wanted {
                return true;
            }
            at = descriptor(heap, at).above;
        }
        false
    }
}

/// Whether an object starts at `offset`: for numbers that come from the embedder. Walks the blocks.
///
/// # Safety
/// The heap is live.
pub(crate) unsafe fn is_object(heap: *mut HeapHeader, offset: u32) -> bool {
    // SAFETY: blocks lie one behind the other up to the frontier.
    unsafe {
        let mut at = size_of::<HeapHeader>() as u32;
        while at < offset && at < (*heap).frontier {
            at += block_size(heap, at);
        }
        at == offset && at < (*heap).frontier && !matches!(word(heap, at).read(), FREE | DESCRIPTOR | FILLER)
    }
}

/// Bytes of a whole block.
unsafe fn block_size(heap: *mut HeapHeader, block: u32) -> u32 {
    // SAFETY: the caller gives a block.
    unsafe {
        let size = match word(heap, block).read() {
            FILLER => return BLOCK_HEADER,
            FREE => word(heap, block).add(2).read(),
            DESCRIPTOR => word(heap, block).add(1).read(),
            desc => {
                let d = descriptor(heap, desc);
                let bytes =
                    if d.kind == kind::ARRAY { array_bytes(d.bytes, array_len(heap, block)) } else { d.bytes as u64 };
                block_bytes(bytes)
            }
        };
        // Never 0, so that a walk ends whatever stands there.
        size.max(LEAST_BLOCK)
    }
}

fn bin_of(size: u32) -> usize {
    if size <= EXACT {
        (size as usize / 8).saturating_sub(1)
    } else {
        // 257..511 have 8 bits left behind the top one, and so on.
        EXACT_BINS + (size.ilog2() - EXACT.ilog2()) as usize
    }
}

unsafe fn put_free(heap: *mut HeapHeader, block: u32, size: u32) {
    let bin = bin_of(size);
    // SAFETY: the block is 8 bytes at least, below the frontier; there is a bin for every size.
    unsafe {
        if size < LEAST_BLOCK {
            word(heap, block).write(FILLER);
        } else if let Some(head) = (*heap).bins.get_mut(bin) {
            word(heap, block).write(FREE);
            word(heap, block).add(1).write(*head);
            word(heap, block).add(2).write(size);
            *head = block;
            (*heap).full |= 1 << bin;
        }
    }
}

/// Takes the first block of `bin` that is large enough.
unsafe fn take_free(heap: *mut HeapHeader, bin: usize, size: u32) -> Option<u32> {
    // SAFETY: bins hold free blocks, each linked to the next.
    unsafe {
        let head = (*heap).bins.get_mut(bin)?;
        let mut link: *mut u32 = head;
        while *link != 0 {
            let block = *link;
            if word(heap, block).add(2).read() >= size {
                *link = word(heap, block).add(1).read();
                if (*heap).bins.get(bin) == Some(&0) {
                    (*heap).full &= !(1 << bin);
                }
                return Some(block);
            }
            link = word(heap, block).add(1);
        }
        None
    }
}

/// A block of exactly `size` bytes, its contents undefined.
unsafe fn take_block(heap: *mut HeapHeader, size: u32) -> Option<u32> {
    // SAFETY: as for `alloc`.
    unsafe {
        let own = bin_of(size);
        let mut found = take_free(heap, own, size);
        if found.is_none() {
            // Every block of a later bin is large enough.
            let later = (*heap).full & !((2u64 << own) - 1);
            if later != 0 {
                found = take_free(heap, later.trailing_zeros() as usize, size);
            }
        }
        if let Some(block) = found {
            let rest = word(heap, block).add(2).read() - size;
            if rest != 0 {
                put_free(heap, block + size, rest);
            }
            return Some(block);
        }
        bump(heap, size)
    }
}

/// A block from the untouched end.
unsafe fn bump(heap: *mut HeapHeader, size: u32) -> Option<u32> {
    // SAFETY: the heap is live.
    unsafe {
        if size > (*heap).size - (*heap).frontier {
            return None;
        }
        let block = (*heap).frontier;
        (*heap).frontier += size;
        Some(block)
    }
}

unsafe fn count_in(heap: *mut HeapHeader, size: u32) {
    // SAFETY: the heap is live.
    unsafe {
        (*heap).used += size;
        (*heap).peak = (*heap).peak.max((*heap).used);
    }
}

/// Makes an object of `bytes` payload bytes, all zero; `None` when no room is left.
///
/// # Safety
/// The heap is live, `desc` one of its descriptors.
pub(crate) unsafe fn alloc(heap: *mut HeapHeader, desc: u32, bytes: u64) -> Option<u32> {
    let size = block_bytes(bytes);
    // SAFETY: the block has `size` bytes.
    unsafe {
        let block = take_block(heap, size)?;
        word(heap, block).cast::<u8>().write_bytes(0, size as usize);
        word(heap, block).write(desc);
        count_in(heap, size);
        Some(block)
    }
}

/// Makes an array of zeros; `None` when no room is left.
///
/// # Safety
/// The heap is live, `desc` the descriptor of an array type.
pub(crate) unsafe fn alloc_array(heap: *mut HeapHeader, desc: u32, len: u32) -> Option<u32> {
    // SAFETY: as the caller vouches.
    unsafe {
        let object = alloc(heap, desc, array_bytes(descriptor(heap, desc).bytes, len))?;
        payload(heap, object).cast::<u32>().write(len);
        Some(object)
    }
}

/// Makes a descriptor; `refs` are offsets with [`Traced`] in the lowest bit.
///
/// # Safety
/// The heap is live; `above` is 0 or a descriptor of it.
pub(crate) unsafe fn describe(
    heap: *mut HeapHeader,
    kind: u32,
    bytes: u32,
    above: u32,
    refs: impl Iterator<Item = u32> + Clone,
) -> Option<u32> {
    let count = refs.clone().count() as u32;
    let size = descriptor_bytes(count).min(!7u32 as u64) as u32;
    // SAFETY: the block has room for the descriptor and its references.
    unsafe {
        let block = take_block(heap, size)?;
        // Behind an odd number of references four bytes are left; the state's hash reads them too.
        word(heap, block).cast::<u8>().write_bytes(0, size as usize);
        let header = Descriptor { block: [DESCRIPTOR, size], kind, bytes, above, refs: count };
        word(heap, block).cast::<Descriptor>().write(header);
        for (k, offset) in refs.enumerate() {
            word(heap, block + size_of::<Descriptor>() as u32).add(k).write(offset);
        }
        count_in(heap, size);
        Some(block)
    }
}

/// The descriptor of an exception's payload: its values in slots. Its offset is the tag's identity.
///
/// # Safety
/// The heap is live.
pub(crate) unsafe fn describe_tag(heap: *mut HeapHeader, types: &impl TypeSpace, params: &[ValType]) -> Option<u32> {
    let slots = params.iter().fold(0, |sum, ty| sum + ty.slots());
    let refs = params.iter().scan(0, |slot, &ty| {
        let at = *slot * 8;
        *slot += ty.slots();
        Some(traced(types, ty).map(|how| at | how as u32))
    });
    // SAFETY: as the caller vouches.
    unsafe { describe(heap, kind::EXCEPTION, slots * 8, 0, refs.flatten()) }
}

/// Makes the descriptor of a structure or array type.
///
/// # Safety
/// As for [`describe`].
pub(crate) unsafe fn describe_type(
    heap: *mut HeapHeader,
    types: &impl TypeSpace,
    ty: &TypeEntry,
    fields: &[FieldEntry],
    above: u32,
) -> Option<u32> {
    let kind = if ty.kind == TypeKind::Array { kind::ARRAY } else { kind::STRUCT };
    // SAFETY: as the caller vouches.
    unsafe { describe(heap, kind, ty.bytes, above, field_refs(types, fields)) }
}

/// The descriptor of a defined type in an instance.
///
/// # Safety
/// `inst` is live; `index` is the canonical index of a structure or array type of its module.
#[inline]
pub(crate) unsafe fn desc_in(inst: *mut InstanceHeader, index: u32) -> u32 {
    // SAFETY: there is a word for each type of the module.
    unsafe {
        debug_assert!(index < module_of(inst).header().types.len);
        at::<u32>(inst, (*inst).descs).add(index as usize).read()
    }
}

// ---- collection ----

/// Makes the object that a reference is to grey, unless it is marked.
///
/// # Safety
/// The heap is live; `bits` is null, no object, or one of the heap's.
pub(crate) unsafe fn mark(heap: *mut HeapHeader, bits: u64, how: Traced) {
    let Some(object) = object_of(bits, how) else { return };
    // SAFETY: as the caller vouches.
    unsafe {
        let link = word(heap, object).add(1);
        if *link & MARKED == 0 {
            *link = (*heap).grey | MARKED;
            (*heap).grey = object;
        }
    }
}

/// Marks everything that grey objects reach; returns how many references were looked at.
///
/// # Safety
/// The heap is live.
pub(crate) unsafe fn trace(heap: *mut HeapHeader) -> u64 {
    let mut seen = 0;
    // SAFETY: grey objects are objects of the heap; their descriptors say where references are.
    unsafe {
        while (*heap).grey != 0 {
            let object = (*heap).grey;
            let link = word(heap, object).add(1);
            (*heap).grey = *link & !MARKED;
            *link = MARKED;
            seen += 1;
            let desc = desc_of(heap, object);
            let d = descriptor(heap, desc);
            let offsets = word(heap, desc + size_of::<Descriptor>() as u32);
            let (mut base, mut count) = (payload(heap, object), 1);
            if d.kind == kind::ARRAY {
                (base, count) = (elements(heap, object), if d.refs == 0 { 0 } else { array_len(heap, object) });
            }
            for i in 0..count {
                let at = base.add(i as usize * d.bytes as usize);
                for k in 0..d.refs as usize {
                    let offset = offsets.add(k).read();
                    let how = if offset & 1 == 0 { Traced::Internal } else { Traced::External };
                    mark(heap, at.add((offset & !1) as usize).cast::<u64>().read(), how);
                    seen += 1;
                }
            }
        }
    }
    seen
}

/// Frees what is not marked and joins what is free; returns how many blocks there were.
///
/// # Safety
/// The heap is live and marked from every root.
pub(crate) unsafe fn sweep(heap: *mut HeapHeader) -> u64 {
    let mut blocks = 0;
    // SAFETY: blocks lie one behind the other up to the frontier.
    unsafe {
        (*heap).bins = [0; BINS];
        (*heap).full = 0;
        (*heap).used = 0;
        let end = (*heap).frontier;
        let mut at = size_of::<HeapHeader>() as u32;
        // Start of the free run that ends at `at`.
        let mut free = at;
        while at < end {
            let size = block_size(heap, at);
            let first = word(heap, at).read();
            let live = match first {
                FREE | FILLER => false,
                DESCRIPTOR => true,
                _ => {
                    let link = word(heap, at).add(1);
                    let marked = *link & MARKED != 0;
                    *link = 0;
                    marked
                }
            };
            if live {
                if free != at {
                    put_free(heap, free, at - free);
                }
                (*heap).used += size;
                free = at + size;
            }
            at += size;
            blocks += 1;
        }
        // What is free at the end is untouched again.
        (*heap).frontier = free;
        (*heap).collections += 1;
    }
    blocks
}
