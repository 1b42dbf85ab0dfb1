"""The Python face: calls one export of a module and prints what came of it as one line of JSON.

    face.py MODULE.wasm EXPORT FUEL [ARG...]

Every face prints the same for the same module: same settings, same host functions, same keys in the same order.
"""

import json
import math
import struct
import sys
from pathlib import Path
from typing import Any

import wrt

STACK, DEPTH, MEMORY, HEAP, FRAMES = 1 << 20, 100_000, 16 << 20, 1 << 20, 64


def double(n: int) -> int:
    wide = (2 * n) & 0xFFFF_FFFF
    return wide - (1 << 32) if wide >> 31 else wide


HOST: dict[str, Any] = {
    "log": lambda n: None,
    "double": double,
    "sense": lambda channel: 0.5,
    "actuate": lambda channel, value: None,
    "report": lambda tick, value: None,
}


# Types of the functions above, as str() of their type has them: Python alone would take any.
TYPES = {"log": "(i32)", "double": "(i32) -> i32", "sense": "(i32) -> f32", "actuate": "(i32, f32)",
         "report": "(i32, f32)"}


def f32_bits(number: float) -> int:
    """The bits of an f32 that has come as a float; those of a not-a-number stand where they were, further up."""
    if not math.isnan(number):
        return int.from_bytes(struct.pack("<f", number), "little")
    wide = int.from_bytes(struct.pack("<d", number), "little")
    return (wide >> 63) << 31 | 0x7F80_0000 | wide >> 29 & 0x7F_FFFF


def show(value: Any, kind: str) -> str:
    if kind in ("i32", "i64"):
        return f"{kind}:{value}"
    if kind == "f32":
        return f"f32:0x{f32_bits(value):08x}"
    if kind == "f64":
        return f"f64:0x{int.from_bytes(struct.pack('<d', value), 'little'):016x}"
    if kind == "v128":
        return f"v128:0x{value:032x}"
    return "ref:null" if value is None else "ref:some"


def read(text: str, kind: str) -> Any:
    return int(text) if kind in ("i32", "i64", "v128") else float(text)


def told(error: wrt.Error) -> dict[str, Any]:
    return {"status": error.status, "reason": error.reason, "offset": error.offset, "func": error.func}


def stopped(status: str, reason: str) -> dict[str, Any]:
    return {"status": status, "reason": reason, "offset": 0, "func": None}


def run(wasm: bytes, export: str, fuel: int, texts: list[str]) -> dict[str, Any]:
    answer: dict[str, Any] = {"plan": None, "error": None, "results": [], "fuel": 0, "stack_peak": 0,
                              "call_depth_peak": 0, "memory_bytes": 0, "frames": [], "hash": None}
    try:
        module = wrt.Module(wasm)
        answer["plan"] = module.plan._asdict()
        if any(e.name in TYPES and TYPES[e.name] != str(e.type) for e in module.imports if e.module == "env"):
            return answer | {"error": stopped("WRT_E_LINK", "WRT_REASON_INCOMPATIBLE_IMPORT")}
        instance = wrt.Instance(module, {"env": HOST}, memory=MEMORY, stack=STACK, heap=HEAP, max_depth=DEPTH, start=False)
        # What is called must be there; what it is called with, it says itself.
        kinds = next((e.type for e in module.exports if e.name == export), None)
        if kinds is None or export not in instance.exports:
            instance.call(export)
        func = instance.exports[export]
        if not isinstance(func, wrt.Func):
            return answer | {"error": stopped("WRT_E_TYPE", "WRT_REASON_EXPORT_KIND")}
        arguments = [read(text, kind) for text, kind in zip(texts, func.type.params, strict=True)]
    except wrt.Error as error:
        return answer | {"error": told(error)}
    frames: tuple[wrt.Frame, ...] = ()
    try:
        value = instance.call(export, *arguments, fuel=fuel)
        results = func.type.results
        values = value if len(results) > 1 else (value,)
        answer["results"] = [show(v, kind) for v, kind in zip(values, results)]
    except wrt.Error as error:
        answer["error"] = told(error)
        frames = getattr(error, "frames", ())
    usage = instance.usage
    return answer | {"fuel": usage.fuel_used, "stack_peak": usage.stack_peak, "call_depth_peak": usage.call_depth_peak,
                     "memory_bytes": usage.memory_bytes,
                     "frames": [[f.func, f.func_offset, f.offset] for f in frames[:FRAMES]],
                     "hash": f"{instance.state_hash:016x}"}


def main() -> None:
    path, export, fuel, *texts = sys.argv[1:]
    answer = run(Path(path).read_bytes(), export, int(fuel), texts)
    print(json.dumps(answer, separators=(",", ":")))


if __name__ == "__main__":
    main()
