//! RUN-7: calls that an interceptor has delayed and that end by an exception or lead elsewhere when they go on, calls
//! that leave no instance, and waits for a memory, which are no calls.

use std::cell::RefCell;
use wrt_core::{
    Backend, Caller, Completion, Crossing, CrossingKind, Extern, Func, Hooks, HostError, HostFunc, HostResult, Import,
    Imports, Instance, InstanceConfig, Interceptor, Outcome, Reason, RunBudget, Task, Value, Verdict, Wait,
    WaitRequest, Waited, Waiter, backends,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

/// Delays what it is told to, and notes of every other call its kind, instance and function.
#[derive(Default)]
struct Gate {
    delays: RefCell<Option<(CrossingKind, u32)>>,
    asked: RefCell<Vec<(CrossingKind, u32, u32)>>,
    told: RefCell<Vec<(CrossingKind, u32, u32)>>,
}

impl Gate {
    /// A gate for as long as the tests run, which delays calls of this kind of the function with this index.
    fn delaying(kind: CrossingKind, func: u32) -> &'static Gate {
        Box::leak(Box::new(Gate { delays: RefCell::new(Some((kind, func))), ..Gate::default() }))
    }
    fn none() -> &'static Gate {
        Box::leak(Box::default())
    }
}

impl Interceptor for Gate {
    fn before(&self, call: &Crossing, _: &mut [Value]) -> Result<Verdict, HostError> {
        if *self.delays.borrow() == Some((call.kind(), call.func())) {
            return Ok(Verdict::Delay);
        }
        self.asked.borrow_mut().push((call.kind(), call.instance(), call.func()));
        Ok(Verdict::Proceed)
    }
    fn after(&self, call: &Crossing, _: &mut [Value]) -> Result<(), HostError> {
        self.told.borrow_mut().push((call.kind(), call.instance(), call.func()));
        Ok(())
    }
}

/// Imports of "h" are this function, all others the exports of the library.
#[derive(Clone, Copy)]
struct Env<'p>(HostFunc<'p>, Option<Instance<'p>>);

impl<'p> Imports<'p> for Env<'p> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'p>> {
        if import.module == "h" {
            return Some(Extern::Host(self.0));
        }
        let library = self.1?;
        let named = |i: &u32| library.module().export(*i).is_some_and(|e| e.name == import.name);
        (0..library.module().export_count()).find(named).map(|i| Extern::Instance(library, i))
    }
}

/// Its argument and a thousand.
fn thousand(_: &mut Caller, slots: &mut [Value]) -> HostResult {
    slots[0] = Value::from_i32(slots[0].i32() + 1_000);
    Ok(Completion::Done)
}

fn made<'p>(pool: &'p Pool, text: &str, library: Option<Instance<'p>>) -> Instance<'p> {
    let wasm = pool.keep(encode(text));
    let module = engine::load(pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    engine::instantiate(pool, module, wasm, &Env(HostFunc::new(&thousand), library), &[]).expect("an instance")
}

/// A task with this interceptor, and the function.
fn task<'p>(
    pool: &'p Pool,
    instance: Instance<'p>,
    backend: Backend,
    gate: &'static Gate,
    name: &str,
) -> (Task<'p>, Func) {
    let task = Task::new(&mut pool.arena(1 << 14), instance).expect("a task");
    task.set_backend(backend);
    task.set_hooks(Some(Hooks::new(gate)));
    (task, instance.export_func(name, None).expect(name))
}

fn finish(task: Task<'_>) -> Result<i32, Reason> {
    let mut out = [Value::ZERO];
    assert_eq!(task.run(&RunBudget::default()).map_err(|e| e.reason)?, Outcome::Done);
    assert_eq!(task.results(&mut out), Ok(1));
    Ok(out[0].i32())
}

/// Catches what is thrown by a call, by a tail call of a function of its own, and does not catch.
const THROWN: &str = r#"(module
  (import "h" "f" (func $f (param i32) (result i32)))
  (tag $t (export "t") (param i32))
  (func $tails (param i32) (result i32) (return_call $f (local.get 0)))
  (func (export "call") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $t $caught) (call $f (local.get 0)))
      (return)))
  (func (export "tail") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $t $caught) (call $tails (local.get 0)))
      (return)))
  ;; A frame that is gone catches nothing.
  (func (export "gone") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $t $caught) (return_call $f (local.get 0)))
      (unreachable)))
  (func (export "through") (param i32) (result i32) (call $f (local.get 0))))"#;

