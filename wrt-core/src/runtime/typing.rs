//! The identity of types across the instances of a group.
//!
//! Within a module equal types have equal indices. Among the modules of a group every type has a
//! *number*: an instance looks each of its recursion groups up among those of the instances before
//! it, takes over the numbers of the first equal one, or gives new ones. References of a recursion
//! group to types outside it are compared by their numbers, so that no comparison nests. What
//! matches what is `subtype`'s.

use crate::budget::Proposals;
use crate::module::Module;
use crate::module::layout::{FieldEntry, Span, TypeEntry};
use crate::runtime::access::{at, module_of};
use crate::runtime::heap;
use crate::runtime::layout::InstanceHeader;
use crate::runtime::link::LINKING;
use crate::subtype::{self, MAX_DEPTH, TypeKind, TypeSpace};
use crate::types::ValType;
use core::ptr;

impl TypeSpace for Module<'_> {
    fn kind(&self, index: u32) -> TypeKind {
        if !Proposals::GC.is_built() {
            return TypeKind::Func;
        }
        self.type_entry(index).map_or(TypeKind::Func, |e| e.kind)
    }
    fn supertype(&self, index: u32) -> Option<u32> {
        if !Proposals::GC.is_built() {
            return None;
        }
        self.type_entry(index)?.supertype.checked_sub(1)
    }
}

impl<'a> Module<'a> {
    /// The entry of the defined type with this canonical index.
    pub(crate) fn type_entry(self, index: u32) -> Option<&'a TypeEntry> {
        self.entries::<TypeEntry>(self.header().types).get(index as usize)
    }
    /// The fields of a structure, or the one of an array.
    pub(crate) fn fields(self, ty: &TypeEntry) -> &'a [FieldEntry] {
        let len = match ty.kind {
            TypeKind::Func => 0,
            TypeKind::Struct => ty.params as u32,
            TypeKind::Array => 1,
        };
        self.entries(Span { off: ty.vals, len })
    }
    /// The value types of a type, as numbers: parameters and results, or fields.
    fn parts(self, ty: &TypeEntry) -> impl Iterator<Item = u32> + 'a {
        let len = if ty.kind == TypeKind::Func { ty.params as u32 + ty.results as u32 } else { 0 };
        let vals = self.entries::<ValType>(Span { off: ty.vals, len });
        vals.iter().map(|v| v.0).chain(self.fields(ty).iter().map(|f| f.ty.0))
    }
}

/// The number in the group of the type with this canonical index.
///
/// # Safety
/// `inst` is live and [`register`]ed.
#[inline]
pub(crate) unsafe fn number(inst: *mut InstanceHeader, index: u32) -> u32 {
    // SAFETY: there is a number for each type of the module.
    unsafe {
        if index < module_of(inst).header().types.len {
            at::<u32>(inst, (*inst).types).add(index as usize).read()
        } else {
            0
        }
    }
}

/// Gives the types of `inst` their numbers; `root` is the first instance of its group, or `inst`.
///
/// # Safety
/// The header of `inst` is written; `root` is live.
pub(crate) unsafe fn register(inst: *mut InstanceHeader, root: *mut InstanceHeader) {
    // SAFETY: as the caller vouches; there is a number for each type of the module.
    unsafe {
        let module = module_of(inst);
        let types = module.entries::<TypeEntry>(module.header().types);
        let numbers = at::<u32>(inst, (*inst).types);
        for (i, ty) in types.iter().enumerate() {
            let i = i as u32;
            let value = if ty.canon != i {
                numbers.add(ty.canon as usize).read()
            } else if ty.group != i {
                // The first of its group had it numbered.
                continue;
            } else {
                let first = find(inst, root, i, ty).map_or((*root).next_type.max(1), |(other, j)| number(other, j));
                (*root).next_type = (*root).next_type.max(first + ty.group_len);
                for k in 0..ty.group_len.min(types.len() as u32 - i) {
                    numbers.add((i + k) as usize).write(first + k);
                }
                continue;
            };
            numbers.add(i as usize).write(value);
        }
    }
}

/// Another instance that has a recursion group already, and its first index there.
unsafe fn find(
    inst: *mut InstanceHeader,
    root: *mut InstanceHeader,
    i: u32,
    ty: &TypeEntry,
) -> Option<(*mut InstanceHeader, u32)> {
    // SAFETY: as for `register`; `next` leads through live instances.
    unsafe {
        if !LINKING {
            return None;
        }
        let module = module_of(inst);
        let mut other = root;
        while !other.is_null() && other != inst {
            let theirs = module_of(other);
            if theirs.base() == module.base() {
                return Some((other, i));
            }
            let buckets = theirs.entries::<u32>(theirs.header().type_buckets);
            let at = ty.bucket as usize & buckets.len().wrapping_sub(1);
            let mut next = buckets.get(at).copied().unwrap_or(0);
            while let Some(entry) = theirs.type_entry(next.wrapping_sub(1)) {
                if entry.hash == ty.hash && is_same_group(inst, i, ty, other, next - 1, entry) {
                    return Some((other, next - 1));
                }
                next = entry.next;
            }
            other = ptr::with_exposed_provenance_mut((*other).next as usize);
        }
        None
    }
}

