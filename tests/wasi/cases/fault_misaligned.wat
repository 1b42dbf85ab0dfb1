;; shows: a result at an address that does not fit its alignment ends the program
;; sees: end trap
(module
  (wasi "wasi_snapshot_preview1" clock_res_get)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $clock_res_get (i32.const 0) (i32.const 4)))))
