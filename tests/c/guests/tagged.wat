;; Knows one tag of throw by another name, and has one of its own behind it.
(module $tagged
  (import "throw" "odd" (tag $theirs (param i32 i64)))
  (import "throw" "throw" (func $throw (param i32 i64)))
  (tag $own (export "own") (param i32 i64))
  (export "theirs" (tag $theirs))
  (func (export "catch") (param i32 i64) (result i64)
    (block $caught (result i32 i64)
      (try_table (catch $own $caught) (catch $theirs $caught) (call $throw (local.get 0) (local.get 1)))
      (unreachable))
    (local.set 1)
    (i64.add (i64.extend_i32_s) (local.get 1))))
