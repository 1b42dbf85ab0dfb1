;; A cast that fails at last.
(module
  (type $a (sub (struct (field (mut i32)))))
  (type $b (sub $a (struct (field (mut i32)) (field i64))))
  (global $count (export "count") (mut i32) (i32.const 0))
  (func $make (param $n i32) (result (ref $a))
    (if (result (ref $a)) (local.get $n)
      (then (struct.new $b (local.get $n) (i64.const 4)))
      (else (struct.new $a (i32.const 1)))))
  (func (export "run") (param $n i32) (result i64)
    (local $sum i64)
    (loop $again
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (local.set $sum (i64.add (local.get $sum) (struct.get $b 1 (ref.cast (ref $b) (call $make (local.get $n))))))
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (br $again))
    (local.get $sum)))
