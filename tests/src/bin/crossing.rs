//! What an interceptor costs: loops of calls that cross a boundary, the embedder's included, without one, with one that does
//! nothing, and with one that counts.
//!
//! `crossing` prints times of one interleaved run, the least of each, as ratios to no interceptor.
//! `crossing LOOP HOOKS CALLS` runs one of them once, for tools that count instructions.

use std::cell::Cell;
use std::process::ExitCode;
use std::time::Instant;
use wrt_core::{
    Caller, Completion, Crossing, Extern, Hooks, HostError, HostFunc, HostResult, Import, Imports, Instance,
    Interceptor, LoadBudget, Outcome, RunBudget, Task, Value, Verdict,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

const LIBRARY: &str = r#"(module (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#;

const LOOPS: &str = r#"(module
  (import "host" "f" (func $host (param i32) (result i32)))
  (import "lib" "f" (func $other (param i32) (result i32)))
  (func $own (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "nothing"))
  (func (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "host") (param i32) (result i32)
    (loop (local.get 0) (call $host (i32.const 1)) (i32.sub) (local.tee 0) (br_if 0)) (local.get 0))
  (func (export "instance") (param i32) (result i32)
    (loop (local.get 0) (call $other (i32.const 0)) (i32.sub) (local.tee 0) (br_if 0)) (local.get 0))
  (func (export "own") (param i32) (result i32)
    (loop (local.get 0) (call $own (i32.const 0)) (i32.sub) (local.tee 0) (br_if 0)) (local.get 0)))"#;

struct Nothing;
impl Interceptor for Nothing {}

#[derive(Default)]
struct Counter(Cell<u64>);
impl Interceptor for Counter {
    fn before(&self, _: &Crossing, _: &mut [Value]) -> Result<Verdict, HostError> {
        self.0.set(self.0.get() + 1);
        Ok(Verdict::Proceed)
    }
}

const KINDS: [&str; 3] = ["none", "nothing", "counter"];

struct Env<'p>(HostFunc<'p>, Option<Instance<'p>>);
impl<'p> Imports<'p> for Env<'p> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'p>> {
        if import.module == "host" { Some(Extern::Host(self.0)) } else { Some(Extern::Instance(self.1?, 0)) }
    }
}

fn make<'p>(pool: &'p Pool, text: &str, env: Env<'p>) -> Instance<'p> {
    let wasm = pool.keep(encode(text));
    let module = engine::load(pool, wasm, &LoadBudget::DEFAULT, Feed::Whole).expect("a module");
    engine::instantiate(pool, module, wasm, &env, &[]).expect("an instance")
}

fn main() -> ExitCode {
    let same = |_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Done) };
    let (nothing, counter) = (Nothing, Counter::default());
    let pool = Pool::new();
    let func = HostFunc::new(&same);
    let main = make(&pool, LOOPS, Env(func, Some(make(&pool, LIBRARY, Env(func, None)))));
    let task = Task::new(&mut pool.arena(1 << 14), main).expect("a task");
    let run = |name: &str, kind: &str, calls: i32| {
        task.set_hooks(match kind {
            "none" => None,
            "nothing" => Some(Hooks::new(&nothing)),
            _ => Some(Hooks::new(&counter)),
        });
        let start = Instant::now();
        if name == "root" {
            let func = main.export_func("nothing", None).expect("a function");
            for _ in 0..calls {
                assert_eq!(task.call(func, &[], &mut [], &RunBudget::default()), Ok(Outcome::Done));
            }
            return start.elapsed().as_secs_f64();
        }
        if name == "add" {
            let func = main.export_func("sum", None).expect("a function");
            let mut sum = [Value::ZERO];
            for i in 0..calls {
                let args = [sum[0], Value::from_i32(i)];
                assert_eq!(task.call(func, &args, &mut sum, &RunBudget::default()), Ok(Outcome::Done));
            }
            assert_eq!(sum[0].i32(), (0..calls).fold(0, i32::wrapping_add));
            return start.elapsed().as_secs_f64();
        }
        let func = main.export_func(name, None).expect("a loop");
        let end = task.call(func, &[Value::from_i32(calls)], &mut [Value::ZERO], &RunBudget::default());
        assert_eq!(end, Ok(Outcome::Done));
        start.elapsed().as_secs_f64()
    };
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [name, kind, calls] = args.as_slice() {
        let (Ok(calls), true) = (calls.parse(), KINDS.contains(&kind.as_str())) else {
            eprintln!("crossing [host|instance|own|root|add none|nothing|counter CALLS]");
            return ExitCode::from(2);
        };
        run(name, kind, calls);
        return ExitCode::SUCCESS;
    }
    const CALLS: i32 = 200_000;
    println!("| loop of calls | ns per call | {} |", KINDS.join(" | "));
    println!("|---|---|---|---|---|");
    for name in ["host", "instance", "own", "root", "add"] {
        let mut least = [f64::MAX; KINDS.len()];
        for _ in 0..41 {
            for (least, kind) in least.iter_mut().zip(KINDS) {
                *least = least.min(run(name, kind, CALLS));
            }
        }
        let [none, ..] = least;
        let ratios: Vec<String> = least.iter().map(|t| format!("{:.2}", t / none)).collect();
        println!("| {name} | {:.1} | {} |", none * 1e9 / f64::from(CALLS), ratios.join(" | "));
    }
    ExitCode::SUCCESS
}
