;; shows: a path beyond the memory ends the program
;; sees: end trap
;; sees: sched_yield success
(module
  (wasi "wasi_snapshot_preview1" path_create_directory sched_yield)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sched_yield))
    (drop (call $path_create_directory (i32.const 3) (i32.const 0x10000) (i32.const 1)))))
