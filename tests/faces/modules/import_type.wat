;; An import of another type than the host's function.
(module
  (import "env" "double" (func (param i64) (result i64)))
  (func (export "run") (result i32) (i32.const 1)))
