;; What `linked` imports: a memory, a table, a global, functions that call back through the table.
(module
  (type $callback (func (param i32) (result i32)))
  (memory (export "memory") 1 2)
  (table (export "table") 4 4 funcref)
  (global $count (export "count") (mut i32) (i32.const 0))
  (func (export "bump") (param i32) (result i32)
    (global.set $count (i32.add (global.get $count) (local.get 0)))
    (i32.store (i32.and (global.get $count) (i32.const 0xfffc)) (local.get 0))
    (global.get $count))
  (func (export "apply") (param $x i32) (param $times i32) (result i32)
    (loop $again
      (local.set $x (call_indirect (type $callback) (local.get $x) (i32.and (local.get $times) (i32.const 1))))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $x)))
