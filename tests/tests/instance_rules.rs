//! Instances at their edges: what is too large, what is passed through whole, what names nothing, what is kept.
//!
//! Expectations follow from the programs and from the specification's rules for instantiation and for references.

use std::cell::RefCell;
use wrt_core::{
    Caller, Completion, Extern, HostFunc, HostResult, Import, Imports, Instance, InstanceConfig, LoadBudget, Outcome,
    Reason, RunBudget, Task, Value, backends,
};
use wrt_tests::engine::{self, Feed, HEAP, Pool};
use wrt_tests::guests::encode;

/// An instance of a module in a group with a heap.
fn instance<'p>(pool: &'p Pool, text: &str, imports: &dyn Imports<'p>) -> Instance<'p> {
    let wasm = pool.keep(encode(text));
    let module = engine::load(pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    engine::instantiate(pool, module, wasm, imports, &[]).expect("an instance")
}

/// Calls an export in a task of its own; its first result.
fn call<'p>(instance: Instance<'p>, pool: &'p Pool, name: &str, args: &[Value]) -> Result<Value, Reason> {
    let func = instance.export_func(name, None).expect("an export");
    let task = Task::new(&mut pool.arena(1 << 14), instance).expect("a task");
    let mut results = [Value::ZERO];
    match task.call(func, args, &mut results, &RunBudget::default()) {
        Ok(outcome) => assert_eq!(outcome, Outcome::Done),
        Err(e) => return Err(e.reason),
    }
    Ok(results[0])
}

/// Resolves every import to the first export of an instance.
struct From<'p>(Instance<'p>);

impl<'p> Imports<'p> for From<'p> {
    fn resolve(&self, _: &Import<'_>) -> Option<Extern<'p>> {
        Some(Extern::Instance(self.0, 0))
    }
}

/// MEM-3: an instance that would have more bytes than its offsets reach is refused, whatever room there is, and the
/// error names what it would take.
#[test]
fn mem_3_an_instance_has_less_than_4_gib() {
    let pool = Pool::new();
    let budget = LoadBudget { max_table_elements: u32::MAX, ..LoadBudget::DEFAULT };
    for (elements, large) in [(1 << 4, false), (1 << 29, true)] {
        let wasm = pool.keep(encode(&format!("(module (table {elements} funcref))")));
        let module = engine::load(&pool, wasm, &budget, Feed::Whole).expect("a module");
        let mut arena = pool.arena(16);
        let refused =
            Instance::new(&mut arena, module, InstanceConfig::default()).map(|_| ()).expect_err("there is no room");
        let reason = if large { Reason::LimitModuleBytes } else { Reason::ArenaTooSmall };
        assert_eq!(refused.reason, reason, "{elements}");
        assert_eq!(refused.need > 1 << 32, large, "{elements}: {}", refused.need);
        assert_eq!(arena.remaining(), 16, "nothing is taken");
    }
}

/// CORE-1: an array of no elements, whatever their type, is made in a constant expression and takes its initial value
/// along; what stands before it in the expression is left alone.
#[test]
fn core_1_constant_arrays_may_be_empty() {
    for (ty, value) in [
        ("i8", "(i32.const 7)"),
        ("i64", "(i64.const 7)"),
        ("v128", "(v128.const i64x2 1 2)"),
        ("(ref null $pair)", "(ref.null $pair)"),
    ] {
        let text = format!(
            r#"(module
              (rec (type $pair (struct (field i64) (field (ref $a)))) (type $a (array {ty})))
              (global $none (ref $a) (array.new $a {value} (i32.const 0)))
              (global $pair (ref $pair) (struct.new $pair (i64.const 31) (array.new $a {value} (i32.const 0))))
              (global $two (ref $a) (array.new $a {value} (i32.const 2)))
              (func (export "none") (result i32) (array.len (global.get $none)))
              (func (export "second") (result i32) (array.len (struct.get $pair 1 (global.get $pair))))
              (func (export "first") (result i64) (struct.get $pair 0 (global.get $pair)))
              (func (export "two") (result i32) (array.len (global.get $two))))"#
        );
        let pool = Pool::new();
        let made = instance(&pool, &text, &());
        let results = ["none", "second", "first", "two"].map(|name| call(made, &pool, name, &[]).map(Value::bits));
        assert_eq!(results, [Ok(0), Ok(0), Ok(31), Ok(2)], "{ty}");
    }
}

