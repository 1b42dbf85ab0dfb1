//! Exceptions as the embedder meets them: thrown by the guest, by the host, through both, and left
//! over.

use wrt_core::{
    Arena, Backend, Block, Caller, Completion, Error, Extern, HostFunc, HostResult, Import, Imports, Instance,
    InstanceConfig, LoadBudget, Module, Outcome, Proposals, Reason, RunBudget, Status, Tag, Task, Value, backends,
};
use wrt_tests::engine::{self, Feed, Pool};
use wrt_tests::guests::encode;
use wrt_tests::region::Region;

const STACK: u64 = 1 << 16;

/// Gives one host function for every import.
struct One<'h>(HostFunc<'h>);

impl<'h> Imports<'h> for One<'h> {
    fn resolve(&self, _: &Import<'_>) -> Option<Extern<'h>> {
        Some(Extern::Host(self.0))
    }
}

fn load<'p>(pool: &'p Pool, text: &str) -> Module<'p> {
    let wasm = pool.keep(encode(text));
    engine::load(pool, wasm, &engine::load_budget(), Feed::Whole).unwrap_or_else(|e| panic!("{e:?}"))
}

fn instantiate<'p>(pool: &'p Pool, text: &str, imports: &dyn Imports<'p>) -> Instance<'p> {
    engine::instantiate(pool, load(pool, text), &encode(text), imports, &[]).unwrap_or_else(|e| panic!("{e:?}"))
}

fn start<'p>(pool: &'p Pool, instance: Instance<'p>, name: &str, args: &[i32], backend: Backend) -> Task<'p> {
    let task = Task::new(&mut pool.arena(STACK), instance).expect("a task");
    task.set_backend(backend);
    let args: Vec<Value> = args.iter().map(|&v| Value::from_i32(v)).collect();
    task.start(instance.export_func(name, None).expect("an export"), &args).expect("a start");
    task
}

fn result(task: Task<'_>) -> i32 {
    let mut out = [Value::ZERO];
    assert_eq!(task.results(&mut out), Ok(1));
    out[0].i32()
}

/// What an uncaught exception carries, as the task tells it.
fn left_over(task: Task<'_>) -> (Tag, Vec<u64>) {
    let instance = task.instance();
    let exception = task.exception().expect("an exception");
    let tag = instance.exception_tag(exception).expect("a tag");
    let mut values = vec![Value::ZERO; instance.tag_type(tag).expect("its type").params.len()];
    assert_eq!(instance.exception_values(exception, &mut values), Ok(values.len()));
    (tag, values.into_iter().map(Value::bits).collect())
}

const THROWER: &str = r#"(module
  (tag $a (export "a") (param i32 f64 i64 f32))
  (tag $b (export "b"))
  (func $throw (param i32)
    (throw $a (local.get 0) (f64.const 1.5) (i64.const -7) (f32.const 2.5)))
  (func (export "run") (param i32) (result i32)
    (block $b
      (try_table (catch $b $b)
        (if (i32.eqz (local.get 0)) (then (throw $b)))
        (call $throw (local.get 0))))
    (i32.const 42)))"#;

/// RUN-5: an exception that nothing catches ends the run; what it carries can be read, and the
/// backtrace leads from the throw to the entry.
#[test]
fn run_5_an_uncaught_exception_is_left_over() {
    let pool = Pool::new();
    let instance = instantiate(&pool, THROWER, &());
    for &backend in backends() {
        let task = start(&pool, instance, "run", &[9], backend);
        let error = task.run(&RunBudget::default()).expect_err("an exception");
        assert_eq!((error.reason, error.status(), error.func), (Reason::UncaughtException, Status::Trap, 0));
        let expected = vec![9, 1.5f64.to_bits(), -7i64 as u64, u64::from(2.5f32.to_bits())];
        assert_eq!(left_over(task), (instance.export_tag("a").expect("a"), expected));
        let mut frames = [wrt_core::Frame::default(); 4];
        assert_eq!(task.backtrace(&mut frames), 2);
        assert_eq!((frames[0].module_offset, frames[0].func, frames[1].func), (error.offset, 0, 1));
        // Another call of the same task knows nothing of it.
        task.start(instance.export_func("run", None).expect("run"), &[Value::from_i32(0)]).expect("a start");
        assert_eq!(task.exception(), None);
        assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
        assert_eq!((result(task), task.exception()), (42, None));
    }
}

