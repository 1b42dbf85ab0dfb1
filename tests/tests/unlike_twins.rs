//! ASIL-4: twins that were treated differently behind the watch's back, and what a watched run meets besides calls of
//! the host: start functions, exceptions, a heap, a memory that is compared in parts.

use std::cell::Cell;
use wrt_core::safety::{Fault, Mechanism, Part, Stop, Supervisor, Terms};
use wrt_core::{
    Arena, Caller, Completion, Error, Extern, HostFunc, HostResult, Instance, InstanceConfig, Outcome, PAGE_SIZE,
    Reason, RunBudget, Task, Value,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

/// A small function, and one that counts in memory.
const GUEST: &str = r#"(module
  (memory (export "m") 1 2)
  (global $g (mut i32) (i32.const 0))
  (func (export "same") (param i32) (result i32) (local.get 0))
  (func (export "count") (param i32) (result i32)
    (loop $next
      (i32.store (i32.mul (local.get 0) (i32.const 4)) (local.get 0))
      (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.load (i32.const 40))))"#;

/// Sets a global and a word of memory when it starts.
const STARTS: &str = r#"(module
  (memory (export "m") 1)
  (global $g (export "g") (mut i32) (i32.const 0))
  (func $start
    (loop $next
      (global.set $g (i32.add (global.get $g) (i32.const 3)))
      (br_if $next (i32.lt_u (global.get $g) (i32.const 300))))
    (i32.store (i32.const 8) (global.get $g)))
  (start $start))"#;

const TERMS: Terms = Terms { interval: 20, ..Terms::DEFAULT };

/// A task in a group of its own.
#[derive(Clone, Copy)]
struct Made<'p> {
    instance: Instance<'p>,
    task: Task<'p>,
}

/// What is made of the module besides the least.
#[derive(Default)]
struct Extra<'p> {
    import: Option<Extern<'p>>,
    heap: Option<Arena<'p>>,
    /// Pages of memory above the minimum.
    pages: u64,
}

fn made<'p>(pool: &'p Pool, text: &str, extra: Extra<'p>) -> Made<'p> {
    let wasm = pool.keep(encode(text));
    let module = engine::load(pool, wasm, &engine::load_budget(), Feed::Bytes).expect("a module");
    let imports = extra.import.map(|import| [("h", "f", import)]);
    let config = InstanceConfig {
        imports: imports.as_ref().map_or(&(), |i| i),
        memories: &mut [pool.arena(module.memory_min() + extra.pages * PAGE_SIZE)],
        zeroed: true,
        heap: extra.heap,
        ..InstanceConfig::default()
    };
    let instance = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
    Made { instance, task: Task::new(&mut pool.arena(1 << 14), instance).expect("a task") }
}

/// Two groups of [`GUEST`], and a watch over both.
fn twins(pool: &Pool) -> (Made<'_>, Made<'_>, Supervisor<'_>) {
    let (first, second) = (made(pool, GUEST, Extra::default()), made(pool, GUEST, Extra::default()));
    (first, second, Supervisor::lockstep(first.task, second.task, TERMS).expect("twins"))
}

/// Part and mechanism of a fault.
fn fault(stop: Stop) -> (Mechanism, Part) {
    match stop {
        Stop::Fault(Fault { by, part, .. }) => (by, part),
        Stop::Error(error) => panic!("no fault: {error}"),
    }
}

fn args(n: i32) -> [Value; 1] {
    [Value::from_i32(n)]
}

/// Starts `same` of both, and runs it to its end.
fn finished<'p>(pool: &'p Pool, n: i32) -> (Made<'p>, Supervisor<'p>) {
    let (first, second, mut twins) = twins(pool);
    let same = first.instance.export_func("same", None).expect("same");
    twins.start(same, &args(n)).expect("start");
    assert_eq!(twins.run(&RunBudget::default()), Ok(Outcome::Done));
    (second, twins)
}

/// ASIL-4: a start function runs under a watch as without one.
#[test]
fn asil_4_start_functions_are_watched() {
    let pool = Pool::new();
    let make = || made(&pool, STARTS, Extra::default());
    let seen = |made: &Made<'_>| {
        let mut word = [0; 4];
        made.instance.memory_read(0, 8, &mut word).expect("memory 0");
        (made.instance.is_started(), u32::from_le_bytes(word), made.instance.state_hash(), made.task.usage().fuel_used)
    };
    let plain = make();
    assert!(!plain.instance.is_started());
    plain.task.start_instance().expect("start");
    assert_eq!(plain.task.run(&RunBudget::default()), Ok(Outcome::Done));
    let (one, first, second) = (make(), make(), make());
    let alone = Supervisor::alone(one.task, TERMS).expect("one task");
    let twins = Supervisor::lockstep(first.task, second.task, TERMS).expect("twins");
    for (mut supervisor, instances) in [(alone, vec![one]), (twins, vec![first, second])] {
        supervisor.start_instance().expect("start");
        assert_eq!(supervisor.run(&RunBudget::default()), Ok(Outcome::Done));
        assert_eq!(supervisor.results(&mut []), Ok(0));
        for made in &instances {
            assert_eq!(seen(made), seen(&plain));
        }
        // There is nothing left to be started.
        assert_eq!(supervisor.start_instance(), Ok(()));
        assert_eq!(supervisor.run(&RunBudget::default()), Ok(Outcome::Done));
        assert_eq!(instances.iter().map(|made| seen(made).1).max(), Some(300));
    }
}

