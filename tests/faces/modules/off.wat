;; Uses a proposal that is off unless somebody switches it on.
(module (memory 1 2 shared) (func (export "run") (result i32) (i32.atomic.load (i32.const 0))))
