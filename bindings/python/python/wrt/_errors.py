"""The exceptions: what went wrong, where, and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ._values import Frame

if TYPE_CHECKING:
    from ._wrt import Tag, Task

_E = TypeVar("_E", bound="Error")


class Error(Exception):
    """Something that wrt refuses, or that went wrong in a guest. Everything below is one."""

    status: str = ""
    """Stable name of the kind of error, as in C: "WRT_E_TRAP"."""
    reason: str = ""
    """Stable name of what happened, as in C: "WRT_TRAP_UNREACHABLE"; empty where no more is known than the status."""
    offset: int = 0
    """Byte offset in the module; 0 where none applies."""
    func: int | None = None
    """Index of the function, imports first."""
    need: int = 0
    """Bytes or count that would have sufficed; 0 where none applies."""
    detail: int = 0
    """What else is known, by the reason: the number of an import, an exit code."""

    @classmethod
    def _made(cls: type[_E], message: str, **facts: Any) -> _E:
        """Makes one as the engine reports it, past the parameters that a class may have for others."""
        made = cls.__new__(cls, message)
        made.args = (message,)
        made.__dict__.update(facts)
        return made


class MalformedError(Error):
    """The bytes do not follow the binary format; `offset` is the place."""


class InvalidError(Error):
    """The module does not validate; `offset` is the place, `func` the function."""


class UnsupportedError(Error):
    """The module uses a proposal that is off, or that this build does not have."""


class LinkError(Error):
    """An import is missing or of another type; the message names it and both types."""


class BudgetError(Error):
    """Something asks for more than the limits, or than the memory that was lent; `need` would have sufficed."""


class TypeMismatchError(Error, TypeError):
    """A value, or an export, is of another type than what is asked for."""


class BoundsError(Error, IndexError):
    """An access lies outside a memory or table; nothing was read or written."""


class StateError(Error, RuntimeError):
    """What is asked for is not possible in this state, such as to continue what has ended."""


class BusyError(StateError):
    """Another thread is in the store, or a guest runs that stands in the way. Nothing was done; try again later."""


class ClosedError(StateError):
    """The store was closed."""


class Trap(Error):
    """The guest did what it may not; it can be called again."""

    frames: tuple[Frame, ...] = ()
    """The calls that were active, innermost first, at most 256."""


class GuestException(Trap):
    """An exception of a guest that nothing caught. Raised by an imported function, it is thrown into the guest.

    >>> store = Store()
    >>> GuestException(Tag(["i32"], store=store), 7)
    GuestException(<wrt.Tag: (i32)>, 7)
    """

    def __init__(self, tag: Tag, *values: Any) -> None:
        super().__init__(tag, *values)
        self.tag: Tag | None = tag
        """Of which kind it is; None where the tag is not known to the program."""
        self.values: tuple[Any, ...] = values
        """What it carries."""
        self.status, self.reason = "WRT_E_TRAP", "WRT_TRAP_UNCAUGHT_EXCEPTION"


class _Stopped(Error):
    frames: tuple[Frame, ...] = ()
    """Where the call stands, innermost first, at most 256."""
    task: Task
    """The call, to be continued: `error.task.run(fuel)`."""


class OutOfFuel(_Stopped):
    """The fuel is spent. `task.run(fuel)` or `Instance.resume(fuel)` continues where the call stopped."""


class Interrupted(_Stopped):
    """Somebody asked for a stop. `task.run()` or `Instance.resume()` continues where the call stopped."""


class Pending(_Stopped):
    """An imported function answers later. `task.complete(...)` gives the answer, and `task.run()` continues."""


class Exit(Error):
    """The guest ended itself. Raised by an imported function, it ends the guest.

    >>> Exit(3).code
    3
    """

    def __init__(self, code: int = 0) -> None:
        super().__init__(f"the guest ended itself with code {code}")
        self.status, self.reason, self.detail = "WRT_E_EXIT", "WRT_REASON_GUEST_EXIT", code

    @property
    def code(self) -> int:
        """The exit code, 0 for success."""
        return self.detail
