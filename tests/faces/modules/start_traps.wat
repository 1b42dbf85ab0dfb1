;; A start function that traps: no call is made.
(module
  (func $begin (unreachable))
  (start $begin)
  (func (export "get") (result i32) (i32.const 1)))
