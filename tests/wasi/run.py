#!/usr/bin/env python3
"""Runs preview-1 cases and real programs: each on wasmtime, which is the oracle, and on `wrtd run --wasi`.

Compared are how a run ends, standard output, standard error, and the state of its folder afterwards. Nothing that is
expected is written down: the oracle runs each time. Real programs (program-NAME) run within bounds, twice, and with too
little fuel and memory besides. The exit code is 1 where a case fails, 3 where all are skipped.

With `--files memory` wrtd gets copies of the folders in memory: all must be the same, and the folders untouched. With
--fixed each case runs on wrtd alone, as usual and in fixed arenas, and nothing may differ. With --replay each is recorded
too, and replayed in an empty folder. Shows WASI-1, WASI-4 and CLI-3.
"""
import argparse
import fnmatch
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
from suite import (abi, cases, coverage, differences, fixed, guests, measure, needs, programs, prove, replay,  # noqa: E402
                   sides)

WITX = Path(os.environ.get("WRT_SUITES", guests.REPOSITORY.parent / "shared/suites")) / "wit/preview1"


def options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", metavar="NAME", help="only this case; * and ? stand for others")
    parser.add_argument("--oracle-only", action="store_true", help="run wasmtime alone, and check the cases' claims")
    parser.add_argument("--fixed", action="store_true", help="compare wrtd with itself in fixed arenas (--no-std)")
    parser.add_argument("--files", choices=("host", "memory"), default="host",
                        help="what wrtd runs on: the folders (host), or copies of them in memory; else host")
    parser.add_argument("--list", action="store_true", help="list the cases with what each shows")
    parser.add_argument("--json", metavar="FILE", help="write every outcome into a file (- for standard output)")
    parser.add_argument("--coverage", action="store_true", help="write coverage.txt, instead of comparing with it")
    parser.add_argument("--prove", action="store_true", help="show that altered outcomes are found; runs no case")
    parser.add_argument("--replay", action="store_true",
                        help="record each case on wrtd too, and replay it in an empty folder")
    parser.add_argument("--measure", action="store_true", help="measure real programs beside other runtimes, instead")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="cases that run at once (1)")
    parser.add_argument("--show", action="store_true", help="print the oracle's outcome of every case")
    return parser.parse_args()


def chosen(every, names):
    """The cases, or checks of programs, that were asked for."""
    return [case for case in every if not names or any(fnmatch.fnmatchcase(case.name, name) for name in names)]


def perform(case, python, wrtd, listed, asked):
    """Runs one case; (`passed`, `failed` or `skipped`, lines that say why, the oracle's outcome, wrtd's)."""
    lacking = needs.lacking(case)
    if lacking:
        return "skipped", [lacking], None, None
    try:
        theirs_guest = guests.build(case, python, abi.PREVIEW1)
        ours_guest = guests.build(case, python, case.module)
    except guests.Missing as missing:
        return "skipped", [str(missing)], None, None
    except (guests.Broken, ValueError) as broken:
        return "failed", str(broken).splitlines(), None, None
    theirs = sides.on_wasmtime(case, theirs_guest, python)
    missing = coverage.unseen(case.sees, theirs)
    if missing:
        why = [f"the oracle does not show `{claim}`, which the head claims" for claim in missing]
        return "failed", [*why, *theirs.lines(), *([theirs.why] if theirs.why else [])], theirs, None
    if wrtd is None:
        return "passed", [], theirs, None
    memory = asked.files == "memory"
    ours = sides.on_wrtd(case, ours_guest, wrtd, "memory" if memory else "wrtd", memory=memory)
    if memory:
        theirs.tree = []
    found = differences.differing(theirs, ours)
    allowed = listed.get(case.name.removesuffix("-unstable"), [])
    if found == allowed:
        unlike = replay.complaints(case, ours_guest, wrtd, ours) if asked.replay else []
        return "failed" if unlike else "passed", unlike, theirs, ours
    why = [f"{side}: {line}" for side, line in found] or ["a difference is listed that is not there"]
    return "failed", [*why, *([f"({ours.why.strip()})"] if ours.why else [])], theirs, ours


def in_fixed_arenas(run, python, wrtd, jobs):
    """Runs the cases on wrtd alone, as usual and in fixed arenas; the result is the exit code."""
    def one(case):
        lacking = needs.lacking(case)
        if lacking:
            return "skipped", [lacking], False
        try:
            guest = guests.build(case, python, case.module)
        except guests.Missing as missing:
            return "skipped", [str(missing)], False
        except (guests.Broken, ValueError) as broken:
            return "failed", str(broken).splitlines(), False
        why, told = fixed.compare(case, guest, wrtd)
        return "failed" if why else "passed", why, told

    counts = {"passed": 0, "failed": 0, "skipped": 0}
    compared = 0
    with ThreadPoolExecutor(jobs) as pool:
        for case, (verdict, why, told) in zip(run, pool.map(one, run)):
            counts[verdict] += 1
            compared += told
            if verdict != "passed":
                print("\n    ".join([f"{verdict}: {case.name}: {case.shows}", *why]), flush=True)
    needs.clean()
    print(", ".join(f"{number} {verdict}" for verdict, number in counts.items()) + f"; {compared} to the last byte")
    complaint = fixed.too_few(compared, len(run) - counts["skipped"])
    if complaint:
        print(f"failed: {complaint}")
    if counts["failed"] or complaint:
        return 1
    return 3 if counts["skipped"] == len(run) else 0