/// CORE-1: a number from outside that looks like an `i31` but has more bits is a reference to nothing.
#[test]
fn core_1_small_numbers_as_references_have_32_bits() {
    let pool = Pool::new();
    let text = r#"(module
      (func (export "any") (param anyref) (result i32) (i31.get_s (ref.cast (ref i31) (local.get 0))))
      (func (export "i31") (param i31ref) (result i32) (i31.get_s (local.get 0))))"#;
    let made = instance(&pool, text, &());
    for name in ["any", "i31"] {
        assert_eq!(call(made, &pool, name, &[Value::from_ref(5 << 1 | 1)]).map(Value::i32), Ok(5), "{name}");
        for bits in [1 << 32 | 1, 1 << 40 | 1, (u64::MAX >> 1) | 1] {
            let refused = call(made, &pool, name, &[Value::from_ref(bits)]).map(Value::i32);
            assert_eq!(refused, Err(Reason::ReferenceUnknown), "{name}: {bits:x}");
        }
    }
}

/// RUN-5: an object that is no exception has no tag and no values; without a heap nothing has.
#[test]
fn run_5_an_object_is_no_exception() {
    let pool = Pool::new();
    let text = r#"(module (type $s (struct (field i32))) (tag $t (export "t") (param i32))
      (func (export "object") (result anyref) (struct.new $s (i32.const 4))))"#;
    let made = instance(&pool, text, &());
    let object = call(made, &pool, "object", &[]).expect("an object");
    assert_ne!(object.bits(), 0);
    let exception = made.exception(made.export_tag("t").expect("t"), &[Value::from_i32(1)]).expect("an exception");
    assert!(made.exception_tag(exception).is_some());
    let none = |instance: Instance<'_>, value| {
        assert_eq!(instance.exception_tag(value), None);
        let refused = instance.exception_values(value, &mut [Value::ZERO; 2]).map_err(|e| e.reason);
        assert_eq!(refused, Err(Reason::ReferenceUnknown));
    };
    none(made, object);
    let wasm = pool.keep(encode("(module (func (export \"f\")))"));
    let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    let bare = Instance::new(&mut pool.arena(module.instance_size()), module, InstanceConfig::default());
    let bare = bare.expect("an instance without a heap");
    none(bare, Value::from_ref(64));
    none(bare, exception);
}

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn say(caller: &mut Caller, _: &mut [Value]) -> HostResult {
    SAID.with_borrow_mut(|said| said.push(format!("{caller:?}")));
    Ok(Completion::Done)
}

fn silent(_: &mut Caller, _: &mut [Value]) -> HostResult {
    SAID.with_borrow_mut(|said| said.push("silent".into()));
    Ok(Completion::Done)
}

/// API-1: of a list of imports the one of both names is taken, in whatever order they stand, and a function of the host
/// can show who calls it.
#[test]
fn api_1_imports_are_found_by_both_names() {
    let (say, silent) = (Extern::Host(HostFunc::new(&say)), Extern::Host(HostFunc::new(&silent)));
    let text = r#"(module (import "x" "y" (func)) (import "b" "f" (func $f)) (func (export "run") (call $f)))"#;
    let pool = Pool::new();
    for list in [
        [("a", "f", silent), ("b", "g", silent), ("x", "y", silent), ("b", "f", say)],
        [("b", "f", say), ("x", "y", silent), ("b", "g", silent), ("a", "f", silent)],
    ] {
        SAID.take();
        call(instance(&pool, text, &list), &pool, "run", &[]).expect("a run");
        let said = SAID.take();
        assert!(said.len() == 1 && said[0].starts_with("Caller { func: 1"), "{said:?}");
    }
}

