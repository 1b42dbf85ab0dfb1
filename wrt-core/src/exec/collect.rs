//! The heap of a group as the embedder sees it: what it holds, when it is collected, and what a
//! reference is to.
//!
//! A reference that the embedder holds keeps nothing alive: it is good until the next collection,
//! unless a global, a table, an object or a frame refers to the same. A number that comes back is
//! checked, so that one that is stale names another object of the type, or is refused.

use super::roots;
use crate::error::{Error, Reason};
use crate::module::object::HEAP_HEADER_BYTES;
use crate::runtime::heap::{self, OUTSIDE, kind, policy};
use crate::runtime::layout::FuncRef;
use crate::runtime::{Func, Instance, Value, ops};
use crate::subtype::hierarchy;
use crate::types::ValType;

/// When the engine collects by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Collection {
    /// When an allocation finds no room.
    #[default]
    Automatic = policy::AUTOMATIC,
    /// Never: an allocation that finds no room is a trap. The embedder asks for collections.
    Forbidden = policy::FORBIDDEN,
    /// At every allocation. For tests: whatever depends on when a collection happens shows.
    Always = policy::ALWAYS,
}

/// What a group's heap region holds. Sizes in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapUsage {
    /// The whole region.
    pub size: u64,
    /// Objects and descriptors, whether reachable or not yet collected.
    pub used: u64,
    /// Most that was in use at once.
    pub peak: u64,
    /// Neither in use nor the region's own: not necessarily in one piece.
    pub free: u64,
    /// Collections so far.
    pub collections: u64,
}

/// What a reference is to (specification section 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Nothing.
    Null,
    /// An unboxed integer of 31 bits, sign-extended.
    I31(i32),
    /// A structure.
    Struct,
    /// An array of so many elements.
    Array(u32),
    /// An exception.
    Exception,
    /// A function.
    Func(Func),
    /// A value of the embedder.
    Host(u64),
}

impl Instance<'_> {
    /// Collects what nothing reaches in the heap of the instance's group; returns the fuel that a
    /// guest would have been charged for it, 0 where the group has no heap. Takes time in proportion
    /// to the roots, the reachable objects and the blocks of the region: at most one unit for each root
    /// and one for each four bytes of the region.
    pub fn collect_garbage(self) -> u64 {
        // SAFETY: the instance lives, and its group; a task that called the host has noted where it stands.
        unsafe { roots::collect(self.header) }
    }

    /// Says when the heap of the instance's group is collected; nothing where it has none.
    pub fn set_collection(self, when: Collection) {
        // SAFETY: the instance lives, and its group's heap with it.
        unsafe {
            let heap = heap::of(self.header);
            if !heap.is_null() {
                (*heap).policy = when as u32;
            }
        }
    }

    /// What the heap of the instance's group holds; `None` where it has none.
    #[must_use]
    pub fn heap_usage(self) -> Option<HeapUsage> {
        // SAFETY: the instance lives, and its group's heap with it.
        unsafe {
            let heap = heap::of(self.header);
            if heap.is_null() {
                return None;
            }
            let (size, used) = ((*heap).size as u64, (*heap).used as u64);
            Some(HeapUsage {
                size,
                used,
                peak: (*heap).peak as u64,
                free: size.saturating_sub(used + HEAP_HEADER_BYTES),
                collections: (*heap).collections as u64,
            })
        }
    }

    /// What a reference of type `ty`, in the terms of this instance's module, is to.
    ///
    /// # Errors
    /// [`Reason::ReferenceUnknown`] for a number type, and for a number that is no reference of this
    /// type.
    pub fn reference(self, value: Value, ty: ValType) -> Result<Reference, Error> {
        let unknown = Error::new(Reason::ReferenceUnknown);
        if !ty.is_ref() {
            return Err(unknown);
        }
        if value.ref_() == 0 {
            return Ok(Reference::Null);
        }
        // SAFETY: the instance lives, and its group with it.
        unsafe {
            let bits = ops::accept(self.header, ty, value).ok_or(unknown)?.ref_();
            let top = hierarchy(&self.module(), ty);
            if top == ValType::FUNCREF {
                let r = FuncRef(bits);
                return Ok(Reference::Func(Func { instance: r.instance(), index: r.func() }));
            }
            // As `any` has it.
            let bits = if top == ValType::EXTERNREF { bits ^ OUTSIDE } else { bits };
            if bits & OUTSIDE != 0 {
                return Ok(Reference::Host(bits ^ OUTSIDE));
            }
            if bits & 1 == 1 {
                return Ok(Reference::I31((bits as u32 as i32) >> 1));
            }
            let (heap, object) = (heap::of(self.header), bits as u32);
            Ok(match heap::descriptor(heap, heap::desc_of(heap, object)).kind {
                kind::STRUCT => Reference::Struct,
                kind::ARRAY => Reference::Array(heap::array_len(heap, object)),
                _ => Reference::Exception,
            })
        }
    }

    /// A value of the embedder as `anyref`, as `any.convert_extern` makes it of an `externref`.
    #[must_use]
    pub fn host_reference(host: u64) -> Value {
        Value::from_ref(if host == 0 { 0 } else { host | OUTSIDE })
    }
}
