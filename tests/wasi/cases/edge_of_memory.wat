;; shows: buffers and results that end where the memory does are within it
;; sees: random_get success
;; sees: clock_res_get success
;; sees: fd_filestat_get success
(module
  (wasi "wasi_snapshot_preview1" random_get clock_res_get fd_filestat_get)
  (memory (export "memory") 2)
  (func (export "_start")
    (drop (call $random_get (i32.const 0x1fff0) (i32.const 16)))
    (drop (call $clock_res_get (i32.const 0) (i32.const 0x1fff8)))
    (drop (call $fd_filestat_get (i32.const 3) (i32.const 0x1ffc0)))))
