;; An exception that leaves the module, after many that do not.
(module
  (tag $stop (param i32))
  (global $passed (export "passed") (mut i32) (i32.const 0))
  (func $risky (param $n i32)
    (if (i32.le_u (local.get $n) (i32.const 3)) (then (throw $stop (local.get $n))))
    (global.set $passed (i32.add (global.get $passed) (i32.const 1))))
  (func (export "run") (param $n i32) (result i32)
    (loop $again
      (block $caught (result i32)
        (try_table (catch $stop $caught)
          (call $risky (i32.rem_u (local.get $n) (i32.const 11))))
        (i32.const 0))
      (drop)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $risky (i32.const 2))
    (i32.const 1)))
