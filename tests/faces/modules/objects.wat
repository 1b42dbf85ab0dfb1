;; Structures and arrays on the heap; without end, the heap of 1 MiB is full.
(module
  (type $node (struct (field $next (ref null $node)) (field $value i64)))
  (type $bytes (array (mut i8)))
  (func (export "list") (param $n i32) (result i64)
    (local $list (ref null $node)) (local $sum i64)
    (loop $again
      (local.set $list (struct.new $node (local.get $list) (i64.extend_i32_u (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (struct.get $node $value (local.get $list))))
      (br_if $next (i32.eqz (ref.is_null (local.tee $list (struct.get $node $next (local.get $list)))))))
    (local.get $sum))
  (func (export "beyond") (param $n i32) (result i32)
    (array.get_u $bytes (array.new $bytes (i32.const 7) (local.get $n)) (local.get $n)))
  (func (export "cast") (param $n i32) (result i64)
    (struct.get $node $value (ref.cast (ref $node) (ref.i31 (local.get $n))))))
