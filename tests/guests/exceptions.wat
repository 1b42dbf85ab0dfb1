;; Exceptions within one instance: thrown near and far, with every kind of clause and label.
(module
  (tag $nothing)
  (tag $one (param i32))
  (tag $mixed (param i32 i64 f32 f64))
  (type $binary (func (param i32 i32) (result i32)))
  (table funcref (elem $fail $deep $hop))

  ;; Throws one of four exceptions, or returns.
  (func $fail (type $binary) (param $n i32) (param $x i32) (result i32)
    (block $4 (block $3 (block $2 (block $1 (block $0
      (br_table $0 $1 $2 $3 $4 (local.get $n)))
      (throw $nothing))
      (throw $one (i32.add (local.get $x) (i32.const 1))))
      (throw $mixed (local.get $x) (i64.extend_i32_u (local.get $x)) (f32.const 1.5)
        (f64.convert_i32_s (local.get $x))))
      (throw_ref (ref.null exn)))
    (i32.mul (local.get $x) (i32.const 3)))

  ;; The same from below a chain of frames.
  (func $deep (type $binary) (param $n i32) (param $d i32) (result i32)
    (local $kept i32)
    (local.set $kept (i32.xor (local.get $n) (local.get $d)))
    (if (i32.eqz (local.get $d)) (then (return (call $fail (local.get $n) (local.get $kept)))))
    (i32.add (call $deep (local.get $n) (i32.sub (local.get $d) (i32.const 1))) (local.get $kept)))

  ;; A tail call out of a body is not covered by it.
  (func $hop (type $binary) (param $n i32) (param $x i32) (result i32)
    (block $h
      (try_table (catch_all $h)
        (if (i32.and (local.get $x) (i32.const 1))
          (then (return_call $fail (local.get $n) (local.get $x))))
        (return_call_indirect (type $binary) (local.get $n) (local.get $x) (i32.const 0))))
    (unreachable))

  ;; Values below the body, values that the body changes, payloads that labels take.
  (func $catch (param $n i32) (param $d i32) (param $f i32) (result i32)
    (local $l i32) (local $r exnref) (local $d64 f64)
    (local.get $d)
    (local.get $n)
    (i32.const 77)
    (f64.const 2.5)
    (block $all (param i32 i32 i32 f64) (result i32 i32 i32 f64 exnref)
      (block $mixed (param i32 i32 i32 f64) (result i32 i32 i32 f64 i32 i64 f32 f64)
        (block $one (param i32 i32 i32 f64) (result i32 i32 i32 f64 i32)
          (local.set $l (i32.add (local.get $n) (i32.const 40)))
          (local.set $d64 (f64.add (f64.convert_i32_s (local.get $d)) (f64.const 0.5)))
          (i32.const 0)
          (try_table (param i32) (result i32) (catch $one $one) (catch $mixed $mixed) (catch_all_ref $all)
            (local.set $l (i32.add (local.get $l) (i32.const 1)))
            (call_indirect (type $binary) (local.get $n) (local.get $d) (local.get $f))
            (local.set $l (i32.mul (local.get $l) (i32.const 5)))
            (i32.add))
          ;; Nothing was thrown.
          (return (i32.add (local.get $l)
            (i32.add (i32.trunc_sat_f64_s (local.get $d64)) (i32.add (i32.const 1) (i32.rotl (i32.const 3)))))))
        ;; $one
        (i32.add (local.get $l))
        (local.set $l)
        (drop) (i32.add) (i32.add) (i32.add (local.get $l))
        (return))
      ;; $mixed
      (local.set $d64 (f64.add (local.get $d64)))
      (local.set $d64 (f64.add (local.get $d64) (f64.promote_f32)))
      (local.set $l (i32.xor (local.get $l) (i32.wrap_i64)))
      (i32.add (local.get $l))
      (local.set $l)
      (local.set $d64 (f64.add (local.get $d64)))
      (i32.add) (i32.add) (i32.xor (local.get $l)) (i32.add (i32.trunc_sat_f64_s (local.get $d64)))
      (return))
    ;; $all
    (local.set $r)
    (drop) (i32.add) (i32.add)
    (block $again (result exnref)
      (try_table (result i32) (catch_all_ref $again)
        (if (i32.and (local.get $d) (i32.const 2)) (then (throw_ref (local.get $r))))
        (local.get $l))
      (return (i32.add)))
    (ref.is_null)
    (i32.add)
    (i32.add (local.get $l)))

  ;; Labels of clauses that are a loop, the function, and blocks outside an enclosing body.
  (func $labels (param $n i32) (result i32)
    (local $rounds i32)
    (i32.const 5)
    (loop $loop (param i32)
      (i32.add (local.get $rounds))
      (local.set $rounds)
      (block $out
        (try_table (catch $one $loop) (catch $nothing $out)
          (try_table (catch_all $out)
            (br_if $out (i32.gt_s (local.get $rounds) (local.get $n)))
            (drop (call $fail (i32.and (local.get $rounds) (i32.const 1)) (local.get $rounds)))))))
    (local.get $rounds))
  (func $direct (param $n i32) (result i32)
    (i32.const 9)
    (try_table (param i32) (result i32) (catch $one 0)
      (if (param i32) (result i32) (i32.and (local.get $n) (i32.const 1))
        (then (i32.add (local.get $n)) (throw $one))
        (else (i32.sub (local.get $n))))
      (i32.mul (i32.const 2))))

  (func (export "run") (param $n i32) (result i32 i32 i32)
    (local $i i32) (local $sum i32) (local $nulls i32)
    (loop $next
      (local.set $sum (i32.rotl (i32.add (local.get $sum)
        (call $catch
          (i32.rem_u (local.get $i) (i32.const 3)) (i32.and (local.get $i) (i32.const 7))
          (i32.rem_u (local.get $i) (i32.const 3)))) (i32.const 1)))
      (local.set $sum (i32.add (local.get $sum)
        (call $catch
          (i32.const 4) (i32.and (local.get $i) (i32.const 7)) (i32.rem_u (local.get $i) (i32.const 3)))))
      (local.set $sum (i32.xor (local.get $sum) (call $labels (local.get $i))))
      (local.set $sum (i32.xor (local.get $sum) (call $direct (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum)
    (local.get $i)
    (local.get $nulls)))