/// RUN-7: a delayed call may be answered by an exception: it is thrown where the call stands, and by the embedder's own
/// call past every handler.
#[test]
fn run_7_a_delayed_call_may_throw() {
    use CrossingKind::{Host, Root};
    let uncaught = Err(Reason::UncaughtException);
    for &backend in backends() {
        for (name, kind, expected) in [
            ("call", Host, Ok(42)),
            ("tail", Host, Ok(42)),
            ("gone", Host, uncaught),
            ("through", Host, uncaught),
            ("call", Root, uncaught),
            ("tail", Root, uncaught),
        ] {
            let pool = Pool::new();
            let instance = made(&pool, THROWN, None);
            let root = instance.export_func(name, None).expect(name).index;
            let gate = Gate::delaying(kind, if kind == Root { root } else { 0 });
            let (task, func) = task(&pool, instance, backend, gate, name);
            let tag = instance.export_tag("t").expect("a tag");
            let begin = || {
                task.start(func, &[Value::from_i32(1)]).expect("start");
                assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending), "{name}");
                assert!(task.pending().expect("a call").delayed, "{name}");
            };
            begin();
            task.complete_with_exception(instance.exception(tag, &[Value::from_i32(42)]).expect("room"))
                .expect("waits");
            assert_eq!(finish(task), expected, "{backend:?} {name} {kind:?}");
            if expected.is_err() {
                let left = task.exception().expect("it is left over");
                assert_eq!(instance.exception_tag(left), Some(tag));
            }
            // The next call is a call like any other.
            task.reset();
            begin();
            task.proceed().expect("it waits");
            assert_eq!(finish(task), Ok(1_001), "{backend:?} {name} {kind:?}");
        }
    }
}

const LIBRARY: &str = r#"(module
  (func (export "nothing"))
  (func (export "seven") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 7))))"#;

const MAIN: &str = r#"(module
  (import "h" "f" (func $f (param i32) (result i32)))
  (import "h" "g" (func $g (param i32) (result i32)))
  (import "lib" "seven" (func $seven (param i32) (result i32)))
  (type $one (func (param i32) (result i32)))
  (table (export "table") 4 4 funcref)
  (elem (i32.const 0) func $f $g $seven $own)
  (func $own (type $one) (i32.sub (local.get 0) (i32.const 1)))
  (func (export "run") (param i32 i32) (result i32)
    (i32.add (call_indirect (type $one) (local.get 1) (local.get 0)) (i32.const 1)))
  (func (export "tail") (param i32 i32) (result i32)
    (return_call_indirect (type $one) (local.get 1) (local.get 0)))
  (func (export "then") (param i32 i32) (result i32)
    (call_indirect (type $one) (local.get 1) (local.get 0))
    (call $seven)))"#;

/// RUN-7: where another function has taken the place of the delayed one, it is asked about, a function of the host like
/// one of another instance; a function of the caller itself is called without a question.
#[test]
fn run_7_a_delayed_call_may_lead_elsewhere() {
    use CrossingKind::{Host, Instance};
    let [f, g, seven, own] = [0, 1, 2, 3];
    for &backend in backends() {
        let pool = Pool::new();
        let library = made(&pool, LIBRARY, None);
        let main = made(&pool, MAIN, Some(library));
        let table = main.export_table("table").expect("a table");
        let function = |i| main.table_get(table, i).expect("an element");
        let (f_call, g_call) = ((Host, main.id(), 0), (Host, main.id(), 1));
        let seven_call = (Instance, library.id(), 1);
        for (place, delayed, other, expected, asked) in [
            (f, f_call, f, 1_003, vec![]),
            (f, f_call, g, 1_003, vec![g_call]),
            (f, f_call, seven, 21, vec![seven_call]),
            (f, f_call, own, 2, vec![]),
            (seven, seven_call, f, 1_003, vec![f_call]),
            (seven, seven_call, seven, 21, vec![]),
            (seven, seven_call, own, 2, vec![]),
        ] {
            for (name, more) in [("run", 1), ("tail", 0)] {
                let gate = Gate::delaying(delayed.0, delayed.2);
                let (task, func) = task(&pool, main, backend, gate, name);
                task.start(func, &[place as i32, 3].map(Value::from_i32)).expect("start");
                assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
                gate.asked.borrow_mut().clear();
                let before = function(place);
                main.table_set(table, place, function(other)).expect("another function");
                task.proceed().expect("it waits");
                let end = finish(task);
                main.table_set(table, place, before).expect("as it was");
                let found = (end, gate.asked.take());
                assert_eq!(found, (Ok(expected + more), asked.clone()), "{backend:?} {name} {place} {other}");
            }
        }
    }
}

