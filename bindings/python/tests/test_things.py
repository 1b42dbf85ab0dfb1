"""Values, memories, tables, globals, functions and linkers. API-3."""

import array
import math
import struct
import unittest
from typing import Any

import wrt

numpy: Any
try:
    import numpy
except ImportError:
    numpy = None

# Each function gives back what it is given.
ECHO = wrt.Module(wrt.wat("""(module
  (func (export "i32") (param i32) (result i32) local.get 0)
  (func (export "i64") (param i64) (result i64) local.get 0)
  (func (export "f32") (param f32) (result f32) local.get 0)
  (func (export "f64") (param f64) (result f64) local.get 0)
  (func (export "v128") (param v128) (result v128) local.get 0)
  (func (export "externref") (param externref) (result externref) local.get 0)
  (func (export "funcref") (param funcref) (result funcref) local.get 0)
  (func (export "i31") (param i32) (result anyref) local.get 0 ref.i31)
  (func (export "any") (param anyref) (result anyref) local.get 0)
  (func (export "none"))
  (func (export "three") (result i32 f64 i64) i32.const 1 f64.const 2 i64.const 3)
  (func (export "ten") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    local.get 9 local.get 8 local.get 7 local.get 6 local.get 5
    local.get 4 local.get 3 local.get 2 local.get 1 local.get 0))"""))

SHARE = wrt.Module(wrt.wat("""(module
  (memory (export "memory") 1 3)
  (table (export "table") 4 8 funcref)
  (table (export "objects") 2 externref)
  (global (export "count") (mut i64) (i64.const 5))
  (global (export "fixed") i32 (i32.const 7))
  (tag (export "tag") (param i32))
  (func (export "double") (param i32) (result i32) local.get 0 i32.const 2 i32.mul)
  (func (export "call") (param i32 i32) (result i32) local.get 1 local.get 0 call_indirect (param i32) (result i32))
  (func (export "peek") (param i32) (result i32) local.get 0 i32.load8_u)
  (elem (i32.const 1) func 0))"""))


def bits(number: float) -> int:
    return int.from_bytes(struct.pack("<d", number), "little")


def number(bits: int) -> Any:
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


