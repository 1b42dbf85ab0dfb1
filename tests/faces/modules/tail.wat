;; A chain of tail calls, which needs no stack, and the same chain of plain calls, which does.
(module
  (func $down (export "down") (param $n i64) (param $sum i64) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (local.get $sum))))
    (return_call $down (i64.sub (local.get $n) (i64.const 1)) (i64.add (local.get $sum) (local.get $n))))
  (func $plain (export "plain") (param $n i64) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (i64.const 0))))
    (i64.add (local.get $n) (call $plain (i64.sub (local.get $n) (i64.const 1))))))