/// What is no exception is taken for none, and what does not fit a tag makes none.
#[test]
fn values_that_are_no_exceptions_are_refused() {
    let pool = Pool::new();
    let instance = instantiate(&pool, THROWER, &());
    let (a, b) = (instance.export_tag("a").expect("a"), instance.export_tag("b").expect("b"));
    let values = [Value::from_i32(1), Value::from_f64(2.0), Value::from_i64(3), Value::from_f32(4.0)];
    assert_eq!(instance.export_tag("run").map_err(|e| e.reason), Err(Reason::ExportKind));
    assert_eq!(instance.export_tag("c").map_err(|e| e.reason), Err(Reason::ExportNotFound));
    let made = |tag, values: &[Value]| instance.exception(tag, values).map_err(|e| e.reason);
    assert_eq!(made(a, &values[..3]), Err(Reason::ArgumentCount));
    assert_eq!(made(Tag { index: 2, ..a }, &[]), Err(Reason::UnknownIndex));
    assert_eq!(made(Tag { instance: 7, ..a }, &[]), Err(Reason::UnknownIndex));
    let exceptions = [made(a, &values).expect("an exception"), made(b, &[]).expect("an exception")];
    assert_eq!(exceptions.map(|e| instance.exception_tag(e)), [Some(a), Some(b)]);
    for number in (0..engine::HEAP + 64).chain([1 << 31, 1 << 32, u64::MAX]) {
        let value = Value::from_ref(number);
        if !exceptions.contains(&value) {
            assert_eq!(instance.exception_tag(value), None, "{number}");
        }
    }
    let mut out = [Value::ZERO; 2];
    assert_eq!(instance.exception_values(exceptions[0], &mut out), Ok(4));
    assert_eq!(out, values[..2]);
}

/// RUN-6: an exception crosses the host in both directions: out of a nested run, through the host
/// function that made it, into a handler of the outer guest. Fuel is spent by each run alone.
#[test]
fn run_6_exceptions_pass_through_the_host() {
    let text = r#"(module
      (tag $tag (export "tag") (param i32))
      (tag $other)
      (import "host" "again" (func $again (param i32) (result i32)))
      (func $down (export "run") (param $n i32) (result i32)
        (if (i32.eqz (local.get $n)) (then (throw $tag (i32.const 1))))
        (block $caught (result i32)
          (block $other
            (try_table (result i32) (catch $other $other) (catch $tag $caught)
              (call $again (i32.sub (local.get $n) (i32.const 1))))
            (return))
          (unreachable))
        ;; Every other level lets the exception go on, with one more.
        (i32.add (i32.const 1))
        (if (param i32) (result i32) (i32.and (local.get $n) (i32.const 1))
          (then (throw $tag) )
          (else (i32.mul (i32.const 100))))))"#;
    for &backend in backends() {
        let again = |caller: &mut Caller, slots: &mut [Value]| -> HostResult {
            let mut blocks = vec![Block::ZERO; 1 << 10];
            let instance = caller.instance();
            let nested = Task::new(&mut Arena::new(&mut blocks), instance)?;
            nested.set_backend(backend);
            nested.start(instance.export_func("run", None)?, &slots[..1])?;
            match nested.run(&RunBudget::default()) {
                Ok(outcome) => {
                    assert_eq!(outcome, Outcome::Done);
                    nested.results(slots)?;
                    Ok(Completion::Done)
                }
                Err(error) => match nested.exception() {
                    Some(exception) => {
                        assert_eq!(error.reason, Reason::UncaughtException);
                        Err(caller.throw(exception))
                    }
                    None => Err(error.into()),
                },
            }
        };
        let pool = Pool::new();
        let instance = instantiate(&pool, text, &One(HostFunc::new(&again)));
        let mut seen = Vec::new();
        for n in 0..6 {
            let task = start(&pool, instance, "run", &[n], backend);
            seen.push(match task.run(&RunBudget::default()) {
                Ok(_) => Ok(result(task)),
                Err(e) => Err((e.reason, left_over(task).1)),
            });
        }
        // Level 0 throws 1; odd levels throw one more; even ones return a hundred times what they caught.
        let thrown = |n| Err((Reason::UncaughtException, vec![n]));
        assert_eq!(seen, [thrown(1), thrown(2), Ok(300), Ok(300), Ok(300), Ok(300)]);
    }
}

