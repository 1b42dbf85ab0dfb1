"""Shows that the suite can fail: outcomes that are altered in one place each, and whether that is found."""
from dataclasses import replace

from . import coverage, differences, fixed
from .sides import Outcome

TREE = ["root/ mode 755, mtime built", "root/a -> b"]
SAMPLE = Outcome("exit 0", b"fd_close -> badf\n", b"to standard error\n", TREE)
ALTERED = {
    "another end": replace(SAMPLE, end="trap"),
    "another errno": replace(SAMPLE, stdout=b"fd_close -> success\n"),
    "a line more": replace(SAMPLE, stdout=SAMPLE.stdout + b"more\n"),
    "no line break at the end": replace(SAMPLE, stdout=SAMPLE.stdout[:-1]),
    "the streams exchanged": replace(SAMPLE, stdout=SAMPLE.stderr, stderr=SAMPLE.stdout),
    "nothing on standard error": replace(SAMPLE, stderr=b""),
    "an entry more": replace(SAMPLE, tree=[*TREE, "root/c mode 644"]),
    "another time": replace(SAMPLE, tree=["root/ mode 755, mtime run", TREE[1]]),
    "another link": replace(SAMPLE, tree=[TREE[0], "root/a -> c"]),
    "one byte of many": replace(SAMPLE, stdout=b"x" * 20_000 + b"y"),
}
REPORT = {"status": "done", "state_hash": "0x1", "usage": {"fuel_used": 7, "memory_reserved": 1}, "results": []}
REPORTS = {
    "another state": REPORT | {"state_hash": "0x2"},
    "more fuel": REPORT | {"usage": {"fuel_used": 8, "memory_reserved": 1}},
    "a result more": REPORT | {"results": [1]},
    "no state": {key: value for key, value in REPORT.items() if key != "state_hash"},
    "an error": REPORT | {"error": {"kind": "trap"}},
}
FALSE_CLAIMS = ["fd_close success", "fd_read badf", "end exit 1", "stdout something", "stderr fd_close", "tree root/b"]


def unfound():
    """What the suite would not find, as lines."""
    missed = [f"not found: {name}" for name, outcome in ALTERED.items() if not differences.differing(SAMPLE, outcome)]
    if not differences.differing(replace(SAMPLE, stdout=b"x" * 20_001), ALTERED["one byte of many"]):
        missed.append("not found: one byte of many, in a stream that is shown by its digest")
    if differences.differing(SAMPLE, replace(SAMPLE)):
        missed.append("equal outcomes differ")
    reports = {"usual": REPORT, "again": REPORT, "fixed": REPORT | {"usage": {"fuel_used": 7, "memory_reserved": 2}}}
    if fixed.unlike(reports) != ([], True):
        missed.append("equal reports differ")
    missed += [f"not found: {name}" for name, report in REPORTS.items()
               if not fixed.unlike(reports | {"fixed": report})[0]]
    if fixed.unlike(reports | {"again": REPORTS["another state"]}) != ([], False) or not fixed.too_few(1, 3):
        missed.append("not found: a state that is another one in every run")
    missed += [f"believed: {claim}" for claim in FALSE_CLAIMS if not coverage.unseen([claim], SAMPLE)]
    missed += [f"doubted: {claim}" for claim in coverage.unseen(["fd_close badf", "end exit 0", "tree a -> b"], SAMPLE)]
    if not coverage.Coverage().gaps([]):
        missed.append("not found: that no case saw anything")
    return missed
