//! tinywasm: a small interpreter in safe Rust, no metering. Must not know what is measured.

use tinywasm::types::{FuncType, WasmType, WasmValue};
use tinywasm::{FuncContext, Function, FunctionTyped, HostFunction, Imports, Memory, Module, ModuleInstance, Store};
use wrt_bench_peer::{Bytes, Crossings, Guest, Import, Preview1, Program, Runtime, Ty, step, stub_result, sum};

pub struct TinyWasm;

struct Ready {
    store: Store,
    run: Function,
}

struct Crossing {
    store: Store,
    empty: FunctionTyped<(), ()>,
    add: FunctionTyped<(i32, i32), i32>,
    host: FunctionTyped<i32, i32>,
    bare: FunctionTyped<i32, i32>,
}

fn kind(ty: Ty) -> WasmType {
    match ty {
        Ty::I32 => WasmType::I32,
        Ty::I64 => WasmType::I64,
        Ty::F32 => WasmType::F32,
        Ty::F64 => WasmType::F64,
    }
}

/// A module that is run whole.
struct Whole {
    module: Module,
    imports: Vec<Import>,
}

/// The memory of such a module.
struct Whose<'s>(Option<Memory>, &'s mut Store);

impl Bytes for Whose<'_> {
    fn read(&self, at: u32, into: &mut [u8]) -> bool {
        self.0.as_ref().is_some_and(|memory| memory.read_exact(self.1, at as usize, into).is_ok())
    }

    fn write(&mut self, at: u32, from: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|memory| memory.copy_from_slice(self.1, at as usize, from).is_ok())
    }
}

impl Program for Whole {
    fn start(&mut self) -> Result<i64, String> {
        let system = Preview1::default();
        let mut store = Store::default();
        let mut imports = Imports::new();
        for import in &self.imports {
            let params: Vec<_> = import.params.iter().copied().map(kind).collect();
            let results: Vec<_> = import.results.iter().copied().map(kind).collect();
            let (system, name, answers) = (system.clone(), import.name.clone(), !results.is_empty());
            let ty = FuncType::new(&params, &results);
            let func = HostFunction::from_untyped(&mut store, &ty, move |mut context: FuncContext<'_>, args| {
                let args: Vec<i64> = args
                    .iter()
                    .map(|arg| match arg {
                        WasmValue::I32(v) => (*v).into(),
                        WasmValue::I64(v) => *v,
                        _ => 0,
                    })
                    .collect();
                let memory = context.memory("memory").ok();
                match system.call(&name, &args, &mut Whose(memory, context.store_mut())) {
                    Some(answer) if answers => Ok(vec![WasmValue::I32(answer)]),
                    Some(_) => Ok(Vec::new()),
                    None => Err(tinywasm::Error::Other("the end of the program".into())),
                }
            });
            imports.define(&import.module, &import.name, func);
        }
        let instance = ModuleInstance::instantiate(&mut store, &self.module, Some(imports));
        let start = instance.and_then(|instance| instance.func_untyped(&store, "_start")).map_err(|e| e.to_string())?;
        system.outcome(start.call(&mut store, &[]).map(drop).map_err(|e| e.to_string()))
    }
}

fn start(wasm: &[u8]) -> Result<Ready, String> {
    let module = tinywasm::parse_bytes(wasm).map_err(|e| e.to_string())?;
    let mut store = Store::default();
    let mut imports = Imports::new();
    for import in wrt_bench_peer::Module::read(wasm)?.imports {
        let value = stub_result(&import.module, &import.name);
        let params: Vec<_> = import.params.iter().copied().map(kind).collect();
        let results: Vec<_> = import.results.iter().copied().map(kind).collect();
        let answers: Vec<_> = import
            .results
            .iter()
            .map(|ty| match ty {
                Ty::I32 => WasmValue::I32(value as i32),
                Ty::I64 => WasmValue::I64(value),
                Ty::F32 => WasmValue::F32(value as f32),
                Ty::F64 => WasmValue::F64(value as f64),
            })
            .collect();
        let ty = FuncType::new(&params, &results);
        let func = HostFunction::from_untyped(&mut store, &ty, move |_, _| Ok(answers.clone()));
        imports.define(&import.module, &import.name, func);
    }
    let instance = ModuleInstance::instantiate(&mut store, &module, Some(imports)).map_err(|e| e.to_string())?;
    if let Ok(init) = instance.func_untyped(&store, "_initialize") {
        init.call(&mut store, &[]).map_err(|e| e.to_string())?;
    }
    let run = instance.func_untyped(&store, "run").map_err(|e| e.to_string())?;
    Ok(Ready { store, run })
}

fn cross(wasm: &[u8]) -> tinywasm::Result<Crossing> {
    let module = tinywasm::parse_bytes(wasm)?;
    let mut store = Store::default();
    let mut imports = Imports::new();
    let func = HostFunction::from(&mut store, |_, x: i32| Ok(step(x)));
    imports.define("host", "step", func);
    let instance = ModuleInstance::instantiate(&mut store, &module, Some(imports))?;
    Ok(Crossing {
        empty: instance.func(&store, "empty")?,
        add: instance.func(&store, "add")?,
        host: instance.func(&store, "host")?,
        bare: instance.func(&store, "bare")?,
        store,
    })
}

impl Runtime for TinyWasm {
    fn name(&self) -> &str {
        "tinywasm"
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        Ok(Box::new(start(wasm)?))
    }

    fn load(&mut self, wasm: &[u8]) -> Option<Result<(), String>> {
        Some(tinywasm::parse_bytes(wasm).map(drop).map_err(|e| e.to_string()))
    }

    fn program(&mut self, wasm: &[u8]) -> Result<Box<dyn Program>, String> {
        let module = tinywasm::parse_bytes(wasm).map_err(|e| e.to_string())?;
        Ok(Box::new(Whole { module, imports: wrt_bench_peer::Module::read(wasm)?.imports }))
    }

    fn crossings(&mut self, wasm: &[u8]) -> Result<Box<dyn Crossings>, String> {
        Ok(Box::new(cross(wasm).map_err(|e| e.to_string())?))
    }
}

impl Guest for Ready {
    fn run(&mut self, n: i32) -> Result<i64, String> {
        let results = self.run.call(&mut self.store, &[WasmValue::I32(n)]).map_err(|e| e.to_string())?;
        match results.first() {
            Some(WasmValue::I32(v)) => Ok((*v).into()),
            Some(WasmValue::I64(v)) => Ok(*v),
            _ => Err("the result of `run` is not an integer".into()),
        }
    }
}

impl Crossings for Crossing {
    fn empty(&mut self, times: i32) -> Result<(), String> {
        (0..times).try_for_each(|_| self.empty.call(&mut self.store, ())).map_err(|e| e.to_string())
    }

    fn add(&mut self, times: i32) -> Result<i32, String> {
        sum(times, |a, b| self.add.call(&mut self.store, (a, b))).map_err(|e| e.to_string())
    }

    fn host(&mut self, times: i32) -> Result<i32, String> {
        self.host.call(&mut self.store, times).map_err(|e| e.to_string())
    }

    fn bare(&mut self, times: i32) -> Result<i32, String> {
        self.bare.call(&mut self.store, times).map_err(|e| e.to_string())
    }
}