class Values(unittest.TestCase):
    def setUp(self) -> None:
        self.echo = wrt.Instance(ECHO).exports

    def test_integers_have_their_full_width(self) -> None:
        for width, call in [(32, self.echo.i32), (64, self.echo.i64)]:
            low, high = -(1 << width - 1), (1 << width - 1) - 1
            for n in [0, 1, -1, low, high, 1 << width - 3]:
                self.assertEqual(call(n), n)
            for n in range((1 << width) - 3, 1 << width):
                self.assertEqual(call(n), n - (1 << width), "unsigned numbers are taken as their bits")
            for n in [low - 1, 1 << width, 1 << 64, -(1 << 63) - 1, 1 << 200, (1 << 63) + (1 << width)]:
                with self.assertRaises(OverflowError, msg=str(n)):
                    call(n)

    def test_floats_are_exact_not_a_numbers_too(self) -> None:
        quiet, loud = 0x7FF8_0000_0000_0000, 0x7FF0_0000_2000_0000
        for n in [0.0, -0.0, 1.5, math.pi, 5e-324, math.inf, -math.inf, 1.7e308]:
            self.assertEqual(bits(self.echo.f64(n)), bits(n))
        for n in [quiet, quiet | 1 << 63, quiet | 0xABCDE << 29, loud]:
            self.assertEqual(bits(self.echo.f64(number(n))), n)
            self.assertEqual(bits(self.echo.f32(number(n))), n, "payloads that fit 23 bits")
        self.assertEqual(bits(self.echo.f64(number(quiet | 1))), quiet | 1)
        self.assertEqual(self.echo.f32(math.pi), struct.unpack("<f", struct.pack("<f", math.pi))[0])
        self.assertEqual(self.echo.f64(3), 3.0)

    def test_vectors_are_integers_or_bytes(self) -> None:
        raw = bytes(range(16))
        self.assertEqual(self.echo.v128(raw), int.from_bytes(raw, "little"))
        self.assertEqual(self.echo.v128((1 << 128) - 1), (1 << 128) - 1)
        self.assertEqual(self.echo.v128(-1), (1 << 128) - 1)
        for wrong, error in [(1 << 128, OverflowError), (b"short", ValueError), ("text", TypeError)]:
            with self.assertRaises(error):
                self.echo.v128(wrong)

    def test_objects_keep_their_identity(self) -> None:
        for thing in [object(), "text", 0, [], wrt]:
            self.assertIs(self.echo.externref(thing), thing)
        self.assertIsNone(self.echo.externref(None))

    def test_functions_are_equal_not_foreign(self) -> None:
        self.assertIsNone(self.echo.funcref(None))
        self.assertEqual(self.echo.funcref(self.echo.i32), self.echo.i32)
        self.assertEqual(self.echo.funcref(self.echo.i32)(7), 7)
        self.assertEqual(len({self.echo.i32, self.echo.funcref(self.echo.i32), self.echo.i64}), 2)
        with self.assertRaisesRegex(ValueError, "another store"):
            self.echo.funcref(wrt.Instance(ECHO).exports.i32)
        with self.assertRaisesRegex(TypeError, "wrt.Func"):
            self.echo.funcref(print)

    def test_references_of_the_guests_heap_can_be_given_back(self) -> None:
        small = self.echo.i31(-5)
        self.assertEqual((small.kind, small.number), ("i31", -5))
        self.assertEqual(self.echo.any(small), small)
        self.assertIsNone(self.echo.any(None))

    def test_results_are_none_one_or_a_tuple(self) -> None:
        self.assertIsNone(self.echo.none())
        self.assertEqual(self.echo.three(), (1, 2.0, 3))
        self.assertEqual(self.echo.ten(*range(10)), tuple(reversed(range(10))))

    def test_whatever_is_an_integer_serves_as_one(self) -> None:
        class Index:
            def __index__(self) -> int:
                return 9

        self.assertEqual(self.echo.i32(Index()), 9)
        self.assertEqual(self.echo.i64(True), 1)
        if numpy:
            self.assertEqual(self.echo.i64(numpy.int64(-3)), -3)
            self.assertEqual(self.echo.f64(numpy.float32(0.5)), 0.5)

    def test_what_does_not_fit_is_said(self) -> None:
        for args, error, text in [
            (("1",), TypeError, "an integer that fits i32, not str"),
            ((1.0,), TypeError, "an integer that fits i32, not float"),
            ((), TypeError, r"i32\(i32\) -> i32 takes 1 arguments, 0 given"),
            ((1, 2), TypeError, "takes 1 arguments, 2 given"),
        ]:
            with self.assertRaisesRegex(error, text):
                self.echo.i32(*args)
        with self.assertRaisesRegex(TypeError, "a number"):
            self.echo.f64("1")
        with self.assertRaises(TypeError):
            self.echo.i32(1, fule=3)


