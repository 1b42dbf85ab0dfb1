;; Switches as compilers write them: what is switched on is masked, and counted from a constant, which the table adds.
(module
  (func $small (param $op i32) (result i32)
    (block $d (block $c (block $b (block $a
      (br_table $a $b $c $d $a $d (i32.add (i32.and (local.get $op) (i32.const 15)) (i32.const -5))))
      (return (i32.const 3)))
      (return (i32.const 5)))
      (return (i32.const 7)))
    (i32.const 11))
  ;; The sum is beyond what an immediate holds, or wraps.
  (func $far (param $op i32) (result i32)
    (block $b (block $a
      (br_table $a $b $a $b (i32.add (i32.shl (local.get $op) (i32.const 1)) (i32.const 0x12345)))
      (unreachable))
      (br_table $b $b $b (i32.add (i32.xor (local.get $op) (i32.const -3)) (i32.const 32767))))
    (i32.const 17))
  ;; The sum is kept: the table must not take it back.
  (func $kept (param $op i32) (result i32) (local $sum i32)
    (block $b (block $a
      (br_table $a $b $a (local.tee $sum (i32.add (i32.and (local.get $op) (i32.const 3)) (i32.const -1))))
      (unreachable))
      (return (local.get $sum)))
    (i32.sub (i32.const 19) (local.get $sum)))
  ;; With results to carry.
  (func $carried (param $op i32) (result i32)
    (block $b (result i32) (block $a (result i32)
      (br_table $a $b $a (i32.mul (local.get $op) (i32.const 3)) (i32.add (i32.rem_u (local.get $op) (i32.const 5)) (i32.const -2))))
      (i32.add (i32.const 23))))
  (func (export "run") (param $n i32) (result i32 i32)
    (local $x i32)
    (loop $again
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 31)) (call $small (local.get $n))))
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 31)) (call $far (i32.sub (local.get $n) (i32.const 0x91a2)))))
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 31)) (call $kept (local.get $n))))
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 31)) (call $carried (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)
    (call $small (i32.const 8))))