/// A host function that throws what is no exception, or nothing, traps; one that notes an exception and
/// then succeeds has thrown none.
#[test]
fn hosts_throw_exceptions_or_trap() {
    let text = r#"(module
      (tag $tag (export "tag") (param i32))
      (import "host" "f" (func $f (param i32) (result i32)))
      (func (export "run") (param i32) (result i32)
        (block $tag (result i32)
          (try_table (result i32) (catch $tag $tag) (call $f (local.get 0)))
          (return))
        (i32.add (i32.const 1000)))
      (func (export "tail") (param i32) (result i32)
        (block $tag (result i32)
          (try_table (result i32) (catch $tag $tag) (return_call $f (local.get 0))))))"#;
    let f = |caller: &mut Caller, slots: &mut [Value]| -> HostResult {
        let instance = caller.instance();
        let exception = instance.exception(instance.export_tag("tag")?, &[slots[0]])?;
        match slots[0].i32() {
            0 => Err(caller.throw(Value::ZERO)),
            1 => Err(caller.throw(Value::from_ref(exception.ref_() + 4))),
            2 => {
                caller.throw(exception);
                Ok(Completion::Done)
            }
            3 => Err(caller.throw(exception)),
            _ => Ok(Completion::Pending),
        }
    };
    for &backend in backends() {
        let pool = Pool::new();
        let instance = instantiate(&pool, text, &One(HostFunc::new(&f)));
        let run = |name: &str, arg: i32| {
            let task = start(&pool, instance, name, &[arg], backend);
            let mut outcome = task.run(&RunBudget::default());
            if outcome == Ok(Outcome::Pending) {
                assert_eq!(
                    task.complete_with_exception(Value::ZERO).map_err(|e| e.reason),
                    Err(Reason::ReferenceUnknown)
                );
                let tag = instance.export_tag("tag").expect("a tag");
                task.complete_with_exception(instance.exception(tag, &[Value::from_i32(arg)]).expect("room"))
                    .expect("a completion");
                outcome = task.run(&RunBudget::default());
            }
            let again = task.complete_with_exception(Value::ZERO).map_err(|e| e.reason);
            assert_eq!(again, Err(Reason::NotPending));
            outcome.map(|_| result(task)).map_err(|e: Error| e.reason)
        };
        for name in ["run", "tail"] {
            assert_eq!(
                [run(name, 0), run(name, 1), run(name, 2)],
                [Err(Reason::HostTrap), Err(Reason::HostTrap), Ok(2)]
            );
        }
        assert_eq!([run("run", 3), run("run", 4)], [Ok(1003), Ok(1004)]);
        // The frame of a tail call is gone, and its handlers with it.
        assert_eq!([run("tail", 3), run("tail", 4)], [Err(Reason::UncaughtException); 2]);
        // Started by itself, without a frame of the guest.
        let task = Task::new(&mut pool.arena(STACK), instance).expect("a task");
        task.start(wrt_core::Func { instance: instance.id(), index: 0 }, &[Value::from_i32(3)]).expect("a start");
        assert_eq!(task.run(&RunBudget::default()).map_err(|e| e.reason), Err(Reason::UncaughtException));
        assert_eq!(left_over(task).1, [3]);
    }
}

/// MEM-2: exceptions take room in the heap region alone; without one there are no tags, and with one
/// that is full the guest traps.
#[test]
fn mem_2_exceptions_lie_in_the_heap_region() {
    let text = r#"(module
      (tag $link (param exnref))
      (tag $end)
      (func (export "run") (param $n i32) (result i32)
        (local $held exnref)
        (loop $more
          (block $caught (result exnref)
            (try_table (catch_all_ref $caught)
              (throw $link (local.get $held)))
            (unreachable))
          (local.set $held)
          (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.const 1)))"#;
    let pool = Pool::new();
    let module = load(&pool, text);
    let new = |heap: Option<Arena<'_>>| {
        let config = InstanceConfig { heap, ..InstanceConfig::default() };
        // SAFETY: nothing that is made outlives the pool.
        let mut own = pool.arena(module.instance_size());
        Instance::new(&mut own, module, config).map(|_| own.remaining()).map_err(|e| (e.reason, own.remaining()))
    };
    let whole = module.instance_size() as usize;
    assert_eq!(new(None), Err((Reason::HeapRegion, whole)));
    assert_eq!(new(Some(pool.arena(0))), Err((Reason::HeapRegion, whole)));
    assert_eq!(new(Some(pool.arena(1 << 12))), Ok(0));
    for &backend in backends() {
        let instance = instantiate(&pool, text, &());
        // Each one holds the one before, so that none can go.
        let task = start(&pool, instance, "run", &[1000], backend);
        assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
        let task = start(&pool, instance, "run", &[i32::MAX], backend);
        let error = task.run(&RunBudget::default()).expect_err("a full heap");
        assert_eq!((error.reason, error.status()), (Reason::HeapExhausted, Status::Trap));
    }
}

