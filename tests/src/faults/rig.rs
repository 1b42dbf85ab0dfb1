//! A guest of the campaign: made once or twice, driven to its end, disturbed on the way.
//!
//! Owns the functions of the host, which write down every call, and the regions. Knows nothing of processes.

use super::{Subject, Where};
use crate::engine::{self, Feed, Pool};
use crate::guests::guest_budget;
use crate::smith::Random;
use std::cell::{Cell, RefCell};
use wrt_core::limits::Asil;
use wrt_core::safety::{Disturbance, Fault, Guard, Place, Profile, Stop, Supervisor, Terms, unwatched_spans};
use wrt_core::{
    Caller, Completion, Error, Extern, Func, HostFunc, HostResult, Import, Imports, Instance, InstanceConfig, Module,
    Outcome, PAGE_SIZE, RunBudget, Task, ValType, Value,
};

/// Bytes of a task's region.
const STACK: u64 = 64 << 10;
/// Frames at once.
const DEPTH: u32 = 300;
/// Operators between two checkpoints.
pub const INTERVAL: u64 = 1000;

/// What the functions of the host saw.
#[derive(Default)]
pub struct Host {
    /// A hash over all calls up to each.
    pub trace: RefCell<Vec<u64>>,
    /// Argument of the call that waits.
    asked: Cell<i64>,
}

impl Host {
    /// Writes a call down; returns the hash.
    fn note(&self, words: &[u64]) -> u64 {
        let mut trace = self.trace.borrow_mut();
        let mut hash = trace.last().copied().unwrap_or(0xcbf2_9ce4_8422_2325);
        for word in words {
            hash = (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
        }
        trace.push(hash);
        hash
    }

    /// The function that every import is bound to: which one it is, its import says.
    fn call(&self, caller: &mut Caller, slots: &mut [Value]) -> HostResult {
        let instance = caller.instance();
        let import = instance.module().import(caller.func()).map_or(("", ""), |i| (i.module, i.name));
        let func = Func { instance: instance.id(), index: caller.func() };
        let (params, results): (Vec<ValType>, Vec<ValType>) =
            instance.func_type(func).map_or((vec![], vec![]), |ty| (ty.params.to_vec(), ty.results.to_vec()));
        let mut words = vec![u64::from(caller.func())];
        words.extend(slots.iter().take(params.len()).map(|v| v.bits()));
        // What it could read counts as having left.
        let mut seen = [0; 256];
        if caller.read(0, &mut seen).is_ok() {
            words.extend(seen.chunks(8).map(|c| c.iter().fold(0, |w, b| w << 8 | u64::from(*b))));
        }
        let hash = self.note(&words);
        let first = slots.first().copied().unwrap_or_default();
        match import {
            ("host", "add") => {
                let second = slots.get(1).copied().unwrap_or_default();
                slots.fill(Value::from_i32(first.i32().wrapping_add(second.i32())));
            }
            ("host", "poke") => {
                let mut word = [0; 4];
                caller.read(64, &mut word)?;
                caller.write(64, &i32::from_le_bytes(word).wrapping_add(first.i32()).to_le_bytes())?;
            }
            ("host", "later") => {
                self.asked.set(first.i64());
                return Ok(Completion::Pending);
            }
            _ => {
                for (slot, ty) in slots.iter_mut().zip(&results) {
                    *slot = match *ty {
                        ValType::F64 => Value::from_f64((hash % 1000) as f64 / 8.0),
                        ValType::F32 => Value::from_f32((hash % 1000) as f32 / 8.0),
                        _ => Value::from_i64((hash & 0xffff) as i64),
                    };
                }
            }
        }
        Ok(Completion::Done)
    }
    fn answer(&self) -> Value {
        Value::from_i64(self.asked.get().wrapping_mul(3).wrapping_add(1))
    }
}

struct Linker<'p, F> {
    host: &'p F,
    library: Option<(&'static str, Instance<'p>)>,
}

