//! Small programs for the tests of fuel, stops and traps: `tests/guests/*.wat`.
//!
//! Owns how they are linked and called, and the host functions that they import. Each exports
//! `run` with one `i32` parameter; the parameters are chosen so that most runs burn about ten
//! thousand units.

use crate::counted;
use crate::engine::{self, Feed, Pool};
use crate::smith;
use std::cell::Cell;
use wasmparser::Validator;
use wast::parser::{ParseBuffer, parse};
use wrt_core::{
    Arena, Caller, Completion, Error, Extern, HostFunc, HostResult, Import, Imports, Instance, InstanceConfig,
    LoadBudget, Module, Proposals, Task, Value,
};

/// A program of one or two modules.
pub struct Guest {
    /// Name of its file.
    pub name: &'static str,
    /// Text of the module that exports `run`.
    pub text: &'static str,
    /// The module that it imports from, under its name.
    pub library: Option<(&'static str, &'static str)>,
    /// Argument of `run`.
    pub arg: i32,
}

macro_rules! guests {
    ($($name:literal $arg:literal $(with $library:literal)?;)*) => {
        &[$(Guest {
            name: $name,
            text: include_str!(concat!("../guests/", $name, ".wat")),
            library: guests!(@ $($library)?),
            arg: $arg,
        }),*]
    };
    (@) => { None };
    (@ $library:literal) => { Some(($library, include_str!(concat!("../guests/", $library, ".wat")))) };
}

/// Every guest.
pub const GUESTS: &[Guest] = guests! {
    "loops" 25;
    "recursion" 13;
    "indirect" 400;
    "br_table" 280;
    "cases" 90;
    "memory" 30;
    "tables" 6;
    "host" 500;
    "linked" 50 with "library";
    "gc_linked" 40 with "gc_library";
    "start" 399;
    "tail" 500;
    "blocks" 250;
    "floats" 110;
    "wide" 160;
    "straight" 30;
    "unwind" 95;
    "exceptions" 40;
    "thrown" 60 with "thrower";
    "legacy" 60;
    "vectors" 90 with "vector_library";
    "trap_divide" 550;
    "trap_memory" 550;
    "trap_stack" 400;
    "trap_indirect" 550;
    "trap_copy" 550;
    "references" 200;
    "referring" 60 with "referred";
    "trap_reference" 500;
    "lanes" 60;
    "gc_list" 12;
    "gc_tree" 4;
    "gc_arrays" 5;
    "gc_casts" 9;
    "gc_closures" 60;
    "trap_cast" 300;
    "trap_null" 200;
    "throwing" 12;
    "throwing_linked" 60 with "stopper";
    "trap_uncaught" 300;
};

/// Every guest, which the oracle takes.
///
/// # Panics
/// When it refuses one.
pub fn guests() -> impl Iterator<Item = &'static Guest> {
    GUESTS.iter().inspect(|guest| {
        for text in core::iter::once(guest.text).chain(guest.library.map(|(_, text)| text)) {
            let valid = Validator::new_with_features(smith::features()).validate_all(&encode(text));
            assert!(valid.is_ok(), "{}: {:?}", guest.name, valid.err());
        }
    })
}

