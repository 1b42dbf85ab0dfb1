;; Throws, catches some of what the host throws, and lets the rest through.
(module $throw
  (import "env" "ask" (func $ask (param i32) (result i32)))

  (tag $odd (export "odd") (param i32 i64))
  (tag $end (export "end"))
  (tag $held (export "held") (param externref funcref v128))

  ;; The sum of what an exception of $odd carries; all others go on.
  (func (export "caught") (param i32) (result i32)
    (block $odd (result i32 i64)
      (try_table (result i32) (catch $odd $odd) (call $ask (local.get 0)))
      (return))
    (i32.wrap_i64)
    (i32.add))
  (func $through (export "through") (param i32) (result i32)
    (i32.add (i32.const 1) (call $ask (local.get 0))))
  (func $throw (export "throw") (param i32 i64)
    (throw $odd (local.get 0) (local.get 1)))
  ;; An exception that the host may keep, and throws later.
  (func (export "keep") (param i32 i64) (result exnref)
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught) (call $throw (local.get 0) (local.get 1)))
      (unreachable)))
  (func (export "again") (param exnref)
    (throw_ref (local.get 0))))
