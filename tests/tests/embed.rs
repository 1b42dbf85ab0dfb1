//! What an embedder relies on: where memory lies, how it grows, what host functions may do.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use wrt_core::{
    Arena, Backend, Caller, Completion, Error, Extern, HostError, HostFunc, HostResult, Import, Imports, Instance,
    InstanceConfig, LoadBudget, Module, Outcome, PAGE_SIZE, Reason, RunBudget, Status, Task, Value, backends,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;
use wrt_tests::region::Region;

const GROWER: &str = r#"(module
  (memory (export "memory") 1 8)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "put") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "get") (param i32) (result i32) (i32.load (local.get 0))))"#;

fn load<'p>(pool: &'p Pool, text: &str) -> Module<'p> {
    let wasm = pool.keep(encode(text));
    engine::load(pool, wasm, &engine::load_budget(), Feed::Whole).unwrap_or_else(|e| panic!("{e:?}"))
}

fn i32s(args: &[i32]) -> Vec<Value> {
    args.iter().map(|&v| Value::from_i32(v)).collect()
}

fn call(stack: &Region, instance: Instance<'_>, name: &str, args: &[i32]) -> Result<Option<i32>, Error> {
    let returned = engine::call(stack, instance, name, &i32s(args), Backend::Auto)?;
    Ok(returned.values.first().map(|(v, _)| v.i32()))
}

/// MEM-1: module, instance, stack and memory each lie in the region lent for them, and nothing is
/// written anywhere else; releasing all of it is lending the regions again.
#[test]
fn mem_1_every_object_lies_in_its_own_region() {
    let wasm = encode(GROWER);
    let [lent, own, stack, memory] = [1 << 16, 1 << 12, 1 << 14, 8 * PAGE_SIZE as usize].map(Region::new);
    let inside = |region: &Region, address: usize| region.bytes().as_ptr_range().contains(&(address as *const u8));
    for round in 0..3 {
        // SAFETY: what was made in the round before is dead; the regions outlive this one.
        let (mut a, mut b, mut c, d) = unsafe { (lent.arena(), own.arena(), stack.arena(), memory.arena()) };
        let module = Module::load(&mut a, &wasm, &LoadBudget::DEFAULT).expect("a module");
        assert!(inside(&lent, module.as_raw().addr()));
        let mut memories = [d];
        let config = InstanceConfig { memories: &mut memories, ..InstanceConfig::default() };
        let instance = Instance::new(&mut b, module, config).expect("an instance");
        assert!(inside(&own, instance.as_raw().addr()));
        let view = instance.memory(0).expect("memory 0");
        assert!(inside(&memory, view.base.addr()));
        assert_eq!((view.len, view.ceiling), (PAGE_SIZE, 8 * PAGE_SIZE));
        let task = Task::new(&mut c, instance).expect("a task");
        assert_eq!(c.remaining(), 0, "a task takes all that is left");
        let put = instance.export_func("put", Some("(ii)")).expect("put");
        let get = instance.export_func("get", Some("(i)i")).expect("get");
        task.call(put, &i32s(&[64, 7 + round]), &mut [], &RunBudget::default()).expect("put");
        let mut out = [Value::default()];
        assert_eq!(task.call(get, &i32s(&[64]), &mut out, &RunBudget::default()), Ok(Outcome::Done));
        assert_eq!(out.map(Value::i32), [7 + round]);
        assert_eq!(memory.bytes().get(64), Some(&(7 + round as u8)), "the guest's memory is the lent region");
        for region in [&lent, &own, &stack, &memory] {
            region.check();
        }
    }
}

