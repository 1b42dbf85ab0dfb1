#!/usr/bin/env python3
"""Audits the machine code of the tail back end: every operation's function leaves by a jump. CORE-3.

    tools/dispatch.py                audits the library that ships, which it builds, and the release build of the engine
    tools/dispatch.py OBJECT...      audits these: relocatable objects, or archives of such
    tools/dispatch.py --prove        shows that the audit refuses functions that were built wrong

The back end relies on sibling calls, which the compiler makes and does not promise. Where it makes a call instead, the
native stack grows with every such operation. So, for each function in the table of operations: it calls nothing but
what is listed here, it never returns, each jump out of it goes to another operation or to the ends that all share, and
the native stack is there what it was at its entry.

OBJDUMP: another tool than `objdump` or `llvm-objdump`. Exit status 3: skipped, the last line says why.
"""
import collections, glob, os, platform, re, shutil, subprocess, sys

# What operations, and `peak`, may call, and why. None of these calls need be a jump: each comes back before the
# operation goes on.
CALLS = {
    ("exec", "slow", "step"): "one bounded step of a bulk operator",
    ("exec", "dispatch", "new_peak"): "tells `peak` whether the operation may go on",
    ("exec", "cast", "is_of"): "walks a chain of at most 63 supertypes",
    ("vector", "lanes", "i8x16_shuffle"): "one vector from two; too big to be a part of its operation",
    ("vector", "lanes", "i8x16_swizzle"): "as above",
}
# The same in `libm`, where that is not compiled with the engine: roundings, which call nothing.
LIBM = {"ceil", "ceilf", "floor", "floorf", "trunc", "truncf", "rint", "rintf"}
# Operations that call what only the embedder knows, with how many such calls.
INDIRECT = {"atomic_notify": (1, "`Wait::notify`, which the embedder gave")}
# Where paths end that do not go on with an operation. The first two return to the driver, which is their purpose.
RETURN = {"exit", "trap"}
ENDS = RETURN | {"peak"}
# Ways to the next operation; of the last two there is a copy for each note.
WAYS = {"back", "clear", "enter", "found", "noted"}

PREFIXES = {"lock", "rep", "repz", "repnz", "repe", "repne", "data16", "cs", "ds", "es", "ss", "notrack", "bnd"}
# Instructions with %rsp as the last operand that do not write it.
READERS = {"cmp", "test"}
Instruction = collections.namedtuple("Instruction", "at mnemonic operands target text")


class Refused(Exception):
    """What is wrong with one function."""


def path(symbol, crate="8wrt_core"):
    """The names of a function of the engine, without the crate's, from either mangling; () for any other symbol."""
    at = symbol.find(crate)
    names = []
    while at >= 0:
        found = re.compile(r"(\d+)_?").match(symbol, at)
        if not found:
            break
        # A name that begins with a digit or an underscore is set off by one; no name here does.
        end = found.end(1) + int(found.group(1))
        names.append(symbol[found.end(1):end])
        at = end
    if symbol.startswith("_ZN") and names and re.fullmatch(r"h[0-9a-f]{16}", names[-1]):
        names.pop()
    return tuple(names[1:])


def tail(symbol):
    """The name of a function of the tail back end, such as `h12` or `exit`; `None` for another symbol."""
    names = path(symbol)
    return names[3] if len(names) == 4 and names[:3] == ("exec", "dispatch", "tail") else None


def of_section(name):
    """The symbol that a relocation names, where it may name its section instead."""
    return re.sub(r"^\.(text|data\.rel\.ro)(\.(unlikely|hot|startup|exit|cold))?\.", "", name)


def read(listing):
    """The functions in a disassembly with relocations: symbol to instructions."""
    functions, body, last = {}, None, None
    for line in listing:
        head = re.match(r"^[0-9a-f]+ <(.*)>:$", line)
        if head:
            body = functions.setdefault(of_section(head.group(1)), [])
            # Archives may hold a symbol twice, a copy in each object; each copy is looked at.
            if body:
                body.append(None)
            continue
        relocation = re.match(r"^\s*[0-9a-f]+:\s+R_\w+\s+(\S+)\s*$", line)
        if relocation and body:
            if last.mnemonic == "call" or last.mnemonic.startswith("j"):
                body[-1] = last._replace(target=relocation.group(1))
            continue
        found = re.match(r"^\s*([0-9a-f]+):\s+(.*)$", line)
        if not found or body is None:
            continue
        words = found.group(2).split("#")[0].split()
        while len(words) > 1 and (words[0] in PREFIXES or words[0].startswith("rex")):
            words.pop(0)
        mnemonic, operands = words[0], " ".join(words[1:])
        if re.fullmatch(r"(call|ret|jmp|push|pop|add|sub|lea)q", mnemonic):
            mnemonic = mnemonic[:-1]
        last = Instruction(int(found.group(1), 16), mnemonic, operands, None, " ".join(found.group(2).split()))
        body.append(last)
    return functions


