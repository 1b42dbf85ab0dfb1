//! Exceptions that the embedder makes.
//!
//! Owns the making: where the heap has no room it is collected first, as the guest's allocations do. What
//! an exception is, and what can be asked of one, is `runtime::exception`'s.

use super::roots;
use crate::error::{Error, Reason};
use crate::runtime::heap::{self, policy};
use crate::runtime::{Instance, Tag, Value, exception, ops};
use crate::types::slots;

impl Instance<'_> {
    /// Makes an exception of a tag of the group; the result is a reference to it (`exnref`), which a host
    /// function may throw: see [`crate::Caller::throw`], [`crate::Task::complete_with_exception`]. It lasts
    /// until the guest runs on without holding it.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`], [`Reason::ArgumentCount`], [`Reason::ReferenceUnknown`];
    /// [`Reason::HeapRegion`] where the group's heap region has no room, or there is none.
    pub fn exception(self, tag: Tag, values: &[Value]) -> Result<Value, Error> {
        let ty = self.tag_type(tag).ok_or(Error::new(Reason::UnknownIndex))?;
        if ty.params.len() != values.len() {
            return Err(Error::new(Reason::ArgumentCount).need(ty.params.len() as u64));
        }
        // SAFETY: the instance lives, and its group with its tasks, which note where they stand before a
        // host function runs; the payload has room for every value.
        unsafe {
            let inst = ops::instance_by_id(self.header, tag.instance);
            let accepted = |(&v, &ty)| ops::accept(inst, ty, v);
            if values.iter().zip(ty.params).any(|pair| accepted(pair).is_none()) {
                return Err(Error::new(Reason::ReferenceUnknown));
            }
            let heap = heap::of(inst);
            let desc = exception::identity(inst, tag.index).ok_or(Error::new(Reason::Internal))?;
            if heap.is_null() {
                return Err(Error::new(Reason::HeapRegion));
            }
            let bytes = slots(ty.params) as u64 * 8;
            let mut made = if (*heap).policy == policy::ALWAYS { None } else { heap::alloc(heap, desc, bytes) };
            if made.is_none() && (*heap).policy != policy::FORBIDDEN {
                // The values are held by nobody else meanwhile.
                for (v, &ty) in values.iter().zip(ty.params) {
                    if let Some(how) = heap::traced(&ops::module_of(inst), ty) {
                        heap::mark(heap, v.bits(), how);
                    }
                }
                roots::collect(inst);
                made = heap::alloc(heap, desc, bytes);
            }
            let object = made.ok_or(Error::new(Reason::HeapRegion))?;
            let mut to = heap::payload(heap, object).cast::<u64>();
            for pair in values.iter().zip(ty.params) {
                to = to.add(ops::store(*pair.1, accepted(pair).unwrap_or_default(), to));
            }
            Ok(Value::from_ref(object as u64))
        }
    }
}
