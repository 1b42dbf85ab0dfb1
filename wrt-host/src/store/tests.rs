//! Stores: what is shared, what the host makes itself, calls from within, refusals, snapshots, lent memory.

use super::*;
use std::rc::Rc;
use wrt_core::{Completion, HostError, Limits, LoadBudget, MemoryType, Outcome, Proposals, RunBudget, ValType, Value};

fn load(text: &str) -> Arc<OwnedModule> {
    let budget = LoadBudget { proposals: Proposals::ALL, ..LoadBudget::default() };
    OwnedModule::load(wat::parse_str(text).expect("text"), &budget).expect("a module")
}

fn small() -> StoreSettings {
    StoreSettings { stack_bytes: 64 << 10, max_memory_bytes: None, heap_bytes: 1 << 20 }
}

/// Runs a function to its end.
fn call(store: &Store, func: Item, args: &[Value]) -> Result<Vec<Value>, Error> {
    let place = func.place();
    let task = store.task(place.instance)?;
    let outcome = store.start(task, place, args).and_then(|()| store.run(task, &RunBudget::default()));
    let mut results = vec![Value::ZERO; store.results(task, &mut []).unwrap_or(0)];
    let outcome = outcome.and_then(|outcome| {
        assert_eq!(outcome, Outcome::Done);
        store.results(task, &mut results)
    });
    store.release(task);
    outcome.map(|_| results)
}

fn nothing(_: &Import<'_>) -> Option<Given> {
    None
}

const OWNER: &str = r#"(module
    (memory (export "memory") 1 3)
    (table (export "table") 2 8 funcref)
    (global (export "count") (mut i32) (i32.const 5))
    (tag (export "tag") (param i32))
    (func $bump (export "bump") (param i32) (result i32)
        (global.set 0 (i32.add (global.get 0) (local.get 0))) (global.get 0))
    (elem (i32.const 0) $bump))"#;

const USER: &str = r#"(module
    (import "owner" "memory" (memory 1))
    (import "owner" "table" (table 1 funcref))
    (import "owner" "count" (global (mut i32)))
    (import "owner" "tag" (tag (param i32)))
    (import "owner" "bump" (func $bump (param i32) (result i32)))
    (export "memory" (memory 0)) (export "table" (table 0)) (export "count" (global 0))
    (export "tag" (tag 0)) (export "bump" (func $bump))
    (func (export "twice") (param i32) (result i32)
        (drop (call $bump (local.get 0))) (call $bump (local.get 0)))
    (func (export "throw") (throw 0 (i32.const 77))))"#;

fn linked(store: &Store) -> (u32, u32) {
    let owner = store.instantiate(&load(OWNER), nothing).expect("the owner");
    let user = store.instantiate(&load(USER), |import| store.export(owner, import.name).map(Given::Item));
    (owner, user.expect("the user"))
}

#[test]
fn what_is_shared_is_the_same_thing_on_both_sides() {
    let store = Store::new(small());
    let (owner, user) = linked(&store);
    for name in ["memory", "table", "count", "tag", "bump"] {
        let there = store.export(owner, name).expect(name);
        assert_eq!(store.export(user, name), Some(there), "{name}");
        assert_eq!(there.place().instance, owner);
    }
    let twice = store.export(user, "twice").expect("twice");
    assert_eq!(call(&store, twice, &[Value::from_i32(10)]).expect("a run")[0].i32(), 25);
    let count = store.export(user, "count").expect("count").place();
    assert_eq!(store.global_get(count).expect("a global").0.i32(), 25);
    store.global_set(count, Value::from_i32(1)).expect("mutable");
    let bump = store.export(owner, "bump").expect("bump");
    assert_eq!(call(&store, bump, &[Value::from_i32(1)]).expect("a run")[0].i32(), 2);
    let table = store.export(user, "table").expect("table").place();
    let element = store.table_get(table, 0).expect("an element");
    assert_eq!(store.func_of(element), Some(bump.place()));
    assert_eq!(Store::func_ref(bump.place()), element);
    assert_eq!(store.func_of(store.table_get(table, 1).expect("an element")), None);
    assert_eq!(store.exports(user).len(), 7);
}

