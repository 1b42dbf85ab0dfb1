"""The audit of the library's symbols (tools/symbols.sh): no allocator, no panic, no unwinding. CORE-3, CORE-4."""
from common import holds, logged, need, out, text

TITLE = "no allocator, panic or unwinding in the library that ships, and an audit that can fail"


def main(_arguments):
    need("nm:binutils", "cc:gcc")
    claims = []
    for claim, arguments, log in [("no allocator, panic or unwinding is linked", [], "symbols.txt"),
                                  ("the audit of symbols refuses what it is for", ["--prove"], "symbols-prove.txt")]:
        code = logged(["tools/symbols.sh"] + arguments, log)
        last = (text(out(log)).splitlines() or ["nothing said"])[-1].removeprefix("symbols: ")
        claims.append(holds(claim, code == 0, last[:88], out(log)))
    return claims
