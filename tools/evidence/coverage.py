"""Coverage of the engine's branches and lines by its own tests, by those of what is built on it, and by the official
suite. ASIL-6.

    --only=NAME[,NAME...]    runs these programs anew and joins their counters with those of the others: files of tests
                             (`heap`), or runs (`small`, `minimal`, `c`). After a change of tests; one of wrt-core asks
                             for all
    --read                   judges the counters that are here, without building or running anything
    --list                   also prints every line and branch that was not reached

The engine is built with the compiler's counters (`-Cinstrument-coverage`, branches by `-Zcoverage-options=branch`) and
optimised, because the tail back end needs sibling calls; counters are put in before anything is optimised. What runs:
the tests of wrt-core and wrt-tests, among them the official suite in all four modes, those of wrt-host, wrtd and
wrt-capi, the C tests (tests/c), the suite on the folded loop of small targets, what the smallest build refuses, and a
campaign of flipped bits.

How it is counted: `coverage_map.py`. What is not reached must be explained in docs/coverage.md, and what is explained
must not be reached.
"""
import collections, concurrent.futures, glob, json, os, queue, re, subprocess, time

import coverage_map
from common import ROOT, holds, need, out, record, say, text, write, Skipped

TITLE = "branch coverage of wrt-core, and reasons for what is not reached"
LEAST = 95.0
WORK = "target/coverage"
EXPLAINED = "docs/coverage.md"
SMALL = ["--no-default-features", "--features",
         "wrt-core/simd,wrt-core/gc,wrt-core/threads,wrt-core/wide-arithmetic,wrt-core/memories,wrt-core/tail-call,"
         "wrt-core/extended-const,wrt-core/linking,wrt-core/interceptors"]
# Compares every stop of every guest, which takes long with counters.
LONG = "run_2_a_stop_at_every_value_changes_nothing"
# Those that take minutes begin first.
LONGEST = ["engine-spec", "engine-image", "engine-tries", "engine-fuel", "small"]
# Flipped bits, so that each place that a watch looks at differs at some time.
FLIPS = ["--injections", "1500", "--seed", "7", "--out", os.path.join(ROOT, WORK, "faults.json")]
EVERY = ["-p", "wrt-core", "-p", "wrt-tests", "-p", "wrt-host", "-p", "wrtd", "-p", "wrt"]
# Name, folder of the build, and arguments of cargo. Builds with other features have a folder of their own. All packages
# of the whole engine are built at once, so that its features are the same for each.
RUNS = [
    ("full", "full", ["test", "--no-run", "--release", "--lib", "--bins", "--tests"] + EVERY),
    # In the folder of `small`, whose program of the same name as one of these takes its place.
    ("minimal", "small", ["test", "--no-run", "--release", "-p", "wrt-tests", "--test", "built",
                          "--no-default-features"]),
    ("small", "small", ["build", "--release", "-p", "wrt-tests", "--bin", "spec"] + SMALL),
]
# Where the requirements look for results, by the folder of the package.
GROUPS = {"wrt-core": "engine", "tests": "engine", "wrt-host": "host", "wrtd": "wrtd", "wrt-capi": "c-abi"}


def tool(name):
    """The tool of the LLVM that the compiler has, or a later one."""
    have = re.search(r"LLVM version: (\d+)", subprocess.run(["rustc", "-vV"], capture_output=True, text=True).stdout)
    for version in range(int(have.group(1)), int(have.group(1)) + 4):
        if os.access(f"/usr/bin/{name}-{version}", os.X_OK):
            return f"/usr/bin/{name}-{version}"
    raise Skipped(f"{name}-{have.group(1)} is missing (package llvm-{have.group(1)})")


def building(folder):
    """The environment in which cargo builds with counters. What a build script counts is nobody's."""
    return {**os.environ, "CARGO_TARGET_DIR": os.path.realpath(f"{WORK}/{folder}"), "RUSTC_BOOTSTRAP": "1",
            "CARGO_INCREMENTAL": "0", "RUSTC_WORKSPACE_WRAPPER": os.path.realpath("tools/evidence/instrument.sh"),
            "LLVM_PROFILE_FILE": "/dev/null"}


def built(folder, arguments):
    """Builds; gives what was made that can be run, as cargo tells of it."""
    done = subprocess.run(["cargo", "--quiet"] + arguments + ["--message-format=json"], env=building(folder),
                          stdout=subprocess.PIPE, text=True, check=True)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [message for message in messages if message.get("executable")]


Job = collections.namedtuple("Job", "name group title program folder arguments")


def run(job, processor):
    """Runs a program on one processor, where nobody else touches its counters; gives its exit status. They take the
    place of those it left before. All processes of a program add to the same few files, which are named for it and for
    the code that they count."""
    for old in glob.glob(f"{WORK}/raw/{job.name}@*"):
        os.remove(old)
    here = {**os.environ, "CARGO_MANIFEST_DIR": job.folder,
            "LLVM_PROFILE_FILE": os.path.realpath(f"{WORK}/raw") + f"/{job.name}@%2m.profraw"}
    start = time.monotonic()
    with open(f"{WORK}/log/{job.name}", "w", encoding="utf-8") as log:
        print(f"     Running {job.title} ({job.program})", file=log, flush=True)
        code = subprocess.run([job.program, *job.arguments], env=here, cwd=job.folder, stdout=log,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              preexec_fn=lambda: os.sched_setaffinity(0, {processor})).returncode
    say(f"coverage: {job.name}: {time.monotonic() - start:.0f} s{', FAILED' if code else ''}")
    return code


