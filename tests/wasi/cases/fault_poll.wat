;; shows: subscriptions beyond the memory end the program
;; sees: end trap
(module
  (wasi "wasi_snapshot_preview1" poll_oneoff)
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $poll_oneoff (i32.const 0xfff8) (i32.const 0) (i32.const 1) (i32.const 512)))))
