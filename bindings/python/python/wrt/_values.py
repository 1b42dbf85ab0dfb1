"""Plain values: what the extension reports, and limits that it is given."""

# The types of fields are objects, not strings, so that tools that read them need not look names up.
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ._html import table

if TYPE_CHECKING:
    from ._wrt import Func, Global, Memory, Module, Table, Tag

Kind = Literal["func", "table", "memory", "global", "tag"]


class Plan(NamedTuple):
    """What a module needs, in bytes, exactly."""

    load_scratch: int
    """In the module's arena during the load beyond `module`; given back."""
    module: int
    """Taken by the loaded module."""
    instance: int
    """Taken by each instance, tables at their ceilings included."""
    table_max: int
    """The part of `instance` that table elements take."""
    stack_min: int
    """Least stack for the deepest chain of calls; 0 when calls recurse, so that no bound exists."""
    memory_min: int
    """Linear memories at their minimum."""
    memory_max: int
    """Linear memories at their declared maximum; 0 when one declares none."""
    heap_min: int
    """Least heap for types, tags and the objects that the module starts with; 0 when it needs none."""

    def _repr_html_(self) -> str:
        return table("Plan", [(name, f"{value:,}", "bytes") for name, value in self._asdict().items()])


class Usage(NamedTuple):
    """What the last call has used."""

    fuel_used: int
    """WebAssembly operators executed, elements of bulk operators included."""
    call_depth_peak: int
    """Most calls active at once."""
    stack_peak: int
    """Most bytes of the stack in use at once."""
    memory_bytes: int
    """Bytes of the instance's linear memories now."""

    def _repr_html_(self) -> str:
        units = ("instructions", "calls", "bytes", "bytes")
        return table("Usage", [(n, f"{v:,}", u) for (n, v), u in zip(self._asdict().items(), units, strict=True)])


class Frame(NamedTuple):
    """One active call."""

    name: str | None
    """The function's name, where the module has it."""
    func: int
    """Index of the function, imports first."""
    func_offset: int
    """Bytes from the start of the function's body."""
    offset: int
    """Bytes from the start of the module."""
    instance: int = 0
    """Number of the instance in its store."""


class ImportType(NamedTuple):
    """An import of a module."""

    module: str
    name: str
    kind: Kind
    type: str
    """Such as "(i32) -> i32" of a function, "1 2" pages of a memory, "(mut i32)" of a global."""


class ExportType(NamedTuple):
    """An export of a module."""

    name: str
    kind: Kind
    type: str
    """As of an ImportType."""


class FuncType(NamedTuple):
    """The type of a function: names of types."""

    params: tuple[str, ...]
    results: tuple[str, ...]


class PendingCall(NamedTuple):
    """A call of an import that waits for its answer."""

    name: str
    args: tuple[Any, ...]
    awaitable: Awaitable[Any] | None
    """What an async function returned; None for one that returned wrt.PENDING."""


class Exports(Mapping[str, "Func | Memory | Table | Global | Tag"]):
    """What an instance exports, by name: a mapping, whose names are attributes as well.

    >>> exports = Instance(Module(wat('(module (func (export "one") (result i32) i32.const 1))'))).exports
    >>> exports.one(), exports["one"].type
    (1, FuncType(params=(), results=('i32',)))
    """

    def __init__(self, items: dict[str, Any]) -> None:
        self.__items = items
        # Attributes of the object itself, so that a call by name is as fast as one of Python's. The methods of a mapping
        # stay what they are.
        self.__dict__.update({name: item for name, item in items.items() if not hasattr(Exports, name)})

    def __getitem__(self, name: str) -> Any:
        return self.__items[name]

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"nothing is exported as {name!r}; there are {', '.join(self.__items) or 'no exports'}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.__items)

    def __len__(self) -> int:
        return len(self.__items)

    def __repr__(self) -> str:
        return f"<wrt.Exports: {', '.join(self.__items)}>"


def _module(wasm: bytes, limits: "Limits | None") -> "Module":
    """What pickle makes a module of."""
    from ._wrt import Module

    return Module(wasm, limits=limits)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What modules and instances may ask for at most.

    Bytes, counts, or instructions; the fields named max_ bound what a module declares, the last five what its instances
    get. A field that is not named has the value with which the engine has been tested.

    >>> Limits(max_functions=10, fuel=1000).max_functions
    10
    """

    proposals: tuple[str, ...] | None = None
    """Names of the proposals that modules may use, such as "simd"; None for those of WebAssembly 3.0."""
    max_types: int = 65_536
    max_functions: int = 1_000_000
    max_imports: int = 100_000
    max_exports: int = 100_000
    max_globals: int = 100_000
    max_tables: int = 1_000
    max_memories: int = 100
    max_segments: int = 100_000
    max_params: int = 1_000
    max_results: int = 1_000
    max_fields: int = 10_000
    """Fields of one structure."""
    max_locals: int = 50_000
    """Locals of one function."""
    max_block_depth: int = 65_536
    max_operands: int = 65_536
    max_body_bytes: int = 8 << 20
    max_table_elements: int = 10_000_000
    table_reserve: int = 0
    """Elements beyond its minimum that a table without a maximum may grow by."""
    max_memory_bytes: int = 4 << 30
    """Bytes of the memories of a module at their minimum."""
    max_tags: int = 100_000
    memory: int | None = None
    """Bytes to which the memories of an instance may grow, in sum; None for what the module declares."""
    stack: int = 16 << 20
    """Bytes for the frames of each call."""
    heap: int = 64 << 20
    """Bytes for exceptions and objects."""
    max_depth: int = 100_000
    """Calls that may be active at once."""
    fuel: int | None = None
    """Instructions that a call may execute where it does not say so itself; None for no bound."""

    @classmethod
    def preset(cls, name: str, total: int | None = None) -> "Limits":
        """The limits of a kind of platform that has `total` bytes: "linux-container", "qnx-safety" or "embedded".

        >>> Limits.preset("embedded", 64 << 10).memory
        40632
        """
        from ._wrt import _preset

        memory, stack, imports, exports = _preset(name, total)
        return cls(memory=memory, max_memory_bytes=memory, stack=stack, max_imports=imports, max_exports=exports)

    def _repr_html_(self) -> str:
        shown = {name: "as in WebAssembly 3.0" if name == "proposals" and value is None else value
                 for name, value in vars(self).items()}
        rows = [(name, f"{value:,}" if isinstance(value, int) else str(value), "") for name, value in shown.items()]
        return table("Limits", rows)