/// RUN-6: calls between instances hand over any number of values, also more than the short way holds.
#[test]
fn run_6_calls_between_instances_have_any_number_of_values() {
    for count in [255, 256, 300] {
        // Weighs each parameter by its place, so that one that is missing or moved is seen.
        let body: String =
            (0..count).map(|n| format!("(i64.mul (local.get {n}) (i64.const {})) i64.add ", n * 7 + 1)).collect();
        let params = "i64 ".repeat(count);
        let library = format!(r#"(module (func (export "f") (param {params}) (result i64) (i64.const 0) {body}))"#);
        let results = "i64 ".repeat(count);
        let many = format!(
            r#"(module (func (export "f") (param i64) (result {results}) {}))"#,
            (0..count).map(|n| format!("(i64.add (local.get 0) (i64.const {n})) ")).collect::<String>()
        );
        let args: Vec<Value> = (0..count).map(|n| Value::from_i64(n as i64 * n as i64 + 3)).collect();
        let constants: String = (0..count).map(|n| format!("(i64.const {}) ", n * n + 3)).collect();
        let caller = format!(
            r#"(module (import "l" "f" (func $f (param {params}) (result i64)))
              (func (export "run") (result i64) (call $f {constants})))"#
        );
        let sums: String = "i64.add ".repeat(count - 1);
        let sum = format!(
            r#"(module (import "l" "f" (func $f (param i64) (result {results})))
              (func (export "run") (result i64) (call $f (i64.const 5)) {sums}))"#
        );
        let pool = Pool::new();
        let library = instance(&pool, &library, &());
        let here = call(library, &pool, "f", &args).map(Value::i64);
        let expected: i64 = (0..count as i64).map(|n| (n * n + 3) * (n * 7 + 1)).sum();
        assert_eq!(here, Ok(expected), "{count}");
        let across = instance(&pool, &caller, &From(library));
        let many = instance(&pool, &many, &());
        let summing = instance(&pool, &sum, &From(many));
        let total: i64 = (0..count as i64).map(|n| n + 5).sum();
        for &backend in backends() {
            for (instance, expected) in [(across, expected), (summing, total)] {
                let task = Task::new(&mut pool.arena(1 << 16), instance).expect("a task");
                task.set_backend(backend);
                let mut results = [Value::ZERO];
                let run = instance.export_func("run", None).expect("run");
                let ended = task.call(run, &[], &mut results, &RunBudget::default());
                assert_eq!((ended, results[0].i64()), (Ok(Outcome::Done), expected), "{count}, {backend:?}");
            }
        }
    }
}

/// RUN-6: two instances of one module have the same types: an object and a function of the one are taken by the other.
#[test]
fn run_6_instances_of_one_module_share_their_types() {
    let text = r#"(module
      (rec (type $s (struct (field i32))) (type $f (func (param (ref null $s)) (result i32))))
      (table (export "t") 1 (ref null $f))
      (global $own (mut i32) (i32.const 0))
      (func (export "set") (param i32) (global.set $own (local.get 0)))
      (func $get (export "get") (type $f)
        (i32.add (global.get $own) (struct.get $s 0 (local.get 0))))
      (func (export "make") (param i32) (result (ref $s)) (struct.new $s (local.get 0)))
      (func (export "keep") (param (ref $f)) (table.set 0 (i32.const 0) (local.get 0)))
      (func (export "itself") (result (ref $f)) (ref.func $get))
      (func (export "through") (param anyref) (result i32)
        (call_ref $f (ref.cast (ref null $s) (local.get 0)) (table.get 0 (i32.const 0)))))"#;
    let pool = Pool::new();
    let wasm = pool.keep(encode(text));
    let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    let first = engine::instantiate(&pool, module, wasm, &(), &[]).expect("the first");
    let second = engine::instantiate(&pool, module, wasm, &(), &[first]).expect("the second");
    assert_eq!((first.id(), second.id()), (0, 1));
    let i32 = Value::from_i32;
    call(first, &pool, "set", &[i32(100)]).expect("a global");
    call(second, &pool, "set", &[i32(200)]).expect("a global");
    let of_second = call(second, &pool, "itself", &[]).expect("a function");
    call(first, &pool, "keep", &[of_second]).expect("of its type");
    let object = call(second, &pool, "make", &[i32(7)]).expect("an object");
    assert_eq!(call(first, &pool, "through", &[object]).map(Value::i32), Ok(207), "it runs in the second instance");
    assert_eq!(call(first, &pool, "get", &[object]).map(Value::i32), Ok(107));
}

