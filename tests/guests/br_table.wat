;; A state machine on br_table, with values carried by branches.
(module
  (func $step (param $state i32) (result i32)
    (block $four (result i32)
      (block $three (result i32)
        (block $two (result i32)
          (block $one (result i32)
            (i32.const 11)
            (local.get $state)
            (br_table $one $two $three $four $one))
          (return (i32.add (i32.const 1))))
        (return (i32.xor (i32.const 13))))
      (return (i32.mul (i32.const 5))))
    (i32.sub (i32.const 9)))
  (func (export "run") (param $n i32) (result i32 i32)
    (local $s i32) (local $sum i32)
    (loop $again
      (local.set $s (i32.and (call $step (local.get $s)) (i32.const 7)))
      (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 3)) (local.get $s)))
      (block $out
        (block $deep
          (loop $inner
            (br_table $out $deep $out $deep (i32.and (local.get $sum) (i32.const 7)))))
        (local.set $sum (i32.xor (local.get $sum) (i32.const 0x5a5a))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s)
    (local.get $sum)))
