//! RUN-7: interceptors around calls that cross a boundary. What they see, what they may change, and
//! that one which does nothing changes nothing.

use std::cell::{Cell, RefCell};
use wrt_core::{
    Backend, Caller, Completion, Crossing, CrossingKind, Error, Extern, Func, Hooks, HostError, HostFunc, HostResult,
    Import, Imports, Instance, Interceptor, LoadBudget, Outcome, Reason, RunBudget, Status, Task, Value, Verdict,
    backends, refusal,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::{GUESTS, encode};
use wrt_tests::region::Region;
use wrt_tests::stops::{self, End, Rig};

/// Asked for nothing.
struct Nothing;
impl Interceptor for Nothing {}

thread_local! {
    static ASKED: Cell<u64> = const { Cell::new(0) };
    static RETURNED: Cell<u64> = const { Cell::new(0) };
}

/// Counts, and writes every value back as it is.
struct Counter;
impl Interceptor for Counter {
    fn before(&self, call: &Crossing, slots: &mut [Value]) -> Result<Verdict, HostError> {
        ASKED.set(ASKED.get() + 1);
        let ty = call.ty().expect("a type");
        assert_eq!(slots.len(), ty.params.len().max(ty.results.len()));
        slots.iter_mut().for_each(|slot| *slot = std::hint::black_box(*slot));
        Ok(Verdict::Proceed)
    }
    fn after(&self, _: &Crossing, _: &mut [Value]) -> Result<(), HostError> {
        RETURNED.set(RETURNED.get() + 1);
        Ok(())
    }
}

/// Delays every call.
struct Later;
impl Interceptor for Later {
    fn before(&self, _: &Crossing, _: &mut [Value]) -> Result<Verdict, HostError> {
        ASKED.set(ASKED.get() + 1);
        Ok(Verdict::Delay)
    }
}

static NOTHING: Nothing = Nothing;
static COUNTER: Counter = Counter;
static LATER: Later = Later;

/// All that must not change: everything but the stack, where an interceptor sees values.
fn seen(end: End) -> End {
    End { stack: 0, ..end }
}

/// RUN-7: results, traps, backtraces, fuel, depth and state are the same with an interceptor that
/// does nothing, one that writes the values back, and one that delays every call; in one go and in
/// slices, in both back ends. Where nothing crosses a boundary, the stack is the same too.
#[test]
fn run_7_an_interceptor_that_does_nothing_changes_nothing() {
    let rig = Rig::new();
    let mut crossed = 0;
    for guest in GUESTS {
        let encoded = guest.plain();
        let pool = Pool::new();
        let loaded = encoded.load(&pool, Feed::Whole);
        for &backend in backends() {
            let plain = seen(stops::run_whole(&rig, &loaded, backend));
            for slice in [u64::MAX, 1_000, 37, 1] {
                for (name, hooks) in [
                    ("nothing", Hooks::new(&NOTHING)),
                    ("counter", Hooks::new(&COUNTER)),
                    ("later", Hooks::new(&LATER)),
                ] {
                    ASKED.set(0);
                    RETURNED.set(0);
                    let prepare = |task: Task<'_>, _: Instance<'_>| {
                        task.set_backend(backend);
                        task.set_hooks(Some(hooks));
                    };
                    let end = stops::run_prepared(&rig, &loaded, prepare, |_| slice, |_| ());
                    assert_eq!(seen(end), plain, "{} {backend:?} {name} in slices of {slice}", guest.name);
                    if name == "nothing" {
                        continue;
                    }
                    assert!(ASKED.get() >= 1, "{}: the call of `run` itself", guest.name);
                    crossed += ASKED.get() - 1;
                    // What ends by an exception does not return.
                    let throws =
                        [Some(guest.text), guest.library.map(|l| l.1)].iter().flatten().any(|t| t.contains("throw"));
                    assert!(ASKED.get() >= RETURNED.get());
                    // An interceptor is told once of a chain of tail calls, and here the other instance makes one.
                    let chains = guest.name == "referring";
                    if name == "counter" && plain.result.is_ok() && !throws && !chains {
                        assert_eq!(ASKED.get(), RETURNED.get(), "{}", guest.name);
                    }
                }
            }
        }
    }
    assert!(crossed > 10_000, "only {crossed} calls crossed a boundary");
}

const LIBRARY: &str = r#"(module
  (import "host" "f" (func $f (param i32) (result i32)))
  (export "f" (func $f))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "through") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 100)))
  (func (export "tail") (param i32) (result i32) (return_call $f (local.get 0)))
  (func (export "pick") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 7))))"#;

