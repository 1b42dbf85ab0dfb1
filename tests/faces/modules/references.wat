;; References out: null, a function, and what a table holds.
(module
  (table $t 3 6 funcref)
  (elem (i32.const 1) func $one)
  (func $one (result i32) (i32.const 1))
  (func (export "at") (param $n i32) (result funcref) (table.get $t (local.get $n)))
  (func (export "none") (result externref funcref) (ref.null extern) (ref.func $one))
  (func (export "call") (param $n i32) (result i32) (call_indirect $t (result i32) (local.get $n)))
  (func (export "grow") (param $n i32) (result i32 i32)
    (table.grow $t (ref.func $one) (local.get $n)) (table.size $t)))