/// MEM-4: the base never moves; growth to the ceiling works, past it gives -1 and changes nothing.
/// What bounds it: the declared maximum, the region, `memory_ceiling`, the run budget.
#[test]
fn mem_4_growth_ends_at_the_ceiling() {
    let pages = |n: u64| n * PAGE_SIZE;
    // Bytes lent, ceiling asked for, run bound, pages that fit.
    for (lent, ceiling, bound, fits) in [
        (pages(8), 0, u64::MAX, 8),
        (pages(20), 0, u64::MAX, 8),
        (pages(5) + 4096, 0, u64::MAX, 5),
        (pages(8), pages(3), u64::MAX, 3),
        (pages(8), 0, pages(4), 4),
        (pages(1), 0, u64::MAX, 1),
    ] {
        let pool = Pool::new();
        let module = load(&pool, GROWER);
        let mut memories = [pool.arena(lent)];
        let config = InstanceConfig { memories: &mut memories, memory_ceiling: ceiling, ..InstanceConfig::default() };
        let instance = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
        let base = instance.memory(0).expect("memory 0").base;
        let task = Task::new(&mut pool.arena(1 << 14), instance).expect("a task");
        let grow = instance.export_func("grow", Some("(i)i")).expect("grow");
        let budget = RunBudget { max_memory_bytes: bound, ..RunBudget::default() };
        let by = |n: i32| {
            let mut out = [Value::default()];
            assert_eq!(task.call(grow, &i32s(&[n]), &mut out, &budget), Ok(Outcome::Done));
            out.map(Value::i32)
        };
        for page in 1..fits {
            assert_eq!(by(1), [page], "{lent} {ceiling} {bound}");
        }
        assert_eq!(by(1), [-1], "{lent} {ceiling} {bound}");
        assert_eq!(by(i32::MAX), [-1]);
        assert_eq!(by(0), [fits]);
        let view = instance.memory(0).expect("memory 0");
        assert_eq!((view.base, view.len), (base, pages(fits as u64)));
        assert_eq!(task.usage().memory_bytes, pages(fits as u64));
    }
}

/// MEM-4: the embedder's own growth obeys the same ceiling, and new pages are zero even in a region
/// that was not.
#[test]
fn mem_4_new_pages_are_zero() {
    let pool = Pool::new();
    let module = load(&pool, GROWER);
    let mut dirty = Region::new(3 * PAGE_SIZE as usize);
    dirty.fill(0xee);
    // SAFETY: the region outlives the instance.
    let mut memories = [unsafe { dirty.arena() }];
    let config = InstanceConfig { memories: &mut memories, ..InstanceConfig::default() };
    let instance = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
    assert_eq!(instance.memory_grow(0, 2), Some(1));
    assert_eq!(instance.memory_grow(0, 1), None);
    let mut bytes = vec![1; 3 * PAGE_SIZE as usize];
    instance.memory_read(0, 0, &mut bytes).expect("all of it");
    assert!(bytes.iter().all(|b| *b == 0));
    assert_eq!(instance.memory_read(0, 1, &mut bytes).map_err(|e| e.status()), Err(Status::Bounds));
}

/// RUN-4: frames are bounded by the budget and by the bytes of the task's region, whichever ends
/// first; either end is a trap, and the task can be used again.
#[test]
fn run_4_stack_bytes_and_depth_are_bounded() {
    let text = r#"(module (func $down (export "down") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
        (else (i32.const 0)))))"#;
    let pool = Pool::new();
    let module = load(&pool, text);
    let instance = engine::instantiate(&pool, module, &encode(text), &(), &[]).expect("an instance");
    let down = instance.export_func("down", Some("(i)i")).expect("down");
    for &backend in backends() {
        let task = Task::new(&mut pool.arena(1 << 16), instance).expect("a task");
        task.set_backend(backend);
        let go = |n: i32, depth: u32| {
            let mut out = [Value::default()];
            let end =
                task.call(down, &i32s(&[n]), &mut out, &RunBudget { max_call_depth: depth, ..RunBudget::default() });
            task.reset();
            end.map(|_| out.map(Value::i32)).map_err(|e| e.reason)
        };
        // `down(n)` has n + 1 frames.
        assert_eq!(go(99, 100), Ok([99]), "{backend:?}");
        assert_eq!(go(100, 100), Err(Reason::StackExhausted), "{backend:?}");
        assert_eq!(go(99, 100), Ok([99]), "{backend:?}: the task can be used again");
        let deepest =
            (0..16).rev().fold(0, |n, bit| if go(n + (1 << bit), u32::MAX).is_ok() { n + (1 << bit) } else { n });
        assert!((500..16_000).contains(&deepest), "{deepest} frames in 64 KB");
        assert_eq!(go(deepest + 1, u32::MAX), Err(Reason::StackExhausted), "{backend:?}");
    }
}

