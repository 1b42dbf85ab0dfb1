"""Runs a program on wasmtime and measures it within the process; started by `measure.py`.

Arguments: `pulley64` or `native`; `cold` (compile, run), `keep` (compile, keep) or `warm` (run what was kept); the
module; the script, which is the guest's argument; the file that is kept; `--report` and a file for seconds and bytes.
"""
import json
import os
import resource
import sys
import time

import wasmtime


def resident():
    """Bytes of this process that are resident."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def peak():
    """Bytes that were resident at most since `forget`."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM"))


def forget():
    """Makes the peak begin here."""
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def run(target, how, path, script, kept):
    """The exit code of the guest."""
    config = wasmtime.Config()
    if target != "native":
        config.target = target
    engine = wasmtime.Engine(config)
    load = wasmtime.Module.deserialize_file if how == "warm" else wasmtime.Module.from_file
    module = load(engine, kept if how == "warm" else path)
    if how == "keep":
        with open(kept, "wb") as file:
            file.write(module.serialize())
        return 0
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = [os.path.basename(path), script]
    wasi.env = [("GREETING", "hello")]
    wasi.inherit_stdout()
    wasi.preopen_dir(".", ".", True)
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    try:
        linker.instantiate(store, module).exports(store)["_start"](store)
    except wasmtime.ExitTrap as ended:
        return ended.code
    return 0


def main():
    """Runs and reports."""
    words, report = (sys.argv[1:-2], sys.argv[-1]) if "--report" in sys.argv else (sys.argv[1:], None)
    forget()
    before, began = resident(), time.process_time()
    code = run(*words)
    seconds, most = time.process_time() - began, peak() - before
    if report:
        with open(report, "w", encoding="ascii") as file:
            json.dump({"seconds": seconds, "peak": most}, file)
    sys.exit(code)


if __name__ == "__main__":
    main()
