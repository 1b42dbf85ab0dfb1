//! ASIL-4: calls of the host by runs that are watched: whatever the host answers, at once or later, alone or in front of
//! twins, comes to what it comes to without a watch; and twins that are none are found before they begin.

use std::cell::Cell;
use wrt_core::safety::{Fault, Guard, Mechanism, Part, Place, Profile, Stop, Supervisor, Terms};
use wrt_core::{
    Arena, Caller, Completion, Error, Extern, HostError, HostFunc, HostResult, Import, Imports, Instance,
    InstanceConfig, LoadBudget, Outcome, PAGE_SIZE, Reason, RunBudget, Status, Task, Value,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

/// Asks the host for the sum over a few numbers, of which it may throw one away, and keeps what it saw in memory.
const GUEST: &str = r#"(module
  (import "h" "ask" (func $ask (param i32 i64) (result i32)))
  (memory 1) (global $g (mut i32) (i32.const 1)) (global $v (mut v128) (v128.const i64x2 1 2)) (data $d "some data")
  (func (export "run") (param i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $ask (local.get 0) (i64.const -5))))
      (i32.store (i32.mul (local.get 0) (i32.const 4)) (local.get $sum))
      (global.set $g (local.get $sum))
      (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.add (local.get $sum) (i32.load (i32.const 64)))))"#;

/// How the host answers the call with the argument 2; all others it answers at once.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Done,
    Later,
    Trap,
    Exit,
}

thread_local! {
    static ANSWER: Cell<Answer> = const { Cell::new(Answer::Done) };
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

fn ask(caller: &mut Caller, slots: &mut [Value]) -> HostResult {
    ASKED.set(ASKED.get() + 1);
    let number = slots[0].i32();
    caller.write(64, &(number * 100).to_le_bytes())?;
    slots[0] = Value::from_i32(number * 10);
    match (number, ANSWER.get()) {
        (2, Answer::Later) => Ok(Completion::Pending),
        (2, Answer::Trap) => Err(HostError::trap(77, c"the host gave up")),
        (2, Answer::Exit) => Err(HostError::exit(3)),
        _ => Ok(Completion::Done),
    }
}

fn other(_: &mut Caller, _: &mut [Value]) -> HostResult {
    Ok(Completion::Done)
}

/// Every import is this function.
struct To(fn(&mut Caller, &mut [Value]) -> HostResult);

static ASK: To = To(ask);
static OTHER: To = To(other);

impl<'p> Imports<'p> for To {
    fn resolve(&self, _: &Import<'_>) -> Option<Extern<'p>> {
        Some(Extern::Host(if core::ptr::fn_addr_eq(self.0, ask as fn(&mut Caller, &mut [Value]) -> HostResult) {
            HostFunc::new(&ask)
        } else {
            HostFunc::new(&other)
        }))
    }
}

/// A task in a group of its own.
struct Made<'p> {
    instance: Instance<'p>,
    task: Task<'p>,
}

fn made<'p>(pool: &'p Pool, text: &str, imports: &To, stack: u64, heap: Option<Arena<'p>>) -> Made<'p> {
    let wasm = pool.keep(encode(text));
    let module = engine::load(pool, wasm, &LoadBudget::DEFAULT, Feed::Bytes).expect("a module");
    let minimum = module.memory_min();
    let config = InstanceConfig {
        imports,
        memories: &mut [pool.arena(minimum + PAGE_SIZE)],
        zeroed: true,
        heap,
        ..InstanceConfig::default()
    };
    let instance = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
    Made { instance, task: Task::new(&mut pool.arena(stack), instance).expect("a task") }
}

const TERMS: Terms = Terms { interval: 20, ..Terms::DEFAULT };

/// What a run came to: its result, or reason, detail and message of its trap.
type End = Result<i32, (Reason, u64, String)>;

fn failed(e: Error) -> (Reason, u64, String) {
    (e.reason, e.detail, e.message.to_string_lossy().into_owned())
}

/// Answers what waits as the host would have.
fn plain(made: &Made<'_>) -> End {
    let run = made.instance.export_func("run", None).expect("run");
    made.task.start(run, &[Value::from_i32(4)]).expect("start");
    loop {
        match made.task.run(&RunBudget::default()).map_err(failed)? {
            Outcome::Done => break,
            Outcome::Pending => made.task.complete(0, &[Value::from_i32(20)]).expect("it waits"),
            other => panic!("{other:?}"),
        }
    }
    let mut out = [Value::ZERO];
    made.task.results(&mut out).expect("a result");
    Ok(out[0].i32())
}

fn watched(supervisor: &mut Supervisor<'_>, instance: Instance<'_>) -> End {
    let trapped = |stop: Stop| match stop {
        Stop::Error(error) => failed(error),
        Stop::Fault(fault) => panic!("{fault}"),
    };
    let run = instance.export_func("run", None).expect("run");
    assert_eq!(supervisor.complete(0, &[]), Err(Stop::Error(Error::new(Reason::NotPending))));
    supervisor.start(run, &[Value::from_i32(4)]).expect("start");
    loop {
        match supervisor.run(&RunBudget::default()).map_err(trapped)? {
            Outcome::Done => break,
            Outcome::Pending => {
                // It waits still, and says for what.
                assert_eq!(supervisor.run(&RunBudget::default()), Ok(Outcome::Pending));
                assert_eq!(supervisor.pending().expect("a call").index, 0);
                supervisor.complete(0, &[Value::from_i32(20)]).expect("it waits");
                assert_eq!(supervisor.pending(), None);
            }
            other => panic!("{other:?}"),
        }
    }
    let mut out = [Value::ZERO];
    supervisor.results(&mut out).expect("a result");
    Ok(out[0].i32())
}

/// ASIL-4: the host is asked once for each call, and its answers mean what they mean without a watch.
#[test]
fn asil_4_answers_of_the_host_mean_the_same() {
    for answer in [Answer::Done, Answer::Later, Answer::Trap, Answer::Exit] {
        ANSWER.set(answer);
        let pool = Pool::new();
        let make = || made(&pool, GUEST, &ASK, 1 << 14, None);
        ASKED.set(0);
        let expected = plain(&make());
        let asked = ASKED.get();
        assert_eq!(expected.is_ok(), matches!(answer, Answer::Done | Answer::Later), "{expected:?}");
        let (one, first, second) = (make(), make(), make());
        let alone = Supervisor::alone(one.task, TERMS).expect("one task");
        let twins = Supervisor::lockstep(first.task, second.task, TERMS).expect("twins");
        for (mut supervisor, instance, lockstep) in [(alone, one.instance, false), (twins, first.instance, true)] {
            ASKED.set(0);
            assert_eq!(watched(&mut supervisor, instance), expected, "{answer:?}");
            assert_eq!(ASKED.get(), asked, "{answer:?}");
            assert_eq!((supervisor.is_lockstep(), supervisor.fault()), (lockstep, None));
            let shown = format!("{supervisor:?}");
            assert!(shown.contains(&format!("lockstep: {lockstep}")) && shown.contains("fault: None"), "{shown}");
            // Once more, after everything was forgotten.
            supervisor.verify().expect("sound");
            supervisor.reset();
            assert_eq!(watched(&mut supervisor, instance), expected, "{answer:?}, again");
        }
    }
}

/// Where two tasks are no twins.
fn differ<'p>(first: &Made<'p>, second: &Made<'p>) -> Result<(), Stop> {
    Supervisor::lockstep(first.task, second.task, TERMS).map(|_| ())
}

