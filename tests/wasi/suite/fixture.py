"""The folder that a case runs in: building it, and describing it afterwards.

Every entry gets the same times, owner and mode on each side, so that what differs afterwards is the guest's doing.
"""
import hashlib
import os
import shutil
import stat
import subprocess
from contextlib import contextmanager
from pathlib import Path

from .cases import unescape

# Times of every entry of a fixture, in seconds since 1970; and from when on a time counts as that of the run.
BUILT = 1_000_000_000
RUN = 1_600_000_000
# Contents that are shown whole, and up to what size a digest is made; beyond it, the size alone is compared.
SHOWN = 160
DIGESTED = 1 << 24


def place(root, path):
    """Where a path of a head lies; `../NAME` is beside the granted folder."""
    return Path(os.path.normpath(root / path))


def build(folder, case):
    """Makes the fixture of a case in `folder`, which does not exist yet; the granted folder is `folder`/root."""
    root = folder / "root"
    root.mkdir(parents=True)
    modes = []
    for key, value in case.fixture:
        if key == "dir":
            place(root, value).mkdir(parents=True, exist_ok=True)
        elif key == "file":
            path, _, text = value.partition(" ")
            content = b"x" * int(text[1:]) if text.startswith("*") else unescape(text)
            put(place(root, path), content)
        elif key == "link":
            path, _, target = value.partition(" -> ")
            place(root, path).symlink_to(target)
        elif key == "hard":
            path, _, other = value.partition(" = ")
            place(root, path).hardlink_to(place(root, other))
        elif key == "fifo":
            os.mkfifo(place(root, value))
        elif key == "mode":
            path, _, mode = value.partition(" ")
            modes.append((place(root, path), int(mode, 8)))
        elif key == "running":
            shutil.copyfile("/bin/sleep", place(root, value))
            place(root, value).chmod(0o755)
    entries = sorted(walk(folder), key=lambda p: len(p.parts), reverse=True)
    for entry in [*entries, folder]:
        os.utime(entry, ns=(BUILT * 10**9, BUILT * 10**9), follow_symlinks=False)
    for path, mode in modes:
        path.chmod(mode)


@contextmanager
def running(folder, case):
    """Runs the programs of a fixture for as long as the guest takes."""
    paths = [place(folder / "root", value) for key, value in case.fixture if key == "running"]
    programs = [subprocess.Popen([path, "600"]) for path in paths]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def put(path, content):
    """Writes a file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def walk(folder):
    """Every entry below a folder, each before what is in it; links are not followed."""
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from walk(entry.path)


def when(found):
    """A modification time as it can be compared: that of the fixture, that of the run, or the nanoseconds."""
    if found.st_mtime_ns == BUILT * 10**9:
        return "built"
    return "run" if found.st_mtime_ns >= RUN * 10**9 else f"{found.st_mtime_ns} ns"


def describe(folder):
    """The state of a fixture, one line an entry."""
    lines = []
    for entry in walk(folder):
        found = entry.lstat()
        if not found.st_mode & stat.S_IRUSR:
            entry.chmod(0o700)
        name = entry.relative_to(folder).as_posix().replace("\n", "\\n")
        common = f"mode {stat.S_IMODE(found.st_mode):o}, mtime {when(found)}"
        if stat.S_ISLNK(found.st_mode):
            lines.append(f"{name} -> {os.readlink(entry)}")
        elif stat.S_ISDIR(found.st_mode):
            lines.append(f"{name}/ {common}")
        elif stat.S_ISREG(found.st_mode):
            lines.append(f"{name} {common}, links {found.st_nlink}, {content(entry, found.st_size)}")
        else:
            lines.append(f"{name} of another kind, {common}")
    return lines


def content(path, size):
    """What a file holds: whole, as a digest, or its size alone."""
    if size > DIGESTED:
        return f"{size} bytes"
    data = path.read_bytes()
    return repr(data) if size <= SHOWN else f"{size} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}"