/// Vectors take two slots, in exceptions as elsewhere: thrown by the guest and by the host, caught in both
/// forms, among other values.
#[test]
fn exceptions_carry_vectors() {
    let text = r#"(module
      (tag $t (export "tag") (param i32 v128 i64 v128))
      (import "host" "f" (func $host))
      (func $throw (param i32)
        (if (i32.eqz (local.get 0)) (then (call $host)))
        (throw $t (i32.const 1) (v128.const i32x4 2 3 4 5) (i64.const 6) (v128.const i32x4 7 8 9 10)))
      (func $sum (param i32 v128 i64 v128) (result i32)
        (i32.add (i32.add (local.get 0) (i32x4.extract_lane 0 (local.get 1))) (i32.add (i32x4.extract_lane 3 (local.get 1))
          (i32.add (i32.wrap_i64 (local.get 2)) (i32.mul (i32x4.extract_lane 0 (local.get 3)) (i32x4.extract_lane 3 (local.get 3)))))))
      (func (export "run") (param i32) (result i32)
        (v128.const i32x4 100 200 300 400)
        (block $t (result i32 v128 i64 v128 exnref)
          (try_table (catch_ref $t $t) (call $throw (local.get 0)))
          (unreachable))
        (drop)
        (call $sum)
        (local.set 0)
        (i32.add (i32x4.extract_lane 1) (local.get 0)))
      (func (export "legacy") (param i32) (result i32)
        (v128.const i32x4 100 200 300 400)
        try (result v128)
          (call $throw (local.get 0))
          (unreachable)
        catch $t
          (local.set 0 (call $sum))
          (v128.const i32x4 1000 2000 3000 4000)
        end
        (i32x4.add)
        (i32.add (i32x4.extract_lane 1) (local.get 0))))"#;
    let wasm = encode(text);
    let f = |caller: &mut Caller, _: &mut [Value]| -> HostResult {
        let instance = caller.instance();
        let lanes = |a: u128, b: u128| Value::from_v128(a | b << 96);
        let values = [Value::from_i32(1), lanes(2, 5), Value::from_i64(6), lanes(7, 10)];
        let exception = instance.exception(instance.export_tag("tag")?, &values)?;
        let mut read = [Value::ZERO; 4];
        assert_eq!(instance.exception_values(exception, &mut read), Ok(4));
        assert_eq!(read, values);
        Err(caller.throw(exception))
    };
    let budget = LoadBudget { proposals: Proposals::ALL, ..LoadBudget::DEFAULT };
    for &backend in backends() {
        let pool = Pool::new();
        let module = engine::load(&pool, &wasm, &budget, Feed::Bytes).expect("a module");
        let instance = engine::instantiate(&pool, module, &wasm, &One(HostFunc::new(&f)), &[]).expect("an instance");
        for (name, expected) in [("run", 284), ("legacy", 2284)] {
            for arg in [0, 1] {
                let task = start(&pool, instance, name, &[arg], backend);
                assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
                assert_eq!(result(task), expected, "{name} {arg} {backend:?}");
            }
        }
    }
}

