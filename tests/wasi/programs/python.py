"""What a small Python program does of a system: files, streams, arguments, variables, an exit code."""
import json
import os
import re
import sys
import zlib

with open("/work/input.json", encoding="utf-8") as file:
    records = json.load(file)
records.sort(key=lambda record: (-record["count"], record["name"]))
for record in records:
    print(f"{record['name']:>10} {record['count']:3d} {record['mass']:8.3f}")
print("arguments:", sys.argv[1:])
print("variable:", os.environ.get("GREETING"), "and no other:", os.environ.get("HOME"))
report = {"total": sum(record["mass"] for record in records), "names": [r["name"] for r in records]}
if "only-read" not in sys.argv:
    with open("/work/report.txt", "w", encoding="utf-8") as file:
        json.dump(report, file, ensure_ascii=False, indent=1)
    os.mkdir("/work/made")
    os.rename("/work/report.txt", "/work/made/report.json")
    print("written:", os.stat("/work/made/report.json").st_size)
print("in the folder:", sorted(os.listdir("/work")))
# Something to compute, so that more than the start is run.
primes = [n for n in range(2, 2000) if all(n % k for k in range(2, int(n**0.5) + 1))]
print("primes:", len(primes), primes[-1], "checksum:", zlib.crc32(repr(primes).encode()))
print("words:", sorted(set(re.findall(r"[a-z]+", " ".join(r["name"] for r in records)))))
try:
    open("/work/../outside")
except OSError as error:
    print("outside:", type(error).__name__)
print("to the other stream", file=sys.stderr)
sys.exit(7)
