"""Follows the native stack through a linked program for Cortex-M (Thumb-2), from its disassembly.

Every path of every function is walked with the number of bytes that the function has taken of the stack. What changes
the stack pointer in a way that is not known here is refused, as are indirect calls that are not listed, jumps to where
nobody knows, a function that returns with another stack pointer than it was called with, and recursion.
"""
import bisect, collections, re

CONDITIONS = dict(zip("eq ne cs cc mi pl vs vc hi ls ge lt gt le".split(), "ne eq cc cs pl mi vc vs ls hi lt ge le gt".split()))
CONDITIONS |= {"hs": "lo", "lo": "hs"}
One = collections.namedtuple("One", "at end name condition operands text")
# What a function does: bytes it takes itself at most; calls and jumps to other functions as (bytes taken there, target);
# indirect calls as (bytes taken there, where); bytes by which it returns with more than it was called with.
Walk = collections.namedtuple("Walk", "most calls indirect left")


class Refused(Exception):
    """What is wrong, and where."""


def number(text):
    return int(text.lstrip("#").replace("#", ""), 0)


def registers(text):
    """How many registers a list such as {r4, r5-r7, lr} names."""
    count = 0
    for one in text.strip("{}").split(","):
        first, _, last = one.strip().partition("-")
        count += int(last[1:]) - int(first[1:]) + 1 if last else 1
    return count


class Program:
    """The functions of a disassembly (`objdump -d --no-show-raw-insn`), by address."""

    def __init__(self, listing):
        self.names, self.code, self.data = {}, {}, {}
        last = None
        for line in listing.splitlines():
            head = re.match(r"^([0-9a-f]{8}) <(.*)>:$", line)
            if head:
                self.names[int(head[1], 16)] = head[2]
                continue
            found = re.match(r"^ *([0-9a-f]+):\t(\S+)(?:\t(.*))?$", line)
            if not found:
                continue
            at, mnemonic = int(found[1], 16), found[2]
            operands = re.sub(r"\s*[;@] .*$", "", found[3] or "").strip()
            if last is not None:
                self.code[last] = self.code[last]._replace(end=at)
                last = None
            width = {".word": 4, ".short": 2, ".byte": 1}.get(mnemonic)
            if width:
                for n, byte in enumerate(int(operands, 16).to_bytes(width, "little")):
                    self.data[at + n] = byte
                continue
            mnemonic = re.sub(r"\.[nw]$", "", mnemonic)
            name, condition = self.split(mnemonic)
            one = One(at, None, name, condition, operands, f"{mnemonic} {operands}")
            self.code[at] = one._replace(end=at + 2)
            last = at
        self.starts = sorted(self.names)
        # Of what the compiler took out: whether it needs its callers' registers.
        self.ends = {}

    @staticmethod
    def split(mnemonic):
        """A mnemonic and its condition, for those that matter here."""
        for name in ["ldmia", "ldmdb", "stmdb", "vpush", "vpop", "push", "pop", "blx", "ldrd", "ldr", "strd", "str",
                     "subw", "addw", "sub", "add", "mov", "bx", "bl", "b"]:
            rest = mnemonic.removeprefix(name)
            if rest != mnemonic and (rest == "" or rest in CONDITIONS):
                return name, rest or None
        return mnemonic, None

    def function(self, at):
        """The start of the function that holds an address."""
        n = bisect.bisect_right(self.starts, at) - 1
        return self.starts[n] if n >= 0 else None

    def table(self, one):
        """Where a table branch goes: the table stands behind it, and ends where code begins."""
        base, size = one.end, 1 if one.name == "tbb" else 2
        targets, at = [], base
        while at in self.data:
            value = sum(self.data.get(at + n, 0) << 8 * n for n in range(size))
            targets.append(base + 2 * value)
            at += size
        # A table of bytes may end with one more, to be even: it leads into the table.
        found = [target for target in targets if target in self.code]
        if not found or any(target not in self.code and target not in self.data for target in targets):
            raise Refused(f"a table that leads nowhere: {one.text}")
        return found


def effect(one, taken, known):
    """(bytes taken behind an instruction, what is known of other registers): both are bytes below the entry's sp."""
    name, operands = one.name, one.operands
    parts = [part.strip() for part in re.split(r",(?![^{[]*[}\]])", operands)]
    first = parts[0].rstrip("!") if parts else ""
    known = dict(known)
    if name == "push" or name == "stmdb" and operands.startswith("sp!"):
        return taken + 4 * registers(parts[-1]), known
    if name == "pop" or name in ("ldmia", "ldm") and operands.startswith("sp!"):
        for register in re.findall(r"\w+", parts[-1]):
            known.pop(register, None)
        return taken - 4 * registers(parts[-1]), known
    if name in ("vpush", "vpop"):
        size = (8 if "d" in parts[-1] else 4) * registers(parts[-1])
        return taken + (size if name == "vpush" else -size), known
    before = re.search(r"\[sp, (#-?\d+)\]!", operands)
    after = re.search(r"\[sp\], (#-?\d+)$", operands)
    if before or after:
        moved = number((before or after).group(1))
        for part in parts:
            known.pop(part, None)
        return taken - moved, known
    source = {**known, "sp": (taken, 0)}
    if re.fullmatch(r"(add|sub|addw|subw|adds|subs)", name) and len(parts) >= 2 and parts[-1].startswith("#"):
        base = parts[1] if len(parts) == 3 else first
        if base in source:
            by = number(parts[-1]) * (1 if name.startswith("sub") else -1)
            value = (source[base][0] + by, source[base][1])
            if first == "sp":
                return value[0], known
            known[first] = value
            return taken, known
    if name == "mov" and len(parts) == 2 and parts[1] in source:
        if first == "sp":
            return source[parts[1]][0], known
        known[first] = source[parts[1]]
        return taken, known
    if name == "bfc" and parts[1] == "#0" and first in known:
        # Rounded down to a power of two; sp is a multiple of 8 at calls (AAPCS32 6.2.1.2), of 4 always.
        known[first] = (known[first][0] + (1 << number(parts[2])) - 4, 0)
        return taken, known
    writes = not re.match(r"(str|stm|cmp|cmn|tst|teq|b|cb|it|nop|v?push|udf|bkpt|dsb|dmb|isb)", name)
    if name.startswith("ldm") and writes:
        # Without "!", which was looked at before, the first register is only read.
        for register in re.findall(r"\w+", parts[-1]) + [first] * parts[0].endswith("!"):
            known.pop(register, None)
    elif writes:
        if first == "sp":
            raise Refused(f"changes the stack pointer in a way that is not followed: {one.text}")
        for part in parts[:2] if name.startswith(("ldrd", "umull", "umlal", "smull", "smlal")) else [first]:
            known.pop(part, None)
    return taken, known


