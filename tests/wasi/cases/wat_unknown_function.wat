;; shows: a module that imports what preview 1 does not have is refused
;; sees: end refused
(module
  (import "wasi_snapshot_preview1" "fd_frobnicate" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