const MAIN: &str = r#"(module
  (import "host" "f" (func $f (param i32) (result i32)))
  (import "lib" "add" (func $add (param i32 i32) (result i32)))
  (import "lib" "through" (func $through (param i32) (result i32)))
  (import "lib" "tail" (func $tail (param i32) (result i32)))
  (import "lib" "pick" (func $pick (param i32) (result i32)))
  (import "lib" "f" (func $again (param i32) (result i32)))
  (type $one (func (param i32) (result i32)))
  (table (export "table") 5 5 funcref)
  (elem (i32.const 0) func $f $pick $own $through)
  (func $own (type $one) (i32.sub (local.get 0) (i32.const 1)))
  (func (export "host") (type $one) (i32.add (call $f (local.get 0)) (i32.const 1)))
  (func (export "add") (type $one) (call $add (local.get 0) (i32.const 5)))
  (func (export "through") (type $one) (i32.add (call $through (local.get 0)) (i32.const 1)))
  (func (export "through_tail") (type $one) (i32.add (call $tail (local.get 0)) (i32.const 1)))
  (func (export "again") (type $one) (i32.add (call $again (local.get 0)) (i32.const 1)))
  (func (export "host_tail") (type $one) (return_call $f (local.get 0)))
  (func $tails (type $one) (return_call $through (local.get 0)))
  (func (export "tail") (type $one) (i32.add (call $tails (local.get 0)) (i32.const 1)))
  (func (export "root_tail") (type $one) (return_call $pick (local.get 0)))
  (func (export "indirect") (param i32 i32) (result i32)
    (i32.add (call_indirect (type $one) (local.get 1) (local.get 0)) (i32.const 1)))
  (func (export "indirect_tail") (param i32 i32) (result i32)
    (return_call_indirect (type $one) (local.get 1) (local.get 0))))"#;

/// The host's one function: what `answer` says, with its argument noted.
struct Host {
    answer: Cell<Option<i32>>,
    asked: Cell<i32>,
}

impl Host {
    fn new() -> Self {
        Host { answer: Cell::new(Some(1_000)), asked: Cell::new(0) }
    }
    /// The function itself: its answer and argument in sum; later, if there is no answer.
    fn call(&self, slots: &mut [Value]) -> HostResult {
        let slot = slots.first_mut().expect("a parameter");
        self.asked.set(slot.i32());
        match self.answer.get() {
            Some(answer) => {
                *slot = Value::from_i32(answer + slot.i32());
                Ok(Completion::Done)
            }
            None => Ok(Completion::Pending),
        }
    }
}

struct Env<'p> {
    func: HostFunc<'p>,
    library: Option<Instance<'p>>,
}

impl<'p> Imports<'p> for Env<'p> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'p>> {
        if import.module == "host" {
            return Some(Extern::Host(self.func));
        }
        let library = self.library?;
        let named = |i: &u32| library.module().export(*i).is_some_and(|e| e.name == import.name);
        (0..library.module().export_count()).find(named).map(|i| Extern::Instance(library, i))
    }
}

/// Both modules, linked.
fn linked<'p>(pool: &'p Pool, func: HostFunc<'p>) -> Instance<'p> {
    let make = |text: &str, library: Option<Instance<'p>>| {
        let wasm = pool.keep(encode(text));
        let module = engine::load(pool, wasm, &LoadBudget::DEFAULT, Feed::Whole).expect("a module");
        engine::instantiate(pool, module, wasm, &Env { func, library }, &[]).expect("an instance")
    };
    let library = make(LIBRARY, None);
    make(MAIN, Some(library))
}

/// Writes down every question, in words.
#[derive(Default)]
struct Log(RefCell<Vec<String>>);

