//! A worker process that offers wasmtime with Pulley (its portable interpreter), with Winch (its compiler for fast starts)
//! and with Cranelift (its compiler for fast code).
//! Owns wasmtime's settings; must not know what is measured.

use std::process::ExitCode;
use wasmtime::{
    Caller, Config, Engine, Extern, Func, FuncType, Instance, Linker, Module, Store, Strategy, TypedFunc, Val, ValType,
};
use wrt_bench_peer::{Crossings, Guest, Preview1, Program, Runtime, once, serve, step, stub_result, sum};

struct Wasmtime {
    name: &'static str,
    engine: Engine,
}

struct Ready {
    store: Store<()>,
    run: Func,
}

struct Crossing {
    store: Store<()>,
    empty: TypedFunc<(), ()>,
    add: TypedFunc<(i32, i32), i32>,
    host: TypedFunc<i32, i32>,
    bare: TypedFunc<i32, i32>,
}

fn text(error: wasmtime::Error) -> String {
    format!("{error:?}")
}

/// A module that is run whole.
struct Whole {
    engine: Engine,
    module: Module,
    linker: Linker<Preview1>,
}

/// One call of the system by a program that is run whole.
fn system_call(
    name: &str,
    caller: &mut Caller<'_, Preview1>,
    args: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    let args: Vec<i64> = args.iter().map(|arg| arg.i64().or(arg.i32().map(i64::from)).unwrap_or(0)).collect();
    let system = caller.data().clone();
    let answer = match caller.get_export("memory").and_then(Extern::into_memory) {
        Some(memory) => system.call(name, &args, memory.data_mut(caller)),
        None => system.call(name, &args, &mut [][..]),
    };
    match (answer, results) {
        (Some(answer), [result]) => *result = Val::I32(answer),
        (Some(_), _) => {}
        (None, _) => return Err(wasmtime::Error::msg("the end of the program")),
    }
    Ok(())
}

fn main() -> ExitCode {
    let pulley = if cfg!(target_pointer_width = "64") { "pulley64" } else { "pulley32" };
    let mut runtimes: Vec<Box<dyn Runtime>> = Vec::new();
    for (name, target, strategy) in [
        ("wasmtime-pulley", Some(pulley), Strategy::Cranelift),
        ("wasmtime-winch", None, Strategy::Winch),
        ("wasmtime-cranelift", None, Strategy::Cranelift),
    ] {
        match Wasmtime::new(name, target, strategy) {
            Ok(runtime) => runtimes.push(Box::new(runtime)),
            Err(e) => eprintln!("{name} is left out: {e:?}"),
        }
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        Some((verb, words)) if verb == "once" => match once(runtimes, words) {
            Ok(answer) => println!("{answer}"),
            Err(e) => {
                eprintln!("wrt-bench-wasmtime: {e}");
                return ExitCode::FAILURE;
            }
        },
        _ => serve(runtimes),
    }
    ExitCode::SUCCESS
}

impl Wasmtime {
    fn new(name: &'static str, target: Option<&str>, strategy: Strategy) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.strategy(strategy).wasm_multi_memory(true).wasm_memory64(true);
        // Winch has no tail calls, and no program of the benchmark has any.
        config.wasm_tail_call(strategy == Strategy::Cranelift);
        if let Some(target) = target {
            config.target(target)?;
        }
        Ok(Self { name, engine: Engine::new(&config)? })
    }

    fn start(&self, wasm: &[u8]) -> wasmtime::Result<Ready> {
        let module = Module::new(&self.engine, wasm)?;
        let mut linker = Linker::new(&self.engine);
        for import in module.imports() {
            let wasmtime::ExternType::Func(ty) = import.ty() else { continue };
            let answer = stub_result(import.module(), import.name());
            let kinds: Vec<ValType> = ty.results().collect();
            let ty = FuncType::new(&self.engine, ty.params(), kinds.iter().cloned());
            linker.func_new(import.module(), import.name(), ty, move |_, _, results| {
                for (result, kind) in results.iter_mut().zip(&kinds) {
                    *result = match kind {
                        ValType::I64 => Val::I64(answer),
                        ValType::F32 => Val::F32((answer as f32).to_bits()),
                        ValType::F64 => Val::F64((answer as f64).to_bits()),
                        _ => Val::I32(answer as i32),
                    };
                }
                Ok(())
            })?;
        }
        let mut store = Store::new(&self.engine, ());
        let instance: Instance = linker.instantiate(&mut store, &module)?;
        if let Some(init) = instance.get_func(&mut store, "_initialize") {
            init.call(&mut store, &[], &mut [])?;
        }
        let run = instance.get_func(&mut store, "run").ok_or_else(|| wasmtime::Error::msg("no export `run`"))?;
        Ok(Ready { store, run })
    }

