#!/usr/bin/env python3
"""What the engine takes of a Cortex-M4, with and without each of its features: builds the firmware of examples/c-bare
with each set of them, and counts what the linker kept.

    size.py [--only SET...]

Columns, in bytes: .text of the engine (wrt-core and its float rounding), of the C ABI, of the compiler's own
functions; .rodata of the first two; static RAM of the library. Whether the engine without SIMD, GC and what else can
be left out keeps the bound of 64 KB is said at the end. Exit 3: skipped.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
TRIPLE = "thumbv7em-none-eabi"
WORK = "target/c-bare/size"
# What is put in; `images` is no feature, but what a firmware links that runs images.
SETS = [
    ("nothing left in", ""),
    ("images", ""),
    ("simd", "simd"),
    ("gc", "gc"),
    ("threads", "threads"),
    ("wide-arithmetic", "wide-arithmetic"),
    ("memories", "memories"),
    ("tail-call", "tail-call"),
    ("extended-const", "extended-const"),
    ("linking", "linking"),
    ("interceptors", "interceptors"),
    ("large-loop", "large-loop"),
    ("pairs", "pairs"),
    ("full", "full"),
]
BOUND = 64 * 1024
C = ["arm-none-eabi-gcc", "-Os", "-ffreestanding", "-fno-builtin", "-ffunction-sections", "-fdata-sections", "-nostdlib",
     "-mthumb", "-mcpu=cortex-m4", "-mfloat-abi=soft", "-std=c11", "-Iinclude", "-Iexamples/c-bare"]


def run(command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def owner(name, own):
    """Who a symbol is of."""
    if name in own:
        return "firmware"
    # The first crate that the name mentions; what an outlined function is of, is not said: nearly all are the engine's.
    crate = re.search(r"\b(wrt_core|libm|wrt|compiler_builtins)::", name)
    if crate:
        return {"wrt_core": "engine", "libm": "engine", "wrt": "abi"}.get(crate.group(1), "compiler")
    if name.startswith("wrt_"):
        return "abi"
    if name.startswith(("__", "mem", "bcmp", "strlen", "fmin", "fmax")):
        return "compiler"
    return "engine"


def measure(name, features):
    out = f"{WORK}/{name.replace(' ', '-')}"
    os.makedirs(out, exist_ok=True)
    built = subprocess.run(["tools/board/lib.sh", TRIPLE, out], env={**os.environ, "FEATURES": features})
    if built.returncode:
        sys.exit(built.returncode)
    objects = []
    images = ["-DIMAGES", "-Itarget/c-bare"] if name == "images" else []
    for source in ["firmware.c", "boards/board.c"]:
        objects.append(f"{out}/{os.path.basename(source)[:-2]}.o")
        run(C + images + ["-c", f"examples/c-bare/{source}", "-o", objects[-1]])
    defined = [f"--defsym={k}={v}" for k, v in [("__flash", "0"), ("__flash_size", "1M"), ("__ram", "0x20000000"),
                                                ("__ram_size", "64K"), ("__stack_size", "6K")]]
    elf = f"{out}/firmware.elf"
    run(["arm-none-eabi-ld", "-z", "noexecstack", "--gc-sections", "-T", "examples/c-bare/boards/board.ld", "--entry=0"]
        + defined + objects + [f"{out}/libwrt.a", "-o", elf])
    own = set(re.findall(r"^\S* \S (\S+)$", run(["arm-none-eabi-nm"] + objects), re.M))
    sizes = {}
    # What the linker has merged has no size of its own: what no symbol covers is added to .rodata of the engine.
    for line in run(["arm-none-eabi-nm", "-C", "-S", "--defined-only", elf]).splitlines():
        found = re.match(r"[0-9a-f]+ ([0-9a-f]+) (\w) (.+)$", line)
        if found:
            size, kind, symbol = int(found[1], 16), found[2].lower(), found[3]
            section = {"t": "text", "w": "text", "r": "rodata", "b": "ram", "d": "ram"}.get(kind, "text")
            key = (section, owner(symbol, own))
            sizes[key] = sizes.get(key, 0) + size
    sections = dict(re.findall(r"^(\.\w+)\s+(\d+)", run(["arm-none-eabi-size", "-A", elf]), re.M))
    named = sum(size for (section, _), size in sizes.items() if section == "rodata")
    get = lambda section, who: sizes.get((section, who), 0)
    return {
        "engine": get("text", "engine"),
        "abi": get("text", "abi"),
        "compiler": get("text", "compiler"),
        "rodata": get("rodata", "engine") + get("rodata", "abi") + int(sections[".rodata"]) - named,
        "ram": get("ram", "engine") + get("ram", "abi") + get("ram", "compiler"),
    }


def main():
    os.chdir(ROOT)
    known = [name for name, _ in SETS]
    only = sys.argv[2:] if sys.argv[1:2] == ["--only"] else known
    unknown = [name for name in only if name not in known]
    if sys.argv[1:2] not in ([], ["--only"]) or unknown or not only:
        what = f"no set {unknown[0]!r}" if unknown else "usage: size.py [--only SET...]"
        print(f"size.py: {what}; sets: {', '.join(known)}", file=sys.stderr)
        sys.exit(2)
    for tool, package in [("arm-none-eabi-gcc", "gcc-arm-none-eabi"), ("arm-none-eabi-ld", "binutils-arm-none-eabi")]:
        if subprocess.run(["which", tool], capture_output=True).returncode:
            print(f"skipped, because {tool} is missing (package {package})")
            sys.exit(3)
    print(f"{TRIPLE}, opt-level = \"s\", linked with the firmware of examples/c-bare; bytes")
    print(f"{'built':<18}{'.text engine':>14}{'.text C ABI':>13}{'.text compiler':>16}{'.rodata':>9}{'RAM':>5}")
    least = None
    for name, features in SETS:
        if name not in only:
            continue
        if name == "images" and not os.path.exists("target/c-bare/images.h"):
            print(f"{name:<18}skipped, because target/c-bare/images.h is missing: `./dev board` makes it")
            continue
        m = measure(name, features)
        if name == "nothing left in":
            least = m["engine"]
        print(f"{name:<18}{m['engine']:>14}{m['abi']:>13}{m['compiler']:>16}{m['rodata']:>9}{m['ram']:>5}", flush=True)
    if least is not None:
        print(f"the engine with nothing left in: {least} bytes of .text, {'within' if least <= BOUND else 'over'} {BOUND}")


if __name__ == "__main__":
    main()