/// The host of the tests below: remembers what it was asked.
#[derive(Default)]
struct Seen {
    calls: Cell<u32>,
    last: Cell<i64>,
}

struct One<'a>(HostFunc<'a>);
impl<'a> Imports<'a> for One<'a> {
    fn resolve(&self, import: &Import<'_>) -> Option<Extern<'a>> {
        (import.module == "host" && import.name == "f").then_some(Extern::Host(self.0))
    }
}

const CALLER: &str = r#"(module
  (import "host" "f" (func $f (param i32 i64) (result i64)))
  (memory (export "memory") 1 1)
  (func (export "run") (param i32 i64) (result i64)
    (i64.add (call $f (local.get 0) (local.get 1)) (i64.const 1))))"#;

/// An instance of the module above with this function as its import.
fn with_host<'p>(pool: &'p Pool, func: HostFunc<'p>) -> Result<Instance<'p>, Error> {
    let wasm = pool.keep(encode(CALLER));
    let module = engine::load(pool, wasm, &LoadBudget::DEFAULT, Feed::Whole).expect("a module");
    engine::instantiate(pool, module, wasm, &One(func), &[])
}

/// MEM-1: a task whose last slot is the frame's last one calls the host, without arguments and results: the slot where
/// those would lie is the first behind the region, which cannot be read.
#[test]
fn mem_1_nothing_behind_a_task_is_read() {
    let text = r#"(module (import "host" "f" (func $f))
      (func (export "run") (param i32) (call $f)))"#;
    let at_once = |_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Done) };
    let later = |_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Pending) };
    let pool = Pool::new();
    let wasm = pool.keep(encode(text));
    let plan = engine::plan(wasm, &engine::load_budget(), Feed::Whole).expect("a plan");
    let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    // The header, the record of the frame, its parameter and its own header.
    assert_eq!(plan.stack_min, 192 + 16 + 16, "the frame ends where the region does");
    for (func, pending) in [(HostFunc::new(&at_once), false), (HostFunc::new(&later), true)] {
        let instance = engine::instantiate(&pool, module, wasm, &One(func), &[]).expect("an instance");
        for &backend in backends() {
            let task = Task::new(&mut pool.arena(plan.stack_min), instance).expect("a task");
            task.set_backend(backend);
            let run = instance.export_func("run", None).expect("run");
            task.start(run, &i32s(&[5])).expect("the call");
            if pending {
                assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Pending));
                task.complete(0, &[]).expect("the host answers");
            }
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
        }
    }
}

/// MEM-1: constant addresses stand where other operations name a slot, which must not be read as one: it would lie behind
/// the region.
#[test]
fn mem_1_constant_addresses_are_no_slots() {
    let pool = Pool::new();
    for at in (256..8_000).step_by(512) {
        let text = format!(
            "(module (memory 1) (func (export \"run\") (result i32)
               (i32.store (i32.const {at}) (i32.const 7)) (i64.store (i32.const {at}) (i64.load (i32.const {at})))
               (i32.load (i32.const {at}))))"
        );
        let wasm = pool.keep(encode(&text));
        let plan = engine::plan(wasm, &engine::load_budget(), Feed::Whole).expect("a plan");
        let module = engine::load(&pool, wasm, &engine::load_budget(), Feed::Whole).expect("a module");
        let instance = engine::instantiate(
            &pool,
            module,
            wasm,
            &One(HostFunc::new(&|_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Done) })),
            &[],
        )
        .expect("an instance");
        for &backend in backends() {
            let task = Task::new(&mut pool.arena(plan.stack_min), instance).expect("a task");
            task.set_backend(backend);
            task.start(instance.export_func("run", None).expect("run"), &[]).expect("the call");
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
            let mut result = [Value::ZERO];
            task.results(&mut result).expect("a result");
            assert_eq!(result[0].i32(), 7);
        }
    }
}

