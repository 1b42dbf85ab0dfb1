;; Bulk operators: charged by what they move; out of fuel in their middle, out of bounds at their end.
(module
  (memory (export "memory") 16 16)
  (data $d "0123456789abcdef")
  (func (export "copy") (param $to i32) (param $from i32) (param $n i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $n)))
  (func (export "init") (param $to i32) (param $n i32) (result i32)
    (memory.init $d (local.get $to) (i32.const 0) (local.get $n))
    (data.drop $d)
    (i32.load (local.get $to))))