/// ASIL-4: where one of two tasks refuses what the other takes, nothing runs.
#[test]
fn asil_4_both_tasks_can_be_started() {
    let pool = Pool::new();
    let (first, second, mut twins) = twins(&pool);
    let same = first.instance.export_func("same", None).expect("same");
    second.task.start(same, &args(1)).expect("start");
    let stop = twins.start(same, &args(1)).expect_err("the second runs");
    assert_eq!(fault(stop), (Mechanism::Redundancy, Part::Outcome));
    assert_eq!(twins.run(&RunBudget::default()), Err(stop), "behind a fault nothing runs");
}

/// ASIL-4: memories of different room, and groups of different numbers of instances, are no twins.
#[test]
fn asil_4_twins_have_the_same_room_and_number() {
    let pool = Pool::new();
    let (first, second) =
        (made(&pool, GUEST, Extra { pages: 1, ..Extra::default() }), made(&pool, GUEST, Extra::default()));
    let stop = Supervisor::lockstep(first.task, second.task, TERMS).map(|_| ()).expect_err("another room");
    assert_eq!(fault(stop), (Mechanism::Redundancy, Part::Instance));
    let more = |linked: [bool; 2]| {
        let both = [made(&pool, GUEST, Extra::default()), made(&pool, GUEST, Extra::default())];
        for (made, _) in both.iter().zip(linked).filter(|(_, linked)| *linked) {
            let wasm = pool.keep(encode("(module (func (export \"f\")))"));
            let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Bytes).expect("a module");
            let config = InstanceConfig { linked: &[made.instance], ..InstanceConfig::default() };
            Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
        }
        Supervisor::lockstep(both[0].task, both[1].task, TERMS).map(|_| ()).map_err(fault)
    };
    assert_eq!(more([true, true]), Ok(()));
    for linked in [[true, false], [false, true]] {
        assert_eq!(more(linked), Err((Mechanism::Redundancy, Part::Task)), "{linked:?}");
    }
}

/// ASIL-4: the results of two tasks are compared once more when they are read, and read where there is room.
#[test]
fn asil_4_results_are_compared_when_they_are_read() {
    let different = Err((Mechanism::Redundancy, Part::Frame));
    let pool = Pool::new();
    let read = |twins: &mut Supervisor<'_>| {
        let mut out = [Value::ZERO];
        twins.results(&mut out).map(|n| (n, out[0].i32())).map_err(fault)
    };
    let (_, mut twins) = finished(&pool, 7);
    let none = twins.results(&mut []).expect_err("no room");
    assert!(matches!(none, Stop::Error(Error { reason: Reason::ImpossibleSize, .. })), "{none:?}");
    assert_eq!(read(&mut twins), Ok((1, 7)), "with room");
    // The second has none.
    let (second, mut twins) = finished(&pool, 7);
    second.task.reset();
    assert_eq!(read(&mut twins), different);
    // The second has another.
    for (n, expected) in [(7, Ok((1, 7))), (8, different)] {
        let (second, mut twins) = finished(&pool, 7);
        let same = second.instance.export_func("same", None).expect("same");
        let mut out = [Value::ZERO];
        assert_eq!(second.task.call(same, &args(n), &mut out, &RunBudget::default()), Ok(Outcome::Done));
        assert_eq!(read(&mut twins), expected, "{n}");
    }
}

