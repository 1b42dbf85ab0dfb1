"""Drawings for notebooks and reports, with matplotlib, which is not installed with wrt.

`memory(instance)` draws the memory that an instance has and may have, `fuel(profile)` where a call spent its fuel.
"""

from __future__ import annotations

from typing import Any

from ._profile import Profile
from ._wrt import Instance

_COLOURS = ("#4878a8", "#c8d8e8")


def _axes(axes: Any) -> Any:
    if axes is not None:
        return axes
    try:
        from matplotlib import pyplot
    except ImportError as missing:
        raise ImportError("wrt.plot draws with matplotlib; install it: pip install matplotlib") from missing
    return pyplot.subplots(figsize=(8, 3), layout="constrained")[1]


def memory(instance: Instance, *, axes: Any = None) -> Any:
    """Draws the regions of an instance, in bytes: what is in use, before what it may grow to.

    The linear memory grows to its ceiling, the stack to the size that it was given; where the module bounds its depth, to
    what the plan says. axes: where to draw; new ones where none are given. Gives the axes.
    Raises ImportError without matplotlib.
    """
    axes = _axes(axes)
    plan, usage = instance.module.plan, instance.usage
    regions = [("module", plan.module, plan.module), ("instance", plan.instance, plan.instance),
               ("stack", usage.stack_peak, max(plan.stack_min, usage.stack_peak))]
    if plan.memory_min or plan.memory_max:
        regions.append(("linear memory", usage.memory_bytes, instance.memory.ceiling))
    if plan.heap_min:
        regions.append(("heap, at least", plan.heap_min, plan.heap_min))
    names = [name for name, _, _ in regions]
    axes.barh(names, [most for _, _, most in regions], color=_COLOURS[1], label="at most")
    axes.barh(names, [used for _, used, _ in regions], color=_COLOURS[0], label="in use")
    for row, (_, used, most) in enumerate(regions):
        axes.text(max(most, 1), row, f" {used:,} of {most:,}" if most != used else f" {used:,}", va="center")
    # From some hundred bytes to some billion.
    axes.set_xscale("log")
    axes.set_xlim(left=1, right=max(most for _, _, most in regions) * 100)
    axes.set_xlabel("bytes")
    axes.set_title("Memory against its limits")
    axes.invert_yaxis()
    axes.legend(loc="lower right")
    return axes


def fuel(profile: Profile, *, most: int = 20, axes: Any = None) -> Any:
    """Draws where a call spent its fuel: a bar for each function, the most expensive first.

    most: functions to show. axes: where to draw; new ones where none are given. Gives the axes.
    Raises ImportError without matplotlib.
    """
    axes = _axes(axes)
    hot = profile.functions[:most]
    names = [function.name for function in hot]
    axes.barh(names, [function.total for function in hot], color=_COLOURS[1], label="with what it calls")
    axes.barh(names, [function.own for function in hot], color=_COLOURS[0], label="itself")
    axes.set_xlabel("instructions")
    axes.set_title(f"Fuel per function: {profile.fuel:,} instructions in all")
    axes.invert_yaxis()
    axes.legend(loc="lower right")
    return axes
