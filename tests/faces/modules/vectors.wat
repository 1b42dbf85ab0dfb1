;; A vector as result, and one that a global keeps.
(module
  (global $kept (export "kept") (mut v128) (v128.const i32x4 0 0 0 0))
  (func (export "mix") (param $n i32) (result v128 i32)
    (global.set $kept (i8x16.add (i32x4.splat (local.get $n)) (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)))
    (global.get $kept)
    (i8x16.bitmask (global.get $kept))))
