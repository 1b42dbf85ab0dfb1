;; shows: what becomes of the first buffer where the second goes beyond the memory
;; sees: stdout abc
(module
  (wasi "wasi_snapshot_preview1" fd_write)
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\03\00\00\00" "\00\00\01\00\01\00\00\00")
  (data (i32.const 64) "abc")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 128)))))
