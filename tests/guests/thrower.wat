;; What `thrown` imports: tags, functions that throw and that let exceptions of others pass.
(module
  (type $callback (func (param i32) (result i32)))
  (tag $mine (export "mine") (param i32 i64))
  (tag $own (param i32))
  (table (export "table") 8 8 funcref)
  (memory (export "memory") 1 1)
  (func (export "raise") (param $x i32) (result i32)
    (if (i32.and (local.get $x) (i32.const 1))
      (then (throw $mine (local.get $x) (i64.const 7)))
      (else (if (i32.and (local.get $x) (i32.const 2)) (then (throw $own (local.get $x))))))
    (local.get $x))
  ;; Calls back; catches its own tag, lets every other pass.
  (func $guard (export "guard") (param $x i32) (param $f i32) (result i32)
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
    (block $own (result i32)
      (try_table (result i32) (catch $own $own)
        (call_indirect (type $callback) (local.get $x) (local.get $f)))
      (return (i32.add (i32.const 1))))
    (i32.mul (i32.const 10)))
  ;; The same without a handler, and by a tail call.
  (func (export "pass") (param $x i32) (param $f i32) (result i32)
    (i32.add (call_indirect (type $callback) (local.get $x) (local.get $f)) (i32.const 3)))
  (func (export "hand on") (param $x i32) (param $f i32) (result i32)
    (block $never
      (try_table (catch_all $never)
        (return_call_indirect (type $callback) (local.get $x) (local.get $f))))
    (unreachable)))