impl<'p, F: Fn(&mut Caller, &mut [Value]) -> HostResult> Imports<'p> for Linker<'p, F> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'p>> {
        if let Some((name, instance)) = self.library
            && name == import.module
        {
            let of = instance.module();
            let index = (0..of.export_count()).find(|&i| of.export(i).is_some_and(|e| e.name == import.name))?;
            return Some(Extern::Instance(instance, index));
        }
        Some(Extern::Host(HostFunc::new(self.host)))
    }
}

/// How the tasks of a rig are run.
enum Runner<'p> {
    Plain(Task<'p>),
    Watched(Box<Supervisor<'p>>),
}

/// A guest that was made and whose call of `run` was prepared.
pub struct Rig<'p> {
    runner: Runner<'p>,
    instances: Vec<Instance<'p>>,
    func: Func,
    host: &'p Host,
    budget: RunBudget,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// Bits of the results.
    Done(Vec<u64>),
    /// A trap, or a refusal of the engine.
    Trap(Error),
    /// A mechanism reported a fault.
    Fault(Fault),
    /// The bound of fuel was reached.
    Endless,
}

/// What can be seen at the end of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// How it ended.
    pub end: End,
    /// Hashes of the instances' states and memories, where nothing was reported.
    pub states: Vec<u64>,
    /// Fuel used.
    pub fuel: u64,
}

/// A fault to be made.
pub struct Injection {
    /// At this fuel, or at the next stop behind it.
    pub at: u64,
    /// What is drawn from it: place, task, instance, bit.
    pub random: Random,
    /// Only here.
    pub only: Option<Where>,
}

/// Whether an operator of the module writes elements of tables.
fn writes_tables(wasm: &[u8]) -> bool {
    let writes = |op: wasmparser::Operator<'_>| {
        let name = format!("{op:?}");
        ["TableSet", "TableGrow", "TableFill", "TableCopy", "TableInit"].iter().any(|write| name.starts_with(write))
    };
    wasmparser::Parser::new(0).parse_all(wasm).any(|payload| match payload {
        Ok(wasmparser::Payload::CodeSectionEntry(body)) => {
            body.get_operators_reader().into_iter().flatten().flatten().any(writes)
        }
        _ => false,
    })
}

fn flip(base: *mut u8, bit: usize) {
    let at = base.wrapping_add(bit / 8);
    // SAFETY: a span of the rig, whose regions live as long as it; that the engine does not expect the change is the
    // purpose.
    unsafe { at.write_volatile(at.read_volatile() ^ 1 << (bit % 8)) }
}

/// Flips a bit of one of the spans; returns the place.
fn flip_one(spans: &[(Place, *mut u8, usize)], random: &mut Random, only: Option<Where>) -> Option<Place> {
    let wanted = |place: Place| only.is_none_or(|only| only == Where::Guest(place));
    let there = |place: Place| spans.iter().filter(move |(p, base, len)| *p == place && *len != 0 && !base.is_null());
    let places: Vec<Place> = Place::ALL.into_iter().filter(|p| wanted(*p) && there(*p).next().is_some()).collect();
    let place = *places.get(random.below(places.len().max(1)))?;
    let bits: usize = there(place).map(|(_, _, len)| len * 8).sum();
    let mut bit = random.below(bits);
    for (_, base, len) in there(place) {
        if bit < len * 8 {
            flip(*base, bit);
            return Some(place);
        }
        bit -= len * 8;
    }
    None
}

