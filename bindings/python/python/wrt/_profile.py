"""Where a call spends its fuel: samples at the ends of slices of fuel, the same on every machine and in every run."""

from typing import TYPE_CHECKING, Any, NamedTuple

from ._errors import Pending, OutOfFuel
from ._html import bar, table

if TYPE_CHECKING:
    from ._wrt import Task


class Hot(NamedTuple):
    """What one function spent, in instructions."""

    name: str
    own: int
    """Itself."""
    total: int
    """With what it called."""


class Profile(NamedTuple):
    """Where a call spent its fuel: `Instance.profile` makes it."""

    fuel: int
    """Instructions in all."""
    every: int
    """Instructions between two samples."""
    samples: int
    stacks: dict[tuple[str, ...], int]
    """Instructions by stack, the outermost function first."""
    result: Any
    """What the call gave."""

    @property
    def functions(self) -> list[Hot]:
        """What each function spent, the most expensive first."""
        own: dict[str, int] = {}
        total: dict[str, int] = {}
        for stack, fuel in self.stacks.items():
            own[stack[-1]] = own.get(stack[-1], 0) + fuel
            for name in set(stack):
                total[name] = total.get(name, 0) + fuel
        hot = [Hot(name, own.get(name, 0), total[name]) for name in total]
        return sorted(hot, key=lambda h: (-h.own, -h.total, h.name))

    def folded(self) -> str:
        """The stacks as tools for flame graphs read them: a line each, `outer;inner instructions`."""
        return "".join(f"{';'.join(stack)} {fuel}\n" for stack, fuel in sorted(self.stacks.items()))

    def _repr_html_(self) -> str:
        rows = [(hot.name, f"{hot.own:,}", bar(hot.own, self.fuel)) for hot in self.functions]
        return table(f"Profile: {self.fuel:,} instructions", rows)


def profile(task: "Task", every: int, fuel: int | None) -> Profile:
    """Runs a task to its end, with a sample after each `every` instructions."""
    if every < 1:
        raise ValueError("every: expected a number of instructions above 0")
    stacks: dict[tuple[str, ...], int] = {}
    used = samples = 0
    stack: tuple[str, ...] = ()
    with task:
        while True:
            left = every if fuel is None else min(every, fuel - used)
            if left <= 0:
                raise OutOfFuel._made(f"out of fuel after {used} instructions of a profile", status="WRT_FUEL")
            state = task.run(left)
            now = task.usage.fuel_used
            if state == "pending":
                raise Pending._made("a call that waits for an answer cannot be profiled", status="WRT_PENDING")
            if state != "done":
                frames = reversed(task.frames)
                stack = tuple(frame.name or f"function {frame.func}" for frame in frames)
                samples += 1
            # What is spent behind the last sample is the outermost function's.
            charged = (stack if state != "done" else stack[:1]) or (_name(task),)
            stacks[charged] = stacks.get(charged, 0) + now - used
            used = now
            if state == "done":
                return Profile(used, every, samples, stacks, task.result)


def _name(task: "Task") -> str:
    return repr(task).removeprefix("<wrt.Task: ").rsplit(",", 1)[0]
