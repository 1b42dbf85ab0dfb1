#!/usr/bin/env python3
"""Counts the instructions of one crossing between embedder and guest, for each runtime and way.

    crossings.py [RUNTIME...]      needs valgrind and a built harness and worker (run.sh); without names:
                                   wrt, wasmi, wasmi-fuel and wasmtime's

A process crosses N times, another 2 N times, and the difference of both counts by N is one crossing: starting, loading
and ending are in both. The loop around calls of the host is measured without the call and subtracted.
"""
import os, re, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
harness = os.path.join(here, "target/release/wrt-bench")
worker = os.path.join(here, "target/peer/wrt-bench-wasmtime")
TIMES = 50_000


def instructions(runtime, way, times):
    binary = worker if runtime.startswith("wasmtime") else harness
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch}/out", "--smc-check=all-non-file",
             binary, "once", "cross", runtime, way, str(times)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("==")]
        raise RuntimeError(lines[0] if lines else f"status {done.returncode}")
    return int(found.group(1))


def crossing(runtime, way):
    return (instructions(runtime, way, 2 * TIMES) - instructions(runtime, way, TIMES)) / TIMES


named = sys.argv[1:] or ["wrt", "wasmi", "wasmi-fuel", "wasmtime-pulley", "wasmtime-winch", "wasmtime-cranelift"]
print("| runtime | empty | two in, one out | host function |\n|---|---|---|---|")
for runtime in named:
    try:
        empty, add, host, bare = (crossing(runtime, way) for way in ("empty", "add", "host", "bare"))
        print(f"| {runtime} | {empty:.0f} | {add:.0f} | {host - bare:.0f} |", flush=True)
    except RuntimeError as e:
        print(f"{runtime} is left out: {e}", file=sys.stderr)
