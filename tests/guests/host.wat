;; Host calls that finish at once and host calls that are completed later.
(module
  (import "host" "add" (func $add (param i32 i32) (result i32)))
  (import "host" "later" (func $later (param i64) (result i64)))
  (import "host" "poke" (func $poke (param i32)))
  (memory (export "memory") 1 1)
  (func $inner (param $x i64) (result i64)
    (i64.add (call $later (local.get $x)) (i64.const 1)))
  (func (export "run") (param $n i32) (result i32 i64 i32)
    (local $a i32) (local $b i64)
    (loop $again
      (local.set $a (call $add (local.get $a) (local.get $n)))
      (call $poke (i32.mul (local.get $n) (i32.const 4)))
      (if (i32.eqz (i32.and (local.get $n) (i32.const 15)))
        (then (local.set $b (i64.xor (local.get $b) (call $inner (i64.extend_i32_u (local.get $a)))))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $a)
    (local.get $b)
    (i32.load (i32.const 64))))
