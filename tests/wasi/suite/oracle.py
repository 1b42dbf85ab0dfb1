"""Runs one module on wasmtime; started by `sides.py` with the interpreter of the virtual environment.

Arguments: a file that says in JSON what to run, and a file for how it ended. Standard output and standard error are
the guest's alone.
"""
import json
import os
import sys

import wasmtime

import older


def configured(job):
    """The configuration that the job describes. Nothing is inherited but the two output streams."""
    config = wasmtime.WasiConfig()
    config.argv = job["args"]
    config.env = job["env"]
    if job["stdin"]:
        config.stdin_file = job["stdin"]
    config.inherit_stdout()
    config.inherit_stderr()
    for path, guest, mutable in job["grants"]:
        config.preopen_dir(path, guest, mutable)
    return config


def compiled(engine, job):
    """The module, from the file that keeps what it was compiled to where the job names one."""
    kept = job.get("kept")
    if kept is None:
        return wasmtime.Module.from_file(engine, job["module"])
    if not os.path.exists(kept):
        part = f"{kept}.{os.getpid()}"
        with open(part, "wb") as file:
            file.write(wasmtime.Module.from_file(engine, job["module"]).serialize())
        os.rename(part, kept)
    return wasmtime.Module.deserialize_file(engine, kept)


def run(job):
    """How the module ended: `exit N`, `trap`, or `refused`."""
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    store.set_wasi(configured(job))
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    try:
        module = compiled(engine, job)
        adapted = older.Older(engine, linker, store, module)
        instance = linker.instantiate(store, module)
        adapted.ready(instance)
        start = instance.exports(store)["_start"]
    except (wasmtime.WasmtimeError, KeyError) as error:
        return "refused", str(error)
    try:
        start(store)
    except wasmtime.ExitTrap as ended:
        return f"exit {ended.code}", ""
    except wasmtime.Trap as trap:
        return "trap", str(trap)
    except wasmtime.WasmtimeError as error:
        return "trap", str(error)
    return "exit 0", ""


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        end, why = run(json.load(file))
    with open(sys.argv[2], "w") as file:
        json.dump({"end": end, "why": why}, file)
