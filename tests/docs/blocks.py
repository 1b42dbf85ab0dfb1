#!/usr/bin/env python3
"""Runs the code blocks of Markdown files and compares what they print with what the text says that they print.

    blocks.py WORK FILE.md...

A fenced block marked c, cpp or sh is a program. It is compiled (c, cpp) and run, in a directory of its file's
own below WORK in which the repository's files can be named as from its root; it must end with 0. Blocks marked
otherwise (text, json, "c wasm3", none) are not run; blocks of rust, python and js are run by their packages' own tests. Comments of their own line between the block before and a block say more about it:

    <!-- prints -->           the block (of any mark, text for instance) is what the program before it prints. A program that
                              prints something has one; what it prints to stderr is its own matter.
    <!-- continues -->        the block goes on where the last program of its language ended: sh behind it; c and
                              cpp at the end of main, before its last `return` or else its closing brace. What it prints
                              is what is added. Each state of such a program is run.
    <!-- above main -->       with continues, c and cpp: the block stands before main.
    <!-- file: NAME -->       the block is written as NAME into the directory, where later blocks find it; c and cpp are run
                              nevertheless, any other mark is not.
    <!-- flags: -std=c++20 -->  more for the compiler. What continues the program inherits them.
    <!-- ends with: 3 -->     the exit code, where it is not 0.
    <!-- not run: REASON -->  it is not run; counted as skipped, with the reason.

Places where tools are: CC, CXX; wrtd is found in target/checked. A language whose tool is not there is skipped and says so.
The last line counts programs.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LANGUAGES = {"c": "c", "cpp": "cpp", "sh": "sh"}
DIRECTIVES = ("prints", "continues", "above main", "file", "flags", "ends with", "not run")


class Block:
    """A fenced block: its mark, lines, place and directives."""

    def __init__(self, mark, lines, line, directives):
        self.mark, self.lines, self.line, self.directives = mark, lines, line, directives

    def text(self):
        return "".join(line + "\n" for line in self.lines)


def blocks(path):
    """The fenced blocks of a file, with the directives before each."""
    found, directives, fence, lines, start = [], {}, None, [], 0
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if fence is not None:
            if line.strip() == fence[0]:
                found.append(Block(fence[1], lines, start, directives))
                fence, directives = None, {}
            else:
                lines.append(line)
            continue
        opening = re.fullmatch(r"(```+)\s*([^`]*?)\s*", line)
        if opening:
            fence, lines, start = (opening[1], opening[2]), [], number
            continue
        comment = re.fullmatch(r"\s*<!-- ([a-z ]+?)(?:: (.*?))? -->\s*", line)
        if comment:
            if comment[1] not in DIRECTIVES:
                raise SystemExit(f"{path}:{number}: unknown directive {comment[1]!r}; there are {', '.join(DIRECTIVES)}")
            directives[comment[1]] = comment[2] or ""
        elif line.strip():
            directives = {}
    if fence is not None:
        raise SystemExit(f"{path}:{start}: this block does not end")
    return found


class Program:
    """What one or several blocks of a language make, and what it must have printed at its end."""

    def __init__(self, block):
        self.mark, self.flags = block.mark, block.directives.get("flags", "").split()
        self.source, self.prints = block.text(), ""

    def extend(self, block, where):
        self.flags += block.directives.get("flags", "").split()
        if self.mark not in ("c", "cpp"):
            self.source += block.text()
            return
        lines = self.source.rstrip("\n").split("\n")
        main = next((i for i, line in enumerate(lines) if re.match(r"int main\(", line)), None)
        if main is None:
            raise SystemExit(f"{where}: it continues a program that has no main")
        if "above main" in block.directives:
            at = main
        else:
            at = len(lines) - 1
            if re.match(r"\s*return\b", lines[at - 1]):
                at -= 1
        lines[at:at] = block.lines
        self.source = "\n".join(lines) + "\n"


class Runner:
    def __init__(self, work):
        self.work = pathlib.Path(work).resolve()
        self.passed = self.failed = self.skipped = 0
        self.reasons = {}
        self.environment = dict(os.environ, PATH=f"{ROOT / 'target/checked'}{os.pathsep}{os.environ['PATH']}")

    def missing(self, mark):
        """Why programs of this language cannot run here; empty if they can."""
        if mark not in self.reasons:
            self.reasons[mark] = self.look(mark)
        return self.reasons[mark]

    def look(self, mark):
        library = ROOT / "target/ship/lib/libwrt.a"
        if mark in ("c", "cpp"):
            compiler = self.compiler(mark)
            if shutil.which(compiler) is None:
                return f"there is no {compiler}"
            return "" if library.exists() else "the library is not built (tools/lib.sh)"
        return ""

    @staticmethod
    def compiler(mark):
        return os.environ.get("CC", "cc") if mark == "c" else os.environ.get("CXX", "c++")

    def command(self, program, source):
        if program.mark in ("c", "cpp"):
            out = source.with_suffix("")
            # What one section declares, a later one may be the first to use.
            standard = ["-std=c11"] if program.mark == "c" else ["-std=c++17"]
            build = [self.compiler(program.mark), *standard, "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-unused-variable", "-Iinclude",
                     *program.flags,
                     str(source), "target/ship/lib/libwrt.a", "-lpthread", "-lm", "-o", str(out)]
            return build, [str(out)]
        return None, ["sh", "-eu", str(source)]

    def file(self, path):
        directory = self.work / path.stem
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        for entry in ROOT.iterdir():
            if entry.name not in (".git",):
                (directory / entry.name).symlink_to(entry)
        last, current = {}, None
        for block in blocks(path):
            where = f"{path}:{block.line}"
            if "prints" in block.directives:
                if current is None:
                    raise SystemExit(f"{where}: no program stands before what it prints")
                current.prints += block.text()
                continue
            # What a program prints is known when the next block begins.
            self.settle(directory)
            current = None
            if "file" in block.directives:
                (directory / block.directives["file"]).write_text(block.text(), encoding="utf-8")
            if block.mark not in LANGUAGES:
                continue
            if "not run" in block.directives:
                print(f"skip {where}, because {block.directives['not run']}")
                self.skipped += 1
                continue
            if "continues" in block.directives:
                if block.mark not in last:
                    raise SystemExit(f"{where}: no program of {block.mark} stands before it to continue")
                current = last[block.mark]
                current.extend(block, where)
            else:
                current = last[block.mark] = Program(block)
            self.waiting = (current, where, int(block.directives.get("ends with", "0")))
        self.settle(directory)

    waiting = None

    def settle(self, directory):
        """Runs the program that was waiting for what it prints."""
        if self.waiting is None:
            return
        program, where, code = self.waiting
        self.waiting = None
        reason = self.missing(program.mark)
        if reason:
            print(f"skip {where}, because {reason}")
            self.skipped += 1
            return
        trouble = self.trouble(program, directory, code, f"block-{where.rsplit(':', 1)[1]}")
        if trouble:
            print(f"FAIL {where}")
            print("".join(f"    {line}\n" for line in trouble.rstrip("\n").split("\n")), end="")
            self.failed += 1
        else:
            self.passed += 1

    def trouble(self, program, directory, code, name):
        source = directory / f"{name}.{LANGUAGES[program.mark]}"
        source.write_text(program.source, encoding="utf-8")
        build, run = self.command(program, source)
        if build is not None:
            made = subprocess.run(build, cwd=directory, capture_output=True, text=True, check=False)
            if made.returncode != 0:
                return f"does not compile: {' '.join(build)}\n{made.stderr}"
        try:
            ran = subprocess.run(run, cwd=directory, capture_output=True, text=True, check=False, timeout=120,
                                 env=self.environment)
        except subprocess.TimeoutExpired:
            return "does not end within two minutes"
        if ran.returncode != code:
            return f"ends with {ran.returncode}, not {code}\n{ran.stdout}{ran.stderr}"
        if ran.stdout != program.prints:
            return f"prints\n{ran.stdout}\nand the text says\n{program.prints}"
        return ""


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    runner = Runner(sys.argv[1])
    for path in sys.argv[2:]:
        before = runner.passed + runner.failed + runner.skipped
        runner.file(pathlib.Path(path))
        if runner.passed + runner.failed + runner.skipped == before:
            print(f"FAIL {path}: it has no block that could run")
            runner.failed += 1
    print(f"{runner.passed} passed, {runner.failed} failed, {runner.skipped} skipped")
    return 1 if runner.failed else 0


if __name__ == "__main__":
    sys.exit(main())
