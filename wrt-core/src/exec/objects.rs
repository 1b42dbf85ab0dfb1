//! Operators that make objects or move many elements: steps of the slow door.
//!
//! Operands lie in consecutive slots, a vector taking two. An allocation that finds no room collects
//! and tries again; it is charged for the bytes that it clears and for the collection.

use super::regs::{Ctx, Fp, set, slot};
use super::roots;
use super::slow::{DONE, STEP_BYTES, again, done, trap, units};
use super::state::{index_of, stop};
use crate::error::Reason;
use crate::module::layout::TypeEntry;
use crate::ops::slow::*;
use crate::runtime::heap::{self, HeapHeader, policy};
use crate::runtime::{constant, ops};

/// Makes an object of this descriptor: an array of `len` elements, or one of the descriptor's own size.
/// Gives it and the fuel of a collection.
pub(super) unsafe fn allocate(ctx: *mut Ctx, desc: u32, len: Option<u32>) -> Result<(u32, u64), Reason> {
    // SAFETY: the context is that of a running task, whose heap has such a descriptor.
    unsafe {
        let heap = (*ctx).heap.cast::<HeapHeader>();
        if heap.is_null() || desc == 0 {
            return Err(Reason::HeapExhausted);
        }
        let attempt = || match len {
            Some(len) => heap::alloc_array(heap, desc, len),
            None => heap::alloc(heap, desc, heap::descriptor(heap, desc).bytes as u64),
        };
        let mut fuel = 0;
        if (*heap).policy == policy::ALWAYS {
            fuel = collect(ctx);
        }
        if let Some(object) = attempt() {
            return Ok((object, fuel));
        }
        if (*heap).policy == policy::FORBIDDEN {
            return Err(Reason::HeapExhausted);
        }
        fuel += collect(ctx);
        attempt().map(|object| (object, fuel)).ok_or(Reason::HeapExhausted)
    }
}

/// Collects for the running task, which stands at the operation in `ctx.ip`.
pub(super) unsafe fn collect(ctx: *mut Ctx) -> u64 {
    // SAFETY: the context is that of a running task; the slow door noted where it stands.
    unsafe {
        let t = (*ctx).task;
        (*t).ip = (*ctx).ip.offset_from((*ctx).code) as u32;
        (*t).fp = index_of(t, (*ctx).fp);
        (*t).stop = stop::WITHIN;
        // A task that has not left its operations yet is not in the list (`call.rs`).
        roots::enlist(t);
        roots::collect((*ctx).inst)
    }
}

/// Writes a value that lies in slots as `bytes` bytes.
unsafe fn write(to: *mut u8, from: Fp, bytes: u32) {
    // SAFETY: the object has that many bytes there; the value's slots are the caller's.
    unsafe {
        let v = from.read().to_le_bytes();
        match bytes {
            16 => {
                to.cast::<u64>().write_unaligned(from.read().to_le());
                to.cast::<u64>().add(1).write_unaligned(from.add(1).read().to_le());
            }
            n => core::ptr::copy_nonoverlapping(v.as_ptr(), to, n as usize),
        }
    }
}

/// Whether `start..start + n` lies below `len`.
fn within(start: u64, n: u64, len: u64) -> bool {
    start <= len && n <= len - start
}

