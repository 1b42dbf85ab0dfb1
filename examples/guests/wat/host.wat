;; Asks the host n times and sums the answers. The host may answer at once or leave the call pending and complete it
;; later; the guest cannot tell the difference.
(module $host
  (import "env" "ask" (func $ask (param i32) (result i32)))

  (func $run (export "run") (param $n i32) (result i32)
    (local $i i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (call $ask (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $sum)))