#[test]
fn an_exception_that_nothing_catches_tells_its_tag_and_values() {
    let store = Store::new(small());
    let (owner, user) = linked(&store);
    let throw = store.export(user, "throw").expect("throw").place();
    let task = store.task(user).expect("a task");
    store.start(task, throw, &[]).expect("a start");
    let error = store.run(task, &RunBudget::default()).expect_err("it throws");
    assert_eq!(error.reason, Reason::UncaughtException);
    let exception = store.exception(task).expect("left over");
    assert_eq!(store.exception_tag(exception), store.export(owner, "tag").map(Item::place));
    assert_eq!(store.exception_values(exception).expect("values")[0].i32(), 77);
    store.release(task);
}

#[test]
fn the_hosts_own_things_are_imported_like_others() {
    let store = Store::new(small());
    let memory = store.define_memory(MemoryType::new(Limits { min: 1, max: 2 })).expect("a memory");
    let table = store.define_table(ValType::FUNCREF, Limits { min: 1, max: u64::MAX }, false).expect("a table");
    let big = Value::from_i64(i64::MIN);
    let global = store.define_global(ValType::I64, false, big).expect("a global");
    let object = Value::from_ref(41);
    let reference = store.define_global(ValType::EXTERNREF, false, object).expect("a global");
    let tag = store.define_tag(&[ValType::I32]).expect("a tag");
    let double: Closure = Box::new(|_, slots| {
        slots[0] = Value::from_i32(slots[0].i32() * 2);
        Ok(Completion::Done)
    });
    let double = store.define_func(&[ValType::I32], &[ValType::I32], double).expect("a function");
    let items = [
        ("memory", Item::Memory(memory)),
        ("table", Item::Table(table)),
        ("big", Item::Global(global)),
        ("object", Item::Global(reference)),
        ("tag", Item::Tag(tag)),
        ("double", Item::Func(double)),
    ];
    let module = load(
        r#"(module
            (import "" "memory" (memory 1 2)) (import "" "table" (table 1 funcref))
            (import "" "big" (global $big i64)) (import "" "object" (global $object externref))
            (import "" "tag" (tag (param i32))) (import "" "double" (func $double (param i32) (result i32)))
            (export "double" (func $double))
            (func (export "all") (param i32) (result i64 externref i32)
                (i32.store (i32.const 0) (call $double (local.get 0)))
                (global.get $big) (global.get $object) (i32.load (i32.const 0))))"#,
    );
    let given = |import: &Import<'_>| items.iter().find(|(name, _)| *name == import.name).map(|(_, i)| Given::Item(*i));
    let instance = store.instantiate(&module, given).expect("an instance");
    let all = store.export(instance, "all").expect("all");
    let results = call(&store, all, &[Value::from_i32(21)]).expect("a run");
    assert_eq!((results[0].i64(), results[1].ref_(), results[2].i32()), (i64::MIN, 41, 42));
    let mut bytes = [0; 4];
    store.memory_read(memory, 0, &mut bytes).expect("bytes");
    assert_eq!(bytes, 42i32.to_le_bytes());
    // A function keeps its identity through tables and exports.
    assert_eq!(store.export(instance, "double"), Some(Item::Func(double)));
    store.table_set(table, 0, Store::func_ref(double)).expect("an element");
    assert_eq!(store.func_of(store.table_get(table, 0).expect("an element")), Some(double));
    assert_eq!(store.global_set(global, big).map_err(|e| e.reason), Err(Reason::GlobalAccess));
    let odd = store.define_global(ValType::FUNCREF, false, Value::from_ref(12345));
    assert_eq!(odd.map_err(|e| e.reason), Err(Reason::GlobalAccess));
}

#[test]
fn every_type_of_global_has_its_value() {
    let store = Store::new(small());
    let values = [
        (ValType::I32, Value::from_i32(-1)),
        (ValType::I32, Value::from_i32(i32::MIN)),
        (ValType::I32, Value::from_i32(64)),
        (ValType::I64, Value::from_i64(i64::MAX)),
        (ValType::F32, Value::from_f32(f32::from_bits(0x7fa0_0001))),
        (ValType::F64, Value::from_f64(-0.0)),
        (ValType::V128, Value::from_v128(u128::MAX - 5)),
        (ValType::FUNCREF, Value::ZERO),
        (ValType::EXTERNREF, Value::from_ref(9)),
    ];
    for (ty, value) in values {
        for mutable in [false, true] {
            let global = store.define_global(ty, mutable, value).expect("a global");
            assert_eq!(store.global_get(global).expect("a global"), (value, ty), "{ty:?}");
            assert_eq!(store.global_type(global).expect("a type"), (ty, mutable));
            assert_eq!(store.global_set(global, value).is_ok(), mutable);
        }
    }
}

