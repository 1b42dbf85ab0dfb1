;; shows: a buffer that goes beyond the memory ends the program, and nothing of it is written
;; sees: end trap
(module
  (wasi "wasi_snapshot_preview1" fd_write)
  (memory (export "memory") 1)
  (data (i32.const 0) "\f0\ff\00\00\20\00\00\00")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))))
