"""What the cases saw: errno by function and function by errno, read from the guests' reports.

Owns the form of a report (`NAME -> errno`, `NAME does not return`) and the text of coverage.txt, which `run.py
--coverage` writes. An errno that no function gives on the oracle stands in unreachable.txt, with the reason.
"""
import re
from collections import defaultdict

from . import abi, differences
from .cases import HERE

FILE = HERE / "coverage.txt"
UNREACHABLE = HERE / "unreachable.txt"
REPORT = re.compile(rb"^(\w+) -> (\w+)$|^(\w+) (does not return)$", re.M)


def reports(outcome):
    """The pairs (function, errno) that a guest reported; `ends` for the call that does not return."""
    found = []
    for data in (outcome.stdout, outcome.stderr):
        for name, errno, last, _ in REPORT.findall(data):
            pair = (last.decode(), "ends") if last else (name.decode(), errno.decode())
            if pair[0] in abi.FUNCTIONS:
                found.append(pair)
    return found


def unseen(claims, outcome):
    """The claims of a head that an outcome does not bear out."""
    seen = set(reports(outcome))
    lines = outcome.lines()
    missing = []
    for claim in claims:
        first, _, rest = claim.partition(" ")
        if first == "end":
            holds = outcome.end == rest
        elif first in ("stdout", "stderr", "tree"):
            holds = any(line.startswith(f"{first}: ") and rest in line for line in lines)
        else:
            holds = (first, rest) in seen
        if not holds:
            missing.append(claim)
    return missing


def unreachable():
    """Errno to reason, from unreachable.txt."""
    pairs = {}
    for line in UNREACHABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, reason = line.partition(" ")
            pairs[name] = reason.strip()
    return pairs


class Coverage:
    """Collects, case by case, what the oracle's runs showed."""

    def __init__(self):
        self.cases = defaultdict(set)

    def add(self, case, outcome):
        """Notes what one run reported."""
        for pair in reports(outcome):
            self.cases[pair].add(case.name)

    def gaps(self, skipped):
        """Functions and errnos that no case saw though one should, as lines.

        `skipped` are the cases that did not run; what they claim to see counts as seen.
        """
        claimed = {tuple(claim.split()) for case in skipped for claim in case.sees}
        claimed = {pair for pair in claimed if len(pair) == 2 and pair[0] in abi.FUNCTIONS}
        functions = {name for name, _ in [*self.cases, *claimed]}
        errnos = {errno for _, errno in [*self.cases, *claimed]}
        excused = unreachable()
        lines = [f"no case calls {name}" for name in abi.FUNCTIONS if name not in functions]
        for errno in abi.ERRNOS:
            if errno not in errnos and errno not in excused:
                lines.append(f"no case sees {errno}, and unreachable.txt does not say why")
            if errno in errnos and errno in excused:
                lines.append(f"unreachable.txt lists {errno}, which {min(self.where(errno))} sees")
        return lines

    def where(self, errno):
        """The cases that saw an errno."""
        return set().union(*(names for (_, seen), names in self.cases.items() if seen == errno))

    def text(self):
        """The text of coverage.txt: each function with its errnos and who saw them, then each errno."""
        lines = ["# Written by `tests/wasi/run.py --coverage` from what the guests report on the oracle.",
                 "# FUNCTION  ERRNO  cases: how many, and up to three of them", ""]
        for name in abi.FUNCTIONS:
            for errno in ["ends", *abi.ERRNOS]:
                names = sorted(self.cases.get((name, errno), ()))
                if names:
                    more = ", ..." if len(names) > 3 else ""
                    lines.append(f"{name:24} {errno:12} {len(names):3}: {', '.join(names[:3])}{more}")
        lines += ["", "# ERRNO  functions that gave it, or why none can"]
        excused = unreachable()
        for errno in abi.ERRNOS:
            functions = [name for name in abi.FUNCTIONS if (name, errno) in self.cases]
            lines.append(f"{errno:16} {' '.join(functions) or 'none: ' + excused.get(errno, 'not shown')}")
        lines += ["", "# What wrtd gives instead, where differences.txt lists it: FUNCTION ERRNO  cases"]
        lines += [f"{name:24} {errno:12} {', '.join(cases)}" for (name, errno), cases in listed_pairs()]
        return "\n".join(lines) + "\n"


def listed_pairs():
    """The pairs (function, errno) among wrtd's lines in differences.txt, each with its cases."""
    found = defaultdict(list)
    for name, pairs in differences.listed().items():
        for side, line in pairs:
            told = REPORT.search(line.partition(": ")[2].encode()) if side == "wrtd" else None
            if told and told[1] and name not in found[told[1].decode(), told[2].decode()]:
                found[told[1].decode(), told[2].decode()].append(name)
    return sorted(found.items())