    fn whole(&self, wasm: &[u8]) -> wasmtime::Result<Whole> {
        let module = Module::new(&self.engine, wasm)?;
        let mut linker = Linker::new(&self.engine);
        for import in module.imports() {
            let wasmtime::ExternType::Func(ty) = import.ty() else { continue };
            let name = import.name().to_owned();
            linker.func_new(import.module(), import.name(), ty, move |mut caller, args, results| {
                system_call(&name, &mut caller, args, results)
            })?;
        }
        Ok(Whole { engine: self.engine.clone(), module, linker })
    }

    fn cross(&self, wasm: &[u8]) -> wasmtime::Result<Crossing> {
        let module = Module::new(&self.engine, wasm)?;
        let mut linker = Linker::new(&self.engine);
        linker.func_wrap("host", "step", step)?;
        let mut store = Store::new(&self.engine, ());
        let instance = linker.instantiate(&mut store, &module)?;
        Ok(Crossing {
            empty: instance.get_typed_func(&mut store, "empty")?,
            add: instance.get_typed_func(&mut store, "add")?,
            host: instance.get_typed_func(&mut store, "host")?,
            bare: instance.get_typed_func(&mut store, "bare")?,
            store,
        })
    }
}

impl Runtime for Wasmtime {
    fn name(&self) -> &str {
        self.name
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        Ok(Box::new(self.start(wasm).map_err(text)?))
    }

    fn load(&mut self, wasm: &[u8]) -> Option<Result<(), String>> {
        Some(Module::new(&self.engine, wasm).map(drop).map_err(text))
    }

    fn crossings(&mut self, wasm: &[u8]) -> Result<Box<dyn Crossings>, String> {
        Ok(Box::new(self.cross(wasm).map_err(text)?))
    }

    fn program(&mut self, wasm: &[u8]) -> Result<Box<dyn Program>, String> {
        Ok(Box::new(self.whole(wasm).map_err(text)?))
    }
}

impl Program for Whole {
    fn start(&mut self) -> Result<i64, String> {
        let system = Preview1::default();
        let mut store = Store::new(&self.engine, system.clone());
        let instance = self.linker.instantiate(&mut store, &self.module).map_err(text)?;
        let start = instance.get_func(&mut store, "_start").ok_or("no export `_start`")?;
        system.outcome(start.call(&mut store, &[], &mut []).map_err(text))
    }
}

impl Guest for Ready {
    fn run(&mut self, n: i32) -> Result<i64, String> {
        let mut result = [Val::I32(0)];
        self.run.call(&mut self.store, &[Val::I32(n)], &mut result).map_err(text)?;
        match result[0] {
            Val::I32(v) => Ok(v.into()),
            Val::I64(v) => Ok(v),
            _ => Err("the result of `run` is not an integer".into()),
        }
    }
}

impl Crossings for Crossing {
    fn empty(&mut self, times: i32) -> Result<(), String> {
        (0..times).try_for_each(|_| self.empty.call(&mut self.store, ())).map_err(text)
    }

    fn add(&mut self, times: i32) -> Result<i32, String> {
        sum(times, |a, b| self.add.call(&mut self.store, (a, b))).map_err(text)
    }

    fn host(&mut self, times: i32) -> Result<i32, String> {
        self.host.call(&mut self.store, times).map_err(text)
    }

    fn bare(&mut self, times: i32) -> Result<i32, String> {
        self.bare.call(&mut self.store, times).map_err(text)
    }
}
