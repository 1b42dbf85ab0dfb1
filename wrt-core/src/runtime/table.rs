//! Tables as the embedder sees them (specification section 4.2.8).
//!
//! Owns checked access and growth from outside.

use crate::error::{Error, Reason};
use crate::module::layout::TableEntry;
use crate::runtime::instance::Instance;
use crate::runtime::layout::TableInst;
use crate::runtime::ops;
use crate::runtime::value::Value;
use crate::types::ValType;

impl Instance<'_> {
    fn table_inst(self, index: u32) -> Result<*mut TableInst, Error> {
        // SAFETY: the instance lives.
        unsafe { ops::table(self.header, index) }.ok_or(Error::new(Reason::UnknownIndex))
    }

    /// The type of a table's elements, in the terms of this instance's module.
    fn element_type(self, index: u32) -> ValType {
        let module = self.module();
        let tables = module.entries::<TableEntry>(module.header().tables);
        tables.get(index as usize).map_or(ValType::BOT, |t| t.ty)
    }

    /// An element of a table (index space: imports first).
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`], [`Reason::TableRegion`].
    pub fn table_get(self, index: u32, elem: u64) -> Result<Value, Error> {
        let t = self.table_inst(index)?;
        // SAFETY: tables of a live instance live.
        unsafe { ops::table_get(t, elem) }.map(Value::from_ref).ok_or(Error::new(Reason::TableRegion))
    }

    /// Sets an element of a table.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`], [`Reason::TableRegion`]; [`Reason::ReferenceUnknown`] for a number
    /// that is no reference to a function of the group.
    pub fn table_set(self, index: u32, elem: u64, value: Value) -> Result<(), Error> {
        let t = self.table_inst(index)?;
        // SAFETY: tables of a live instance live.
        unsafe {
            let bits = ops::accept(self.header, self.element_type(index), value)
                .ok_or(Error::new(Reason::ReferenceUnknown))?
                .bits();
            if ops::table_set(t, elem, bits) { Ok(()) } else { Err(Error::new(Reason::TableRegion)) }
        }
    }

    /// Elements of a table at present.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn table_len(self, index: u32) -> Result<u64, Error> {
        let t = self.table_inst(index)?;
        // SAFETY: tables of a live instance live.
        Ok(unsafe { (*t).len })
    }

    /// Grows a table as `table.grow` does; returns the length before, or `None` where there is no
    /// room, no such table, or `value` is not of its type.
    #[must_use]
    pub fn table_grow(self, index: u32, n: u64, value: Value) -> Option<u64> {
        let t = self.table_inst(index).ok()?;
        // SAFETY: tables of a live instance live.
        unsafe {
            let bits = ops::accept(self.header, self.element_type(index), value)?.bits();
            let old = ops::table_grow(t, n, bits);
            (old != ops::GROW_FAILED).then_some(old)
        }
    }
}
