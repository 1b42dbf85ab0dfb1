;; shows: a memory that is exported under another name is not the guest's memory
;; sees: end trap
(module
  (import "wasi_snapshot_preview1" "clock_res_get" (func $clock_res_get (param i32 i32) (result i32)))
  (memory (export "mem") 1)
  (func (export "_start") (drop (call $clock_res_get (i32.const 0) (i32.const 8)))))
