//! Carries a script out on wasmi, with its deterministic NaNs. Must not know the other engine.

use crate::execute::Script;
use crate::host::{self, FUNCTIONS, Offer};
use crate::observe::{Ending, State, Step, Trap, fold, hash, hash_nulls, vector};
use wasmi::errors::{ErrorKind, InstantiationError};
use wasmi::{
    AsContext, Config, Engine, Extern, ExternRef, F32, F64, Instance, Linker, Module, Nullable, Store, TrapCode, V128,
    Val, ValType,
};
use wrt_core::Proposals;

/// Fuel of one call, in wasmi's own units.
const FUEL: u64 = 60_000;

/// What wasmi has, in this build.
pub const PROPOSALS: Proposals =
    Proposals((1 << 10) - 1).with(Proposals::SIMD).with(Proposals::CUSTOM_PAGE_SIZES).with(Proposals::WIDE_ARITHMETIC);

/// Runs the module as the script says.
#[must_use]
pub fn run(wasm: &[u8], script: &Script) -> Vec<Step> {
    let mut config = Config::default();
    config.consume_fuel(true).wasm_custom_page_sizes(true).wasm_wide_arithmetic(true);
    let engine = Engine::new(&config);
    let mut store = Store::new(&engine, 0u64);
    let mut steps = Vec::new();
    let (instance, other) = match instantiate(&engine, &mut store, wasm, script.offer) {
        Ok(both) => both,
        Err(e) => {
            steps.push(Step { what: "instantiation".into(), ending: ending(&e), state: State::default() });
            return steps;
        }
    };
    let state = state(&store, instance, other, script);
    steps.push(Step { what: "instantiation".into(), ending: Ending::Done(Vec::new()), state });
    for call in &script.calls {
        let ending = one(&mut store, instance, call);
        let stop = ending == Ending::Unfinished;
        let state = self::state(&store, instance, other, script);
        steps.push(Step { what: format!("{}({:x?})", call.name, call.args), ending, state });
        if stop {
            break;
        }
    }
    steps
}

fn instantiate(
    engine: &Engine,
    store: &mut Store<u64>,
    wasm: &[u8],
    offer: Offer,
) -> Result<(Instance, Instance), wasmi::Error> {
    let mut linker: Linker<u64> = Linker::new(engine);
    let imports = Module::new(engine, host::available_imports(offer))?;
    for import in imports.imports().filter(|import| import.module() == "host") {
        let wasmi::ExternType::Func(ty) = import.ty() else { continue };
        let number = FUNCTIONS.iter().position(|f| f.name == import.name()).unwrap_or(0);
        let kinds = ty.results().to_vec();
        linker.func_new("host", import.name(), ty.clone(), move |mut caller, args, results| {
            let number_of = |reference: &ExternRef| reference.data(&caller).downcast_ref::<u64>().copied();
            let args: Vec<u64> = args
                .iter()
                .map(|arg| match arg {
                    Val::ExternRef(Nullable::Val(reference)) => number_of(reference).unwrap_or(host::FOREIGN),
                    other => bits(other),
                })
                .collect();
            let answers = host::call(number, &args, caller.data_mut());
            for ((result, kind), bits) in results.iter_mut().zip(&kinds).zip(answers) {
                *result = match kind {
                    ValType::ExternRef if bits != 0 => Val::ExternRef(Nullable::Val(ExternRef::new(&mut caller, bits))),
                    _ => value(*kind, bits),
                };
            }
            Ok(())
        })?;
    }
    store.set_fuel(FUEL)?;
    let other = linker.instantiate_and_start(&mut *store, &Module::new(engine, host::other_module(offer))?)?;
    linker.instance(&mut *store, "other", other)?;
    let module = Module::new(engine, wasm)?;
    store.set_fuel(FUEL)?;
    Ok((linker.instantiate_and_start(&mut *store, &module)?, other))
}

