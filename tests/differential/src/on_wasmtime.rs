//! Carries a script out on wasmtime, with canonical NaNs: the oracle for what wasmi does not have, and the third
//! opinion where wrt and wasmi differ.
//! Must not know the other engines.

use crate::execute::{Call, Script};
use crate::host::{self, FUNCTIONS, Offer};
use crate::observe::{Ending, State, Step, Trap, fold, hash, hash_nulls, vector};
use core::cell::OnceCell;
use wasmtime::{
    Collector, Config, Engine, Extern, ExternRef, GcHeapOutOfMemory, HeapType, Instance, Linker, Module, OptLevel, Ref,
    RefType, Store, ThrownException, Val, ValType,
};
use wrt_core::Proposals;

/// Fuel of one call, in wasmtime's own units.
const FUEL: u64 = 100_000;

/// What wasmtime has, in this build. Threads would wait for one another for ever.
pub const PROPOSALS: Proposals = Proposals(Proposals::ALL.0 & !Proposals::THREADS.0 & !Proposals::LEGACY_EXCEPTIONS.0);

/// Runs the module as the script says.
#[must_use]
pub fn run(wasm: &[u8], script: &Script) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Err(e) = attempt(wasm, script, &mut steps) {
        steps.push(Step { what: "instantiation".into(), ending: ending(&e), state: State::default() });
    }
    steps
}

/// The engine, made once for each thread: it holds no state of a run.
fn engine() -> wasmtime::Result<Engine> {
    thread_local!(static ENGINE: OnceCell<Engine> = const { OnceCell::new() });
    ENGINE.with(|engine| {
        if let Some(engine) = engine.get() {
            return Ok(engine.clone());
        }
        let mut config = Config::new();
        config.consume_fuel(true).cranelift_nan_canonicalization(true).cranelift_opt_level(OptLevel::None);
        config.wasm_multi_memory(true).wasm_memory64(true).wasm_tail_call(true).wasm_extended_const(true);
        config.wasm_function_references(true).wasm_gc(true).wasm_exceptions(true);
        config.wasm_simd(true).wasm_relaxed_simd(true).relaxed_simd_deterministic(true);
        config.wasm_custom_page_sizes(true).wasm_wide_arithmetic(true);
        config.wasm_threads(true).shared_memory(true);
        // Nothing lives long enough to be collected; what is never moved or counted has fewest ways to go wrong.
        config.collector(Collector::Null).memory_reservation(1 << 22).memory_reservation_for_growth(0);
        config.gc_heap_reservation(1 << 24).gc_heap_reservation_for_growth(0);
        Ok(engine.get_or_init(|| Engine::new(&config).expect("a configuration that wasmtime has")).clone())
    })
}

fn attempt(wasm: &[u8], script: &Script, steps: &mut Vec<Step>) -> wasmtime::Result<()> {
    let engine = engine()?;
    let mut store = Store::new(&engine, 0u64);
    let mut linker: Linker<u64> = Linker::new(&engine);
    let imports = Module::new(&engine, host::available_imports(Offer::default()))?;
    for import in imports.imports().filter(|import| import.module() == "host") {
        let wasmtime::ExternType::Func(ty) = import.ty() else { continue };
        let number = FUNCTIONS.iter().position(|f| f.name == import.name()).unwrap_or(0);
        let kinds: Vec<ValType> = ty.results().collect();
        linker.func_new("host", import.name(), ty, move |mut caller, args, results| {
            let args: Vec<u64> = args
                .iter()
                .map(|arg| match arg {
                    Val::ExternRef(Some(reference)) => {
                        let data = reference.data(&caller).ok().flatten();
                        data.and_then(|data| data.downcast_ref::<u64>()).copied().unwrap_or(host::FOREIGN)
                    }
                    other => bits(other),
                })
                .collect();
            let answers = host::call(number, &args, caller.data_mut());
            for ((result, kind), bits) in results.iter_mut().zip(&kinds).zip(answers) {
                *result = match kind {
                    ValType::Ref(_) if bits != 0 => Val::ExternRef(Some(ExternRef::new(&mut caller, bits)?)),
                    _ => value(kind, bits),
                };
            }
            Ok(())
        })?;
    }
    store.set_fuel(FUEL)?;
    let other = linker.instantiate(&mut store, &Module::new(&engine, host::other_module(script.offer))?)?;
    linker.instance(&mut store, "other", other)?;
    let module = Module::new(&engine, wasm)?;
    store.set_fuel(FUEL)?;
    let instance = linker.instantiate(&mut store, &module)?;
    let state = self::state(&mut store, instance, other, script);
    steps.push(Step { what: "instantiation".into(), ending: Ending::Done(Vec::new()), state });
    for call in &script.calls {
        let ending = one(&mut store, instance, call);
        let stop = ending == Ending::Unfinished;
        let state = self::state(&mut store, instance, other, script);
        steps.push(Step { what: format!("{}({:x?})", call.name, call.args), ending, state });
        if stop {
            break;
        }
    }
    Ok(())
}

