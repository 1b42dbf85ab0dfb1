"""`wasi_unstable` for the oracle, whose package has preview 1 alone: its functions under the older name.

Owns what the older version lays out in another way: where an offset is counted from, what is said of a file, and what
is polled. Only programs that somebody else built need it; cases are built for both versions.
"""
import wasmtime

OLDER, PREVIEW1 = "wasi_unstable", "wasi_snapshot_preview1"
# `whence`: current, end, start there; start, current, end here.
WHENCE = {0: 1, 1: 2, 2: 0}
# Bytes of `filestat`; there the count of links has four bytes where it has eight here, and sizes lie closer.
HERE = 64
# A function of WASI works on the memory that its caller exports. What is called from here has none, so that a module
# calls in its place: it has the guest's memory.
BETWEEN = """(module (import "guest" "memory" (memory 0)) (export "memory" (memory 0))
    (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_filestat_get" (func $stat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_filestat_get" (func $path (param i32 i32 i32 i32 i32) (result i32)))
    (func (export "fd_seek") (param i32 i64 i32 i32) (result i32)
        (call $seek (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "fd_filestat_get") (param i32 i32) (result i32) (call $stat (local.get 0) (local.get 1)))
    (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32)
        (call $path (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4))))"""


class Older:
    """The functions of the older version that a module imports, in a linker that has those of preview 1."""

    def __init__(self, engine, linker, store, module):
        self.engine, self.linker, self.store = engine, linker, store
        self.between = None
        adapted = {"fd_seek": self.seek, "fd_filestat_get": self.filestat, "path_filestat_get": self.filestat,
                   "poll_oneoff": self.refuse}
        self.needed = False
        for imported in module.imports:
            if imported.module != OLDER or not isinstance(imported.type, wasmtime.FuncType):
                continue
            self.needed = True
            if imported.name in adapted:
                call = adapted[imported.name](imported.name)
                linker.define_func(OLDER, imported.name, imported.type, call, access_caller=True)
            else:
                linker.define(store, OLDER, imported.name, linker.get(store, PREVIEW1, imported.name))

    def ready(self, instance):
        """Lets what is adapted reach the memory of the guest."""
        if self.needed:
            self.linker.define(self.store, "guest", "memory", instance.exports(self.store)["memory"])
            module = wasmtime.Module(self.engine, BETWEEN)
            self.between = self.linker.instantiate(self.store, module).exports(self.store)

    def seek(self, name):
        """fd_seek with the older numbers."""
        return lambda caller, fd, offset, whence, at: self.between[name](caller, fd, offset, WHENCE[whence], at)

    def filestat(self, name):
        """What is said of a file, in the older layout; its address is the last argument."""
        def call(caller, *args):
            memory, at = caller["memory"], args[-1] & 0xFFFFFFFF
            before = bytes(memory.read(caller, at, at + HERE))
            answer = self.between[name](caller, *args)
            found = bytes(memory.read(caller, at, at + HERE))
            older = found[:20] + found[24:28] + found[32:] + before[56:]
            memory.write(caller, older if answer == 0 else before, at)
            return answer

        return call

    def refuse(self, name):
        """What is polled is laid out in another way; no program here waits."""
        def call(*_):
            raise wasmtime.WasmtimeError(f"{name} of {OLDER} is not adapted")

        return call
