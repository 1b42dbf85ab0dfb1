//! Exceptions in flight: from the place that throws to the handler, over the task's frames.
//!
//! Owns the search for the handler. It looks at the frames first and changes nothing: an exception that
//! nothing catches leaves the task as it stood at the throw. Reads the records that
//! `translate/handlers.rs` describes and writes.

use super::cross::{Call, Crossed, Record};
use super::dispatch;
use super::objects;
use super::place::function_at;
use super::regs::{Ctx, f0, f1, n23, slot, word};
use super::state::{TaskHeader, home, index_of, slot_at, stop};
use crate::budget::Proposals;
use crate::error::{Error, Reason};
use crate::module::layout::{FUNC_HANDLES, FuncEntry};
use crate::ops::{self as isa, catch};
use crate::runtime::layout::InstanceHeader;
use crate::runtime::{exception, heap, ops};
use crate::types::slots;

/// Records and clauses of one function that are looked at for one unit of fuel.
const CHARGED: i64 = 64;

/// A place that an exception passes.
#[derive(Clone, Copy)]
struct At {
    inst: *mut InstanceHeader,
    /// Code word of the operation that throws, or of a call.
    word: u32,
    /// First slot of the frame.
    fp: u32,
}

/// Where an exception is caught.
struct Landing {
    /// Code word of the landing, and the first slot of the payload in its frame.
    target: u32,
    slot: u32,
    /// Slots that the exception's values take.
    values: usize,
    /// What the clause says, see [`catch`].
    what: u32,
}

/// How an exception was thrown.
pub(super) struct Throw {
    /// The exception.
    pub(super) object: u32,
    /// Fuel that the throw, or the call that it came out of, settles.
    pub(super) cost: u32,
    /// Code word, and whether its frame is gone: a tail call came out of it.
    pub(super) word: u32,
    pub(super) gone: bool,
}

/// At `THROW` or `THROW_REF`.
pub(super) unsafe fn thrown(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    inst: *mut InstanceHeader,
    exit: u32,
) -> Result<Crossed, Error> {
    // SAFETY: the context stands at the operation that `exit` names; its operands are slots of the frame.
    unsafe {
        let (ip, fp) = ((*ctx).ip, (*ctx).fp);
        let object = if exit == dispatch::THROW { make(ctx, inst)? } else { slot(fp, f1(ip)) as u32 };
        if object == 0 {
            return Err(Error::new(Reason::NullReference));
        }
        let word = ip.offset_from((*ctx).code) as u32;
        raise(t, ctx, &Throw { object, cost: (ip.add(1).read() >> 32) as u32, word, gone: false })
    }
}

/// Makes the exception of `THROW`.
unsafe fn make(ctx: *mut Ctx, inst: *mut InstanceHeader) -> Result<u32, Reason> {
    // SAFETY: as for `thrown`; an exception has room for what its tag says.
    unsafe {
        let (ip, fp) = ((*ctx).ip, (*ctx).fp);
        let tag = word(ip, 1) as u32;
        let desc = exception::identity(inst, tag).ok_or(Reason::Internal)?;
        let (object, fuel) = objects::allocate(ctx, desc, None)?;
        (*ctx).fuel -= fuel.min(u32::MAX as u64) as i64;
        let values = ops::module_of(inst).tag_type(tag).map_or(0, |ty| slots(ty.params));
        let payload = heap::payload(heap::of(inst), object).cast::<u64>();
        payload.copy_from_nonoverlapping(fp.add(f1(ip)), values);
        Ok(object)
    }
}

/// A host function that was called by `call`, with the context at the caller's operation, threw `object`.
pub(super) unsafe fn thrown_by_host(
    t: *mut TaskHeader,
    ctx: *mut Ctx,
    object: u32,
    call: &Call,
) -> Result<Crossed, Error> {
    // SAFETY: as the caller vouches.
    unsafe {
        let word = (*ctx).ip.offset_from((*ctx).code) as u32;
        raise(t, ctx, &Throw { object, cost: call.cost, word, gone: call.tail })
    }
}

