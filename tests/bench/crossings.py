#!/usr/bin/env python3
"""Counts the instructions of one crossing between embedder and guest, for each runtime and way.

    crossings.py [RUNTIME...]      needs valgrind and a built harness and worker (run.sh); without names:
                                   wrt, wasmi, wasmi-fuel and wasmtime's

A process crosses N times, another 2 N times, and the difference of both counts by N is one crossing: starting, loading
and ending are in both. The loop around calls of the host is measured without the call and subtracted.
"""
import sys
from counted import once

TIMES = 50_000


def crossing(runtime, way):
    (many, _), (few, _) = once(runtime, "cross", way, 2 * TIMES), once(runtime, "cross", way, TIMES)
    return (many - few) / TIMES


named = sys.argv[1:] or ["wrt", "wasmi", "wasmi-fuel", "wasmtime-pulley", "wasmtime-winch", "wasmtime-cranelift"]
print("| runtime | empty | two in, one out | host function |\n|---|---|---|---|")
for runtime in named:
    try:
        empty, add, host, bare = (crossing(runtime, way) for way in ("empty", "add", "host", "bare"))
        print(f"| {runtime} | {empty:.0f} | {add:.0f} | {host - bare:.0f} |", flush=True)
    except RuntimeError as e:
        print(f"{runtime} is left out: {e}", file=sys.stderr)