/// Exceptions that nobody holds make room for others: a program that throws without end runs in the
/// smallest heap that its own exceptions fit, and computes the same. What is held while it is thrown,
/// caught, parked or left over stays.
#[test]
fn exceptions_are_collected() {
    let text = r#"(module
      (tag $one (export "tag") (param i32))
      (tag $boxed (param i32 exnref))
      (import "host" "f" (func $host (param i32) (result i32)))
      (func $fill (param $n i32)
        (block $out
          (loop $more
            (br_if $out (i32.eqz (local.get $n)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (block $caught (result i32)
              (try_table (catch $one $caught) (throw $one (local.get $n)))
              (unreachable))
            (drop)
            (br $more))))
      ;; Adds up what the exceptions in an exception carry.
      (func $open (param $e exnref) (result i32)
        (local $sum i32)
        (loop $next
          (block $one (result i32)
            (block $boxed (result i32 exnref)
              (try_table (catch $boxed $boxed) (catch $one $one) (throw_ref (local.get $e)))
              (unreachable))
            (local.set $e)
            (local.set $sum (i32.add (local.get $sum)))
            (br $next))
          (local.set $sum (i32.add (local.get $sum))))
        (local.get $sum))
      (func $down (param $n i32) (result i32)
        (local $held exnref) (local $below i32)
        (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
        (block $caught (result i32 exnref exnref)
          (try_table (catch_ref $boxed $caught)
            (throw $boxed (i32.const 1000)
              (block $inner (result exnref)
                (try_table (catch_all_ref $inner) (throw $one (i32.mul (local.get $n) (i32.const 7))))
                (unreachable))))
          (unreachable))
        (local.set $held)
        (call $fill (i32.const 40))
        ;; The exception in the exception, from the stack.
        (i32.add (call $open))
        (block $kept (result i32 exnref)
          (try_table (catch $boxed $kept)
            (local.set $below (call $down (i32.sub (local.get $n) (i32.const 1))))
            (call $fill (i32.const 40))
            (throw_ref (local.get $held)))
          (unreachable))
        (call $open)
        (i32.add) (i32.add) (i32.add (local.get $below))
        (i32.add (call $open (local.get $held))))
      (func (export "run") (param $n i32) (result i32)
        (local $sum i32)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (call $down (i32.and (local.get $n) (i32.const 7)))))
          (block $caught (result i32)
            (try_table (result i32) (catch $one $caught) (call $host (local.get $n))))
          (local.set $sum (i32.add (local.get $sum)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum)))"#;
    let wasm = encode(text);
    let f = |caller: &mut Caller, slots: &mut [Value]| -> HostResult {
        let instance = caller.instance();
        let exception = instance.exception(instance.export_tag("tag")?, &[slots[0]])?;
        Err(caller.throw(exception))
    };
    let budget = LoadBudget { proposals: Proposals::ALL, ..LoadBudget::DEFAULT };
    for &backend in backends() {
        let mut results = Vec::new();
        // Slices stop it wherever it can be stopped; another task allocates there.
        for (heap, slice) in [(1u64 << 22, u64::MAX), (3 << 10, u64::MAX), (3 << 10, 3), (3 << 10, 17)] {
            let pool = Pool::new();
            let module = engine::load(&pool, &wasm, &budget, Feed::Whole).expect("a module");
            let bound = One(HostFunc::new(&f));
            let config = InstanceConfig { imports: &bound, heap: Some(pool.arena(heap)), ..InstanceConfig::default() };
            let instance = Instance::new(&mut pool.arena(module.instance_size()), module, config).expect("an instance");
            let task = start(&pool, instance, "run", &[60], backend);
            let tag = instance.export_tag("tag").expect("a tag");
            loop {
                match task.run(&RunBudget { fuel: slice, ..RunBudget::default() }).expect("no trap") {
                    Outcome::Done => break,
                    outcome => assert_eq!(outcome, Outcome::Fuel),
                }
                instance.exception(tag, &[Value::from_i32(0)]).expect("room");
            }
            results.push(result(task));
        }
        assert!(results.iter().all(|r| *r == results[0]), "{results:?}");
    }
}

/// An exception that unwinds as many frames as there may be leaves nothing behind: depth, stack and fuel
/// are as if each frame had returned.
#[test]
fn deep_stacks_are_unwound() {
    let text = r#"(module
      (tag $t (param i32))
      (func $down (param $n i32) (result i32)
        (if (i32.eqz (local.get $n)) (then (throw $t (i32.const 5))))
        (i32.add (call $down (i32.sub (local.get $n) (i32.const 1))) (i32.const 1)))
      (func (export "run") (param $n i32) (result i32)
        (local $i i32) (local $sum i32)
        (loop $again
          (block $t (result i32)
            (try_table (result i32) (catch $t $t) (call $down (local.get $n)))
            (return))
          (local.set $sum (i32.add (local.get $sum)))
          (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20))))
        (local.get $sum)))"#;
    let pool = Pool::new();
    let instance = instantiate(&pool, text, &());
    for &backend in backends() {
        let task = Task::new(&mut pool.arena(8 << 20), instance).expect("a task");
        task.set_backend(backend);
        let run = instance.export_func("run", None).expect("run");
        let budget = RunBudget { max_call_depth: 100_000, ..RunBudget::default() };
        task.start(run, &[Value::from_i32(99_997)]).expect("a start");
        assert_eq!(task.run(&budget), Ok(Outcome::Done));
        assert_eq!((result(task), task.usage().call_depth_peak), (100, 99_999));
    }
}

