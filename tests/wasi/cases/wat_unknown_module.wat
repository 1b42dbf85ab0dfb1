;; shows: a module that imports from a module that does not exist is refused
;; sees: end refused
(module
  (import "wasi_snapshot_preview9" "fd_close" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
