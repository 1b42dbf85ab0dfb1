;; Grows its memory page by page. run(n) asks for n more pages, one at a time, writes the page number at the start of
;; each page it got, and returns the size in pages at the end: fewer than asked when the ceiling is reached.
(module $grow
  (memory (export "memory") 1 64)

  (func $run (export "run") (param $n i32) (result i32)
    (local $page i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $page (memory.grow (i32.const 1)))
        (br_if $done (i32.eq (local.get $page) (i32.const -1)))
        (i32.store (i32.shl (local.get $page) (i32.const 16)) (local.get $page))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (memory.size))

  ;; Sums what run() wrote at the start of every page.
  (func $sum (export "sum") (result i32)
    (local $page i32)
    (local $total i32)
    (loop $next
      (local.set $total (i32.add (local.get $total) (i32.load (i32.shl (local.get $page) (i32.const 16)))))
      (local.set $page (i32.add (local.get $page) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $page) (memory.size))))
    (local.get $total)))
