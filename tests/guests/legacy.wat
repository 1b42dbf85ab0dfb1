;; The first form of exception handling: clauses within the block, delegates, rethrows.
(module
  (tag $nothing)
  (tag $one (param i32))
  (tag $two (param i32 f64))
  (func $fail (param $n i32) (param $x i32) (result i32)
    (block $3 (block $2 (block $1 (block $0
      (br_table $0 $1 $2 $3 (local.get $n)))
      (throw $nothing))
      (throw $one (i32.add (local.get $x) (i32.const 1))))
      (throw $two (local.get $x) (f64.const 2.25)))
    (i32.mul (local.get $x) (i32.const 3)))

  ;; Clauses with and without results, below values and beside locals.
  (func $catch (param $n i32) (param $x i32) (result i32)
    (local $l i32)
    (local.get $x)
    (i32.const 1000)
    try (param i32) (result i32 f64)
      (local.set $l (i32.mul (local.get $x) (i32.const 7)))
      (drop)
      (call $fail (local.get $n) (local.get $x))
      (f64.const 0.5)
    catch $one
      (local.set $l (i32.sub (local.get $l) (i32.const 5)))
      (i32.add (local.get $l))
      (f64.const 1.5)
    catch $two
      (i32.const 17)
      (local.set $l)
      (f64.mul (f64.convert_i32_s (local.get $l)))
      (i32.trunc_sat_f64_s)
      (i32.mul)
      (f64.const 3)
    catch_all
      (i32.const -3) (f64.const -4)
    end
    (i32.trunc_sat_f64_s)
    (i32.add) (i32.add) (i32.add (local.get $l)))

  ;; Delegates past handlers: to another body, to a block within one, to the caller.
  (func $delegate (param $n i32) (param $x i32) (result i32)
    (local $seen i32)
    try $outer (result i32)
      try $between (result i32)
        block $block (result i32)
          try $inner (result i32)
            try (result i32)
              (if (i32.and (local.get $x) (i32.const 4))
                (then
                  try
                    (drop (call $fail (local.get $n) (local.get $x)))
                  delegate $inner))
              (if (i32.and (local.get $x) (i32.const 2))
                (then
                  try
                    (drop (call $fail (local.get $n) (local.get $x)))
                  delegate $block))
              (call $fail (local.get $n) (local.get $x))
            delegate $outer
          catch $one
            (local.set $seen (i32.const 1))
          catch_all
            (local.set $seen (i32.const 2))
            (i32.const 22)
          end
        end
      catch $one
        (i32.add (i32.const 500))
      catch $two
        (drop)
        (i32.add (i32.const 600))
      end
    catch $nothing
      (i32.const 7000)
    catch $one
      (i32.add (i32.const 8000))
    end
    (i32.add (i32.mul (local.get $seen) (i32.const 100000))))
  (func $past (param $n i32) (param $x i32) (result i32)
    try (result i32)
      try (result i32)
        (call $fail (local.get $n) (local.get $x))
      delegate 1
    catch_all
      (unreachable)
    end)

  ;; Rethrows of the innermost clause's exception and of an outer one's.
  (func $again (param $n i32) (param $x i32) (result i32)
    try $a (result i32)
      (call $past (local.get $n) (local.get $x))
    catch $one
      (drop)
      try $b (result i32)
        (throw $two (local.get $x) (f64.const 9))
      catch $two
        (drop) (drop)
        (if (i32.and (local.get $x) (i32.const 1)) (then (rethrow $a)))
        (if (i32.and (local.get $x) (i32.const 2)) (then (rethrow $b)))
        (i32.const 3)
      end
    catch_all
      (if (i32.and (local.get $x) (i32.const 1)) (then (rethrow $a)))
      (i32.const 4)
    end)
  (func $around (param $n i32) (param $x i32) (result i32)
    try (result i32)
      (call $again (local.get $n) (local.get $x))
    catch $nothing
      (i32.const 11)
    catch $one
      (i32.add (i32.const 12))
    catch $two
      (i32.trunc_sat_f64_s) (i32.sub)
    end)

  ;; Branches out of clauses, a clause within a clause, a body without clauses.
  (func $branches (param $n i32) (param $x i32) (result i32)
    block $out (result i32)
      loop $loop
        try
          try (result i32)
            (call $fail (local.get $n) (local.get $x))
          end
          (br $out)
        catch $nothing
          (br_if $loop (local.tee $n (i32.add (local.get $n) (i32.const 1))))
        catch $two
          (drop)
          try (param i32)
            (throw $one)
          catch $one
            (br $out)
          end
        catch_all
        end
      end
      (i32.const -1)
    end)

  (func (export "run") (param $k i32) (result i32 i32)
    (local $i i32) (local $sum i32) (local $n i32)
    loop $next
      (local.set $n (i32.and (local.get $i) (i32.const 3)))
      (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 1)) (call $catch (local.get $n) (local.get $i))))
      (i32.rotl (local.get $sum) (i32.const 1))
      try (result i32)
        (call $delegate (local.get $n) (i32.shr_u (local.get $i) (i32.const 2)))
      catch $two
        (i32.trunc_sat_f64_s) (i32.add)
      end
      (local.set $sum (i32.add))
      (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 1))
        (call $around (local.get $n) (i32.shr_u (local.get $i) (i32.const 2)))))
      (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 1))
        (call $branches (local.get $n) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $k)))
    end
    (local.get $sum)
    (local.get $i)))
