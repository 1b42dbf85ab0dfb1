"""Software bill of materials: what goes into libwrt.a and into wrtd, as CycloneDX 1.5 JSON.

Names, versions and licences come from `cargo metadata`, checksums from Cargo.lock. The compiler's own library is a
component of both. What only runs while they are built (procedural macros, build dependencies) is left out: none of it
is in the bytes. The part fails on a component without a licence that is allowed here.
"""
import hashlib, json, re

from common import Skipped, holds, run, text, write

TITLE = "software bill of materials of libwrt.a and wrtd (CycloneDX JSON)"
TARGET = "x86_64-unknown-linux-gnu"
# Each a licence that may be built into a product without giving out its sources.
ALLOWED = {"MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Zlib", "Unlicense", "Unicode-3.0", "BSD-2-Clause",
           "BSD-3-Clause", "0BSD", "ISC"}
# What is looked into: artefact, crate, features as tools/lib.sh and a plain build have them.
ROOTS = [("libwrt.a", "wrt", ["--no-default-features", "--features", "wrt/full"]), ("wrtd", "wrtd", [])]
LIBRARY = {"libwrt.a": ["core", "compiler_builtins"], "wrtd": ["core", "alloc", "std", "compiler_builtins"]}


def allowed(expression):
    """Whether a licence expression (SPDX 2.3, annex D) can be met by what is allowed."""
    tokens = re.findall(r"[()]|[\w.+-]+", (expression or "").replace("/", " OR "))
    joined, at = [], 0
    while at < len(tokens):
        if tokens[at] == "WITH" and joined and at + 1 < len(tokens):
            joined[-1] += f" WITH {tokens[at + 1]}"
            at += 2
        else:
            joined.append(tokens[at])
            at += 1
    words = {"(": "(", ")": ")", "AND": "and", "OR": "or"}
    python = " ".join(words.get(token, str(token in ALLOWED)) for token in joined)
    try:
        # Only parentheses, `and`, `or`, `True` and `False` are left.
        return bool(joined) and bool(eval(python, {"__builtins__": {}}))
    except SyntaxError:
        return False


def packages(crate, features):
    """The packages whose code goes into a crate's artefact."""
    meta = json.loads(run(["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET]
                          + features))
    by_id = {package["id"]: package for package in meta["packages"]}
    nodes = {node["id"]: node for node in meta["resolve"]["nodes"]}
    todo, seen = [next(i for i, p in by_id.items() if p["name"] == crate)], {}
    while todo:
        one = todo.pop()
        if one in seen or any("proc-macro" in target["kind"] for target in by_id[one]["targets"]):
            continue
        seen[one] = by_id[one]
        todo += [d["pkg"] for d in nodes[one]["deps"] if any(kind["kind"] is None for kind in d["dep_kinds"])]
    return sorted(seen.values(), key=lambda p: (p["name"], p["version"]))


def component(package, checksums):
    """One component; checksums of packages of the registry only, for those of this repository have none."""
    name, version = package["name"], package["version"]
    entry = {"type": "library", "bom-ref": f"pkg:cargo/{name}@{version}", "name": name, "version": version,
             "purl": f"pkg:cargo/{name}@{version}",
             "licenses": [{"expression": (package["license"] or "").replace("/", " OR ")}]}
    if checksums.get((name, version)):
        entry["hashes"] = [{"alg": "SHA-256", "content": checksums[name, version]}]
    return entry


def library(names):
    """The parts of the compiler's own library, under the compiler's version."""
    said = dict(line.split(": ", 1) for line in run(["rustc", "-vV"]).splitlines() if ": " in line)
    return [{"type": "library", "bom-ref": f"rust-{name}@{said['release']}", "name": name, "version": said["release"],
             "purl": f"pkg:generic/rust-{name}@{said['release']}?vcs_url=commit:{said['commit-hash']}",
             "licenses": [{"expression": "MIT OR Apache-2.0"}]} for name in names]


def main(_arguments):
    try:
        import tomllib
    except ImportError:
        raise Skipped("this Python has no tomllib (3.11 or later has)") from None
    lock = tomllib.loads(text("Cargo.lock"))
    checksums = {(p["name"], p["version"]): p.get("checksum") for p in lock["package"]}
    version = tomllib.loads(text("Cargo.toml"))["workspace"]["package"]["version"]
    claims = []
    for artefact, crate, features in ROOTS:
        found = packages(crate, features)
        parts = [component(package, checksums) for package in found] + library(LIBRARY[artefact])
        wrong = [f"{p['name']} {p['version']}: {p['license'] or 'no licence'}" for p in found if not allowed(p["license"])]
        wrong += [f"{p['name']} {p['version']}: no checksum" for p in found
                  if p["source"] and not checksums.get((p["name"], p["version"]))]
        serial = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
        bom = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
               # From the contents, so that the same sources give the same bytes. RFC 9562, version 8.
               "serialNumber": f"urn:uuid:{serial[:8]}-{serial[8:12]}-8{serial[13:16]}-8{serial[17:20]}-{serial[20:32]}",
               "metadata": {"component": {"type": "library" if artefact.endswith(".a") else "application",
                                          "name": artefact, "version": version}},
               "components": parts}
        path = write(f"bom-{artefact.removesuffix('.a')}.json", json.dumps(bom, indent=1) + "\n")
        foreign = sum(package["source"] is not None for package in found)
        said = f"{len(parts)} components, {foreign} of them from the registry; {len(wrong)} without an allowed licence"
        claims.append(holds(f"components of {artefact} have an allowed licence", not wrong,
                            "; ".join([said] + wrong), path))
    return claims
