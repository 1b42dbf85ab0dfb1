;; shows: a start function may call what is imported, before `_start` does
;; sees: stdout fd_close -> badf
;; sees: sched_yield success
(module
  (wasi "wasi_snapshot_preview1" fd_close sched_yield)
  (memory (export "memory") 1)
  (func $first (drop (call $fd_close (i32.const 88))))
  (start $first)
  (func (export "_start") (drop (call $sched_yield))))
