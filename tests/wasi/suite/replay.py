"""Records each case on wrtd, and replays it in an empty folder with nothing granted.

Owns what must be the same: recorded or not, the guest sees the same world; replayed, the run has the same exit code,
standard output and standard error, and by `--json-file` the same results, fuel and hash of the state. A replay that has
left its recording says so by an exit code of its own.
"""
from pathlib import Path

from . import fixture, sides


def complaints(case, guest, wrtd, ours):
    """What is not the same, as lines; `ours` is the outcome of a run that was not recorded."""
    folder, place, grants, stdin = sides.scene(case, "recorded")
    tape = folder / "run.jsonl"
    reports = [Path(folder / "run.json").resolve(), sides.TARGET / "runs" / case.name / "replayed.json"]
    for report in reports:
        report.unlink(missing_ok=True)
    options = ["--json-file", str(reports[0]), "--record", str(tape)]
    command = sides.granting(case, wrtd, grants, stdin, options)
    with fixture.running(place, case):
        recorded = sides.start([*command, str(guest)], folder, case)
    found = []
    if recorded[1] != ours.stdout:
        found.append(f"recorded, standard output is {clip(recorded[1])} and was {clip(ours.stdout)}")
    if fixture.describe(place) != ours.tree:
        found.append("recorded, the folder is another one")
    folder = sides.TARGET / "runs" / case.name / "replayed"
    within = folder / "empty"
    within.mkdir(parents=True, exist_ok=True)
    command = [wrtd, "run", "--wasi", "--json-file", str(reports[1]), "--replay", str(Path(tape).resolve()), str(guest)]
    replayed = sides.start(command, folder, case, within)
    for name, then, now in zip(("exit code", "standard output", "standard error"), recorded, replayed):
        if then != now:
            found.append(f"replayed, {name} is {clip(now)} and was {clip(then)}")
    told = [report.read_text() if report.exists() else None for report in reports]
    if None in told or told[0] != told[1]:
        found.append(f"replayed, the report is {told[1]} and was {told[0]}")
    if any(within.iterdir()):
        found.append("replayed, something was made in the empty folder")
    return found


def clip(value):
    """The end of a value, to be shown."""
    text = repr(value)
    return text if len(text) < 600 else "..." + text[-600:]
