;; Its second segment does not fit: instantiation ends in a trap.
(module $late
  (memory 1 1)
  (data (i32.const 0) "fits")
  (data (i32.const 65534) "does not"))
