;; shows: what was written before a trap has come out
;; sees: end trap
;; sees: sched_yield success
(module
  (wasi "wasi_snapshot_preview1" sched_yield)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sched_yield))
    unreachable))