/// Encodes a module in the text format.
///
/// # Panics
/// When the text is wrong.
#[must_use]
pub fn encode(text: &str) -> Vec<u8> {
    let buffer = ParseBuffer::new(text).unwrap_or_else(|e| panic!("{e}"));
    parse::<wast::Wat<'_>>(&buffer).and_then(|mut wat| wat.encode()).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// A guest encoded, plain or with its counter.
pub struct Encoded {
    /// The module that exports `run`.
    pub main: Vec<u8>,
    /// The module that it imports from, with its name.
    pub library: Option<(&'static str, Vec<u8>)>,
    /// Argument of `run`.
    pub arg: i32,
}

impl Guest {
    /// The guest's modules, plain.
    #[must_use]
    pub fn plain(&self) -> Encoded {
        Encoded { main: encode(self.text), library: self.library.map(|(n, t)| (n, encode(t))), arg: self.arg }
    }
    /// The guest's modules, each counting its own operators.
    ///
    /// # Panics
    /// When the rewriter cannot read a module.
    #[must_use]
    pub fn counted(&self) -> Encoded {
        let rewrite = |wasm: Vec<u8>| counted::instrument(&wasm).expect("a guest that the rewriter reads");
        let plain = self.plain();
        Encoded { main: rewrite(plain.main), library: plain.library.map(|(n, w)| (n, rewrite(w))), arg: self.arg }
    }
}

/// The embedder's side: what `host.later` was asked last, to be completed by the driver.
#[derive(Default)]
pub struct Host {
    /// Argument of the pending call.
    pub asked: Cell<i64>,
}

impl Host {
    /// The result of `host.later` for its argument.
    #[must_use]
    pub fn answer(&self) -> Value {
        Value::from_i64(self.asked.get().wrapping_mul(3).wrapping_add(1))
    }

    /// Completes the call of `host.later` that the task waits for: for every other argument by an
    /// exception, where the guest exports a tag.
    ///
    /// # Panics
    /// When it cannot be completed.
    pub fn complete(&self, task: Task<'_>) {
        let main = task.instance();
        match main.export_tag("tag") {
            Ok(tag) if self.asked.get() % 2 != 0 => {
                let value = Value::from_i32(self.asked.get() as i32);
                let exception = main.exception(tag, &[value]).expect("room for an exception");
                task.complete_with_exception(exception)
            }
            _ => task.complete(0, &[self.answer()]),
        }
        .expect("a pending call can be completed");
    }
}

fn slot(slots: &mut [Value], i: usize) -> &mut Value {
    slots.get_mut(i).expect("a slot for each parameter and result")
}

/// `host.add`: the sum, at once.
pub fn add(_: &mut Caller, slots: &mut [Value]) -> HostResult {
    let sum = slot(slots, 0).i32().wrapping_add(slot(slots, 1).i32());
    *slot(slots, 0) = Value::from_i32(sum);
    Ok(Completion::Done)
}

/// `host.poke`: adds the address to the number that stands in memory at 64.
pub fn poke(caller: &mut Caller, slots: &mut [Value]) -> HostResult {
    let by = slot(slots, 0).i32();
    let mut word = [0; 4];
    caller.read(64, &mut word)?;
    caller.write(64, &i32::from_le_bytes(word).wrapping_add(by).to_le_bytes())?;
    Ok(Completion::Done)
}

/// `host.raise`: throws an exception of the caller's exported tag with its argument, if that is no
/// multiple of three.
pub fn raise(caller: &mut Caller, slots: &mut [Value]) -> HostResult {
    let value = *slot(slots, 0);
    if value.i32() % 3 == 0 {
        return Ok(Completion::Done);
    }
    let instance = caller.instance();
    let exception = instance.exception(instance.export_tag("tag")?, &[value])?;
    Err(caller.throw(exception))
}

/// Resolves a guest's imports.
pub struct Linker<'s, 'p, L> {
    later: &'p L,
    library: Option<(&'s str, Instance<'p>)>,
}

impl<'p, L: Fn(&mut Caller, &mut [Value]) -> HostResult> Imports<'p> for Linker<'_, 'p, L> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'p>> {
        match (import.module, import.name) {
            ("host", "add") => Some(Extern::Host(HostFunc::new(&add).with_sig("(ii)i"))),
            ("host", "poke") => Some(Extern::Host(HostFunc::new(&poke).with_sig("(i)"))),
            ("host", "raise") => Some(Extern::Host(HostFunc::new(&raise).with_sig("(i)i"))),
            ("host", "later") => Some(Extern::Host(HostFunc::new(self.later).with_sig("(I)I"))),
            (module, name) => {
                let (library, instance) = self.library?;
                if module != library {
                    return None;
                }
                let of = instance.module();
                let index = (0..of.export_count()).find(|&i| of.export(i).is_some_and(|e| e.name == name))?;
                Some(Extern::Instance(instance, index))
            }
        }
    }
}

