"""What other runs have left behind: the campaign of bit flips, and the dated long runs of docs/campaigns.md."""
import collections, json, os, re

from common import Claim, holds, record, text, OUT

TITLE = "faults injected (target/evidence/faults.json); fuzz and differential runs (docs/campaigns.md)"
FAULTS = f"{OUT}/faults.json"
# Claim, and what a row's command must mention.
RUNS = [("fuzzing finds nothing", r"\./dev fuzz"), ("no difference from other engines", r"--oracle wasmtime|wrt-differential"),
        ("targets agree bit for bit", r"\./dev sameness|tests/sameness/run\.sh")]


def faults():
    """The campaign of bit flips: what `./dev faults` wrote last."""
    claim = "at D no wrong result of code or control data goes unreported"
    profile = json.loads(text(FAULTS))["profiles"].get("D") if os.path.exists(FAULTS) else None
    if not profile:
        return Claim(claim, "skipped", "not run: `./dev faults` writes the file", FAULTS)
    ends = collections.Counter()
    for place in profile["places"].values():
        ends.update(place)
    said = f"{sum(ends.values())} injected: " + ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    return holds(claim, ends and profile["wrong_in_code_or_control_data"] == 0, said, FAULTS)


def rows():
    """The rows of the table of long runs: date, command, result."""
    for line in text("docs/campaigns.md").splitlines():
        found = re.match(r"\| (\d{4}-\d\d-\d\d) \| (.*?) \| (.*) \|$", line)
        if found:
            yield found.groups()


def main(_arguments):
    claims = [faults()]
    for claim, mention in RUNS:
        runs = [row for row in rows() if re.search(mention, row[1]) and "--prove" not in row[1]]
        if not runs:
            claims.append(Claim(claim, "skipped", "no run is on record", "docs/campaigns.md"))
            continue
        date, _, result = max(runs, key=lambda row: row[0])
        claims.append(record(claim, f"{len(runs)} runs; {date}: {result.replace('`', '')}"[:88], "docs/campaigns.md"))
    return claims
