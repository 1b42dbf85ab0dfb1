;; Malformed: an operator that there is not.
(module binary "\00asm\01\00\00\00\01\05\01\60\00\01\7f\03\02\01\00\0a\06\01\04\00\41\01\ff\0b")
