;; Calls four deep and no deeper: its stack has a bound.
(module $chain
  (table 2 funcref)
  (elem (i32.const 0) $d $c)
  (func $d (param i32) (result i32) (local i64 i64 i64)
    (i32.add (local.get 0) (i32.const 1)))
  (func $c (param i32) (result i32)
    (i32.add (call $d (local.get 0)) (i32.const 1)))
  (func $b (param i32) (result i32) (local i32 i32 i32 i32 i32)
    (i32.add (local.get 0) (call $c (i32.mul (local.get 0) (i32.const 2)))))
  (func (export "run") (param i32) (result i32)
    (i32.add (local.get 0) (call $b (local.get 0)))))