#[test]
fn a_host_function_may_call_back_and_make_instances() {
    let store = Rc::new(Store::new(small()));
    let inner = store.clone();
    let module = load(
        r#"(module (import "" "again" (func $again (param i32) (result i32)))
            (func (export "down") (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (i32.add (i32.const 1) (call $again (i32.sub (local.get 0) (i32.const 1)))))
                    (else (i32.const 0)))))"#,
    );
    let leaf = load(r#"(module (global (export "one") i32 (i32.const 1)))"#);
    let again: Closure = Box::new(move |_, slots| {
        inner.instantiate(&leaf, nothing).map_err(HostError::from)?;
        let down = inner.export(0, "down").ok_or(HostError::trap(0, c"not there"))?;
        slots[0] = call(&inner, down, &[slots[0]]).map_err(HostError::from)?[0];
        Ok(Completion::Done)
    });
    let mut again = Some(again);
    let instance = store.instantiate(&module, |_| again.take().map(Given::Host)).expect("an instance");
    let down = store.export(instance, "down").expect("down");
    assert_eq!(call(&store, down, &[Value::from_i32(5)]).expect("a run")[0].i32(), 5);
    assert_eq!(store.len(), 6);
    // Tasks are used again.
    let tasks = store.tasks.borrow().len();
    assert_eq!(call(&store, down, &[Value::from_i32(5)]).expect("a run")[0].i32(), 5);
    assert_eq!((tasks, store.tasks.borrow().len()), (6, 6));
    // The functions hold the store, and it them.
    store.hosts.borrow_mut().clear();
}

#[test]
fn a_refused_instance_leaves_nothing_but_what_segments_have_shared() {
    let store = Store::new(small());
    let owner = store.instantiate(&load(OWNER), nothing).expect("the owner");
    let missing = store.instantiate(&load(USER), nothing).expect_err("no imports");
    assert_eq!((missing.reason, store.len()), (Reason::UnknownImport, 1));
    let foreign = Item::Memory(Place { instance: 7, index: 0 });
    let error = store.instantiate(&load(USER), |_| Some(Given::Item(foreign))).expect_err("not of this store");
    assert_eq!((error.reason, error.detail), (Reason::UnknownIndex, 0));
    // Its first segment puts a function into the owner's table, the second does not fit.
    let half = load(
        r#"(module (import "" "table" (table 1 funcref)) (memory 1)
            (func $late (result i32) (i32.const 99)) (elem (i32.const 1) $late) (data (i32.const 65536) "x"))"#,
    );
    let error = store.instantiate(&half, |i| store.export(owner, i.name).map(Given::Item)).expect_err("no room");
    assert_eq!(error.reason, Reason::OutOfBoundsMemory);
    drop(half);
    let table = store.export(owner, "table").expect("table").place();
    let late = store.table_get(table, 1).expect("an element");
    // The numbers of those that follow are the group's.
    let user = store.instantiate(&load(USER), |i| store.export(owner, i.name).map(Given::Item)).expect("the user");
    assert_eq!((user, store.len()), (2, 3));
    assert!(store.module(1).is_none());
    let late = store.func_of(late).expect("a function");
    assert_eq!(late.instance, 1);
    let task = store.task(owner).expect("a task");
    let mut results = [Value::ZERO];
    let outcome = store.call(task, late, &[], &mut results, &RunBudget::default()).expect("a run");
    assert_eq!((outcome, results[0].i32()), (Outcome::Done, 99));
}

