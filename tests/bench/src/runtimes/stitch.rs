//! makepad-stitch: sibling-call threaded code, no metering. It translates a function when it is first called, so there
//! is nothing to compare when loading. Must not know what is measured.

use super::shapes::{Answer, with_shape};
use makepad_stitch::{Engine, ExternVal, Func, Linker, Module, Store, Val};
use wrt_bench_peer::{Crossings, Guest, Import, Runtime, step, stub_result, sum};

pub struct Stitch;

/// No kernel is larger, and no real program smaller.
const KERNEL_BYTES: usize = 32 * 1024;

struct Ready {
    store: Store,
    run: Func,
}

struct Crossing {
    store: Store,
    empty: Func,
    add: Func,
    host: Func,
    bare: Func,
}

fn stub(store: &mut Store, import: &Import) -> Result<Func, String> {
    let value = stub_result(&import.module, &import.name);
    macro_rules! make {
        ($($p:ty),* => $r:ty) => {
            Ok(Func::wrap(store, move |$(_: $p),*| -> $r { <$r>::answer(value) }))
        };
    }
    with_shape!(import, make, Err(format!("the signature of {} {} is not listed", import.module, import.name)))
}

impl Runtime for Stitch {
    fn name(&self) -> &str {
        "stitch"
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        // Translating Lua, it indexes out of bounds in a function that cannot unwind, which ends the
        // whole process: real programs are not given to it.
        if wasm.len() > KERNEL_BYTES {
            return Err("not given modules of this size, because it aborts the process on Lua".into());
        }
        let engine = Engine::new();
        let mut store = Store::new(engine.clone());
        let module = Module::new(&engine, wasm).map_err(|e| e.to_string())?;
        let mut linker = Linker::new();
        let mut seen = Vec::new();
        for import in &wrt_bench_peer::Module::read(wasm)?.imports {
            let key = (import.module.clone(), import.name.clone());
            if !seen.contains(&key) {
                let func = stub(&mut store, import)?;
                linker.define(&import.module, &import.name, ExternVal::Func(func));
                seen.push(key);
            }
        }
        let instance = linker.instantiate(&mut store, &module).map_err(|e| e.to_string())?;
        if let Some(init) = instance.exported_func("_initialize") {
            init.call(&mut store, &[], &mut []).map_err(|e| e.to_string())?;
        }
        let run = instance.exported_func("run").ok_or("no export `run`")?;
        Ok(Box::new(Ready { store, run }))
    }

    fn load(&mut self, _: &[u8]) -> Option<Result<(), String>> {
        None
    }

    fn crossings(&mut self, wasm: &[u8]) -> Result<Box<dyn Crossings>, String> {
        let engine = Engine::new();
        let mut store = Store::new(engine.clone());
        let module = Module::new(&engine, wasm).map_err(|e| e.to_string())?;
        let mut linker = Linker::new();
        let func = Func::wrap(&mut store, step);
        linker.define("host", "step", ExternVal::Func(func));
        let instance = linker.instantiate(&mut store, &module).map_err(|e| e.to_string())?;
        let find = |name| instance.exported_func(name).ok_or_else(|| format!("no export {name}"));
        let (empty, add, host, bare) = (find("empty")?, find("add")?, find("host")?, find("bare")?);
        Ok(Box::new(Crossing { store, empty, add, host, bare }))
    }
}

impl Guest for Ready {
    fn run(&mut self, n: i32) -> Result<i64, String> {
        let kind = self.run.type_(&self.store).results().first().copied().ok_or("`run` has no result")?;
        let mut result = [Val::default(kind)];
        self.run.call(&mut self.store, &[Val::I32(n)], &mut result).map_err(|e| e.to_string())?;
        match result[0] {
            Val::I32(v) => Ok(v.into()),
            Val::I64(v) => Ok(v),
            _ => Err("the result of `run` is not an integer".into()),
        }
    }
}

/// Calls a function that returns one `i32`; there are no typed calls.
fn call(func: Func, store: &mut Store, args: &[Val]) -> Result<i32, String> {
    let mut result = [Val::I32(0)];
    func.call(store, args, &mut result).map_err(|e| e.to_string())?;
    result[0].to_i32().ok_or_else(|| "the result is not an i32".into())
}

impl Crossings for Crossing {
    fn empty(&mut self, times: i32) -> Result<(), String> {
        (0..times).try_for_each(|_| self.empty.call(&mut self.store, &[], &mut [])).map_err(|e| e.to_string())
    }

    fn add(&mut self, times: i32) -> Result<i32, String> {
        sum(times, |a, b| call(self.add, &mut self.store, &[Val::I32(a), Val::I32(b)]))
    }

    fn host(&mut self, times: i32) -> Result<i32, String> {
        call(self.host, &mut self.store, &[Val::I32(times)])
    }

    fn bare(&mut self, times: i32) -> Result<i32, String> {
        call(self.bare, &mut self.store, &[Val::I32(times)])
    }
}
