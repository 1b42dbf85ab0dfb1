//! tinywasm: a small interpreter in safe Rust, no metering. Must not know what is measured.

use tinywasm::types::{FuncType, WasmType, WasmValue};
use tinywasm::{Function, HostFunction, Imports, ModuleInstance, Store};
use wrt_bench_peer::{Guest, Runtime, Ty, stub_result};

pub struct TinyWasm;

struct Ready {
    store: Store,
    run: Function,
}

fn kind(ty: Ty) -> WasmType {
    match ty {
        Ty::I32 => WasmType::I32,
        Ty::I64 => WasmType::I64,
        Ty::F32 => WasmType::F32,
        Ty::F64 => WasmType::F64,
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
