;; More memory from the start than the faces lend.
(module (memory 300 400) (func (export "run") (result i32) (memory.size)))
