;; Linked lists: built, reversed in place, filtered into others, and mostly dropped again.
(module
  (type $node (struct (field $value i64) (field $next (mut (ref null $node)))))
  (global $kept (export "kept") (mut (ref null $node)) (ref.null $node))
  (global $made (export "made") (mut i32) (i32.const 0))
  (func $push (param $list (ref null $node)) (param $value i64) (result (ref $node))
    (global.set $made (i32.add (global.get $made) (i32.const 1)))
    (struct.new $node (local.get $value) (local.get $list)))
  (func $build (param $n i32) (param $seed i64) (result (ref null $node))
    (local $list (ref null $node))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $seed
          (i64.add (i64.mul (local.get $seed) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
        (local.set $list (call $push (local.get $list) (i64.shr_u (local.get $seed) (i64.const 40))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $list))
  (func $reverse (param $list (ref null $node)) (result (ref null $node))
    (local $done (ref null $node)) (local $rest (ref null $node))
    (loop $next
      (block $end
        (br_on_null $end (local.get $list))
        (local.set $rest (struct.get $node $next))
        (struct.set $node $next (local.get $list) (local.get $done))
        (local.set $done (local.get $list))
        (local.set $list (local.get $rest))
        (br $next)))
    (local.get $done))
  ;; The even values, in a list of their own.
  (func $evens (param $list (ref null $node)) (result (ref null $node))
    (local $out (ref null $node)) (local $at (ref $node))
    (block $end
      (loop $next
        (local.set $at (br_on_null $end (local.get $list)))
        (if (i64.eqz (i64.and (struct.get $node $value (local.get $at)) (i64.const 1)))
          (then (local.set $out (call $push (local.get $out) (struct.get $node $value (local.get $at))))))
        (local.set $list (struct.get $node $next (local.get $at)))
        (br $next)))
    (local.get $out))
  (func $sum (param $list (ref null $node)) (result i64)
    (local $sum i64)
    (loop $next (result i64)
      (block $end (result i64)
        (block $some (result (ref $node))
          (br_on_non_null $some (local.get $list))
          (br $end (local.get $sum)))
        (local.set $list)
        (local.set $sum
          (i64.add (i64.rotl (local.get $sum) (i64.const 5)) (struct.get $node $value (local.get $list))))
        (local.set $list (struct.get $node $next (local.get $list)))
        (br $next))))
  (func (export "run") (param $rounds i32) (result i64 i32)
    (local $sum i64) (local $list (ref null $node))
    (loop $again
      (local.set $list (call $reverse (call $build (i32.const 12) (i64.extend_i32_u (local.get $rounds)))))
      (local.set $sum (i64.xor (i64.rotl (local.get $sum) (i64.const 1)) (call $sum (call $evens (local.get $list)))))
      (if (i32.eqz (i32.and (local.get $rounds) (i32.const 3)))
        (then (global.set $kept (local.get $list))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i64.add (local.get $sum) (call $sum (global.get $kept)))
    (global.get $made)))