/// CORE-6: what is not in the table of proposals at hand is refused by name.
#[test]
fn core_6_forms_are_switched_apart() {
    let modern = encode("(module (tag) (func try_table end))");
    let legacy = encode("(module (tag) (func try catch 0 end))");
    let exnref = encode("(module (func (param exnref)))");
    let mut blocks = vec![Block::ZERO; 1 << 12];
    let mut check = |wasm: &[u8], proposals| {
        let budget = LoadBudget { proposals, ..LoadBudget::DEFAULT };
        Module::validate(wasm, &budget, &mut Arena::new(&mut blocks)).map_err(|e| (e.reason, e.detail))
    };
    let off = |p: Proposals| Err((Reason::ProposalOff, u64::from(p.0)));
    let both = Proposals::WASM_3.with(Proposals::LEGACY_EXCEPTIONS);
    let neither = Proposals::WASM_3.without(Proposals::EXCEPTION_HANDLING);
    assert_eq!([check(&modern, Proposals::WASM_3), check(&modern, both)], [Ok(()), Ok(())]);
    assert_eq!(check(&legacy, Proposals::WASM_3), off(Proposals::LEGACY_EXCEPTIONS));
    assert_eq!(check(&legacy, both), Ok(()));
    for wasm in [&modern, &legacy, &exnref] {
        assert_eq!(check(wasm, neither), off(Proposals::EXCEPTION_HANDLING));
    }
}

/// An instance that was moved, its heap with it, throws and catches what it held before.
#[test]
fn exceptions_move_with_their_instance() {
    let text = r#"(module
      (tag $t (param i64 i32))
      (tag $u (param i32))
      (global $held (mut exnref) (ref.null exn))
      (func (export "hold") (param i32) (result i32)
        (block $ref (result exnref)
          (try_table (catch_all_ref $ref) (throw $t (i64.const 1000) (local.get 0)))
          (unreachable))
        (global.set $held)
        (i32.const 0))
      (func (export "again") (param i32) (result i32)
        (block $u (result i32)
          (block $t (result i64 i32)
            (try_table (catch $u $u) (catch $t $t) (throw_ref (global.get $held)))
            (unreachable))
          (local.set 0 (i32.add (local.get 0)))
          (i32.wrap_i64)
          (i32.add (local.get 0)))))"#;
    let wasm = encode(text);
    let pool = Pool::new();
    let module = engine::load(&pool, &wasm, &engine::load_budget(), Feed::Whole).expect("a module");
    let size = module.instance_size() as usize;
    let (mut own, mut heap) = (Region::new(size), Region::new(1 << 12));
    let call = |instance: Instance<'_>, name: &str, arg: i32, backend| {
        let stack = Region::new(STACK as usize);
        engine::call(&stack, instance, name, &[Value::from_i32(arg)], backend).map(|r| r.values[0].0.i32())
    };
    // SAFETY: an instance is used only until the next one is made of its bytes.
    let mut old = unsafe {
        let config = InstanceConfig { heap: Some(heap.arena()), ..InstanceConfig::default() };
        Instance::new(&mut own.arena(), module, config).expect("an instance")
    };
    for (round, &backend) in backends().iter().cycle().take(4).enumerate() {
        let round = round as i32;
        assert_eq!(call(old, "hold", round, backend), Ok(0));
        let hash = old.state_hash();
        let (next, next_heap) = (Region::new(size), Region::new(1 << 12));
        // SAFETY: both pairs are of the same sizes.
        unsafe {
            next.arena().base().copy_from(own.arena().base(), size);
            next_heap.arena().base().copy_from(heap.arena().base(), 1 << 12);
        }
        own.fill(0xcc);
        heap.fill(0xcc);
        (own, heap) = (next, next_heap);
        // SAFETY: the region holds a copy of the instance's bytes, the heap's one of its heap.
        old = unsafe {
            let config = InstanceConfig { heap: Some(heap.arena()), ..InstanceConfig::default() };
            Instance::relocate(own.arena().base(), module, config).expect("the same instance")
        };
        assert_eq!(old.state_hash(), hash);
        assert_eq!(call(old, "again", 7, backend), Ok(1007 + round));
    }
}