fn one(store: &mut Store<u64>, instance: Instance, call: &Call) -> Ending {
    let Some(func) = instance.get_func(&mut *store, &call.name) else {
        return Ending::Refused("no such export".into());
    };
    let ty = func.ty(&*store);
    let args: Vec<Val> = ty.params().zip(&call.args).map(|(ty, bits)| value(&ty, *bits)).collect();
    let mut results: Vec<Val> = ty.results().map(|ty| value(&ty, 0)).collect();
    if let Err(e) = store.set_fuel(FUEL) {
        return Ending::Refused(e.to_string());
    }
    match func.call(&mut *store, &args, &mut results) {
        Ok(()) => Ending::Done(results.iter().map(bits).collect()),
        Err(e) if e.is::<ThrownException>() => {
            _ = store.take_pending_exception();
            Ending::Exception
        }
        Err(e) => ending(&e),
    }
}

fn ending(error: &wasmtime::Error) -> Ending {
    use wasmtime::Trap as T;
    let Some(code) = error.downcast_ref::<T>() else {
        return if error.is::<GcHeapOutOfMemory<()>>() {
            Ending::Unfinished
        } else if error.is::<ThrownException>() {
            Ending::Exception
        } else {
            Ending::Refused(format!("{error:?}"))
        };
    };
    Ending::Trap(match code {
        T::UnreachableCodeReached => Trap::Unreachable,
        T::MemoryOutOfBounds => Trap::Memory,
        T::TableOutOfBounds => Trap::Table,
        T::IndirectCallToNull => Trap::NullCall,
        T::IntegerDivisionByZero => Trap::DivideByZero,
        T::IntegerOverflow => Trap::IntegerOverflow,
        T::BadConversionToInteger => Trap::Conversion,
        T::BadSignature => Trap::CallType,
        T::NullReference => Trap::Null,
        T::CastFailure => Trap::Cast,
        T::ArrayOutOfBounds => Trap::Array,
        T::StackOverflow | T::OutOfFuel | T::AllocationTooLarge => return Ending::Unfinished,
        _ => Trap::Other,
    })
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(v) => u64::from(*v as u32),
        Val::I64(v) => *v as u64,
        Val::F32(v) => (*v).into(),
        Val::F64(v) => *v,
        Val::V128(v) => fold(v.as_u128()),
        Val::FuncRef(v) => u64::from(v.is_some()),
        Val::ExternRef(v) => u64::from(v.is_some()),
        Val::AnyRef(v) => u64::from(v.is_some()),
        Val::ExnRef(v) => u64::from(v.is_some()),
        _ => 0,
    }
}

fn value(ty: &ValType, bits: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32(bits as u32),
        ValType::F64 => Val::F64(bits),
        ValType::V128 => Val::V128(vector(bits).into()),
        ValType::Ref(ty) => null(ty),
    }
}

fn null(ty: &RefType) -> Val {
    match ty.heap_type().top() {
        HeapType::Extern => Val::ExternRef(None),
        HeapType::Any => Val::AnyRef(None),
        HeapType::Exn => Val::ExnRef(None),
        _ => Val::FuncRef(None),
    }
}

fn state(store: &mut Store<u64>, instance: Instance, other: Instance, script: &Script) -> State {
    let mut state = State { host: *store.data(), ..State::default() };
    for name in &script.memories {
        if let Some(memory) = instance.get_memory(&mut *store, name) {
            let bytes = memory.data(&*store);
            state.memories.push((name.clone(), bytes.len() as u64, hash(bytes)));
        } else if let Some(memory) = instance.get_shared_memory(&mut *store, name) {
            let cells = memory.data();
            // SAFETY: no other thread has this memory, and nothing runs while it is read.
            let bytes = unsafe { core::slice::from_raw_parts(cells.as_ptr().cast::<u8>(), cells.len()) };
            state.memories.push((name.clone(), bytes.len() as u64, hash(bytes)));
        }
    }
    for name in &script.globals {
        if let Some(global) = instance.get_global(&mut *store, name) {
            state.globals.push((name.clone(), bits(&global.get(&mut *store))));
        }
    }
    for name in &script.tables {
        if let Some(table) = instance.get_table(&mut *store, name) {
            let size = table.size(&*store);
            let nulls: Vec<bool> =
                (0..size).map(|i| table.get(&mut *store, i).as_ref().is_none_or(Ref::is_null)).collect();
            state.tables.push((name.clone(), size, hash_nulls(nulls.into_iter())));
        }
    }
    let exports: Vec<(String, Extern)> =
        other.exports(&mut *store).map(|e| (format!("other.{}", e.name()), e.into_extern())).collect();
    for (name, export) in exports {
        match export {
            Extern::Memory(memory) => {
                let bytes = memory.data(&*store);
                state.memories.push((name, bytes.len() as u64, hash(bytes)));
            }
            Extern::Global(global) => state.globals.push((name, bits(&global.get(&mut *store)))),
            _ => {}
        }
    }
    state.memories.sort();
    state.globals.sort();
    state.tables.sort();
    state
}
