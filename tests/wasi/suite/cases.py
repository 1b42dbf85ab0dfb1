"""A case: its source, and what the comment at its head asks for.

The head is the first block of comment lines (`//`, `//!` or `;;`). Each line is `key: value`:

    shows: TEXT             what the case shows; one behaviour
    sees: FUNCTION ERRNO    a claim about the oracle's run, checked in every run; also `end TEXT`
    dir: PATH               a folder of the fixture
    file: PATH TEXT         a file, with escapes as in Python; `file: PATH *N` for N bytes
    link: PATH -> TEXT      a symbolic link
    hard: PATH = OTHER      a hard link to a file that stands above it
    fifo: PATH              a named pipe
    mode: PATH OCTAL        permissions of a file or folder that stands above it
    running: PATH           a copy of a program that runs while the guest does
    grant: PATH GUEST [ro]  a folder that the guest gets, under a name; else `grant: . /`; `grant: none`;
                            the path `@second` is a folder on another file system
    arg: TEXT               an argument after the name of the program
    env: NAME=VALUE         a variable of the environment
    stdin: TEXT             what standard input gives, with escapes; else it is empty
    files: N                descriptors that the host lets a program have
    closed: stdout          nobody reads standard output any more
    flags: TEXT             options of the compiler
    unstable: yes           built for `wasi_unstable` as well, and compared with the oracle's run of preview 1
    needs: WORD             `shm`: a second file system at /dev/shm; `user`: permissions hold for this user;
                            or a path of the host that must be there

Paths are relative to the folder granted by default; `../NAME` lies beside it, outside of every grant.
"""
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
FOLDER = HERE / "cases"
KINDS = {".c": "//", ".rs": "//", ".wat": ";;"}
FIXTURE = ("dir", "file", "link", "hard", "fifo", "mode", "running")


@dataclass
class Case:
    """A case. `fixture` is a list of (key, value) in the order of the head, `grants` of (path, guest path, mutable)."""

    name: str
    source: Path
    module: str = "wasi_snapshot_preview1"
    shows: str = ""
    sees: list = field(default_factory=list)
    fixture: list = field(default_factory=list)
    grants: list = field(default_factory=list)
    args: list = field(default_factory=list)
    env: list = field(default_factory=list)
    stdin: bytes | None = None
    flags: list = field(default_factory=list)
    files: int | None = None
    closed: list = field(default_factory=list)
    unstable: bool = False
    needs: list = field(default_factory=list)
    # Of programs alone: options of `wrtd run`, and where what the oracle compiles is kept.
    options: list = field(default_factory=list)
    kept: Path | None = None


def unescape(text):
    """Bytes of a text with Python's escapes; what is not ASCII stands for its UTF-8."""
    return text.encode().decode("unicode_escape").encode("latin-1")


def head(source):
    """The lines `key: value` at the head of a source, as pairs."""
    mark = KINDS[source.suffix]
    pairs = []
    for line in source.read_text().splitlines():
        if not line.startswith(mark):
            break
        text = line.removeprefix(mark).removeprefix("!").strip()
        if text:
            key, colon, value = text.partition(":")
            if not colon:
                raise ValueError(f"{source.name}: `{text}` is not `key: value`")
            pairs.append((key.strip(), value.strip()))
    return pairs


def grant(value):
    """`PATH GUEST [ro]` as a triple."""
    words = value.split()
    if len(words) not in (2, 3) or words[2:] not in ([], ["ro"]):
        raise ValueError(f"grant `{value}` is not PATH GUEST [ro]")
    return words[0], words[1], len(words) == 2


def parse(source):
    """The case of a source file.

    Raises ValueError where a line of the head cannot be read, or `shows` or `sees` is missing.
    """
    case = Case(source.stem, source)
    explicit = False
    for key, value in head(source):
        if key in FIXTURE:
            case.fixture.append((key, value))
        elif key == "shows":
            case.shows = value
        elif key == "sees":
            case.sees.append(value)
        elif key == "grant":
            explicit = True
            if value != "none":
                case.grants.append(grant(value))
        elif key == "arg":
            case.args.append(unescape(value).decode())
        elif key == "env":
            case.env.append(tuple(value.partition("=")[::2]))
        elif key == "stdin":
            case.stdin = unescape(value)
        elif key == "files":
            case.files = int(value)
        elif key == "closed":
            case.closed += value.split()
        elif key == "flags":
            case.flags += value.split()
        elif key == "unstable":
            case.unstable = value == "yes"
        elif key == "needs":
            case.needs += value.split()
        else:
            raise ValueError(f"{source.name}: no key `{key}`; suite/cases.py lists them")
    if not case.shows or not case.sees:
        raise ValueError(f"{source.name}: the head lacks `shows` or `sees`")
    if not explicit:
        case.grants = [(".", "/", True)]
    return case


def every():
    """All cases by name; a case marked `unstable` is there twice."""
    cases = []
    names = set()
    for source in sorted(FOLDER.iterdir()):
        if source.suffix not in KINDS:
            continue
        case = parse(source)
        if case.name in names:
            raise ValueError(f"two cases are called {case.name}")
        names.add(case.name)
        cases.append(case)
        if case.unstable:
            older = parse(source)
            older.name = f"{case.name}-unstable"
            older.module = "wasi_unstable"
            cases.append(older)
    return cases