#[test]
fn a_stopped_call_goes_on_from_its_bytes() {
    let module = load(
        r#"(module (memory (export "memory") 1 4) (global $n (mut i32) (i32.const 0))
            (func (export "fill") (param i32) (result i32)
                (drop (memory.grow (i32.const 1)))
                (loop $more
                    (i32.store8 (i32.add (i32.const 65536) (global.get $n)) (global.get $n))
                    (global.set $n (i32.add (global.get $n) (i32.const 1)))
                    (br_if $more (i32.lt_u (global.get $n) (local.get 0))))
                (i32.load (i32.const 65540))))"#,
    );
    let store = Store::new(small());
    let instance = store.instantiate(&module, nothing).expect("an instance");
    let fill = store.export(instance, "fill").expect("fill").place();
    let task = store.task(instance).expect("a task");
    store.start(task, fill, &[Value::from_i32(200)]).expect("a start");
    let slice = RunBudget { fuel: 900, ..RunBudget::default() };
    assert_eq!(store.run(task, &slice).expect("a run"), Outcome::Fuel);
    let bytes = store.snapshot(instance, Some(task)).expect("a snapshot").to_bytes();
    let finish = |store: &Store, instance, task| {
        assert_eq!(store.run(task, &RunBudget::default()).expect("a run"), Outcome::Done);
        let mut results = [Value::ZERO];
        store.results(task, &mut results).expect("a result");
        (results[0].i32(), store.usage(task), store.state_hash(instance).expect("a hash"))
    };
    let first = finish(&store, instance, task);
    let snapshot = Snapshot::from_bytes(&bytes).expect("the same bytes");
    assert!(snapshot.has_task());
    for lent in [false, true] {
        let mut memory = vec![0xaau8; 1 << 20];
        // SAFETY: the bytes outlive the store, and nobody else uses them.
        let lent = lent.then(|| unsafe { Lent::from_raw(memory.as_mut_ptr(), memory.len(), Box::new(())) });
        let again = match lent {
            None => Store::new(small()),
            Some(lent) => Store::new_in(small(), lent.expect("memory")),
        };
        let (instance, task) = again.restore(&module, &snapshot, nothing).expect("an instance");
        assert_eq!(finish(&again, instance, task.expect("a task")), first);
        drop(again);
    }
    let other = load("(module (memory 1 4))");
    let refused = Store::new(small()).restore(&other, &snapshot, nothing).expect_err("another module");
    assert_eq!(refused.reason, Reason::BadHandle);
    for place in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 4;
        assert!(Snapshot::from_bytes(&damaged).is_err(), "byte {place}");
        assert!(Snapshot::from_bytes(&bytes[..place]).is_err(), "{place} bytes");
    }
}

#[test]
fn objects_of_the_heap_are_in_a_snapshot() {
    let module = load(
        r#"(module (type $pair (struct (field i32) (field (mut i32))))
            (global $kept (mut (ref null $pair)) (ref.null $pair))
            (func (export "keep") (param i32)
                (global.set $kept (struct.new $pair (local.get 0) (i32.const 5))))
            (func (export "sum") (result i32)
                (i32.add (struct.get $pair 0 (global.get $kept)) (struct.get $pair 1 (global.get $kept)))))"#,
    );
    let store = Store::new(small());
    let instance = store.instantiate(&module, nothing).expect("an instance");
    call(&store, store.export(instance, "keep").expect("keep"), &[Value::from_i32(37)]).expect("a run");
    let snapshot = store.snapshot(instance, None).expect("a snapshot");
    assert!(!snapshot.has_task());
    let again = Store::new(small());
    let (instance, task) = again.restore(&module, &snapshot, nothing).expect("an instance");
    assert_eq!(task, None);
    let sum = again.export(instance, "sum").expect("sum");
    assert_eq!(call(&again, sum, &[]).expect("a run")[0].i32(), 42);
    assert_eq!(again.state_hash(instance), store.state_hash(0));
    assert_eq!(again.snapshot(instance, None).map(|s| s.to_bytes()), Ok(snapshot.to_bytes()));
}

