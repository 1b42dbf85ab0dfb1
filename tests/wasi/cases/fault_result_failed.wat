;; shows: a result that there is none of is not written, wherever it was to go
;; sees: fd_filestat_get badf
(module
  (wasi "wasi_snapshot_preview1" fd_filestat_get)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $fd_filestat_get (i32.const 300) (i32.const 0x10000)))))
