;; Every trap of the first specification, each three calls deep (outer -> middle -> inner), so that a backtrace has
;; something to show. run(kind): 0 unreachable, 1 division by zero, 2 overflow, 3 memory out of bounds,
;; 4 invalid conversion, 5 undefined element, 6 uninitialized element, 7 indirect call type mismatch,
;; 8 call stack exhausted, 9 endless loop (ends by fuel or interrupt only); any other kind returns it plus 3.
(module $trap
  (type $nullary (func (result i32)))
  (memory 1 1)
  (table 4 funcref)
  (elem (i32.const 0) $nothing)

  (func $nothing)

  (func $deeper (param $n i32) (result i32)
    (i32.add (i32.const 1) (call $deeper (i32.add (local.get $n) (i32.const 1)))))

  (func $inner (param $kind i32) (result i32)
    (block $other
    (block $spin
    (block $exhaust
    (block $mismatch
    (block $uninitialized
    (block $undefined
    (block $convert
    (block $bounds
    (block $overflow
    (block $zero
    (block $unreachable
      (br_table $unreachable $zero $overflow $bounds $convert $undefined $uninitialized $mismatch $exhaust $spin $other
        (local.get $kind)))
      unreachable)
      (return (i32.div_s (local.get $kind) (i32.const 0))))
      (return (i32.div_s (i32.const 0x80000000) (i32.const -1))))
      (return (i32.load (i32.const 65533))))
      (return (i32.trunc_f32_s (f32.const nan))))
      (return (call_indirect (type $nullary) (i32.const 4))))
      (return (call_indirect (type $nullary) (i32.const 1))))
      (return (call_indirect (type $nullary) (i32.const 0))))
      (return (call $deeper (i32.const 0))))
      (loop $forever (br $forever)))
    (i32.add (local.get $kind) (i32.const 1)))

  (func $middle (param $kind i32) (result i32)
    (i32.add (i32.const 1) (call $inner (local.get $kind))))

  (func $outer (export "run") (param $kind i32) (result i32)
    (i32.add (i32.const 1) (call $middle (local.get $kind)))))
