//! The push interface of loading: pieces of any size in, a module or a plan out.
//!
//! Owns the arena during a load and the few bytes of an item that the end of a piece cut off. Knows
//! nothing of what the items are.

use crate::arena::Arena;
use crate::budget::{LoadBudget, Plan};
use crate::error::{Error, Reason};
use crate::module::Module;
use crate::module::driver::Driver;

/// Loads a module whose bytes lie whole, so that what ends an item early is missing: nothing is carried.
pub(super) fn load<'a>(arena: &mut Arena<'a>, wasm: &'a [u8], budget: &LoadBudget) -> Result<Module<'a>, Error> {
    // SAFETY: the arena's region is lent to it and, being borrowed exclusively, used by nobody else meanwhile.
    let mut driver = unsafe { Driver::new(arena.base(), arena.remaining(), budget, false, Some(wasm)) };
    read(&mut driver, wasm)?;
    let base = arena.take(driver.b.end() as u64)?;
    // SAFETY: `read` wrote a whole module to the arena's front, which has just been taken for `'a`; the text that it
    // borrows is lent for `'a` too.
    Ok(unsafe { Module::from_base(base) })
}

/// Plans the load of a module whose bytes lie whole.
pub(super) fn plan(wasm: &[u8], budget: &LoadBudget, scratch: &mut Arena<'_>) -> Result<Plan, Error> {
    // SAFETY: as in `load`.
    let mut driver = unsafe { Driver::new(scratch.base(), scratch.remaining(), budget, true, Some(wasm)) };
    read(&mut driver, wasm)?;
    driver.plan()
}

/// Reads a module to its end. The driver stays where it is: it is the most of the native stack that a load takes.
#[inline(never)]
fn read(driver: &mut Driver<'_>, wasm: &[u8]) -> Result<(), Error> {
    driver.begin()?;
    let done = driver.drive(wasm)?;
    driver.complete(wasm.len() - done)
}

/// Bytes that hold any item whole.
const CARRY: usize = 64;

/// Loads a module that arrives in pieces of any size.
///
/// Feeding a module in pieces gives the same result, or the same error at the same offset, as
/// [`Module::load`]; only names, data segments and the name section are copied into the arena
/// rather than borrowed. The arena is unchanged until [`Loader::finish`] succeeds.
pub struct Loader<'l, 'a> {
    arena: &'l mut Arena<'a>,
    driver: Driver<'l>,
    carry: [u8; CARRY],
    carried: usize,
    failed: Option<Error>,
}

impl<'l, 'a> Loader<'l, 'a> {
    /// Starts a load into the arena, which must outlast the module.
    pub fn new(arena: &'l mut Arena<'a>, budget: &LoadBudget) -> Self {
        Self::start(arena, budget, false)
    }

    /// Starts a plan of a load in pieces. `scratch` serves the planning alone and is unchanged
    /// afterwards.
    pub fn planning(scratch: &'l mut Arena<'a>, budget: &LoadBudget) -> Self {
        Self::start(scratch, budget, true)
    }

    fn start(arena: &'l mut Arena<'a>, budget: &LoadBudget, planning: bool) -> Self {
        // SAFETY: the arena's region is lent to it for `'a` and, being borrowed exclusively for `'l`,
        // used by nobody else while this loader lives.
        let mut driver = unsafe { Driver::new(arena.base(), arena.remaining(), budget, planning, None) };
        let failed = driver.begin().err();
        Loader { arena, driver, carry: [0; CARRY], carried: 0, failed }
    }

    /// Takes the next bytes of the module; an empty piece is allowed.
    ///
    /// # Errors
    /// Those of [`Module::load`], as soon as the bytes that show them are fed. After an error every
    /// further call returns it again.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = self.push(bytes);
        self.failed = result.err();
        result
    }

    fn push(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while self.carried != 0 && !bytes.is_empty() {
            let old = self.carried;
            let room = self.carry.get_mut(old..).unwrap_or(&mut []);
            let added = room.len().min(bytes.len());
            for (place, &byte) in room.iter_mut().zip(bytes) {
                *place = byte;
            }
            let held = old + added;
            let done = self.driver.drive(self.carry.get(..held).unwrap_or(&[]))?;
            if done >= old {
                bytes = bytes.get(done - old..).unwrap_or(&[]);
                self.carried = 0;
            } else {
                if done == 0 && held == CARRY {
                    return Err(Error::new(Reason::Internal));
                }
                let mut kept = [0; CARRY];
                for (place, &byte) in kept.iter_mut().zip(self.carry.get(done..held).unwrap_or(&[])) {
                    *place = byte;
                }
                self.carry = kept;
                self.carried = held - done;
                bytes = bytes.get(added..).unwrap_or(&[]);
            }
        }
        if self.carried != 0 || bytes.is_empty() {
            return Ok(());
        }
        let done = self.driver.drive(bytes)?;
        let rest = bytes.get(done..).unwrap_or(&[]);
        match self.carry.get_mut(..rest.len()) {
            // Not `copy_from_slice`, whose way to panic stays where it is not inlined.
            Some(place) => place.iter_mut().zip(rest).for_each(|(place, &byte)| *place = byte),
            None => return Err(Error::new(Reason::Internal)),
        }
        self.carried = rest.len();
        Ok(())
    }

    fn complete(&mut self, planning: bool) -> Result<(), Error> {
        match self.failed {
            Some(error) => Err(error),
            None if self.driver.b.planning() != planning => Err(Error::new(Reason::LoaderFinished)),
            None => self.driver.complete(self.carried),
        }
    }

    /// Ends the load and takes the module's bytes from the arena.
    ///
    /// # Errors
    /// Those of [`Module::load`]; [`Reason::LoaderFinished`] for a loader that plans. The arena is
    /// unchanged then.
    pub fn finish(mut self) -> Result<Module<'a>, Error> {
        self.complete(false)?;
        let base = self.arena.take(self.driver.b.end() as u64)?;
        // SAFETY: `complete` wrote a whole module to the arena's front, which has just been taken for
        // `'a`; borrowed text is lent for `'a` too (`Loader::whole`).
        Ok(unsafe { Module::from_base(base) })
    }

    /// Ends a plan that [`Loader::planning`] started.
    ///
    /// # Errors
    /// Those of [`Module::plan`]; [`Reason::LoaderFinished`] for a loader that does not plan.
    pub fn finish_plan(mut self) -> Result<Plan, Error> {
        self.complete(true)?;
        self.driver.plan()
    }
}
