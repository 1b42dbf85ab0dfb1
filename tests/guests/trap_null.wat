;; A list that ends before its walker expects it.
(module
  (type $node (struct (field i32) (field (ref null $node))))
  (global $count (export "count") (mut i32) (i32.const 0))
  (func (export "run") (param $n i32) (result i32)
    (local $list (ref null $node))
    (loop $build
      (local.set $list (struct.new $node (local.get $n) (local.get $list)))
      (br_if $build (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (loop $walk
      (global.set $count (i32.add (global.get $count) (struct.get $node 0 (local.get $list))))
      (local.set $list (struct.get $node 1 (local.get $list)))
      (br $walk))
    (unreachable)))
