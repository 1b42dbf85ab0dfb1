;; shows: a program may call its own `_start`
;; sees: end exit 0
;; sees: stdout sched_yield
(module
  (wasi "wasi_snapshot_preview1" sched_yield)
  (memory (export "memory") 1)
  (global $times (mut i32) (i32.const 0))
  (func $start (export "_start")
    (drop (call $sched_yield))
    (global.set $times (i32.add (global.get $times) (i32.const 1)))
    (if (i32.lt_u (global.get $times) (i32.const 3)) (then (call $start)))))