impl Log {
    fn note(&self, when: &str, call: &Crossing, values: &[Value]) {
        let from = call.caller().map_or("embedder".to_string(), |i| i.id().to_string());
        let to = call.callee().map_or("host".to_string(), |i| i.id().to_string());
        let import = call.import().map_or(String::new(), |i| format!(" as {}.{}", i.module, i.name));
        let tail = if call.is_tail() { " in tail position" } else { "" };
        let values: Vec<i32> = values.iter().map(|v| v.i32()).collect();
        self.0.borrow_mut().push(format!(
            "{when} {from} -> {to}:{}.{}{import}{tail} {values:?} at depth {}",
            call.instance(),
            call.func(),
            call.depth()
        ));
    }
    fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

impl Interceptor for Log {
    fn before(&self, call: &Crossing, slots: &mut [Value]) -> Result<Verdict, HostError> {
        let ty = call.ty().expect("a type");
        self.note("call", call, &slots[..ty.params.len()]);
        Ok(Verdict::Proceed)
    }
    fn after(&self, call: &Crossing, slots: &mut [Value]) -> Result<(), HostError> {
        let ty = call.ty().expect("a type");
        self.note("back", call, &slots[..ty.results.len()]);
        Ok(())
    }
}

/// A task on the linked modules, with the function of this name.
fn task<'p>(pool: &'p Pool, main: Instance<'p>, backend: Backend, name: &str) -> (Task<'p>, Func) {
    let task = Task::new(&mut pool.arena(1 << 14), main).expect("a task");
    task.set_backend(backend);
    (task, main.export_func(name, None).expect("an export"))
}

fn i32s(args: &[i32]) -> Vec<Value> {
    args.iter().map(|&v| Value::from_i32(v)).collect()
}

fn call(task: Task<'_>, func: Func, args: &[i32]) -> Result<i32, Error> {
    let mut out = [Value::ZERO];
    assert_eq!(task.call(func, &i32s(args), &mut out, &RunBudget::default())?, Outcome::Done);
    Ok(out.map(Value::i32)[0])
}

/// RUN-7: every kind of crossing is told with who calls whom, by which import, how deep; calls inside
/// an instance are not. A chain of tail calls is asked about at each link, and once at its end.
#[test]
fn run_7_every_crossing_is_told() {
    let host = Host::new();
    let f = |_: &mut Caller, slots: &mut [Value]| host.call(slots);
    let log = Log::default();
    let pool = Pool::new();
    let main = linked(&pool, HostFunc::new(&f));
    for &backend in backends() {
        let said = |name: &str, args: &[i32]| {
            let (task, func) = task(&pool, main, backend, name);
            let plain = call(task, func, args).expect("a result");
            task.set_hooks(Some(Hooks::new(&log)));
            assert_eq!(call(task, func, args), Ok(plain), "{name}");
            let lines = log.take();
            task.set_hooks(None);
            assert_eq!((call(task, func, args), log.take().len()), (Ok(plain), 0), "{name}");
            let inner = lines.len() - 2;
            assert!(lines[0].starts_with("call embedder -> 1:1.") && lines[0].ends_with("at depth 0"), "{lines:?}");
            assert!(lines[inner + 1].starts_with("back embedder -> 1:1."), "{lines:?}");
            assert!(lines[inner + 1].contains(&format!("[{plain}]")), "{lines:?}");
            lines[1..=inner].to_vec()
        };
        assert_eq!(
            said("host", &[3]),
            ["call 1 -> host:1.0 as host.f [3] at depth 1", "back 1 -> host:1.0 as host.f [1003] at depth 1"]
        );
        assert_eq!(
            said("add", &[3]),
            ["call 1 -> 0:0.1 as lib.add [3, 5] at depth 1", "back 1 -> 0:0.1 as lib.add [8] at depth 1"]
        );
        assert_eq!(
            said("through", &[3]),
            [
                "call 1 -> 0:0.2 as lib.through [3] at depth 1",
                "call 0 -> host:0.0 as host.f [3] at depth 2",
                "back 0 -> host:0.0 as host.f [1003] at depth 2",
                "back 1 -> 0:0.2 as lib.through [1103] at depth 1",
            ]
        );
        assert_eq!(
            said("through_tail", &[3]),
            [
                "call 1 -> 0:0.3 as lib.tail [3] at depth 1",
                "call 0 -> host:0.0 as host.f in tail position [3] at depth 2",
                "back 0 -> host:0.0 as host.f in tail position [1003] at depth 2",
                "back 1 -> 0:0.3 as lib.tail [1003] at depth 1",
            ]
        );
        // The library's export of the host's function leads to the host at once.
        assert_eq!(
            said("again", &[3]),
            ["call 1 -> host:1.5 as lib.f [3] at depth 1", "back 1 -> host:1.5 as lib.f [1003] at depth 1"]
        );
        assert_eq!(
            said("host_tail", &[3]),
            [
                "call 1 -> host:1.0 as host.f in tail position [3] at depth 1",
                "back 1 -> host:1.0 as host.f in tail position [1003] at depth 1",
            ]
        );
        assert_eq!(
            said("tail", &[3]),
            [
                "call 1 -> 0:0.2 as lib.through in tail position [3] at depth 2",
                "call 0 -> host:0.0 as host.f [3] at depth 2",
                "back 0 -> host:0.0 as host.f [1003] at depth 2",
                "back 1 -> 0:0.2 as lib.through [1103] at depth 1",
            ]
        );
        // The root's record has no room for a note: the chain is told as the call that began it.
        assert_eq!(said("root_tail", &[3]), ["call 1 -> 0:0.4 as lib.pick in tail position [3] at depth 1"]);
        assert_eq!(
            said("indirect", &[0, 3]),
            ["call 1 -> host:1.0 as host.f [3] at depth 1", "back 1 -> host:1.0 as host.f [1003] at depth 1"]
        );
        assert_eq!(said("indirect", &[1, 3]), ["call 1 -> 0:0.4 [3] at depth 1", "back 1 -> 0:0.4 [21] at depth 1"]);
        assert!(said("indirect", &[2, 3]).is_empty());
        assert_eq!(said("indirect_tail", &[1, 3]), ["call 1 -> 0:0.4 in tail position [3] at depth 1"]);
    }
}