/// ASIL-4: tasks of different sizes, modules or states, the same task twice, and groups with a heap are no twins.
#[test]
fn asil_4_what_is_no_twin_is_found_before_it_runs() {
    let pool = Pool::new();
    let make = |text: &str, stack| made(&pool, text, &ASK, stack, None);
    let fault = |part, instance| {
        move |stop: Stop| match stop {
            Stop::Fault(Fault { by: Mechanism::Redundancy, part: found, instance: at, .. }) => {
                (found, at) == (part, instance)
            }
            _ => false,
        }
    };
    let first = make(GUEST, 1 << 14);
    let found = differ(&first, &make(GUEST, 1 << 13)).expect_err("another size");
    assert!(fault(Part::Task, 0)(found), "{found:?}");
    let first = make(GUEST, 1 << 14);
    let found = differ(&first, &make(&GUEST.replace("i32.const 64", "i32.const 65"), 1 << 14)).expect_err("other code");
    assert!(fault(Part::Module, 0)(found), "{found:?}");
    assert!(found.to_string().contains(Part::Module.name()), "{found}");
    let longer = GUEST.replace("(func (export", "(func (result i32) (i32.const 1)) (func (export");
    let first = make(GUEST, 1 << 14);
    let found = differ(&first, &make(&longer, 1 << 14)).expect_err("more code");
    assert!(fault(Part::Module, 0)(found), "{found:?}");
    let not_watchable = Stop::Error(Error::new(Reason::NotWatchable));
    let first = make(GUEST, 1 << 14);
    assert_eq!(differ(&first, &Made { ..first }).expect_err("itself"), not_watchable);
    let heaped = |heap: bool| made(&pool, GUEST, &ASK, 1 << 14, heap.then(|| pool.arena(1 << 12)));
    assert_eq!(differ(&heaped(true), &heaped(false)).expect_err("a heap"), not_watchable);
    assert_eq!(differ(&heaped(false), &heaped(true)).expect_err("a heap"), not_watchable);
    let begun = make(GUEST, 1 << 14);
    begun.task.start(begun.instance.export_func("run", None).expect("run"), &[Value::from_i32(1)]).expect("start");
    assert_eq!(Supervisor::alone(begun.task, TERMS).map(|_| ()), Err(Error::new(Reason::NotWatchable)));
}

