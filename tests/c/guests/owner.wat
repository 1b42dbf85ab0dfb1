;; Has a shared memory of its own, for others to import, and one that is not shared.
(module $owner
  (memory $shared (export "memory") 1 3 shared)
  (memory $own (export "own") 1 1)
  (func (export "wait") (param i32 i64) (result i32)
    (memory.atomic.wait32 $shared (i32.const 64) (local.get 0) (local.get 1)))
  (func (export "notify") (param i32) (result i32)
    (memory.atomic.notify $shared (i32.const 64) (local.get 0)))
  (func (export "size") (result i32) (memory.size $shared)))
