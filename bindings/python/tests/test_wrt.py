"""The Python module from end to end: load, plan, call with a budget, read memory, report a trap.

Runs against the installed package, with all other tests of this directory: python bindings/python/tests/test_wrt.py
"""

import json
import subprocess
import os
import pathlib
import threading
import unittest
from collections.abc import Callable
from typing import Any

import wrt

GUESTS = pathlib.Path(__file__).resolve().parents[3] / "examples" / "guests" / "wasm"


def section(number: int, body: bytes) -> bytes:
    """A section of the binary format; sizes here stay below 128."""
    assert len(body) < 128
    return bytes([number, len(body)]) + body


def vector(*items: bytes) -> bytes:
    return bytes([len(items)]) + b"".join(items)


def text(name: str) -> bytes:
    return bytes([len(name)]) + name.encode()


I32, I64, F64 = b"\x7f", b"\x7e", b"\x7c"


def func_type(params: list[bytes], results: list[bytes]) -> bytes:
    return b"\x60" + vector(*params) + vector(*results)


def body(code: bytes) -> bytes:
    code = b"\x00" + code + b"\x0b"
    return bytes([len(code)]) + code


# add(i32, i32), wide(i64, f64), ask(i32) through the import env.ask, poke(i32): memory[8] = it,
# trap(): unreachable, spin(): endless loop.
GUEST = b"\0asm\x01\0\0\0" + b"".join([
    section(1, vector(func_type([I32, I32], [I32]), func_type([I64, F64], [F64, I64]),
                      func_type([I32], [I32]), func_type([I32], []), func_type([], []))),
    section(2, vector(text("env") + text("ask") + b"\x00\x02")),
    section(3, vector(b"\0", b"\1", b"\2", b"\3", b"\4", b"\4")),
    section(5, vector(b"\x01\x01\x02")),
    section(7, vector(text("memory") + b"\x02\x00", *(
        text(name) + b"\x00" + bytes([i + 1])
        for i, name in enumerate(["add", "wide", "ask", "poke", "trap", "spin"])))),
    section(10, vector(
        body(b"\x20\x00\x20\x01\x6a"),
        body(b"\x20\x01\x20\x00"),
        body(b"\x20\x00\x10\x00"),
        body(b"\x41\x08\x20\x00\x36\x02\x00"),
        body(b"\x00"),
        body(b"\x03\x40\x0c\x00\x0b"))),
])

# box(n): n + 1 by way of a structure, row(n): the length of an array of n, throw(n): an exception that
# carries n, catch(n): n + 1 by way of one.
OBJECTS = b"\0asm\x01\0\0\0" + b"".join([
    section(1, vector(b"\x5f" + vector(I32 + b"\0"), b"\x5e" + I32 + b"\1",
                      func_type([I32], [I32]), func_type([I32], []))),
    section(3, vector(b"\2", b"\2", b"\3", b"\2")),
    section(13, vector(b"\0\3")),
    section(7, vector(*(text(name) + b"\0" + bytes([i])
                        for i, name in enumerate(["box", "row", "throw", "catch"])))),
    section(10, vector(
        body(b"\x20\0\xfb\0\0\xfb\2\0\0\x41\1\x6a"),
        body(b"\x20\0\xfb\7\1\xfb\x0f"),
        body(b"\x20\0\x08\0"),
        body(b"\x02\x7f\x1f\x40\1\0\0\0\x20\0\x08\0\x0b\0\x0b\x41\1\x6a"))),
])


def instance(ask: Callable[[int], Any] = lambda n: n, **settings: Any) -> wrt.Instance:
    return wrt.Instance(wrt.Module(GUEST), imports={"env": {"ask": ask}}, **settings)


