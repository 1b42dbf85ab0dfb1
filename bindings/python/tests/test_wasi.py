"""WASI: what a guest is granted, and what it leaves behind. API-3."""

import pathlib
import tempfile
import unittest
from typing import Any

import wrt

# Writes its first argument to standard output, then exits with 3.
HELLO = """(module
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 500) "made.txt")
  (func (export "copy")
    (i32.store (i32.const 0) (i32.const 1000)) (i32.store (i32.const 4) (i32.const 100))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "args") (result i32) (call $args (i32.const 0) (i32.const 100)))
  (func (export "random") (result i64) (drop (call $random (i32.const 0) (i32.const 8))) (i64.load (i32.const 0)))
  (func (export "clock") (result i64)
    (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 0))) (i64.load (i32.const 0)))
  (func (export "make") (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 500) (i32.const 8) (i32.const 1) (i64.const 64) (i64.const 0)
      (i32.const 0) (i32.const 0)))
  (func (export "quit") (call $exit (i32.const 3))))"""
MODULE = wrt.Module(wrt.wat(HELLO))


def run(**granted: Any) -> tuple[wrt.Instance, wrt.Wasi]:
    wasi = wrt.Wasi(**granted)
    return wrt.Instance(MODULE, {"wasi_snapshot_preview1": wasi}), wasi


class Granted(unittest.TestCase):
    def test_streams(self) -> None:
        streams: list[Any] = [b"bytes \xff", "text", bytearray(b"buffer")]
        for stdin in streams:
            guest, wasi = run(stdin=stdin)
            self.assertEqual(wasi.stdout, b"")
            guest.call("copy")
            self.assertEqual(wasi.stdout, stdin.encode() if isinstance(stdin, str) else bytes(stdin))
            self.assertEqual(wasi.stderr, b"")
        guest, wasi = run(stdin="lost", stdout=None)
        guest.call("copy")
        with self.assertRaisesRegex(ValueError, "not captured"):
            wasi.stdout
        guest, wasi = run(stdin="kept")
        guest.call("copy")
        guest.close()
        self.assertEqual(wasi.stdout, b"kept", "also when the store is closed")

    def test_arguments(self) -> None:
        guest, _ = run(args=["program", "grüße"])
        self.assertEqual(guest.call("args"), 0)
        self.assertEqual(guest.memory.read_str(guest.memory.read_u32(4)), "grüße")

    def test_time_and_chance_can_be_the_same(self) -> None:
        pairs = [run(clock="deterministic", seed=5)[0] for _ in range(2)]
        self.assertEqual(*[(g.call("clock"), g.call("random"), g.call("clock")) for g in pairs])
        self.assertNotEqual(run(seed=5)[0].call("random"), run(seed=6)[0].call("random"))
        self.assertLess(abs(run(clock=10**18)[0].call("clock") - 10**18), 10**6)

    def test_directories(self) -> None:
        with tempfile.TemporaryDirectory() as path:
            guest, _ = run(dirs={"/": (path, "ro")})
            self.assertNotEqual(guest.call("make"), 0)
            self.assertEqual(list(pathlib.Path(path).iterdir()), [])
            guest, _ = run(dirs={"/": path})
            self.assertEqual(guest.call("make"), 0)
            self.assertEqual([p.name for p in pathlib.Path(path).iterdir()], ["made.txt"])
            guest, _ = run()
            self.assertNotEqual(guest.call("make"), 0, "nothing is granted by default")

    def test_an_exit_has_its_code(self) -> None:
        with self.assertRaises(wrt.Exit) as caught:
            run()[0].call("quit")
        self.assertEqual(caught.exception.code, 3)

    def test_a_linker_has_it(self) -> None:
        linker = wrt.Linker()
        wasi = linker.define_wasi(wrt.Wasi(stdin="linked"))
        linker.instantiate(MODULE).call("copy")
        self.assertEqual(wasi.stdout, b"linked")
        with self.assertRaisesRegex(ValueError, "one instance"):
            linker.instantiate(MODULE)
        linker.define_wasi()
        linker.instantiate(MODULE)

    def test_what_is_wrong_is_said(self) -> None:
        wrong: list[tuple[dict[str, Any], type[Exception], str]] = [
            ({"dirs": {"/": "/nonexistent"}}, FileNotFoundError, "."),
            ({"dirs": {"/": ("/tmp", "rx")}}, TypeError, "ro"),
            ({"dirs": {"/": 5}}, TypeError, "a path"),
            ({"args": ["a\0b"]}, ValueError, "byte 0"),
            ({"env": {"A=B": "c"}}, ValueError, "A=B"),
            ({"stdout": "file"}, ValueError, "capture"),
            ({"stdin": 5}, TypeError, "bytes"),
            ({"clock": "late"}, ValueError, "deterministic"),
            ({"seed": -1}, OverflowError, "."),
        ]
        for granted, error, text in wrong:
            with self.assertRaisesRegex(error, text, msg=str(granted)):
                wrt.Wasi(**granted)


if __name__ == "__main__":
    unittest.main()
