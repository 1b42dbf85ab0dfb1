"""From each requirement to its tests and how they ended: joins docs/requirements.md with the results of runs.

    --orphans    only looks for orphans; runs nothing

Ids stand in docs/requirements.txt; which tests show them, in docs/requirements.md, which a test keeps true to the
sources. Orphans are ids of the present stage without a test, ids in the table that the list does not have, and tests
in the table that the sources do not have. Results of cargo's tests are read where they are newer than every source, and
made otherwise. Those of scripts, C, Python and Node come from the last `./dev test`.
"""
import collections, os, re

from common import holds, logged, out, run, say, text, write

TITLE = "each requirement, its tests, and how these ended"
LIST, TABLE = "docs/requirements.txt", "docs/requirements.md"
# Packages whose tests run together, and their folders. The first group is what the coverage runs.
GROUPS = {
    "engine": {"wrt-core": "wrt-core", "wrt-tests": "tests"},
    "host": {"wrt-host": "wrt-host"},
    "c-abi": {"wrt": "wrt-capi"},
    "wrtd": {"wrtd": "wrtd"},
    "differential": {"wrt-differential": "tests/differential"},
    "sameness": {"wrt-sameness": "tests/sameness"},
    "programs": {"wrt-programs": "tests/programs"},
}
# Tests that no `cargo test` runs, and the step of `./dev test` that does.
STEPS = {"tests/c/": "c", "bindings/python/": "python", "bindings/node/": "node", "tests/sameness/run.sh": "sameness",
         "tests/cmake/": "cmake", "examples/c-bare/": "board"}
SOURCES = ["wrt-core", "tests/src", "tests/tests", "tests/spec", "tests/guests"]


def listed():
    """Ids, and whether each must be shown at this stage."""
    return dict(re.findall(r"^([A-Z]+-\d+) (now|later)$", text(LIST), re.M))


def shown():
    """Ids, and the tests that show each: (file, function or the empty string)."""
    table = {}
    for line in text(TABLE).splitlines():
        found = re.match(r"\| ([A-Z]+-\d+) \| (.*) \|$", line)
        if found:
            tests = re.findall(r"`([^`]+)`", found.group(2))
            table[found.group(1)] = [tuple((test.split(": ") + [""])[:2]) for test in tests]
    return table


def orphans(ids, table):
    """What is wrong with the list, the table and the sources; a line each."""
    wrong = [f"{one} has no test" for one, when in ids.items() if when == "now" and not table.get(one)]
    wrong += [f"{one} is shown by a test, and does not exist" for one in table if one not in ids]
    for path in run(["git", "ls-files", "*.rs"]).split():
        for area, number in re.findall(r"\bfn ([a-z]+)_(\d+)_\w+\(", text(path)):
            one = f"{area.upper()}-{number}"
            if any(known.startswith(f"{area.upper()}-") for known in ids) and one not in ids:
                wrong.append(f"{path}: a test is named for {one}, which does not exist")
    for one, tests in table.items():
        for file, function in tests:
            source = text(file)
            if not source:
                wrong.append(f"{one}: {file} does not exist")
            elif function and not re.search(rf"\bfn {function}\b", source):
                wrong.append(f"{one}: {file} has no {function}")
    return wrong


def fresh(path):
    """Whether a file is newer than every source of the engine and its tests."""
    if not os.path.exists(path):
        return False
    newest = max((os.path.getmtime(os.path.join(folder, file)) for top in SOURCES
                  for folder, _, files in os.walk(top) for file in files), default=0)
    return os.path.getmtime(path) > newest


def results(group, packages):
    """How the tests of a group ended: (file of the tests, path of the test) to ok, FAILED or ignored."""
    path = out(f"tests-{group}.txt")
    if not fresh(path):
        say(f"requirements: cargo test of {' '.join(packages)}")
        names = [argument for package in packages for argument in ["-p", package]]
        logged(["cargo", "test", "--release", "--no-fail-fast"] + names, f"tests-{group}.txt")
    found, where = {}, None
    for line in text(path).splitlines():
        running = re.match(r"\s+Running (?:unittests )?(\S+) \(.*/([\w-]+)-[0-9a-f]+\)$", line)
        if line.startswith("   Doc-tests"):
            where = None
        if running:
            crate = running.group(2).replace("_", "-")
            folder = [f for package, f in packages.items() if running.group(1).startswith("tests/")
                      and os.path.exists(f"{f}/{running.group(1)}") or package == crate]
            where = f"{folder[0]}/{running.group(1)}" if folder else None
        ended = re.match(r"test (\S+)(?: - [\w ]+)? \.\.\. .*?(ok|FAILED|ignored)", line)
        if ended and where:
            found[where, ended.group(1)] = ended.group(2)
    return found


def result(file, function, cargo, steps):
    """How one test ended: passed, FAILED, or why nothing is known."""
    for prefix, step in STEPS.items():
        if file.startswith(prefix):
            return steps.get(step, f"not run here (./dev test {step})")
    folder, _, rest = file.partition("/src/")
    if rest:
        module = rest.removesuffix(".rs").removesuffix("/mod").replace("/", "::")
        inside = {test: end for (where, test), end in cargo.items()
                  if where.startswith(f"{folder}/src/") and test.startswith(f"{module}::")}
        inside = inside or {test: end for (where, test), end in cargo.items() if where.startswith(f"{folder}/")}
    else:
        inside = {test: end for (where, test), end in cargo.items() if where == file}
    # A helper is shown by the tests of its file.
    chosen = {test: end for test, end in inside.items() if test.split("::")[-1] == function} or inside
    ends = collections.Counter(chosen.values())
    if not ends:
        return "not run here"
    return "FAILED" if ends["FAILED"] else "passed" if ends["ok"] else "ignored"


def main(arguments):
    ids, table = listed(), shown()
    wrong = orphans(ids, table)
    path = write("requirements-orphans.txt", "\n".join(wrong) + "\n" * bool(wrong))
    now = sum(when == "now" for when in ids.values())
    claims = [holds("no requirement without a test, no test without one", not wrong,
                    wrong[0] if wrong else f"{len(ids)} ids, {now} of this stage, {sum(map(bool, table.values()))} with tests",
                    path)]
    if "--orphans" in arguments:
        return claims
    cargo = {}
    for group, packages in GROUPS.items():
        cargo |= results(group, packages)
    steps = dict(line.split()[:2] for line in text("target/log/results").splitlines())
    counts, lines = collections.Counter(), []
    for one in ids:
        if not table.get(one):
            lines.append(f"{one:<10}{'later':<40}no test at this stage")
        for file, function in table.get(one, []):
            end = result(file, function, cargo, steps)
            counts[end.split(" (")[0]] += 1
            lines.append(f"{one:<10}{end:<40}{file}{': ' if function else ''}{function}")
    path = write("requirements.txt", "\n".join(lines) + "\n")
    said = ", ".join(f"{count} {end}" for end, count in sorted(counts.items()))
    claims.append(holds("every test that names a requirement and was run passed", not counts["FAILED"] and counts["passed"],
                        said, path))
    bare = [one for one, when in ids.items() if when == "now" and not any(
        result(*test, cargo, steps) == "passed" for test in table.get(one, []))]
    claims.append(holds("every requirement of this stage has a test that passed", not bare,
                        f"{now - len(bare)} of {now}" + (f"; none for {' '.join(bare)}" if bare else ""), path))
    return claims
