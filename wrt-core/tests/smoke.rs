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