class Memories(unittest.TestCase):
    def setUp(self) -> None:
        self.guest = wrt.Instance(SHARE)
        self.memory = self.guest.exports.memory

    def test_a_view_is_the_memory_itself(self) -> None:
        view = memoryview(self.memory)
        view[10:13] = b"abc"
        self.assertEqual(self.memory.read(10, 3), b"abc")
        self.assertEqual(self.guest.exports.peek(12), ord("c"))
        self.memory.write(10, b"xyz")
        self.assertEqual(bytes(view[10:13]), b"xyz")
        self.assertEqual((view.nbytes, view.readonly), (65536, False))

    def test_a_view_keeps_its_length_and_its_store(self) -> None:
        view = memoryview(self.memory)
        self.assertEqual(self.memory.grow(1), 1)
        self.assertEqual((len(view), len(self.memory)), (65536, 131072))
        view[0] = 77
        del self.guest, self.memory
        self.assertEqual(view[0], 77)

    @unittest.skipUnless(numpy, "numpy is not installed")
    def test_numpy_shows_it_without_a_copy(self) -> None:
        numbers = numpy.frombuffer(self.memory, dtype="<u4")
        numbers[2] = 0x01020304
        self.assertEqual(self.memory.read_u32(8), 0x01020304)
        self.assertEqual(numbers.nbytes, 65536)

    def test_slices_and_indices(self) -> None:
        memory = self.memory
        memory[4:8] = b"four"
        memory[-1] = 9
        self.assertEqual((memory[4:8], memory[4], memory[65535], memory[-1]), (b"four", ord("f"), 9, 9))
        self.assertEqual(memory[65530:99999], memory.read(65530, 6))
        memory[0:4] = array.array("I", [0xAABBCCDD]).tobytes()
        self.assertEqual(memory.read_u32(0), 0xAABBCCDD)
        for wrong in [65536, -65537, 1 << 62]:
            with self.assertRaises(IndexError):
                memory[wrong]
        with self.assertRaisesRegex(ValueError, "keeps its length"):
            memory[0:4] = b"longer"
        with self.assertRaisesRegex(ValueError, "no step"):
            memory[0:8:2]
        with self.assertRaises(TypeError):
            memory["x"]

    def test_numbers_are_little_endian(self) -> None:
        memory = self.memory
        for kind, code, value in [("u8", "<B", 200), ("u16", "<H", 60000), ("u32", "<I", 4_000_000_000),
                                  ("i32", "<i", -5), ("i64", "<q", -(1 << 62)), ("f32", "<f", 0.5), ("f64", "<d", math.e)]:
            getattr(memory, f"write_{kind}")(100, value)
            self.assertEqual(memory.read(100, struct.calcsize(code)), struct.pack(code, value))
            self.assertEqual(getattr(memory, f"read_{kind}")(100), value)
            with self.assertRaises(wrt.BoundsError):
                getattr(memory, f"read_{kind}")(65536)
            with self.assertRaises(OverflowError):
                getattr(memory, f"read_{kind}")(-1)

    def test_text(self) -> None:
        memory = self.memory
        memory.write(0, "grüße\0rest".encode())
        self.assertEqual(memory.read_str(0), "grüße")
        self.assertEqual(memory.read_str(0, 2), "gr")
        memory.write(1000, b"x" * 700 + b"\0")
        self.assertEqual(memory.read_str(1000), "x" * 700)
        memory.write(65530, b"nozero")
        with self.assertRaises(wrt.BoundsError):
            memory.read_str(65530)
        memory.write(0, b"\xff\0")
        with self.assertRaisesRegex(ValueError, "UTF-8"):
            memory.read_str(0)

    def test_lengths_that_are_huge_are_refused_at_once(self) -> None:
        for addr, n in [(0, 1 << 40), (1 << 63, 1), ((1 << 64) - 1, (1 << 63) - 1)]:
            with self.assertRaises(wrt.BoundsError):
                self.memory.read(addr, n)
        with self.assertRaises(OverflowError):
            self.memory.read(0, 1 << 64)
        self.assertEqual(self.memory.grow((1 << 64) - 1), -1)

    def test_one_of_the_hosts_is_shared(self) -> None:
        memory = wrt.Memory(1, 2)
        reader = wrt.wat("""(module (import "env" "memory" (memory 1 2))
            (func (export "peek") (param i32) (result i32) local.get 0 i32.load8_u))""")
        first = wrt.Instance(wrt.Module(reader), {"env": {"memory": memory}})
        second = wrt.Instance(wrt.Module(reader), {"env": {"memory": memory}})
        memory[3] = 42
        self.assertEqual((first.call("peek", 3), second.call("peek", 3)), (42, 42))
        self.assertIs(first.store, second.store)
        self.assertEqual(memory.ceiling, 131072)
        self.assertEqual(first.memory.read(3, 1), b"*")


