#!/usr/bin/env python3
"""Checks by gcov that every function of the C++ header that was compiled into the tests was executed.

    executed.py FILE.gcov.json.gz...
"""

import gzip
import json
import sys


def main():
    counts = {}
    for path in sys.argv[1:]:
        with gzip.open(path, "rt") as file:
            for source in json.load(file)["files"]:
                name = source["file"]
                if "include/wrt/" not in name:
                    continue
                for function in source["functions"]:
                    # Instances of a template are one function.
                    place = (name, function["start_line"], function["start_column"])
                    told = counts.setdefault(place, [0, function["demangled_name"]])
                    told[0] += function["execution_count"]
    missing = sorted(place + (name,) for place, (count, name) in counts.items() if count == 0)
    for name, line, _, function in missing:
        print(f"{name}:{line}: no test executes {function}")
    print(f"{len(counts)} functions, {len(missing)} not executed")
    return 1 if missing or len(counts) < 150 else 0


if __name__ == "__main__":
    sys.exit(main())
