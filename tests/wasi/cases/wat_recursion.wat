;; shows: calls without end end in a trap, after what was written
;; sees: end trap
;; sees: sched_yield success
(module
  (wasi "wasi_snapshot_preview1" sched_yield)
  (memory (export "memory") 1)
  (func $again (call $again) (drop (i32.const 0)))
  (func (export "_start")
    (drop (call $sched_yield))
    (call $again)))
