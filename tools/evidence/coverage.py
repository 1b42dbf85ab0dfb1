"""Coverage of the engine's branches and lines by its own tests, by wrt-tests and by the official suite. ASIL-6.

    --read     judges the counters of the last run, without building or running anything
    --list     also prints every line and branch that was not reached

The engine is built with the compiler's counters (`-Cinstrument-coverage`, branches by `-Zcoverage-options=branch`) and
optimised, because the tail back end needs sibling calls; counters are put in before anything is optimised. What runs:
the tests of wrt-core and wrt-tests, among them the official suite in all four modes, the C tests (tests/c), and the
suite on the folded loop of small targets.

How it is counted: `coverage_map.py`. What is not reached must be explained in docs/coverage.md, and what is explained
must not be reached.
"""
import glob, json, os, re, subprocess

import coverage_map
from common import holds, need, out, record, say, text, write, Skipped

TITLE = "branch coverage of wrt-core, and reasons for what is not reached"
LEAST = 95.0
WORK = "target/coverage"
EXPLAINED = "docs/coverage.md"
SMALL = ["--no-default-features", "--features",
         "wrt-core/simd,wrt-core/gc,wrt-core/threads,wrt-core/wide-arithmetic,wrt-core/memories,wrt-core/tail-call,"
         "wrt-core/extended-const,wrt-core/linking,wrt-core/interceptors"]
# Compares every stop of every guest, which takes long with counters.
LONG = "run_2_a_stop_at_every_value_changes_nothing"
# Name, arguments of cargo, and arguments of what runs. Each build has a folder of its own, since the features differ.
RUNS = [
    ("engine", ["test", "--release", "--no-fail-fast", "-p", "wrt-core", "-p", "wrt-tests", "--lib", "--tests"],
     ["--", "--skip", LONG]),
    ("small", ["run", "--release", "-p", "wrt-tests", "--bin", "spec"] + SMALL, []),
]


def tool(name):
    """The tool of the LLVM that the compiler has, or a later one."""
    have = re.search(r"LLVM version: (\d+)", subprocess.run(["rustc", "-vV"], capture_output=True, text=True).stdout)
    for version in range(int(have.group(1)), int(have.group(1)) + 4):
        if os.access(f"/usr/bin/{name}-{version}", os.X_OK):
            return f"/usr/bin/{name}-{version}"
    raise Skipped(f"{name}-{have.group(1)} is missing (package llvm-{have.group(1)})")


def environment(name):
    folder = os.path.realpath(f"{WORK}/{'small' if name == 'small' else 'full'}")
    return {**os.environ, "CARGO_TARGET_DIR": folder, "RUSTC_BOOTSTRAP": "1", "CARGO_INCREMENTAL": "0",
            "RUSTC_WORKSPACE_WRAPPER": os.path.realpath("tools/evidence/instrument.sh"),
            "LLVM_PROFILE_FILE": os.path.realpath(f"{WORK}/raw") + f"/{name}-%m-%p.profraw"}


def collect():
    """Builds and runs everything; leaves the programs' names and the counters."""
    for old in glob.glob(f"{WORK}/raw/*"):
        os.remove(old)
    programs = []
    for name, arguments, more in RUNS:
        say(f"coverage: {name}")
        build = ["build" if arguments[0] == "run" else "test"] + arguments[1:] + ["--message-format=json"]
        build += ["--no-run"] if arguments[0] == "test" else []
        done = subprocess.run(["cargo", "--quiet"] + build, env=environment(name), stdout=subprocess.PIPE, text=True,
                              check=True)
        messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        programs += [m["executable"] for m in messages if m.get("executable")]
        # Where the requirements look for results.
        log = out(f"tests-{name}.txt")
        with open(log, "w", encoding="utf-8") as file:
            code = subprocess.run(["cargo"] + arguments + more, env=environment(name), stdout=file,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL).returncode
        if code:
            raise subprocess.CalledProcessError(code, ["cargo"] + arguments, stderr=text(log)[-4000:])
    programs.append(c_tests())
    with open(f"{WORK}/programs", "w", encoding="utf-8") as file:
        file.write("\n".join(sorted(set(programs))) + "\n")


