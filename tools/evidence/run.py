#!/usr/bin/env python3
"""Makes the evidence about the engine: runs its parts and prints one line per claim. ASIL-6.

    run.py [PART...] [--ARGUMENT...]    all parts, or those named; arguments go to a part that is named alone

Everything that is made lies in target/evidence. A part whose tool is missing is skipped and says why. Exit status 1
when a claim fails; a claim that is skipped, or only written down ("record"), is no failure, and the closing line
counts them.
"""
import importlib, os, subprocess, sys, time

import common

PARTS = ["requirements", "coverage", "stack", "symbols", "operations", "bom", "reproducible", "records"]


def one(name, arguments):
    """The claims of a part; a part that ends in an error is a claim that fails."""
    try:
        return importlib.import_module(name).main(arguments)
    except common.Skipped as why:
        return [common.Claim(name, "skipped", f"skipped, because {why}", "")]
    except subprocess.CalledProcessError as error:
        sys.stderr.write(error.stderr or "")
        return [common.Claim(name, "fails", f"{error.cmd[0]} ended with {error.returncode}", "")]


def main():
    parts = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    arguments = [argument for argument in sys.argv[1:] if argument.startswith("-")]
    if "--help" in arguments:
        print(__doc__)
        for part in PARTS:
            print(f"{part:<14}{importlib.import_module(part).TITLE}")
        return 0
    unknown = [part for part in parts if part not in PARTS]
    if unknown or arguments and len(parts) != 1:
        print(f"evidence: no part {' '.join(unknown)}; there are {', '.join(PARTS)}" if unknown
              else "evidence: arguments belong to one part, which must be named", file=sys.stderr)
        return 2
    os.chdir(common.ROOT)
    os.makedirs(common.OUT, exist_ok=True)
    claims = []
    for part in parts or PARTS:
        start = time.monotonic()
        found = one(part, arguments)
        common.say(f"{part}: {len(found)} claims, {time.monotonic() - start:.0f} s")
        claims += [(part, claim) for claim in found]
    lines = [f"{'part':<14}{'claim':<62}{'result':<9}{'what was found':<90}file"]
    lines += [f"{part:<14}{c.claim:<62}{c.result:<9}{c.said:<90}{c.file}".rstrip() for part, c in claims]
    count = {kind: sum(c.result == kind for _, c in claims) for kind in ["holds", "fails", "skipped", "record"]}
    lines.append(f"{count['holds']} hold, {count['fails']} fail, {count['skipped']} skipped, {count['record']} recorded")
    print("\n".join(lines))
    if not parts:
        common.write("table.txt", "\n".join(lines) + "\n")
    return 1 if count["fails"] else 0


if __name__ == "__main__":
    sys.exit(main())
