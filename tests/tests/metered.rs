//! RUN-1: what a host function is told of the fuel, and what it charges for its own work: the same in each back end, by
//! each way to a host function, however the fuel is granted.

use std::cell::RefCell;
use wrt_core::safety::{Supervisor, Terms};
use wrt_core::{
    Arena, Backend, Caller, Completion, Extern, Hooks, HostError, HostFunc, HostResult, Instance, InstanceConfig,
    Interceptor, Outcome, RunBudget, Task, Value, backends,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

/// Calls `n` of numbers, which goes the short way, and `r`, which has a reference, from a loop; blocks of different
/// length stand before each.
const GUEST: &str = r#"(module
  (import "h" "n" (func $n (param i32)))
  (import "h" "r" (func $r (param externref i32)))
  (func (export "f") (param $times i32) (result i32)
    (local $sum i32)
    (loop $next
      (call $n (local.get $times))
      (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get $times) (i32.const 3))))
      (if (i32.and (local.get $times) (i32.const 1))
        (then (call $r (ref.null extern) (local.get $times))))
      (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $sum)))"#;

/// What a run was told at each call, and what it came to.
#[derive(Debug, PartialEq)]
struct Told {
    at: Vec<u64>,
    used: u64,
    result: i32,
}

/// How the task is run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// As it is.
    Plain,
    /// With an interceptor that does nothing.
    Asked,
    /// Two tasks that are compared.
    Lockstep,
}

struct Nothing;
impl Interceptor for Nothing {}
static NOTHING: Nothing = Nothing;