/// The load budget of guests: every proposal is on, those by switch too.
#[must_use]
pub fn guest_budget() -> LoadBudget {
    LoadBudget { proposals: Proposals::ALL, table_reserve: 0, ..engine::load_budget() }
}

/// A guest's modules, loaded.
pub struct Loaded<'p> {
    /// The module that exports `run`.
    pub main: Module<'p>,
    /// The module that it imports from, with its name.
    pub library: Option<(&'static str, Module<'p>)>,
    /// Argument of `run`.
    pub arg: Value,
}

impl Encoded {
    /// Whether a module imports `host.later`, whose calls park.
    #[must_use]
    pub fn calls_later(&self) -> bool {
        let later = |wasm: &[u8]| wasm.windows(5).any(|name| name == b"later");
        later(&self.main) || self.library.as_ref().is_some_and(|(_, wasm)| later(wasm))
    }
    /// Loads the guest, fed in this way.
    ///
    /// # Panics
    /// When the engine refuses a module.
    pub fn load<'p>(&'p self, pool: &'p Pool, feed: Feed) -> Loaded<'p> {
        let budget = guest_budget();
        let load =
            |wasm: &'p [u8]| engine::load(pool, wasm, &budget, feed).unwrap_or_else(|e| panic!("refused: {e:?}"));
        Loaded {
            main: load(&self.main),
            library: self.library.as_ref().map(|(name, wasm)| (*name, load(wasm))),
            arg: Value::from_i32(self.arg),
        }
    }
}

/// Lends arenas for instances: which one it is, and how many bytes it must have.
pub trait Lender<'p> {
    /// The arena of instance `k`.
    fn instance(&self, k: usize, bytes: u64) -> Arena<'p>;
    /// The arenas of the linear memories of instance `k`, three pages each.
    fn memories(&self, k: usize) -> Vec<Arena<'p>>;
    /// The arena of the group's heap.
    fn heap(&self) -> Arena<'p>;
    /// Whether the linear memories are zero already.
    fn zeroed(&self) -> bool;
}

impl<'p> Loaded<'p> {
    /// Makes the guest's instances: library first, `run`'s last.
    ///
    /// # Errors
    /// Those of `Instance::new`.
    pub fn instantiate<L: Fn(&mut Caller, &mut [Value]) -> HostResult>(
        &self,
        lender: &impl Lender<'p>,
        later: &'p L,
    ) -> Result<Vec<Instance<'p>>, Error> {
        self.instantiate_by(lender, later, Instance::new)
    }

    /// The same, where `make` makes an instance in the arena that is lent for it.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn instantiate_by<L: Fn(&mut Caller, &mut [Value]) -> HostResult>(
        &self,
        lender: &impl Lender<'p>,
        later: &'p L,
        make: impl Fn(&mut Arena<'p>, Module<'p>, InstanceConfig<'_, 'p>) -> Result<Instance<'p>, Error>,
    ) -> Result<Vec<Instance<'p>>, Error> {
        let mut all = Vec::new();
        let library = self.library.map(|(name, module)| (Some(name), module));
        for (k, (_, module)) in library.into_iter().chain([(None, self.main)]).enumerate() {
            let linker = Linker { later, library: self.library.zip(all.first().copied()).map(|((n, _), i)| (n, i)) };
            let mut memories = lender.memories(k);
            let config = InstanceConfig {
                imports: &linker,
                linked: &[],
                memories: &mut memories,
                zeroed: lender.zeroed(),
                memory_ceiling: 0,
                waiter: None,
                heap: if k == 0 { Some(lender.heap()) } else { None },
            };
            all.push(make(&mut lender.instance(k, module.instance_size()), module, config)?);
        }
        Ok(all)
    }
}
