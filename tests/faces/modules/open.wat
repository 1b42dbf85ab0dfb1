;; A memory that declares no maximum: what the embedder lends is the ceiling.
(module
  (memory (export "memory") 1)
  (func (export "grow") (result i32) (local $n i32)
    (loop $again
      (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1))
        (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $again))))
    (local.get $n))
  (func (export "at_once") (param $pages i32) (result i32 i32)
    (memory.grow (local.get $pages)) (memory.size))
  (func (export "fill") (param $n i32) (memory.fill (i32.const 0) (i32.const 7) (local.get $n))))
