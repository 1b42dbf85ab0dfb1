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
