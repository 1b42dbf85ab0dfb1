"""WebAssembly in memory and with fuel that are known before it runs.

    import wrt
    module = wrt.Module(wrt.wat('(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))'))
    print(module.plan)                                   # what it needs, to the byte, before it runs
    instance = wrt.Instance(module)
    print(instance.call("add", 2, 3, fuel=1000), instance.usage.fuel_used)

`Module` is a checked module, `Instance` one that can run, `Store` what several instances share. A call is bounded by `fuel`,
counted in instructions; `Task` runs it by pieces. `Linker` names what modules import, `Wasi` grants parts of the system.
Every error is an `Error`, and says what would help.
"""

from ._errors import (
    BoundsError,
    BudgetError,
    BusyError,
    ClosedError,
    Error,
    Exit,
    GuestException,
    Interrupted,
    InvalidError,
    LinkError,
    MalformedError,
    OutOfFuel,
    Pending,
    StateError,
    Trap,
    TypeMismatchError,
    UnsupportedError,
)
from ._linker import Linker
from ._profile import Hot, Profile
from ._values import Exports, ExportType, Frame, FuncType, ImportType, Limits, PendingCall, Plan, Usage
from ._wrt import (
    PENDING,
    Func,
    Global,
    Instance,
    Memory,
    Module,
    Ref,
    Snapshot,
    Store,
    Table,
    Tag,
    Task,
    Wasi,
    __version__,
    plan,
    validate,
    wat,
)

__all__ = [
    "PENDING",
    "BoundsError",
    "BudgetError",
    "BusyError",
    "ClosedError",
    "Error",
    "Exit",
    "ExportType",
    "Exports",
    "Frame",
    "Func",
    "FuncType",
    "Global",
    "GuestException",
    "Hot",
    "ImportType",
    "Instance",
    "Interrupted",
    "InvalidError",
    "Limits",
    "LinkError",
    "Linker",
    "MalformedError",
    "Memory",
    "Module",
    "OutOfFuel",
    "Pending",
    "PendingCall",
    "Plan",
    "Profile",
    "Ref",
    "Snapshot",
    "StateError",
    "Store",
    "Table",
    "Tag",
    "Task",
    "Trap",
    "TypeMismatchError",
    "UnsupportedError",
    "Usage",
    "Wasi",
    "__version__",
    "plan",
    "validate",
    "wat",
]
