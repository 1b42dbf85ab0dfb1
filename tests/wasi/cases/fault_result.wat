;; shows: a result that is to be written beyond the memory ends the program
;; sees: end trap
(module
  (wasi "wasi_snapshot_preview1" clock_res_get)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $clock_res_get (i32.const 0) (i32.const 0x10000)))))
