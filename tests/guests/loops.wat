;; Nested counted loops over every number type.
(module
  (global $seen (mut i64) (i64.const 0))
  (func (export "run") (param $n i32) (result i64 f64)
    (local $i i32) (local $j i32) (local $sum i64) (local $x f64) (local $y f32)
    (local.set $x (f64.const 1))
    (local.set $y (f32.const 0.5))
    (loop $outer
      (local.set $j (i32.const 0))
      (loop $inner
        (local.set $sum
          (i64.add (i64.mul (local.get $sum) (i64.const 31))
            (i64.extend_i32_s (i32.xor (local.get $i) (i32.shl (local.get $j) (i32.const 3))))))
        (local.set $x (f64.add (f64.mul (local.get $x) (f64.const 1.0001)) (f64.promote_f32 (local.get $y))))
        (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 16))))
      (local.set $y (f32.sub (local.get $y) (f32.const 0.03125)))
      (global.set $seen (i64.rotl (i64.xor (global.get $seen) (local.get $sum)) (i64.const 7)))
      (br_if $outer (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i64.xor (local.get $sum) (global.get $seen))
    (local.get $x)))
