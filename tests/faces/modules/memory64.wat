;; Addresses of 64 bits.
(module
  (memory (export "memory") i64 1 3)
  (data (i64.const 8) "wide")
  (func (export "get") (param $at i64) (result i32) (i32.load (local.get $at)))
  (func (export "put") (param $at i64) (param $x i64) (result i64)
    (i64.store (local.get $at) (local.get $x)) (memory.grow (i64.const 2))))
