;; shows: where a call fails, its result is left as it was
;; sees: fd_seek badf
;; sees: stdout untouched
(module
  (wasi "wasi_snapshot_preview1" fd_seek fd_write)
  (memory (export "memory") 1)
  (data (i32.const 8) "untouched\0a")
  (data (i32.const 32) "\08\00\00\00\0a\00\00\00")
  (func (export "_start")
    (drop (call $fd_seek (i32.const 300) (i64.const 1) (i32.const 2) (i32.const 8)))
    (drop (call $fd_write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 64)))))
