//! wasmi 2, with and without fuel; its defaults are its fastest settings. Must not know what is measured.

use wasmi::{
    Caller, CompilationMode, Config, Engine, Extern, Func, FuncType, Linker, Module, Store, TypedFunc, Val, ValType,
};
use wrt_bench_peer::{Crossings, Guest, Preview1, Program, Runtime, step, stub_result, sum};

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

struct Crossing {
    store: Store<()>,
    empty: TypedFunc<(), ()>,
    add: TypedFunc<(i32, i32), i32>,
    host: TypedFunc<i32, i32>,
    bare: TypedFunc<i32, i32>,
    fuel: bool,
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A module that is run whole.
struct Whole {
    engine: Engine,
    module: Module,
    linker: Linker<Preview1>,
    fuel: bool,
}

/// One call of the system by a program that is run whole.
fn system_call(
    name: &str,
    caller: &mut Caller<'_, Preview1>,
    args: &[Val],
    results: &mut [Val],
) -> Result<(), wasmi::Error> {
    let args: Vec<i64> = args.iter().map(|arg| arg.i64().or(arg.i32().map(i64::from)).unwrap_or(0)).collect();
    let system = caller.data().clone();
    let answer = match caller.get_export("memory").and_then(Extern::into_memory) {
        Some(memory) => system.call(name, &args, memory.data_mut(caller)),
        None => system.call(name, &args, &mut [][..]),
    };
    match (answer, results) {
        (Some(answer), [result]) => *result = Val::I32(answer),
        (Some(_), _) => {}
        (None, _) => return Err(wasmi::Error::i32_exit(0)),
    }
    Ok(())
}

fn refuel<T>(store: &mut Store<T>, fuel: bool) -> Result<(), String> {
    if fuel { store.set_fuel(u64::MAX / 2).map_err(text) } else { Ok(()) }
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

    fn whole(&self, wasm: &[u8]) -> Result<Whole, wasmi::Error> {
        let module = Module::new(&self.engine, wasm)?;
        let mut linker = Linker::new(&self.engine);
        for import in module.imports() {
            let wasmi::ExternType::Func(ty) = import.ty() else { continue };
            let name = import.name().to_owned();
            linker.func_new(import.module(), import.name(), ty.clone(), move |mut caller, args, results| {
                system_call(&name, &mut caller, args, results)
            })?;
        }
        Ok(Whole { engine: self.engine.clone(), module, linker, fuel: self.fuel })
    }

    fn cross(&self, wasm: &[u8]) -> Result<Crossing, wasmi::Error> {
        let module = Module::new(&self.engine, wasm)?;
        let mut store = Store::new(&self.engine, ());
        if self.fuel {
            store.set_fuel(u64::MAX / 2)?;
        }
        let mut linker = Linker::new(&self.engine);
        linker.func_wrap("host", "step", step)?;
        let instance = linker.instantiate_and_start(&mut store, &module)?;
        Ok(Crossing {
            empty: instance.get_typed_func(&store, "empty")?,
            add: instance.get_typed_func(&store, "add")?,
            host: instance.get_typed_func(&store, "host")?,
            bare: instance.get_typed_func(&store, "bare")?,
            store,
            fuel: self.fuel,
        })
    }
}

impl Runtime for Wasmi {
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
        refuel(&mut store, self.fuel)?;
        let instance = self.linker.instantiate_and_start(&mut store, &self.module).map_err(text)?;
        let start = instance.get_func(&store, "_start").ok_or("no export `_start`")?;
        system.outcome(start.call(&mut store, &[], &mut []).map_err(text))
    }
}

impl Guest for Ready {
    fn run(&mut self, n: i32) -> Result<i64, String> {
        refuel(&mut self.store, self.fuel)?;
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
        refuel(&mut self.store, self.fuel)?;
        (0..times).try_for_each(|_| self.empty.call(&mut self.store, ())).map_err(text)
    }

    fn add(&mut self, times: i32) -> Result<i32, String> {
        refuel(&mut self.store, self.fuel)?;
        sum(times, |a, b| self.add.call(&mut self.store, (a, b))).map_err(text)
    }

    fn host(&mut self, times: i32) -> Result<i32, String> {
        refuel(&mut self.store, self.fuel)?;
        self.host.call(&mut self.store, times).map_err(text)
    }

    fn bare(&mut self, times: i32) -> Result<i32, String> {
        refuel(&mut self.store, self.fuel)?;
        self.bare.call(&mut self.store, times).map_err(text)
    }
}
