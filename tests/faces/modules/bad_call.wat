;; Does not validate: there is no such function.
(module (func (export "run") (result i32) (call 7)))