/// RUN-7: a delayed call that has led into its own instance is done with: the next call of the same function is a call
/// like any other.
#[test]
fn run_7_a_delayed_call_is_let_go_once() {
    for &backend in backends() {
        let pool = Pool::new();
        let main = made(&pool, MAIN, Some(made(&pool, LIBRARY, None)));
        let table = main.export_table("table").expect("a table");
        let function = |i| main.table_get(table, i).expect("an element");
        let (seven, own) = (function(2), function(3));
        for (other, expected) in [(seven, 3 * 7 * 7), (own, 2 * 7)] {
            let gate = Gate::delaying(CrossingKind::Instance, 1);
            let (task, func) = task(&pool, main, backend, gate, "then");
            task.start(func, &[2, 3].map(Value::from_i32)).expect("start");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
            main.table_set(table, 2, other).expect("another function");
            task.proceed().expect("it waits");
            let second = task.run(&RunBudget::default());
            main.table_set(table, 2, seven).expect("as it was");
            assert_eq!(second, Ok(Outcome::Pending), "{backend:?}: the second is delayed, too");
            task.proceed().expect("it waits");
            assert_eq!(finish(task), Ok(expected), "{backend:?}");
        }
    }
}

/// RUN-7: a call through a table that stays in its instance crosses nothing, also where the function has a subtype of
/// the type that was asked for.
#[test]
fn run_7_calls_of_subtypes_cross_nothing() {
    let text = r#"(module
      (type $a (sub (func (result i32))))
      (type $b (sub $a (func (result i32))))
      (table funcref (elem $one $two))
      (func $one (type $a) (i32.const 11))
      (func $two (type $b) (i32.const 22))
      (func (export "run") (param i32) (result i32) (call_indirect (type $a) (local.get 0)))
      (func (export "tail") (param i32) (result i32) (return_call_indirect (type $a) (local.get 0))))"#;
    for &backend in backends() {
        for name in ["run", "tail"] {
            let pool = Pool::new();
            let instance = made(&pool, text, None);
            let gate = Gate::none();
            let (task, func) = task(&pool, instance, backend, gate, name);
            for (n, expected) in [(0, 11), (1, 22)] {
                task.start(func, &[Value::from_i32(n)]).expect("start");
                assert_eq!(finish(task), Ok(expected));
                let root = [(CrossingKind::Root, instance.id(), func.index)];
                assert_eq!((gate.asked.take(), gate.told.take()), (root.to_vec(), root.to_vec()), "{backend:?} {name}");
            }
        }
    }
}

/// Parks every guest.
struct Parking;
impl Wait for Parking {
    fn wait(&self, request: &WaitRequest) -> Waited {
        if request.holds() { Waited::Pending } else { Waited::NotEqual }
    }
    fn notify(&self, _: usize, _: u32) -> u32 {
        0
    }
}

/// An instance with a shared memory of one page.
fn waits<'p>(pool: &'p Pool, text: &str, waiter: &'p Waiter<'p>) -> Instance<'p> {
    let wasm = pool.keep(encode(text));
    let module = engine::load(pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    let config = InstanceConfig {
        memories: &mut [pool.arena(module.memory_min())],
        waiter: Some(waiter),
        ..InstanceConfig::default()
    };
    Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance")
}

/// RUN-7, CORE-1: an interceptor is not told of the end of a wait for a memory.
#[test]
fn run_7_a_wait_is_no_call() {
    let waiter = Waiter::new(&Parking);
    let text = r#"(module (memory 1 1 shared)
      (func (export "wait") (result i32)
        (memory.atomic.wait32 offset=16 (i32.const 0) (i32.const 0) (i64.const -1))))"#;
    for &backend in backends() {
        for answer in [0, 1, 2] {
            let pool = Pool::new();
            let instance = waits(&pool, text, &waiter);
            let gate = Gate::none();
            let (task, func) = task(&pool, instance, backend, gate, "wait");
            task.start(func, &[]).expect("start");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
            assert!(!task.pending().expect("a wait").delayed);
            task.complete(0, &[Value::from_i32(answer)]).expect("it waits");
            assert_eq!(finish(task), Ok(answer));
            let root = vec![(CrossingKind::Root, instance.id(), func.index)];
            assert_eq!((gate.asked.take(), gate.told.take()), (root.clone(), root), "{backend:?}");
        }
    }
}

