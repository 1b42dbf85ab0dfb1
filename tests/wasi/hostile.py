#!/usr/bin/env python3
"""Runs modules that mean harm on wrtd: each within bounds of time, memory and fuel, and by every command that reads it.

Each must end by itself and soon, in an exit code that is right for it, with a message and without a panic or a signal,
and must not take more memory than was allowed. The corpus is suite/corpus.py and suite/corpus_wasi.py. The exit code
is 1 where an entry fails, 3 where wrtd is not there. Shows RUN-1, CLI-2 and WASI-4.
"""
import argparse
import fnmatch
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
from suite import corpus, corpus_wasi, harm, sides  # noqa: E402


def options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", metavar="NAME", help="only this entry; * and ? stand for others")
    parser.add_argument("--list", action="store_true", help="list the entries")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="entries that run at once (1)")
    parser.add_argument("--slow", type=float, default=1, metavar="N",
                        help="allow N times the seconds (a debug build: 15)")
    parser.add_argument("--show", action="store_true", help="print every run: exit code, seconds, peak, last line")
    parser.add_argument("--json", metavar="FILE", help="write every run into a file")
    parser.add_argument("--write", nargs=2, metavar=("NAME", "FOLDER"), help="write one entry into a folder, no more")
    return parser.parse_args()


def main():
    """Runs what was asked for; the result is the exit code."""
    asked = options()
    if asked.write:
        harm.write(asked.write[0], Path(asked.write[1]))
        return 0
    wanted = asked.case or ["*"]
    entries = [entry for entry in corpus.CORPUS if any(fnmatch.fnmatchcase(entry.name, name) for name in wanted)]
    if not entries:
        sys.exit(f"hostile.py: no entry is called {' or '.join(wanted)}; --list names them")
    if asked.list:
        print("\n".join(entry.name for entry in entries))
        return 0
    try:
        wrtd = sides.find_wrtd()
    except sides.Unavailable as why:
        print(f"0 passed, 0 failed, {len(entries)} skipped, because {why}")
        return 3
    base = harm.base(wrtd)
    print(f"a module that does nothing takes {base >> 10} KiB at its peak; this and the bounds together may be taken")
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for entry in [entry for entry in entries if entry.lacks and not asked.case]:
        print(f"{entry.name} is skipped, because {entry.lacks}")
        counts["skipped"] += 1
        entries.remove(entry)
    records = []
    with ThreadPoolExecutor(asked.jobs) as pool:
        for entry, runs in zip(entries, pool.map(lambda entry: harm.perform(entry, wrtd, base, asked.slow), entries)):
            wrong = [line for run in runs for line in run.wrong]
            counts["failed" if wrong else "passed"] += 1
            if wrong:
                print("\n    ".join([f"failed: {entry.name}", *wrong]), flush=True)
            if asked.show:
                print("\n    ".join([entry.name, *(run.line() for run in runs)]), flush=True)
            records += [{"case": entry.name, **run.record()} for run in runs]
    if asked.json:
        Path(asked.json).write_text(json.dumps(records, indent=1) + "\n")
    longest = max(records, key=lambda run: run["cpu"])
    largest = max(records, key=lambda run: run["peak"])
    print(f"most processor time: {longest['cpu']:.2f} s ({longest['case']}, {longest['command']}); "
          f"highest peak: {largest['peak'] >> 20} MiB ({largest['case']}, {largest['command']})")
    print(", ".join(f"{number} {verdict}" for verdict, number in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
