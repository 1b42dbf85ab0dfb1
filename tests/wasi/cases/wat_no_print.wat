;; shows: a module that does nothing at all ends well
;; sees: end exit 0
(module
  (memory (export "memory") 1)
  (func (export "_start")))
