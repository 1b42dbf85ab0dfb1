//! Tags and exceptions (specification sections 4.2.9 and 4.2.13).
//!
//! A tag is known by the offset of its descriptor in the group's heap, an exception by its own offset,
//! which is what stands in slots of type `exnref`; 0 is null. Owns what tags are and what the
//! embedder may ask of exceptions. How they are made, thrown and caught is `exec/throw.rs`.

use crate::budget::Proposals;
use crate::error::{Error, Reason};
use crate::runtime::access::{at, instance_by_id, load, module_of};
use crate::runtime::heap;
use crate::runtime::instance::Instance;
use crate::runtime::layout::InstanceHeader;
use crate::runtime::value::Value;
use crate::types::{ExternType, FuncType};

/// A tag of an instance: what exceptions of one kind have in common.
///
/// Two of these name the same tag where one instance imports it from the other; compare the types and
/// instances of [`Instance::exception_tag`], which always names the instance that defines the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Tag {
    /// Number of the instance in its group.
    pub instance: u32,
    /// Index of the tag in that instance (index space: imports first).
    pub index: u32,
}

/// The identity of the tag with this index; `None` where there is none.
///
/// # Safety
/// `inst` is live.
pub(crate) unsafe fn identity(inst: *mut InstanceHeader, index: u32) -> Option<u32> {
    // SAFETY: `tags` has an entry for each tag of the index space.
    unsafe {
        let count = module_of(inst).header().tags.len;
        (index < count).then(|| at::<u32>(inst, (*inst).tags).add(index as usize).read())
    }
}

/// Gives each tag that the module defines its identity.
///
/// # Errors
/// [`Reason::HeapRegion`] where the group has no heap, or one without room.
///
/// # Safety
/// `inst` is live and has joined its group.
pub(crate) unsafe fn define_tags(inst: *mut InstanceHeader) -> Result<(), Error> {
    if !Proposals::EXCEPTION_HANDLING.is_built() {
        return Ok(());
    }
    // SAFETY: as the caller vouches; `tags` has an entry for each tag of the index space.
    unsafe {
        let module = module_of(inst);
        let header = module.header();
        for index in header.imported_tags..header.tags.len {
            let heap = heap::of(inst);
            let ty = module.tag_type(index).ok_or(Error::new(Reason::Internal))?;
            let made = if heap.is_null() { None } else { heap::describe_tag(heap, &module, ty.params) };
            let identity = made.ok_or(Error::new(Reason::HeapRegion))?;
            at::<u32>(inst, (*inst).tags).add(index as usize).write(identity);
        }
    }
    Ok(())
}

/// Notes the exception that a run of the group has left over. It is held until another one is.
///
/// # Safety
/// `inst` is live, and its group with it.
pub(crate) unsafe fn leave_over(inst: *mut InstanceHeader, object: u32) {
    // SAFETY: `root` is the address of a live instance.
    unsafe {
        let root = core::ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize);
        (*root).left_over = object;
    }
}

/// The exception that a run of the group has left over, 0 for none.
///
/// # Safety
/// As for [`leave_over`].
pub(crate) unsafe fn left_over(inst: *mut InstanceHeader) -> u32 {
    // SAFETY: as for `leave_over`.
    unsafe { (*core::ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize)).left_over }
}

/// The tag that this identity is of, as the instance that defines it has it.
///
/// # Safety
/// `inst` is live, and its group with it.
unsafe fn tag_of(inst: *mut InstanceHeader, desc: u32) -> Option<(*mut InstanceHeader, u32)> {
    // SAFETY: `root` and `next` are addresses of live instances of the group, or 0 at its end.
    unsafe {
        let mut other = core::ptr::with_exposed_provenance_mut::<InstanceHeader>((*inst).root as usize);
        while !other.is_null() {
            let header = module_of(other).header();
            for index in header.imported_tags..header.tags.len {
                if identity(other, index) == Some(desc) {
                    return Some((other, index));
                }
            }
            other = core::ptr::with_exposed_provenance_mut((*other).next as usize);
        }
        None
    }
}

/// The tag of the exception that `bits` refer to; `None` for null and for what is no exception.
///
/// # Safety
/// `inst` is live, and its group with it.
pub(crate) unsafe fn resolve(inst: *mut InstanceHeader, bits: u64) -> Option<(*mut InstanceHeader, u32)> {
    // SAFETY: as the caller vouches; the offset is within the heap.
    unsafe {
        let heap = heap::of(inst);
        if heap.is_null() || bits > u32::MAX as u64 || !heap::is_object(heap, bits as u32) {
            return None;
        }
        tag_of(inst, heap::desc_of(heap, bits as u32))
    }
}

impl<'a> Instance<'a> {
    /// The exported tag of this name.
    ///
    /// # Errors
    /// [`Reason::ExportNotFound`], [`Reason::ExportKind`].
    pub fn export_tag(self, name: &str) -> Result<Tag, Error> {
        let export = self.module().find_export(name).ok_or(Error::new(Reason::ExportNotFound))?;
        match export.ty {
            ExternType::Tag(_) => Ok(Tag { instance: self.id(), index: export.index }),
            _ => Err(Error::new(Reason::ExportKind)),
        }
    }

    /// The type of a tag of the group, whose parameters are what an exception carries; `None` where
    /// there is no such tag.
    #[must_use]
    pub fn tag_type(self, tag: Tag) -> Option<FuncType<'a>> {
        // SAFETY: the instance lives, and so do the others of its group, with their modules.
        unsafe {
            let inst = instance_by_id(self.header, tag.instance);
            if inst.is_null() { None } else { module_of(inst).tag_type(tag.index) }
        }
    }

    /// The tag of an exception of the group, as the instance that defines it has it; `None` for null and
    /// for a value that refers to no exception.
    #[must_use]
    pub fn exception_tag(self, exception: Value) -> Option<Tag> {
        // SAFETY: the instance lives, and so do the others of its group.
        unsafe {
            let (inst, index) = resolve(self.header, exception.ref_())?;
            Some(Tag { instance: (*inst).id, index })
        }
    }

    /// Reads what an exception carries; returns how many values that are. Writes as many as fit `out`.
    ///
    /// # Errors
    /// [`Reason::ReferenceUnknown`] for null and for a value that refers to no exception.
    pub fn exception_values(self, exception: Value, out: &mut [Value]) -> Result<usize, Error> {
        // SAFETY: the instance lives, and so do the others of its group; the payload holds every value.
        unsafe {
            let found = resolve(self.header, exception.ref_());
            let (inst, index) = found.ok_or(Error::new(Reason::ReferenceUnknown))?;
            let ty = module_of(inst).tag_type(index).ok_or(Error::new(Reason::Internal))?;
            let mut from = heap::payload(heap::of(inst), exception.ref_() as u32).cast::<u64>();
            for (&ty, v) in ty.params.iter().zip(out) {
                let (value, slots) = load(ty, from);
                *v = value;
                from = from.add(slots);
            }
            Ok(ty.params.len())
        }
    }
}
