//! wasmi 2, with and without fuel; its defaults are its fastest settings. Must not know what is measured.

use wasmi::{CompilationMode, Config, Engine, Func, FuncType, Linker, Module, Store, Val, ValType};
use wrt_bench_peer::{Guest, Runtime, stub_result};

pub struct Wasmi {
    name: &'static str,
    fuel: bool,
    engine: Engine,
}

struct Ready {
    store: Store<()>,
    run: Func,
    fuel: bool,
}

impl Wasmi {
    pub fn new(name: &'static str, fuel: bool) -> Self {
        let mut config = Config::default();
        config.consume_fuel(fuel).compilation_mode(CompilationMode::Eager);
        Self { name, fuel, engine: Engine::new(&config) }
    }

    fn start(&self, wasm: &[u8]) -> Result<Ready, wasmi::Error> {
        let module = Module::new(&self.engine, wasm)?;
        let mut store = Store::new(&self.engine, ());
        if self.fuel {
            store.set_fuel(u64::MAX / 2)?;
        }
        let mut linker = Linker::new(&self.engine);
        for import in module.imports() {
            let wasmi::ExternType::Func(ty) = import.ty() else { continue };
            let answer = stub_result(import.module(), import.name());
            let kinds: Vec<ValType> = ty.results().to_vec();
            let ty = FuncType::new(ty.params().iter().copied(), kinds.iter().copied());
            linker.func_new(import.module(), import.name(), ty, move |_, _, results| {
                for (result, kind) in results.iter_mut().zip(&kinds) {
                    *result = match kind {
                        ValType::I64 => Val::I64(answer),
                        ValType::F32 => Val::F32((answer as f32).into()),
                        ValType::F64 => Val::F64((answer as f64).into()),
                        _ => Val::I32(answer as i32),
                    };
                }
                Ok(())
            })?;
        }
        let instance = linker.instantiate_and_start(&mut store, &module)?;
        if let Some(init) = instance.get_func(&store, "_initialize") {
            init.call(&mut store, &[], &mut [])?;
        }
        let run = instance.get_func(&store, "run").ok_or_else(|| wasmi::Error::new("no export `run`"))?;
        Ok(Ready { store, run, fuel: self.fuel })
    }
}

impl Runtime for Wasmi {
    fn name(&self) -> &str {
        self.name
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        Ok(Box::new(self.start(wasm).map_err(|e| e.to_string())?))
    }

    fn load(&mut self, wasm: &[u8]) -> Option<Result<(), String>> {
        Some(Module::new(&self.engine, wasm).map(drop).map_err(|e| e.to_string()))
    }
}

impl Guest for Ready {
    fn run(&mut self, n: i32) -> Result<i64, String> {
        if self.fuel {
            self.store.set_fuel(u64::MAX / 2).map_err(|e| e.to_string())?;
        }
        let mut result = [Val::I32(0)];
        self.run.call(&mut self.store, &[Val::I32(n)], &mut result).map_err(|e| e.to_string())?;
        match result[0] {
            Val::I32(v) => Ok(v.into()),
            Val::I64(v) => Ok(v),
            _ => Err("the result of `run` is not an integer".into()),
        }
    }
}
