;; A start function that takes a while.
(module $start
  (global $ran (export "ran") (mut i32) (i32.const 0))
  (func $prepare
    (loop $next
      (global.set $ran (i32.add (global.get $ran) (i32.const 1)))
      (br_if $next (i32.lt_u (global.get $ran) (i32.const 100)))))
  (start $prepare)
  (func (export "get") (result i32) (global.get $ran)))