/// Takes an exception to its handler.
///
/// # Errors
/// [`Reason::UncaughtException`], the task being as it was; its detail is the exception.
///
/// # Safety
/// The context describes the task's innermost frame; `throw.object` is an exception of the group.
pub(super) unsafe fn raise(t: *mut TaskHeader, ctx: *mut Ctx, throw: &Throw) -> Result<Crossed, Error> {
    if !Proposals::EXCEPTION_HANDLING.is_built() {
        return Err(Error::new(Reason::Internal));
    }
    // SAFETY: as the caller vouches; a handler's slots lie below its frame's size.
    unsafe {
        let heap = heap::of((*ctx).inst);
        let desc = if heap.is_null() { 0 } else { heap::desc_of(heap, throw.object) };
        let mut at = At { inst: (*ctx).inst, word: throw.word, fp: index_of(t, (*ctx).fp) };
        let mut gone = throw.gone;
        let (mut left, mut charge) = (0, throw.cost as i64);
        let found = loop {
            let Some((_, entry)) = function_at(ops::module_of(at.inst), at.word) else { break None };
            if !gone && let Some(landing) = handler(at, entry, desc, &mut charge) {
                break Some(landing);
            }
            gone = false;
            left += 1;
            match caller(t, at, entry) {
                Some(next) => at = next,
                None => break None,
            }
        };
        let Some(landing) = found else {
            (*t).exception = throw.object;
            exception::leave_over((*ctx).inst, throw.object);
            return Err(Error::new(Reason::UncaughtException).detail(throw.object as u64));
        };
        let mut to = slot_at(t, at.fp + landing.slot);
        if landing.what & catch::FIRST != 0 {
            to.write(throw.object as u64);
            to = to.add(1);
        }
        to.copy_from_nonoverlapping(heap::payload(heap, throw.object).cast::<u64>(), landing.values);
        if landing.what & (catch::REF | catch::FIRST) == catch::REF {
            to.add(landing.values).write(throw.object as u64);
        }
        (*ctx).fuel -= charge;
        (*ctx).slack += left;
        (*ctx).fp = slot_at(t, at.fp);
        (*ctx).top = (*ctx).fp;
        (*ctx).ip = code_of(at.inst).add(landing.target as usize);
        (*t).current = (*at.inst).id;
        (*t).stop = stop::LANDING;
        Ok(Crossed::On)
    }
}

unsafe fn code_of(inst: *mut InstanceHeader) -> *const u64 {
    // SAFETY: the instance is live, and its module with it.
    unsafe {
        let module = ops::module_of(inst);
        module.base().add(module.header().code.off as usize).cast()
    }
}

/// The place where the frame at `at`, of the function with this entry, was called; `None` for a root.
unsafe fn caller(t: *mut TaskHeader, at: At, entry: &FuncEntry) -> Option<At> {
    // SAFETY: the word before a function is its metadata; the header is a slot of the frame.
    unsafe {
        let meta = code_of(at.inst).add(entry.code as usize).sub(1).read();
        let header = slot_at(t, at.fp + (meta >> 16) as u16 as u32).read();
        if header as u32 != 0 {
            // The return address is the word behind the call.
            return Some(At { word: (header as u32).wrapping_sub(1), fp: at.fp - (header >> 32) as u32, ..at });
        }
        let record = Record::read(t, at.fp)?;
        let inst = ops::member(home(t), record.instance)?;
        Some(At { inst, word: record.ip.wrapping_sub(1), fp: at.fp - record.delta })
    }
}

/// The innermost handler around `at` for exceptions of the tag with this identity. Adds to `charge` what
/// the search costs, so that no function's handlers take time that nobody pays for.
unsafe fn handler(at: At, entry: &FuncEntry, desc: u32, charge: &mut i64) -> Option<Landing> {
    if entry.flags & FUNC_HANDLES == 0 {
        return None;
    }
    // SAFETY: the records are where the translator says: the first one's place behind the side table, the
    // others linked; clauses lie between a record and what the first of them leads to.
    unsafe {
        let code = code_of(at.inst);
        let mut next = code.add((entry.code + entry.words + entry.side.div_ceil(8)) as usize).read() as u32;
        let mut deepest = u32::MAX;
        let mut looked = 0;
        while next != 0 {
            looked += 1;
            let record = code.add(next as usize);
            let (body, link) = (word(record, 1), word(record, 2));
            let around = (body as u32..(body >> 32) as u32).contains(&at.word) && (link >> 32) as u32 <= deepest;
            if around && f0(record) == isa::DELEGATE as usize {
                deepest = n23(record);
            } else if around {
                let end = word(record, 3) as u32;
                let mut clause = next + 3;
                while clause < end {
                    looked += 1;
                    let (target, what) =
                        (code.add(clause as usize).read() as u32, (code.add(clause as usize).read() >> 32) as u32);
                    let all = what & catch::ALL != 0;
                    if all || exception::identity(at.inst, what >> catch::SHIFT) == Some(desc) {
                        let carried = ops::module_of(at.inst).tag_type(what >> catch::SHIFT);
                        let values = if all { 0 } else { carried.map_or(0, |ty| slots(ty.params)) };
                        *charge += looked / CHARGED;
                        return Some(Landing { target, slot: f1(record) as u32, values, what });
                    }
                    clause += 1;
                }
            }
            next = link as u32;
        }
        *charge += looked / CHARGED;
        None
    }
}
