;; shows: what becomes of bits above those that a flag's type has
;; sees: end trap
;; sees: sched_yield success
(module
  (wasi "wasi_snapshot_preview1" path_open sched_yield)
  (memory (export "memory") 1)
  (data (i32.const 0) ".")
  (func (export "_start")
    (drop (call $sched_yield))
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0x10000)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64)))))
