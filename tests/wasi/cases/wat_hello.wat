;; shows: a module that knows no C library writes a line and ends
;; sees: stdout hello
;; sees: fd_write success
;; unstable: yes
(module
  (wasi "wasi_snapshot_preview1" fd_write)
  (memory (export "memory") 1)
  (data (i32.const 8) "\10\00\00\00\06\00\00\00" "hello\0a")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))