unsafe fn is_same_group(
    inst: *mut InstanceHeader,
    i: u32,
    head: &TypeEntry,
    other: *mut InstanceHeader,
    j: u32,
    other_head: &TypeEntry,
) -> bool {
    if head.group_len != other_head.group_len {
        return false;
    }
    // SAFETY: types before a group are numbered before it, in both.
    unsafe {
        let (a, b) = (module_of(inst), module_of(other));
        // An index as both sides agree on it: by place in the group, or by number.
        let named = |inst, first: u32, index: u32| {
            if index >= first && index - first < head.group_len {
                (true, index - first)
            } else {
                (false, number(inst, index))
            }
        };
        let above = |inst, first, ty: &TypeEntry| ty.supertype.checked_sub(1).map(|i| named(inst, first, i));
        (0..head.group_len).all(|k| {
            let both = a.type_entry(i + k).zip(b.type_entry(j + k));
            both.is_some_and(|(x, y)| {
                (x.kind, x.open, x.params, x.results) == (y.kind, y.open, y.params, y.results)
                    && above(inst, i, x) == above(other, j, y)
                    && a.parts(x).zip(b.parts(y)).all(|(p, q)| {
                        match (ValType(p & 0x7fff_ffff).index(), ValType(q & 0x7fff_ffff).index()) {
                            (Some(p_index), Some(q_index)) => {
                                p & 0x8000_01ff == q & 0x8000_01ff
                                    && named(inst, i, p_index) == named(other, j, q_index)
                            }
                            _ => p == q,
                        }
                    })
            })
        })
    }
}

/// Whether type `a` of one instance is type `b` of another of the group, or below it.
///
/// # Safety
/// Both are live, registered and of one group.
pub(crate) unsafe fn is_below(a_inst: *mut InstanceHeader, a: u32, b_inst: *mut InstanceHeader, b: u32) -> bool {
    // SAFETY: as the caller vouches.
    unsafe {
        let (module, wanted) = (module_of(a_inst), number(b_inst, b));
        let mut at = a;
        for _ in 0..=MAX_DEPTH {
            if number(a_inst, at) == wanted {
                return true;
            }
            match module.supertype(at) {
                Some(above) => at = above,
                None => return false,
            }
        }
        false
    }
}

/// Whether a value of type `a` in one instance may stand where another of the group has type `b`.
///
/// # Safety
/// As for [`is_below`].
pub(crate) unsafe fn matches(a_inst: *mut InstanceHeader, a: ValType, b_inst: *mut InstanceHeader, b: ValType) -> bool {
    // SAFETY: as the caller vouches.
    unsafe {
        match (a.index(), b.index()) {
            (Some(i), Some(j)) => (!a.is_nullable() || b.is_nullable()) && is_below(a_inst, i, b_inst, j),
            // At most one of the two modules' types takes part.
            (Some(_), None) => subtype::matches(&module_of(a_inst), a, b),
            _ => subtype::matches(&module_of(b_inst), a, b),
        }
    }
}

/// Whether two types of instances of a group are the same.
///
/// # Safety
/// As for [`is_below`].
pub(crate) unsafe fn equal(a_inst: *mut InstanceHeader, a: ValType, b_inst: *mut InstanceHeader, b: ValType) -> bool {
    // SAFETY: as the caller vouches.
    unsafe { matches(a_inst, a, b_inst, b) && matches(b_inst, b, a_inst, a) }
}

/// Gives the structure and array types of `inst` their descriptors in the group's heap: those that
/// another instance made, or new ones.
///
/// # Errors
/// Bytes that the heap is short of, at least; where there is no heap, bytes that one would need.
///
/// # Safety
/// `inst` is live, registered and in its group.
pub(crate) unsafe fn describe(inst: *mut InstanceHeader) -> Result<(), u64> {
    if !Proposals::GC.is_built() {
        return Ok(());
    }
    // SAFETY: as the caller vouches; there is a descriptor's word for each type of the module.
    unsafe {
        let module = module_of(inst);
        let heap = heap::of(inst);
        let root = ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize);
        let types = module.entries::<TypeEntry>(module.header().types);
        let descs = at::<u32>(inst, (*inst).descs);
        // Where the group at hand has been described before.
        let mut before = None;
        for (i, ty) in types.iter().enumerate() {
            let index = i as u32;
            if ty.canon != index {
                descs.add(i).write(descs.add(ty.canon as usize).read());
                continue;
            }
            if ty.group == index {
                before = find(inst, root, index, ty);
            }
            if ty.kind == TypeKind::Func {
                continue;
            }
            let known = before.map_or(0, |(other, j)| heap::desc_in(other, j + (index - ty.group)));
            if known != 0 {
                descs.add(i).write(known);
                continue;
            }
            let fields = module.fields(ty);
            let above = ty.supertype.checked_sub(1).map_or(0, |s| descs.add(s as usize).read());
            let made = if heap.is_null() { None } else { heap::describe_type(heap, &module, ty, fields, above) };
            descs.add(i).write(made.ok_or_else(|| heap::type_descriptor_bytes(&module, fields))?);
        }
        Ok(())
    }
}