/// A task of the guest, whose functions are both `host`.
fn task<'p>(pool: &'p Pool, backend: Backend, host: Extern<'p>) -> Task<'p> {
    let wasm = pool.keep(encode(GUEST));
    let module = engine::load(pool, wasm, &engine::load_budget(), Feed::Bytes).expect("a module");
    let imports = [("h", "n", host), ("h", "r", host)];
    let memories: &mut [Arena<'_>] = &mut [];
    let config = InstanceConfig { imports: &imports, memories, zeroed: true, ..InstanceConfig::default() };
    let instance = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
    let task = Task::new(&mut pool.arena(1 << 14), instance).expect("a task");
    task.set_backend(backend);
    task
}

/// Runs `f(times)` in slices of `slice`, each call being charged what `charge` says of its argument.
fn told(way: Way, backend: Backend, times: i32, slice: u64, charge: fn(i32) -> u32) -> Told {
    let pool = Pool::new();
    let at = RefCell::new(Vec::new());
    let host = |caller: &mut Caller, slots: &mut [Value]| -> HostResult {
        let before = caller.fuel_used();
        at.borrow_mut().push(before);
        let fuel = charge(slots.last().expect("an argument").i32());
        caller.charge(fuel);
        assert_eq!(caller.fuel_used(), before + u64::from(fuel), "is not shown at once");
        Ok(Completion::Done)
    };
    let host = Extern::Host(HostFunc::new(&host));
    let first = task(&pool, backend, host);
    let f = first.instance().export_func("f", None).expect("exported");
    let budget = RunBudget { fuel: slice, ..RunBudget::default() };
    let arguments = [Value::from_i32(times)];
    let mut results = [Value::ZERO];
    if way == Way::Lockstep {
        let second = task(&pool, backend, host);
        let mut watch = Supervisor::lockstep(first, second, Terms { interval: 100, ..Terms::DEFAULT }).expect("twins");
        watch.start(f, &arguments).expect("starts");
        while watch.run(&budget).expect("runs") == Outcome::Fuel {}
        watch.results(&mut results).expect("a result");
        assert_eq!(first.usage(), second.usage(), "the twins used different fuel");
    } else {
        if way == Way::Asked {
            first.set_hooks(Some(Hooks::new(&NOTHING)));
        }
        first.start(f, &arguments).expect("starts");
        while first.run(&budget).expect("runs") == Outcome::Fuel {}
        first.results(&mut results).expect("a result");
    }
    Told { at: at.take(), used: first.usage().fuel_used, result: results[0].i32() }
}

/// RUN-1: the same numbers in each back end, by each way, in slices of any size; as much more is used as was charged.
#[test]
fn run_1_host_functions_know_and_charge_the_same_fuel_everywhere() {
    let charge: fn(i32) -> u32 = |argument| (argument as u32 * 977) % 300;
    let plain = told(Way::Plain, Backend::Loop, 40, u64::MAX, |_| 0);
    let whole = told(Way::Plain, Backend::Loop, 40, u64::MAX, charge);
    assert_eq!(whole.at.len(), 60, "40 calls of one function, 20 of the other");
    assert_eq!(whole.result, plain.result);
    let mut charged = 0;
    let arguments = (1..=40).rev().flat_map(|n| [Some(n), (n & 1 == 1).then_some(n)]).flatten();
    for ((argument, with), without) in arguments.zip(&whole.at).zip(&plain.at) {
        assert_eq!(*with, without + charged, "at argument {argument}");
        charged += u64::from(charge(argument));
    }
    assert_eq!(whole.used, plain.used + charged);
    assert!(plain.at.is_sorted_by(|a, b| a < b) && plain.at.last() < Some(&plain.used), "{plain:?}");
    for &backend in backends() {
        for way in [Way::Plain, Way::Asked, Way::Lockstep] {
            for slice in [1, 2, 3, 7, 50, 311, 1000, u64::MAX] {
                assert_eq!(told(way, backend, 40, slice, charge), whole, "{way:?}, {backend:?}, slices of {slice}");
            }
        }
    }
}

/// RUN-1: a guest that cannot pay for what the host did stops behind the call, owes the rest, and goes on when it is
/// granted; the greatest charges neither wrap nor lose anything.
#[test]
fn run_1_what_is_charged_beyond_the_budget_is_owed() {
    for &backend in backends() {
        let pool = Pool::new();
        let host = |caller: &mut Caller, _: &mut [Value]| -> HostResult {
            caller.charge(u32::MAX);
            Ok(Completion::Done)
        };
        let task = task(&pool, backend, Extern::Host(HostFunc::new(&host)));
        let f = task.instance().export_func("f", None).expect("exported");
        task.start(f, &[Value::from_i32(3)]).expect("starts");
        let budget = RunBudget { fuel: 1000, ..RunBudget::default() };
        assert_eq!(task.run(&budget), Ok(Outcome::Fuel));
        let used = task.usage().fuel_used;
        let calls = used / u64::from(u32::MAX);
        assert!((1..=2).contains(&calls) && used - calls * u64::from(u32::MAX) < 1000, "{used}");
        // Nothing runs as long as the debt is not paid.
        assert_eq!((task.run(&budget), task.usage().fuel_used), (Ok(Outcome::Fuel), used));
        let rest = RunBudget { fuel: 5 * u64::from(u32::MAX) + 1000, ..RunBudget::default() };
        assert_eq!(task.run(&rest), Ok(Outcome::Done));
        assert_eq!(task.usage().fuel_used / u64::from(u32::MAX), 5, "three calls of one function, two of the other");
    }
}

/// RUN-1: a call that throws or traps is charged as one that returns.
#[test]
fn run_1_a_call_that_fails_is_charged() {
    for &backend in backends() {
        let used = |fuel: u32| {
            let pool = Pool::new();
            let host = |caller: &mut Caller, _: &mut [Value]| -> HostResult {
                caller.charge(fuel);
                Err(HostError::trap(1, c"refused"))
            };
            let task = task(&pool, backend, Extern::Host(HostFunc::new(&host)));
            let f = task.instance().export_func("f", None).expect("exported");
            task.start(f, &[Value::from_i32(3)]).expect("starts");
            task.run(&RunBudget::default()).expect_err("a trap");
            task.usage().fuel_used
        };
        assert_eq!(used(123), used(0) + 123);
    }
}
