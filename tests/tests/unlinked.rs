//! Instances that stand alone: functions, tables and segments where no other instance takes part, and where none can.
//!
//! What is expected follows from the specification, and is the same in every build. So the same tests hold for the
//! whole engine and for one without features: `cargo test -p wrt-tests --no-default-features --test unlinked`.

use wrt_core::{
    Caller, Completion, Extern, Func, HostFunc, HostResult, Instance, InstanceConfig, Limits, MemoryType, Outcome,
    PAGE_SIZE, Reason, RunBudget, SharedMemory, Task, Value, backends,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;

fn nothing(_: &mut Caller, _: &mut [Value]) -> HostResult {
    Ok(Completion::Done)
}

/// An instance whose only import, where it has one, is given.
fn instance<'p>(pool: &'p Pool, text: &str, import: Option<Extern<'p>>) -> Result<Instance<'p>, Reason> {
    let wasm = pool.keep(encode(text));
    let module = engine::load(pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    let given = [("h", "it", import.unwrap_or(Extern::Host(HostFunc::new(&nothing))))];
    let config = InstanceConfig {
        imports: &given,
        memories: &mut [pool.arena(PAGE_SIZE)],
        zeroed: true,
        ..InstanceConfig::default()
    };
    Instance::new(&mut pool.arena(module.instance_size()), module, config).map_err(|e| e.reason)
}

fn run<'p>(pool: &'p Pool, instance: Instance<'p>) -> Vec<Result<Outcome, Reason>> {
    let run = instance.export_func("run", None).expect("run");
    let end = |&backend| {
        let task = Task::new(&mut pool.arena(1 << 12), instance).expect("a task");
        task.set_backend(backend);
        task.call(run, &[], &mut [], &RunBudget::default()).map_err(|e| e.reason)
    };
    backends().iter().map(end).collect()
}

/// CORE-1: a segment that does not fit leaves nothing behind: the arena and the memory are as they were, and an
/// instance can be made in them.
#[test]
fn core_1_a_segment_that_does_not_fit_leaves_room_for_another_instance() {
    let pool = Pool::new();
    let load = |offset| {
        let wasm = pool.keep(encode(&format!(r#"(module (memory 1) (data (i32.const {offset}) "x"))"#)));
        engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module")
    };
    let (wrong, right) = (load(65_536), load(65_535));
    let mut arena = pool.arena(wrong.instance_size().max(right.instance_size()));
    let mut memories = [pool.arena(PAGE_SIZE)];
    let mut make = |module| {
        let config = InstanceConfig { memories: &mut memories, zeroed: true, ..InstanceConfig::default() };
        Instance::new(&mut arena, module, config).map_err(|e| e.reason)
    };
    for _ in 0..3 {
        assert_eq!(make(wrong).map(|_| ()), Err(Reason::OutOfBoundsMemory));
    }
    let made = make(right).expect("the same room");
    let mut last = [0];
    made.memory_read(0, 65_535, &mut last).expect("in bounds");
    assert_eq!((last, made.id()), (*b"x", 0));
}

/// API-1: a function of an instance that is not there has no type.
#[test]
fn api_1_functions_of_other_instances_have_no_type_here() {
    let pool = Pool::new();
    let made = instance(&pool, r#"(module (func (export "f") (param i32)))"#, None).expect("an instance");
    let own = made.export_func("f", None).expect("f");
    assert!(made.func_type(own).is_some());
    for other in [own.instance + 1, u32::MAX] {
        assert!(made.func_type(Func { instance: other, ..own }).is_none(), "{other}");
        assert!(made.member(other).is_none(), "{other}");
    }
    assert!(made.func_type(Func { index: 1, ..own }).is_none());
}

/// CORE-1: functions in tables, imported ones too, are references that the embedder can read, and put into another
/// place of a table.
#[test]
fn core_1_functions_in_tables_can_be_moved_by_the_embedder() {
    let text = r#"(module (import "h" "it" (func $f)) (table (export "t") 4 funcref) (elem (i32.const 0) func $f $g)
      (func $g unreachable)
      (func (export "run") (call_indirect (i32.const 2))))"#;
    let pool = Pool::new();
    let made = instance(&pool, text, None).expect("an instance");
    let table = made.export_table("t").expect("a table");
    let [imported, own, none] = [0, 1, 2].map(|elem| made.table_get(table, elem).expect("in bounds"));
    assert!(imported != Value::ZERO && own != Value::ZERO && none == Value::ZERO && imported != own);
    assert!(run(&pool, made).iter().all(|end| *end == Err(Reason::UninitializedElement)));
    for (elem, end) in [(imported, Ok(Outcome::Done)), (own, Err(Reason::Unreachable))] {
        assert_eq!(made.table_set(table, 2, elem), Ok(()));
        assert_eq!(made.table_get(table, 2), Ok(elem));
        assert!(run(&pool, made).iter().all(|found| *found == end), "{end:?}");
    }
    let unknown = made.table_set(table, 2, Value::from_ref(own.ref_() + 100)).map_err(|e| e.reason);
    assert_eq!(unknown, Err(Reason::ReferenceUnknown));
}

/// CORE-1: a call through a table of a function of another type traps, of the same type under another index does not.
#[test]
fn core_1_calls_through_tables_look_at_the_type() {
    for (ty, end) in
        [("$a", Ok(Outcome::Done)), ("$c", Ok(Outcome::Done)), ("$b", Err(Reason::IndirectCallTypeMismatch))]
    {
        let text = format!(
            r#"(module (type $a (func)) (type $b (func (param i32))) (type $c (func))
              (table 1 funcref) (elem (i32.const 0) func $f) (func $f (type {ty}))
              (func (export "run") (call_indirect (type $a) (i32.const 0))))"#
        );
        let pool = Pool::new();
        let made = instance(&pool, &text, None).expect("an instance");
        assert!(run(&pool, made).iter().all(|found| *found == end), "{ty}");
    }
}

/// CORE-6: a choice between references needs to be told their type.
#[test]
fn core_6_a_choice_between_functions_is_no_choice_between_numbers() {
    let text = |select: &str| {
        format!(
            r#"(module (func $a (export "a")) (func $b (export "b") (param i32))
              (func ref.func $a ref.func $b i32.const 0 {select} drop))"#
        )
    };
    for (select, valid) in [("select", false), ("select (result funcref)", true), ("select (result i32)", false)] {
        let refused = engine::plan(&encode(&text(select)), &engine::load_budget(), Feed::Bytes).map(|_| ());
        let expected = if valid { Ok(()) } else { Err(Reason::TypeMismatch) };
        assert_eq!(refused.map_err(|e| e.reason), expected, "{select}");
    }
}

/// RUN-6: a memory that is shared does not stand for one that is not.
#[test]
fn run_6_a_shared_memory_is_no_other_memory() {
    let pool = Pool::new();
    let ty = MemoryType { shared: true, ..MemoryType::new(Limits { min: 1, max: 2 }) };
    let (mut header, mut region) = (pool.arena(SharedMemory::BYTES as u64), pool.arena(2 * PAGE_SIZE));
    let lent = SharedMemory::new(&mut header, &mut region, ty, false, None).expect("a memory");
    let text = r#"(module (import "h" "it" (memory 1 2)))"#;
    let refused = instance(&pool, text, Some(Extern::SharedMemory(lent))).map(|_| ());
    assert_eq!(refused, Err(Reason::IncompatibleImport));
}
