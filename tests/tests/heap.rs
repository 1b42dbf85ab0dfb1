//! The heap as the embedder governs it: when it is collected, what that costs at most, what is left.
//!
//! Expectations follow from the programs (what they keep, what they drop) and from the region's size.

use wrt_core::{
    Collection, Instance, InstanceConfig, LoadBudget, Outcome, Reason, Reference, RunBudget, Task, ValType, Value,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

/// A list that grows, is dropped, and is counted; arrays of references; one object that stays.
const GUEST: &str = r#"(module
  (type $node (struct (field i32) (field (ref null $node))))
  (type $row (array (mut (ref null $node))))
  (global $list (mut (ref null $node)) (ref.null $node))
  (global $row (mut (ref null $row)) (ref.null $row))
  (func (export "push") (param $n i32)
    (loop $again
      (global.set $list (struct.new $node (local.get $n) (global.get $list)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "row") (param $n i32) (global.set $row (array.new $row (global.get $list) (local.get $n))))
  (func (export "drop") (global.set $list (ref.null $node)) (global.set $row (ref.null $row)))
  (func (export "count") (result i32)
    (local $n i32) (local $at (ref null $node))
    (local.set $at (global.get $list))
    (block $end (loop $again
      (local.set $at (struct.get $node 1 (br_on_null $end (local.get $at))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br $again)))
    (local.get $n))
  (func (export "list") (result anyref) (global.get $list)))"#;

/// Bytes of the heap.
const HEAP: u64 = 64 << 10;
/// Bytes of a node: two words of the block, a number, a reference.
const NODE: u64 = 24;

/// Calls an export; a trap's reason where it ends so.
fn call(task: Task<'_>, instance: Instance<'_>, name: &str, args: &[Value]) -> Result<Value, Reason> {
    let func = instance.export_func(name, None).expect("an export");
    let mut results = [Value::ZERO];
    match task.call(func, args, &mut results, &RunBudget::default()) {
        Ok(outcome) => assert_eq!(outcome, Outcome::Done),
        Err(e) => return Err(e.reason),
    }
    Ok(results[0])
}

/// Runs `f` with an instance whose heap has [`HEAP`] bytes, and a task.
fn with_guest(f: impl FnOnce(Instance<'_>, Task<'_>)) {
    let pool = Pool::new();
    let wasm = pool.keep(encode(GUEST));
    let module = engine::load(&pool, wasm, &LoadBudget::DEFAULT, Feed::Whole).expect("a module");
    let config = InstanceConfig { heap: Some(pool.arena(HEAP)), ..InstanceConfig::default() };
    let instance = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
    let task = Task::new(&mut pool.arena(1 << 12), instance).expect("a task");
    f(instance, task);
}

/// MEM-2, RUN-1: whatever the heap holds, a collection costs no more than a quarter of its bytes and its roots; it
/// keeps what is reachable, frees the rest, and says so.
#[test]
fn run_1_a_collection_is_bounded_by_the_region() {
    with_guest(|instance, task| {
        let roots = 16;
        let bound = HEAP / 4 + roots;
        let empty = instance.heap_usage().expect("a heap");
        let i32 = Value::from_i32;
        let most = ((HEAP - empty.used) / NODE) as i32;
        for (nodes, row) in [(0, 0), (1, 0), (most / 2, most / 4), (most - 100, 0), (10, most * 2)] {
            if nodes > 0 {
                call(task, instance, "push", &[i32(nodes)]).expect("room");
            }
            if row > 0 {
                call(task, instance, "row", &[i32(row)]).expect("room");
            }
            let full = instance.heap_usage().expect("a heap");
            let fuel = instance.collect_garbage();
            assert!(fuel <= bound, "{nodes} nodes, a row of {row}: {fuel} units, at most {bound}");
            assert!(fuel >= nodes as u64, "each of {nodes} nodes is looked at for {fuel} units");
            let kept = instance.heap_usage().expect("a heap");
            assert_eq!((kept.used, kept.collections), (full.used, full.collections + 1), "all is reachable");
            assert_eq!(call(task, instance, "count", &[]).map(Value::i32), Ok(nodes));
            call(task, instance, "drop", &[]).expect("the end");
            assert!(instance.collect_garbage() <= bound);
            assert_eq!(instance.heap_usage().expect("a heap").used, empty.used, "nothing is reachable");
        }
    });
}

/// MEM-5: an embedder that forbids collections decides itself when they happen.
#[test]
fn mem_5_the_embedder_decides_when_to_collect() {
    with_guest(|instance, task| {
        instance.set_collection(Collection::Forbidden);
        let most = Value::from_i32((HEAP / NODE) as i32);
        assert_eq!(call(task, instance, "push", &[most]), Err(Reason::HeapExhausted));
        let kept = call(task, instance, "count", &[]).expect("a number").i32();
        assert!(kept > 1000, "{kept} nodes were made before there was no room");
        call(task, instance, "drop", &[]).expect("the end");
        assert_eq!(
            call(task, instance, "push", &[Value::from_i32(10)]),
            Err(Reason::HeapExhausted),
            "nobody collected"
        );
        assert_eq!(instance.heap_usage().expect("a heap").collections, 0);
        assert!(instance.collect_garbage() > 0);
        assert_eq!(call(task, instance, "push", &[Value::from_i32(10)]), Ok(Value::ZERO));
        let list = call(task, instance, "list", &[]).expect("a reference");
        assert_eq!(instance.reference(list, ValType::ANYREF), Ok(Reference::Struct));
        // Left to itself, the same program never runs out of what it dropped.
        instance.set_collection(Collection::Automatic);
        for _ in 0..50 {
            call(task, instance, "drop", &[]).expect("the end");
            assert_eq!(call(task, instance, "push", &[Value::from_i32(kept / 2)]), Ok(Value::ZERO));
        }
        assert!(instance.heap_usage().expect("a heap").collections > 10);
    });
}
