"""The small application in Python: a control function runs as a guest, with fuel that is granted call by call. Signals
come from a CSV file; bad modules are told from good ones.

    main.py [DIRECTORY OF THE GUESTS [CSV FILE]]
"""

import csv
import math
import sys
from pathlib import Path

import wrt

TICK_FUEL, TRIAL_FUEL = 200, 10_000
MIDDLE = 20
# In fac.wasm, the i64.mul of fac; made an i32.mul, its operands have the wrong type.
FAC_MUL, I32_MUL = 95, 0x6C
EXAMPLES = Path(__file__).resolve().parents[2]


class Plant:
    """What the guest senses and acts upon."""

    def __init__(self) -> None:
        self.measured = self.output = 0.0
        self.reports = 0

    def sense(self, channel: int) -> float:
        return self.measured

    def actuate(self, channel: int, value: float) -> None:
        self.output = value

    def report(self, tick: int, error: float) -> None:
        self.reports += 1

    def imports(self) -> dict[str, dict[str, object]]:
        return {"env": {"sense": self.sense, "actuate": self.actuate, "report": self.report}}


def plot(output: float) -> str:
    """The output as a place in a row, from -10 to 10."""
    row = ["."] * (2 * MIDDLE + 1)
    row[MIDDLE] = "|"
    row[math.floor(min(max(output, -10), 10) * 2 + 0.5) + MIDDLE] = "#"
    return "".join(row)


def control(wasm: bytes, signals: Path) -> str:
    """Runs the control function over the signals; gives the last line."""
    module = wrt.Module(wasm)
    plan = module.plan
    print(f"plan: module {plan.module}, instance {plan.instance}, memory {plan.memory_min}, stack {plan.stack_min}")

    plant = Plant()
    guest = wrt.Instance(module, plant.imports(), memory=plan.memory_min, stack=4096, max_depth=32, fuel=TICK_FUEL)
    exports = guest.exports
    exports.configure(1.5, 4.0, 0.004, 10.0)
    rows = settled = fuel = 0
    with signals.open(newline="") as file:
        for row in csv.DictReader(file):
            target, plant.measured = float(row["target"]), float(row["measured"])
            exports.aim(target)
            output = exports.tick()
            print(f"{float(row['time']):.2f}  {plant.output:+.3f}  {guest.fuel_used}  |{plot(output)}|")
            rows += 1
            fuel += guest.fuel_used
            settled += abs(target - plant.measured) < 0.05
    return f"settled {settled} of {rows} rows, {fuel} fuel, state {guest.state_hash:016x}"


def survive(guests: Path) -> None:
    """Tries modules that cannot be trusted: each ends in a line, none of them ends the program."""
    whole = (guests / "control.wasm").read_bytes()
    damaged = bytearray((guests / "fac.wasm").read_bytes())
    damaged[FAC_MUL] = I32_MUL
    for what, wasm in [("cut off", whole[: len(whole) // 2]), ("damaged", bytes(damaged))]:
        try:
            wrt.Module(wasm)
        except wrt.Error as error:
            print(f"{what}: {error.reason} at byte {error.offset}")

    # trap.wasm does what its parameter says: 9 never returns, 0 executes unreachable.
    guest = wrt.Instance(wrt.Module((guests / "trap.wasm").read_bytes()), fuel=TRIAL_FUEL)
    for task in [9, 0]:
        try:
            guest.call("run", task)
        except wrt.OutOfFuel:
            print(f"endless: out of fuel after {guest.fuel_used}")
        except wrt.Trap as trap:
            print(f"trap: {trap.reason} in function {trap.frames[0].name}")


def main() -> None:
    guests = Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES / "guests" / "wasm"
    signals = Path(sys.argv[2]) if len(sys.argv) > 2 else EXAMPLES / "app" / "signals.csv"
    last = control((guests / "control.wasm").read_bytes(), signals)
    survive(guests)
    print(last)


if __name__ == "__main__":
    main()
