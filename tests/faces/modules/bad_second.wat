;; Does not validate in its second function.
(module
  (func (result i32) (i32.const 1))
  (func (export "run") (result i32) (nop) (nop) (local.get 3)))
