//! RUN-7: interceptors of which one half is set, that are taken away while a call waits, and functions that the embedder
//! starts through an import.

use core::ffi::c_void;
use std::cell::{Cell, RefCell};
use wrt_core::{
    Caller, Completion, Crossing, CrossingKind, Extern, Func, Hooks, HostError, HostFunc, HostResult, Import, Imports,
    Instance, Interceptor, LoadBudget, Outcome, RunBudget, Task, Value, Verdict,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

const LIBRARY: &str = r#"(module
  (import "host" "f" (func $f (param i32) (result i32)))
  (func (export "twice") (param i32) (result i32) (i32.mul (call $f (local.get 0)) (i32.const 2))))"#;

const MAIN: &str = r#"(module
  (import "lib" "twice" (func $twice (param i32) (result i32)))
  (import "host" "f" (func $f (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) (i32.add (call $twice (local.get 0)) (call $f (i32.const 1)))))"#;

thread_local! {
    static LATER: Cell<bool> = const { Cell::new(false) };
    static BEFORE: Cell<u32> = const { Cell::new(0) };
    static AFTER: Cell<u32> = const { Cell::new(0) };
}

/// Adds one, or is answered later.
fn host(_: &mut Caller, slots: &mut [Value]) -> HostResult {
    if LATER.get() {
        return Ok(Completion::Pending);
    }
    slots[0] = Value::from_i32(slots[0].i32() + 1);
    Ok(Completion::Done)
}

/// Leads to the library, where there is one yet, and to the host.
struct Linker<'p>(Option<Instance<'p>>);

impl<'p> Imports<'p> for Linker<'p> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'p>> {
        match self.0 {
            Some(library) if import.module == "lib" => Some(Extern::Instance(library, 0)),
            _ => Some(Extern::Host(HostFunc::new(&host).with_sig("(i)i"))),
        }
    }
}

/// Runs `f` with the main instance and a task.
fn with_task(f: impl FnOnce(Instance<'_>, Task<'_>)) {
    let pool = Pool::new();
    let mut library = None;
    for text in [LIBRARY, MAIN] {
        let wasm = pool.keep(encode(text));
        let module = engine::load(&pool, wasm, &LoadBudget::DEFAULT, Feed::Whole).expect("a module");
        library = Some(engine::instantiate(&pool, module, wasm, &Linker(library), &[]).expect("an instance"));
    }
    let main = library.expect("the last one");
    let task = Task::new(&mut pool.arena(1 << 12), main).expect("a task");
    for counter in [&BEFORE, &AFTER] {
        counter.set(0);
    }
    LATER.set(false);
    f(main, task);
}

unsafe extern "C" fn before(_: *mut c_void, _: *mut Crossing, _: *mut Value) -> i32 {
    BEFORE.set(BEFORE.get() + 1);
    Verdict::Proceed as i32
}

unsafe extern "C" fn after(_: *mut c_void, _: *mut Crossing, _: *mut Value) -> i32 {
    AFTER.set(AFTER.get() + 1);
    0
}

/// Runs a task that was started to its end, answering with `answer` what waits.
fn finish(task: Task<'_>, answer: i32) -> i32 {
    loop {
        match task.run(&RunBudget::default()).expect("no trap") {
            Outcome::Done => break,
            Outcome::Pending => task.complete(0, &[Value::from_i32(answer)]).expect("it waits"),
            other => panic!("{other:?}"),
        }
    }
    let mut out = [Value::ZERO];
    task.results(&mut out).expect("a result");
    out[0].i32()
}