def perform_program(check, absent, python, wrtd):
    """Runs one check of a real program; what `perform` says of a case."""
    if absent or wrtd is None:
        return "skipped", [absent or "skipped, because --oracle-only was given"], None, None
    why, theirs, ours = programs.perform(check, python, wrtd)
    return "failed" if why else "passed", why, theirs, ours


def record(case, verdict, why, theirs, ours):
    """What --json holds of one case."""
    return {"case": case.name, "shows": case.shows, "verdict": verdict, "why": why,
            "wasmtime": theirs.lines() if theirs else None, "wrtd": ours.lines() if ours else None}


def whole_suite_complaints(seen, skipped, write):
    """What is wrong with the suite as a whole: gaps of coverage, a stale coverage.txt, a list unlike the witx."""
    complaints = seen.gaps(skipped)
    if skipped:
        print("note: coverage.txt is neither written nor compared, because cases were skipped")
    elif write:
        coverage.FILE.write_text(seen.text())
    elif not coverage.FILE.exists() or coverage.FILE.read_text() != seen.text():
        complaints.append("coverage.txt is not what this run saw; --coverage writes it")
    if WITX.is_dir():
        complaints += [f"suite/abi.py and the witx differ: {line}" for line in abi.check(WITX)]
    else:
        print(f"note: {WITX} is not here, so suite/abi.py is not compared with the witx texts (WRT_SUITES)")
    return complaints


def main():
    """Runs what was asked for; the result is the exit code."""
    asked = options()
    if asked.prove:
        missed = prove.unfound()
        count = len(prove.ALTERED) + len(prove.REPORTS)
        print("\n".join(missed) or f"{count} alterations and {len(prove.FALSE_CLAIMS)} false claims found")
        return 1 if missed else 0
    if asked.measure:
        return measure.run()
    run, checks = chosen(cases.every(), asked.case), chosen(programs.every(), asked.case)
    if not run and not checks:
        sys.exit(f"run.py: no case is called {' or '.join(asked.case)}; --list names them")
    memory = asked.files == "memory"
    if memory or asked.fixed or asked.replay:
        run, checks = [case for case in run if case.grants or not memory], []
    if asked.list:
        for case in [*run, *checks]:
            print(f"{case.name:40} {case.shows}")
        return 0
    os.umask(0o022)
    try:
        python = sides.oracle_python()
        wrtd = None if asked.oracle_only else sides.find_wrtd()
    except sides.Unavailable as why:
        print(f"0 passed, 0 failed, {len(run) + len(checks)} skipped: {why}")
        return 3
    if asked.fixed:
        return in_fixed_arenas(run, python, wrtd, asked.jobs)
    listed = differences.in_memory() if memory else differences.listed()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    seen = coverage.Coverage()
    records, skipped = [], []
    with ThreadPoolExecutor(asked.jobs) as pool:
        absent = programs.absent() if checks else None
        if absent:
            print(f"real programs are skipped, because {absent}")
        results = chain(pool.map(lambda case: perform(case, python, wrtd, listed, asked), run),
                        pool.map(lambda check: perform_program(check, absent, python, wrtd), checks))
        for case, (verdict, why, theirs, ours) in zip(chain(run, checks), results):
            counts[verdict] += 1
            if verdict == "skipped" and case in run:
                skipped.append(case)
            if verdict != "passed":
                print("\n    ".join([f"{verdict}: {case.name}: {case.shows}", *why]), flush=True)
            elif asked.show:
                print("\n    ".join([f"{case.name}: {case.shows}", *(theirs or ours).lines()]), flush=True)
            if theirs and case in run:
                seen.add(case, theirs)
            records.append(record(case, verdict, why, theirs, ours))
    needs.clean()
    complaints = []
    if not asked.case:
        # Copies cover what the folders do.
        complaints = [] if memory else whole_suite_complaints(seen, skipped, asked.coverage)
        unknown = set(listed) - {case.name for case in cases.every()}
        complaints += [f"differences.txt lists {name}, which is no case" for name in sorted(unknown)]
    for line in complaints:
        print(f"failed: {line}")
    if asked.json:
        text = json.dumps(records, indent=1)
        print(text) if asked.json == "-" else Path(asked.json).write_text(text + "\n")
    print(", ".join(f"{number} {verdict}" for verdict, number in counts.items()))
    if counts["failed"] or complaints:
        return 1
    return 3 if counts["skipped"] == len(run) + len(checks) else 0


if __name__ == "__main__":
    sys.exit(main())