class Tables(unittest.TestCase):
    def test_elements_are_functions_objects_or_none(self) -> None:
        guest = wrt.Instance(SHARE).exports
        self.assertEqual([guest.table[0], guest.table[1]], [None, guest.double])
        guest.table[0] = guest.double
        self.assertEqual(guest.call(0, 21), 42)
        thing = object()
        guest.objects[1] = thing
        self.assertIs(guest.objects[-1], thing)
        self.assertEqual((guest.table.grow(2, guest.double), len(guest.table), guest.table[5]), (4, 6, guest.double))
        self.assertEqual(guest.table.grow(99), -1)
        with self.assertRaises(IndexError):
            guest.table[6]
        with self.assertRaises(IndexError):
            guest.table[6] = None
        with self.assertRaises(TypeError):
            guest.table[0] = 5
        self.assertEqual(sum(1 for f in guest.table if f is not None), 4)

    def test_a_python_function_can_stand_in_one(self) -> None:
        guest = wrt.Instance(SHARE)
        negate = wrt.Func(["i32"], ["i32"], lambda n: -n, store=guest.store)
        guest.exports.table[3] = negate
        self.assertEqual(guest.exports.call(3, 5), -5)
        self.assertEqual(negate(6), -6)
        table = wrt.Table("externref", 2, 4, init="x")
        self.assertEqual([table[0], table[1]], ["x", "x"])
        self.assertEqual(table.type, "externref")


class Globals(unittest.TestCase):
    def test_a_mutable_one_is_set_and_another_is_not(self) -> None:
        guest = wrt.Instance(SHARE).exports
        guest["count"].value = -(1 << 63)
        self.assertEqual(guest["count"].value, -(1 << 63))
        self.assertEqual((guest.fixed.type, guest.fixed.mutable, guest.fixed.value), ("i32", False, 7))
        with self.assertRaises(wrt.TypeMismatchError):
            guest.fixed.value = 1
        with self.assertRaises(TypeError):
            guest["count"].value = "x"

    def test_of_the_host(self) -> None:
        user = wrt.Module(wrt.wat("""(module (global $a (import "env" "a") (mut i32)) (global $b (import "env" "b") f64)
          (func (export "sum") (result f64) global.get $a f64.convert_i32_s global.get $b f64.add)
          (func (export "set") (param i32) local.get 0 global.set $a))"""))
        a = wrt.Global("i32", 3, mutable=True)
        guest = wrt.Instance(user, {"env": {"a": a, "b": 0.5}})
        self.assertEqual(guest.call("sum"), 3.5)
        guest.call("set", 9)
        self.assertEqual((a.value, guest.call("sum")), (9, 9.5))
        with self.assertRaisesRegex(wrt.LinkError, r"env.a: the guest needs a global \(mut i32\), and a global i32 is given"):
            wrt.Instance(user, {"env": {"a": wrt.Global("i32", 3, store=a.store), "b": 1}})


