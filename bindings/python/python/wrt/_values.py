"""Plain values and exceptions: what the extension reports."""

from typing import NamedTuple


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


class Error(Exception):
    """A module was refused, could not be linked, or a call went wrong.

    `reason` is the stable name of what happened, `status` that of its kind; `offset` is the place
    in the module, `func` the function's index or None, `need` what would have sufficed.
    """

    def __init__(self, message: str, *, status: str = "", reason: str = "", offset: int = 0,
                 func: int | None = None, need: int = 0, detail: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.offset = offset
        self.func = func
        self.need = need
        self.detail = detail


class Trap(Error):
    """The guest did what it may not; `frames` are the active calls, innermost first."""

    frames: tuple[Frame, ...] = ()


class OutOfFuel(Error):
    """The budget is spent; `Instance.resume` continues where the call stopped."""

    frames: tuple[Frame, ...] = ()


class Exit(Error):
    """The guest ended itself; `detail` is its exit code."""
