"""Makes modules of the sources of cases, once for each content.

Owns what is called to build, and with what. A guest that cannot be built here for want of a tool is `Missing`, which
the runner reports as a skipped case; a source that does not compile is an error.
"""
import hashlib
import os
import shutil
import subprocess
import threading
from pathlib import Path

from . import abi, rust

HERE = Path(__file__).resolve().parent.parent
REPOSITORY = HERE.parent.parent
TARGET = REPOSITORY / "target" / "wasi-cases"
CLANG = os.environ.get("WASI_CLANG", "clang-19")
C_FLAGS = ["--target=wasm32-wasi", "--sysroot=/usr", "-O1", "-std=c11", "-Wall", "-Wextra", "-Werror",
           "-Wno-unused-function", "-Wno-unused-const-variable"]


class Missing(Exception):
    """A tool is not here; the text says which one, and how to get it."""


class Broken(Exception):
    """A source does not build; the text is what the tool said."""


def run(command):
    """Runs a tool; raises `Broken` with what it said."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Broken(f"{' '.join(map(str, command))}\n{done.stdout}")


def build(case, oracle, module):
    """The path of a case's guest, built for `module`. `oracle` is the interpreter whose wasmtime assembles wat."""
    shared = abi.c_header().encode() + (HERE / "guest" / "wasi.h").read_bytes() if case.source.suffix == ".c" else b""
    tools = repr([CLANG, C_FLAGS, case.flags, module]).encode() + Path(abi.__file__).read_bytes()
    tools += repr(rust.FLAGS).encode() if case.source.suffix == ".rs" else b""
    key = hashlib.sha256(b"\0".join([case.source.read_bytes(), shared, tools])).hexdigest()[:16]
    guest = TARGET / "guests" / f"{case.source.stem}-{key}.wasm"
    if guest.exists():
        return guest
    guest.parent.mkdir(parents=True, exist_ok=True)
    # Cases that run at once may build the same guest; each under a name of its own, and the last one stays.
    made = guest.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
    {".c": build_c, ".wat": build_wat, ".rs": build_rust}[case.source.suffix](case, oracle, module, made)
    made.rename(guest)
    return guest


def build_c(case, oracle, module, made):
    """C through clang and wasi-libc."""
    if not shutil.which(CLANG):
        raise Missing(f"{CLANG} is not here: apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32")
    if not Path("/usr/lib/wasm32-wasi/libc.a").exists():
        raise Missing("wasi-libc is not here: apt-get install wasi-libc libclang-rt-19-dev-wasm32")
    folder = TARGET / "include"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "imports.h").exists() or (folder / "imports.h").read_text() != abi.c_header():
        part = folder / made.with_suffix(".h").name
        part.write_text(abi.c_header())
        part.rename(folder / "imports.h")
    older = ["-DUNSTABLE"] if module == abi.UNSTABLE else []
    run([CLANG, *C_FLAGS, f"-I{HERE / 'guest'}", f"-I{folder}", *older, *case.flags, case.source, "-o", made])


def build_wat(case, oracle, module, made):
    """wat through the assembler of the oracle's package."""
    text = made.with_suffix(".wat")
    text.write_text(abi.expand_wat(case.source.read_text().replace(abi.PREVIEW1, module)))
    program = "import sys, wasmtime; open(sys.argv[2], 'wb').write(wasmtime.wat2wasm(open(sys.argv[1]).read()))"
    run([oracle, "-c", program, text, made])


def build_rust(case, oracle, module, made):
    """Rust with the standard library for wasm32-wasip1."""
    try:
        command = rust.command(TARGET)
    except rust.Absent as absent:
        raise Missing(str(absent)) from absent
    run([*command, case.source, "-o", made])
