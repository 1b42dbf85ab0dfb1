;; shows: what becomes of a path whose length wraps around
;; sees: path_create_directory nomem
(module
  (wasi "wasi_snapshot_preview1" path_create_directory)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $path_create_directory (i32.const 3) (i32.const 16) (i32.const -8)))))