class Modules(unittest.TestCase):
    def test_a_good_module_is_accepted_and_a_bad_one_refused_with_its_place(self) -> None:
        wrt.validate(GUEST)
        with self.assertRaises(wrt.Error) as caught:
            wrt.validate(GUEST[:-3])
        self.assertEqual(caught.exception.status, "WRT_E_MALFORMED")
        self.assertGreater(caught.exception.offset, 0)
        with self.assertRaisesRegex(wrt.Error, "magic header"):
            wrt.Module(b"hello, world")

    def test_the_plan_is_the_modules_own(self) -> None:  # MEM-3
        plan = wrt.plan(GUEST)
        self.assertEqual(plan, wrt.Module(GUEST).plan)
        self.assertEqual((plan.memory_min, plan.memory_max), (65536, 2 * 65536))

    def test_imports_and_exports_are_listed(self) -> None:
        module = wrt.Module(GUEST)
        self.assertEqual(module.imports, [("env", "ask", "func", "(i32) -> i32")])
        self.assertIn(("add", "func", "(i32, i32) -> i32"), module.exports)
        self.assertEqual(module.wasm, GUEST)


class Calls(unittest.TestCase):
    def test_values_keep_type_and_width(self) -> None:
        guest = instance()
        self.assertEqual(guest.call("add", 40, -2), 40 - 2)
        self.assertEqual(guest.call("add", 2**31 - 1, 1), -(2**31))
        self.assertEqual(guest.call("add", 2**32 - 1, 0), -1)
        self.assertEqual(guest.call("wide", 2**63 - 1, 0.5), (0.5, 2**63 - 1))
        with self.assertRaises(OverflowError):
            guest.call("add", 2**32, 0)
        with self.assertRaises(TypeError):
            guest.call("add", 1)
        with self.assertRaises(TypeError):
            guest.call("add", "1", 2)
        with self.assertRaisesRegex(wrt.Error, "no function `sub`"):
            guest.call("sub")

    def test_fuel_is_exact_and_a_call_can_be_continued(self) -> None:  # RUN-1, RUN-2
        guest = instance()
        guest.call("add", 1, 2)
        self.assertEqual(guest.fuel_used, 3)
        with self.assertRaises(wrt.OutOfFuel):
            guest.call("spin", fuel=1000)
        used = guest.fuel_used
        self.assertGreaterEqual(used, 1000)
        with self.assertRaises(wrt.OutOfFuel):
            guest.resume(fuel=500)
        self.assertGreaterEqual(guest.fuel_used, 1500)
        self.assertEqual(guest.call("add", 1, 2), 3, "a call that is not continued is given up")

    def test_a_trap_has_reason_and_frames(self) -> None:  # RUN-5
        with self.assertRaises(wrt.Trap) as caught:
            instance().call("trap")
        self.assertEqual(caught.exception.reason, "WRT_TRAP_UNREACHABLE")
        self.assertEqual([frame.name for frame in caught.exception.frames], ["trap"])
        self.assertIsInstance(caught.exception, wrt.Error)

    def test_objects_and_exceptions_lie_in_a_heap_that_the_plan_knows(self) -> None:
        module = wrt.Module(OBJECTS)
        self.assertGreater(module.plan.heap_min, 0)
        self.assertEqual(wrt.plan(GUEST).heap_min, 0)
        guest = wrt.Instance(module)
        self.assertEqual([guest.call("box", 41), guest.call("row", 9), guest.call("catch", 6)], [42, 9, 7])

    def test_an_exception_that_nothing_catches_is_said_by_name(self) -> None:  # RUN-5
        guest = wrt.Instance(wrt.Module(OBJECTS))
        with self.assertRaisesRegex(wrt.Trap, "an exception that nothing catches, in throw") as caught:
            guest.call("throw", 1)
        self.assertEqual(caught.exception.reason, "WRT_TRAP_UNCAUGHT_EXCEPTION")
        self.assertEqual([frame.name for frame in caught.exception.frames], ["throw"])
        self.assertEqual(guest.call("catch", 1), 2, "the instance goes on")

    def test_memory_is_read_and_written_within_its_bounds(self) -> None:  # RUN-6
        guest = instance()
        guest.call("poke", 0x01020304)
        self.assertEqual(guest.memory.read(8, 4), bytes([4, 3, 2, 1]))
        guest.memory.write(65536 - 2, b"ok")
        self.assertEqual(guest.memory.read(65536 - 2, 2), b"ok")
        for addr, n in [(65536, 1), (65535, 2), (2**64 - 1, 2), (0, 2**40)]:
            with self.assertRaises(wrt.Error):
                guest.memory.read(addr, n)
        with self.assertRaises(wrt.Error):
            guest.memory.write(65535, b"no")
        self.assertEqual((guest.memory.grow(1), guest.memory.grow(1)), (1, -1))
        self.assertEqual(len(guest.memory), 2 * 65536)

    def test_the_memory_ceiling_is_the_callers(self) -> None:  # MEM-4
        guest = instance(memory=65536)
        self.assertEqual(guest.memory.grow(1), -1)
        with self.assertRaises(wrt.Error) as caught:
            instance(memory=1000)
        self.assertEqual(caught.exception.need, 65536)

    def test_equal_states_have_equal_hashes(self) -> None:
        first, second = instance(), instance()
        self.assertEqual(first.state_hash, second.state_hash)
        first.call("poke", 1)
        self.assertNotEqual(first.state_hash, second.state_hash)

    def test_a_thread_may_run_its_own_instance_of_a_shared_module(self) -> None:
        module, results = wrt.Module(GUEST), []

        def work(n: int) -> None:
            guest = wrt.Instance(module, imports={"env": {"ask": lambda n: n}})
            results.append(guest.call("add", n, n))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(results), [2 * n for n in range(4)])


