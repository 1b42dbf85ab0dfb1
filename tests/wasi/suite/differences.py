"""Differences from the oracle on which the specification sides with wrtd, as differences.txt lists them.

An entry is a case with the lines that differ on each side and the quote that decides:

    [CASE]
    wasmtime: LINE      a line of the oracle's outcome that wrtd does not have
    wrtd: LINE          a line that stands there instead
    specification: ...  what the witx, or the text that it refers to, says

A difference that is listed and does not come up is as wrong as one that is not listed.
"""
import difflib

from .cases import HERE

FILE = HERE / "differences.txt"


def differing(theirs, ours):
    """The lines in which two outcomes differ, as pairs (`wasmtime` or `wrtd`, line)."""
    pairs = []
    for line in difflib.ndiff(theirs.lines(), ours.lines()):
        if line.startswith("- "):
            pairs.append(("wasmtime", line[2:]))
        elif line.startswith("+ "):
            pairs.append(("wrtd", line[2:]))
    return pairs


def listed(path=FILE):
    """Case to its listed pairs.

    Raises ValueError for a line that is none of the four, and for an entry without a quote.
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
        elif key == "specification" and name:
            quoted.add(name)
        else:
            raise ValueError(f"{path.name}: `{line}` is none of [CASE], wasmtime:, wrtd:, specification:")
    bare = sorted(set(entries) - quoted)
    if bare:
        raise ValueError(f"{path.name}: no specification is quoted for {', '.join(bare)}")
    return entries
