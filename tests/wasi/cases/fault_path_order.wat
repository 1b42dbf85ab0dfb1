;; shows: which comes first where the descriptor is not open and the path is beyond the memory
;; sees: path_create_directory badf
(module
  (wasi "wasi_snapshot_preview1" path_create_directory)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $path_create_directory (i32.const 300) (i32.const 0x10000) (i32.const 1)))))
