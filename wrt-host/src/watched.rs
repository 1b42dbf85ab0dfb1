//! Instances whose runs are watched, as their safety level asks: alone, or with a twin.
//!
//! Owns the order in which the supervisor, the guards and the instances are made and dropped, and what is asked of a
//! binary for it. What is looked at, and when, is the engine's (`wrt_core::safety`).

use crate::owned::OwnedInstance;
use core::borrow::Borrow;
use wasmparser::{ExternalKind, Operator, Parser, Payload, TypeRef};
use wrt_core::safety::{Fault, Guard, Mechanism, Profile, Stop, Supervisor, Terms, Watched};
use wrt_core::{Error, Func, Outcome, Reason, RunBudget, Status, Value};

/// Frees the guards' handles. A raw pointer, because the supervisor points to them while this value moves.
struct GuardOwner(*mut [Guard<'static>]);

impl Drop for GuardOwner {
    fn drop(&mut self) {
        // SAFETY: made by `Box::into_raw` in `WatchedInstance::new`; the supervisor that points into it is gone.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// An instance, or two that do the same, whose runs are watched. Belongs to one thread.
///
/// `T` keeps an [`OwnedInstance`]: that itself, or a [`crate::GovernedInstance`].
pub struct WatchedInstance<T: Borrow<OwnedInstance>> {
    // Declared first, so that it goes before what it points into.
    supervisor: Supervisor<'static>,
    _guards: GuardOwner,
    first: T,
    _twin: Option<T>,
    profile: Profile,
}

impl<T: Borrow<OwnedInstance>> WatchedInstance<T> {
    /// Watches the runs of `first`, which were made with [`crate::Settings::guarded`] to have guards. A level with redundant
    /// execution needs `twin`, made by [`OwnedInstance::twin`].
    ///
    /// # Errors
    /// [`Reason::NotWatchable`] where the level is not watched, asks for a twin that is not there, or something was
    /// started already; those of [`Supervisor::lockstep`].
    pub fn new(first: T, twin: Option<T>, profile: Profile, terms: Terms) -> Result<Self, Stop> {
        let refused = Error::new(Reason::NotWatchable);
        if !profile.is_watched() || profile.has(Mechanism::Redundancy) != twin.is_some() {
            return Err(refused.into());
        }
        // The regions come from the system as zeros.
        let terms = Terms { zeroed: true, ..terms };
        let mut guards = first.borrow().take_guards();
        let supervisor = match &twin {
            Some(twin) => {
                guards.append(&mut twin.borrow().take_guards());
                Supervisor::lockstep(first.borrow().task(), twin.borrow().task(), terms)?
            }
            None => profile.watch(first.borrow().task(), terms)?,
        };
        let guards = GuardOwner(Box::into_raw(guards.into_boxed_slice()));
        // SAFETY: the guards live until the new value is dropped, after the supervisor.
        let supervisor = supervisor.with_guards(unsafe { &*guards.0 });
        Ok(WatchedInstance { supervisor, _guards: guards, first, _twin: twin, profile })
    }

    /// The first instance, to be asked. What is started, run or written there is a fault, but for what is written while a
    /// call of the host waits.
    #[must_use]
    pub fn instance(&self) -> &OwnedInstance {
        self.first.borrow()
    }
    /// The profile of its level.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }
    /// Makes a call ready; see [`Supervisor::start`].
    ///
    /// # Errors
    /// Those of [`Supervisor::start`].
    pub fn start(&mut self, func: Func, args: &[Value]) -> Result<(), Stop> {
        self.supervisor.start(func, args)
    }
    /// Makes the pending start function ready; see [`Supervisor::start_instance`].
    ///
    /// # Errors
    /// Those of [`Supervisor::start_instance`].
    pub fn start_instance(&mut self) -> Result<(), Stop> {
        self.supervisor.start_instance()
    }
    /// Runs or continues what was made ready, under what the profile leaves of the budget; see [`Supervisor::run`].
    ///
    /// # Errors
    /// Those of [`Supervisor::run`].
    pub fn run(&mut self, budget: &RunBudget) -> Result<Outcome, Stop> {
        let has = self.instance().usage().memory_bytes;
        self.supervisor.run(&self.profile.run_budget(*budget, has))
    }
    /// The results of the call that has finished; see [`Supervisor::results`].
    ///
    /// # Errors
    /// Those of [`Supervisor::results`].
    pub fn results(&mut self, out: &mut [Value]) -> Result<usize, Stop> {
        self.supervisor.results(out)
    }
    /// Answers the call that waits; see [`Supervisor::complete`].
    ///
    /// # Errors
    /// Those of [`Supervisor::complete`].
    pub fn complete(&mut self, status: Status, results: &[Value]) -> Result<(), Stop> {
        self.supervisor.complete(status as i32, results)
    }
    /// Looks at everything now; see [`Supervisor::verify`].
    ///
    /// # Errors
    /// Those of [`Supervisor::verify`].
    pub fn verify(&mut self) -> Result<(), Stop> {
        self.supervisor.verify()
    }
    /// Gives up what was made ready and counts from zero again.
    pub fn reset(&mut self) {
        self.supervisor.reset();
    }
    /// What was looked at so far.
    #[must_use]
    pub fn watched(&self) -> Watched {
        self.supervisor.watched()
    }
    /// The fault behind which nothing runs any more.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        self.supervisor.fault()
    }
}

impl<T: Borrow<OwnedInstance>> core::fmt::Debug for WatchedInstance<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("WatchedInstance").field("supervisor", &self.supervisor).finish_non_exhaustive()
    }
}

/// Whether nothing but its making can change the elements of a module's tables: no operator of it writes any, and none
/// is imported or exported. False for what is no module in the binary format.
#[must_use]
pub fn has_fixed_tables(wasm: &[u8]) -> bool {
    let look = || -> wasmparser::Result<bool> {
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if matches!(import?.ty, TypeRef::Table(_)) {
                            return Ok(false);
                        }
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        if export?.kind == ExternalKind::Table {
                            return Ok(false);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    for operator in body.get_operators_reader()? {
                        let writes = matches!(
                            operator?,
                            Operator::TableSet { .. }
                                | Operator::TableGrow { .. }
                                | Operator::TableFill { .. }
                                | Operator::TableCopy { .. }
                                | Operator::TableInit { .. }
                        );
                        if writes {
                            return Ok(false);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(true)
    };
    look().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owned::{HostImport, OwnedModule, Settings};
    use core::cell::Cell;
    use std::rc::Rc;
    use wrt_core::limits::Asil;
    use wrt_core::{Completion, LoadBudget};

    const TEXT: &str = "(module (import \"h\" \"tell\" (func $tell (param i32) (result i32)))
        (memory (export \"m\") 1 4)
        (func (export \"f\") (param i32) (result i32)
            (loop $l
                (i32.store (i32.const 16) (call $tell (local.get 0)))
                (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (i32.add (i32.load (i32.const 16)) (i32.add (i32.load (i32.const 0)) (memory.grow (i32.const 1))))))";

    fn made(level: Asil, told: &Rc<Cell<u32>>) -> WatchedInstance<OwnedInstance> {
        let profile = Profile::of(level);
        let load = || OwnedModule::load(wat::parse_str(TEXT).expect("text"), &LoadBudget::DEFAULT).expect("a module");
        let count = told.clone();
        let tell = HostImport {
            module: "h".into(),
            name: "tell".into(),
            call: Box::new(move |caller, slots| {
                count.set(count.get() + 1);
                caller.write(0, &count.get().to_le_bytes())?;
                slots[0] = Value::from_i32(slots[0].i32() * 10);
                Ok(Completion::Done)
            }),
        };
        let settings = Settings { stack_bytes: 1 << 16, guarded: true, heap_bytes: 0, ..Settings::default() };
        let module = load();
        let ceiling = profile.memory_ceiling(u64::MAX, module.module().memory_min());
        let settings = Settings { max_memory_bytes: Some(ceiling), ..settings };
        let first = OwnedInstance::new(module, vec![tell], &settings).expect("an instance");
        let twin = profile.has(Mechanism::Redundancy).then(|| first.twin(load(), &settings).expect("a twin"));
        WatchedInstance::new(first, twin, profile, Terms { interval: 20, ..Terms::DEFAULT }).expect("watched")
    }

    /// ASIL-4: a watched instance computes what an unwatched one does; a function of the host is called once for both
    /// tasks, and what it writes reaches both.
    #[test]
    fn asil_4_a_call_of_the_host_is_made_once() {
        for level in [Asil::B, Asil::C, Asil::D] {
            let told = Rc::new(Cell::new(0));
            let mut watched = made(level, &told);
            let func = watched.instance().export_func("f").expect("exported");
            watched.start(func, &[Value::from_i32(5)]).expect("a call");
            assert_eq!(watched.run(&RunBudget::default()), Ok(Outcome::Done), "{level:?}");
            let mut results = [Value::ZERO];
            watched.results(&mut results).expect("results");
            // The last argument times ten, the number of calls, and that memory cannot grow.
            assert_eq!((results[0].i32(), told.get()), (10 + 5 - 1, 5), "{level:?}");
            let seen = watched.watched();
            assert!(seen.checkpoints > 5 && seen.summed > 0 && seen.host_calls == 5, "{seen:?}");
            assert_eq!(seen.compared != 0, level == Asil::D, "{seen:?}");
        }
    }

    /// ASIL-4: what somebody else writes into the memory of one of two is found before the next call of the host.
    #[test]
    fn asil_4_memory_that_differs_is_found() {
        let told = Rc::new(Cell::new(0));
        let mut watched = made(Asil::D, &told);
        let func = watched.instance().export_func("f").expect("exported");
        watched.start(func, &[Value::from_i32(5)]).expect("a call");
        watched.instance().memory_write(0, 4000, &[1]).expect("within");
        match watched.run(&RunBudget::default()) {
            Err(Stop::Fault(fault)) => assert_eq!((fault.by, fault.at), (Mechanism::Redundancy, 4000)),
            other => panic!("{other:?}"),
        }
        assert_eq!(told.get(), 0, "nothing has left");
        assert!(matches!(watched.run(&RunBudget::default()), Err(Stop::Fault(_))), "it does not go on");
        assert!(matches!(watched.start(func, &[]), Err(Stop::Fault(_))));
    }

    /// ASIL-5: tables count as fixed where nothing can write them.
    #[test]
    fn asil_5_tables_that_nothing_writes_are_known() {
        let fixed = |text: &str| has_fixed_tables(&wat::parse_str(text).expect("text"));
        assert!(fixed("(module (table 1 funcref) (elem (i32.const 0) $f) (func $f (call_indirect (i32.const 0))))"));
        assert!(!fixed("(module (table (export \"t\") 1 funcref))"));
        assert!(!fixed("(module (import \"a\" \"t\" (table 1 funcref)))"));
        assert!(!fixed("(module (table 1 funcref) (func (table.set (i32.const 0) (ref.null func))))"));
        assert!(!fixed("(module (table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1)))))"));
        assert!(!has_fixed_tables(b"WRTi"));
    }
}
