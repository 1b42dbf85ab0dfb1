"""Whether the same sources give the same bytes: builds the libraries twice, from copies in different folders.

The libraries are those that ship: for x86-64 (tools/lib.sh) and for a board (tools/board/lib.sh, thumbv7em). What is
copied is what git has. Paths of sources do not enter the bytes, so that nothing need be set: what they would stand in
(messages of panics, debugging information) is not in the libraries. The compiler and its flags must be the same.
"""
import hashlib, os, shutil, subprocess

from common import Claim, OUT, holds, need, run, say, write

TITLE = "two builds of libwrt.a from different folders are the same bytes"
# Name, command, what it makes, and what it needs.
LIBRARIES = [
    ("x86-64 release", ["tools/lib.sh"], ["target/ship/lib/libwrt.a"], "/usr/bin/cc"),
    ("thumbv7em board", ["tools/board/lib.sh", "thumbv7em-none-eabihf", "target/board-lib"],
     ["target/board-lib/libwrt.a"], "/usr/lib/rustlib/src/rust/library"),
]
# Of different lengths, and one with a blank.
COPIES = ["one", "another place/with a longer name"]


def copy(folder):
    """A copy of the sources, as git has them and as they are edited; nothing of an earlier build."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in run(["git", "ls-files", "--cached", "--others", "--exclude-standard"]).splitlines():
        if os.path.isfile(path):
            os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
            shutil.copy2(path, os.path.join(folder, path))


def build(folder, name, command):
    """Builds in a copy; gives why it was skipped, if it was."""
    environment = {key: value for key, value in os.environ.items()
                   if key not in ("CARGO_TARGET_DIR", "RUSTFLAGS", "SHIP", "FEATURES")}
    say(f"reproducible: {name} in {folder}")
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 3:
        return (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, stderr=done.stdout)
    return None


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def where(folders, path):
    """The first byte that differs."""
    both = [open(os.path.join(folder, path), "rb").read() for folder in folders]
    at = next((n for n, (a, b) in enumerate(zip(*both)) if a != b), min(map(len, both)))
    return f"{len(both[0])} and {len(both[1])} bytes, which differ from byte {at} on"


def main(_arguments):
    need("cargo", "git")
    folders = [os.path.realpath(f"{OUT}/copies/{name}") for name in COPIES]
    for folder in folders:
        copy(folder)
    claims, lines = [], []
    for name, command, made, needed in LIBRARIES:
        claim = f"two builds give the same bytes ({name})"
        if not os.path.exists(needed):
            claims.append(Claim(claim, "skipped", f"skipped, because {needed} is missing", ""))
            continue
        why = [build(folder, name, command) for folder in folders]
        if any(why):
            claims.append(Claim(claim, "skipped", why[0] or why[1], ""))
            continue
        for path in made:
            sums = [digest(os.path.join(folder, path)) for folder in folders]
            lines += [f"{one}  {folder}/{path}" for one, folder in zip(sums, folders)]
            same = sums[0] == sums[1]
            claims.append(holds(claim, same, f"SHA-256 {sums[0]}" if same else where(folders, path),
                                write("reproducible.txt", "\n".join(lines) + "\n")))
    compiler = run(["rustc", "-vV"]) + (run(["/usr/bin/rustc", "-vV"]) if os.path.exists("/usr/bin/rustc") else "")
    write("reproducible.txt", "\n".join(lines) + "\n\n" + compiler)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return claims
