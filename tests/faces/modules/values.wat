;; Every type of number in and out, several at once, and floats at their edges.
(module
  (func (export "turn") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
    (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func (export "root") (param f64) (result f64) (f64.sqrt (local.get 0)))
  (func (export "divide") (param f32 f32) (result f32) (f32.div (local.get 0) (local.get 1)))
  (func (export "least") (result i32 i64) (i32.const 0x80000000) (i64.const 0x8000000000000000))
  (func (export "truncate") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "saturate") (param f64) (result i64) (i64.trunc_sat_f64_u (local.get 0))))
