"""Records each case on wrtd, and replays it in an empty folder with nothing granted.

Owns what must be the same: recorded or not, the run has the same outcome; replayed, it has the same exit code, standard
output and standard error, and by `--json-file` the fuel and the hash of the state that stand in the recording. A replay that
has left its recording says so by an exit code of its own.
"""
import json
from pathlib import Path

from . import fixture, sides


def complaints(case, guest, wrtd, ours):
    """What is not the same, as lines; `ours` is the outcome of a run that was not recorded."""
    folder, place, grants, stdin = sides.scene(case, "recorded")
    tape = Path(folder / "run.jsonl").resolve()
    command = [*sides.granting(case, wrtd, grants, stdin), "--record", str(tape), str(guest)]
    with fixture.running(place, case):
        recorded = sides.start(command, folder, case)
    found = []
    end, err, why = sides.read_end(recorded[0], recorded[2]) if recorded[0] is not None else ("hangs", b"", "")
    now = sides.Outcome(end, recorded[1], err, fixture.describe(place), why).lines()
    if now != ours.lines():
        found += [f"recorded, there is no `{line}`" for line in ours.lines() if line not in now]
        found += [f"recorded, there is `{line}`" for line in now if line not in ours.lines()]
    if ours.end == "refused":
        return found
    folder = sides.TARGET / "runs" / case.name / "replayed"
    within = folder / "empty"
    within.mkdir(parents=True, exist_ok=True)
    report = Path(folder / "report.json").resolve()
    report.unlink(missing_ok=True)
    command = [wrtd, "run", "--wasi", "--replay", str(tape), "--json-file", str(report), str(guest)]
    replayed = sides.start(command, folder, case, within)
    for name, then, now in zip(("exit code", "standard output", "standard error"), recorded, replayed):
        if then != now:
            found.append(f"replayed, {name} is {clip(now)} and was {clip(then)}")
    if not found:
        told = json.loads(report.read_text())
        then = json.loads(tape.read_bytes().splitlines()[-1])["end"]
        now = {"fuel": str(told["usage"]["fuel_used"]), "state_hash": told["state_hash"]}
        if now != {key: then[key] for key in now}:
            found.append(f"replayed, there is {now} at the end and was {then}")
    if any(within.iterdir()):
        found.append("replayed, something was made in the empty folder")
    return found


def clip(value):
    """The end of a value, to be shown."""
    text = repr(value)
    return text if len(text) < 600 else "..." + text[-600:]