type Before = Box<dyn Fn(&Crossing, &mut [Value]) -> Result<Verdict, HostError>>;
type After = Box<dyn Fn(&Crossing, &mut [Value]) -> Result<(), HostError>>;

/// Answers as it is told, for everything but root calls.
struct Answers {
    before: RefCell<Before>,
    after: RefCell<After>,
}

impl Answers {
    fn new() -> Self {
        Answers {
            before: RefCell::new(Box::new(|_, _| Ok(Verdict::Proceed))),
            after: RefCell::new(Box::new(|_, _| Ok(()))),
        }
    }
    fn say(
        &self,
        before: impl Fn(&Crossing, &mut [Value]) -> Result<Verdict, HostError> + 'static,
        after: impl Fn(&Crossing, &mut [Value]) -> Result<(), HostError> + 'static,
    ) {
        *self.before.borrow_mut() = Box::new(before);
        *self.after.borrow_mut() = Box::new(after);
    }
}

impl Interceptor for Answers {
    fn before(&self, call: &Crossing, slots: &mut [Value]) -> Result<Verdict, HostError> {
        if call.kind() == CrossingKind::Root { Ok(Verdict::Proceed) } else { self.before.borrow()(call, slots) }
    }
    fn after(&self, call: &Crossing, slots: &mut [Value]) -> Result<(), HostError> {
        if call.kind() == CrossingKind::Root { Ok(()) } else { self.after.borrow()(call, slots) }
    }
}

fn set(slots: &mut [Value], v: i32) {
    *slots.first_mut().expect("a slot") = Value::from_i32(v);
}

/// Every way to cross once: name and arguments, and what the caller makes of the callee's result.
const ONCE: [(&str, &[i32], i32); 7] = [
    ("host", &[3], 1),
    ("add", &[3], 0),
    ("again", &[3], 1),
    ("host_tail", &[3], 0),
    ("root_tail", &[3], 0),
    ("indirect", &[1, 3], 1),
    ("indirect_tail", &[0, 3], 0),
];

