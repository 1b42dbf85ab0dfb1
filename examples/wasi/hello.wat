;; Greets whom its first argument names, through WASI preview 1: wrtd --wasi hello.wat you
(module
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1 1)
  (data (i32.const 0) "hello, ")
  (data (i32.const 8) "\0a")
  (data (i32.const 16) "usage: hello NAME\0a")
  ;; Writes bytes to a descriptor.
  (func $put (param $fd i32) (param $at i32) (param $len i32)
    (i32.store (i32.const 64) (local.get $at))
    (i32.store (i32.const 68) (local.get $len))
    (drop (call $fd_write (local.get $fd) (i32.const 64) (i32.const 1) (i32.const 72))))
  ;; The length of a text that ends with a byte 0.
  (func $len (param $at i32) (result i32) (local $n i32)
    (block $end
      (loop $more
        (br_if $end (i32.eqz (i32.load8_u (i32.add (local.get $at) (local.get $n)))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $more)))
    (local.get $n))
  (func (export "_start") (local $name i32)
    (drop (call $args_sizes_get (i32.const 80) (i32.const 84)))
    ;; Without a name, or with more text than there is room for.
    (if (i32.or (i32.lt_u (i32.load (i32.const 80)) (i32.const 2)) (i32.gt_u (i32.load (i32.const 84)) (i32.const 3840)))
      (then
        (call $put (i32.const 2) (i32.const 16) (i32.const 18))
        (call $proc_exit (i32.const 2))))
    (drop (call $args_get (i32.const 1024) (i32.const 16384)))
    (local.set $name (i32.load (i32.const 1028)))
    (call $put (i32.const 1) (i32.const 0) (i32.const 7))
    (call $put (i32.const 1) (local.get $name) (call $len (local.get $name)))
    (call $put (i32.const 1) (i32.const 8) (i32.const 1))))
