;; Two memories of its own.
(module $two
  (memory $a (export "a") 1)
  (memory $b (export "b") 1 2)
  (func (export "store") (param i32 i32)
    (i32.store $b (local.get 0) (local.get 1)))
  (func (export "grow_a") (param i32) (result i32) (memory.grow $a (local.get 0)))
  (func (export "grow_b") (param i32) (result i32) (memory.grow $b (local.get 0))))
