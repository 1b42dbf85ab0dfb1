//! Carries a script out on wrt, in lent memory. Must not know the other engine.

use crate::execute::{Call, Script};
use crate::generate::{MEMORIES, MEMORY_BYTES, Random};
use crate::host::{self, FUNCTIONS};
use crate::observe::{Ending, State, Step, Trap, fold, hash, hash_nulls, vector};
use crate::region::Region;
use core::cell::Cell;
use wasmparser::ValType;
use wrt_core::{
    Arena, Backend, Caller, Collection, Completion, Error, Extern, ExternType, HostFunc, HostResult, Import, Imports,
    Instance, InstanceConfig, LoadBudget, Loader, Module, Outcome, Proposals, Reason, RunBudget, Status, Task, Value,
};

/// WebAssembly operators that one call may take.
pub const FUEL: u64 = 60_000;
/// Bytes of the heap of a group: what a bounded run takes fits in.
const HEAP: usize = 1 << 20;
/// Frames of one call at most.
const DEPTH: u32 = 500;

/// Everything that there is may be used.
const BUDGET: LoadBudget = LoadBudget { proposals: Proposals::ALL, ..LoadBudget::DEFAULT };

/// How a script is carried out.
#[derive(Clone, Debug)]
pub struct Settings {
    pub backend: Backend,
    /// Feeds the module to the loader byte by byte.
    pub pieces: bool,
    /// Stops and continues the run after slices of fuel drawn from this stream.
    pub slices: Option<Random>,
    /// When the heap is collected.
    pub collection: Collection,
}

/// The regions that a run borrows; reused from run to run.
pub struct Lent {
    module: Region,
    other_module: Region,
    instance: Region,
    other_instance: Region,
    memories: Region,
    other_memories: Region,
    stack: Region,
    heap: Region,
}

impl Default for Lent {
    fn default() -> Self {
        Self {
            module: Region::new(8 << 20),
            other_module: Region::new(64 << 10),
            instance: Region::new(1 << 20),
            other_instance: Region::new(64 << 10),
            memories: Region::new(MEMORIES * MEMORY_BYTES as usize),
            other_memories: Region::new(6 << 16),
            stack: Region::new(256 << 10),
            heap: Region::new(HEAP),
        }
    }
}

/// What a run showed, and what only wrt can tell: the fuel of each step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    pub steps: Vec<Step>,
    pub fuel: Vec<u64>,
}

/// Runs the module as the script says.
#[must_use]
pub fn run(wasm: &[u8], script: &Script, lent: &mut Lent, settings: Settings) -> Run {
    let log = Cell::new(0u64);
    let hosts: [_; FUNCTIONS.len()] = core::array::from_fn(|number| host_function(number, &log));
    let hosts = hosts.each_ref().map(HostFunc::new);
    let mut run = Run::default();
    if let Err(e) = attempt(wasm, script, lent, settings, &log, &hosts, &mut run) {
        run.steps.push(Step { what: "instantiation".into(), ending: ending(&e), state: State::default() });
        run.fuel.push(0);
    }
    run
}

fn attempt<'a>(
    wasm: &'a [u8],
    script: &Script,
    lent: &'a mut Lent,
    mut settings: Settings,
    log: &Cell<u64>,
    hosts: &[HostFunc<'a>],
    run: &mut Run,
) -> Result<(), Error> {
    let module = load(&mut lent.module.arena(), wasm, settings.pieces)?;
    let other = Module::load(&mut lent.other_module.arena(), host::other_module(script.offer), &BUDGET)?;
    // The other module's instance is the first of the group, whose heap both use.
    let config = InstanceConfig {
        memories: &mut [lent.other_memories.arena()],
        heap: Some(lent.heap.arena()),
        ..InstanceConfig::default()
    };
    let other = Instance::new(&mut lent.other_instance.arena(), other, config)?;
    let links = Links { other, hosts };
    let config = InstanceConfig {
        imports: &links,
        linked: &[other],
        memories: &mut [lent.memories.arena()],
        ..InstanceConfig::default()
    };
    let instance = Instance::new(&mut lent.instance.arena(), module, config)?;
    let task = Task::new(&mut lent.stack.arena(), instance)?;
    task.set_backend(settings.backend);
    instance.set_collection(settings.collection);
    let mut used = 0;
    if !instance.is_started() {
        task.start_instance()?;
        match drive(task, &mut settings.slices) {
            Ok(Outcome::Done) => {}
            Ok(_) => {
                let state = state(instance, other, script, log.get());
                run.steps.push(Step { what: "instantiation".into(), ending: Ending::Unfinished, state });
                run.fuel.push(0);
                return Ok(());
            }
            Err(e) => return Err(e),
        }
    }
    let mut note = |what: String, ending: Ending| {
        let state = state(instance, other, script, log.get());
        run.steps.push(Step { what, ending, state });
        let now = task.usage().fuel_used;
        run.fuel.push(now.wrapping_sub(used));
        used = now;
    };
    note("instantiation".into(), Ending::Done(Vec::new()));
    for call in &script.calls {
        let ending = one(task, instance, call, &mut settings.slices);
        let stop = ending == Ending::Unfinished;
        note(format!("{}({:x?})", call.name, call.args), ending);
        if stop {
            break;
        }
    }
    Ok(())
}

