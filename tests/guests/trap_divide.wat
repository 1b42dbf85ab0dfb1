;; Works, then divides by zero.
(module
  (memory 1 1)
  (func $work (param $n i32) (result i32)
    (local $s i32)
    (loop $again
      (i32.store (i32.and (local.get $n) (i32.const 0xfffc)) (local.get $s))
      (local.set $s (i32.add (i32.rotl (local.get $s) (i32.const 3)) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func $fall (param $x i32) (result i32)
    (i32.div_u (local.get $x) (i32.and (local.get $x) (i32.const 0))))
  (func (export "run") (param $n i32) (result i32)
    (call $fall (call $work (local.get $n)))))
