//! What a collection finds wherever an object may be held when it happens: by nobody but a call that was started, waits
//! or has just returned, by an exception's values, by a table.
//!
//! An object that is kept reads as it was made; [`kept`] collects, and fills what is free, before it looks.

use wrt_core::{
    Caller, Collection, Completion, Crossing, Extern, Hooks, HostError, HostFunc, HostResult, Instance, InstanceConfig,
    Interceptor, Outcome, Reason, Reference, RunBudget, Task, ValType, Value, backends,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

/// Bytes of the heap.
const HEAP: u64 = 4 << 10;

/// Makes and reads objects, and fills the heap with others that nothing keeps.
const OBJECTS: &str = r#"
  (type $s (struct (field i32)))
  (func (export "make") (param i32) (result anyref) (struct.new $s (local.get 0)))
  (func $read (export "read") (param anyref) (result i32) (struct.get $s 0 (ref.cast (ref $s) (local.get 0))))
  (func (export "fill") (param i32)
    (loop $again
      (drop (struct.new $s (i32.const -1)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))"#;

/// A function of the host, for as long as the tests run.
fn host<'p, F: Fn(&mut Caller, &mut [Value]) -> HostResult + 'static>(f: F) -> Extern<'p> {
    Extern::Host(HostFunc::new(Box::leak(Box::new(f))))
}

/// An instance of this module with this one import, and a heap.
fn made<'p>(pool: &'p Pool, fields: &str, import: Extern<'p>) -> Instance<'p> {
    let wasm = pool.keep(encode(&format!("(module {fields})")));
    let module = engine::load(pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    let imports = [("h", "f", import)];
    let config = InstanceConfig { imports: &imports, heap: Some(pool.arena(HEAP)), ..InstanceConfig::default() };
    Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance")
}

fn pending(_: &mut Caller, _: &mut [Value]) -> HostResult {
    Ok(Completion::Pending)
}

/// A task of the instance.
fn task<'p>(pool: &'p Pool, instance: Instance<'p>) -> Task<'p> {
    Task::new(&mut pool.arena(1 << 12), instance).expect("a task")
}

/// Calls an export in a task of its own; its result.
fn call(pool: &Pool, instance: Instance<'_>, name: &str, args: &[Value]) -> Result<Value, Reason> {
    let mut out = [Value::ZERO];
    let func = instance.export_func(name, None).expect("an export");
    // SAFETY: handles of one group, dropped with this call; the pool outlives them.
    let done = task(pool, unsafe { Instance::from_raw(instance.as_raw()) }.expect("the instance"))
        .call(func, args, &mut out, &RunBudget::default())
        .map_err(|e| e.reason)?;
    assert_eq!(done, Outcome::Done);
    Ok(out[0])
}

/// What stands in the object behind `reference` after a collection, when all that is free was written over: -1 where
/// the object was not kept.
fn kept(pool: &Pool, instance: Instance<'_>, reference: Value) -> Result<Value, Reason> {
    instance.collect_garbage();
    instance.set_collection(Collection::Forbidden);
    let full = call(pool, instance, "fill", &[Value::from_i32(i32::MAX)]);
    assert_eq!(full, Err(Reason::HeapExhausted));
    instance.set_collection(Collection::Automatic);
    call(pool, instance, "read", &[reference])
}

/// API-1: a number is no reference, and where there is no heap there is nothing to be governed.
#[test]
fn api_1_what_no_heap_holds() {
    let pool = Pool::new();
    let wasm = pool.keep(encode("(module (func (export \"f\")))"));
    let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    let instance =
        Instance::new(&mut pool.arena(module.instance_size()), module, InstanceConfig::default()).expect("an instance");
    assert_eq!(instance.heap_usage(), None);
    instance.set_collection(Collection::Always);
    assert_eq!((instance.heap_usage(), instance.collect_garbage()), (None, 0));
    assert_eq!(call(&pool, instance, "f", &[]), Ok(Value::ZERO));
    let heaped = made(&pool, OBJECTS, host(pending));
    for value in [Value::ZERO, Value::from_i32(1)] {
        let no = heaped.reference(value, ValType::I32).expect_err("a number");
        assert_eq!(no.reason, Reason::ReferenceUnknown);
    }
    assert_eq!(heaped.reference(Value::ZERO, ValType::ANYREF), Ok(Reference::Null));
}

/// CORE-1: an array that is made of more bytes than the heap has is a trap, wherever its values come from.
#[test]
fn core_1_an_array_of_data_needs_room() {
    let pool = Pool::new();
    let text = format!(
        r#"{OBJECTS} (type $a (array i8)) (data $d "{}")
           (func (export "init") (param i32) (result i32)
             (array.len (array.new_data $a $d (i32.const 0) (local.get 0))))"#,
        "x".repeat(8 << 10)
    );
    let instance = made(&pool, &text, host(pending));
    assert_eq!(call(&pool, instance, "init", &[Value::from_i32(8 << 10)]), Err(Reason::HeapExhausted));
    assert_eq!(call(&pool, instance, "init", &[Value::from_i32(1 << 10)]), Ok(Value::from_i32(1 << 10)));
    let outside = call(&pool, instance, "init", &[Value::from_i32((8 << 10) + 1)]);
    assert_eq!(outside, Err(Reason::OutOfBoundsMemory));
}

/// CORE-1: the items of an element segment are kept until it is dropped, and those of a table until it is written over.
#[test]
fn core_1_segments_and_tables_keep_their_items() {
    let pool = Pool::new();
    let text = format!(
        r#"{OBJECTS}
      (table $t 2 anyref)
      (elem (table $t) (i32.const 0) anyref (item (ref.i31 (i32.const 1))) (item (struct.new $s (i32.const 17))))
      (elem $p anyref (item (struct.new $s (i32.const 18))))
      (func (export "at") (param i32) (result anyref) (table.get $t (local.get 0)))
      (func (export "clear") (table.set $t (i32.const 1) (ref.null any)))
      (func (export "init") (table.init $t $p (i32.const 1) (i32.const 0) (i32.const 1)))
      (func (export "drop") (elem.drop $p))"#
    );
    let instance = made(&pool, &text, host(pending));
    instance.collect_garbage();
    let full = instance.heap_usage().expect("a heap").used;
    let one = call(&pool, instance, "at", &[Value::from_i32(0)]).expect("an item");
    assert_eq!(instance.reference(one, ValType::ANYREF), Ok(Reference::I31(1)));
    let in_table = call(&pool, instance, "at", &[Value::from_i32(1)]).expect("an item");
    assert_eq!(kept(&pool, instance, in_table), Ok(Value::from_i32(17)));
    call(&pool, instance, "clear", &[]).expect("done");
    instance.collect_garbage();
    let less = instance.heap_usage().expect("a heap").used;
    assert!(less < full, "{less} of {full} are used when the table holds nothing");
    call(&pool, instance, "init", &[]).expect("done");
    let in_segment = call(&pool, instance, "at", &[Value::from_i32(1)]).expect("an item");
    assert_eq!(kept(&pool, instance, in_segment), Ok(Value::from_i32(18)));
    call(&pool, instance, "clear", &[]).expect("done");
    call(&pool, instance, "drop", &[]).expect("done");
    instance.collect_garbage();
    assert!(instance.heap_usage().expect("a heap").used < less, "the segment is gone");
}

/// RUN-6: the arguments of a function of the host that the embedder starts are kept until it has them.
#[test]
fn run_6_arguments_for_the_host_are_kept() {
    let pool = Pool::new();
    let text = format!(r#"(import "h" "f" (func $f (param anyref i64 anyref))) {OBJECTS} (export "f" (func $f))"#);
    let see = |caller: &mut Caller, slots: &mut [Value]| -> HostResult {
        for k in [0, 2] {
            assert_eq!(caller.instance().reference(slots[k], ValType::ANYREF), Ok(Reference::Struct));
        }
        Err(HostError::trap(slots[1].bits(), c"seen"))
    };
    let instance = made(&pool, &text, host(see));
    let make = |n| call(&pool, instance, "make", &[Value::from_i32(n)]).expect("an object");
    let [first, second] = [5, 6].map(make);
    let task = task(&pool, instance);
    let f = instance.export_func("f", None).expect("f");
    task.start(f, &[first, Value::from_i64(77), second]).expect("start");
    for (object, number) in [(first, 5), (second, 6)] {
        assert_eq!(kept(&pool, instance, object), Ok(Value::from_i32(number)));
    }
    let error = task.run(&RunBudget::default()).expect_err("a trap");
    assert_eq!((error.reason, error.detail), (Reason::HostTrap, 77));
}

/// RUN-6: a task that was to run a start function, of which there is none, holds nothing.
#[test]
fn run_6_an_instance_without_a_start_function_has_started() {
    let pool = Pool::new();
    let instance = made(&pool, OBJECTS, host(pending));
    let empty = instance.heap_usage().expect("a heap").used;
    call(&pool, instance, "make", &[Value::from_i32(1)]).expect("an object");
    let task = task(&pool, instance);
    task.start_instance().expect("nothing to be done");
    instance.collect_garbage();
    assert_eq!(instance.heap_usage().expect("a heap").used, empty);
    assert_eq!(task.backtrace(&mut []), 0);
    assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
    assert_eq!(task.results(&mut []), Ok(0));
}

/// What is returned by the host in each of these ways is what its caller returns.
const RETURNS: &str = r#"(import "h" "f" (func $f (result anyref)))
  (func (export "call") (result anyref) (call $f))
  (func (export "tail") (result anyref) (return_call $f))
  (func $tails (result anyref) (return_call $f))
  (func (export "inner") (result anyref) (call $tails))
  (export "root" (func $f))"#;

/// RUN-6: what the embedder answers a call with is kept until the guest has it, in a frame that is there or gone.
#[test]
fn run_6_answers_are_kept() {
    for &backend in backends() {
        for name in ["call", "tail", "inner", "root"] {
            let pool = Pool::new();
            let instance = made(&pool, &format!("{RETURNS} {OBJECTS}"), host(pending));
            let object = call(&pool, instance, "make", &[Value::from_i32(23)]).expect("an object");
            let task = task(&pool, instance);
            task.set_backend(backend);
            task.start(instance.export_func(name, None).expect(name), &[]).expect("start");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
            task.complete(0, &[object]).expect("it waits");
            assert_eq!(kept(&pool, instance, object), Ok(Value::from_i32(23)), "{name}");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
            let mut out = [Value::ZERO];
            assert_eq!((task.results(&mut out), out[0].ref_()), (Ok(1), object.ref_()), "{name}");
            assert_eq!(kept(&pool, instance, out[0]), Ok(Value::from_i32(-1)), "{name}: nobody holds it any more");
        }
    }
}

/// Collects behind each call, and lets go of everything else.
struct Collects;
impl Interceptor for Collects {
    fn after(&self, call: &Crossing, slots: &mut [Value]) -> Result<(), HostError> {
        if let Some(caller) = call.caller() {
            let before = caller.heap_usage().expect("a heap").used;
            caller.collect_garbage();
            let used = caller.heap_usage().expect("a heap").used;
            assert!(used < before, "the other object is gone: {used} of {before}");
            assert_eq!(caller.reference(slots[0], ValType::ANYREF), Ok(Reference::Struct));
        }
        Ok(())
    }
}
static COLLECTS: Collects = Collects;

/// RUN-7: an interceptor that collects behind a call leaves what the call has returned.
#[test]
fn run_7_results_are_kept_from_an_interceptor() {
    for &backend in backends() {
        for name in ["call", "tail", "inner"] {
            let pool = Pool::new();
            let text = format!(
                r#"{RETURNS} {OBJECTS}
                (global $g (export "g") (mut anyref) (ref.null any))
                (func (export "keep") (param anyref) (global.set $g (local.get 0)))"#
            );
            // Gives away what the guest's global holds.
            let give = |caller: &mut Caller, slots: &mut [Value]| -> HostResult {
                let instance = caller.instance();
                let g = instance.export_global("g")?;
                slots[0] = instance.global_get(g)?.0;
                instance.global_set(g, Value::ZERO)?;
                Ok(Completion::Done)
            };
            let instance = made(&pool, &text, host(give));
            call(&pool, instance, "make", &[Value::from_i32(1)]).expect("an object");
            let object = call(&pool, instance, "make", &[Value::from_i32(31)]).expect("an object");
            call(&pool, instance, "keep", &[object]).expect("done");
            let task = task(&pool, instance);
            task.set_backend(backend);
            task.set_hooks(Some(Hooks::new(&COLLECTS)));
            let mut out = [Value::ZERO];
            let func = instance.export_func(name, None).expect(name);
            assert_eq!(task.call(func, &[], &mut out, &RunBudget::default()), Ok(Outcome::Done), "{name}");
            assert_eq!(call(&pool, instance, "read", &out), Ok(Value::from_i32(31)), "{name}");
        }
    }
}

/// A tag with a reference, and a guest that catches what the host throws, or does not.
const THROWN: &str = r#"(import "h" "f" (func $f))
  (tag $t (export "t") (param i32 anyref))
  (func (export "catch") (result i32) (local $n i32) (local $o anyref)
    (block $caught (result i32 anyref)
      (try_table (catch $t $caught) (call $f))
      (return (i32.const -1)))
    (local.set $o) (local.set $n)
    (i32.add (local.get $n) (call $read (local.get $o))))"#;

/// CORE-1: the values of an exception that the embedder makes are kept while it is made, however often the heap is
/// collected; and where nobody may collect, there is room or there is not.
#[test]
fn core_1_values_of_an_exception_are_kept() {
    let pool = Pool::new();
    let instance = made(&pool, &format!("{THROWN} {OBJECTS}"), host(pending));
    let tag = instance.export_tag("t").expect("a tag");
    let object = call(&pool, instance, "make", &[Value::from_i32(41)]).expect("an object");
    instance.set_collection(Collection::Always);
    let before = instance.heap_usage().expect("a heap").collections;
    let exception = instance.exception(tag, &[Value::from_i32(1), object]).expect("room");
    assert_eq!(instance.heap_usage().expect("a heap").collections, before + 1);
    let mut values = [Value::ZERO; 2];
    assert_eq!(instance.exception_values(exception, &mut values), Ok(2));
    assert_eq!((values[0].i32(), values[1].ref_()), (1, object.ref_()));
    instance.set_collection(Collection::Forbidden);
    assert_eq!(call(&pool, instance, "read", &values[1..]), Ok(Value::from_i32(41)));
    let mut made = 0;
    let full = loop {
        match instance.exception(tag, &[Value::from_i32(2), Value::ZERO]) {
            Ok(_) => made += 1,
            Err(e) => break e.reason,
        }
        assert!(made < HEAP, "the heap has no end");
    };
    assert_eq!((full, instance.heap_usage().expect("a heap").collections), (Reason::HeapRegion, before + 1));
    instance.set_collection(Collection::Automatic);
    instance.exception(tag, &[Value::from_i32(3), Value::ZERO]).expect("nobody holds the others");
}

/// RUN-6: a call that waits may be answered by an exception, which is kept with its values until the guest catches it.
#[test]
fn run_6_an_answer_may_be_an_exception() {
    for &backend in backends() {
        let pool = Pool::new();
        let instance = made(&pool, &format!("{THROWN} {OBJECTS}"), host(pending));
        let object = call(&pool, instance, "make", &[Value::from_i32(41)]).expect("an object");
        let task = task(&pool, instance);
        task.set_backend(backend);
        task.start(instance.export_func("catch", None).expect("catch"), &[]).expect("start");
        assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
        let none = task.complete_with_exception(object).expect_err("a struct is no exception");
        assert_eq!(none.reason, Reason::ReferenceUnknown);
        let tag = instance.export_tag("t").expect("a tag");
        let exception = instance.exception(tag, &[Value::from_i32(100), object]).expect("room");
        task.complete_with_exception(exception).expect("it waits");
        assert_eq!(kept(&pool, instance, object), Ok(Value::from_i32(41)));
        let mut out = [Value::ZERO];
        assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
        assert_eq!((task.results(&mut out), out[0].i32()), (Ok(1), 141));
    }
}