/// RUN-6: a host function is checked against the type of the import when it declares its own.
#[test]
fn run_6_host_functions_are_checked_against_the_import() {
    let f = |_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Done) };
    for (sig, expected) in [
        (Some("(iI)I"), None),
        (None, None),
        (Some("(iI)"), Some(Reason::IncompatibleImport)),
        (Some("(II)I"), Some(Reason::IncompatibleImport)),
        (Some("(iI)II"), Some(Reason::IncompatibleImport)),
        (Some("iI"), Some(Reason::BadSignature)),
        (Some("(x)"), Some(Reason::BadSignature)),
    ] {
        let func = sig.map_or(HostFunc::new(&f), |sig| HostFunc::new(&f).with_sig(sig));
        let pool = Pool::new();
        assert_eq!(with_host(&pool, func).map(|_| ()).err().map(|e| e.reason), expected, "{sig:?}");
    }
}

/// RUN-6: user data arrives, memory is reached through checked calls alone, traps carry the host's
/// own words, exits their code.
#[test]
fn run_6_host_functions_read_write_trap_and_exit() {
    let seen = Seen::default();
    let f = |caller: &mut Caller, slots: &mut [Value]| -> HostResult {
        seen.calls.set(seen.calls.get() + 1);
        let (what, n) = (slots[0].i32(), slots[1].i64());
        seen.last.set(n);
        match what {
            0 => slots[0] = Value::from_i64(n * 2),
            1 => {
                caller.write(n as u64, b"host")?;
                let mut back = [0; 4];
                caller.read(n as u64, &mut back)?;
                slots[0] = Value::from_i64(i64::from(u32::from_le_bytes(back)));
            }
            2 => return Err(HostError::trap(n as u64, c"the host is not pleased")),
            _ => return Err(HostError::exit(n as u32)),
        }
        Ok(Completion::Done)
    };
    let pool = Pool::new();
    let instance = with_host(&pool, HostFunc::new(&f).with_sig("(iI)I")).expect("an instance");
    let stack = Region::new(engine::STACK);
    let run = |what: i32, n: i64| {
        let args = [Value::from_i32(what), Value::from_i64(n)];
        engine::call(&stack, instance, "run", &args, Backend::Auto).map(|r| r.values.first().map(|v| v.0.i64()))
    };
    assert_eq!(run(0, 21), Ok(Some(43)));
    assert_eq!(run(1, 65_532), Ok(Some(i64::from(u32::from_le_bytes(*b"host")) + 1)));
    let before = instance.state_hash();
    let error = run(1, 65_533).expect_err("an access past the memory");
    assert_eq!(error.status(), Status::Trap, "{error:?}");
    assert_eq!(before, instance.state_hash(), "nothing of it was written");
    let error = run(2, 77).expect_err("a trap");
    assert_eq!((error.reason, error.detail, error.message), (Reason::HostTrap, 77, c"the host is not pleased"));
    let error = run(3, 5).expect_err("an exit");
    assert_eq!((error.status(), error.detail), (Status::Exit, 5));
    assert_eq!((seen.calls.get(), seen.last.get()), (5, 5));
}

/// RUN-6: a pending call parks the task; the embedder completes it with results or with a trap.
#[test]
fn run_6_pending_calls_are_completed_later() {
    let f = |_: &mut Caller, _: &mut [Value]| -> HostResult { Ok(Completion::Pending) };
    let pool = Pool::new();
    let instance = with_host(&pool, HostFunc::new(&f)).expect("an instance");
    let mut stack: Arena<'_> = pool.arena(1 << 14);
    let task = Task::new(&mut stack, instance).expect("a task");
    let run = instance.export_func("run", None).expect("run");
    let budget = RunBudget::default();
    for answer in [Ok(5), Err(())] {
        task.start(run, &[Value::from_i32(0), Value::from_i64(3)]).expect("a start");
        assert_eq!(task.complete(0, &[Value::default()]).map_err(|e| e.reason), Err(Reason::NotPending));
        assert_eq!(task.run(&budget), Ok(Outcome::Pending));
        let pending = task.pending().expect("a pending call");
        assert_eq!(pending.import, 0);
        assert_eq!(task.run(&budget), Ok(Outcome::Pending), "it stays pending until it is completed");
        match answer {
            Ok(n) => {
                assert_eq!(task.complete(0, &[]).map_err(|e| e.reason), Err(Reason::ArgumentCount));
                task.complete(0, &[Value::from_i64(n)]).expect("a completion");
                assert_eq!(task.run(&budget), Ok(Outcome::Done));
                let mut out = [Value::default()];
                assert_eq!(task.results(&mut out), Ok(1));
                assert_eq!(out.map(Value::i64), [n + 1]);
            }
            Err(()) => {
                task.complete(Status::Trap as i32, &[]).expect("a completion");
                let error = task.run(&budget).expect_err("a trap");
                assert_eq!(error.reason, Reason::HostTrap);
            }
        }
        task.reset();
    }
}