class Modules(unittest.TestCase):
    def test_any_buffer_and_any_file(self) -> None:
        wasm = ECHO.wasm
        buffers: list[Any] = [bytearray(wasm), memoryview(wasm), array.array("B", wasm)]
        for data in buffers:
            self.assertEqual(wrt.Module(data).wasm, wasm)
        with self.assertRaises(TypeError):
            wrt.Module("text")  # type: ignore[arg-type]
        with self.assertRaises(FileNotFoundError):
            wrt.Module.from_file("/nonexistent.wasm")

    def test_imports_and_exports_have_names(self) -> None:
        module = wrt.Module(wrt.wat("""(module (import "a" "f" (func (param i32))) (import "a" "m" (memory 1 2))
          (import "a" "t" (table 3 funcref)) (import "a" "g" (global (mut f32))) (import "a" "e" (tag (param i64))))"""))
        self.assertEqual([(i.name, i.kind, i.type) for i in module.imports], [
            ("f", "func", "(i32)"), ("m", "memory", "1 2"), ("t", "table", "3 funcref"), ("g", "global", "(mut f32)"),
            ("e", "tag", "(i64)")])
        self.assertEqual(module.exports, [])

    def test_custom_sections(self) -> None:
        wasm = ECHO.wasm + b"\0\x05\x03abcx" + b"\0\x06\x03abcyz" + b"\0\x02\x01q"
        module = wrt.Module(wasm)
        self.assertEqual(module.custom_sections("abc"), [b"x", b"yz"])
        self.assertEqual((module.custom_sections("q"), module.custom_sections("none")), ([b""], []))

    def test_an_image_is_a_module(self) -> None:
        module = wrt.Module(wrt.wat("(module (func (export \"f\") (result i32) i32.const 5))"))
        for portable in [False, True]:
            image = module.compile(portable=portable)
            self.assertNotEqual(image[:4], b"\0asm")
            self.assertEqual(wrt.Instance(wrt.Module(image)).call("f"), 5)
        with self.assertRaises(wrt.MalformedError):
            wrt.Module(image[:-20] + bytes(20))

    def test_limits_are_kept(self) -> None:
        defaults = wrt._wrt._default_limits()
        shown = {name: getattr(wrt.Limits(), name) for name in defaults}
        self.assertEqual(shown | {"proposals": None}, defaults | {"proposals": None})
        with self.assertRaises(wrt.BudgetError) as caught:
            wrt.Module(ECHO.wasm, limits=wrt.Limits(max_functions=3))
        self.assertEqual((caught.exception.need, caught.exception.reason), (len(ECHO.exports), "WRT_REASON_LIMIT_FUNCTIONS"))
        self.assertRegex(str(caught.exception), f"Limits.max_functions, at offset 0x[0-9a-f]+; the module asks for {len(ECHO.exports)}")
        with self.assertRaisesRegex(wrt.UnsupportedError, "proposals"):
            wrt.Module(ECHO.wasm, limits=wrt.Limits(proposals=("multi-value",)))
        module = wrt.Module(SHARE.wasm, limits=wrt.Limits(memory=65536, fuel=2))
        guest = wrt.Instance(module)
        self.assertEqual(guest.memory.grow(1), -1)
        with self.assertRaises(wrt.OutOfFuel):
            guest.call("double", 4)
        self.assertEqual(guest.call("double", 4, fuel=100), 8)
        for wrong in [wrt.Limits(max_types=-1), wrt.Limits(proposals=("x",)), wrt.Limits(max_types=1 << 70)]:
            with self.assertRaises(ValueError):
                wrt.Module(ECHO.wasm, limits=wrong)
        with self.assertRaisesRegex(ValueError, "no preset"):
            wrt.Limits.preset("desktop")

    def test_text_that_is_wrong_is_shown_with_its_place(self) -> None:
        with self.assertRaisesRegex(wrt.MalformedError, "1:10"):
            wrt.wat("(module (fnc))")

    def test_errors_form_a_tree(self) -> None:
        for wasm, kind in [(b"hello, world", wrt.MalformedError), (ECHO.wasm[:-4], wrt.MalformedError),
                           (wrt.wat("(module (func (result i32)))"), wrt.InvalidError)]:
            with self.assertRaises(kind) as caught:
                wrt.validate(wasm)
            self.assertIsInstance(caught.exception, wrt.Error)
            self.assertRegex(caught.exception.reason, "^WRT_REASON_")


