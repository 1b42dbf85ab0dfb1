;; shows: entries of a directory for a buffer beyond the memory end the program
;; sees: end trap
(module
  (wasi "wasi_snapshot_preview1" fd_readdir)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $fd_readdir (i32.const 3) (i32.const 0xfff0) (i32.const 512) (i64.const 0) (i32.const 64)))))