/// RUN-7: each half is asked on its own; functions begun by the embedder are one call more, whether they are the
/// instance's own, another one's behind an import, or the host's.
#[test]
fn run_7_each_half_is_asked_alone() {
    with_task(|main, task| {
        let run = main.export_func("run", None).expect("run");
        let own = |index| Func { instance: main.id(), index };
        // What is started, its result for 5, and how many calls cross a boundary, the embedder's among them; a function
        // of the host that the embedder starts is one call, which is the host's.
        for (func, expected, calls) in [(run, 14, 4), (own(0), 12, 2), (own(1), 6, 1)] {
            for (halves, asked) in [
                ((true, true), (calls, calls)),
                ((true, false), (calls, 0)),
                ((false, true), (0, calls)),
                ((false, false), (0, 0)),
            ] {
                let set = |half: bool, f: unsafe extern "C" fn(*mut c_void, *mut Crossing, *mut Value) -> i32| {
                    half.then_some(f)
                };
                // SAFETY: neither function looks at what it is given.
                let hooks =
                    unsafe { Hooks::from_raw(set(halves.0, before), set(halves.1, after), core::ptr::null_mut()) };
                for later in [false, true] {
                    task.set_hooks(Some(hooks));
                    LATER.set(later);
                    BEFORE.set(0);
                    AFTER.set(0);
                    task.start(func, &[Value::from_i32(5)]).expect("start");
                    let what = format!("{func:?} {halves:?} {later}");
                    let result = finish(task, 6);
                    // Later, every call of the host is answered with the same.
                    assert_eq!(result, if later && func == run { 18 } else { expected }, "{what}");
                    assert_eq!((BEFORE.get(), AFTER.get()), asked, "{what}");
                    assert!(format!("{hooks:?}").contains(&format!("before: {}, after: {}", halves.0, halves.1)));
                }
            }
        }
    });
}

/// RUN-7: an interceptor that is taken away while the host's answer is awaited is not asked about it.
#[test]
fn run_7_who_is_taken_away_is_not_asked() {
    with_task(|main, task| {
        // SAFETY: neither function looks at what it is given.
        let hooks = unsafe { Hooks::from_raw(Some(before), Some(after), core::ptr::null_mut()) };
        let run = main.export_func("run", None).expect("run");
        for answered in [false, true] {
            task.set_hooks(Some(hooks));
            LATER.set(true);
            BEFORE.set(0);
            AFTER.set(0);
            task.start(run, &[Value::from_i32(5)]).expect("start");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
            if answered {
                task.complete(0, &[Value::from_i32(6)]).expect("it waits");
            }
            task.set_hooks(None);
            assert_eq!(finish(task, 6), 18);
            assert_eq!((BEFORE.get(), AFTER.get()), (3, 0), "the call of `run`, of `twice`, and of the host");
        }
    });
}

/// Writes down how crossings show themselves.
struct Scribe(RefCell<Vec<String>>);

impl Interceptor for Scribe {
    fn before(&self, call: &Crossing, _: &mut [Value]) -> Result<Verdict, HostError> {
        self.0.borrow_mut().push(format!("{call:?}"));
        assert!(call.kind() != CrossingKind::Root || call.caller().is_none());
        Ok(Verdict::Proceed)
    }
}

/// RUN-7: a crossing shows kind, instances, function and depth.
#[test]
fn run_7_crossings_show_themselves() {
    with_task(|main, task| {
        let scribe: &'static Scribe = Box::leak(Box::new(Scribe(RefCell::default())));
        task.set_hooks(Some(Hooks::new(scribe)));
        task.start(main.export_func("run", None).expect("run"), &[Value::from_i32(5)]).expect("start");
        assert!(format!("{task:?}").starts_with("Task { phase: "));
        assert_eq!(finish(task, 6), 14);
        let expected = [
            "kind: Root, caller: None, instance: 1, func: 2, tail: false, depth: 0",
            "kind: Instance, caller: Some(1), instance: 0, func: 1, tail: false, depth: 1",
            "kind: Host, caller: Some(0), instance: 0, func: 0, tail: false, depth: 2",
            "kind: Host, caller: Some(1), instance: 1, func: 1, tail: false, depth: 1",
        ];
        let seen = scribe.0.borrow();
        assert_eq!(seen.len(), expected.len());
        for (seen, expected) in seen.iter().zip(expected) {
            assert!(seen.contains(expected), "{seen}: {expected}");
        }
    });
}
