//! The push interface of loading.

use crate::arena::Arena;
use crate::budget::{LoadBudget, Plan};
use crate::error::{Error, Reason};
use crate::module::Module;

/// Loads a module that arrives in pieces of any size.
pub struct Loader<'l, 'a> {
    arena: &'l mut Arena<'a>,
    budget: LoadBudget,
}

impl<'l, 'a> Loader<'l, 'a> {
    /// Starts a load into the arena.
    pub fn new(arena: &'l mut Arena<'a>, budget: &LoadBudget) -> Self {
        Loader { arena, budget: *budget }
    }
    /// Starts a plan of a load in pieces.
    pub fn planning(scratch: &'l mut Arena<'a>, budget: &LoadBudget) -> Self {
        Loader { arena: scratch, budget: *budget }
    }
    pub(crate) fn whole(arena: &'l mut Arena<'a>, _wasm: &'a [u8], budget: &LoadBudget) -> Self {
        Loader { arena, budget: *budget }
    }
    pub(crate) fn whole_planning(arena: &'l mut Arena<'a>, _wasm: &[u8], budget: &LoadBudget) -> Self {
        Loader { arena, budget: *budget }
    }
    /// Takes the next bytes of the module.
    ///
    /// # Errors
    /// Those of [`Module::load`], as soon as the bytes that show them have been fed.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let _ = (bytes, &self.budget, self.arena.remaining());
        Err(Error::new(Reason::Internal))
    }
    /// Ends the load.
    ///
    /// # Errors
    /// Those of [`Module::load`].
    pub fn finish(self) -> Result<Module<'a>, Error> {
        Err(Error::new(Reason::Internal))
    }
    /// Ends the plan.
    ///
    /// # Errors
    /// Those of [`Module::plan`].
    pub fn finish_plan(self) -> Result<Plan, Error> {
        Err(Error::new(Reason::Internal))
    }
}
