;; shows: arguments for which there is no room in the memory end the program
;; sees: end trap
;; arg: one
(module
  (wasi "wasi_snapshot_preview1" args_get)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $args_get (i32.const 0) (i32.const 0xfffe)))))
