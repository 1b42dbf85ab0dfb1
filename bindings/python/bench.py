"""What crossing between Python and a guest costs, beside wasmtime and pywasm3 of PyPI.

    python bindings/python/bench.py [--rounds N] [--json]

One run, interleaved: in each round, each engine does each job once, so that a change of the machine's pace meets all.
Medians over the rounds, in nanoseconds for one operation; ratios are the other engine's time over wrt's. An engine that is
not installed is left out, and said so.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import wrt

GUEST = wrt.wat("""(module
  (import "env" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "nothing"))
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "mix") (param i32 i64 f32 f64) (result f64) local.get 3)
  (func (export "ask") (param i32)
    (loop (drop (call $ask (local.get 0))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))""")
ADD = wrt.wat('(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))')
MEMORY = wrt.wat('(module (memory (export "memory") 1) (func (export "nothing")))')
ASKS = 1000
BLOCK = bytes(range(256))

# What one round of a job does: how many operations, and the function that does them.
Job = tuple[int, Callable[[], object]]


def repeat(count: int, function: Callable[..., object], *args: Any) -> Job:
    def run() -> None:
        for _ in range(count):
            function(*args)

    return count, run


def ours() -> dict[str, Job]:
    module, small, room = wrt.Module(GUEST), wrt.Module(ADD), wrt.Module(MEMORY)
    instance = wrt.Instance(module, {"env": {"ask": lambda n: n}}, fuel=1 << 60)
    exports, memory = instance.exports, instance.memory

    def view() -> int:
        return memoryview(memory)[4096]

    def fresh() -> object:
        return wrt.Instance(small).exports.add(1, 2)

    return {
        "call, no argument": repeat(2000, exports.nothing),
        "call, two integers": repeat(2000, exports.add, 1, 2),
        "call, four of all kinds": repeat(2000, exports.mix, 1, 2, 0.5, 0.25),
        "host call": (ASKS, lambda: exports.ask(ASKS)),
        "memory, view and a byte": repeat(1000, view),
        "memory, read 256 bytes": repeat(1000, memory.read, 4096, 256),
        "memory, write 256 bytes": repeat(1000, memory.write, 4096, BLOCK),
        "instance and a call": repeat(100, fresh),
        "instance with memory": repeat(100, wrt.Instance, room),
        "module, from bytes": repeat(100, wrt.Module, ADD),
    }


def wasmtime_jobs() -> dict[str, Job]:
    # Its exports are of many types, which it does not tell apart before they are used.
    w: Any = importlib.import_module("wasmtime")
    config = w.Config()
    config.consume_fuel = True
    engine = w.Engine(config)
    store = w.Store(engine)
    store.set_fuel(1 << 60)
    module, small, room = w.Module(engine, GUEST), w.Module(engine, ADD), w.Module(engine, MEMORY)
    ask = w.Func(store, w.FuncType([w.ValType.i32()], [w.ValType.i32()]), lambda n: n)
    exports = w.Instance(store, module, [ask]).exports(store)
    memory = exports["memory"]
    nothing, add, mix, asks = (exports[name] for name in ["nothing", "add", "mix", "ask"])

    def view() -> object:
        return memory.data_ptr(store)[4096]

    def fresh() -> object:
        own = w.Store(engine)
        own.set_fuel(1 << 60)
        return w.Instance(own, small, []).exports(own)["add"](own, 1, 2)

    def with_memory() -> object:
        own = w.Store(engine)
        own.set_fuel(1 << 60)
        return w.Instance(own, room, [])

    return {
        "call, no argument": repeat(2000, nothing, store),
        "call, two integers": repeat(2000, add, store, 1, 2),
        "call, four of all kinds": repeat(2000, mix, store, 1, 2, 0.5, 0.25),
        "host call": (ASKS, lambda: asks(store, ASKS)),
        "memory, view and a byte": repeat(1000, view),
        "memory, read 256 bytes": repeat(1000, memory.read, store, 4096, 4096 + 256),
        "memory, write 256 bytes": repeat(1000, memory.write, store, BLOCK, 4096),
        "instance and a call": repeat(100, fresh),
        "instance with memory": repeat(100, with_memory),
        "module, from bytes": repeat(20, w.Module, engine, ADD),
    }


def pywasm3_jobs() -> dict[str, Job]:
    wasm3: Any = importlib.import_module("wasm3")
    env = wasm3.Environment()

    def load(wasm: bytes) -> Any:
        runtime = env.new_runtime(1 << 16)
        module = env.parse_module(wasm)
        runtime.load(module)
        return runtime, module

    runtime, module = load(GUEST)
    module.link_function("env", "ask", "i(i)", lambda n: n)
    nothing, add, mix, asks = (runtime.find_function(name) for name in ["nothing", "add", "mix", "ask"])

    def view() -> object:
        return runtime.get_memory(0)[4096]

    def read() -> object:
        return bytes(runtime.get_memory(0)[4096 : 4096 + 256])

    def write() -> None:
        runtime.get_memory(0)[4096 : 4096 + 256] = BLOCK

    def fresh() -> object:
        own, _ = load(ADD)
        return own.find_function("add")(1, 2)

    return {
        "call, no argument": repeat(2000, nothing),
        "call, two integers": repeat(2000, add, 1, 2),
        "call, four of all kinds": repeat(2000, mix, 1, 2, 0.5, 0.25),
        "host call": (ASKS, lambda: asks(ASKS)),
        "memory, view and a byte": repeat(1000, view),
        "memory, read 256 bytes": repeat(1000, read),
        "memory, write 256 bytes": repeat(1000, write),
        "instance and a call": repeat(100, fresh),
        "instance with memory": repeat(100, load, MEMORY),
        "module, from bytes": repeat(100, env.parse_module, ADD),
    }


def measure(engines: dict[str, dict[str, Job]], rounds: int) -> dict[str, dict[str, float]]:
    """Medians in nanoseconds for one operation, by job and engine."""
    times: dict[str, dict[str, list[float]]] = {job: {name: [] for name in engines} for job in next(iter(engines.values()))}
    gc.disable()
    for k in range(rounds + 1):
        for job in times:
            for name, jobs in engines.items():
                count, run = jobs[job]
                begin = time.perf_counter_ns()
                run()
                spent = time.perf_counter_ns() - begin
                # The first round is for caches.
                if k:
                    times[job][name].append(spent / count)
        gc.collect()
    gc.enable()
    return {job: {name: statistics.median(all) for name, all in by.items()} for job, by in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    engines = {"wrt": ours()}
    missing = {}
    for name, make in [("wasmtime", wasmtime_jobs), ("pywasm3", pywasm3_jobs)]:
        try:
            engines[name] = make()
        except ImportError:
            missing[name] = f"pip install {name}"
    medians = measure(engines, options.rounds)
    if options.json:
        facts = {"python": platform.python_version(), "machine": platform.machine(), "rounds": options.rounds}
        print(json.dumps(facts | {"medians_ns": medians, "left_out": missing}))
        return
    others = [name for name in engines if name != "wrt"]
    print("| operation | wrt, ns |" + "".join(f" {name}, ns | over wrt's |" for name in others))
    print("|---|---|" + "---|---|" * len(others))
    for job, by in medians.items():
        cells = "".join(f" {by[name]:,.0f} | {by[name] / by['wrt']:.2f} |" for name in others)
        print(f"| {job} | {by['wrt']:,.0f} |{cells}")
    for name, how in missing.items():
        print(f"{name} is left out, because it is not installed ({how})", file=sys.stderr)


if __name__ == "__main__":
    main()
