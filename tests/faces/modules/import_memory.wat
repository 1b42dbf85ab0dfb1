;; An import that no face offers.
(module
  (import "env" "memory" (memory 1))
  (func (export "run") (result i32) (i32.const 1)))
