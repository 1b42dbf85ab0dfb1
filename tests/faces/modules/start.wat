;; A start function runs under the fuel of the first call.
(module
  (memory (export "memory") 1 1)
  (global $ran (export "ran") (mut i32) (i32.const 0))
  (func $begin (local $n i32)
    (loop $again
      (i32.store8 (local.get $n) (local.get $n))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (global.set $ran (i32.const 1)))
  (start $begin)
  (func (export "get") (result i32) (global.get $ran)))