/// RUN-7: an interceptor changes arguments and results, replaces a call, and refuses one before or
/// after with its own detail and message; at every kind of crossing, in both back ends. What is
/// changed is what the same program does with these values from the start.
#[test]
fn run_7_calls_are_changed_replaced_and_refused() {
    let host = Host::new();
    let f = |_: &mut Caller, slots: &mut [Value]| host.call(slots);
    let answers = Answers::new();
    let pool = Pool::new();
    let main = linked(&pool, HostFunc::new(&f));
    for &backend in backends() {
        for (name, args, plus) in ONCE {
            let (task, func) = task(&pool, main, backend, name);
            let plain = call(task, func, args).expect("a result");
            let fuel = task.usage().fuel_used;
            let mut other = args.to_vec();
            *other.last_mut().expect("an argument") = 11;
            let changed = call(task, func, &other).expect("a result");
            assert_ne!(plain, changed);
            task.set_hooks(Some(Hooks::new(&answers)));
            let hooked = |args: &[i32]| {
                task.reset();
                let result = call(task, func, args);
                (result, task.usage().fuel_used)
            };

            answers.say(|_, slots| (set(slots, 11), Ok(Verdict::Proceed)).1, |_, _| Ok(()));
            assert_eq!(hooked(args), (Ok(changed), fuel), "{name}: the argument");

            answers.say(|_, slots| (set(slots, 77), Ok(Verdict::Replace)).1, |_, _| unreachable!("it was not made"));
            host.asked.set(-1);
            let (result, spent) = hooked(args);
            assert_eq!(result, Ok(77 + plus), "{name}: replaced");
            // What the callee would have spent is not.
            assert!(spent <= fuel && host.asked.get() == -1, "{name}: {spent} of {fuel}");

            if !matches!(name, "root_tail") {
                answers.say(|_, _| Ok(Verdict::Proceed), |_, slots| (set(slots, 55), Ok(())).1);
                assert_eq!(hooked(args), (Ok(55 + plus), fuel), "{name}: the result");
                answers.say(|_, _| Ok(Verdict::Proceed), |_, _| Err(refusal(8, c"not this result")));
                let (result, _) = hooked(args);
                let error = result.expect_err("a refusal");
                assert_eq!((error.reason, error.detail, error.message), (Reason::CallRefused, 8, c"not this result"));
                assert_eq!(error.func, func.index, "{name}");
            }

            answers.say(|_, _| Err(refusal(7, c"no such calls here")), |_, _| Ok(()));
            let (result, _) = hooked(args);
            let error = result.expect_err("a refusal");
            assert_eq!((error.reason, error.detail, error.message), (Reason::CallRefused, 7, c"no such calls here"));
            assert_eq!((error.status(), error.func), (Status::Trap, func.index), "{name}");
            let mut frames = [wrt_core::Frame::default(); 4];
            assert_eq!(task.backtrace(&mut frames), 1);
            assert_eq!(frames[0].module_offset, error.offset);

            answers.say(|_, _| Err(HostError::exit(3)), |_, _| Ok(()));
            let error = hooked(args).0.expect_err("an exit");
            assert_eq!((error.status(), error.detail), (Status::Exit, 3), "{name}");
        }
    }
}

/// RUN-7: the call of the embedder is asked about as well: changed, replaced, refused, delayed.
#[test]
fn run_7_root_calls_are_asked_about() {
    struct Root(Cell<i32>);
    impl Interceptor for Root {
        fn before(&self, call: &Crossing, slots: &mut [Value]) -> Result<Verdict, HostError> {
            match (call.kind(), self.0.get()) {
                (CrossingKind::Root, 1) => set(slots, 11),
                (CrossingKind::Root, 2) => return (set(slots, 77), Ok(Verdict::Replace)).1,
                (CrossingKind::Root, 3) => return Err(refusal(1, c"no")),
                (CrossingKind::Root, 4) => return Ok(Verdict::Delay),
                _ => {}
            }
            Ok(Verdict::Proceed)
        }
        fn after(&self, call: &Crossing, slots: &mut [Value]) -> Result<(), HostError> {
            match (call.kind(), self.0.get()) {
                (CrossingKind::Root, 5) => set(slots, 55),
                (CrossingKind::Root, 6) => return Err(refusal(2, c"no")),
                _ => {}
            }
            Ok(())
        }
    }
    let host = Host::new();
    let f = |_: &mut Caller, slots: &mut [Value]| host.call(slots);
    let root = Root(Cell::new(0));
    let pool = Pool::new();
    let main = linked(&pool, HostFunc::new(&f));
    for &backend in backends() {
        for name in ["host", "add", "tail"] {
            let (task, func) = task(&pool, main, backend, name);
            let (plain, other) = (call(task, func, &[3]), call(task, func, &[11]));
            task.set_hooks(Some(Hooks::new(&root)));
            let ask = |what: i32| {
                task.reset();
                root.0.set(what);
                call(task, func, &[3])
            };
            assert_eq!((ask(0), ask(1), ask(2), ask(5)), (plain, other, Ok(77), Ok(55)));
            for (what, detail) in [(3, 1), (6, 2)] {
                let error = ask(what).expect_err("a refusal");
                assert_eq!((error.reason, error.detail, error.func), (Reason::CallRefused, detail, func.index));
            }
            root.0.set(4);
            for answer in [None, Some(9)] {
                task.reset();
                task.start(func, &i32s(&[3])).expect("a start");
                assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
                let pending = task.pending().expect("a pending call");
                assert!(pending.delayed && pending.import == func.index && pending.instance == func.instance);
                match answer {
                    None => task.proceed().expect("it goes on"),
                    Some(n) => task.complete(0, &i32s(&[n])).expect("it is answered"),
                }
                assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
                let mut out = [Value::ZERO];
                assert_eq!(task.results(&mut out), Ok(1));
                assert_eq!(Ok(out[0].i32()), answer.map_or(plain, Ok));
            }
        }
    }
}

