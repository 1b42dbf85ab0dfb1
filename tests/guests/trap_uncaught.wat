;; An exception that nothing catches, thrown below frames that catch others.
(module
  (tag $a (param i32))
  (tag $b)
  (func $down (param $n i32) (result i32)
    (block $a (result i32)
      (block $b
        (try_table (result i32) (catch $b $b)
          (if (i32.eqz (local.get $n)) (then (throw $a (local.get $n))))
          (i32.add (call $down (i32.sub (local.get $n) (i32.const 1))) (i32.const 1)))
        (br $a))
      (unreachable)))
  (func (export "run") (param $n i32) (result i32)
    (local $i i32)
    (loop $again
      (block $caught
        (try_table (catch $b $caught) (throw $b)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (call $down (i32.const 60))))