def moves(one):
    """By how many bytes an instruction lets the stack grow."""
    if one.mnemonic in ("push", "pushf"):
        return 8
    if one.mnemonic in ("pop", "popf") and one.operands != "%rsp":
        return -8
    by = re.fullmatch(r"\$(-?)0?x?([0-9a-f]+), ?%rsp", one.operands)
    if one.mnemonic in ("add", "sub") and by:
        bytes_ = int(by.group(2), 16 if "x" in one.operands else 10) * (-1 if by.group(1) else 1)
        # A disassembler may write a negative number as a huge one.
        bytes_ -= 1 << 64 if bytes_ >= 1 << 63 else 0
        return bytes_ if one.mnemonic == "sub" else -bytes_
    by = re.fullmatch(r"(-?)(0x)?([0-9a-f]+)\(%rsp\), ?%rsp", one.operands)
    if one.mnemonic == "lea" and by:
        return int(by.group(3), 16 if by.group(2) else 10) * (1 if by.group(1) else -1)
    written = re.search(r"(^|[,\s])%(rsp|esp|sp|spl)$", one.operands)
    if one.mnemonic in ("leave", "enter") or written and one.mnemonic.rstrip("bwlq") not in READERS:
        raise Refused(f"changes the stack in a way that is not followed: {one.text}")
    return 0


def check(operation, body, returns=False):
    """Follows every path of a function. `operation` is what it does in the table's words."""
    code = {one.at: (one, after.at if after else None) for one, after in zip(body, body[1:] + [None])}
    first = body[0].at
    depth, todo, indirect = {}, [(first, 0)], 0
    while todo:
        at, grown = todo.pop()
        if at in depth:
            if depth[at] != grown:
                raise Refused(f"reaches one place with {depth[at]} and with {grown} bytes of stack: {code[at][0].text}")
            continue
        depth[at] = grown
        one, after = code[at]
        if one.target and re.fullmatch(r"\*(0x0)?\(%rip\)", one.operands):
            # Through the global offset table: by name all the same.
            one = one._replace(operands="")
        inside = re.match(r"^(0x)?([0-9a-f]+)\b", one.operands)
        inside = int(inside.group(2), 16) if inside and not one.target else None
        symbol = one.target and re.sub(r"[-+]0x[0-9a-f]+$", "", one.target)
        whole = one.target is None or not one.target[len(symbol):] or one.target.endswith("-0x4")
        goes_on = True
        if one.mnemonic == "call":
            if one.operands.startswith("*"):
                indirect += 1
                if operation not in INDIRECT or indirect > INDIRECT[operation][0]:
                    raise Refused(f"calls where it must jump, or what nobody knows: {one.text}")
            elif not symbol or not whole or not may_be_called(of_section(symbol)):
                raise Refused(f"calls what is not listed: {one.text} {one.target or ''}")
        elif one.mnemonic == "ret" or one.mnemonic.startswith(("iret", "lret")):
            if not returns:
                raise Refused("returns, so that what went on before it was a call")
            if grown:
                raise Refused(f"returns with {grown} bytes of stack")
            goes_on = False
        elif one.mnemonic.startswith(("j", "loop")):
            goes_on = one.mnemonic != "jmp"
            if symbol or one.operands.startswith("*"):
                if symbol and not (whole and leads_on(of_section(symbol))):
                    raise Refused(f"jumps to what is no operation: {one.text} {one.target}")
                if grown:
                    raise Refused(f"leaves with {grown} bytes of stack more than it came with: {one.text}")
            elif inside in code:
                todo.append((inside, grown))
            else:
                raise Refused(f"jumps to where it has no instruction: {one.text}")
        elif one.mnemonic.startswith(("ud", "int", "hlt", "sysc", "syse")):
            raise Refused(f"ends by other means than a jump: {one.text}")
        else:
            grown += moves(one)
            if grown < 0:
                raise Refused(f"takes more from the stack than it put there: {one.text}")
        if goes_on:
            if after is None:
                raise Refused(f"falls off its end: {one.text}")
            todo.append((after, grown))
    for at, (one, _) in code.items():
        # Where unwinding is possible, it ends the process at the operation's border.
        unwinding = one.mnemonic == "ud2" or one.mnemonic == "call" and "panic_cannot_unwind" in (one.target or "")
        if at not in depth and not unwinding and not one.mnemonic.startswith(("nop", "int3", "xchg")):
            raise Refused(f"has instructions that no path was found to: {one.text}")


