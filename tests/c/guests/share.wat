;; Counts, waits and notifies in a memory that others use at the same time.
(module $share
  (import "env" "memory" (memory 1 4 shared))
  ;; n times one more: one count that nobody may miss, and one behind a lock.
  (func (export "count") (param $n i32)
    (loop $next
      (drop (i64.atomic.rmw.add (i32.const 0) (i64.const 1)))
      (loop $locked
        (br_if $locked (i32.atomic.rmw.cmpxchg (i32.const 16) (i32.const 0) (i32.const 1))))
      (i32.store (i32.const 20) (i32.add (i32.load (i32.const 20)) (i32.const 1)))
      (i32.atomic.store (i32.const 16) (i32.const 0))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; Takes the ball n times when it is `mine`, and gives it to `theirs`.
  (func (export "play") (param $mine i32) (param $theirs i32) (param $n i32)
    (loop $round
      (block $got
        (loop $again
          (br_if $got (i32.eq (i32.atomic.load (i32.const 32)) (local.get $mine)))
          (drop (memory.atomic.wait32 (i32.const 32) (local.get $theirs) (i64.const -1)))
          (br $again)))
      (i32.atomic.store (i32.const 32) (local.get $theirs))
      (drop (memory.atomic.notify (i32.const 32) (i32.const 1)))
      (br_if $round (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "wait") (param $expected i32) (param $timeout i64) (result i32)
    (memory.atomic.wait32 (i32.const 64) (local.get $expected) (local.get $timeout)))
  (func (export "wait64") (param $expected i64) (param $timeout i64) (result i32)
    (memory.atomic.wait64 (i32.const 72) (local.get $expected) (local.get $timeout)))
  (func (export "notify") (param i32) (result i32)
    (memory.atomic.notify (i32.const 64) (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size)))
