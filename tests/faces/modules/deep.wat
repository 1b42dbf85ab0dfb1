;; Recursion without end: by the stack where frames are large, by the number of calls where they are small.
(module
  (func $small (export "small") (call $small))
  (func $large (export "large") (param i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
    (i64.add (local.get 7)
      (call $large (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7)
        (local.get 0)))))
