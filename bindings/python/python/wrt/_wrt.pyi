from collections.abc import Callable, Mapping
from typing import Literal

from ._values import Plan, Usage

__version__: str

Value = int | float | None
Kind = Literal["func", "table", "memory", "global", "tag"]

def validate(wasm: bytes) -> None:
    """Checks a module against the specification and the limits; raises `Error` when it is refused."""

def plan(wasm: bytes) -> Plan:
    """Says what a module needs, without loading it; raises `Error` when it is refused."""

class Module:
    """A loaded module: immutable, shared between threads at will."""

    def __init__(self, wasm: bytes) -> None: ...
    @property
    def wasm(self) -> bytes: ...
    @property
    def plan(self) -> Plan: ...
    @property
    def imports(self) -> list[tuple[str, str, Kind, str]]:
        """Module name, name, kind and type, e.g. ("env", "led", "func", "(i32)")."""
    @property
    def exports(self) -> list[tuple[str, Kind, str]]:
        """Name, kind and type, e.g. ("add", "func", "(i32, i32) -> i32")."""

class Memory:
    """The linear memory 0 of an instance; every access is checked."""

    def read(self, addr: int, n: int) -> bytes: ...
    def write(self, addr: int, data: bytes) -> None: ...
    def grow(self, pages: int) -> int:
        """Grows by pages of 65536 bytes; the number there were before, or -1."""
    def __len__(self) -> int: ...

class Instance:
    """An instance with its own stack and memory; belongs to the thread that made it."""

    def __init__(
        self,
        module: Module,
        imports: Mapping[str, Mapping[str, Callable[..., object]]] | None = None,
        memory: int | None = None,
        stack: int = 16 << 20,
        max_depth: int = 100_000,
    ) -> None:
        """`memory`: bytes to which linear memories may grow, in sum; `stack`: bytes for frames."""

    def call(self, name: str, *args: Value, fuel: int | None = None) -> Value | tuple[Value, ...]:
        """Calls an export; raises `Trap`, `OutOfFuel`, `Exit` or `Error`."""

    def resume(self, fuel: int | None = None) -> Value | tuple[Value, ...]:
        """Continues a call that ran out of fuel, with as much more."""

    @property
    def module(self) -> Module: ...
    @property
    def memory(self) -> Memory: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def fuel_used(self) -> int: ...
    @property
    def state_hash(self) -> int:
        """A hash of globals, tables and memories: equal states, equal hashes, on every target."""
