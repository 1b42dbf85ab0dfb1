;; Imports what kit exports.
(module $user
  (import "kit" "memory" (memory 1))
  (import "kit" "functions" (table 2 funcref))
  (import "kit" "count" (global $count (mut i32)))
  (import "kit" "double" (func $double (param i32) (result i32)))
  (memory (export "own") 1)
  (func (export "quadruple") (param i32) (result i32)
    (call $double (call $double (local.get 0))))
  (func (export "set_count") (param i32) (global.set $count (local.get 0)))
  (func $crash (export "crash") (param i32) (result i32)
    (call $double (i32.div_u (i32.const 1) (local.get 0)))))
