"""Calls that share the thread with an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ._errors import Error, OutOfFuel, Pending

if TYPE_CHECKING:
    from ._wrt import Task


async def drive(task: Task, fuel: int | None, piece: int) -> Any:
    """Runs a task to its end in slices, and awaits what imported functions returned."""
    if piece < 1:
        raise ValueError("slice: expected a number of instructions above 0")
    with task:
        left = fuel
        while True:
            state = task.run(piece if left is None else min(piece, left))
            if left is not None:
                left = max(left - piece, 0) if state == "fuel" else left
            if state == "done":
                return task.result
            if state == "pending":
                await answer(task)
            elif left == 0:
                used = task.usage.fuel_used
                error = OutOfFuel._made(f"out of fuel after {used} instructions of an async call", status="WRT_FUEL")
                error.frames = task.frames
                raise error
            else:
                await asyncio.sleep(0)


async def answer(task: Task) -> None:
    """Waits for the answer that the task waits for."""
    call = task.pending
    if call is None or call.awaitable is None:
        name = call.name if call else "an import"
        raise Pending._made(f"{name} returned PENDING, which only a Task can wait for; make it an async function",
                            status="WRT_PENDING")
    try:
        value = await call.awaitable
    except Error as thrown:
        # GuestException and Exit are the guest's; everything else is the caller's.
        from ._errors import Exit, GuestException

        if not isinstance(thrown, (Exit, GuestException)):
            raise
        task.fail(thrown)
        return
    complete(task, value)


def complete(task: Task, value: Any) -> None:
    """Answers with what a function returned: None, a value, or several."""
    if value is None:
        try:
            task.complete()
            return
        except TypeError:
            pass
        task.complete(None)
    elif isinstance(value, (tuple, list)):
        task.complete(*value)
    else:
        task.complete(value)
