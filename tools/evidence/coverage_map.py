"""From the compiler's counters to lines and branches of files.

Regions and branches are joined over every program and every instance of a generic function: one place of the text is
reached when any of its copies was. A branch is one side of a decision that the compiler counts (`if`, `while`, `&&`,
`||`, `if let`, `let else` and guards); arms of `match` are no branches to it, and are counted as lines. `source` is
wrt-core/src without tests. `generated` is what the build script writes from the table of operators (OUT_DIR): there
each operation of each back end is its own text, so that a decision in the meaning of an operator counts once for
every form of its operands.
"""
import collections, os, re

from common import ROOT, text

Item = collections.namedtuple("Item", "path line what text")
CODE = 0
LOOP = "OUT_DIR/looped.rs"
# In the path of what the build with all features writes.
WHOLE = "/coverage/full/"
# More decisions than the loop of small targets has, and more columns than a line of the source.
FOLDED, BEYOND = 1000, 1000


def place(name):
    """The path in the repository of a file that counts, or a name for a generated one; None for all others."""
    found = re.search(r"wrt-core-[0-9a-f]+/out/(\w+\.rs)$", name)
    if found:
        # What smaller builds write is another text under the same name.
        return f"OUT_DIR/{found.group(1)}" if WHOLE in name else None
    name = os.path.relpath(os.path.join(ROOT, name), ROOT)
    return name if name.startswith("wrt-core/src/") and not name.endswith("tests.rs") else None


def loop(function):
    """The portable loop, which is included in the middle of a function: the compiler places what is generated behind
    the last line of the file around it, in columns that begin anywhere."""
    inside = [branch for branch in function["branches"] if branch[1] > BEYOND]
    first = min((branch[1] for branch in inside), default=0)
    moved = [[1, branch[1] - first, 1, branch[3] - first] + branch[4:] for branch in inside]
    return {**function, "branches": moved, "regions": []}


class Files:
    """Counts of a set of files: regions and branches by file and place."""

    def __init__(self):
        self.regions = collections.defaultdict(lambda: collections.defaultdict(int))
        self.decisions = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
        self.texts = {}

    def source(self, path):
        """The lines of a file, tests at its end left out."""
        if path not in self.texts:
            lines = text(path).split("\n")
            tests = [n for n, line in enumerate(lines) if line.strip() == "#[cfg(test)]" and n + 1 < len(lines)
                     and re.match(r"\s*mod \w+ \{", lines[n + 1])]
            self.texts[path] = lines[:tests[0]] if tests else lines
        return self.texts[path]

    def reached(self, path):
        """For each line of a file that has code: whether any of it was reached."""
        grid = [[None] * (len(line) + 1) for line in self.source(path)]
        # Outer regions first, so that inner ones have the last word.
        for (first, column, last, end, _), count in sorted(self.regions[path].items(),
                                                           key=lambda r: (r[0][0], r[0][1], -r[0][2], -r[0][3])):
            for line in range(first, min(last, len(grid)) + 1):
                row = grid[line - 1]
                start = column - 1 if line == first else 0
                stop = min(end - 1, len(row)) if line == last else len(row)
                row[start:stop] = [count > 0] * max(0, stop - start)
        result = {}
        for number, (row, line) in enumerate(zip(grid, self.source(path)), 1):
            code = [state for state, letter in zip(row, line.split("//")[0]) if state is not None
                    and letter not in " \t{}();,"]
            if code:
                result[number] = any(code)
        return result

    def missed(self):
        """Lines of which nothing was reached, and decisions of reached lines that went one way only."""
        items = []
        for path in sorted(set(self.regions) | set(self.decisions)):
            if path.startswith("OUT_DIR"):
                continue
            source, lines = self.source(path), self.reached(path)
            items += [Item(path, n, "line", source[n - 1].strip()) for n, hit in lines.items() if not hit]
            for (first, column, last, end), sides in sorted(self.decisions[path].items()):
                if first <= len(source) and min(sides) == 0 and lines.get(first, True):
                    which = "neither side" if max(sides) == 0 else "never true" if sides[0] == 0 else "never false"
                    shown = source[first - 1][column - 1:end - 1 if last == first else None].strip()
                    items.append(Item(path, first, which, shown))
        return items

    def count(self, path):
        """Branches reached, branches, lines reached, lines."""
        inside = len(self.source(path)) if not path.startswith("OUT_DIR") else 1 << 60
        sides = [side for at, both in self.decisions[path].items() if at[0] <= inside for side in both]
        lines = self.reached(path) if not path.startswith("OUT_DIR") else {}
        return sum(side > 0 for side in sides), len(sides), sum(lines.values()), len(lines)

    def total(self):
        rows = [self.count(path) for path in set(self.regions) | set(self.decisions)]
        return [sum(row[n] for row in rows) for n in range(4)]

    def branches(self):
        hit, all_, _, _ = self.total()
        percent = 100 * hit / max(all_, 1)
        return percent, f"{hit} of {all_} branches, {percent:.2f} %"

    def lines(self):
        _, _, hit, all_ = self.total()
        percent = 100 * hit / max(all_, 1)
        return percent, f"{hit} of {all_} lines, {percent:.2f} %"

    def table(self):
        out = f"{'file':<44}{'branches':>18}{'lines':>18}\n"
        for path in sorted(set(self.regions) | set(self.decisions)):
            hit, all_, line_hit, line_all = self.count(path)
            out += f"{path:<44}{f'{hit} of {all_}':>18}{f'{line_hit} of {line_all}':>18}\n"
        return out


def read(functions):
    """Joins what `llvm-cov export` says of functions: (files of the source, generated files)."""
    source, generated = Files(), Files()
    for function in functions:
        places = [place(name) for name in function["filenames"]]
        if function["name"].endswith("8dispatch8run_loop"):
            function = loop(function)
            # The folded loop is another text.
            places = [LOOP if len(function["branches"]) > FOLDED else f"{LOOP} (small targets)"]
        for first, column, last, end, count, file, _, kind in function["regions"]:
            path = places[file]
            if path and kind == CODE:
                into = generated if path.startswith("OUT_DIR") else source
                into.regions[path][first, column, last, end, kind] += count
        for first, column, last, end, true, false, file, _, _ in function["branches"]:
            path = places[file]
            if path:
                into = generated if path.startswith("OUT_DIR") else source
                sides = into.decisions[path][first, column, last, end]
                sides[0] += true
                sides[1] += false
    return source, generated