/// One step, as [`super::slow::step`]; `x` and `y` are the halves of a type index, `z` is a number
/// of elements, a segment, or 1 for defaults.
pub(super) unsafe fn step(ctx: *mut Ctx, at: Fp, id: u32, ty: u32, z: u32) -> u64 {
    // SAFETY: the validator checked the indices and types, the translator reserved the slots.
    unsafe {
        let inst = (*ctx).inst;
        let heap = (*ctx).heap.cast::<HeapHeader>();
        let module = ops::module_of(inst);
        let desc = if id < OBJECT_BULK { heap::desc_in(inst, ty) } else { 0 };
        let made = |object: u32, fuel: u64, bytes: u64| {
            set(at, 0, object as u64);
            done((fuel + units(bytes)).min(u32::MAX as u64))
        };
        match id {
            STRUCT_NEW => {
                let (object, fuel) = match allocate(ctx, desc, None) {
                    Ok(both) => both,
                    Err(reason) => return trap(reason),
                };
                let mut from = at;
                if z == 0 {
                    let entry = module.type_entry(ty).copied().unwrap_or(TypeEntry::default());
                    for f in module.fields(&entry) {
                        write(heap::payload(heap, object).add(f.offset as usize), from, f.ty.bytes());
                        from = from.add(f.ty.unpacked().slots() as usize);
                    }
                }
                made(object, fuel, 0)
            }
            ARRAY_NEW | ARRAY_NEW_DEFAULT | ARRAY_NEW_FIXED => {
                let bytes = heap::descriptor(heap, desc).bytes;
                let wide = if bytes == 16 { 2 } else { 1 };
                let len = match id {
                    ARRAY_NEW => slot(at, wide) as u32,
                    ARRAY_NEW_DEFAULT => slot(at, 0) as u32,
                    _ => z,
                };
                let (object, fuel) = match allocate(ctx, desc, Some(len)) {
                    Ok(both) => both,
                    Err(reason) => return trap(reason),
                };
                let to = heap::elements(heap, object);
                if id != ARRAY_NEW_DEFAULT {
                    let stride = if id == ARRAY_NEW { 0 } else { wide };
                    for i in 0..len as usize {
                        write(to.add(i * bytes as usize), at.add(i * stride), bytes);
                    }
                }
                made(object, fuel, len as u64 * bytes as u64)
            }
            ARRAY_NEW_DATA | ARRAY_NEW_ELEM => {
                let bytes = heap::descriptor(heap, desc).bytes;
                let (s, n) = (slot(at, 0) as u32, slot(at, 1) as u32);
                let (have, each, reason) = match id {
                    ARRAY_NEW_DATA => (ops::data_len(inst, z), bytes as u64, Reason::OutOfBoundsMemory),
                    _ => (ops::elem_len(inst, z), 1, Reason::OutOfBoundsTable),
                };
                if !within(s as u64, n as u64 * each, have) {
                    return trap(reason);
                }
                let (object, fuel) = match allocate(ctx, desc, Some(n)) {
                    Ok(both) => both,
                    Err(reason) => return trap(reason),
                };
                let to = heap::elements(heap, object);
                if id == ARRAY_NEW_DATA {
                    ops::copy_data(inst, z, s as u64, to, n as u64 * each);
                } else {
                    copy_elems(ctx, z, s, to, n);
                }
                made(object, fuel, n as u64 * bytes as u64)
            }
            ARRAY_FILL => {
                let object = slot(at, 0) as u32;
                if object == 0 {
                    return trap(Reason::NullReference);
                }
                let bytes = heap::descriptor(heap, heap::desc_of(heap, object)).bytes;
                let last = if bytes == 16 { 4 } else { 3 };
                let (d, n) = (slot(at, 1) as u32, slot(at, last) as u32);
                if !within(d as u64, n as u64, heap::array_len(heap, object) as u64) {
                    return trap(Reason::OutOfBoundsArray);
                }
                let now = n.min(STEP_BYTES as u32 / 16);
                let to = heap::elements(heap, object);
                for i in 0..now as usize {
                    write(to.add((d as usize + i) * bytes as usize), at.add(2), bytes);
                }
                set(at, 1, (d + now) as u64);
                set(at, last, (n - now) as u64);
                finish(now as u64 * bytes as u64, now == n)
            }
            ARRAY_COPY => {
                let (to, from) = (slot(at, 0) as u32, slot(at, 2) as u32);
                if to == 0 || from == 0 {
                    return trap(Reason::NullReference);
                }
                let bytes = heap::descriptor(heap, heap::desc_of(heap, to)).bytes;
                let (d, s, n) = (slot(at, 1) as u32, slot(at, 3) as u32, slot(at, 4) as u32);
                let fits = |object, i: u32| within(i as u64, n as u64, heap::array_len(heap, object) as u64);
                if !fits(to, d) || !fits(from, s) {
                    return trap(Reason::OutOfBoundsArray);
                }
                let now = n.min(STEP_BYTES as u32 / 16);
                // Overlapping runs are copied from the end that is not overwritten first.
                let skip = if d <= s { 0 } else { n - now };
                let place = |object, i: u32| heap::elements(heap, object).add((i + skip) as usize * bytes as usize);
                core::ptr::copy(place(from, s), place(to, d), now as usize * bytes as usize);
                if d <= s {
                    set(at, 1, (d + now) as u64);
                    set(at, 3, (s + now) as u64);
                }
                set(at, 4, (n - now) as u64);
                finish(now as u64 * bytes as u64, now == n)
            }
            ARRAY_INIT_DATA | ARRAY_INIT_ELEM => {
                let object = slot(at, 0) as u32;
                if object == 0 {
                    return trap(Reason::NullReference);
                }
                let bytes = heap::descriptor(heap, heap::desc_of(heap, object)).bytes;
                let (d, s, n) = (slot(at, 1) as u32, slot(at, 2) as u32, slot(at, 3) as u32);
                if !within(d as u64, n as u64, heap::array_len(heap, object) as u64) {
                    return trap(Reason::OutOfBoundsArray);
                }
                let data = id == ARRAY_INIT_DATA;
                let each = if data { bytes } else { 1 };
                let have = if data { ops::data_len(inst, z) } else { ops::elem_len(inst, z) };
                if !within(s as u64, n as u64 * each as u64, have) {
                    return trap(if data { Reason::OutOfBoundsMemory } else { Reason::OutOfBoundsTable });
                }
                let now = n.min(STEP_BYTES as u32 / 16);
                let to = heap::elements(heap, object).add(d as usize * bytes as usize);
                if data {
                    ops::copy_data(inst, z, s as u64, to, now as u64 * bytes as u64);
                } else {
                    copy_elems(ctx, z, s, to, now);
                }
                set(at, 1, (d + now) as u64);
                set(at, 2, (s + now * each) as u64);
                set(at, 3, (n - now) as u64);
                finish(now as u64 * bytes as u64, now == n)
            }
            _ => trap(Reason::Internal),
        }
    }
}

fn finish(bytes: u64, all: bool) -> u64 {
    if all { done(units(bytes)) } else { again(units(bytes)) }
}

/// Copies `n` elements of an element segment, which has them.
unsafe fn copy_elems(ctx: *mut Ctx, segment: u32, src: u32, to: *mut u8, n: u32) {
    // SAFETY: the caller checked the range; elements are references of eight bytes.
    unsafe {
        let items = ops::elem_items((*ctx).inst, segment);
        for (k, &item) in items.iter().skip(src as usize).take(n as usize).enumerate() {
            to.cast::<u64>().add(k).write(constant::element((*ctx).inst, item));
        }
    }
}

const _: () = assert!(DONE == 0);
