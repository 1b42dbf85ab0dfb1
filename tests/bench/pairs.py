#!/usr/bin/env python3
"""Counts which operations of the executor run, and which follow which, in one kernel.

    pairs.py KERNEL [N]      needs valgrind and a built harness (run.sh); N: lines of each table, 25 without it

The tail back end's handlers are functions that jump to each other; callgrind counts each jump as a call, so that its
call graph is the table of operation pairs, and its cost table the instructions of each operation.
"""
import collections, glob, os, re, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
kernel, top = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 25
root = os.path.join(here, "../..")

names = {}
tails = sorted(glob.glob(os.path.join(here, "target/release/build/wrt-core-*/out/tail.rs")), key=os.path.getmtime)
text = open(tails[-1]).read()
for name, number in re.findall(r"/// `([^`]*)`\n(?:#\[[^\n]*\n)*unsafe extern \"\w+\" fn h(\d+)\(", text):
    names["h" + number] = name

out = tempfile.mktemp()
subprocess.run(
    ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, "--dump-instr=no",
     os.path.join(here, "target/release/wrt-bench"), "--kernels", os.path.join(root, "target/kernels"), "--programs",
     os.path.join(root, "target/programs"), "--only", kernel, "--runtimes", "wrt", "--quick", "--rounds", "1", "--no-load", "--no-crossings", "--no-memory"],
    check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

strings, cost, ran, pairs = {}, collections.Counter(), collections.Counter(), collections.Counter()


def resolve(text):
    m = re.match(r"\((\d+)\)(?: (.*))?$", text)
    if m.group(2):
        strings[m.group(1)] = m.group(2)
    name = strings[m.group(1)].split("'")[0]
    return name.split("::")[-1] if "::tail::" in name else name


current = callee = None
skip = False
for line in open(out):
    if line.startswith("fn="):
        current = resolve(line[3:].strip())
    elif line.startswith("cfn="):
        callee = resolve(line[4:].strip())
    elif line.startswith("calls="):
        count = int(line[6:].split()[0])
        if callee in names:
            ran[callee] += count
            if current in names:
                pairs[current, callee] += count
        skip = True
    elif re.match(r"[+\-*\d]", line):
        if not skip and current:
            cost[current] += int(line.split()[1])
        skip = False
os.unlink(out)

total = sum(ran.values())
spent = sum(cost[h] for h in names)
print(f"{kernel}: {total} operations, {spent / max(total, 1):.2f} instructions each")
print(f"\n{'share':>7} {'count':>11} {'instr':>6}  operation")
for h, count in ran.most_common(top):
    print(f"{100 * count / total:6.1f}% {count:11} {cost[h] / count:6.1f}  {names[h]}")
print(f"\n{'share':>7} {'count':>11}  pair")
for (a, b), count in pairs.most_common(top):
    print(f"{100 * count / total:6.1f}% {count:11}  {names[a]}  ->  {names[b]}")
