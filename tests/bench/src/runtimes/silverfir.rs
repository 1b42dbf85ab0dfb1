//! Silverfir-nano's interpreter: handlers in assembly that its build script writes, no metering. Must not know what is
//! measured.

use sf_nano_core::{Config, Engine, Func, Import, Instance, Value, WasmError};
use wrt_bench_peer::{Crossings, Guest, Preview1, Program, Runtime, Ty, step, stub_result, sum};

pub struct Silverfir;

struct Ready {
    instance: Instance,
    run: Func,
}

struct Crossing {
    instance: Instance,
    empty: Func,
    add: Func,
    host: Func,
    bare: Func,
}

fn text(error: WasmError) -> String {
    error.to_string()
}

fn engine() -> Result<Engine, String> {
    Engine::new(Config::new()).map_err(|e| e.to_string())
}

fn find(instance: &Instance, name: &str) -> Result<Func, String> {
    instance.get_func(name).ok_or_else(|| format!("no export {name}"))
}

fn stubs(wasm: &[u8]) -> Result<Vec<Import>, String> {
    let imports = wrt_bench_peer::Module::read(wasm)?.imports.into_iter().map(|import| {
        let answer = stub_result(&import.module, &import.name);
        let kinds = import.results;
        Import::func(&import.module, &import.name, move |_, _, results| {
            for (result, kind) in results.iter_mut().zip(&kinds) {
                *result = match kind {
                    Ty::I32 => Value::I32(answer as i32),
                    Ty::I64 => Value::I64(answer),
                    Ty::F32 => Value::F32(answer as f32),
                    Ty::F64 => Value::F64(answer as f64),
                };
            }
            Ok(())
        })
    });
    Ok(imports.collect())
}

/// The bytes of a module that is run whole: a module does not exist without an instance.
struct Whole(Vec<u8>);

fn number(value: &Value) -> i64 {
    match value {
        Value::I32(v) => (*v).into(),
        Value::I64(v) => *v,
        _ => 0,
    }
}

fn system_imports(wasm: &[u8], system: &Preview1) -> Result<Vec<Import>, String> {
    let imports = wrt_bench_peer::Module::read(wasm)?.imports.into_iter().map(|import| {
        let (system, name) = (system.clone(), import.name.clone());
        Import::func(&import.module, &import.name, move |caller, args, results| {
            let args: Vec<i64> = args.iter().map(number).collect();
            match (system.call(&name, &args, caller.memory_mut().unwrap_or_default()), results) {
                (Some(answer), [result]) => *result = Value::I32(answer),
                (Some(_), _) => {}
                (None, _) => return Err(WasmError::exit_with_code(0)),
            }
            Ok(())
        })
    });
    Ok(imports.collect())
}

impl Program for Whole {
    fn start(&mut self) -> Result<i64, String> {
        let system = Preview1::default();
        let imports = system_imports(&self.0, &system)?;
        let mut instance = Instance::new(&engine()?, &self.0, &imports).map_err(text)?;
        let start = find(&instance, "_start")?;
        system.outcome(instance.call(&start, &[], &mut []).map_err(text))
    }
}

impl Runtime for Silverfir {
    fn name(&self) -> &str {
        "silverfir"
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        let mut instance = Instance::new(&engine()?, wasm, &stubs(wasm)?).map_err(text)?;
        if let Some(init) = instance.get_func("_initialize") {
            instance.call(&init, &[], &mut []).map_err(text)?;
        }
        let run = find(&instance, "run")?;
        Ok(Box::new(Ready { instance, run }))
    }

    /// It translates when it instantiates, so that there is an instance as well.
    fn load(&mut self, wasm: &[u8]) -> Option<Result<(), String>> {
        let loaded = engine().and_then(|engine| Instance::new(&engine, wasm, &stubs(wasm)?).map_err(text));
        Some(loaded.map(drop))
    }

    fn program(&mut self, wasm: &[u8]) -> Result<Box<dyn Program>, String> {
        Ok(Box::new(Whole(wasm.to_vec())))
    }

    fn crossings(&mut self, wasm: &[u8]) -> Result<Box<dyn Crossings>, String> {
        let import = Import::func("host", "step", |_, args, results| {
            if let ([Value::I32(x)], [result]) = (args, results) {
                *result = Value::I32(step(*x));
            }
            Ok(())
        });
        let instance = Instance::new(&engine()?, wasm, &[import]).map_err(text)?;
        Ok(Box::new(Crossing {
            empty: find(&instance, "empty")?,
            add: find(&instance, "add")?,
            host: find(&instance, "host")?,
            bare: find(&instance, "bare")?,
            instance,
        }))
    }
}

impl Guest for Ready {
    fn run(&mut self, n: i32) -> Result<i64, String> {
        let mut result = [Value::I32(0)];
        self.instance.call(&self.run, &[Value::I32(n)], &mut result).map_err(text)?;
        match result[0] {
            Value::I32(v) => Ok(v.into()),
            Value::I64(v) => Ok(v),
            _ => Err("the result of `run` is not an integer".into()),
        }
    }
}

/// Calls a function that returns one `i32`; there are no typed calls.
fn call(instance: &mut Instance, func: &Func, args: &[Value]) -> Result<i32, String> {
    let mut result = [Value::I32(0)];
    instance.call(func, args, &mut result).map_err(text)?;
    match result[0] {
        Value::I32(v) => Ok(v),
        _ => Err("the result is not an i32".into()),
    }
}

impl Crossings for Crossing {
    fn empty(&mut self, times: i32) -> Result<(), String> {
        (0..times).try_for_each(|_| self.instance.call(&self.empty, &[], &mut [])).map_err(text)
    }

    fn add(&mut self, times: i32) -> Result<i32, String> {
        sum(times, |a, b| call(&mut self.instance, &self.add, &[Value::I32(a), Value::I32(b)]))
    }

    fn host(&mut self, times: i32) -> Result<i32, String> {
        call(&mut self.instance, &self.host, &[Value::I32(times)])
    }

    fn bare(&mut self, times: i32) -> Result<i32, String> {
        call(&mut self.instance, &self.bare, &[Value::I32(times)])
    }
}
