;; shows: what becomes of a list of more buffers than the memory could hold
;; sees: fd_write nomem
(module
  (wasi "wasi_snapshot_preview1" fd_write)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0x20000001) (i32.const 64)))))
