;; A call through a reference that is null at last.
(module
  (type $step (func (param i32) (result i32)))
  (table $steps 4 (ref null $step))
  (elem (table $steps) (i32.const 1) (ref null $step) (ref.func $less) (ref.func $less) (ref.func $less))
  (global $count (export "count") (mut i32) (i32.const 0))
  (func $less (type $step) (i32.sub (local.get 0) (i32.const 1)))
  (func (export "run") (param $n i32) (result i32)
    (loop $again
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (local.set $n
        (call_ref $step (local.get $n)
          (table.get $steps (select (i32.const 0) (i32.const 2) (i32.eqz (local.get $n))))))
      (br $again))
    (unreachable)))
