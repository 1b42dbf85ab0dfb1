;; shows: a function that needs the guest's memory ends a program that exports none
;; sees: end trap
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory 1)
  (func (export "_start") (drop (call $random_get (i32.const 0) (i32.const 8)))))