def may_be_called(symbol):
    return path(symbol) in CALLS or path(symbol, "4libm")[-1:] in {(name,) for name in LIBM}


def leads_on(symbol):
    name = tail(symbol)
    return name is not None and (name in ENDS | WAYS or re.fullmatch(r"h\d+", name) is not None)


def copies(body):
    """The copies of a function, one after the other."""
    while None in body:
        yield body[:body.index(None)]
        body = body[body.index(None) + 1:]
    yield body


def audit(listing, table, names):
    """Complaints about a disassembly. `table` holds the symbol of each operation's function, `names` says what the
    functions do."""
    functions, complaints = {}, []
    for symbol, body in read(listing).items():
        if tail(symbol):
            known = functions.setdefault(tail(symbol), [])
            known += [None] * bool(known) + body
    if not table:
        complaints.append("there is no table of operations")
    for number, symbol in enumerate(table):
        if tail(symbol) not in functions or not re.fullmatch(r"h\d+", tail(symbol)):
            complaints.append(f"operation {number} has no function: {symbol}")
    for name in sorted((ENDS | WAYS) - functions.keys()):
        complaints.append(f"there is no function `{name}`")
    for name, body in sorted(functions.items()):
        if name not in ENDS | WAYS and not re.fullmatch(r"h\d+", name):
            continue
        operation = names.get(name, name)
        for body in copies(body):
            try:
                check(operation, body, returns=name in RETURN)
            except Refused as e:
                complaints.append(f"{name} ({operation}) {e}")
    return complaints, len(functions)


