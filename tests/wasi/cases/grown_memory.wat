;; shows: memory that the guest has grown is memory like the rest
;; sees: random_get success
(module
  (wasi "wasi_snapshot_preview1" random_get)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (memory.grow (i32.const 1)))
    (drop (call $random_get (i32.const 0x1ff00) (i32.const 256)))))
