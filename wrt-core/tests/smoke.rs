//! The thinnest path through every room: text to module to instance to task to result.

use wrt_core::*;

const FIB: &str = r#"(module
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (memory 1)
  (func (export "sum") (param i32) (result i64) (local i32 i64)
    (block (loop
      (br_if 1 (i32.ge_u (local.get 1) (local.get 0)))
      (i64.store (i32.shl (local.get 1) (i32.const 3)) (i64.extend_i32_u (local.get 1)))
      (local.set 2 (i64.add (local.get 2) (i64.load (i32.shl (local.get 1) (i32.const 3)))))
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br 0)))
    (local.get 2))
)"#;

#[test]
fn calls_and_loops() {
    let wasm = wat::parse_str(FIB).unwrap();
    for &backend in backends() {
        let mut code = vec![Block::ZERO; 4096];
        let mut stack = vec![Block::ZERO; 1024];
        let mut ram = vec![Block::ZERO; 4096];
        let mut arena = Arena::new(&mut code);
        let module = Module::load(&mut arena, &wasm, &LoadBudget::DEFAULT).unwrap();
        let mut memories = [Arena::new(&mut ram)];
        let config = InstanceConfig { memories: &mut memories, ..Default::default() };
        let instance = Instance::new(&mut arena, module, config).unwrap();
        let task = Task::new(&mut Arena::new(&mut stack), instance).unwrap();
        task.set_backend(backend);
        let mut results = [Value::ZERO];
        let fib = instance.export_func("fib", Some("(i)i")).unwrap();
        let done = task.call(fib, &[Value::from_i32(20)], &mut results, &RunBudget::default()).unwrap();
        assert_eq!((done, results[0].i32()), (Outcome::Done, 6765));
        println!("{backend:?} {:?}", task.usage());
        let sum = instance.export_func("sum", Some("(i)I")).unwrap();
        task.start(sum, &[Value::from_i32(1000)]).unwrap();
        let mut runs = 0;
        while task.run(&RunBudget { fuel: 100, ..Default::default() }).unwrap() != Outcome::Done {
            runs += 1;
        }
        task.results(&mut results).unwrap();
        assert_eq!(results[0].i64(), 499_500);
        println!("{backend:?} {runs} {:?}", task.usage());
    }
}

/// A value that changes its register class by `reinterpret` is read from where it was written last,
/// not from an accumulator that held what stood in the same slot before.
#[test]
fn reinterpreted_results_of_calls() {
    let wasm = wat::parse_str(
        r#"(module
          (func $id (param i32) (result i32) (local.get 0))
          (func (export "f") (param i32) (result i32)
            (i32.rotl (i32.reinterpret_f32 (f32.convert_i32_u (call $id (local.get 0)))) (i32.const -16777217)))
          (func (export "g") (param i64) (result i64) (local f64)
            (i64.mul (i64.reinterpret_f64 (f64.convert_i64_s (i64.xor (local.get 0) (i64.const 5)))) (i64.const 3))))"#,
    )
    .unwrap();
    for &backend in backends() {
        let mut code = vec![Block::ZERO; 4096];
        let mut stack = vec![Block::ZERO; 1024];
        let mut arena = Arena::new(&mut code);
        let module = Module::load(&mut arena, &wasm, &LoadBudget::DEFAULT).unwrap();
        let instance = Instance::new(&mut arena, module, InstanceConfig::default()).unwrap();
        let task = Task::new(&mut Arena::new(&mut stack), instance).unwrap();
        task.set_backend(backend);
        let mut results = [Value::ZERO];
        let f = instance.export_func("f", Some("(i)i")).unwrap();
        task.call(f, &[Value::from_i32(77)], &mut results, &RunBudget::default()).unwrap();
        assert_eq!(results[0].i32() as u32, 77f32.to_bits().rotate_left(-16777217i32 as u32 & 31));
        let g = instance.export_func("g", Some("(I)I")).unwrap();
        task.call(g, &[Value::from_i64(-1234)], &mut results, &RunBudget::default()).unwrap();
        assert_eq!(results[0].i64() as u64, (((-1234i64) ^ 5) as f64).to_bits().wrapping_mul(3));
    }
}

/// MEM-4: a memory that is imported under two indices has one length.
#[test]
fn one_memory_under_two_indices() {
    struct From<'a>(Instance<'a>);
    impl<'a> Imports<'a> for From<'a> {
        fn resolve(&self, _: &Import<'_>) -> Option<Extern<'a>> {
            Some(Extern::Instance(self.0, 0))
        }
    }
    let owner = wat::parse_str(r#"(module (memory (export "m") 1 2))"#).unwrap();
    let user = wat::parse_str(
        r#"(module (import "o" "m" (memory 1)) (import "o" "m" (memory 1))
          (func (export "f") (result i32) (drop (memory.grow 1 (i32.const 1))) (i32.load (i32.const 70000))))"#,
    )
    .unwrap();
    for &backend in backends() {
        let (mut code, mut ram) = (vec![Block::ZERO; 8192], vec![Block::ZERO; 8192]);
        let mut stack = vec![Block::ZERO; 1024];
        let mut arena = Arena::new(&mut code);
        let owner = Module::load(&mut arena, &owner, &LoadBudget::DEFAULT).unwrap();
        let user = Module::load(&mut arena, &user, &LoadBudget::DEFAULT).unwrap();
        let mut memories = [Arena::new(&mut ram)];
        let config = InstanceConfig { memories: &mut memories, ..Default::default() };
        let owner = Instance::new(&mut arena, owner, config).unwrap();
        let imports = From(owner);
        let config = InstanceConfig { imports: &imports, ..Default::default() };
        let instance = Instance::new(&mut arena, user, config).unwrap();
        let task = Task::new(&mut Arena::new(&mut stack), instance).unwrap();
        task.set_backend(backend);
        let mut results = [Value::from_i32(1)];
        let f = instance.export_func("f", None).unwrap();
        task.call(f, &[], &mut results, &RunBudget::default()).unwrap();
        assert_eq!(results[0].i32(), 0);
    }
}

/// RUN-1: a start function runs once, in the task that began it, whoever else calls meanwhile.
#[test]
fn a_start_function_runs_in_one_task() {
    let wasm = wat::parse_str(
        r#"(module (global $n (mut i32) (i32.const 0)) (start $s)
          (func $s (local i32)
            (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1000))))
            (global.set $n (i32.add (global.get $n) (i32.const 1))))
          (func (export "n") (result i32) (global.get $n)))"#,
    )
    .unwrap();
    let mut code = vec![Block::ZERO; 4096];
    let (mut first, mut second) = (vec![Block::ZERO; 256], vec![Block::ZERO; 256]);
    let mut arena = Arena::new(&mut code);
    let module = Module::load(&mut arena, &wasm, &LoadBudget::DEFAULT).unwrap();
    let instance = Instance::new(&mut arena, module, InstanceConfig::default()).unwrap();
    let n = instance.export_func("n", None).unwrap();
    let task = Task::new(&mut Arena::new(&mut first), instance).unwrap();
    let other = Task::new(&mut Arena::new(&mut second), instance).unwrap();
    task.start(n, &[]).unwrap();
    assert_eq!(task.run(&RunBudget { fuel: 100, ..Default::default() }), Ok(Outcome::Fuel));
    assert_eq!(other.start(n, &[]).unwrap_err().reason, Reason::NotStarted);
    assert_eq!(task.run(&RunBudget::default()), Ok(Outcome::Done));
    let mut results = [Value::ZERO];
    other.call(n, &[], &mut results, &RunBudget::default()).unwrap();
    assert_eq!(results[0].i32(), 1);
}
