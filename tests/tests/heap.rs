//! The heap as the embedder governs it: when it is collected, what that costs at most, what is left.
//!
//! Expectations follow from the programs (what they keep, what they drop) and from the region's size.

use wrt_core::{
    Collection, Instance, InstanceConfig, LoadBudget, Module, Outcome, Reason, Reference, RunBudget, Task, ValType,
    Value,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;
use wrt_tests::region::Region;

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

/// MEM-2: bytes that are not those of a heap, or not all of them, do not become one: what the first words say is compared
/// with what is lent before it is followed.
#[test]
fn mem_2_a_heap_that_is_no_heap_is_not_gone_on_with() {
    let wasm = encode(GUEST);
    let [lent, own, mut other, heap, mut copy, stack] =
        [1 << 16, 1 << 12, 1 << 12, HEAP as usize, HEAP as usize, 1 << 12].map(Region::new);
    // SAFETY: each region is lent once, but those of the copies, whose instances are dropped before the next is made.
    let (mut a, mut b, c, mut d) = unsafe { (lent.arena(), own.arena(), heap.arena(), stack.arena()) };
    let module = Module::load(&mut a, &wasm, &LoadBudget::DEFAULT).expect("a module");
    let config = InstanceConfig { heap: Some(c), ..InstanceConfig::default() };
    let instance = Instance::new(&mut b, module, config).expect("an instance");
    let task = Task::new(&mut d, instance).expect("a task");
    call(task, instance, "push", &[Value::from_i32(50)]).expect("room");
    let size = module.instance_size() as usize;
    // The instance at the front of `own`, and the heap, of which `word` is another and so many bytes are there.
    let mut moved = |word: Option<(usize, u32)>, bytes: usize| {
        other.put(&own.bytes()[..size]);
        copy.put(heap.bytes());
        if let Some((at, word)) = word {
            let mut damaged = heap.bytes()[..64].to_vec();
            damaged[at..at + 4].copy_from_slice(&word.to_le_bytes());
            copy.put(&damaged);
        }
        // SAFETY: as above; the heap's own bytes are as they were, but for the word that is looked at first.
        let made = unsafe {
            let config = InstanceConfig { heap: Some(copy.arena_of(bytes)), ..InstanceConfig::default() };
            Instance::relocate(other.arena().base(), module, config)
        };
        made.map(|instance| instance.state_hash()).map_err(|e| (e.reason, e.need))
    };
    let hash = instance.state_hash();
    assert_eq!(moved(None, HEAP as usize), Ok(hash));
    let least = moved(None, 0).expect_err("no heap").1;
    assert!(least > 0 && least < HEAP);
    for bytes in [0, 16, least as usize - 16] {
        assert_eq!(moved(None, bytes), Err((Reason::HeapRegion, least)), "{bytes} bytes");
    }
    for bytes in [least as usize, HEAP as usize - 16] {
        assert_eq!(moved(None, bytes), Err((Reason::HeapRegion, HEAP)), "{bytes} bytes");
    }
    // What it is, how large it is, and up to where it is in use.
    for (at, word, need) in [
        (0, 0, least),
        (0, u32::MAX, least),
        (4, u32::MAX, u64::from(u32::MAX)),
        (4, 0, 0),
        (8, u32::MAX, HEAP),
        (8, HEAP as u32 + 16, HEAP),
        (8, 0, HEAP),
        (8, least as u32 - 16, HEAP),
    ] {
        assert_eq!(moved(Some((at, word)), HEAP as usize), Err((Reason::HeapRegion, need)), "{word} at {at}");
    }
    assert_eq!(moved(None, HEAP as usize), Ok(hash), "nothing was written");
}

/// CORE-7: a constant expression takes one vector off its operands, whatever the array's length.
#[test]
fn core_7_constant_arrays_of_vectors() {
    for len in [0, 1, 3] {
        let pool = Pool::new();
        let text = format!(
            "(module (type $a (array v128)) (global $g (ref $a) (array.new $a (v128.const i64x2 1 2) (i32.const {len})))
               (func (export \"len\") (result i32) (array.len (global.get $g))))"
        );
        let wasm = pool.keep(encode(&text));
        let module = engine::load(&pool, wasm, &LoadBudget::DEFAULT, Feed::Whole).expect("a module");
        let config = InstanceConfig { heap: Some(pool.arena(HEAP)), ..InstanceConfig::default() };
        let instance = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
        let task = Task::new(&mut pool.arena(1 << 12), instance).expect("a task");
        assert_eq!(call(task, instance, "len", &[]), Ok(Value::from_i32(len)));
    }
}