# ---- the library ----


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    # An archive's member that is no object is told of and passed over.
    if done.returncode != 0 and not done.stdout:
        sys.exit(f"dispatch: {' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.splitlines()


def tables(tool, object_):
    """The symbols in the table of operations."""
    found = []
    for line in run(tool, "-t", object_):
        words = line.split()
        if "O" in words and tail(words[-1]) == "HANDLERS":
            # The visibility may stand between size and name.
            at, size = int(words[0], 16), int(next(word for word in words[::-1][1:] if not word.startswith(".")), 16)
            section = next(word for word in words if word.startswith(".data"))
            inside = False
            for line in run(tool, "-r", object_):
                if line.startswith("RELOCATION RECORDS"):
                    inside = f"[{section}]" in line
                entry = inside and re.match(r"^([0-9a-f]+)\s+R_\w+64\w*\s+(\S+)\s*$", line)
                if entry and at <= int(entry.group(1), 16) < at + size:
                    found.append(of_section(entry.group(2)))
            if len(found) * 8 != size:
                found.append(f"(the table has {size // 8} entries, of which {len(found)} name a function)")
            break
    return found


def described(count, folder):
    """What the functions do, from the sources that the build wrote: those of a table of this length."""
    for source in sorted(glob.glob(os.path.join(folder, "*/build/wrt-core-*/out/tail.rs")), key=os.path.getmtime,
                         reverse=True):
        text = open(source).read()
        if len(re.findall(r"^    h\d+,$", text, re.M)) == count:
            return {number: name for name, number in
                    re.findall(r"/// `([^`]*)`\n(?:#\[[^\n]*\n)*unsafe extern \"\w+\" fn (h\d+)\(", text)}
    return {}


def library(objects):
    tool = os.environ.get("OBJDUMP") or shutil.which("objdump") or shutil.which("llvm-objdump")
    if not tool:
        print("skipped, because there is neither objdump nor llvm-objdump (package binutils)")
        return 3
    folder = os.environ.get("SHIP", "target/ship")
    if not objects:
        subprocess.run(["tools/lib.sh"], check=True)
        # Another profile, and so other code: what the command line, the packages and the tests are built with.
        subprocess.run(["cargo", "build", "--quiet", "--release", "--package", "wrt-core"], check=True)
        target = os.environ.get("CARGO_TARGET_DIR", "target")
        objects = [os.path.join(folder, "wrt.full.o"), os.path.join(target, "release/libwrt_core.rlib")]
    bad = False
    for object_ in objects:
        table = tables(tool, object_)
        names = described(len(table), folder if object_.startswith(folder) else "target")
        complaints, count = audit(run(tool, "-dr", "--no-show-raw-insn", object_), table, names)
        for complaint in complaints:
            print(f"dispatch: {complaint}")
        bad = bad or bool(complaints)
        if not complaints:
            print(f"dispatch: {object_}: {len(table)} operations in {count - len(ENDS | WAYS)} functions: all leave by jumps, "
                  f"the native stack as it was")
    return 1 if bad else 0


# ---- the proof ----

HEAD = "_ZN8wrt_core4exec8dispatch4tail"
HASH = "17h0123456789abcdefE"
OTHER = "17h0123456789abcdeeE"
GOOD = f"""
0000000000000000 <{HEAD}2h0{HASH}>:
   0:\tpush   %rbx
   1:\tsub    $0x10,%rsp
   5:\ttest   %eax,%eax
   7:\tje     20 <{HEAD}2h0{HASH}+0x20>
   9:\tcall   e <{HEAD}2h0{HASH}+0xe>
\t\t\ta: R_X86_64_PLT32\t.text.unlikely._ZN8wrt_core4exec4slow4step{HASH}-0x4
   e:\tadd    $0x10,%rsp
  12:\tpop    %rbx
  13:\tmov    (%r9,%rax,8),%rax
  17:\tjmp    *%rax
  20:\tadd    $0x10,%rsp
  24:\tpop    %rbx
  25:\tjmp    2a <{HEAD}2h0{HASH}+0x2a>
\t\t\t26: R_X86_64_PLT32\t.text.unlikely.{HEAD}4trap{HASH}-0x4

0000000000000000 <{HEAD}2h1{HASH}>:
   0:\tlock incq (%rdx)
   4:\tjmp    *(%r9,%rax,8)

0000000000000000 <{HEAD}4exit{HASH}>:
   0:\tmov    %ecx,%eax
   2:\tret

0000000000000000 <{HEAD}4trap{HASH}>:
   0:\tmov    %ecx,%eax
   2:\tret

0000000000000000 <{HEAD}4peak{HASH}>:
   0:\tjmp    5 <{HEAD}4peak{HASH}+0x5>
\t\t\t1: R_X86_64_PLT32\t{HEAD}2h1{HASH}-0x4

0000000000000000 <{HEAD}4back{HASH}>:
   0:\tjmp    *(%r9,%rcx,8)

0000000000000000 <{HEAD}5clear{HASH}>:
   0:\tjmp    *(%r9,%rdx,8)

0000000000000000 <{HEAD}5enter{HASH}>:
   0:\tjmp    *(%r9,%rbp,8)

0000000000000000 <{HEAD}5found{HASH}>:
   0:\tjmp    *(%r9,%r8,8)

0000000000000000 <{HEAD}5noted{OTHER}>:
   0:\tjmp    *(%r9,%rsi,8)

0000000000000000 <{HEAD}5noted{HASH}>:
   0:\tjmp    *(%r9,%rdi,8)
"""
# What is replaced in the functions above, by what, and what the audit has to say.
WRONG = [
    ("a call of the next operation", "  17:\tjmp    *%rax", "  17:\tcall   *%rax\n  19:\tret",
     "calls where it must jump"),
    ("a call through the table", "   4:\tjmp    *(%r9,%rax,8)", "   4:\tcall   *(%r9,%rax,8)\n   8:\tret",
     "calls where it must jump"),
    ("an operation that returns", "  17:\tjmp    *%rax", "  17:\tret", "returns"),
    ("an operation that returns, as llvm writes it", "  17:\tjmp    *%rax", "  17:\tretq", "returns"),
    ("a push too many", "   5:\ttest   %eax,%eax", "   4:\tpush   %rcx\n   5:\ttest   %eax,%eax",
     "leaves with 8 bytes"),
    ("a pop too many", "   1:\tsub    $0x10,%rsp", "   0:\tpop    %rax\n   1:\tsub    $0x10,%rsp",
     "takes more from the stack"),
    ("a frame that one path keeps", "  20:\tadd    $0x10,%rsp\n", "  20:\tnop\n", "leaves with 16 bytes"),
    ("paths that meet at different depths", "   7:\tje     20", "   7:\tje     12", "reaches one place with"),
    ("a stack pointer from elsewhere", "  12:\tpop    %rbx", "  12:\tmov    %rbx,%rsp",
     "in a way that is not followed"),
    ("an aligned stack", "   5:\ttest   %eax,%eax", "   5:\tand    $0xfffffffffffffff0,%rsp",
     "in a way that is not followed"),
    ("a call of what is not listed", "4slow4step", "4slow5other", "calls what is not listed"),
    ("a call of an operation by name", f"_ZN8wrt_core4exec4slow4step{HASH}-0x4", f"{HEAD}2h1{HASH}-0x4",
     "calls what is not listed"),
    ("a call of an operation through the offset table", "   4:\tjmp    *(%r9,%rax,8)",
     f"   4:\tcall   *0x0(%rip)        # a <x>\n\t\t\t6: R_X86_64_GOTPCRELX\t{HEAD}2h1{HASH}-0x4\n   a:\tret",
     "calls what is not listed"),
    ("a jump to another function", f".text.unlikely.{HEAD}4trap{HASH}-0x4", f".text._ZN4core9panicking5panic{HASH}-0x4",
     "jumps to what is no operation"),
    ("a jump into a function's middle", f"4trap{HASH}-0x4", f"4trap{HASH}+0x8", "jumps to what is no operation"),
    ("a trap instruction", "  17:\tjmp    *%rax", "  17:\tud2", "ends by other means"),
    ("a call by one of the notes", "   0:\tjmp    *(%r9,%rsi,8)", "   0:\tcall   *(%r9,%rsi,8)\n   4:\tret",
     "calls where it must jump"),
    ("an end without a jump", "   4:\tjmp    *(%r9,%rax,8)", "   4:\tnop", "falls off its end"),
    ("code behind a jump table", "  17:\tjmp    *%rax", "  17:\tjmp    *%rax\n  19:\tmov    %eax,%eax",
     "no path was found"),
    ("an operation without a function", f"<{HEAD}2h1{HASH}>", f"<{HEAD}2h2{HASH}>", "has no function"),
    ("no exit", f"<{HEAD}4exit{HASH}>", f"<{HEAD}4quit{HASH}>", "there is no function `exit`"),
]


def prove():
    table = [f"{HEAD}2h0{HASH}", f"{HEAD}2h1{HASH}"]
    said, count = audit(GOOD.splitlines(), table, {})
    # A complaint proves something only where there is none without the change.
    if said or count != 10:
        print(f"dispatch: functions that are built right are refused: {said}")
        return 1
    mangled = GOOD.replace(HEAD, "_RNvNtNtNtCs1a2B_8wrt_core4exec8dispatch4tail").replace(HASH, "").replace(OTHER, "Kj1_").replace(
        "_ZN8wrt_core4exec4slow4step", "_RNvNtNtCs1a2B_8wrt_core4exec4slow4step")
    said, count = audit(mangled.splitlines(), [symbol for symbol in read(mangled.splitlines())][:2], {})
    if said or count != 10:
        print(f"dispatch: functions with names of the other mangling are refused: {said}")
        return 1
    for what, old, new, phrase in WRONG:
        if GOOD.count(old) != 1:
            print(f"dispatch: {what}: the text to change is there {GOOD.count(old)} times")
            return 1
        said = "\n".join(audit(GOOD.replace(old, new).splitlines(), table, {})[0])
        if phrase not in said:
            print(f"dispatch: {what} is not refused for \"{phrase}\": {said or 'nothing was said'}")
            return 1
        print(f"dispatch: {what} is refused: {phrase}")
    if "no table" not in "".join(audit(GOOD.splitlines(), [], {})[0]):
        print("dispatch: a missing table is not refused")
        return 1
    print(f"dispatch: {len(WRONG) + 1} wrong builds refused")
    return 0


def main(arguments):
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    if arguments == ["--prove"]:
        return prove()
    if any(argument.startswith("-") for argument in arguments):
        print("usage: tools/dispatch.py [--prove | OBJECT...]", file=sys.stderr)
        return 2
    if platform.machine() not in ("x86_64", "AMD64"):
        print(f"skipped, because the audit reads x86-64 and this machine is {platform.machine()}")
        return 3
    return library(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
