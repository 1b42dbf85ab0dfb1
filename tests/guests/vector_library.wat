;; What `vectors` imports: a vector global, and functions that take and give vectors across the instances.
(module
  (type $map (func (param i32 v128 i64) (result v128 i64)))
  (global $sum (export "sum") (mut v128) (v128.const i64x2 1 -2))
  (table (export "table") 2 2 funcref)
  (func (export "gather") (param $x v128) (param $i i32) (result i32 v128)
    (global.set $sum (i32x4.add (global.get $sum) (local.get $x)))
    (i8x16.bitmask (global.get $sum))
    (call_indirect (type $map) (local.get $i) (local.get $x) (i64.const 7) (i32.and (local.get $i) (i32.const 1)))
    (i64x2.splat)
    (i16x8.sub)))
