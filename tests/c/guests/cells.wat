;; Structures, arrays and numbers as references; some held, some let go.
(module $cells
  (type $cell (struct (field i32) (field (ref null $cell))))
  (type $row (array (mut i32)))
  (import "env" "pause" (func $pause))

  (global $list (mut (ref null $cell)) (ref.null $cell))
  (global $first (export "first") (ref $row) (array.new_fixed $row 3 (i32.const 5) (i32.const 6) (i32.const 7)))

  (func $push (export "push") (param i32)
    (global.set $list (struct.new $cell (local.get 0) (global.get $list))))
  ;; So many more cells, 1 to n.
  (func (export "fill") (param $n i32)
    (local $k i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $k) (local.get $n)))
        (call $push (local.tee $k (i32.add (local.get $k) (i32.const 1))))
        (br $next))))
  (func $clear (export "clear")
    (global.set $list (ref.null $cell)))
  (func (export "sum") (result i32)
    (local $at (ref null $cell)) (local $sum i32)
    (local.set $at (global.get $list))
    (block $end
      (loop $next
        (br_if $end (ref.is_null (local.get $at)))
        (local.set $sum (i32.add (local.get $sum) (struct.get $cell 0 (local.get $at))))
        (local.set $at (struct.get $cell 1 (local.get $at)))
        (br $next)))
    (local.get $sum))
  ;; Holds two cells and a row in its frame while the host does what it likes.
  (func (export "hold") (param $x i32) (result i32)
    (local $cell (ref null $cell)) (local $row (ref null $row))
    (local.set $cell (struct.new $cell (local.get $x) (struct.new $cell (i32.const 100) (ref.null $cell))))
    (local.set $row (array.new $row (local.get $x) (i32.const 4)))
    (call $pause)
    (i32.add (struct.get $cell 0 (struct.get $cell 1 (local.get $cell)))
      (i32.add (struct.get $cell 0 (local.get $cell)) (array.get $row (local.get $row) (i32.const 3)))))

  ;; Null, a number, the list's first cell, and the global row.
  (func (export "any") (param i32) (result anyref)
    (if (i32.eq (local.get 0) (i32.const 1)) (then (return (ref.i31 (i32.const -5)))))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (return (global.get $list))))
    (if (i32.eq (local.get 0) (i32.const 3)) (then (return (global.get $first))))
    (ref.null any))
  (func (export "row") (param i32) (result (ref $row))
    (array.new_default $row (local.get 0)))
  (func (export "len") (param arrayref) (result i32)
    (array.len (local.get 0)))
  (func (export "outside") (param anyref) (result externref) (extern.convert_any (local.get 0)))
  (func (export "inside") (param externref) (result anyref) (any.convert_extern (local.get 0)))
  (func $self (export "self") (result funcref) (ref.func $self)))
