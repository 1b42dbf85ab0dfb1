;; shows: random bytes for a buffer beyond the memory end the program
;; sees: end trap
(module
  (wasi "wasi_snapshot_preview1" random_get)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $random_get (i32.const 0xfff0) (i32.const 17)))))
