"""Bound of the native stack of every exported C function, on Cortex-M3 and Cortex-M4F. ASIL-6, CORE-3.

    --prove    shows that recursion, an unknown indirect call and a stack of unknown size are refused

The library that tools/board/lib.sh builds is linked with the firmware of examples/c-bare and with every function that
it exports, and the machine code is followed (`stack_arm.py`). The bound of a function is the most that any chain of
calls from it takes; where the embedder's functions are called, what these take comes on top, and the table says from
which depth. What the compiler itself says of each function (`.stack_sizes`) is compared. The firmware's own bound is
compared with the painted stack that it measured on the emulated board.
"""
import collections, os, re, subprocess

import stack_arm
from common import holds, logged, need, out, record, run, text, write, Skipped
from stack_arm import Refused

TITLE = "bound of the native stack of every exported C function on Cortex-M"
BOARDS = {"cortex-m3": ("thumbv7m-none-eabi", ["-mcpu=cortex-m3"]),
          "cortex-m4f": ("thumbv7em-none-eabihf", ["-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"])}
# Indirect calls: the function that makes them, how many, what they lead to, and why that is all. None: a function of
# the embedder, whose own stack comes on top.
INDIRECT = [
    (r"wrt_shared_memory_notify$", 1, None, "wrt_waiter.notify, given by the embedder"),
    (r"exec::drive::go_on$", 1, None, "wrt_waiter.wait, given by the embedder"),
    (r"exec::intercept::ask$", 1, None, "wrt_hooks.before or .after, given by the embedder"),
    (r"(runtime::host::call_host|exec::cross::host|exec::intercept::host)$", 1, None,
     "a host function, given by the embedder, where the call of it was inlined to"),
    (r"sched::Scheduler>::next$", 2, None, "the embedder's clock (wrt_clock_fn), which the closure of the C ABI became"),
    (r"runtime::link::bind$", 1, r"<wrt::instance::Resolver as .*Imports>::resolve$",
     "the C ABI resolves imports by one type"),
    (r"runtime::constant::eval$", 1, r"^<u64>::wrapping_(add|sub|mul)$", "one of the three sums of constant expressions"),
]
# What the embedder's functions are in the firmware of examples/c-bare.
CALLBACKS = ["sense", "actuate", "report"]
PROOFS = [
    ("recursion", "volatile int x; __attribute__((noinline)) int prove(int n) { return n ? prove(n - 1) + x : x; }"),
    ("indirect call", "volatile int x; int prove(int (*f)(int)) { return f(1) + x; }"),
    ("not followed", "void other(char *); __attribute__((noinline)) void other(char *p) { *(volatile char *)p = 1; }\n"
                     "int prove(int n) { char a[n]; other(a); return a[0]; }"),
]


class Bounds:
    """The functions of a linked program, with what each takes of the stack together with all that it calls."""

    def __init__(self, elf):
        self.program = stack_arm.Program(run(["arm-none-eabi-objdump", "-d", "--no-show-raw-insn", elf]))
        self.names = collections.defaultdict(list)
        for line in run(["arm-none-eabi-nm", "-C", "--defined-only", elf]).splitlines():
            found = re.match(r"([0-9a-f]+) [tTwW] (.*)$", line)
            if found:
                self.names[int(found[1], 16) & ~1].append(found[2])
        self.at = {name: at for at, names in self.names.items() for name in names}
        self.walks, self.done, self.indirect_found = {}, {}, collections.Counter()

    def leads(self, start, count):
        """What the indirect calls of a function lead to."""
        for pattern, allowed, targets, _ in INDIRECT:
            if any(re.search(pattern, name) for name in self.names[start]):
                if count > allowed:
                    raise Refused(f"{self.names[start][0]}: {count} indirect calls, and {allowed} are listed")
                self.indirect_found[pattern] = count
                if targets is None:
                    return None
                found = [at for name, at in self.at.items() if re.search(targets, name)]
                if not found:
                    raise Refused(f"{self.names[start][0]}: nothing is named {targets}")
                return found
        raise Refused(f"{' '.join(self.names[start])}: an indirect call that is not listed")

    def of(self, start, callbacks=()):
        """(bytes that a function takes at most, bytes taken where it calls the embedder or -1, by how much it returns
        with another stack pointer). `callbacks`: addresses of the embedder's functions, to be counted as called."""
        key = (start, bool(callbacks))
        if key in self.done:
            return self.done[key]
        # A stack of our own, since chains of calls are long: (function, the calls that are still to be looked at).
        path = []

        def enter(function):
            if any(one[0] == function for one in path):
                names = [self.names[one[0]][0] for one in path]
                raise Refused(f"recursion: {' -> '.join(names[names.index(self.names[function][0]):])}")
            if function not in self.walks:
                self.walks[function] = stack_arm.walk(self.program, function)
            found = self.walks[function]
            calls = list(found.calls)
            embedder = -1
            if found.indirect:
                targets = self.leads(function, len(found.indirect))
                deepest = max(taken for taken, _ in found.indirect)
                if targets is None:
                    embedder = deepest
                    targets = callbacks
                calls += [(deepest, target, False) for target in targets]
            path.append([function, calls, found.most, embedder, set(found.left)])

        enter(start)
        while True:
            top = path[-1]
            while top[1]:
                taken, callee, jump = top[1][-1]
                inside = self.done.get((callee, bool(callbacks)))
                if inside is None:
                    break
                top[1].pop()
                top[2] = max(top[2], taken + inside[0])
                top[3] = max(top[3], taken + inside[1] if inside[1] >= 0 else -1)
                if jump:
                    top[4] |= {taken + left for left in inside[2]}
                elif inside[2] - {0}:
                    raise Refused(f"{self.names[callee][0]}: is called and returns with another stack pointer")
            if top[1]:
                enter(top[1][-1][1])
                continue
            self.done[top[0], bool(callbacks)] = (top[2], top[3], frozenset(top[4]))
            path.pop()
            if not path:
                return self.done[key]


