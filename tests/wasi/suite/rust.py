"""Finds, or makes, a Rust standard library for wasm32-wasip1.

A compiler that has one is taken as it is. Else Debian's compiler makes one from its own sources, once, linked with
Debian's wasi-libc; this takes a minute of processor time, and crates.io for what the library depends on.
"""
import os
import shutil
import subprocess
import threading
from pathlib import Path

TRIPLE = "wasm32-wasip1"
LIBC = Path("/usr/lib/wasm32-wasi")
DEBIAN = {"rustc": "/usr/bin/rustc", "cargo": "/usr/bin/cargo", "sources": "/usr/lib/rustlib/src/rust/library"}
FLAGS = ["--edition=2024", "--crate-type=bin", "-O", "-Cpanic=abort", "-Cstrip=debuginfo", f"--target={TRIPLE}"]
MANIFEST = '[package]\nname = "library"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n'
ONE_AT_A_TIME = threading.Lock()


class Absent(Exception):
    """There is none; the text says what it would take."""


def command(target):
    """How a Rust source is compiled for wasm32-wasip1; `target` is where a library may be kept.

    Raises Absent where there is no library and none can be made.
    """
    for compiler in (os.environ.get("RUSTC", "rustc"), DEBIAN["rustc"]):
        if shutil.which(compiler) and any(library_folder(compiler).glob("libstd-*.rlib")):
            return [compiler, *FLAGS]
    with ONE_AT_A_TIME:
        return [DEBIAN["rustc"], "--sysroot", str(made(target / "rust")), f"-Lnative={LIBC}", *FLAGS]


def library_folder(compiler):
    """Where a compiler looks for its libraries for wasm32-wasip1."""
    asked = [compiler, "--print", "target-libdir", f"--target={TRIPLE}"]
    done = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return Path(done.stdout.strip() or "/nonexistent")


def made(folder):
    """The folder of a system root with a library that Debian's compiler made, made where it is not there."""
    missing = [path for path in [*DEBIAN.values(), LIBC / "crt1-command.o"] if not Path(path).exists()]
    if missing:
        raise Absent(f"no Rust standard library for {TRIPLE} is here, and {missing[0]}, which would make one, is not:"
                     " apt-get install rustc-web cargo-web rust-web-src wasi-libc")
    version = subprocess.run([DEBIAN["rustc"], "--version"], stdout=subprocess.PIPE, text=True).stdout.split()[1]
    root = folder / f"root-{version}"
    if root.exists():
        return root
    project = folder / "project"
    (project / "src").mkdir(parents=True, exist_ok=True)
    (project / "Cargo.toml").write_text(MANIFEST)
    (project / "src/lib.rs").write_text("//! Nothing: what is wanted is the library that it is built with.\n")
    build = [DEBIAN["cargo"], "build", "--quiet", "--release", "-Zbuild-std=std,panic_abort", f"--target={TRIPLE}"]
    environment = {**os.environ, "RUSTC": DEBIAN["rustc"], "RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": "",
                   "CARGO_TARGET_DIR": str(project / "target")}
    done = subprocess.run(build, cwd=project, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        said = done.stdout.strip().splitlines()
        raise Absent(f"a Rust standard library for {TRIPLE} cannot be built here: {said[-1] if said else ''}")
    part = folder / "root.part"
    shutil.rmtree(part, ignore_errors=True)
    libraries = part / "lib/rustlib" / TRIPLE / "lib"
    libraries.mkdir(parents=True)
    for library in (project / "target" / TRIPLE / "release/deps").glob("*.rlib"):
        if not library.name.startswith("liblibrary-"):
            shutil.copy(library, libraries)
    part.rename(root)
    return root