impl<'p> Rig<'p> {
    /// Makes the guest as the level has it: once, and watched from B on; twice at D.
    ///
    /// # Panics
    /// When the engine refuses it.
    #[must_use]
    pub fn new(pool: &'p Pool, subject: &'p Subject, level: Asil) -> Rig<'p> {
        let profile = Profile::of(level);
        let host: &'p Host = Box::leak(Box::default());
        let call: &'p _ = Box::leak(Box::new(move |caller: &mut Caller, slots: &mut [Value]| host.call(caller, slots)));
        let mut guards = Vec::new();
        let mut lane = || {
            let mut region = |bytes: u64| {
                if !profile.is_watched() {
                    return pool.arena(bytes);
                }
                let (guard, arena) = Guard::around(&mut pool.arena(bytes + Guard::BYTES)).expect("room for guards");
                guards.push(guard);
                arena
            };
            let budget = profile.load_budget(guest_budget());
            let load = |wasm: &'p [u8]| -> Module<'p> {
                engine::load(pool, wasm, &budget, Feed::Bytes).unwrap_or_else(|e| panic!("{}: {e:?}", subject.name))
            };
            let mut all: Vec<Instance<'p>> = Vec::new();
            let library = subject.library.as_ref().map(|(name, wasm)| (Some(*name), wasm));
            for (_, wasm) in library.into_iter().chain([(None, &subject.main)]) {
                let module = load(wasm);
                let minimum = module.memory_min();
                let ceiling = profile.memory_ceiling(minimum.max(PAGE_SIZE) + PAGE_SIZE, minimum);
                let mut memories = [region(ceiling)];
                let named = subject.library.as_ref().map(|(name, _)| *name);
                let config = InstanceConfig {
                    imports: &Linker { host: call, library: named.zip(all.first().copied()) },
                    memories: &mut memories,
                    memory_ceiling: ceiling,
                    ..InstanceConfig::default()
                };
                let mut own = region(module.instance_size());
                let made = Instance::new(&mut own, module, config);
                all.push(made.unwrap_or_else(|e| panic!("{}: {e:?}", subject.name)));
            }
            let main = *all.last().expect("an instance");
            (Task::new(&mut region(STACK), main).expect("a task"), all)
        };
        let (task, instances) = lane();
        let twin = profile.has(wrt_core::safety::Mechanism::Redundancy).then(|| lane().0);
        let func = instances.last().expect("an instance").export_func("run", None).expect("run");
        let guards: &'p [Guard<'p>] = Box::leak(guards.into_boxed_slice());
        let fixed_tables = subject.library.is_none() && !writes_tables(&subject.main);
        let terms = Terms { interval: INTERVAL, fixed_tables, sum_step: 1024, ..Terms::DEFAULT };
        let args = [Value::from_i32(subject.arg)];
        let memory_bytes = instances.iter().map(|i| i.memory_bytes()).sum();
        let asked = RunBudget { max_call_depth: DEPTH, ..RunBudget::default() };
        let runner = if profile.is_watched() {
            let made = match twin {
                Some(twin) => Supervisor::lockstep(task, twin, terms),
                None => profile.watch(task, terms).map_err(Stop::Error),
            };
            let mut supervisor = made.unwrap_or_else(|e| panic!("{}: {e}", subject.name)).with_guards(guards);
            supervisor.start(func, &args).unwrap_or_else(|e| panic!("{}: {e}", subject.name));
            Runner::Watched(Box::new(supervisor))
        } else {
            task.start(func, &args).unwrap_or_else(|e| panic!("{}: {e:?}", subject.name));
            Runner::Plain(task)
        };
        Rig { runner, instances, func, host, budget: profile.run_budget(asked, memory_bytes) }
    }

    /// The calls of the host so far.
    #[must_use]
    pub fn trace(&self) -> std::cell::Ref<'_, Vec<u64>> {
        self.host.trace.borrow()
    }

    /// Runs to the end, or until `bound` units of fuel are spent; `noted` is told where a bit was flipped.
    pub fn run(&mut self, bound: u64, injection: Option<Injection>, noted: &mut dyn FnMut(Where)) -> Seen {
        let end = match &self.runner {
            Runner::Plain(task) => self.run_plain(*task, bound, injection, noted),
            Runner::Watched(_) => self.run_watched(bound, injection, noted),
        };
        let task = match &self.runner {
            Runner::Plain(task) => *task,
            Runner::Watched(supervisor) => supervisor.task(),
        };
        let states = match end {
            End::Fault(_) => Vec::new(),
            _ => self.instances.iter().map(|i| i.state_hash()).collect(),
        };
        Seen { end, states, fuel: task.usage().fuel_used }
    }

    fn run_plain(
        &self,
        task: Task<'p>,
        bound: u64,
        mut injection: Option<Injection>,
        noted: &mut dyn FnMut(Where),
    ) -> End {
        loop {
            let used = task.usage().fuel_used;
            if let Some(due) = injection.take_if(|due| due.at <= used) {
                let Injection { mut random, only, .. } = due;
                let member = random.below(self.instances.len()) as u32;
                let spans = unwatched_spans(task, member).expect("a member");
                if let Some(place) = flip_one(&spans, &mut random, only) {
                    noted(Where::Guest(place));
                }
            }
            let most = injection.as_ref().map_or(bound.saturating_sub(used), |due| due.at - used);
            match task.run(&RunBudget { fuel: most, ..self.budget }) {
                Ok(Outcome::Done) => return self.done(|out| task.results(out)),
                Ok(Outcome::Pending) => {
                    if let Err(error) = task.complete(0, &[self.host.answer()]) {
                        return End::Trap(error);
                    }
                }
                Ok(_) if injection.is_none() && task.usage().fuel_used >= bound => return End::Endless,
                Ok(_) if injection.is_none() && most == 0 => return End::Endless,
                Ok(_) => {}
                Err(error) => return End::Trap(error),
            }
        }
    }

    fn run_watched(&mut self, bound: u64, injection: Option<Injection>, noted: &mut dyn FnMut(Where)) -> End {
        let members = self.instances.len();
        let (host, func, instances) = (self.host, self.func, &self.instances);
        let Runner::Watched(supervisor) = &mut self.runner else { return End::Endless };
        let lanes = 1 + u8::from(supervisor.is_lockstep());
        let (at, mut random, only) = match injection {
            Some(Injection { at, random, only }) => (at, random, only),
            None => (u64::MAX, Random::new(0), None),
        };
        let lane = 1 + random.below(usize::from(lanes)) as u8;
        let member = random.below(members) as u32;
        let own: *mut Supervisor<'p> = &raw mut **supervisor;
        let mut act = || {
            if only == Some(Where::Supervisor) {
                flip(own.cast(), random.below(size_of::<Supervisor<'p>>() * 8));
                noted(Where::Supervisor);
                return;
            }
            // SAFETY: only addresses are read; the supervisor lives.
            let spans = unsafe { (*own).spans(lane, member) }.expect("a member");
            if let Some(place) = flip_one(&spans, &mut random, only) {
                noted(Where::Guest(place));
            }
        };
        let mut disturbance = Disturbance { at, act: &mut act, done: false };
        loop {
            let used = supervisor.task().usage().fuel_used;
            let budget = RunBudget { fuel: bound.saturating_sub(used), ..self.budget };
            match supervisor.run_disturbed(&budget, &mut disturbance) {
                Ok(Outcome::Done) => {
                    let count = instances.last().and_then(|i| i.func_type(func)).map_or(0, |ty| ty.results.len());
                    let mut values = vec![Value::default(); count.min(64)];
                    return match supervisor.results(&mut values) {
                        Ok(_) => End::Done(values.iter().map(|v| v.bits()).collect()),
                        Err(Stop::Error(error)) => End::Trap(error),
                        Err(Stop::Fault(fault)) => End::Fault(fault),
                    };
                }
                Ok(Outcome::Pending) => match supervisor.complete(0, &[host.answer()]) {
                    Ok(()) => {}
                    Err(Stop::Error(error)) => return End::Trap(error),
                    Err(Stop::Fault(fault)) => return End::Fault(fault),
                },
                Ok(_) => return End::Endless,
                Err(Stop::Error(error)) => return End::Trap(error),
                Err(Stop::Fault(fault)) => return End::Fault(fault),
            }
        }
    }

    fn done(&self, results: impl Fn(&mut [Value]) -> Result<usize, Error>) -> End {
        let main = self.instances.last().expect("an instance");
        let count = main.func_type(self.func).map_or(0, |ty| ty.results.len());
        let mut values = vec![Value::default(); count.min(64)];
        match results(&mut values) {
            Ok(_) => End::Done(values.iter().map(|v| v.bits()).collect()),
            Err(error) => End::Trap(error),
        }
    }
}
