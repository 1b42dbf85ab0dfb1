;; Makes objects for another instance of the group, and reads those that it is given.
(module
  (type $pair (struct (field (mut i32)) (field (mut i32))))
  (func (export "make") (param $n i32) (result (ref $pair))
    (struct.new $pair (local.get $n) (i32.mul (local.get $n) (i32.const 7))))
  (func (export "sum") (param $pair (ref null $pair)) (result i32)
    (i32.add (struct.get $pair 0 (local.get $pair)) (struct.get $pair 1 (local.get $pair))))
  (func (export "swap") (param $a (ref $pair)) (param $b (ref $pair)) (result (ref $pair) (ref $pair))
    (local.get $b) (local.get $a)))
