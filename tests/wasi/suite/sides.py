"""The two sides of a comparison: wasmtime, which is the oracle, and wrtd.

Owns how each is started and how its end is read. Both get the same guest, arguments, environment, standard input and
a fixture of their own; both give an `Outcome`.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from . import fixture, needs
from .guests import REPOSITORY, TARGET

# The oracle: a package of PyPI, and its version. What it leaves open is in differences.txt.
PACKAGE = "wasmtime==50.0.1"
ENVIRONMENT = REPOSITORY / "target" / "wasi-oracle"
# Seconds after which a run counts as one that hangs. No result depends on it otherwise.
PATIENCE = 120
TRAP = 134
# Bytes of a stream up to which it is shown whole; of a longer one, the digest and the end are.
WHOLE = 8000
# How a folder is granted as a copy in memory, large enough for every case.
COPY = "copy=256M:"


class Unavailable(Exception):
    """A side cannot be had here; the text says why."""


@dataclass
class Outcome:
    """What a run can be compared by. `end` is `exit N`, `trap`, `refused` or `hangs`; `why` is not compared."""

    end: str
    stdout: bytes
    stderr: bytes
    tree: list
    why: str = ""

    def lines(self):
        """The outcome as lines, which are compared one by one."""
        lines = [f"end: {self.end}"]
        for name, data in (("stdout", self.stdout), ("stderr", self.stderr)):
            if len(data) > WHOLE:
                lines.append(f"{name}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")
                data = data[-WHOLE // 4 :]
            text = data.decode("utf-8", "backslashreplace")
            lines += [f"{name}: {line}" for line in text.splitlines()]
            if text and not text.endswith("\n"):
                lines.append(f"{name} ends within a line")
        return lines + [f"tree: {line}" for line in self.tree]


def oracle_python():
    """The interpreter of the virtual environment that has the oracle; made where it is not there yet.

    Raises Unavailable where there is no venv or the package cannot be had.
    """
    python = ENVIRONMENT / "bin" / "python"
    wanted = PACKAGE.partition("==")[2]
    asked = "from importlib.metadata import version; print(version('wasmtime'))"
    if python.exists():
        found = subprocess.run([python, "-c", asked], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if found.stdout.strip() == wanted:
            return str(python)
    try:
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGE], check=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except (subprocess.CalledProcessError, OSError) as error:
        said = getattr(error, "output", None) or error
        raise Unavailable(f"the oracle, {PACKAGE} of PyPI, cannot be installed: {said}") from error
    return str(python)


def find_wrtd():
    """The program under test: WRTD, or the newest that cargo built here."""
    named = os.environ.get("WRTD")
    built = [REPOSITORY / "target" / kind / "wrtd" for kind in ("debug", "release")]
    found = [Path(named)] if named else sorted((p for p in built if p.exists()), key=lambda p: -p.stat().st_mtime)
    if not found or not found[0].exists():
        raise Unavailable("wrtd is not built (cargo build --package wrtd), and WRTD names none")
    asked = subprocess.run([found[0], "run", "--help"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if "--wasi" not in asked.stdout:
        raise Unavailable(f"{found[0]} has no --wasi")
    return str(found[0])


def scene(case, side):
    """A fresh folder for one run of a case: (folder of the run, fixture, grants, file for standard input)."""
    folder = TARGET / "runs" / case.name / side
    shutil.rmtree(folder, ignore_errors=True)
    place = folder / "fixture"
    fixture.build(place, case)
    grants = []
    for path, guest, mutable in case.grants:
        second = path == "@second"
        granted = needs.second_folder(case.name, side) if second else str(fixture.place(place / "root", path))
        grants.append((granted, guest, mutable))
    stdin = None
    if case.stdin is not None:
        stdin = str(folder / "stdin")
        Path(stdin).write_bytes(case.stdin)
    return folder, place, grants, stdin


def start(command, folder, case, within=None):
    """Runs a command with nothing inherited; (exit code or None where it hangs, standard output, standard error)."""
    with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as err:
        into = nobody_reads() if "stdout" in case.closed else out
        try:
            # A session of its own has no terminal, so that none is found by whoever looks for one.
            code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=into, stderr=err, timeout=PATIENCE,
                                  start_new_session=True, preexec_fn=lambda: needs.obey(case.files),
                                  cwd=within, env={"PATH": os.environ["PATH"], "RUST_BACKTRACE": "0"}).returncode
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if into is not out:
                os.close(into)
    return code, (folder / "stdout").read_bytes(), (folder / "stderr").read_bytes()


def nobody_reads():
    """The writing end of a pipe whose other end is closed."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def on_wasmtime(case, guest, python):
    """Runs a case on the oracle."""
    folder, place, grants, stdin = scene(case, "wasmtime")
    job = {"module": str(guest), "args": [guest.name, *case.args], "env": case.env, "stdin": stdin, "grants": grants}
    if case.kept:
        job["kept"] = str(case.kept)
    (folder / "job.json").write_text(json.dumps(job))
    oracle = Path(__file__).with_name("oracle.py")
    command = [python, str(oracle), str(folder / "job.json"), str(folder / "end.json")]
    with fixture.running(place, case):
        code, out, err = start(command, folder, case)
    if code is None:
        return Outcome("hangs", out, err, fixture.describe(place))
    if code != 0:
        raise RuntimeError(f"{case.name}: the oracle's process ended with {code}: {err.decode(errors='replace')}")
    ended = json.loads((folder / "end.json").read_text())
    return Outcome(ended["end"], out, err, fixture.describe(place), ended["why"])


