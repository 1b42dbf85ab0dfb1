"""Runs one entry of the hostile corpus by every command that reads modules, and says what was wrong.

Owns the bounds. Seconds are those of the processor, which other work on the machine does not lengthen; the clock on the
wall only tells a run that hangs. The peak is that of pages that were resident, as the kernel counts it for the process.
"""
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from . import corpus
from .cases import HERE
from .guests import REPOSITORY

PLACE = REPOSITORY / "target" / "hostile"
MIB = 1 << 20
# What every run is allowed beside what a module takes that does nothing. Objects and exceptions lie in a region that is
# as large as the memory here; no entry fills both.
MEMORY = 64 * MIB
OPTIONS = ["--max-memory", "64M", "--stack", "16M", "--timeout", "1s"]
# Bytes for each byte of a file: its own, those of what it is translated to, and what a load takes meanwhile. `compile`
# has the image three times, to check it; text is parsed into a tree.
LOADING = {"compile": 16, "inspect": 48}
LOADED, PARSED = 8, 64
SLACK = 4 * MIB
SECONDS = 2.0
PATIENCE = 10
# Bytes that may be said on each stream, apart from what a guest writes itself; `inspect` lists what is there, and says
# this many for each byte of the file besides.
SAID, LISTED = 64 << 10, 64
RUNS = {
    "run until the time is over": ["run", "--fuel", "1T", *OPTIONS],
    "run until the fuel is spent": ["run", "--fuel", "20M", *OPTIONS],
    "validate": ["validate"],
    "plan": ["plan"],
    "inspect": ["inspect"],
    "compile": ["compile", "-o", "@image"],
}


@dataclass
class Run:
    """What came of one command; `wrong` has lines for what must not be."""

    command: str
    code: int
    cpu: float
    wall: float
    peak: int
    last: str
    wrong: list = field(default_factory=list)

    def line(self):
        """It as text."""
        return (f"{self.command}: {self.code}, {self.cpu:.2f} s of {self.wall:.2f} s, {self.peak >> 10} KiB"
                f"{': ' if self.last else ''}{self.last[:160]}")

    def record(self):
        """What --json holds of it."""
        return {"command": self.command, "code": self.code, "cpu": self.cpu, "wall": self.wall, "peak": self.peak,
                "last": self.last[:400]}


def start(command, folder, file_limit, patience):
    """Runs a command: (exit code, seconds of the processor, seconds, peak, the beginning of standard output
    and of standard error, bytes of the longer one)."""
    if file_limit:
        command = ["sh", "-c", f"ulimit -f {file_limit // 512}; exec \"$0\" \"$@\"", *command]
    reading, writing = os.pipe()
    out = open(folder / "stdout", "w+b") if "run" not in command else open(os.devnull, "r+b")
    with out, open(folder / "stderr", "w+b") as err:
        began = time.monotonic()
        child = subprocess.Popen(command, stdin=reading, stdout=out, stderr=err, start_new_session=True,
                                 env={"PATH": os.environ["PATH"], "RUST_BACKTRACE": "0"})
        killer = threading.Timer(patience, child.kill)
        killer.start()
        _, status, used = os.wait4(child.pid, 0)
        killer.cancel()
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        os.close(reading)
        os.close(writing)
        texts, said = [], 0
        for stream in (out, err):
            said = max(said, os.fstat(stream.fileno()).st_size)
            stream.seek(0)
            texts.append(stream.read(SAID))
    return child.returncode, used.ru_utime + used.ru_stime, wall, used.ru_maxrss << 10, *texts, said


def folder_for(name):
    """A fresh folder."""
    folder = PLACE / name
    remove(folder)
    (folder / "granted").mkdir(parents=True)
    return folder


def remove(folder):
    """Removes a folder. A guest may have made one that is too deep for a function that calls itself."""
    subprocess.run(["rm", "-rf", folder], check=True)


def own():
    """Bytes that this process had resident at its peak. What it starts begins with them, and is counted from there."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def base(wrtd):
    """Bytes of a run of a module that does nothing, at their peak."""
    folder = folder_for("base")
    file = folder / "empty.wat"
    file.write_text('(module (memory 0) (func (export "_start")))')
    peaks = [start([wrtd, *RUNS["run until the time is over"], str(file)], folder, None, PATIENCE)[3] for _ in range(3)]
    return max(peaks)


def write(name, folder):
    """Writes the entry of a name as a file."""
    made = next(entry for entry in corpus.CORPUS if entry.name == name).make()
    path = folder / ("module.wat" if isinstance(made, str) else "module.wasm")
    path.write_bytes(made.encode() if isinstance(made, str) else made)


def written(name, folder):
    """The path of an entry that another process has written, so that this one stays small."""
    subprocess.run([sys.executable, HERE / "hostile.py", "--write", name, folder], check=True)
    return next(folder.glob("module.*"))


def perform(entry, wrtd, first, slow):
    """The runs of one entry."""
    folder = folder_for(entry.name)
    path = written(entry.name, folder)
    size = path.stat().st_size
    runs = []
    for title, words in RUNS.items():
        words = [str(folder / "image") if word == "@image" else word for word in words]
        runs_it = words[0] == "run"
        if runs_it:
            remove(folder / "granted")
            (folder / "granted").mkdir()
            wasi = ["--wasi", "--wasi-fs", f"{folder / 'granted'}:/"] if entry.wasi else []
            words += wasi + ["-" if word == "@pipe" else word for word in entry.options]
        command, patience = [wrtd, *words, str(path)], PATIENCE * max(1, slow / 3)
        code, cpu, wall, peak, out, err, said = start(command, folder, entry.file_limit, patience)
        if title == "inspect":
            said -= size * LISTED
        text = (out + b"\n" + err).decode(errors="replace").strip()
        run = Run(title, code, cpu, wall, peak, text.splitlines()[-1] if text else "")
        loading = PARSED if path.suffix == ".wat" else LOADING.get(title, LOADED)
        allowed = max(first, own()) + SLACK + size * loading + (MEMORY + entry.beyond if runs_it else 0)
        run.wrong = wrong(run, entry, runs_it, allowed, slow, out, err, said)
        runs.append(run)
    remove(folder)
    return runs


def wrong(run, entry, runs_it, allowed, slow, out, err, said):
    """What must not be, as lines."""
    lines = []
    if run.code < 0:
        hangs = run.code == -signal.SIGKILL and run.wall >= PATIENCE
        lines.append("hangs" if hangs else f"killed by {signal.Signals(-run.code).name}")
    elif run.code not in (entry.ends if runs_it else (0, 1)):
        lines.append(f"ends with {run.code}: {run.last[:200]}")
    if b"panicked" in err:
        lines.append(f"panics: {err.decode(errors='replace')[:300]}")
    if run.code > 0 and not out and not err:
        lines.append("says nothing")
    if run.code > 0 and runs_it and entry.says not in err.decode(errors="replace"):
        lines.append(f"does not say `{entry.says}`")
    if run.cpu > SECONDS * slow:
        lines.append(f"takes {run.cpu:.2f} s of the processor")
    if run.peak > allowed:
        lines.append(f"takes {run.peak >> 20} MiB, of {allowed >> 20} MiB that it may")
    if said > SAID:
        lines.append("says more than anybody reads")
    return [f"{run.command}: {line}" for line in lines]