class Imports(unittest.TestCase):
    def test_python_functions_serve_as_imports(self) -> None:  # RUN-6
        seen: list[int] = []

        def ask(n: int) -> int:
            seen.append(n)
            return n * 2

        guest = instance(ask)
        self.assertEqual(guest.call("ask", 21), 21 * 2)
        self.assertEqual(seen, [21])

    def test_they_see_memory_and_may_call_in_again(self) -> None:
        def ask(n: int) -> Any:
            guest.memory.write(8, bytes([n]))
            return guest.call("add", guest.memory.read(8, 1)[0], 100)

        guest = instance(ask)
        self.assertEqual(guest.call("ask", 7), 7 + 100)
        self.assertEqual(guest.fuel_used, 2, "the usage is that of the outermost call")

    def test_their_exceptions_come_out_unchanged(self) -> None:
        def ask(n: int) -> int:
            raise LookupError(n)

        guest = instance(ask)
        with self.assertRaises(LookupError):
            guest.call("ask", 1)
        self.assertEqual(guest.call("add", 1, 2), 3)
        with self.assertRaises(TypeError):
            instance(lambda n: "text").call("ask", 1)

    def test_a_missing_one_is_named(self) -> None:
        with self.assertRaisesRegex(wrt.Error, "env.ask"):
            wrt.Instance(wrt.Module(GUEST))


@unittest.skipUnless("WRTD" in os.environ, "WRTD does not name the command line")
class SameEverywhere(unittest.TestCase):
    def test_plan_fuel_and_result_are_those_of_the_command_line(self) -> None:  # API-5
        wasm = (GUESTS / "fac.wasm").read_bytes()
        module = wrt.Module(wasm)
        guest = wrt.Instance(module)
        result = guest.call("fac", 10)
        command = [os.environ["WRTD"], "run", str(GUESTS / "fac.wasm"), "--invoke", "fac", "10", "--json"]
        other = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        self.assertEqual(other["usage"]["fuel_used"], guest.fuel_used)
        self.assertEqual(int(other["results"][0]["value"]), result)
        self.assertEqual(other["plan"], module.plan._asdict())


def main() -> int:
    """Runs all tests of the directory; the last line counts."""
    here = pathlib.Path(__file__).resolve().parent
    os.chdir(here.parents[2])
    tests = unittest.TestLoader().discover(str(here), pattern="test_*.py")
    result = unittest.TextTestRunner(verbosity=1).run(tests)
    for test, why in result.skipped:
        print(f"skipped {test.id()}: {why}")
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
