#!/usr/bin/env python3
"""Counts the instructions that wrt takes to load modules, by what they are for.

    loading.py [FILE...]     needs valgrind, addr2line and a built harness (run.sh); without names: sqlite and the big
                             modules of the load section, as far as they are there

Decoding, validation and translation are one pass, so they are told apart by attribution. A process loads once, another
twice, and the difference of both counts is the load. Each instruction belongs to the innermost function of the engine
that it was inlined from, as the debug information says, and each function to one of the parts below. Validation and
translation have the stacks of operands and labels in common, which are a part of their own: validation alone would need
them as well, but less in each entry.
"""
import collections, os, re, subprocess, sys, tempfile
from counted import harness, here

root = os.path.join(here, "../..")
DECODING, VALIDATION, STACKS, TRANSLATION, REST = PARTS = (
    "decoding", "validation", "stacks of both", "translation", "sections and the rest")
# By file below wrt-core/src; functions that a file's part does not fit stand in FUNCTIONS.
FILES = {
    "binary.rs": DECODING, "translate/immediate.rs": DECODING, "ops.rs": DECODING, "budget.rs": DECODING,
    "subtype.rs": VALIDATION, "types.rs": VALIDATION, "translate/stack.rs": STACKS, "module/build.rs": TRANSLATION,
    "error.rs": REST, "arena.rs": REST,
}
FUNCTIONS = {
    # The loop over the operators: reading, and choosing what to do.
    "operators": DECODING, "listed": DECODING,
    "pop": VALIDATION, "pop_num": VALIDATION, "pop_none": VALIDATION, "pop_ref": VALIDATION, "skip": VALIDATION,
    "check_top": VALIDATION, "check_each": VALIDATION, "check_end": VALIDATION, "check_tail": VALIDATION,
    "widen_top": VALIDATION, "widen_each": VALIDATION, "retype_top": VALIDATION, "mem_arg": VALIDATION,
    "data_segment": VALIDATION, "is_set": VALIDATION, "note_set": VALIDATION, "local_get_any": VALIDATION,
    "label_types": VALIDATION, "block_types": VALIDATION, "block_results": VALIDATION, "matches": VALIDATION,
    "type_entry": VALIDATION, "func_type": VALIDATION, "type_entry_of": VALIDATION, "resolve_type": VALIDATION,
    "raw_type": VALIDATION, "signature": VALIDATION, "func": VALIDATION, "table": VALIDATION, "memory": VALIDATION,
    "global": VALIDATION, "tag_type": VALIDATION, "elem_type": VALIDATION, "is_declared": VALIDATION,
    "push": STACKS, "push_num": STACKS, "push_types": STACKS, "drop_top": STACKS, "drop_num": STACKS, "drop_to": STACKS,
    "note_slots": STACKS, "set_pending": STACKS,
}


def part(function, path):
    """The part of a load that a function of the engine belongs to."""
    file = path.split("wrt-core/src/")[1]
    name = re.sub(r"<[^<>]*>", "", function).split("::")[-1]
    if file == "module/build.rs" or file.startswith("translate/"):
        return FUNCTIONS.get(name) or FILES.get(file, TRANSLATION)
    return FILES.get(file, REST)


def counted(path, times):
    """Instructions by address, and how far the addresses lie from those in the file of the harness."""
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "out")
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--dump-instr=yes", "--compress-pos=no",
             "--compress-strings=no", harness, "once", "load", "wrt", path, str(times)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            lines = [line for line in done.stderr.splitlines() if not line.startswith("==")]
            sys.exit(f"loading: {path}: " + (lines[0] if lines else f"status {done.returncode}"))
        counts, here, called, call, main = collections.Counter(), None, None, False, None
        for line in open(out):
            if line.startswith("ob="):
                here = line.strip() == "ob=" + os.path.realpath(harness)
            elif line.startswith("cfn="):
                called = line.strip()[4:]
            elif line.startswith("calls="):
                call = True
                if called == "main":
                    main = int(line.split()[1], 16)
            elif line.startswith("0x"):
                address, _, cost = line.split()[:3]
                if not call:
                    counts[int(address, 16) if here else None] += int(cost)
                call = False
    return counts, main


def inlined(addresses):
    """For each address the functions that it was inlined through, the innermost first, with their files."""
    asked = "\n".join(f"{address:#x}" for address in addresses)
    told = subprocess.run(["addr2line", "--exe", harness, "--addresses", "--functions", "--inlines", "--demangle=rust"],
                          input=asked, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    chains, at = {}, 0
    while at < len(told):
        if told[at].startswith("0x"):
            chain = chains.setdefault(int(told[at], 16), [])
            at += 1
        else:
            chain.append((told[at], told[at + 1].rsplit(":", 1)[0]))
            at += 2
    return chains


def symbol(name):
    """Address of a symbol in the file of the harness."""
    told = subprocess.run(["nm", harness], stdout=subprocess.PIPE, text=True, check=True).stdout
    return next(int(line.split()[0], 16) for line in told.splitlines() if line.endswith(f" T {name}"))


def load(path):
    """Instructions of one load of a module, by part."""
    (once, main), (twice, _) = counted(path, 1), counted(path, 2)
    shift = main - symbol("main")
    counts = {address: count - once[address] for address, count in twice.items() if count != once[address]}
    chains = inlined([address - shift for address in counts if address is not None])
    sums = collections.Counter()
    for address, count in counts.items():
        chain = chains.get(address - shift, []) if address is not None else []
        engine = next(((function, file) for function, file in chain if "wrt-core/src/" in file), None)
        sums[part(*engine) if engine else REST] += count
    return sums


def code_bytes(path):
    """Bytes of a module's code section."""
    wasm, at = open(path, "rb").read(), 8
    while at < len(wasm):
        section, at = wasm[at], at + 1
        size = shift = 0
        while True:
            byte, at = wasm[at], at + 1
            size |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                break
        if section == 10:
            return size
        at += size
    return 0


if "--help" in sys.argv or "-h" in sys.argv:
    print(__doc__)
    sys.exit()
if not os.path.exists(harness):
    sys.exit("loading: no harness is built; ./dev bench --help builds one")
named = sys.argv[1:] or [path for path in (os.path.join(root, "target", name) for name in (
    "programs/sqlite.wasm", "modules/python.wasm", "modules/ruby.wasm", "modules/php.wasm")) if os.path.exists(path)]
print("| module | part | million instructions | share | bytes of code in 1000 |\n|---|---|---|---|---|")
for path in named:
    name, sums, size = os.path.basename(path).removesuffix(".wasm"), load(path), code_bytes(path)
    total = sum(sums.values())
    for label, count in [*((part, sums[part]) for part in PARTS), ("all", total)]:
        # Bytes for each thousand instructions of this part alone.
        rate = f"{1000 * size / count:.1f}" if count else "-"
        print(f"| {name} | {label} | {count / 1e6:.1f} | {100 * count / total:.0f} % | {rate} |", flush=True)
