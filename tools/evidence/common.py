"""What every part of the evidence needs: the repository's root, claims, and commands that are skipped aloud.

A part is a module with `TITLE`, a line of help, and `main(arguments)`, which returns a list of claims.
"""
import collections, os, shutil, subprocess, sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
OUT = "target/evidence"

# result: "holds", "fails", "skipped", or "record" for what is written down and not judged.
Claim = collections.namedtuple("Claim", "claim result said file")


class Skipped(Exception):
    """A part cannot run here; says why."""


def holds(claim, good, said, file=""):
    """A claim that is judged."""
    return Claim(claim, "holds" if good else "fails", said, file)


def record(claim, said, file=""):
    """What is written down and not judged."""
    return Claim(claim, "record", said, file)


def need(*tools):
    """Skips the part where a tool is missing. A tool is `command` or `command:package`."""
    for tool in tools:
        command, _, package = tool.partition(":")
        if not shutil.which(command):
            raise Skipped(f"{command} is missing (package {package or command})")


def out(name):
    """A path in the folder of the evidence, which is made where it is missing."""
    path = os.path.join(OUT, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def write(name, text):
    """Writes a file of the evidence; gives its path."""
    path = out(name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def text(path):
    """A file of the repository, or the empty string where there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def run(command, **more):
    """Runs a command and gives what it prints; raises where it fails."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **more).stdout


def logged(command, log, **more):
    """Runs a command with its output in a file of the evidence; gives its exit status."""
    path = out(log)
    with open(path, "w", encoding="utf-8") as file:
        done = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **more)
    return done.returncode


def say(line):
    """What the part is doing, on the terminal."""
    print(line, file=sys.stderr, flush=True)