def run_all(jobs):
    """Runs as many at a time as there are processors; gives the names of those that failed."""
    free = queue.SimpleQueue()
    for processor in os.sched_getaffinity(0):
        free.put(processor)

    def one(job):
        processor = free.get()
        try:
            return run(job, processor)
        finally:
            free.put(processor)

    with concurrent.futures.ThreadPoolExecutor(free.qsize()) as pool:
        ends = list(pool.map(one, sorted(jobs, key=lambda job: job.name not in LONGEST)))
    return [job.name for job, code in zip(sorted(jobs, key=lambda job: job.name not in LONGEST), ends) if code]


def collect(only):
    """Builds and runs everything, or what is named `only`; leaves the programs' names and the counters."""
    for folder in ("raw", "log"):
        os.makedirs(f"{WORK}/{folder}", exist_ok=True)
    jobs, programs = [], []
    for name, folder, arguments in RUNS:
        say(f"coverage: builds {name}")
        for made in built(folder, arguments):
            target, program = made["target"], made["executable"]
            programs.append(program)
            package = os.path.dirname(made["manifest_path"])
            if name == "full" and target["name"] == "faults" and not made["profile"]["test"]:
                jobs.append(Job("faults", "faults", "flipped bits", program, ROOT, FLIPS))
            # Of `small` the suite itself runs, of the others their tests; wrtd is run by its own.
            if made["profile"]["test"] == (name == "small"):
                continue
            group = GROUPS[os.path.basename(package)] if name == "full" else name
            source = os.path.relpath(target["src_path"], package)
            unit = "" if "test" in target["kind"] else "unittests "
            title = f"{group}-{target['name']}{'-bin' if 'bin' in target['kind'] else ''}" if name == "full" else name
            jobs.append(Job(title, group, unit + source, program, package, ["--skip", LONG] if name != "small" else []))
    program = c_program()
    jobs.append(Job("c", "c", "tests/c", program, ROOT, []))
    with open(f"{WORK}/programs", "w", encoding="utf-8") as file:
        file.write("\n".join(sorted({*programs, program})) + "\n")
    chosen = [job for job in jobs if not only or {job.name, job.name.partition("-")[2]} & set(only)]
    if not chosen:
        raise Skipped(f"no program is called {' or '.join(only)}; there are {' '.join(job.name for job in jobs)}")
    if not only:
        for old in glob.glob(f"{WORK}/raw/*"):
            os.remove(old)
    failed = run_all(chosen)
    for group in {job.group for job in jobs}:
        logs = [text(f"{WORK}/log/{job.name}") for job in jobs if job.group == group]
        if not only:
            write(f"tests-{group}.txt", "\n".join(logs))
    return failed


def c_program():
    """Links the C tests with the C ABI that was built with counters; gives the program."""
    program = os.path.realpath(f"{WORK}/full/c-tests")
    subprocess.run(["cargo", "--quiet", "build", "--release", "--lib"] + EVERY, env=building("full"), check=True)
    subprocess.run(["cc", "-std=c99", "-D_POSIX_C_SOURCE=200809L", "-O1", "-Iinclude"] + sorted(glob.glob("tests/c/*.c"))
                   + [f"{WORK}/full/release/libwrt.a", "-lpthread", "-ldl", "-lm", "-Wl,-u,__llvm_profile_runtime",
                      "-o", program], check=True)
    return program


def export():
    """Joins the counters and gives them by program and function."""
    raw = glob.glob(f"{WORK}/raw/*.profraw")
    programs = text(f"{WORK}/programs").split()
    if not raw or not programs:
        raise Skipped("no counters are here; run it without --read")
    with open(f"{WORK}/raw.list", "w", encoding="utf-8") as file:
        file.write("\n".join(raw) + "\n")
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-f", f"{WORK}/raw.list", "-o", f"{WORK}/all.profdata"],
                   check=True)
    # One program at a time: of a function that several have, llvm-cov takes the first, also where nothing calls it.
    for program in programs:
        found = subprocess.run([tool("llvm-cov"), "export", "-format=text", f"-instr-profile={WORK}/all.profdata", program],
                               check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        yield from json.loads(found.stdout)["data"][0]["functions"]


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
    failed = []
    if "--read" not in arguments:
        only = [argument.partition("=")[2].split(",") for argument in arguments if argument.startswith("--only=")]
        failed = collect(only[0] if only else [])
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
        holds("all that was run for its counters passed", not failed, " ".join(failed) or "nothing failed", table),
        holds(f"branches of wrt-core/src reached, {LEAST:g} % at least", percent >= LEAST, said, table),
        record("lines of wrt-core/src reached", source.lines()[1], table),
        record("branches of the generated operations reached", generated.branches()[1], table),
        holds("what is not reached is explained, and only that", not bare and not needless,
              f"{len(items)} places not reached; {len(bare)} without a reason, {len(needless)} reasons too many",
              listed),
    ]