#[test]
fn a_lent_store_takes_no_other_memory_and_says_what_would_do() {
    let module = load(OWNER);
    let settings = StoreSettings { stack_bytes: 4096, max_memory_bytes: Some(65_536), heap_bytes: 4096 };
    let within = |bytes: &mut [u8]| -> Result<u64, Error> {
        // SAFETY: the bytes outlive the store, and nobody else uses them.
        let lent = unsafe { Lent::from_raw(bytes.as_mut_ptr(), bytes.len(), Box::new(())) }?;
        let store = Store::new_in(settings, lent);
        let instance = store.instantiate(&module, nothing)?;
        let bump = store.export(instance, "bump").ok_or(Reason::ExportNotFound)?;
        assert_eq!(call(&store, bump, &[Value::from_i32(1)])?[0].i32(), 6);
        let memory = store.export(instance, "memory").ok_or(Reason::ExportNotFound)?.place();
        let view = store.memory(memory)?;
        let range = view.base.addr()..view.base.addr() + view.ceiling as usize;
        assert!(bytes.as_ptr_range().start.addr() <= range.start && range.end <= bytes.as_ptr_range().end.addr());
        assert_eq!(store.memory_grow(memory, 1), None);
        Ok(store.lent_taken())
    };
    let mut bytes = vec![0x55u8; 1 << 20];
    let taken = within(&mut bytes).expect("enough") as usize;
    assert_eq!(within(&mut bytes[..taken]).expect("exactly enough") as usize, taken);
    let mut given = 0;
    // Each refusal names a size that gets further.
    loop {
        match within(&mut bytes[..given]) {
            Ok(_) => break,
            Err(error) => {
                assert_eq!(error.reason, Reason::ArenaTooSmall);
                assert!(error.need as usize > given, "{} > {given}", error.need);
                given = error.need as usize;
            }
        }
    }
    assert!(given <= taken);
}

#[test]
fn a_run_is_stopped_from_another_thread() {
    let store = Store::new(small());
    let module = load(r#"(module (func (export "spin") (loop $more (br $more))))"#);
    let instance = store.instantiate(&module, nothing).expect("an instance");
    let spin = store.export(instance, "spin").expect("spin").place();
    let task = store.task(instance).expect("a task");
    store.start(task, spin, &[]).expect("a start");
    let interrupter = store.interrupter(task).expect("an interrupter");
    let thread = std::thread::spawn(move || interrupter.interrupt());
    assert_eq!(store.run(task, &RunBudget::default()).expect("a run"), Outcome::Interrupted);
    thread.join().expect("a thread");
}

#[test]
fn a_memory_keeps_the_bytes_of_the_region_that_it_is_made_of() {
    let mut lent = vec![0x77; 1 << 20];
    // SAFETY: the bytes outlive the store, and nobody else uses them.
    let lent = unsafe { Lent::from_raw(lent.as_mut_ptr(), lent.len(), Box::new(())) }.expect("memory");
    keeps_its_bytes(&Store::new(small()));
    keeps_its_bytes(&Store::new_in(small(), lent));
}

fn keeps_its_bytes(store: &Store) {
    let mut region = MappedArena::reserve(3 << 16).expect("address space");
    region.bytes_mut()[70_000] = 42;
    let limits = Limits { min: 2, max: u64::MAX };
    let place = store.define_memory_in(MemoryType::new(limits), region).map_err(|(error, _)| error).expect("a memory");
    let mut byte = [0];
    store.memory_read(place, 70_000, &mut byte).expect("in bounds");
    assert_eq!(byte, [42]);
    assert_eq!((store.memory_grow(place, 1), store.memory_grow(place, 1)), (Some(2), None), "to the region's end");
    // One that cannot be made gives its region back.
    let wrong = MemoryType::new(Limits { min: 2, max: 1 });
    let region = MappedArena::reserve(1 << 16).expect("address space");
    let (_, back) = store.define_memory_in(wrong, region).expect_err("a maximum below the minimum");
    assert_eq!(back.map(|region| region.len()), Some(1 << 16));
    let other = store.define_memory(MemoryType::new(Limits { min: 1, max: 1 })).expect("a memory");
    assert_eq!(store.memory(other).expect("a view").len, 1 << 16, "the next one is in a region of its own");
}

#[test]
fn a_table_without_a_maximum_grows_into_what_is_reserved() {
    let store = Store::new(small());
    let limits = Limits { min: 1, max: u64::MAX };
    let table = store.define_table_reserving(ValType::EXTERNREF, limits, false, 4).expect("a table");
    assert_eq!(store.table_grow(table, 3, Value::from_ref(9)), Some(1));
    assert_eq!(store.table_grow(table, 1, Value::ZERO), None);
    let fixed = store.define_table(ValType::EXTERNREF, limits, false).expect("a table");
    assert_eq!(store.table_grow(fixed, 1, Value::ZERO), None);
}
