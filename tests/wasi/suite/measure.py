"""Measures real programs beside other runtimes: processor time to the end of a script, and the peak of resident memory.

Owns how each runtime is started and what is counted. Seconds are those of the processor, on all cores, which other work
on the machine does not lengthen much. wrtd and wasmi are whole processes. wasmtime is the package of
PyPI, within an interpreter of Python that has loaded it already: counted is from reading the module to the end of the
guest, and what became resident meanwhile. Runs are interleaved; the median of the rounds counts.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import programs, sides
from .guests import REPOSITORY, TARGET

PLACE = TARGET / "measured"
PEER = "wasmi_cli", "2.0.0"
WASMI = REPOSITORY / "target" / "peers" / "bin" / "wasmi"
ROUNDS = 5
# What a guest runs: a script that does nothing, and one that does what the script of the suite does.
MEASURED = {"python": "py", "ruby": "rb", "php": "php"}


@dataclass
class Runtime:
    """A runtime: how a guest is run on it, and what it does beforehand (`ready`), which is not counted."""

    name: str
    said: str
    command: object
    ready: object = None
    within: bool = False
    # It compiles in each run, which takes much longer than either script: one of them is measured.
    slow: bool = False


def measured(command, folder):
    """Runs a process: (exit code, seconds, bytes at the peak)."""
    with open(folder / "out", "wb") as out:
        child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss << 10


def measured_within(command, folder):
    """The same of a runtime that measures itself."""
    code, _, _ = measured([*command, "--report", folder / "report"], folder)
    report = json.loads((folder / "report").read_text())
    return code, report["seconds"], report["peak"]


def runtimes(wrtd, python):
    """The runtimes that are here."""
    def with_wrtd(module, script):
        return [wrtd, "run", "--wasi", "--fuel", "1T", "--max-memory", "1G", "--wasi-fs", ".:.", "--wasi-env",
                "GREETING=hello", "--wasi-arg", script, module]

    def with_image(module, script):
        return with_wrtd(image(module), script)

    def image(module):
        return PLACE / f"{module.stem}.wrti"

    def write_image(module):
        subprocess.run([wrtd, "compile", "-o", image(module), module], check=True, stdout=subprocess.DEVNULL)

    found = [Runtime("wrtd", "fuel and a bound of memory", with_wrtd),
             Runtime("wrtd, image", "the module translated beforehand by `wrtd compile`", with_image, write_image)]
    if WASMI.exists():
        def with_wasmi(*options):
            return lambda module, script: [WASMI, *options, "--dir", ".", "--env", "GREETING=hello", module, script]

        found.append(Runtime("wasmi", "as it comes: functions are translated when they are called first", with_wasmi()))
        found.append(Runtime("wasmi, eager, fuel", "all translated at once, with fuel, as wrtd does",
                             with_wasmi("--compilation-mode", "eager", "--fuel", str(10**12))))
    else:
        print(f"wasmi is skipped, because {WASMI} is not there: cargo install {PEER[0]} --version {PEER[1]} --locked "
              f"--root {WASMI.parent.parent}")
    for target in ("pulley64", "native"):
        def with_wasmtime(kept, target=target):
            return lambda module, script: [python, Path(__file__).with_name("peer.py"), target, kept, module, script,
                                           PLACE / f"{module.stem}-{target}.cwasm"]

        name = {"pulley64": "wasmtime, Pulley", "native": "wasmtime, Cranelift"}[target]
        found.append(Runtime(name, "compiled in the run", with_wasmtime("cold"), within=True, slow=True))
        found.append(Runtime(f"{name}, kept", "compiled beforehand", with_wasmtime("warm"),
                             lambda module, run=with_wasmtime("keep"): subprocess.run(run(module, "-"), check=True),
                             within=True))
    return found


def fresh(name):
    """The folder that a guest gets."""
    folder = PLACE / "granted"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(programs.SCRIPTS / "input.json", folder)
    script = f"{name}.{MEASURED[name]}"
    text = (programs.SCRIPTS / script).read_text().replace('"/work/', '"').replace("'/work/", "'")
    (folder / script).write_text(text.replace('"/work"', '"."').replace("'/work'", "'.'"))
    (folder / f"nothing.{MEASURED[name]}").write_text("")
    return folder, [f"nothing.{MEASURED[name]}", script]


def run(rounds=ROUNDS):
    """Measures, and prints tables; the result is an exit code."""
    why = programs.absent()
    if why:
        print(f"skipped, because {why}")
        return 3
    wrtd, python = sides.find_wrtd(), sides.oracle_python()
    PLACE.mkdir(parents=True, exist_ok=True)
    found = runtimes(wrtd, python)
    tables = {kind: {} for kind in ("start", "work")}
    for program in programs.PROGRAMS:
        if program.name not in MEASURED:
            continue
        for runtime in found:
            if runtime.ready:
                runtime.ready(program.path())
        seen = {(kind, runtime.name): [] for kind in tables for runtime in found}
        for _ in range(rounds):
            for runtime in found:
                for number, kind in enumerate(list(tables)[: 1 if runtime.slow else 2]):
                    folder, scripts = fresh(program.name)
                    command = runtime.command(program.path(), scripts[number])
                    code, seconds, peak = (measured_within if runtime.within else measured)(command, folder)
                    expected = 0 if kind == "start" else 7
                    if code != expected:
                        print(f"{runtime.name} ends {program.name} ({kind}) with {code} and not {expected}",
                              file=sys.stderr)
                    else:
                        seen[kind, runtime.name].append((seconds, peak))
        for (kind, name), values in seen.items():
            tables[kind].setdefault(program.name, {})[name] = values
    for kind, said in (("start", "A script that does nothing"), ("work", "The script of the suite")):
        print(f"\n{said}: seconds, over wrtd's; MiB at the peak, over wrtd's\n")
        show(tables[kind], found)
    return 0


def show(table, found):
    """A table in Markdown."""
    print("| runtime | " + " | ".join(f"{name}: s | | MiB | " for name in table) + "|")
    print("|---|" + "---|" * 4 * len(table))
    for runtime in found:
        cells = []
        for columns in table.values():
            first, values = columns["wrtd"], columns[runtime.name]
            if not values or not first:
                cells += ["-"] * 4
                continue
            for at, unit, form in ((0, 1, ".3f"), (1, 1 << 20, ".1f")):
                middle = statistics.median(value[at] for value in values)
                least = statistics.median(value[at] for value in first)
                cells += [format(middle / unit, form), format(middle / least, ".2f")]
        print(f"| {runtime.name} | " + " | ".join(cells) + " |")