def granting(case, wrtd, grants, stdin, options=(), memory=False):
    """The command that runs a case on wrtd, without the module."""
    command = [wrtd, "run", "--wasi", *case.options, *options]
    for path, name, mutable in grants:
        command += ["--wasi-fs", f"{COPY if memory else ''}{path}:{name}{'' if mutable else ':ro'}"]
    for name, value in case.env:
        command += ["--wasi-env", f"{name}={value}"]
    for text in case.args:
        command += ["--wasi-arg", text]
    return [*command, "--wasi-stdin", stdin] if stdin else command


def on_wrtd(case, guest, wrtd, side="wrtd", options=(), memory=False):
    """Runs a case on wrtd, in a folder that is called after the side; with `memory` on copies of its folders, in which
    case its tree is what has changed in them."""
    folder, place, grants, stdin = scene(case, side)
    command = [*granting(case, wrtd, grants, stdin, options, memory), str(guest)]
    return on_wrtd_in(folder, place, command, case, changed if memory else None)


def on_wrtd_in(folder, place, command, case, describe=None):
    """Runs wrtd in a folder that is there already."""
    with fixture.running(place, case):
        code, out, err = start(command, folder, case)
    tree = describe(case, place) if describe else fixture.describe(place)
    if code is None:
        return Outcome("hangs", out, err, tree)
    end, err, why = read_end(code, err)
    return Outcome(end, out, err, tree, why)


def changed(case, place):
    """What is different in a folder from the fixture as it was built."""
    _, untouched, _, _ = scene(case, "untouched")
    before, after = fixture.describe(untouched), fixture.describe(place)
    return [f"gone: {line}" for line in before if line not in after] + \
           [f"came: {line}" for line in after if line not in before]


def read_end(code, err):
    """How wrtd ended, from its exit code and the line that it adds to standard error: (end, guest's part, the line)."""
    if code < 0:
        return f"killed by signal {-code}", err, ""
    for word, ends in (("trap", code == TRAP), ("refused", code == 1)):
        at = last_own_line(err)
        if ends and at is not None:
            return word, err[:at], err[at:].decode(errors="replace")
    return f"exit {code}", err, ""


def last_own_line(err):
    """Where the part of standard error begins that is wrtd's own message; None where there is none."""
    at = 0
    for line in err.splitlines(keepends=True):
        if line.startswith((b"wrtd: ", b"error")):
            return at
        at += len(line)
    return None


if __name__ == "__main__":
    sys.exit("run.py is what runs the suite")
