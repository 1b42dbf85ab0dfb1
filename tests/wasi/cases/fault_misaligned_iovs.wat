;; shows: a list of buffers at an address that does not fit its alignment ends the program
;; sees: end trap
(module
  (wasi "wasi_snapshot_preview1" fd_write)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 2) (i32.const 1) (i32.const 64)))))
