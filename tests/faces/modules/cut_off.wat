;; Malformed: the type section says that it is longer than the module.
(module binary "\00asm\01\00\00\00\01\0a\01\60\02\7f")