/// RUN-7: a delayed call parks the task; it is made when the embedder says so, answered in its place,
/// or ended. In slices the task may be stopped anywhere before and behind it.
#[test]
fn run_7_delayed_calls_go_on_later() {
    let host = Host::new();
    let f = |_: &mut Caller, slots: &mut [Value]| host.call(slots);
    let answers = Answers::new();
    let pool = Pool::new();
    let main = linked(&pool, HostFunc::new(&f));
    for &backend in backends() {
        for (name, args, plus) in ONCE {
            let (task, func) = task(&pool, main, backend, name);
            let plain = call(task, func, args);
            let fuel = task.usage().fuel_used;
            answers.say(|_, _| Ok(Verdict::Delay), |_, _| Ok(()));
            task.set_hooks(Some(Hooks::new(&answers)));
            for (slice, removed) in [(u64::MAX, false), (1, false), (u64::MAX, true), (1, true)] {
                let budget = RunBudget { fuel: slice, ..RunBudget::default() };
                let run = || loop {
                    match task.run(&budget) {
                        Ok(Outcome::Fuel) => {}
                        other => return other,
                    }
                };
                let begin = || {
                    task.set_hooks(Some(Hooks::new(&answers)));
                    task.reset();
                    assert_eq!(task.proceed().map_err(|e| e.reason), Err(Reason::NotPending));
                    host.asked.set(-1);
                    task.start(func, &i32s(args)).expect("a start");
                    assert_eq!(run(), Ok(Outcome::Pending), "{name}");
                    assert_eq!(run(), Ok(Outcome::Pending), "{name}: it waits");
                    assert!(task.pending().is_some_and(|p| p.delayed));
                    assert_eq!(host.asked.get(), -1);
                    let mut frames = [wrt_core::Frame::default(); 4];
                    assert_eq!(task.backtrace(&mut frames), 1);
                    if removed {
                        task.set_hooks(None);
                    }
                };
                let mut out = [Value::ZERO];
                begin();
                task.proceed().expect("it goes on");
                assert_eq!(run(), Ok(Outcome::Done));
                assert_eq!(task.results(&mut out), Ok(1));
                assert_eq!((Ok(out[0].i32()), task.usage().fuel_used), (plain, fuel), "{name}");
                begin();
                assert_eq!(task.complete(0, &[]).map_err(|e| e.reason), Err(Reason::ArgumentCount));
                task.complete(0, &i32s(&[200])).expect("an answer");
                assert_eq!(run(), Ok(Outcome::Done));
                assert_eq!(task.results(&mut out), Ok(1));
                assert_eq!((out[0].i32(), host.asked.get()), (200 + plus, -1), "{name}");
                begin();
                task.complete(Status::Trap as i32, &[]).expect("a trap");
                let error = run().expect_err("a trap");
                assert_eq!((error.reason, error.func), (Reason::HostTrap, func.index));
                begin();
            }
        }
    }
}

