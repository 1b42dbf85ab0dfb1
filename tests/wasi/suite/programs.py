"""Real programs: the interpreters of Python, Ruby and PHP and the shell of SQLite, as somebody else built them.

Owns what each is given and what is asked of it: the same outcome as on the oracle; the same fuel and state in a second
run, where time and randomness are the run's own; and, where memory or fuel is too small, an end that says so and leaves
the folder as it was. The modules are fetched by tests/bench/modules.sh, which names the package, its version and its
checksum.
"""
import hashlib
import json
import subprocess
from dataclasses import dataclass

from . import differences, sides
from .cases import HERE, Case
from .guests import REPOSITORY, TARGET

SCRIPTS = HERE / "programs"
MODULES = REPOSITORY / "target" / "modules"
FETCH = REPOSITORY / "tests" / "bench" / "modules.sh"
# What every program is held to; none of them needs half of it.
FUEL, MEMORY = "4G", "256M"
# Too little for any of them: below the least memory that a module asks for, and not enough to get to its script.
SMALL_FUEL, SMALL_MEMORY = 20_000, 65_536
OUT_OF_FUEL, REFUSED = 124, 1
# An argument with which the scripts change nothing.
ONLY_READ = "only-read"
SAME_EACH_TIME = ["--wasi-clock", "deterministic", "--wasi-random-seed", "1"]


@dataclass
class Program:
    """A program: its module beneath the fetched ones, its script, and its arguments."""

    name: str
    module: str
    script: str
    args: list
    # What it reads.
    data: str = "input.json"
    stdin: bool = False

    def path(self):
        """Where the module is."""
        return MODULES / self.module


PROGRAMS = [
    Program("python", "python.wasm", "python.py", ["/work/python.py", "one", "two words"]),
    Program("ruby", "ruby.wasm", "ruby.rb", ["/work/ruby.rb", "one", "two words"]),
    Program("php", "php.wasm", "php.php", ["/work/php.php", "one", "two words"]),
    Program("sqlite", "programs/sqlite.wasm", "sqlite.sql", ["-batch"], "input.csv", stdin=True),
]
CHECKS = {
    "": "the same as on the oracle",
    "-again": "a second run with time and randomness of its own is the same, in fuel and in state",
    "-fuel": "with too little fuel it ends, says so, and has changed nothing",
    "-memory": "with too little memory it is refused, says how much it needs, and has changed nothing",
    "-growth": "where memory cannot grow, it ends by itself",
}


@dataclass
class Check:
    """One thing that is asked of a program."""

    program: Program
    kind: str

    @property
    def name(self):
        """What it is called beside the cases."""
        return f"program-{self.program.name}{self.kind}"

    @property
    def shows(self):
        """What it shows."""
        return f"{self.program.name}: {CHECKS[self.kind]}"


def every():
    """Every check of every program."""
    return [Check(program, kind) for program in PROGRAMS for kind in CHECKS]


