//! A worker process that offers wasmtime with Pulley (its portable interpreter) and with Cranelift (its compiler).
//! Owns wasmtime's settings; must not know what is measured.

use wasmtime::{Config, Engine, Func, FuncType, Instance, Linker, Module, Store, Val, ValType};
use wrt_bench_peer::{Guest, Runtime, serve, stub_result};

struct Wasmtime {
    name: &'static str,
    engine: Engine,
}

struct Ready {
    store: Store<()>,
    run: Func,
}

fn main() {
    let pulley = if cfg!(target_pointer_width = "64") { "pulley64" } else { "pulley32" };
    let mut runtimes: Vec<Box<dyn Runtime>> = Vec::new();
    for (name, target) in [("wasmtime-pulley", Some(pulley)), ("wasmtime-cranelift", None)] {
        match Wasmtime::new(name, target) {
            Ok(runtime) => runtimes.push(Box::new(runtime)),
            Err(e) => eprintln!("{name} is left out: {e:?}"),
        }
    }
    serve(runtimes);
}

impl Wasmtime {
    fn new(name: &'static str, target: Option<&str>) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.wasm_multi_memory(true).wasm_memory64(true).wasm_tail_call(true);
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
}

impl Runtime for Wasmtime {
    fn name(&self) -> &str {
        self.name
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        Ok(Box::new(self.start(wasm).map_err(|e| format!("{e:?}"))?))
    }

    fn load(&mut self, wasm: &[u8]) -> Option<Result<(), String>> {
        Some(Module::new(&self.engine, wasm).map(drop).map_err(|e| format!("{e:?}")))
    }
}

impl Guest for Ready {
    fn run(&mut self, n: i32) -> Result<i64, String> {
        let mut result = [Val::I32(0)];
        self.run.call(&mut self.store, &[Val::I32(n)], &mut result).map_err(|e| format!("{e:?}"))?;
        match result[0] {
            Val::I32(v) => Ok(v.into()),
            Val::I64(v) => Ok(v),
            _ => Err("the result of `run` is not an integer".into()),
        }
    }
}
