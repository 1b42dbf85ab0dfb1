//! Casts: whether a reference that is not null is of a type.
//!
//! The type stands in a word that `module/object.rs` makes. Objects know their descriptor, functions
//! their instance.

use super::regs::Ctx;
use crate::runtime::heap::{self, HeapHeader, OUTSIDE};
use crate::runtime::layout::FuncRef;
use crate::runtime::{ops, typing};
use crate::subtype::{TypeKind, TypeSpace};
use crate::types::ValType;

/// Whether `r`, not null, is of the type in `word`.
#[inline(never)]
pub(super) unsafe fn is_of(ctx: *mut Ctx, r: u64, word: u64) -> bool {
    // SAFETY: the context is that of a running task; validation vouches for the hierarchy of `r` and
    // for the type's index.
    unsafe {
        let heap = (*ctx).heap.cast::<HeapHeader>();
        let object = if r & 1 == 0 && r & OUTSIDE == 0 { Some(r as u32) } else { None };
        let kind_of = |object| heap::descriptor(heap, heap::desc_of(heap, object)).kind;
        match ValType(word as u32) {
            ValType::ANYREF | ValType::EXTERNREF | ValType::FUNCREF | ValType::EXNREF => true,
            ValType::EQREF => r & OUTSIDE == 0,
            ValType::I31REF => r & OUTSIDE == 0 && r & 1 == 1,
            ValType::STRUCTREF => object.is_some_and(|o| kind_of(o) == heap::kind::STRUCT),
            ValType::ARRAYREF => object.is_some_and(|o| kind_of(o) == heap::kind::ARRAY),
            ty if ty.is_ref() && ty.0 != 0x63 => false,
            _ => {
                let (inst, index) = ((*ctx).inst, (word >> 32) as u32);
                let module = ops::module_of(inst);
                if module.kind(index) == TypeKind::Func {
                    return ops::resolve_ref(inst, FuncRef(r))
                        .and_then(|(other, func)| Some((other, ops::type_of_func(other, func)?)))
                        .is_some_and(|(other, ty)| typing::is_below(other, ty, inst, index));
                }
                object.is_some_and(|o| heap::is_a(heap, o, heap::desc_in(inst, index)))
            }
        }
    }
}