fn load<'a>(arena: &mut Arena<'a>, wasm: &'a [u8], pieces: bool) -> Result<Module<'a>, Error> {
    if !pieces {
        return Module::load(arena, wasm, &BUDGET);
    }
    let mut loader = Loader::new(arena, &BUDGET);
    for byte in wasm.chunks(1) {
        loader.feed(byte)?;
    }
    loader.finish()
}

/// Runs what the task has started to its end, or until the fuel of one call is spent.
fn drive(task: Task<'_>, slices: &mut Option<Random>) -> Result<Outcome, Error> {
    let mut left = FUEL;
    loop {
        let slice = match slices {
            // Mostly short slices, where the stops are.
            Some(random) => {
                let bound = if random.below(4) == 0 { 5_000 } else { 40 };
                (1 + random.below(bound) as u64).min(left)
            }
            None => left,
        };
        left -= slice;
        let budget = RunBudget { max_call_depth: DEPTH, fuel: slice, ..RunBudget::default() };
        let outcome = task.run(&budget)?;
        if outcome != Outcome::Fuel || left == 0 {
            return Ok(outcome);
        }
    }
}

fn one(task: Task<'_>, instance: Instance<'_>, call: &Call, slices: &mut Option<Random>) -> Ending {
    let args: Vec<Value> = call.params.iter().zip(&call.args).map(|(ty, bits)| value(*ty, *bits)).collect();
    let outcome = instance
        .export_func(&call.name, None)
        .and_then(|func| task.start(func, &args))
        .and_then(|()| drive(task, slices));
    match outcome {
        Ok(Outcome::Done) => {
            let mut results = vec![Value::default(); call.results.len()];
            match task.results(&mut results) {
                Ok(count) if count == results.len() => {
                    Ending::Done(call.results.iter().zip(&results).map(|(ty, value)| bits(*ty, *value)).collect())
                }
                other => Ending::Refused(format!("results: {other:?}")),
            }
        }
        Ok(Outcome::Fuel) => Ending::Unfinished,
        Ok(other) => Ending::Refused(format!("{other:?}")),
        Err(e) => {
            task.reset();
            ending(&e)
        }
    }
}

fn ending(error: &Error) -> Ending {
    if error.status() != Status::Trap {
        return Ending::Refused(format!("{error:?}"));
    }
    Ending::Trap(match error.reason {
        Reason::Unreachable => Trap::Unreachable,
        Reason::IntegerDivideByZero => Trap::DivideByZero,
        Reason::IntegerOverflow => Trap::IntegerOverflow,
        Reason::InvalidConversionToInteger => Trap::Conversion,
        Reason::OutOfBoundsMemory => Trap::Memory,
        Reason::OutOfBoundsTable | Reason::UndefinedElement => Trap::Table,
        Reason::UninitializedElement => Trap::NullCall,
        Reason::IndirectCallTypeMismatch => Trap::CallType,
        Reason::StackExhausted => return Ending::Unfinished,
        Reason::HeapExhausted => return Ending::Unfinished,
        Reason::UncaughtException => return Ending::Exception,
        Reason::NullReference => Trap::Null,
        Reason::CastFailure => Trap::Cast,
        Reason::OutOfBoundsArray => Trap::Array,
        _ => Trap::Other,
    })
}

fn value(ty: ValType, bits: u64) -> Value {
    match ty {
        ValType::I32 => Value::from_i32(bits as i32),
        ValType::I64 => Value::from_i64(bits as i64),
        ValType::F32 => Value::from_f32(f32::from_bits(bits as u32)),
        ValType::F64 => Value::from_f64(f64::from_bits(bits)),
        ValType::V128 => Value::from_v128(vector(bits)),
        _ => Value::from_ref(bits),
    }
}

fn bits(ty: ValType, value: Value) -> u64 {
    match ty {
        ValType::I32 => u64::from(value.i32() as u32),
        ValType::I64 => value.i64() as u64,
        ValType::F32 => u64::from(value.f32().to_bits()),
        ValType::F64 => value.f64().to_bits(),
        ValType::V128 => fold(value.v128()),
        _ => u64::from(value.ref_() != 0),
    }
}