/// ASIL-4: a memory that is compared in parts is compared as a whole: what differs is found within so many parts.
#[test]
fn asil_4_a_memory_is_compared_in_parts() {
    let pool = Pool::new();
    let terms = Terms { memory_step: 1 << 12, ..TERMS };
    for (at, least) in [(0, 1), (PAGE_SIZE - 1, 2)] {
        let (first, second) = (made(&pool, GUEST, Extra::default()), made(&pool, GUEST, Extra::default()));
        let mut twins = Supervisor::lockstep(first.task, second.task, terms).expect("twins");
        let count = first.instance.export_func("count", None).expect("count");
        let end = |twins: &mut Supervisor<'_>| {
            twins.start(count, &args(300)).expect("start");
            let done = twins.run(&RunBudget::default())?;
            let mut out = [Value::ZERO];
            assert_eq!((done, twins.results(&mut out), out[0].i32()), (Outcome::Done, Ok(1), 10));
            Ok::<_, Stop>(())
        };
        let before = twins.watched().checkpoints;
        assert_eq!(end(&mut twins), Ok(()));
        assert!(twins.watched().checkpoints >= before + 16, "the parts of a page");
        second.instance.memory_write(0, at, &[1]).expect("in bounds");
        let before = twins.watched().checkpoints;
        let stop = end(&mut twins).expect_err("other bytes");
        assert_eq!(fault(stop), (Mechanism::Redundancy, Part::Memory), "at {at}");
        let taken = twins.watched().checkpoints - before;
        assert!((least..=17).contains(&taken), "{taken} checkpoints for {at}");
    }
}

/// ASIL-4: an exception that the host throws is caught by the watched guest, or ends its run, as without a watch; the
/// group has a heap.
#[test]
fn asil_4_exceptions_of_the_host_are_watched() {
    let text = r#"(module
      (import "h" "f" (func $f (param i32)))
      (tag $t (export "t") (param i32))
      (func (export "same") (param i32) (result i32)
        (block $caught (result i32)
          (try_table (catch $t $caught) (call $f (local.get 0)))
          (i32.const -1)))
      (func (export "through") (param i32) (result i32) (call $f (local.get 0)) (i32.const -2)))"#;
    let throw = |caller: &mut Caller, slots: &mut [Value]| -> HostResult {
        let number = slots[0].i32();
        if number == 0 {
            return Ok(Completion::Done);
        }
        let instance = caller.instance();
        let exception = instance.exception(instance.export_tag("t")?, &[Value::from_i32(number * 2)])?;
        Err(caller.throw(exception))
    };
    let pool = Pool::new();
    let make = || {
        let import = Some(Extern::Host(HostFunc::new(&throw)));
        made(&pool, text, Extra { import, heap: Some(pool.arena(1 << 12)), pages: 0 })
    };
    for (name, n, expected) in [
        ("same", 0, Ok(-1)),
        ("same", 21, Ok(42)),
        ("through", 0, Ok(-2)),
        ("through", 21, Err(Reason::UncaughtException)),
    ] {
        let (plain, watched) = (make(), make());
        let mut out = [Value::ZERO];
        let func = plain.instance.export_func(name, None).expect(name);
        let ran = plain.task.call(func, &args(n), &mut out, &RunBudget::default());
        assert_eq!(ran.map(|_| out[0].i32()).map_err(|e| e.reason), expected, "{name} {n}");
        let mut alone = Supervisor::alone(watched.task, TERMS).expect("one task");
        alone.start(func, &args(n)).expect("start");
        let same = match (alone.run(&RunBudget::default()), ran) {
            (Ok(outcome), Ok(plain)) => outcome == plain,
            (Err(Stop::Error(a)), Err(b)) => (a.reason, a.func, a.offset) == (b.reason, b.func, b.offset),
            _ => false,
        };
        assert!(same, "{name} {n}");
        if let Ok(value) = expected {
            assert_eq!((alone.results(&mut out), out[0].i32()), (Ok(1), value), "{name} {n}");
        }
        assert_eq!(watched.instance.state_hash(), plain.instance.state_hash());
        assert_eq!(alone.verify(), Ok(()));
    }
}

/// ASIL-4: a function of the host with more results than a watch holds is not called.
#[test]
fn asil_4_results_of_the_host_are_so_many() {
    for (count, expected) in [(32, Ok(Outcome::Done)), (33, Err((Reason::ImpossibleSize, 32)))] {
        let text = format!(
            "(module (import \"h\" \"f\" (func $f (result {}))) (func (export \"same\") (param i32) (result i32)
               (call $f) {} (i32.const 5)))",
            "i64 ".repeat(count),
            "drop ".repeat(count)
        );
        let called = Cell::new(0);
        let f = |_: &mut Caller, _: &mut [Value]| -> HostResult {
            called.set(called.get() + 1);
            Ok(Completion::Done)
        };
        let pool = Pool::new();
        let import = Some(Extern::Host(HostFunc::new(&f)));
        let one = made(&pool, &text, Extra { import, ..Extra::default() });
        let mut alone = Supervisor::alone(one.task, TERMS).expect("one task");
        alone.start(one.instance.export_func("same", None).expect("same"), &args(1)).expect("start");
        let ran = alone.run(&RunBudget::default()).map_err(|stop| match stop {
            Stop::Error(error) => (error.reason, error.need),
            Stop::Fault(fault) => panic!("{fault}"),
        });
        assert_eq!((ran, called.get()), (expected, i32::from(expected.is_ok())), "{count}");
    }
}
