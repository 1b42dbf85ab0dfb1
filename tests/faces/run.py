#!/usr/bin/env python3
"""Runs the same modules through every face of wrt (C, C++, Python, Node, wrtd) and compares what came of each call.

    run.py [--prove] [--list] [--show] [--only FACE,...]

Builds nothing: run.sh builds the faces in C and C++ and converts the text of the cases. README.md has the contract of a
face. The face of C is the one that the others are compared with, byte for byte; wrtd says the same in words of its own,
which wrtd.py translates. FACE_C, FACE_CPP, FACE_PYTHON, FACE_NODE and WRTD name commands; what is not named is looked for
where the other tests put it. A face that is not there is skipped aloud, unless it was named.

--prove  changes one field of one answer after the other, and fails unless each change is found
--list   says which faces are here and ends
--show   prints what the face of C says of each case
--only   these faces and that of C: cpp, python, node, wrtd; one that is not there fails
"""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

import wrtd

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/faces"
WORK = ROOT / "target/faces"
OTHERS = ["cpp", "python", "node", "wrtd"]
KEYS = ["plan", "error", "results", "fuel", "stack_peak", "call_depth_peak", "memory_bytes", "frames", "hash"]
PLAN_KEYS = ["load_scratch", "module", "instance", "table_max", "stack_min", "memory_min", "memory_max", "heap_min"]
ERROR_KEYS = ["status", "reason", "offset", "func"]
# Of one run, in seconds; the longest case takes a tenth of it where nothing else runs.
TIMEOUT = 60


class Case:
    """One call: a module, an export, fuel, arguments."""

    def __init__(self, line):
        self.source, self.export, self.fuel, *self.arguments = line.split()
        self.name = " ".join([pathlib.Path(self.source).name, self.export, self.fuel, *self.arguments])
        self.wasm = binary_of(self.source)

    def words(self):
        """What a face is given."""
        return [str(self.wasm), self.export, self.fuel, *self.arguments]


def binary_of(source):
    """Where the binary of a module is: beside it, or converted by run.sh."""
    if source.endswith(".wasm"):
        return ROOT / source
    return WORK / "wasm" / (source.replace("/", "-").removesuffix(".wat") + ".wasm")


def cases():
    """All of cases.txt."""
    lines = (HERE / "cases.txt").read_text().splitlines()
    return [Case(line) for line in lines if line and not line.startswith("#")]


def found(command):
    """Whether a command can be run."""
    return bool(command) and shutil.which(command[0]) is not None


def python_with_wrt():
    """An interpreter that has the module `wrt`, or none."""
    for name in [ROOT / "target/venv/bin/python", "python3", "python"]:
        path = shutil.which(str(name))
        if path and subprocess.run([path, "-c", "import wrt; wrt.Module"], capture_output=True).returncode == 0:
            return path
    return None


def node_with_wrt():
    """Node, with its package where WRT_PACKAGE says or the test of the package has put it."""
    package = os.environ.get("WRT_PACKAGE", str(ROOT / "target/node-user/node_modules/wrt"))
    node = shutil.which("node")
    if not node or not pathlib.Path(package).exists():
        return None
    os.environ["WRT_PACKAGE"] = package
    loads = subprocess.run([node, "-e", "require(process.env.WRT_PACKAGE)"], capture_output=True)
    return node if loads.returncode == 0 else None


def face(name):
    """(command, None) for a face, or (None, why not)."""
    variable = "WRTD" if name == "wrtd" else f"FACE_{name.upper()}"
    if os.environ.get(variable):
        command = shlex.split(os.environ[variable])
        if not found(command):
            sys.exit(f"run.py: {variable} names {command[0]}, which is not there")
        return command, None
    if name in ("c", "cpp"):
        binary = WORK / f"face-{name}"
        return ([str(binary)], None) if binary.exists() else (None, f"there is no {binary.relative_to(ROOT)}; run.sh builds it")
    if name == "wrtd":
        for profile in ["release", "checked", "debug"]:
            binary = ROOT / "target" / profile / "wrtd"
            if binary.exists():
                return [str(binary)], None
        return None, "there is no target/release/wrtd"
    script = HERE / {"python": "face.py", "node": "face.js"}[name]
    if not script.exists():
        return None, f"there is no {script.relative_to(ROOT)}"
    if name == "python":
        path = python_with_wrt()
        return ([path, str(script)], None) if path else (None, "no Python here has the module wrt (pip install ./bindings/python)")
    path = node_with_wrt()
    return ([path, str(script)], None) if path else (None, "the package wrt is not installed for Node (WRT_PACKAGE)")


class Wrong(Exception):
    """An answer that is no answer."""