fn bits_of(ty: wrt_core::ValType, value: Value) -> u64 {
    match ty {
        wrt_core::ValType::I32 => bits(ValType::I32, value),
        wrt_core::ValType::I64 => bits(ValType::I64, value),
        wrt_core::ValType::F32 => bits(ValType::F32, value),
        wrt_core::ValType::F64 => bits(ValType::F64, value),
        wrt_core::ValType::V128 => bits(ValType::V128, value),
        _ => u64::from(value.ref_() != 0),
    }
}

/// The bits of a host function's argument: references that the host gave are numbers below 100.
fn host_bits(ty: ValType, value: Value) -> u64 {
    match ty {
        ValType::Ref(_) if value.ref_() < 100 => value.ref_(),
        ValType::Ref(_) => host::FOREIGN,
        _ => bits(ty, value),
    }
}

/// Host function `number`, which writes to this log.
fn host_function(number: usize, log: &Cell<u64>) -> impl Fn(&mut Caller, &mut [Value]) -> HostResult + '_ {
    let imports = wasm_types(number);
    move |_, slots| {
        let args: Vec<u64> = imports.iter().zip(&*slots).map(|(ty, slot)| host_bits(*ty, *slot)).collect();
        let mut hash = log.get();
        let answers = host::call(number, &args, &mut hash);
        log.set(hash);
        for ((slot, kind), answer) in slots.iter_mut().zip(FUNCTIONS[number].results).zip(answers) {
            let ty = match kind {
                host::Kind::I32 => ValType::I32,
                host::Kind::I64 => ValType::I64,
                host::Kind::F32 => ValType::F32,
                host::Kind::F64 => ValType::F64,
                host::Kind::V128 => ValType::V128,
                host::Kind::Extern => ValType::EXTERNREF,
            };
            *slot = value(ty, answer);
        }
        Ok(Completion::Done)
    }
}

/// The parameters of host function `number`.
fn wasm_types(number: usize) -> &'static [ValType] {
    use ValType::{F32, F64, I32, I64, V128};
    match number {
        0 => &[I32, I32],
        1 => &[I64, F64],
        2 => &[F32],
        3 => &[I32],
        5 => &[V128, I32, V128],
        6 => &[I32],
        7 => &[ValType::EXTERNREF, ValType::EXTERNREF],
        _ => &[],
    }
}

/// Resolves `host` to the host functions and `other` to the other module's exports.
struct Links<'l, 'a> {
    other: Instance<'a>,
    hosts: &'l [HostFunc<'a>],
}

impl<'a> Imports<'a> for Links<'_, 'a> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'a>> {
        match import.module {
            "host" => {
                let number = FUNCTIONS.iter().position(|f| f.name == import.name)?;
                self.hosts.get(number).map(|host| Extern::Host(*host))
            }
            "other" => {
                let module = self.other.module();
                let export = (0..module.export_count())
                    .find(|i| module.export(*i).is_some_and(|export| export.name == import.name))?;
                Some(Extern::Instance(self.other, export))
            }
            _ => None,
        }
    }
}

fn state(instance: Instance<'_>, other: Instance<'_>, script: &Script, host: u64) -> State {
    let mut state = State { host, ..State::default() };
    for name in &script.memories {
        memory(&mut state, name.clone(), instance, instance.export_memory(name));
    }
    for name in &script.globals {
        global(&mut state, name.clone(), instance, instance.export_global(name));
    }
    for name in &script.tables {
        let Ok(index) = instance.export_table(name) else { continue };
        let Ok(size) = instance.table_len(index) else { continue };
        let nulls = (0..size).map(|i| instance.table_get(index, i).is_ok_and(|element| element.ref_() == 0));
        state.tables.push((name.clone(), size, hash_nulls(nulls)));
    }
    let module = other.module();
    for export in (0..module.export_count()).filter_map(|i| module.export(i)) {
        let name = format!("other.{}", export.name);
        match export.ty {
            ExternType::Memory(..) => memory(&mut state, name, other, Ok(export.index)),
            ExternType::Global(..) => global(&mut state, name, other, Ok(export.index)),
            _ => {}
        }
    }
    state.memories.sort();
    state.globals.sort();
    state.tables.sort();
    state
}

fn memory(state: &mut State, name: String, instance: Instance<'_>, index: Result<u32, Error>) {
    let Ok(view) = index.and_then(|index| instance.memory(index)) else { return };
    // SAFETY: the view is that of a memory whose instance lives, and nothing runs while it is read.
    let bytes = unsafe { core::slice::from_raw_parts(view.base, view.len as usize) };
    state.memories.push((name, view.len, hash(bytes)));
}

fn global(state: &mut State, name: String, instance: Instance<'_>, index: Result<u32, Error>) {
    if let Ok((value, ty)) = index.and_then(|index| instance.global_get(index)) {
        state.globals.push((name, bits_of(ty, value)));
    }
}
