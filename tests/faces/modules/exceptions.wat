;; Exceptions: caught, passed on, and caught by nobody.
(module
  (tag $odd (param i32))
  (func $throw (param $n i32) (result i32)
    (if (i32.and (local.get $n) (i32.const 1)) (then (throw $odd (local.get $n))))
    (local.get $n))
  (func (export "guarded") (param $n i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $odd $caught) (call $throw (local.get $n)))
      (return))
    (i32.mul (i32.const -1)))
  (func (export "bare") (param $n i32) (result i32) (call $throw (local.get $n))))
