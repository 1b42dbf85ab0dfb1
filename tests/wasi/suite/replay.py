"""Records each case on wrtd, and replays it in an empty folder with nothing granted.

Owns what must be the same: recorded or not, the guest sees the same world; replayed, the run has the same exit code,
standard output and standard error, and by `--json` the same results, fuel and hash of the state. A replay that has
left its recording says so by an exit code of its own.
"""
from pathlib import Path

from . import fixture, sides


def complaints(case, guest, wrtd, ours):
    """What is not the same, as lines; `ours` is the outcome of a run that was not recorded."""
    folder, place, grants, stdin = sides.scene(case, "recorded")
    tape = folder / "run.jsonl"
    # Nobody reads the object either where standard output is closed.
    options = [] if "stdout" in case.closed else ["--json"]
    command = [*sides.granting(case, wrtd, grants, stdin), *options]
    with fixture.running(place, case):
        recorded = sides.start([*command, "--record", str(tape), str(guest)], folder, case)
    found = []
    if not recorded[1].startswith(ours.stdout):
        found.append(f"recorded, standard output begins otherwise: {recorded[1][:200]!r}")
    if fixture.describe(place) != ours.tree:
        found.append("recorded, the folder is another one")
    folder = sides.TARGET / "runs" / case.name / "replayed"
    within = folder / "empty"
    within.mkdir(parents=True, exist_ok=True)
    command = [wrtd, "run", "--wasi", *options, "--replay", str(Path(tape).resolve()), str(guest)]
    replayed = sides.start(command, folder, case, within)
    for name, then, now in zip(("exit code", "standard output", "standard error"), recorded, replayed):
        if then != now:
            found.append(f"replayed, {name} is {clip(now)} and was {clip(then)}")
    if any(within.iterdir()):
        found.append("replayed, something was made in the empty folder")
    return found


def clip(value):
    """The end of a value, to be shown."""
    text = repr(value)
    return text if len(text) < 600 else "..." + text[-600:]