def absent():
    """Why the programs are not here, or None; they are fetched where that is possible."""
    done = subprocess.run([FETCH], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return None if done.returncode == 0 else done.stdout.strip() or f"{FETCH.name} cannot fetch them"


def text(data):
    """Bytes as the text of a fixture's file."""
    return data.decode().encode("unicode_escape").decode() if data.isascii() else escaped(data)


def escaped(data):
    """Bytes that are not ASCII, each as an escape."""
    return "".join(chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\x{byte:02x}" for byte in data)


def case(program, name, options, oracle=False, only_read=False):
    """A program as a case. With `only_read` it may change nothing, and its script does not try."""
    script = (SCRIPTS / program.script).read_bytes()
    if program.stdin and only_read:
        script = b"".join(line for line in script.splitlines(True) if not line.startswith((b".open", b".output")))
    args = [*program.args, ONLY_READ] if only_read and not program.stdin else program.args
    files = [(program.data, (SCRIPTS / program.data).read_bytes())]
    if not program.stdin:
        files.append((program.script, script))
    made = Case(name, SCRIPTS / program.script, fixture=[("file", f"{path} {text(data)}") for path, data in files],
                grants=[(".", "/work", not only_read)], args=args, env=[("GREETING", "hello")], options=options,
                stdin=script if program.stdin else None)
    if oracle:
        made.kept = kept(program.path())
    return made


def kept(module):
    """Where the oracle keeps what it has compiled a module to."""
    key = hashlib.sha256(module.read_bytes() + sides.PACKAGE.encode()).hexdigest()[:16]
    folder = TARGET / "compiled"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{module.stem}-{key}.cwasm"


def bounded(fuel=FUEL, memory=MEMORY):
    """Options for a run within bounds."""
    return ["--fuel", str(fuel), "--max-memory", str(memory)]


def perform(check, python, wrtd):
    """Runs one check: (lines of what is wrong, the oracle's outcome, wrtd's)."""
    name, program, kind = check.name, check.program, check.kind
    module = program.path()
    if kind == "":
        made = case(program, name, bounded(), oracle=True)
        theirs, ours = sides.on_wasmtime(made, module, python), sides.on_wrtd(made, module, wrtd)
        found = differences.differing(theirs, ours)
        lines = [f"{side}: {line}" for side, line in found]
        # What the scripts do to the end; a program that does not start is the same everywhere.
        if theirs.end != "exit 7" or not any("made" in line for line in theirs.tree):
            lines.append(f"the oracle does not get to the end of the script: {theirs.lines()}")
        return lines, theirs, ours
    if kind == "-again":
        return again(name, program, wrtd)
    before = sides.fixture.describe(sides.scene(case(program, name, []), "wrtd")[1])
    options = {"-fuel": bounded(fuel=SMALL_FUEL), "-memory": bounded(memory=SMALL_MEMORY),
               "-growth": bounded(memory=least(program, wrtd))}[kind]
    ours = sides.on_wrtd(case(program, name, options), module, wrtd)
    said = (ours.stderr.decode(errors="replace") + ours.why).strip()
    lines = []
    if kind == "-fuel" and (ours.end != f"exit {OUT_OF_FUEL}" or "out of fuel" not in said):
        lines.append(f"ends with {ours.end}, and says: {said}")
    if kind == "-memory" and (ours.end != "refused" or "--max-memory" not in said):
        lines.append(f"ends with {ours.end}, and says: {said}")
    if kind == "-growth" and not (ours.end == "trap" or ours.end.startswith("exit ") and ours.end != "exit 0"):
        lines.append(f"ends with {ours.end}, and says: {said}")
    if kind != "-growth" and ours.tree != before:
        lines += [f"the folder is changed: {line}" for line in ours.tree if line not in before]
    return lines, None, ours


def least(program, wrtd):
    """The least memory that the module asks for, in bytes, as `wrtd plan` says."""
    done = subprocess.run([wrtd, "plan", "--json", program.path()], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)["memory_min"]


def again(name, program, wrtd):
    """Two runs whose fuel, state and outcome must be the same: they see the same folder, and change nothing in it."""
    made = case(program, name, [*bounded(), *SAME_EACH_TIME, "--json"], only_read=True)
    folder, place, grants, stdin = sides.scene(made, "wrtd")
    command = [*sides.granting(made, wrtd, grants, stdin), str(program.path())]
    # The first run sets the times at which files were read last; later ones leave them.
    _, first, second = (sides.on_wrtd_in(folder, place, command, made) for _ in range(3))
    lines = [f"{which.replace('wasmtime', 'first').replace('wrtd', 'second')} run: {line}"
             for which, line in differences.differing(first, second)]
    found = report(second)
    if first.end != "exit 7" or not found.get("state_hash") or not found.get("usage", {}).get("fuel_used"):
        lines.append(f"does not get to its end, or --json does not say the fuel and the hash: {found}")
    return lines, None, second


def report(outcome):
    """What --json said behind the guest's own output."""
    lines = outcome.stdout.decode(errors="replace").splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError):
        return {}