def c_tests():
    """Builds the C ABI with counters, links the C tests with it and runs them; gives the program."""
    say("coverage: tests/c")
    here = {**environment("c"), "CARGO_TARGET_DIR": os.path.realpath(f"{WORK}/full")}
    # With the others, so that the engine's features are the same and it is not built anew.
    subprocess.run(["cargo", "--quiet", "build", "--release", "-p", "wrt-core", "-p", "wrt-tests", "-p", "wrt"], env=here,
                   check=True)
    program = os.path.realpath(f"{WORK}/full/c-tests")
    subprocess.run(["cc", "-std=c99", "-D_POSIX_C_SOURCE=200809L", "-O1", "-Iinclude"] + sorted(glob.glob("tests/c/*.c"))
                   + [f"{WORK}/full/release/libwrt.a", "-lpthread", "-ldl", "-lm", "-Wl,-u,__llvm_profile_runtime",
                      "-o", program], check=True)
    with open(out("tests-c.txt"), "w", encoding="utf-8") as file:
        subprocess.run([program], env=here, stdout=file, stderr=subprocess.STDOUT, check=True)
    return program


def export():
    """Joins the counters and reads them by function."""
    raw = glob.glob(f"{WORK}/raw/*.profraw")
    programs = text(f"{WORK}/programs").split()
    if not raw or not programs:
        raise Skipped("no counters are here; run it without --read")
    with open(f"{WORK}/raw.list", "w", encoding="utf-8") as file:
        file.write("\n".join(raw) + "\n")
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-f", f"{WORK}/raw.list", "-o", f"{WORK}/all.profdata"],
                   check=True)
    objects = [argument for program in programs for argument in ["-object", program]][1:]
    with open(f"{WORK}/export.json", "w", encoding="utf-8") as file:
        subprocess.run([tool("llvm-cov"), "export", "-format=text", f"-instr-profile={WORK}/all.profdata"] + objects,
                       check=True, stdout=file)
    with open(f"{WORK}/export.json", encoding="utf-8") as file:
        return json.load(file)["data"][0]["functions"]


def explained():
    """The reasons of docs/coverage.md: a bullet `path`: `text of the line` [(side)]... — reason. See there."""
    entries, path = [], None
    for number, line in enumerate(text(EXPLAINED).splitlines(), 1):
        head = re.match(r"### `([^`]+)`$", line)
        if head:
            path = head.group(1)
        found = re.match(r"- (`.*`): (\S.*)$", line)
        if found and path:
            for quoted in re.split(r"`, `", found.group(1)[1:-1]):
                entries.append((path, quoted, number))
    return entries


def judge(items):
    """Compares what was not reached with what is explained: what lacks a reason, and reasons that are not needed."""
    unused = {(path, quoted): number for path, quoted, number in explained()}
    used, bare = set(), []
    for item in items:
        key = (item.path, item.text)
        if key in unused:
            used.add(key)
        else:
            bare.append(item)
    return bare, [f"{EXPLAINED}:{number}: {path}: `{quoted}` was reached" for (path, quoted), number in unused.items()
                  if (path, quoted) not in used]


def main(arguments):
    need("cargo", "rustc", "cc:gcc")
    tool("llvm-cov"), tool("llvm-profdata")
    if "--read" not in arguments:
        collect()
    source, generated = coverage_map.read(export())
    items = source.missed()
    bare, needless = judge(items)
    lines = [f"{item.path}:{item.line}: {item.what}: {item.text}" for item in items]
    listed = write("coverage-missed.txt", "\n".join(lines) + "\n")
    write("coverage-unexplained.txt", "\n".join([f"{i.path}:{i.line}: {i.what}: {i.text}" for i in bare] + needless) + "\n")
    table = write("coverage.txt", source.table() + generated.table())
    if "--list" in arguments:
        print("\n".join(lines))
    percent, said = source.branches()
    return [
        holds(f"branches of wrt-core/src reached, {LEAST:g} % at least", percent >= LEAST, said, table),
        record("lines of wrt-core/src reached", source.lines()[1], table),
        record("branches of the generated operations reached", generated.branches()[1], table),
        holds("what is not reached is explained, and only that", not bare and not needless,
              f"{len(items)} places not reached; {len(bare)} without a reason, {len(needless)} reasons too many",
              listed),
    ]
