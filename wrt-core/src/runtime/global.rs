//! Globals as the embedder sees them (specification section 4.2.10).
//!
//! Owns checked access from outside.

use crate::error::{Error, Reason};
use crate::runtime::access::clean;
use crate::runtime::instance::Instance;
use crate::runtime::ops;
use crate::runtime::value::Value;
use crate::types::ValType;

impl Instance<'_> {
    /// Value and type of a global (index space: imports first).
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`].
    pub fn global_get(self, index: u32) -> Result<(Value, ValType), Error> {
        // SAFETY: cells of a live instance, and of those that it imports from, live.
        unsafe {
            let (entry, cell) = ops::global(self.header, index).ok_or(Error::new(Reason::UnknownIndex))?;
            Ok((clean(entry.ty, ops::load(entry.ty, cell).0), entry.ty))
        }
    }

    /// Sets a global.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`]; [`Reason::GlobalAccess`] for an immutable global, or a number that
    /// is no reference to a function of the group.
    pub fn global_set(self, index: u32, value: Value) -> Result<(), Error> {
        self.write_global(index, value, false)
    }

    /// Gives a global its first value where no constant expression can, also an immutable one: a reference
    /// of the embedder's. For an instance that nobody else has seen yet.
    ///
    /// # Errors
    /// [`Reason::UnknownIndex`]; [`Reason::GlobalAccess`] for a number that is no reference of its type.
    pub fn global_define(self, index: u32, value: Value) -> Result<(), Error> {
        self.write_global(index, value, true)
    }

    #[inline]
    fn write_global(self, index: u32, value: Value, immutable: bool) -> Result<(), Error> {
        // SAFETY: as for `global_get`.
        unsafe {
            let (entry, cell) = ops::global(self.header, index).ok_or(Error::new(Reason::UnknownIndex))?;
            match ops::accept(self.header, entry.ty, value) {
                Some(value) if immutable || entry.mutable != 0 => {
                    ops::store(entry.ty, value, cell);
                }
                _ => return Err(Error::new(Reason::GlobalAccess)),
            }
        }
        Ok(())
    }
}