/// MEM-2: a free block that is too small is passed over, and is taken by what fits into it.
#[test]
fn mem_2_free_blocks_that_are_too_small_are_passed_over() {
    let pool = Pool::new();
    let text = r#"(module (type $a (array (mut i8)))
      (global $kept (mut (ref null $a)) (ref.null $a))
      (func (export "drop") (param i32) (result anyref) (array.new_default $a (local.get 0)))
      (func (export "keep") (param i32) (result anyref)
        (global.set $kept (array.new_default $a (local.get 0))) (global.get $kept)))"#;
    let made = instance(&pool, text, &());
    let i32 = Value::from_i32;
    let make = |name, len| call(made, &pool, name, &[i32(len)]).expect("room").bits();
    let first = make("drop", 270);
    let kept = make("keep", 16);
    assert!(kept > first, "behind it");
    made.collect_garbage();
    assert!(make("drop", 450) > kept, "it does not fit before what is kept");
    assert_eq!(make("drop", 260), first, "it fits where the first one was");
    assert!(make("drop", 260) > kept, "that place is taken");
    assert!(made.heap_usage().expect("a heap").used <= HEAP);
}

/// RUN-5: what an `externref` holds is kept while it is reachable, be it an object of the heap or the host's.
#[test]
fn run_5_objects_behind_externref_are_kept() {
    let pool = Pool::new();
    let text = r#"(module (type $n (struct (field i32))) (type $box (struct (field (mut externref))))
      (global $box (ref $box) (struct.new $box (ref.null extern)))
      (func (export "fill") (param i32)
        (struct.set $box 0 (global.get $box) (extern.convert_any (struct.new $n (local.get 0)))))
      (func (export "put") (param externref) (struct.set $box 0 (global.get $box) (local.get 0)))
      (func (export "waste") (param i32) (loop
        (drop (struct.new $n (i32.const -1)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "number") (result i32)
        (struct.get $n 0 (ref.cast (ref $n) (any.convert_extern (struct.get $box 0 (global.get $box))))))
      (func (export "get") (result externref) (struct.get $box 0 (global.get $box))))"#;
    let made = instance(&pool, text, &());
    let i32 = Value::from_i32;
    let used = || {
        made.collect_garbage();
        made.heap_usage().expect("a heap").used
    };
    let empty = used();
    for n in [1, 7] {
        call(made, &pool, "fill", &[i32(n)]).expect("room");
        let full = used();
        assert!(full > empty, "it is kept");
        call(made, &pool, "waste", &[i32(50)]).expect("room");
        assert_eq!(used(), full);
        assert_eq!(call(made, &pool, "number", &[]).map(Value::i32), Ok(n));
    }
    for host in [0x1234_5670, 0x1234_5671, 96] {
        let value = Value::from_ref(host);
        call(made, &pool, "put", &[value]).expect("of the host");
        assert_eq!(used(), empty, "nothing of the heap is held by {host:x}");
        assert_eq!(call(made, &pool, "get", &[]), Ok(value));
    }
}

/// CORE-6: the text of translated code goes on behind a handler's record with what the handler does.
#[test]
fn core_6_code_with_handlers_is_text() {
    let pool = Pool::new();
    let wasm = pool.keep(encode(
        r#"(module (tag $t) (func (export "f") (param i32) (result i32)
             (block $h (try_table (catch $t $h) (if (local.get 0) (then (throw $t)))) (return (i32.const 111222333)))
             (i32.const 444555666)))"#,
    ));
    let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    let text = module.disassemble(0).expect("a function").to_string();
    let lines: Vec<&str> = text.lines().collect();
    // Each line says at which word it begins, and how many words it has: there is none between two lines.
    let mut at = 0;
    for line in &lines {
        let number: usize = line.split_whitespace().next().expect("a number").parse().expect("a number");
        assert_eq!(number, at, "{text}");
        at += 1 + line.matches('[').count();
    }
    let catch = lines.iter().position(|line| line.contains("catch")).expect("a record");
    let behind = lines[catch + 1..].join("\n");
    assert!(!behind.contains('?'), "{text}");
    for constant in [111_222_333, 444_555_666] {
        let halves = format!(" {} {}", constant & 0xffff, constant >> 16);
        assert!(behind.lines().any(|line| line.ends_with(&halves)), "{constant} in {text}");
    }
}