def needs_caller(program, start):
    """Whether a function is an end of others, taken out of them by the compiler, which finds the stack by their registers."""
    if not program.names[start].startswith("OUTLINED_FUNCTION"):
        return False
    if start not in program.ends:
        try:
            walk(program, start)
            program.ends[start] = False
        except Refused:
            program.ends[start] = True
    return program.ends[start]


def walk(program, start):
    """Walks every path of the function at an address, ends that were taken out of it included."""
    most, calls, indirect, left, seen, own = 0, [], [], set(), {}, {start}
    todo = [(start, None, 0, {})]
    while todo:
        at, assumed, taken, known = todo.pop()
        one = program.code.get(at)
        where = f"{program.names[start]}+{at - start:#x}"
        if one is None or program.function(at) not in own:
            raise Refused(f"{where}: runs out of the function")
        if one.condition is None or one.name == "b":
            assumed = None
        key = (at, assumed)
        if key in seen:
            before, others = seen[key]
            if before != taken:
                raise Refused(f"{where}: reached with {before} and with {taken} bytes of stack")
            common = {r: v for r, v in others.items() if known.get(r) == v}
            if common == others:
                continue
            known = common
        seen[key] = (taken, known)
        most = max(most, taken)

        def go(to, at_depth=None):
            """On to an address: in this function, or as a jump into another, whose returns are then ours."""
            depth = taken if at_depth is None else at_depth
            if program.function(to) in own and to not in own or to == start and depth == 0:
                todo.append((to, None, depth, known))
            elif to in program.names and needs_caller(program, to):
                own.add(to)
                todo.append((to, None, depth, known))
            elif to in program.names:
                calls.append((depth, to, True))
            else:
                raise Refused(f"{where}: jumps into the middle of a function: {one.text}")

        if one.condition and one.name != "b":
            # Inside an IT block: both ways, and what was assumed holds to its end.
            if assumed is None:
                todo += [(at, one.condition, taken, known), (at, CONDITIONS[one.condition], taken, known)]
                continue
            if assumed != one.condition:
                todo.append((one.end, assumed, taken, known))
                continue
        target = re.match(r"([0-9a-f]+)\b", one.operands)
        try:
            if one.name == "b":
                go(int(target[1], 16))
                if one.condition:
                    todo.append((one.end, None, taken, known))
            elif one.name in ("cbz", "cbnz"):
                go(int(re.search(r"\b([0-9a-f]+)( <|$)", one.operands.split(",")[1].strip())[1], 16))
                todo.append((one.end, None, taken, known))
            elif one.name in ("tbb", "tbh"):
                for to in program.table(one):
                    go(to)
            elif one.name == "bl":
                if int(target[1], 16) not in program.names:
                    raise Refused(f"calls the middle of a function: {one.text}")
                calls.append((taken, int(target[1], 16), False))
                known = {r: v for r, v in known.items() if re.fullmatch(r"r([4-9]|1[01])|sb|sl|fp", r)}
                todo.append((one.end, assumed, taken, known))
            elif one.name == "blx":
                indirect.append((taken, at))
                known = {r: v for r, v in known.items() if re.fullmatch(r"r([4-9]|1[01])|sb|sl|fp", r)}
                todo.append((one.end, assumed, taken, known))
            elif one.name == "bx" and one.operands == "lr":
                left.add(taken)
            elif one.name == "udf":
                pass
            elif one.name == "bx" or re.match(r"(mov|add|ldr)$", one.name) and re.match(r"pc\b", one.operands) \
                    and "[sp]" not in one.operands:
                raise Refused(f"jumps to where nobody knows: {one.text}")
            else:
                taken, known = effect(one, taken, known)
                most = max(most, taken)
                if re.search(r"\bpc\b", one.operands) and re.match(r"(pop|ldm|ldr$)", one.name) and "[pc" not in one.operands:
                    left.add(taken)
                else:
                    todo.append((one.end, assumed if one.condition else None, taken, known))
        except Refused as why:
            raise Refused(f"{where}: {why}") from None
    return Walk(most, calls, indirect, left)
