;; One of everything that the C interface can touch.
(module $kit
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (import "env" "wait" (func $wait (param i64) (result f64)))
  (import "env" "end" (func $end (param i32)))

  (memory (export "memory") 1 3)
  (table (export "functions") 4 8 funcref)
  (table $objects (export "objects") 2 10 externref)
  (global $count (export "count") (mut i32) (i32.const 7))
  (global (export "limit") i64 (i64.const 1000000000000))
  (global (export "ratio") (mut f64) (f64.const 0.5))
  (global (export "handler") (mut funcref) (ref.func $double))
  (data (i32.const 16) "hello")
  (elem (i32.const 0) $double $triple)

  (func $double (export "double") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 2)))
  (func $triple (export "triple") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 3)))

  ;; 1 + 2 + ... + n, and stores every partial sum.
  (func $sum (export "sum") (param $n i32) (result i32)
    (local $i i32) (local $s i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (local.get $i)))
        (i32.store (i32.const 1024) (local.get $s))
        (global.set $count (local.get $i))
        (br $next)))
    (local.get $s))

  ;; The parameters in reverse.
  (func (export "mixed") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
    (local.get 3) (local.get 2) (local.get 1) (local.get 0))

  (func (export "ask") (param i32 i32) (result i32)
    (i32.add (i32.const 1) (call $add (local.get 0) (local.get 1))))
  (func (export "await") (param i64) (result f64)
    (f64.mul (f64.const 2) (call $wait (local.get 0))))
  (func (export "leave") (param i32) (call $end (local.get 0)) unreachable)

  (func $inner (param i32) (result i32)
    (i32.load (local.get 0)))
  (func $middle (param i32) (result i32)
    (i32.add (i32.const 1) (call $inner (local.get 0))))
  (func $outer (export "peek") (param i32) (result i32)
    (i32.add (i32.const 1) (call $middle (local.get 0))))

  (func (export "spin") (loop $forever (br $forever)))
  (func $dig (export "dig") (param i32) (result i32)
    (i32.add (i32.const 1) (call $dig (local.get 0))))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "apply") (param $which i32) (param $x i32) (result i32)
    (call_indirect (param i32) (result i32) (local.get $x) (local.get $which)))
  ;; What the host changed during its call is seen at once.
  (func (export "after") (param $at i32) (result i32)
    (drop (call $add (i32.const 0) (i32.const 0)))
    (i32.add (i32.load (local.get $at)) (global.get $count)))
  (func (export "object") (param i32) (result externref) (table.get $objects (local.get 0))))
