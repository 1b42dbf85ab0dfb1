;; shows: a module without `_start` is no program
;; sees: end refused
(module
  (memory (export "memory") 1)
  (func (export "main")))
