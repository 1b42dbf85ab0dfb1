"""Counts the instructions of a process of the harness. Used by crossings.py and instructions.py."""
import os, re, subprocess, tempfile

here = os.path.dirname(os.path.abspath(__file__))
harness = os.path.join(here, "target/release/wrt-bench")
worker = os.path.join(here, "target/peer/wrt-bench-wasmtime")


def once(runtime, verb, *words):
    """Instructions of a process that does one thing once (`wrt-bench --help`), and what it prints."""
    binary = worker if runtime.startswith("wasmtime") else harness
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch}/out", "--smc-check=all-non-file",
             binary, "once", verb, runtime, *map(str, words)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("==")]
        raise RuntimeError(lines[0] if lines else f"status {done.returncode}")
    return int(found.group(1)), done.stdout
