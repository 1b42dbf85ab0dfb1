;; shows: a path that begins within the memory and ends beyond it ends the program
;; sees: end trap
(module
  (wasi "wasi_snapshot_preview1" path_create_directory)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $path_create_directory (i32.const 3) (i32.const 0xfffe) (i32.const 3)))))