fn one(store: &mut Store<u64>, instance: Instance, call: &crate::execute::Call) -> Ending {
    let Some(func) = instance.get_func(&*store, &call.name) else {
        return Ending::Refused("no such export".into());
    };
    let ty = func.ty(&*store);
    let args: Vec<Val> = ty.params().iter().zip(&call.args).map(|(ty, bits)| value(*ty, *bits)).collect();
    let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    if let Err(e) = store.set_fuel(FUEL) {
        return Ending::Refused(e.to_string());
    }
    match func.call(store, &args, &mut results) {
        Ok(()) => Ending::Done(results.iter().map(bits).collect()),
        Err(e) => ending(&e),
    }
}

fn ending(error: &wasmi::Error) -> Ending {
    let Some(code) = error.as_trap_code() else {
        return match error.kind() {
            ErrorKind::Fuel(_) => Ending::Unfinished,
            ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => Ending::Trap(Trap::Table),
            _ => Ending::Refused(error.to_string()),
        };
    };
    Ending::Trap(match code {
        TrapCode::UnreachableCodeReached => Trap::Unreachable,
        TrapCode::MemoryOutOfBounds => Trap::Memory,
        TrapCode::TableOutOfBounds => Trap::Table,
        TrapCode::IndirectCallToNull => Trap::NullCall,
        TrapCode::IntegerDivisionByZero => Trap::DivideByZero,
        TrapCode::IntegerOverflow => Trap::IntegerOverflow,
        TrapCode::BadConversionToInteger => Trap::Conversion,
        TrapCode::BadSignature => Trap::CallType,
        TrapCode::StackOverflow
        | TrapCode::OutOfFuel
        | TrapCode::GrowthOperationLimited
        | TrapCode::OutOfSystemMemory => {
            return Ending::Unfinished;
        }
        #[allow(unreachable_patterns, reason = "wasmi may tell more traps apart one day")]
        _ => Trap::Other,
    })
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(v) => u64::from(*v as u32),
        Val::I64(v) => *v as u64,
        Val::F32(v) => v.to_bits().into(),
        Val::F64(v) => v.to_bits(),
        Val::FuncRef(v) => u64::from(!v.is_null()),
        Val::ExternRef(v) => u64::from(!v.is_null()),
        Val::V128(v) => fold(v.as_u128()),
    }
}

fn value(ty: ValType, bits: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32(F32::from_bits(bits as u32)),
        ValType::F64 => Val::F64(F64::from_bits(bits)),
        ValType::FuncRef => Val::FuncRef(Nullable::Null),
        ValType::ExternRef => Val::ExternRef(Nullable::Null),
        ValType::V128 => Val::V128(V128::from(vector(bits))),
    }
}

fn state(store: &Store<u64>, instance: Instance, other: Instance, script: &Script) -> State {
    let ctx = store.as_context();
    let mut state = State { host: *store.data(), ..State::default() };
    for name in &script.memories {
        if let Some(memory) = instance.get_memory(ctx, name) {
            state.memories.push((name.clone(), memory.data_size(ctx) as u64, hash(memory.data(ctx))));
        }
    }
    for name in &script.globals {
        if let Some(global) = instance.get_global(ctx, name) {
            state.globals.push((name.clone(), bits(&global.get(ctx))));
        }
    }
    for name in &script.tables {
        if let Some(table) = instance.get_table(ctx, name) {
            let size = table.size(ctx);
            let nulls = (0..size).map(|i| table.get(ctx, i).is_none_or(|element| element.is_null()));
            state.tables.push((name.clone(), size, hash_nulls(nulls)));
        }
    }
    // The other module's memories change through its functions even where the module does not import them.
    for export in other.exports(ctx) {
        let name = format!("other.{}", export.name());
        match export.into_extern() {
            Extern::Memory(memory) => {
                state.memories.push((name, memory.data_size(ctx) as u64, hash(memory.data(ctx))));
            }
            Extern::Global(global) => state.globals.push((name, bits(&global.get(ctx)))),
            _ => {}
        }
    }
    // Engines list exports in orders of their own.
    state.memories.sort();
    state.globals.sort();
    state.tables.sort();
    state
}