class Linkers(unittest.TestCase):
    def test_what_is_missing_is_named_with_both_types(self) -> None:
        module = wrt.Module(wrt.wat('(module (import "env" "ask" (func (param i32) (result i32))))'))
        missing: list[tuple[Any, str]] = [
            (None, r'unknown import env.ask: the guest needs a func \(i32\) -> i32, and imports has no "env"'),
            ({"env": {"asks": print, "b": 1}}, r'imports\["env"\] has asks, b'),
            ({"env": {"ask": wrt.Func(["i64"], [], print)}}, r"env.ask: .*\(i32\) -> i32, and a func \(i64\) is given"),
        ]
        for imports, text in missing:
            with self.assertRaisesRegex(wrt.LinkError, text):
                wrt.Instance(module, imports)
        wrong: list[Any] = [{"env": {"ask": 5}}, {"env": 5}, 5, {"env": {"ask": None}}]
        for given in wrong:
            with self.assertRaises(TypeError):
                wrt.Instance(module, given)

    def test_instances_are_linked(self) -> None:
        linker = wrt.Linker()
        linker.define("env", "add", lambda a, b: a + b)
        one = wrt.Module(wrt.wat("""(module (import "env" "add" (func $add (param i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "inc") (param i32) (result i32) local.get 0 i32.const 1 call $add))"""))
        two = wrt.Module(wrt.wat("""(module (import "one" "inc" (func $inc (param i32) (result i32)))
          (import "one" "memory" (memory 1))
          (func (export "store") (param i32) i32.const 0 local.get 0 call $inc i32.store))"""))
        first = linker.define_module("one", one)
        second = linker.instantiate(two)
        second.exports.store(41)
        self.assertEqual(first.memory.read_i32(0), 42)
        with self.assertRaisesRegex(ValueError, "another store"):
            linker.define_instance("x", wrt.Instance(ECHO))
        with self.assertRaisesRegex(ValueError, "is an instance"):
            linker.define("one", "more", print)
        with self.assertRaisesRegex(ValueError, "another store"):
            wrt.Instance(two, {"one": first}, store=wrt.Store())

    def test_names_of_exports(self) -> None:
        exports = wrt.Instance(SHARE).exports
        self.assertIn("double", exports)
        self.assertEqual(list(exports)[:3], ["memory", "table", "objects"])
        self.assertEqual(len(exports), 9)
        with self.assertRaisesRegex(AttributeError, "there are memory"):
            exports.nothing
        with self.assertRaises(KeyError):
            exports["nothing"]
        with self.assertRaisesRegex(wrt.Error, "is `double` meant"):
            wrt.Instance(SHARE).call("duoble", 1)
        with self.assertRaisesRegex(wrt.TypeMismatchError, "is no function"):
            wrt.Instance(SHARE).call("memory")

    def test_a_start_function_runs_when_the_instance_is_made(self) -> None:
        seen = []
        module = wrt.Module(wrt.wat("""(module (import "env" "begin" (func $begin)) (start $begin)
          (func (export "f")))"""))
        wrt.Instance(module, {"env": {"begin": lambda: seen.append(1)}})
        self.assertEqual(seen, [1])
        later = wrt.Instance(module, {"env": {"begin": lambda: seen.append(2)}}, start=False)
        self.assertEqual(seen, [1])
        later.call("f")
        self.assertEqual(seen, [1, 2])
        spin = wrt.Module(wrt.wat("(module (func $f (loop br 0)) (start $f))"))
        with self.assertRaisesRegex(wrt.BudgetError, "start function"):
            wrt.Instance(spin, fuel=1000)

    def test_reprs_say_what_it_is(self) -> None:
        guest = wrt.Instance(SHARE)
        shown = [repr(x) for x in [guest, guest.module, guest.store, guest.memory, guest.exports.double, guest.exports.tag,
                                   guest.exports["count"], guest.exports.table, wrt.Linker(), guest.task("double", 1)]]
        for text, part in zip(shown, ["memory, table", "functions", "1 instances", "65536 bytes",
                                      "double(i32) -> i32", "(i32)", "mut i64 5", "4 funcref", "nothing", "double, ready"],
                              strict=True):
            self.assertIn(part, text)
        values: list[Any] = [guest.module.plan, guest.usage, wrt.Limits()]
        for value in values:
            self.assertTrue(value._repr_html_().startswith("<table>"))


if __name__ == "__main__":
    unittest.main()
