;; An active segment that does not fit: there is no instance.
(module
  (memory 1 1)
  (data (i32.const 65530) "too long")
  (func (export "run") (result i32) (i32.const 1)))
