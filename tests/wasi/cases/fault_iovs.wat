;; shows: a list of buffers that goes beyond the memory ends the program
;; sees: end trap
(module
  (wasi "wasi_snapshot_preview1" fd_read)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $fd_read (i32.const 0) (i32.const 0xfffc) (i32.const 1) (i32.const 64)))))
