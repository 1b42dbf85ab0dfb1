//! wasm3: threaded code in C, no metering, and no validation of function bodies; it translates a function when it is
//! first called, so there is nothing to compare when loading. Must not know what is measured.

use super::shapes::{Answer, Numbers, with_shape};
use wasm3::error::{Error, Trap};
use wasm3::{Environment, Module};
use wrt_bench_peer::{Crossings, Guest, Import, Preview1, Program, Runtime, step, stub_result, sum};

/// Bytes of the guest's value stack.
const STACK_BYTES: u32 = 4 << 20;

pub struct Wasm3;

struct Ready(wasm3::Runtime);

/// A found function borrows its runtime, so that each method looks its function up before the first crossing.
struct Crossing(wasm3::Runtime);

fn text(error: Error) -> String {
    error.to_string()
}

/// The bytes of a module that is run whole: a module belongs to a runtime as soon as it is loaded.
struct Whole(Vec<u8>);

// The crate takes one parameter bare and several as a tuple.
macro_rules! shape {
    ($p:ty) => { $p };
    ($($p:ty),*) => { ($($p),*) };
}

fn link(module: &mut Module<'_>, import: &Import) -> Result<(), String> {
    let value = stub_result(&import.module, &import.name);
    macro_rules! make {
        ($($p:ty),* => $r:ty) => {
            module
                .link_closure::<shape!($($p),*), $r, _>(&import.module, &import.name, move |_, _| Ok(<$r>::answer(value)))
                .map_err(|e| e.to_string())
        };
    }
    linked(import, with_shape!(import, make, Err("the signature is not listed".into())))
}

/// The same for a function of the system, in a program that is run whole.
fn link_system(module: &mut Module<'_>, import: &Import, system: &Preview1) -> Result<(), String> {
    let (system, name) = (system.clone(), import.name.clone());
    macro_rules! make {
        ($($p:ty),* => $r:ty) => {
            module
                .link_closure::<shape!($($p),*), $r, _>(&import.module, &import.name, move |context, args| {
                    // SAFETY: the guest is waiting for this call, so that nothing else has its memory.
                    let memory = unsafe { &mut *context.memory_mut() };
                    let answer = system.call(&name, &args.numbers(), memory).ok_or(Trap::Exit)?;
                    Ok(<$r>::answer(answer.into()))
                })
                .map_err(|e| e.to_string())
        };
    }
    linked(import, with_shape!(import, make, Err("the signature is not listed".into())))
}

fn linked(import: &Import, outcome: Result<(), String>) -> Result<(), String> {
    match outcome {
        // A listed signature of a function that nothing calls is not an import to wasm3.
        Err(e) if e.contains("not found") || e.contains("lookup") => Ok(()),
        other => other.map_err(|e| format!("{} {}: {e}", import.module, import.name)),
    }
}

impl Program for Whole {
    fn start(&mut self) -> Result<i64, String> {
        let system = Preview1::default();
        let environment = Environment::new().map_err(text)?;
        let runtime = environment.create_runtime(STACK_BYTES).map_err(text)?;
        let parsed = environment.parse_module(&self.0[..]).map_err(text)?;
        let mut module = runtime.load_module(parsed).map_err(text)?;
        for import in &wrt_bench_peer::Module::read(&self.0)?.imports {
            link_system(&mut module, import, &system)?;
        }
        let start = runtime.find_function::<(), ()>("_start").map_err(text)?;
        system.outcome(start.call().map_err(text))
    }
}

impl Runtime for Wasm3 {
    fn name(&self) -> &str {
        "wasm3"
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Box<dyn Guest>, String> {
        let environment = Environment::new().map_err(|e| e.to_string())?;
        let runtime = environment.create_runtime(STACK_BYTES).map_err(|e| e.to_string())?;
        let parsed = environment.parse_module(wasm).map_err(|e| e.to_string())?;
        let mut module = runtime.load_module(parsed).map_err(|e| e.to_string())?;
        for import in &wrt_bench_peer::Module::read(wasm)?.imports {
            link(&mut module, import)?;
        }
        if let Ok(init) = runtime.find_function::<(), ()>("_initialize") {
            init.call().map_err(|e| e.to_string())?;
        }
        Ok(Box::new(Ready(runtime)))
    }

    fn load(&mut self, _: &[u8]) -> Option<Result<(), String>> {
        None
    }

    fn program(&mut self, wasm: &[u8]) -> Result<Box<dyn Program>, String> {
        Ok(Box::new(Whole(wasm.to_vec())))
    }

    fn crossings(&mut self, wasm: &[u8]) -> Result<Box<dyn Crossings>, String> {
        let environment = Environment::new().map_err(text)?;
        let runtime = environment.create_runtime(STACK_BYTES).map_err(text)?;
        let parsed = environment.parse_module(wasm).map_err(text)?;
        let mut module = runtime.load_module(parsed).map_err(text)?;
        module.link_closure::<i32, i32, _>("host", "step", |_, x| Ok(step(x))).map_err(text)?;
        Ok(Box::new(Crossing(runtime)))
    }
}

impl Guest for Ready {
    fn run(&mut self, n: i32) -> Result<i64, String> {
        // Finding a function also translates it, which is where most modules fail that fail.
        match self.0.find_function::<i32, i32>("run") {
            Ok(run) => run.call(n).map(i64::from).map_err(|e| e.to_string()),
            Err(Error::InvalidFunctionSignature) => {
                let run = self.0.find_function::<i32, i64>("run").map_err(|e| e.to_string())?;
                run.call(n).map_err(|e| e.to_string())
            }
            Err(e) => Err(e.to_string()),
        }
    }
}

impl Crossings for Crossing {
    fn empty(&mut self, times: i32) -> Result<(), String> {
        let empty = self.0.find_function::<(), ()>("empty").map_err(text)?;
        (0..times).try_for_each(|_| empty.call()).map_err(text)
    }

    fn add(&mut self, times: i32) -> Result<i32, String> {
        let add = self.0.find_function::<(i32, i32), i32>("add").map_err(text)?;
        sum(times, |a, b| add.call(a, b)).map_err(text)
    }

    fn host(&mut self, times: i32) -> Result<i32, String> {
        self.0.find_function::<i32, i32>("host").and_then(|host| host.call(times)).map_err(text)
    }

    fn bare(&mut self, times: i32) -> Result<i32, String> {
        self.0.find_function::<i32, i32>("bare").and_then(|bare| bare.call(times)).map_err(text)
    }
}
