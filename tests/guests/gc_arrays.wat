;; Arrays of every kind of element, arrays of arrays, and the operators that move many elements at once.
(module
  (type $bytes (array (mut i8)))
  (type $shorts (array (mut i16)))
  (type $longs (array (mut i64)))
  (type $doubles (array (mut f64)))
  (type $row (array (mut (ref null $longs))))
  (type $any (array (mut anyref)))
  (type $funcs (array (mut funcref)))
  (type $calc (func (param i64) (result i64)))
  (data $text "\80\7f\ff\00\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\f0\f1\f2\f3\f4\f5\f6\f7")
  (elem $numbers anyref (ref.i31 (i32.const 5)) (ref.i31 (i32.const -6)) (ref.null any) (array.new_fixed $bytes 2 (i32.const 300) (i32.const 4)))
  (elem $calcs funcref (ref.func $double) (ref.func $square))
  (func $double (type $calc) (i64.shl (local.get 0) (i64.const 1)))
  (func $square (type $calc) (i64.mul (local.get 0) (local.get 0)))
  (func $make (param $rows i32) (param $columns i32) (result (ref $row))
    (local $all (ref $row)) (local $at i32)
    (local.set $all (array.new_default $row (local.get $rows)))
    (loop $next
      (array.set $row (local.get $all) (local.get $at)
        (array.new $longs (i64.extend_i32_u (local.get $at)) (local.get $columns)))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $rows))))
    (local.get $all))
  (func $total (param $all (ref $row)) (result i64)
    (local $sum i64) (local $i i32) (local $j i32) (local $line (ref $longs))
    (block $end
      (loop $rows
        (br_if $end (i32.ge_u (local.get $i) (array.len (local.get $all))))
        (local.set $line (ref.as_non_null (array.get $row (local.get $all) (local.get $i))))
        (local.set $j (i32.const 0))
        (block $done
          (loop $columns
            (br_if $done (i32.ge_u (local.get $j) (array.len (local.get $line))))
            (local.set $sum
              (i64.add (i64.mul (local.get $sum) (i64.const 31)) (array.get $longs (local.get $line) (local.get $j))))
            (local.set $j (i32.add (local.get $j) (i32.const 1)))
            (br $columns)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $rows)))
    (local.get $sum))
  (func $bytes (param $n i32) (result i32)
    (local $a (ref $bytes)) (local $b (ref $bytes)) (local $s (ref $shorts)) (local $sum i32) (local $i i32)
    (local.set $a (array.new_data $bytes $text (i32.const 1) (i32.const 24)))
    (local.set $b (array.new_default $bytes (i32.const 40)))
    (array.copy $bytes $bytes (local.get $b) (i32.const 3) (local.get $a) (i32.const 0) (i32.const 24))
    (array.copy $bytes $bytes (local.get $b) (i32.const 7) (local.get $b) (i32.const 4) (i32.const 20))
    (array.fill $bytes (local.get $b) (i32.const 30) (local.get $n) (i32.const 10))
    (local.set $s (array.new $shorts (i32.const 70000) (i32.const 12)))
    (array.init_data $shorts $text (local.get $s) (i32.const 2) (i32.const 3) (i32.const 9))
    (loop $next
      (local.set $sum
        (i32.add
          (i32.rotl (local.get $sum) (i32.const 3))
          (i32.sub
            (array.get_s $bytes (local.get $b) (local.get $i))
            (array.get_u $bytes (local.get $b) (i32.sub (i32.const 39) (local.get $i))))))
      (if (i32.lt_u (local.get $i) (i32.const 12))
        (then
          (local.set $sum (i32.xor (local.get $sum) (array.get_s $shorts (local.get $s) (local.get $i))))
          (local.set $sum (i32.add (local.get $sum) (array.get_u $shorts (local.get $s) (local.get $i))))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 40))))
    (local.get $sum))
  (func $mixed (param $n i32) (result i64)
    (local $all (ref $any)) (local $funcs (ref $funcs)) (local $d (ref $doubles)) (local $sum i64)
    (local.set $all (array.new_elem $any $numbers (i32.const 0) (i32.const 4)))
    (array.set $any (local.get $all) (i32.const 2) (local.get $all))
    (array.init_elem $any $numbers (local.get $all) (i32.const 0) (i32.const 1) (i32.const 1))
    (local.set $funcs (array.new_elem $funcs $calcs (i32.const 0) (i32.const 2)))
    (local.set $d (array.new_fixed $doubles 3 (f64.const 0.5) (f64.convert_i32_s (local.get $n)) (f64.const -2.25)))
    (array.set $doubles (local.get $d) (i32.const 2)
      (f64.mul (array.get $doubles (local.get $d) (i32.const 1)) (array.get $doubles (local.get $d) (i32.const 2))))
    (local.set $sum
      (call_ref $calc
        (i64.trunc_sat_f64_s (array.get $doubles (local.get $d) (i32.const 2)))
        (ref.cast (ref $calc) (array.get $funcs (local.get $funcs) (i32.and (local.get $n) (i32.const 1))))))
    (i64.add (local.get $sum)
      (i64.extend_i32_s
        (i32.add
          (i31.get_s (ref.cast i31ref (array.get $any (local.get $all) (i32.and (local.get $n) (i32.const 1)))))
          (array.len (ref.cast arrayref (array.get $any (local.get $all) (i32.const 2))))))))
  (func (export "run") (param $n i32) (result i64 i32 i64)
    (local $a i64) (local $b i32) (local $c i64)
    (loop $again
      (local.set $a (i64.xor (i64.rotl (local.get $a) (i64.const 7)) (call $total (call $make (i32.const 4) (local.get $n)))))
      (local.set $b (i32.add (local.get $b) (call $bytes (local.get $n))))
      (local.set $c (i64.add (local.get $c) (call $mixed (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $a) (local.get $b) (local.get $c)))
