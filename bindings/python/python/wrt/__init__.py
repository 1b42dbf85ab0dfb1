"""WebAssembly in memory and with fuel that are known before it runs."""

from ._values import Error, Exit, Frame, OutOfFuel, Plan, Trap, Usage
from ._wrt import Instance, Memory, Module, __version__, plan, validate

__all__ = [
    "Error",
    "Exit",
    "Frame",
    "Instance",
    "Memory",
    "Module",
    "OutOfFuel",
    "Plan",
    "Trap",
    "Usage",
    "__version__",
    "plan",
    "validate",
]
