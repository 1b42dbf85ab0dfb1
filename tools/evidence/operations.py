"""What one execution of each operator costs: fuel, compared with the published table, and time, which is a record.

Run by tests/sameness/examples/operations.rs. Time is that of this machine, whatever else it is doing; no time decides
anything, and none is that of a target.
"""
import collections, platform

from common import holds, logged, need, out, record, text, write

TITLE = "fuel and time of one execution of each operator, worst of each class"


def main(_arguments):
    need("cargo")
    log = "operations-log.txt"
    code = logged(["cargo", "run", "--quiet", "--release", "-p", "wrt-sameness", "--example", "operations"], log)
    rows = [line.split("\t") for line in text(out(log)).splitlines() if "\t" in line]
    if code or len(rows) < 2:
        return [holds("operators cost the fuel of the table", False, f"the program ended with {code}", out(log))]
    head, rows = rows[0], rows[1:]
    backends = head[4:]
    wrong = [f"{row[1]}: {row[2]}, not {row[3]}" for row in rows if row[3] != "-" and row[2] != row[3]]
    classes = collections.defaultdict(list)
    for row in rows:
        classes[row[0] + (" (per 1024)" if row[1].endswith("per 1024") else "")].append(row)
    lines = [f"{platform.machine()}, {platform.platform()}; nanoseconds, the best of five runs each", ""]
    lines += [f"{'class':<28}{'measured':>9}{'fuel':>6}" + "".join(f"{name:>10}  {'worst of it':<34}" for name in backends)]
    for name, of_class in sorted(classes.items()):
        line = f"{name:<28}{len(of_class):>9}{max(int(row[2]) for row in of_class):>6}"
        for n in range(len(backends)):
            worst = max(of_class, key=lambda row: float(row[4 + n]))
            line += f"{worst[4 + n]:>10}  {worst[1]:<34}"
        lines.append(line.rstrip())
    without = [line for line in text(out(log)).splitlines() if line.startswith("# ")]
    path = write("operations.txt", "\n".join(lines + [""] + without + wrong) + "\n")
    judged = {row[1] for row in rows if row[3] != "-"}
    return [
        holds("operators cost the fuel of the table", judged and not wrong,
              f"{len(judged)} operators in {sum(row[3] != '-' for row in rows)} shapes, {len(wrong)} differ", path),
        record("worst fuel and time of each class", f"{len(classes)} classes, on {platform.machine()}", path),
    ]
