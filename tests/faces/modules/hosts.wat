;; Every function that the faces offer.
(module
  (import "env" "log" (func $log (param i32)))
  (import "env" "double" (func $double (param i32) (result i32)))
  (import "env" "sense" (func $sense (param i32) (result f32)))
  (import "env" "actuate" (func $actuate (param i32 f32)))
  (import "env" "report" (func $report (param i32 f32)))
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (func (export "run") (param $n i32) (result i32 f32) (local $sum f32)
    (loop $again
      (call $log (local.get $n))
      (local.set $sum (f32.add (local.get $sum) (call $sense (local.get $n))))
      (call $actuate (local.get $n) (local.get $sum))
      (call $report (local.get $n) (local.get $sum))
      (global.set $calls (i32.add (global.get $calls) (i32.const 4)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $double (global.get $calls))
    (local.get $sum))
  (func (export "wrap") (result i32) (call $double (i32.const 0x7fffffff))))