/// CORE-1: a wait behind the end of its memory is a trap, whichever of address, offset and width leads there, and one
/// at its end is not.
#[test]
fn core_1_waits_are_in_bounds() {
    let far = r#"(module (memory i64 1 1 shared)
      (func (export "wait") (param i64) (result i32)
        (memory.atomic.wait32 offset=0xfffffffffffffffc (local.get 0) (i32.const 1) (i64.const -1))))"#;
    let near = |width: &str| {
        format!(
            r#"(module (memory i64 1 1 shared)
          (func (export "wait") (param i64) (result i32)
            (memory.atomic.wait{width} (local.get 0) (i{width}.const 1) (i64.const -1))))"#
        )
    };
    let outside = Err(Reason::OutOfBoundsMemory);
    let waiter = Waiter::new(&Parking);
    for &backend in backends() {
        for (text, at, expected) in [
            (far.to_string(), 0, outside),
            (far.to_string(), 4, outside),
            (far.to_string(), 8, outside),
            (near("32"), 65_532, Ok(1)),
            (near("32"), 65_536, outside),
            (near("32"), 65_540, outside),
            (near("32"), -4, outside),
            (near("64"), 65_528, Ok(1)),
            (near("64"), 65_536, outside),
            (near("64"), 65_532, Err(Reason::UnalignedAtomic)),
        ] {
            let pool = Pool::new();
            let instance = waits(&pool, &text, &waiter);
            let (task, func) = task(&pool, instance, backend, Gate::none(), "wait");
            task.start(func, &[Value::from_i64(at)]).expect("start");
            // What stands there is no one.
            assert_eq!(finish(task), expected, "{backend:?} {at} {text}");
        }
    }
}

/// RUN-1, RUN-2: arrays and segments of more elements than one step takes are written whole, in one go and where fuel
/// ends at every step, for the same fuel.
#[test]
fn run_2_long_arrays_and_segments_are_written_whole() {
    let functions = "$a ".repeat(9_999);
    let text = format!(
        r#"(module
      (type $t (array (mut i32)))
      (global $from (mut (ref null $t)) (ref.null $t))
      (global $to (mut (ref null $t)) (ref.null $t))
      (table $f 10000 10000 funcref)
      (elem $e func {functions} $b)
      (func $a (result i32) (i32.const 1))
      (func $b (result i32) (i32.const 2))
      (func (export "arrays") (param i32) (result i32)
        (global.set $from (array.new_default $t (i32.const 10000)))
        (global.set $to (array.new_default $t (i32.const 10000)))
        (array.fill $t (global.get $from) (i32.const 0) (local.get 0) (i32.const 10000))
        (array.set $t (global.get $from) (i32.const 9999) (i32.const 5))
        (array.copy $t $t (global.get $to) (i32.const 0) (global.get $from) (i32.const 0) (i32.const 10000))
        ;; Back, over itself: upwards and downwards by one.
        (array.copy $t $t (global.get $to) (i32.const 0) (global.get $to) (i32.const 1) (i32.const 9999))
        (array.copy $t $t (global.get $from) (i32.const 1) (global.get $from) (i32.const 0) (i32.const 9999))
        (i32.add (i32.mul (i32.const 100) (array.get $t (global.get $to) (i32.const 9998)))
          (i32.add (i32.mul (i32.const 10) (array.get $t (global.get $to) (i32.const 0)))
            (array.get $t (global.get $from) (i32.const 9999)))))
      (func (export "table") (param i32) (result i32)
        (table.init $f $e (i32.const 0) (i32.const 0) (i32.const 10000))
        (i32.add (i32.mul (i32.const 10) (call_indirect (result i32) (i32.const 9998)))
          (call_indirect (result i32) (i32.const 9999)))))"#
    );
    for &backend in backends() {
        for (name, expected) in [("arrays", 577), ("table", 12)] {
            let mut spent = Vec::new();
            for slice in [u64::MAX, 1, 1_000] {
                let pool = Pool::new();
                let instance = made(&pool, &text, None);
                let (task, func) = task(&pool, instance, backend, Gate::none(), name);
                task.start(func, &[Value::from_i32(7)]).expect("start");
                let mut stops = 0;
                let end = loop {
                    match task.run(&RunBudget { fuel: slice, ..RunBudget::default() }) {
                        Ok(Outcome::Fuel) => stops += 1,
                        other => break other,
                    }
                };
                let mut out = [Value::ZERO];
                assert_eq!((end, task.results(&mut out)), (Ok(Outcome::Done), Ok(1)));
                assert_eq!(out[0].i32(), expected, "{backend:?} {name} {slice}");
                assert_eq!(stops > 1, slice != u64::MAX, "{name} {slice}: {stops} stops");
                spent.push(task.usage().fuel_used);
            }
            assert!(spent.iter().all(|&fuel| fuel == spent[0]), "{name}: {spent:?}");
        }
    }
}
