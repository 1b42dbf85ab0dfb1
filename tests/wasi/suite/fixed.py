"""Fixed arenas against memory that grows: a case on `wrtd run --wasi`, as usual and with --no-std.

Owns what must be the same: how the run ends, both streams and the folder, as against the oracle, and besides what
--json-file says: results, errors, fuel, peaks, the plan, the hash of the whole state. The usual run is made twice. What
is not the same in both, such as the state of a guest that has seen the number of an inode, is not compared; that such
are few is. Shows CLI-3.
"""
import json

from . import differences, sides
from .guests import TARGET

# The same time and randomness in every run. Without a maximum a fixed memory could not grow, the other one could.
OPTIONS = ["--wasi-clock", "deterministic", "--wasi-random-seed", "1", "--max-memory", "64M"]
SIDES = (("usual", []), ("again", []), ("fixed", ["--no-std"]))
# The arena is as large as it must be, the reservation as it may be.
APART = ("usage.memory_reserved",)
# What tells most, and the share of the cases in which it must be the same each time.
TELLING = ("state_hash", "usage.fuel_used")
SHARE = 0.5


def flat(value, name=""):
    """A JSON value as pairs of a path and what stands there."""
    if not isinstance(value, dict):
        return {name: value}
    return {path: leaf for key in value for path, leaf in flat(value[key], f"{name}.{key}".lstrip(".")).items()}


def unlike(reports):
    """What the reports differ in, as lines, and whether all that tells most could be compared."""
    usual, again, fixed = (flat(reports[side]) for side, _ in SIDES)
    names = [name for name in dict.fromkeys([*usual, *fixed]) if name not in APART]
    steady = [name for name in names if usual.get(name) == again.get(name)]
    lines = [f"{name}: {usual.get(name)} as usual, {fixed.get(name)} in fixed arenas"
             for name in steady if usual.get(name) != fixed.get(name)]
    return lines, all(name in steady for name in TELLING)


def compare(case, guest, wrtd):
    """Runs a case; (what differs, as lines; whether state and fuel were compared)."""
    outcomes, reports = {}, {}
    for side, more in SIDES:
        report = TARGET / "runs" / case.name / f"{side}.json"
        report.parent.mkdir(parents=True, exist_ok=True)
        report.unlink(missing_ok=True)
        options = [*OPTIONS, *more, "--json-file", str(report)]
        outcomes[side] = sides.on_wrtd(case, guest, wrtd, side, options)
        reports[side] = json.loads(report.read_text()) if report.exists() else {}
    names = {"wasmtime": "as usual", "wrtd": "in fixed arenas"}
    lines = [f"{names[side]}: {line}" for side, line in differences.differing(outcomes["usual"], outcomes["fixed"])]
    unequal, told = unlike(reports)
    if not reports["usual"]:
        unequal.append("there is no report")
    return lines + unequal, told


def too_few(told, cases):
    """What is wrong where too few cases could be compared to the last byte; None where it is enough."""
    if told >= SHARE * cases:
        return None
    return f"state and fuel were compared in {told} of {cases} cases, which is too few to show anything"
