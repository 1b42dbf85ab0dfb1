"""The face of wrtd: runs `wrtd plan --json` and `wrtd run --json`, and says what they print in the form of the others.

What wrtd does not print is compared nowhere:
- of frames, those beyond the 32nd (`wrtd` shows so many and counts the rest);
- for an export that is not there, and for a module whose start or segments end it before there is a task: reason and
  offset of the first, nothing of the second.
Modules with imports are not run at all, since the command line offers no functions but WASI's; nor is a call that fills
the heap, whose size wrtd chooses.
"""

import json
import pathlib
import re
import subprocess

FRAMES = 32
SETTINGS = ["--stack", "1M", "--max-memory", "16M", "--max-depth", "100000", "--json"]
NOTHING = {"results": [], "fuel": 0, "stack_peak": 0, "call_depth_peak": 0, "memory_bytes": 0, "frames": [], "hash": None}
PLAN_KEYS = ["load_scratch", "module", "instance", "table_max", "stack_min", "memory_min", "memory_max", "heap_min"]
HEADER = pathlib.Path(__file__).resolve().parents[2] / "include/wrt.h"


class Wrong(Exception):
    """wrtd did not answer as its documentation says."""


def squeezed(name):
    """A name without what distinguishes Rust's form from C's."""
    return re.sub(r"^WRT_(TRAP|REASON)_", "", name).replace("_", "").lower()


NAMES = {squeezed(name): name for name in re.findall(r"^#define (WRT_(?:TRAP|REASON)_\w+)", HEADER.read_text(), re.M)}


def has_imports(wasm):
    """Whether a module imports anything; False for one that cannot be read so far."""
    data = wasm.read_bytes()
    at = 8

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    if data[:8] != b"\0asm\1\0\0\0":
        return False
    try:
        while at < len(data):
            section = data[at]
            at += 1
            size = number()
            end = at + size
            if section == 2:
                return number() > 0
            at = end
    except IndexError:
        pass
    return False


def is_asked(case, expected):
    """Whether wrtd can be compared at a case of which C says this."""
    error = expected["error"] or {}
    return error.get("reason") != "WRT_TRAP_HEAP_EXHAUSTED" and not has_imports(case.wasm)


def call(words, timeout):
    """The object that wrtd prints."""
    ran = subprocess.run(words, capture_output=True, timeout=timeout)
    try:
        return json.loads(ran.stdout)
    except ValueError as why:
        raise Wrong(f"exit code {ran.returncode}, {ran.stdout[-200:]!r} {ran.stderr[-300:]!r}") from why


def error_of(error):
    """A failure of the engine's."""
    if error["kind"] == "fuel":
        return {"status": "WRT_FUEL", "reason": "", "offset": 0, "func": None}
    return {
        "status": error["status"],
        "reason": NAMES[squeezed(error["reason"])],
        "offset": error["offset"],
        "func": error.get("function"),
    }


def value_of(result):
    """A result: numbers as C prints them, references as null or not."""
    kind, bits = result["type"], int(result["bits"], 16)
    match kind:
        case "i32":
            return f"i32:{bits - (bits >> 31 << 32)}"
        case "i64":
            return f"i64:{bits - (bits >> 63 << 64)}"
        case "f32":
            return f"f32:0x{bits:08x}"
        case "f64":
            return f"f64:0x{bits:016x}"
        case "v128":
            return f"v128:0x{bits:032x}"
    return "ref:null" if result["value"] == "null" else "ref:some"


def ask(command, case, timeout):
    """What the others print, and the keys that wrtd does not say here."""
    plan = call([*command, "plan", "--json", str(case.wasm)], timeout)
    if "error" in plan:
        return {"plan": None, "error": error_of(plan["error"]), **NOTHING}, ()
    plan = {key: plan[key] for key in PLAN_KEYS}
    words = [*command, "run", str(case.wasm), "--invoke", case.export, "--fuel", case.fuel, *SETTINGS, "--", *case.arguments]
    ran = call(words, timeout)
    error = ran.get("error")
    if error is not None and "usage" not in ran:
        if error["kind"] == "not-found":
            return {"plan": plan, "error": None, **NOTHING}, ("error",)
        return {"plan": plan, "error": error_of(error), **NOTHING}, ()
    if {key: ran["plan"][key] for key in PLAN_KEYS} != plan:
        raise Wrong(f"run and plan differ: {ran['plan']} {plan}")
    usage = ran["usage"]
    return {
        "plan": plan,
        "error": None if error is None else error_of(error),
        "results": [value_of(result) for result in ran.get("results", [])],
        "fuel": usage["fuel_used"],
        "stack_peak": usage["stack_peak"],
        "call_depth_peak": usage["call_depth_peak"],
        "memory_bytes": usage["memory_bytes"],
        "frames": [[f["function"], f["function_offset"], f["offset"]] for f in (error or {}).get("backtrace", [])],
        "hash": ran["state_hash"].removeprefix("0x"),
    }, ()


def without(answer, unsaid):
    """An answer without what wrtd does not say."""
    copy = {key: None if key in unsaid else value for key, value in answer.items()}
    copy["frames"] = copy["frames"][:FRAMES]
    return copy
