;; shows: a result of which half is beyond the memory ends the program
;; sees: end trap
(module
  (wasi "wasi_snapshot_preview1" fd_filestat_get)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $fd_filestat_get (i32.const 3) (i32.const 0xffe0)))))