def ask(command, case):
    """What a face prints of a case: one line."""
    try:
        ran = subprocess.run([*command, *case.words()], capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired as late:
        raise Wrong(f"no answer in {TIMEOUT} s") from late
    if ran.returncode != 0 or ran.stdout.count(b"\n") != 1:
        raise Wrong(f"exit code {ran.returncode}: {(ran.stdout[-300:] + ran.stderr[-500:]).decode(errors='replace').strip()}")
    return ran.stdout.decode().rstrip("\n")


def check_form(line):
    """What every answer must be, whatever is in it."""
    answer = json.loads(line)
    if list(answer) != KEYS or json.dumps(answer, separators=(",", ":")) != line:
        raise Wrong("the keys, their order or the spaces are not those of the contract")
    if answer["plan"] is not None and list(answer["plan"]) != PLAN_KEYS:
        raise Wrong("the plan has other keys than those of the contract")
    error = answer["error"]
    if error is not None and list(error) != ERROR_KEYS:
        raise Wrong("the error has other keys than those of the contract")
    if error is None and answer["frames"] or error is not None and answer["results"]:
        raise Wrong("frames without an error, or results with one")
    return answer


def difference(expected, got):
    """Which keys differ, with both values; empty where none does."""
    said = [f"{key}: {expected[key]!r:.300} in C, here {got.get(key)!r:.300}" for key in KEYS if got.get(key) != expected[key]]
    return "\n".join(said)


class Count:
    """What is summed up at the end."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def ok(self):
        """One more that is as it should be."""
        self.passed += 1

    def bad(self, name, why):
        """One that is not."""
        self.failed += 1
        print(f"FAIL {name}")
        for line in str(why).splitlines():
            print(f"    {line}")

    def skip(self, name, why):
        """One that was not tried."""
        self.skipped += 1
        print(f"skipped {name}, because {why}")

    def close(self):
        """The last line, and the exit code."""
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


def compare(count, name, command, case, line, expected):
    """One face, one case."""
    title = f"{name}: {case.name}"
    try:
        if name == "wrtd":
            got, unsaid = wrtd.ask(command, case, TIMEOUT)
            wrong = difference(wrtd.without(expected, unsaid), wrtd.without(got, unsaid))
        else:
            said = ask(command, case)
            # Byte for byte; the keys are for whoever reads the message.
            wrong = "" if said == line else difference(expected, check_form(said)) or f"C: {line}\nhere: {said}"
    except (Wrong, wrtd.Wrong, ValueError, KeyError) as why:
        wrong = f"{type(why).__name__}: {why}"
    count.bad(title, wrong) if wrong else count.ok()


def run(show, only):
    """Every case through every face, or those that are named."""
    count = Count()
    command, why = face("c")
    if command is None:
        sys.exit(f"run.py: {why}")
    others = []
    for name in only or OTHERS:
        other, why = face(name)
        if other is None and only:
            sys.exit(f"run.py: {why}")
        count.skip(f"the face {name}", why) if other is None else others.append((name, other))
    everything = cases()
    apart = {name: 0 for name, _ in others}
    reasons = set()
    for case in everything:
        try:
            line = ask(command, case)
            expected = check_form(line)
        except (Wrong, ValueError, KeyError) as wrong:
            count.bad(f"c: {case.name}", wrong)
            continue
        count.ok()
        reasons.add((expected["error"] or {}).get("reason"))
        if show:
            print(f"{case.name}\n    {line}")
        for name, other in others:
            if name == "wrtd" and not wrtd.is_asked(case, expected):
                apart[name] += 1
                continue
            compare(count, name, other, case, line, expected)
    for name, many in apart.items():
        if many:
            print(f"{name} was not asked of {many} cases: imports that it does not offer, or a heap of another size")
    modules = len({case.source for case in everything})
    print(f"{modules} modules, {len(everything)} calls, {len(reasons)} ends, faces: {' '.join(['c'] + [n for n, _ in others])}")
    return count.close()


def changed(answer, key):
    """The answer with one field changed."""
    copy = json.loads(json.dumps(answer))
    value = copy[key]
    if isinstance(value, int):
        copy[key] = value + 1
    elif key == "hash":
        copy[key] = value[:-1] + ("0" if value[-1] != "0" else "1")
    elif key == "results":
        copy[key] = value[:-1]
    elif key == "frames":
        value[0][1] += 1
    elif key == "error":
        value["offset"] += 1
    else:
        value["stack_min"] += 8
    return copy


def prove():
    """Shows that a difference in any field is found, in each face's own form."""
    count = Count()
    command, why = face("c")
    if command is None:
        sys.exit(f"run.py: {why}")
    calls = {case.name: case for case in cases()}
    with_results = calls["lanes.wat run 1000000 100"]
    with_frames = calls["trap.wasm run 100000 1"]
    for case, keys in [(with_results, set(KEYS) - {"error", "frames"}), (with_frames, {"error", "frames"})]:
        line = ask(command, case)
        answer = check_form(line)
        for key in sorted(keys):
            text = json.dumps(changed(answer, key), separators=(",", ":"))
            # A face that prints this instead.
            liar = [sys.executable, "-c", f"print({text!r})"]
            told = Count()
            with open(os.devnull, "w", encoding="utf-8") as quiet:
                kept, sys.stdout = sys.stdout, quiet
                try:
                    compare(told, "liar", liar, case, line, answer)
                finally:
                    sys.stdout = kept
            if told.failed == 1:
                print(f"ok   a change of {key} is found")
                count.ok()
            else:
                count.bad(f"a change of {key} is found", "it was not")
    return count.close()


def main():
    """The command line."""
    words = sys.argv[1:]
    only = []
    if "--only" in words[:-1]:
        at = words.index("--only")
        only = words[at + 1].split(",")
        del words[at : at + 2]
    if not set(words) <= {"--prove", "--list", "--show"} or not set(only) <= set(OTHERS):
        sys.exit("usage: run.py [--prove] [--list] [--show] [--only FACE,...]")
    if "--list" in words:
        for name in ["c", *OTHERS]:
            command, why = face(name)
            print(f"{name}: {shlex.join(command) if command else why}")
        return 0
    return prove() if "--prove" in words else run("--show" in words, only)


if __name__ == "__main__":
    sys.exit(main())
