;; shows: a function that is imported without its result is refused
;; sees: end refused
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func))
  (memory (export "memory") 1)
  (func (export "_start")))