/// RUN-7: a function of the embedder that the embedder itself starts is asked about once, and can be
/// delayed like any other.
#[test]
fn run_7_host_functions_started_by_the_embedder() {
    let host = Host::new();
    let f = |_: &mut Caller, slots: &mut [Value]| host.call(slots);
    let (log, answers) = (Log::default(), Answers::new());
    answers.say(|_, _| Ok(Verdict::Delay), |_, slots| (set(slots, slots[0].i32() + 1), Ok(())).1);
    let pool = Pool::new();
    let main = linked(&pool, HostFunc::new(&f));
    for &backend in backends() {
        let (task, _) = task(&pool, main, backend, "host");
        let func = Func { instance: main.id(), index: 0 };
        task.set_hooks(Some(Hooks::new(&log)));
        assert_eq!(call(task, func, &[3]), Ok(1_003));
        assert_eq!(log.take().len(), 2);
        task.set_hooks(Some(Hooks::new(&answers)));
        for (answer, result) in [(None, 1_004), (Some(9), 9)] {
            task.start(func, &i32s(&[3])).expect("a start");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
            match answer {
                None => task.proceed().expect("it goes on"),
                Some(n) => task.complete(0, &i32s(&[n])).expect("it is answered"),
            }
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
            let mut out = [Value::ZERO];
            assert_eq!(task.results(&mut out), Ok(1));
            assert_eq!(out[0].i32(), result);
        }
    }
}

/// RUN-7: a delayed call through a table is asked about again where another function has taken the
/// place of the one that was asked about.
#[test]
fn run_7_a_delayed_call_is_not_exchanged() {
    let host = Host::new();
    let f = |_: &mut Caller, slots: &mut [Value]| host.call(slots);
    let answers = Answers::new();
    answers.say(
        |call, _| if call.func() == 4 { Ok(Verdict::Delay) } else { Err(refusal(4, c"not that one")) },
        |_, _| Ok(()),
    );
    let pool = Pool::new();
    let main = linked(&pool, HostFunc::new(&f));
    let table = main.export_table("table").expect("a table");
    let function = |i| main.table_get(table, i).expect("an element");
    let (pick, through) = (function(1), function(3));
    for &backend in backends() {
        for other in [through, Value::from_ref(0)] {
            let (task, func) = task(&pool, main, backend, "indirect");
            task.set_hooks(Some(Hooks::new(&answers)));
            task.start(func, &i32s(&[1, 3])).expect("a start");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
            main.table_set(table, 1, other).expect("another function");
            task.proceed().expect("it goes on");
            let error = task.run(&RunBudget::default()).expect_err("not that one");
            main.table_set(table, 1, pick).expect("as it was");
            let expected = if other.ref_() == 0 { Reason::UninitializedElement } else { Reason::CallRefused };
            assert_eq!(error.reason, expected);
            // The next call is a call like any other.
            assert_eq!(
                task.call(func, &i32s(&[1, 3]), &mut [Value::ZERO], &RunBudget::default()),
                Ok(Outcome::Pending)
            );
        }
    }
}

/// RUN-7: results of a host call that was pending are told when they are there; and its failure
/// charges what a failure at once charges.
#[test]
fn run_7_completed_calls_are_told() {
    let host = Host::new();
    let f = |_: &mut Caller, slots: &mut [Value]| host.call(slots);
    let log = Log::default();
    let pool = Pool::new();
    let main = linked(&pool, HostFunc::new(&f));
    for &backend in backends() {
        for name in ["host", "host_tail", "through_tail"] {
            let (task, func) = task(&pool, main, backend, name);
            task.set_hooks(Some(Hooks::new(&log)));
            host.answer.set(Some(40));
            let plain = call(task, func, &[2]);
            let at_once = log.take();
            host.answer.set(None);
            task.start(func, &i32s(&[2])).expect("a start");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
            assert!(task.pending().is_some_and(|p| !p.delayed));
            assert_eq!(task.proceed().map_err(|e| e.reason), Err(Reason::NotPending));
            task.complete(0, &i32s(&[42])).expect("a completion");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
            let mut out = [Value::ZERO];
            assert_eq!(task.results(&mut out), Ok(1));
            assert_eq!(Ok(out[0].i32()), plain, "{name}");
            assert_eq!(log.take(), at_once, "{name}");

            let spent = |end: &dyn Fn()| {
                task.reset();
                task.start(func, &i32s(&[2])).expect("a start");
                end();
                task.run(&RunBudget::default()).expect_err("a trap");
                task.usage().fuel_used
            };
            let answers = Answers::new();
            answers.say(
                |c, _| if c.kind() == CrossingKind::Host { Err(refusal(0, c"")) } else { Ok(Verdict::Proceed) },
                |_, _| Ok(()),
            );
            // SAFETY: set for these runs only, which `answers` outlives.
            let refuse: Hooks<'_> = unsafe { shorter(&answers) };
            task.set_hooks(Some(refuse));
            let now = spent(&|| ());
            task.set_hooks(None);
            for hooks in [None, Some(Hooks::new(&log))] {
                task.set_hooks(hooks);
                let later = spent(&|| {
                    assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
                    task.complete(Status::Trap as i32, &[]).expect("a failure");
                });
                assert_eq!(later, now, "{name}");
            }
            log.take();
        }
    }
}

