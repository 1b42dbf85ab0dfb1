"""Differences from the oracle on which the specification sides with wrtd, as differences.txt lists them.

An entry is a case with the lines that differ on each side and the quote that decides:

    [CASE]
    wasmtime: LINE      a line of the oracle's outcome that wrtd does not have
    wrtd: LINE          a line that stands there instead
    specification: ...  what the witx, or the text that it refers to, says
    reason: ...         in differences-memory.txt, where wrtd runs on copies in memory: why it is so there

A difference that is listed and does not come up is as wrong as one that is not listed.
"""
import difflib

from .cases import HERE

FILE = HERE / "differences.txt"
MEMORY = HERE / "differences-memory.txt"


def differing(theirs, ours):
    """The lines in which two outcomes differ, as pairs (`wasmtime` or `wrtd`, line)."""
    pairs = []
    for line in difflib.ndiff(theirs.lines(), ours.lines()):
        if line.startswith("- "):
            pairs.append(("wasmtime", line[2:]))
        elif line.startswith("+ "):
            pairs.append(("wrtd", line[2:]))
    return pairs


def in_memory():
    """The pairs where wrtd runs on copies: those of differences.txt without the folder, and those of the copies."""
    entries = {case: [pair for pair in pairs if not pair[1].startswith("tree: ")] for case, pairs in listed().items()}
    return {**entries, **listed(MEMORY)}


def listed(path=FILE):
    """Case to its listed pairs.

    Raises ValueError for a line that is none of these, and for an entry without a quote.
    """
    entries = {}
    quoted = set()
    name = None
    for line in path.read_text().splitlines():
        key, _, value = line.partition(": ")
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            name = line[1:-1]
            entries[name] = []
        elif key in ("wasmtime", "wrtd") and name:
            entries[name].append((key, value))
        elif key in ("specification", "reason") and name:
            quoted.add(name)
        else:
            raise ValueError(f"{path.name}: `{line}` is none of [CASE], wasmtime:, wrtd:, specification:, reason:")
    bare = sorted(set(entries) - quoted)
    if bare:
        raise ValueError(f"{path.name}: neither a specification nor a reason is given for {', '.join(bare)}")
    return entries
