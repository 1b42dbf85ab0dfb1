#!/usr/bin/env python3
"""Checks that a test uses every public function of the C++ header: prints those that none uses, and fails then.

Reads the header by its form: a declaration has its name before parameters and `noexcept`, or is one of the few listed
here; `namespace detail` ends with its comment; a class is private until `public:`, a struct public.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Members that are not noexcept.
MORE = {"value", "value_or", "map", "and_then"}
# What the compiler calls.
NOT_NAMES = {"noexcept", "bool", "co_await", "await_ready", "await_suspend", "await_resume"}


def public_names(text):
    text = re.sub(r"namespace detail \{.*?\n\} // namespace detail", "", text, flags=re.S)
    kept, hidden = [], []
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        while hidden and line.strip() and indent <= hidden[-1][0] and line.strip().startswith("}"):
            hidden.pop()
        opens = re.match(r"\s*(?:template <.*> )?(class|struct) .*\{$", line)
        if opens:
            hidden.append([indent, opens[1] == "class"])
        elif re.match(r"\s*(public|private):$", line) and hidden:
            hidden[-1][1] = "private" in line
        elif not any(is_hidden for _, is_hidden in hidden):
            kept.append(line)
    kept = "\n".join(line.split("//")[0] for line in kept)
    types = set(re.findall(r"(?:class|struct)(?: \[\[nodiscard\]\])? (\w+)", text))
    found = re.findall(r"\b(\w+)\((?:[^();{}]|\([^();{}]*\))*\)\s*(?:const\s*)?&{0,2}\s*noexcept", kept)
    return {name for name in found if name not in types and name not in NOT_NAMES} | (MORE if "Result" in types else set())


def main():
    headers = sorted((ROOT / "include/wrt").glob("*.hpp"))
    names = set().union(*(public_names(path.read_text()) for path in headers))
    tests = "\n".join(path.read_text() for path in (ROOT / "tests/cpp").glob("**/*.cpp") if "refused" not in path.parts)
    # A form that finds nothing would be content with anything.
    if len(names) < 150:
        print(f"only {len(names)} functions found in {len(headers)} headers: has their form changed?")
        return 1
    missing = sorted(name for name in names if not re.search(rf"\b{name}\b\s*(?:<[^;]*?>)?\(", tests))
    for name in missing:
        print(f"no test uses {name}")
    print(f"{len(names)} public functions, {len(missing)} without a test")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
