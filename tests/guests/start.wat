;; A start function that works for a while before anything may be called.
(module
  (memory 1 1)
  (global $ready (mut i32) (i32.const 0))
  (start $main)
  (func $main
    (local $i i32)
    (loop $again
      (i32.store (i32.shl (local.get $i) (i32.const 2)) (i32.mul (local.get $i) (local.get $i)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 400))))
    (global.set $ready (i32.const 1)))
  (func (export "run") (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load (i32.shl (local.get $n) (i32.const 2)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.mul (local.get $sum) (global.get $ready))))
