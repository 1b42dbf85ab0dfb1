#!/usr/bin/env python3
"""Counts the instructions that each program takes in each runtime, over those that it takes in wrt.

    instructions.py [--work FACTOR] [--only A,B] [--json FILE] [RUNTIME...]
                    needs valgrind and a built harness (run.sh); without names: wasmi, wasmi-fuel, silverfir, and wasm3
                    where it is built

A process does a program's work N, another 2 N, and the difference of both counts is the work: starting, loading and
ending are in both. N is that of a quick run, times FACTOR. Counts do not depend on what else the machine does, and say
nothing of how well a processor predicts and overlaps the instructions. A ratio above 1: wrt takes fewer.
"""
import argparse, json, math, os, subprocess, sys
from counted import harness, here, once

root = os.path.join(here, "../..")
BASE = "wrt"


def counted(runtime, path, n):
    """Instructions of a process that does this work once, and the work's result."""
    count, said = once(runtime, "run", path, n)
    return count, int(said.split()[1])


def work(runtime, path, n):
    """Instructions of the work N alone, and the results of N and of 2 N."""
    (single, first), (double, second) = counted(runtime, path, n), counted(runtime, path, 2 * n)
    if double <= single:
        raise RuntimeError(f"{2 * n} takes no more than {n}")
    return double - single, (first & 0xffffffff, second & 0xffffffff)


def programs(only):
    """Name, file and N of each program that is built."""
    for table, folder in (("programs/programs.txt", "target/kernels"), ("work.txt", "target/programs")):
        for line in open(os.path.join(here, table)):
            words = line.split()
            path = os.path.join(root, folder, words[0] + ".wasm") if words and words[0][0] != "#" else ""
            if os.path.exists(path) and (not only or words[0] in only):
                yield words[0], path, int(words[1])


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def built():
    """The runtimes that the harness knows, of those that are asked for without names."""
    for runtime in ("wasmi", "wasmi-fuel", "silverfir", "wasm3"):
        done = subprocess.run([harness, "once", "cross", runtime, "empty", "1"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
        if done.returncode == 0:
            yield runtime


arguments = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
arguments.add_argument("--work", type=float, default=1.0)
arguments.add_argument("--only", type=lambda text: text.split(","), default=[])
arguments.add_argument("--json")
arguments.add_argument("runtimes", nargs="*")
arguments = arguments.parse_args()
if not os.path.exists(harness):
    sys.exit("instructions: no harness is built; ./dev bench --help builds one")
chosen = list(programs(arguments.only))
missing = sorted(set(arguments.only) - {name for name, _, _ in chosen})
if missing or not chosen:
    sys.exit(f"instructions: not built, or no program: {', '.join(missing) or 'any'}; ./dev bench builds all")
named = [BASE] + [name for name in arguments.runtimes or built() if name != BASE]
counts = {}
print(f"| program | N | {BASE}, million | " + " | ".join(named[1:]) + " |")
print("|---" * (len(named) + 2) + "|")
for name, path, n in chosen:
    n = max(1, round(n * arguments.work))
    row, wanted = counts.setdefault(name, {}), None
    for runtime in named:
        try:
            row[runtime], results = work(runtime, path, n)
            wanted = wanted or results
            if results != wanted:
                raise RuntimeError(f"the results are {results}, not {wanted}")
        except RuntimeError as e:
            row.pop(runtime, None)
            print(f"{name}: {runtime} is left out: {e}", file=sys.stderr)
    if BASE in row:
        ratios = [f"{row[other] / row[BASE]:.3f}" if other in row else "-" for other in named[1:]]
        print(f"| {name} | {n} | {row[BASE] / 1e6:.1f} | " + " | ".join(ratios) + " |", flush=True)
means = {}
for other in named[1:]:
    ratios = [row[other] / row[BASE] for row in counts.values() if BASE in row and other in row]
    if ratios:
        means[other] = mean(ratios)
shown = [f"{means[other]:.3f}" if other in means else "-" for other in named[1:]]
# Behind a mean, over how many programs it is where a runtime does not run all.
for i, other in enumerate(named[1:]):
    ran = sum(other in row for row in counts.values())
    shown[i] += f" ({ran})" if ran < len(counts) else ""
print(f"| geometric mean | | | " + " | ".join(shown) + " |")
if arguments.json:
    with open(arguments.json, "w") as out:
        json.dump({"instructions": counts, "geomean_vs_wrt": means}, out, indent=2)
        out.write("\n")