def sizes(elf):
    """What the compiler says each function takes itself, by address."""
    path = "llvm-readelf-22"
    said = run([path, "--stack-sizes", elf], stderr=subprocess.DEVNULL)
    return [(int(size), name) for size, name in re.findall(r"^\s*(\d+)\s+(\S+)$", said, re.M)]


def link(board, name, more):
    """The firmware and all that the library exports, in one program."""
    triple = BOARDS[board][0]
    elf = f"target/c-bare/{board}/{name}.elf"
    sizes_ = {"flash": "0", "flash_size": "4M", "ram": "0x20000000", "ram_size": "64K", "stack_size": "6K"}
    run(["arm-none-eabi-ld", "-z", "noexecstack", "--gc-sections", "-T", "examples/c-bare/boards/board.ld", "--entry=0"]
        + [f"--defsym=__{key}={value}" for key, value in sizes_.items()] + more
        + [f"target/c-bare/{board}/firmware.o", f"target/c-bare/{board}/board.o", f"target/c-bare/{triple}/libwrt.a",
           "-o", elf])
    return elf


def exports():
    """The functions that the header declares."""
    return sorted(set(re.findall(r"\b(wrt_[a-z0-9_]+)\(", text("include/wrt.h"))))


def judge(board, peak):
    """The claims about one board. `peak`: bytes of the native stack that the firmware measured, or None."""
    bounds = Bounds(link(board, "every", [f"-u{name}" for name in exports()]))
    lines, worst, missing = [f"{'function':<36}{'bytes':>7}{'  where it calls the embedder'}"], (0, ""), []
    for name in exports():
        if name not in bounds.at:
            missing.append(name)
            continue
        total, embedder, left = bounds.of(bounds.at[name])
        if left - {0}:
            raise Refused(f"{name}: returns with another stack pointer")
        worst = max(worst, (total, name))
        lines.append(f"{name:<36}{total:>7}{embedder if embedder >= 0 else '-':>7}")
    # The compiler's own figures; a function that was outlined or written in assembly has none.
    mangled = {name: at for at, name in bounds.program.names.items()}
    compared, differing = 0, []
    for size, name in sizes(f"target/c-bare/{board}/every.elf"):
        found = bounds.walks.get(mangled.get(name))
        if found:
            compared += 1
            if found.most < size:
                differing.append(f"{name}: {found.most} from the code, {size} says the compiler")
    lines.append("")
    lines += [f"indirect call in {pattern.rstrip('$')}: {reason}" for pattern, _, _, reason in INDIRECT]
    table = write(f"stack-{board}.txt", "\n".join(lines + differing) + "\n")
    firmware = Bounds(f"target/c-bare/{board}/firmware.elf")
    whole = firmware.of(firmware.at["start"], [firmware.at[name] for name in CALLBACKS])[0]
    return [
        holds(f"every exported function has a bound ({board})", not missing and worst[0] > 0,
              f"{len(exports()) - len(missing)} functions, {worst[0]} bytes at most ({worst[1]}); without the embedder's own",
              table),
        holds(f"the code agrees with the compiler's sizes ({board})", compared > 0 and not differing,
              f"{compared} functions compared, {len(differing)} take more by the compiler's word", table),
        record(f"the firmware's native stack ({board})", f"bound {whole} bytes; not run", table) if peak is None else
        holds(f"measured native stack is within the bound ({board})", 0 < peak <= whole,
              f"the firmware took {peak} bytes, its bound is {whole}", table),
    ]


def prove():
    """Claims that what has no bound is refused."""
    claims = []
    for phrase, source in PROOFS:
        board = next(iter(BOARDS))
        path = write("stack-prove.c", source)
        run(["arm-none-eabi-gcc", "-mthumb", "-Os", "-ffreestanding", "-c", path, "-o", out("stack-prove.o")]
            + BOARDS[board][1])
        bounds = Bounds(link(board, "prove", ["-uprove", out("stack-prove.o")]))
        try:
            said = f"not refused: {bounds.of(bounds.at['prove'])[0]} bytes"
        except Refused as why:
            said = str(why)
        claims.append(holds(f"refused: {phrase}", phrase in said, said[:88]))
    return claims


def main(arguments):
    need("arm-none-eabi-objdump:binutils-arm-none-eabi", "arm-none-eabi-ld:binutils-arm-none-eabi",
         "arm-none-eabi-gcc:gcc-arm-none-eabi", "llvm-readelf-22:llvm-22")
    code = logged(["tools/board/run.sh"] + list(BOARDS), "stack-boards.txt")
    said = text(out("stack-boards.txt"))
    if any(not os.path.exists(f"target/c-bare/{board}/firmware.elf") for board in BOARDS):
        raise Skipped((said.strip().splitlines() or ["nothing was built"])[-1].removeprefix("skipped, because "))
    claims = prove() if "--prove" in arguments else []
    for board in BOARDS:
        peak = re.search(rf"^{board}: .*native_stack_peak=(\d+)", said, re.M)
        try:
            claims += judge(board, int(peak[1]) if peak else None)
        except Refused as why:
            claims.append(holds(f"every exported function has a bound ({board})", False, str(why)))
    return claims + ([] if code in (0, 3) else [holds("the firmware runs on the boards", False, "see the file",
                                                      out("stack-boards.txt"))])
