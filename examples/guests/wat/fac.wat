;; Factorials: recursive, iterative, and with two results.
(module $fac
  (func $fac (export "fac") (param $n i64) (result i64)
    (if (result i64) (i64.lt_s (local.get $n) (i64.const 2))
      (then (i64.const 1))
      (else (i64.mul (local.get $n) (call $fac (i64.sub (local.get $n) (i64.const 1)))))))

  (func $fac_loop (export "fac_loop") (param $n i64) (result i64)
    (local $product i64)
    (local.set $product (i64.const 1))
    (block $done
      (loop $next
        (br_if $done (i64.lt_s (local.get $n) (i64.const 2)))
        (local.set $product (i64.mul (local.get $product) (local.get $n)))
        (local.set $n (i64.sub (local.get $n) (i64.const 1)))
        (br $next)))
    (local.get $product))

  ;; Quotient and remainder of fac(n) by d.
  (func $fac_div (export "fac_div") (param $n i64) (param $d i64) (result i64 i64)
    (local $f i64)
    (local.set $f (call $fac (local.get $n)))
    (i64.div_s (local.get $f) (local.get $d))
    (i64.rem_s (local.get $f) (local.get $d)))

  ;; Sums fac(1) .. fac(n), wrapped to 32 bits.
  (func $run (export "run") (param $n i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum
          (i32.add (local.get $sum) (i32.wrap_i64 (call $fac (i64.extend_i32_u (local.get $n))))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $sum)))