/// RUN-3: an interrupt from another thread ends a program that would never end.
#[test]
fn run_3_another_thread_interrupts() {
    let text = r#"(module (import "host" "f" (func $f)) (func (export "spin") (loop $l (call $f) (br $l))))"#;
    let running = AtomicBool::new(false);
    let f = |_: &mut Caller, _: &mut [Value]| -> HostResult {
        running.store(true, Ordering::Release);
        Ok(Completion::Done)
    };
    let pool = Pool::new();
    let made = engine::instantiate(&pool, load(&pool, text), &encode(text), &One(HostFunc::new(&f)), &[]);
    let instance = made.expect("an instance");
    for &backend in backends() {
        let task = Task::new(&mut pool.arena(1 << 14), instance).expect("a task");
        task.set_backend(backend);
        task.start(instance.export_func("spin", Some("()")).expect("spin"), &[]).expect("a start");
        running.store(false, Ordering::Release);
        let handle = task.interrupt_handle();
        let running = &running;
        std::thread::scope(|scope| {
            // The other thread waits until the guest is seen to run.
            scope.spawn(move || {
                while !running.load(Ordering::Acquire) {
                    std::thread::yield_now();
                }
                handle.interrupt();
            });
            assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Interrupted), "{backend:?}");
        });
        // The request is spent: the next run ends by its fuel.
        assert_eq!(task.run(&RunBudget { fuel: 1_000, ..RunBudget::default() }), Ok(Outcome::Fuel), "{backend:?}");
    }
}

/// RUN-2: what may be called when: states of a task are errors by name, and change nothing.
#[test]
fn run_2_calls_in_the_wrong_state_are_refused() {
    let pool = Pool::new();
    let stack = Region::new(engine::STACK);
    let instance = engine::instantiate(&pool, load(&pool, GROWER), &encode(GROWER), &(), &[]).expect("an instance");
    let task = Task::new(&mut pool.arena(1 << 14), instance).expect("a task");
    let get = instance.export_func("get", None).expect("get");
    let reason = |e: Error| e.reason;
    assert_eq!(task.run(&RunBudget::default()).map_err(reason), Err(Reason::NotRunnable));
    assert_eq!(task.start(get, &[]).map_err(reason), Err(Reason::ArgumentCount));
    assert_eq!(task.start(get, &i32s(&[1, 2])).map_err(reason), Err(Reason::ArgumentCount));
    task.start(get, &i32s(&[0])).expect("a start");
    assert_eq!(task.start(get, &i32s(&[0])).map_err(reason), Err(Reason::AlreadyRunning));
    assert_eq!(task.results(&mut []).map_err(reason), Err(Reason::NotFinished));
    assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
    assert_eq!(task.results(&mut []), Ok(1), "the number of results, whatever there is room for");
    assert_eq!(instance.export_func("nothing", None).map_err(reason), Err(Reason::ExportNotFound));
    assert_eq!(instance.export_func("memory", None).map_err(reason), Err(Reason::ExportKind));
    assert_eq!(instance.export_func("get", Some("(i)")).map_err(reason), Err(Reason::SignatureMismatch));
    assert_eq!(instance.export_func("get", Some("nonsense")).map_err(reason), Err(Reason::BadSignature));
    assert_eq!(call(&stack, instance, "put", &[65_533, 1]).map_err(reason), Err(Reason::OutOfBoundsMemory));
    assert_eq!(call(&stack, instance, "get", &[65_532]), Ok(Some(0)));
}
