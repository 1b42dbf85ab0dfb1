;; Search trees: nodes are found and made on the way down; old trees are garbage when the next one grows.
(module
  (rec
    (type $tree (struct (field $key i32) (field $left (mut (ref null $tree))) (field $right (mut (ref null $tree)))
                        (field $note (mut (ref null $note)))))
    (type $note (struct (field $count (mut i32)) (field $owner (mut (ref null $tree))))))
  (global $root (mut (ref null $tree)) (ref.null $tree))
  (func $new (param $key i32) (result (ref $tree))
    (local $tree (ref $tree))
    (local.set $tree
      (struct.new $tree (local.get $key) (ref.null $tree) (ref.null none) (struct.new $note (i32.const 1) (ref.null $tree))))
    ;; A cycle: what is not reachable from outside must go although it is reachable from within.
    (struct.set $note $owner (ref.as_non_null (struct.get $tree $note (local.get $tree))) (local.get $tree))
    (local.get $tree))
  (func $insert (param $tree (ref null $tree)) (param $key i32) (result (ref $tree))
    (local $at (ref $tree))
    (block $none
      (local.set $at (br_on_null $none (local.get $tree)))
      (if (i32.lt_u (local.get $key) (struct.get $tree $key (local.get $at)))
        (then
          (struct.set $tree $left (local.get $at)
            (call $insert (struct.get $tree $left (local.get $at)) (local.get $key)))
          (return (local.get $at))))
      (if (i32.gt_u (local.get $key) (struct.get $tree $key (local.get $at)))
        (then
          (struct.set $tree $right (local.get $at)
            (call $insert (struct.get $tree $right (local.get $at)) (local.get $key)))
          (return (local.get $at))))
      (struct.set $note $count (struct.get $tree $note (local.get $at))
        (i32.add (i32.const 1) (struct.get $note $count (struct.get $tree $note (local.get $at)))))
      (return (local.get $at)))
    (call $new (local.get $key)))
  ;; Depth in the high half, a sum over keys and counts in the low half.
  (func $fold (param $tree (ref null $tree)) (param $depth i64) (result i64)
    (if (ref.is_null (local.get $tree)) (then (return (i64.shl (local.get $depth) (i64.const 32)))))
    (if (i32.eqz (ref.eq (local.get $tree) (struct.get $note $owner (struct.get $tree $note (local.get $tree)))))
      (then (unreachable)))
    (i64.add
      (i64.extend_i32_u
        (i32.mul (struct.get $tree $key (local.get $tree))
                 (struct.get $note $count (struct.get $tree $note (local.get $tree)))))
      (i64.add
        (call $fold (struct.get $tree $left (local.get $tree)) (i64.add (local.get $depth) (i64.const 1)))
        (call $fold (struct.get $tree $right (local.get $tree)) (i64.add (local.get $depth) (i64.const 1))))))
  (func (export "run") (param $rounds i32) (result i64)
    (local $n i32) (local $x i32) (local $sum i64)
    (local.set $x (i32.const 12345))
    (loop $again
      (global.set $root (ref.null none))
      (local.set $n (i32.const 14))
      (loop $grow
        (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1103515245)) (local.get $rounds)))
        (global.set $root
          (call $insert (global.get $root) (i32.and (i32.shr_u (local.get $x) (i32.const 16)) (i32.const 31))))
        (br_if $grow (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 3)) (call $fold (global.get $root) (i64.const 1))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum)))
