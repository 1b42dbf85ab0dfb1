;; Holds objects of its own in locals and on the stack while another instance of the group makes and returns others.
(module
  (type $pair (struct (field (mut i32)) (field (mut i32))))
  (import "gc_library" "make" (func $make (param i32) (result (ref $pair))))
  (import "gc_library" "sum" (func $sum (param (ref null $pair)) (result i32)))
  (import "gc_library" "swap" (func $swap (param (ref $pair) (ref $pair)) (result (ref $pair) (ref $pair))))
  (func (export "run") (param $n i32) (result i32)
    (local $kept (ref null $pair)) (local $first (ref null $pair)) (local $made (ref null $pair))
    (local $all i32)
    (loop $again
      (local.set $kept (struct.new $pair (local.get $n) (i32.add (local.get $n) (i32.const 1))))
      (local.set $first (local.get $kept))
      ;; One operand waits on the stack for the call.
      (struct.new $pair (i32.const 3) (local.get $n))
      (local.set $made (call $make (local.get $n)))
      (struct.set $pair 1 (local.get $made) (call $sum (local.get $kept)))
      (call $swap (call $make (local.get $all)))
      (local.set $kept)
      (struct.get $pair 0)
      (local.set $all (i32.add (local.get $all)))
      (local.set $all
        (i32.xor
          (i32.add (call $sum (local.get $made)) (struct.get $pair 1 (local.get $kept)))
          (i32.mul (i32.add (local.get $all) (call $sum (local.get $first))) (i32.const 31))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $all)))