/// ASIL-4: twins whose imports lead to different functions are told apart at the call, which is not made.
#[test]
fn asil_4_twins_call_the_same_host() {
    ANSWER.set(Answer::Done);
    let pool = Pool::new();
    let (first, second) = (made(&pool, GUEST, &ASK, 1 << 14, None), made(&pool, GUEST, &OTHER, 1 << 14, None));
    let mut twins = Supervisor::lockstep(first.task, second.task, TERMS).expect("the same but for the host");
    ASKED.set(0);
    twins.start(first.instance.export_func("run", None).expect("run"), &[Value::from_i32(4)]).expect("start");
    let stop = twins.run(&RunBudget::default()).expect_err("a fault");
    let Stop::Fault(fault) = stop else { panic!("{stop:?}") };
    assert_eq!((fault.by, fault.part, fault.at, ASKED.get()), (Mechanism::Redundancy, Part::HostCall, 0, 0));
    assert_eq!(twins.fault(), Some(fault));
    // Behind a fault nothing goes on.
    assert_eq!(twins.run(&RunBudget::default()), Err(stop));
    assert_eq!(twins.verify(), Err(stop));
    assert_eq!(twins.results(&mut [Value::ZERO]), Err(stop));
}

/// ASIL-4: a call with more values than a watch holds is refused.
#[test]
fn asil_4_calls_of_the_host_have_so_many_values() {
    let text = |n: usize| {
        format!(
            "(module (import \"h\" \"ask\" (func (param {0}))) (func (export \"run\") (param i32) (result i32)
               (call 0 {1}) (i32.const 5)))",
            "i64 ".repeat(n),
            "(i64.const 1) ".repeat(n)
        )
    };
    for (count, fits) in [(32, true), (33, false)] {
        let pool = Pool::new();
        let one = made(&pool, &text(count), &OTHER, 1 << 14, None);
        let mut alone = Supervisor::alone(one.task, TERMS).expect("one task");
        let end = watched(&mut alone, one.instance);
        assert_eq!(end.map_err(|e| e.0), if fits { Ok(5) } else { Err(Reason::ImpossibleSize) }, "{count}");
    }
}

/// ASIL-1: parts, places and mechanisms have names that differ, and a fault says by which it was found and where.
#[test]
fn asil_1_faults_say_what_and_where() {
    let parts = [
        Part::Module,
        Part::Instance,
        Part::State,
        Part::Memory,
        Part::Task,
        Part::Frame,
        Part::Fuel,
        Part::Outcome,
        Part::Guard,
        Part::HostCall,
    ];
    let places = [
        Place::Code,
        Place::Tables,
        Place::Frames,
        Place::Task,
        Place::Instance,
        Place::Globals,
        Place::Elements,
        Place::Bindings,
        Place::Memory,
    ];
    let different = |names: Vec<&str>| names.iter().collect::<std::collections::BTreeSet<_>>().len() == names.len();
    assert!(different(parts.map(Part::name).to_vec()) && different(places.map(Place::name).to_vec()));
    assert_eq!(places.map(Place::is_control).iter().filter(|control| !**control).count(), 2, "memory and globals");
    for part in parts {
        for lane in 0..3 {
            let fault = Fault { by: Mechanism::Checksums, part, lane, instance: 4, at: 0x50 };
            let said = fault.to_string();
            let both = if lane == 0 { "differs".into() } else { format!("damaged in task {lane}") };
            for piece in [part.name(), Mechanism::Checksums.name(), "instance 4, at 0x50", &both] {
                assert!(said.contains(piece), "{said}: {piece}");
            }
            assert_eq!(Stop::from(fault).to_string(), said);
        }
    }
    let error = Error::new(Reason::NotWatchable);
    assert_eq!(Stop::from(error).to_string(), error.to_string());
    assert_eq!((Terms::default(), Status::Ok as i32), (Terms::DEFAULT, 0));
    assert!(Profile::of(wrt_core::limits::Asil::D).has(Mechanism::Redundancy));
    assert!(!Mechanism::Redundancy.shown_by().is_empty());
    let pool = Pool::new();
    let mut short = pool.arena(16);
    assert_eq!(Guard::around(&mut short).map(|_| ()).expect_err("no room").reason, Reason::ArenaTooSmall);
}