/// Hooks that the caller takes off the task before the interceptor goes.
///
/// # Safety
/// As it says.
unsafe fn shorter<'a>(answers: &Answers) -> Hooks<'a> {
    // SAFETY: the caller vouches.
    Hooks::new(unsafe { &*std::ptr::from_ref(answers) })
}

/// RUN-7: an interceptor cannot put a reference to no function into a guest, and finds a trap where
/// the task's region has no room for the values; the bytes around the region stay as they are.
#[test]
fn run_7_values_are_checked_and_bounded() {
    const REFS: &str = r#"(module
      (import "host" "f" (func $f (param funcref i64 i64 i64) (result funcref)))
      (func (export "run") (param funcref) (result i32)
        (ref.is_null (call $f (local.get 0) (i64.const 0) (i64.const 0) (i64.const 0)))))"#;
    struct Forge(Cell<u32>);
    impl Interceptor for Forge {
        fn before(&self, call: &Crossing, slots: &mut [Value]) -> Result<Verdict, HostError> {
            let forged = Value::from_ref(0xdead_0000_beef);
            match (call.kind(), self.0.get()) {
                (CrossingKind::Host, 1) => slots[0] = forged,
                (CrossingKind::Host, 2) => return (slots[0] = forged, Ok(Verdict::Replace)).1,
                (CrossingKind::Root, 3) => slots[0] = forged,
                _ => {}
            }
            Ok(Verdict::Proceed)
        }
        fn after(&self, call: &Crossing, slots: &mut [Value]) -> Result<(), HostError> {
            if call.kind() == CrossingKind::Host && self.0.get() == 4 {
                slots[0] = Value::from_ref(0xdead_0000_beef);
            }
            Ok(())
        }
    }
    let f = |_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Done) };
    let forge = Forge(Cell::new(0));
    let stack = Region::new(2048);
    let pool = Pool::new();
    let wasm = pool.keep(encode(REFS));
    let module = engine::load(&pool, wasm, &LoadBudget::DEFAULT, Feed::Whole).expect("a module");
    let env = Env { func: HostFunc::new(&f), library: None };
    let instance = engine::instantiate(&pool, module, wasm, &env, &[]).expect("an instance");
    let run = instance.export_func("run", None).expect("run");
    let mut roomy = 0;
    for bytes in (128..1024).step_by(16) {
        for what in 0..=4 {
            // SAFETY: the task of the round before is not used again; the region outlives this one.
            let Ok(task) = Task::new(&mut unsafe { stack.arena_of(bytes) }, instance) else { continue };
            let hooks = Hooks::new(&forge);
            task.set_hooks(Some(hooks));
            forge.0.set(what);
            let mut out = [Value::ZERO];
            let end = task.call(run, &[Value::from_ref(0)], &mut out, &RunBudget::default());
            stack.check();
            match end {
                Err(e) if e.reason == Reason::StackExhausted => continue,
                Ok(Outcome::Done) => assert_eq!((what, out[0].i32()), (0, 1)),
                Err(e) => {
                    assert!(what != 0, "{e:?}");
                    assert_eq!(
                        (e.reason, e.message),
                        (Reason::CallRefused, c"the number is neither null nor a reference to a function of the group")
                    );
                }
                other => panic!("{other:?}"),
            }
            roomy += 1;
        }
    }
    assert!(roomy > 100);
}
