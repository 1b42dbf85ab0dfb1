"""Stores: threads, closing, lent buffers, the collector, Ctrl-C, leaks. API-3."""

import ctypes
import gc
import mmap
import os
import signal
import subprocess
import sys
import threading
import time
import unittest
import weakref
from collections.abc import Callable
from typing import Any

import wrt

numpy: Any
try:
    import numpy
except ImportError:
    numpy = None

GUEST = wrt.Module(wrt.wat("""(module
  (import "env" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1 4)
  (func (export "ask") (param i32) (result i32) local.get 0 call $ask)
  (func (export "spin") (loop br 0))
  (func (export "long") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "poke") (param i32 i32) local.get 0 local.get 1 i32.store8))"""))


def guest(ask: Callable[[int], Any] = lambda n: n, **settings: Any) -> wrt.Instance:
    return wrt.Instance(GUEST, {"env": {"ask": ask}}, **settings)


class Threads(unittest.TestCase):
    def test_another_thread_at_the_same_time_is_refused(self) -> None:
        entered, go_on = threading.Event(), threading.Event()
        found: list[int] = []

        def ask(n: int) -> int:
            entered.set()
            go_on.wait(10)
            return n

        instance = guest(ask)
        memory, exports, task = instance.memory, instance.exports, instance.task("ask", 1)
        runner = threading.Thread(target=lambda: found.append(instance.call("ask", 5)))
        runner.start()
        self.assertTrue(entered.wait(10))
        uses: list[Callable[[], object]] = [lambda: instance.call("ask", 1), lambda: memory.read(0, 1), lambda: exports.ask(1), lambda: task.run(),
                    lambda: instance.store.close(), lambda: instance.usage, lambda: memory.grow(1), lambda: memory[0],
                    lambda: memoryview(memory), lambda: wrt.Memory(1, store=instance.store), lambda: instance.snapshot()]
        for use in uses:
            with self.assertRaises(wrt.BusyError):
                use()
        self.assertIn("busy", repr(instance.store) + repr(memory))
        del task
        go_on.set()
        runner.join()
        self.assertEqual((found, instance.call("ask", 6)), ([5], 6), "one after the other works")

    def test_guests_run_at_the_same_time(self) -> None:
        done = []

        def work(n: int) -> None:
            instance = guest()
            for k in range(200):
                instance.memory.write(0, bytes([n]))
                instance.call("long", 3000 + k)
                self.assertEqual(instance.call("ask", k), k)
                self.assertEqual(instance.memory[0], n)
            done.append(n)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(done), list(range(6)))

    def test_other_threads_run_while_a_guest_does(self) -> None:
        instance, count = guest(), 0
        task = instance.task("spin")
        runner = threading.Thread(target=task.run)
        runner.start()
        while count < 1000:
            count += 1
        task.interrupt()
        runner.join(30)
        self.assertEqual((task.state, count), ("interrupted", 1000))

    def test_an_instance_may_go_from_thread_to_thread(self) -> None:
        instance, results = guest(), []
        for n in range(20):
            thread = threading.Thread(target=lambda n=n: results.append(instance.call("ask", n)))
            thread.start()
            thread.join()
        self.assertEqual(results, list(range(20)))

    def test_many_threads_on_one_instance_get_an_answer_or_are_refused(self) -> None:
        instance, answers, refusals = guest(), [], []

        def work() -> None:
            for n in range(300):
                try:
                    instance.call("long", 30_000)
                    answers.append(instance.call("ask", n) == n)
                except wrt.BusyError:
                    refusals.append(1)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(all(answers))
        self.assertEqual(len(answers) + len(refusals), 1200)
        self.assertEqual(instance.call("ask", 3), 3)


class Closing(unittest.TestCase):
    def test_what_was_closed_says_so(self) -> None:
        with guest() as instance:
            memory, ask, task = instance.memory, instance.exports.ask, instance.task("ask", 1)
            self.assertEqual(ask(1), 1)
        self.assertTrue(instance.store.closed)
        uses: list[Callable[[], object]] = [lambda: instance.call("ask", 1), lambda: memory.read(0, 1), lambda: ask(1), lambda: task.run(),
                    lambda: instance.usage, lambda: memoryview(memory), lambda: wrt.Memory(1, store=instance.store)]
        for use in uses:
            with self.assertRaises(wrt.ClosedError):
                use()
        instance.close()
        self.assertIn("closed", repr(instance) + repr(instance.store))

    def test_a_view_holds_it_open(self) -> None:
        instance = guest()
        view = memoryview(instance.memory)
        with self.assertRaisesRegex(BufferError, "1 views"):
            instance.close()
        view[0] = 1
        view.release()
        instance.close()

    def test_a_guest_cannot_close_what_runs_it(self) -> None:
        def ask(n: int) -> int:
            instance.close()
            return n

        instance = guest(ask)
        with self.assertRaises(wrt.BusyError):
            instance.call("ask", 1)
        self.assertFalse(instance.store.closed)
        instance.close()


class Arenas(unittest.TestCase):
    def size(self) -> int:
        plan = GUEST.plan
        return plan.instance + plan.memory_min + (1 << 16) + 4096

    def test_any_writable_buffer_serves(self) -> None:
        arenas: list[Any] = [bytearray(self.size()), mmap.mmap(-1, self.size()), ctypes.create_string_buffer(self.size()),
                      *([numpy.zeros(self.size() // 8)] if numpy else [])]
        for arena in arenas:
            instance = guest(arena=arena, memory=65536, stack=1 << 16)
            instance.call("poke", 77, 0xA5)
            self.assertEqual((instance.memory.read(77, 1), instance.call("ask", 3)), (b"\xa5", 3))
            self.assertIn(0xA5, bytes(memoryview(arena).cast("B")))
            self.assertLessEqual(instance.store.arena_taken, self.size())
            instance.close()

    def test_dirty_memory_changes_nothing(self) -> None:
        clean, dirty = guest(), guest(arena=bytearray(b"\xff" * self.size()), memory=65536, stack=1 << 16)
        self.assertEqual(dirty.state_hash, clean.state_hash)

    def test_it_cannot_be_resized_while_it_is_lent(self) -> None:
        arena = bytearray(self.size())
        instance = guest(arena=arena, memory=65536, stack=1 << 16)
        with self.assertRaises(BufferError):
            arena.extend(b"more")
        instance.close()
        arena.extend(b"more")

    def test_it_is_given_back_when_all_is_dropped(self) -> None:
        arena = bytearray(self.size())
        instance = guest(arena=arena, memory=65536, stack=1 << 16)
        view = memoryview(instance.memory)
        del instance
        gc.collect()
        with self.assertRaises(BufferError):
            arena.clear()
        del view
        gc.collect()
        arena.clear()

    def test_what_cannot_be_lent_is_said(self) -> None:
        wrong: list[tuple[Any, Any, str]] = [
            (bytes(1 << 17), BufferError, "read-only"),
            (bytearray(10), wrt.BudgetError, "bytes would do"),
            (bytearray(65536), wrt.BudgetError, "bytes would do"),
            (bytearray(0), (wrt.BudgetError, ValueError), "."),
            (memoryview(bytearray(1 << 18))[::2], BufferError, "one piece"),
            ("text", TypeError, "bytes-like"),
            (5, TypeError, "bytes-like"),
        ]
        for arena, error, text in wrong:
            with self.assertRaisesRegex(error, text, msg=repr(arena)[:40]):
                guest(arena=arena, memory=65536, stack=1 << 16)

    def test_what_it_needs_is_said_exactly(self) -> None:
        need = 16
        for _ in range(10):
            try:
                instance = guest(arena=bytearray(need), memory=65536, stack=1 << 16)
                instance.call("ask", 1)
                break
            except wrt.BudgetError as error:
                self.assertGreater(error.need, 0)
                need = error.need + 16
        else:
            self.fail("it never suffices")
        self.assertLess(need, self.size())

    def test_bounds_belong_to_the_store(self) -> None:
        with self.assertRaisesRegex(ValueError, "wrt.Store"):
            guest(store=wrt.Store(), memory=65536)
        with self.assertRaises(TypeError):
            guest(store=5)


class Memory(unittest.TestCase):
    def test_the_collector_sees_through_callbacks(self) -> None:
        class Plant:
            def __init__(self) -> None:
                self.instance = guest(self.ask)

            def ask(self, n: int) -> int:
                return n

        plant = Plant()
        self.assertEqual(plant.instance.call("ask", 1), 1)
        there = weakref.ref(plant)
        store = weakref.ref(plant.instance.store)
        del plant
        gc.collect()
        self.assertIsNone(there())
        self.assertIsNone(store())

    def test_and_through_objects_and_stopped_calls(self) -> None:
        echo = wrt.Module(wrt.wat('(module (global (export "g") (mut externref) (ref.null extern)) (func (export "spin") (loop br 0)))'))
        instance = wrt.Instance(echo)
        instance.exports.g.value = [instance]
        with self.assertRaises(wrt.OutOfFuel):
            instance.call("spin", fuel=10)
        store = weakref.ref(instance.store)
        del instance
        gc.collect()
        self.assertIsNone(store())

    def test_a_hundred_thousand_instances_leave_nothing(self) -> None:
        def resident() -> int:
            with open("/proc/self/statm") as statm:
                return int(statm.read().split()[1]) * mmap.PAGESIZE

        def make(count: int) -> None:
            for n in range(count):
                instance = guest()
                if n % 10 == 0:
                    self.assertEqual(instance.call("ask", n), n)
                    view = memoryview(instance.memory)
                    view[0] = 1
                    del view
                if n % 100 == 0:
                    with self.assertRaises(wrt.OutOfFuel):
                        instance.call("spin", fuel=10)

        make(2000)
        gc.collect()
        before = resident()
        make(100_000)
        gc.collect()
        self.assertLess(resident() - before, 8 << 20)

    def test_calls_that_fail_leave_nothing(self) -> None:
        instance = guest(lambda n: 1 // 0)
        for _ in range(2000):
            with self.assertRaises(ZeroDivisionError):
                instance.call("ask", 1)
            with self.assertRaises(wrt.OutOfFuel):
                instance.call("spin", fuel=100)
        with open("/proc/self/maps") as maps:
            self.assertLess(sum(1 for _ in maps), 3000)


class Signals(unittest.TestCase):
    SCRIPT = """
import os, signal, sys, threading, wrt
module = wrt.Module(wrt.wat('(module (func (export "spin") (loop br 0)) (func (export "one") (result i32) i32.const 1))'))
instance = wrt.Instance(module)
print("ready", flush=True)
try:
    instance.call("spin")
except KeyboardInterrupt:
    print("interrupted", instance.call("one"), instance.stopped)
"""

    def test_ctrl_c_ends_a_call_and_leaves_the_instance(self) -> None:
        child = subprocess.Popen([sys.executable, "-c", self.SCRIPT], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        self.assertEqual(child.stdout.readline(), "ready\n")
        time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=30)
        self.assertEqual((child.returncode, out), (0, "interrupted 1 None\n"))


@unittest.skipIf("PYTHONMALLOC" in os.environ, "this is that run")
class Debug(unittest.TestCase):
    def test_everything_once_more_with_guarded_memory(self) -> None:
        """The other tests under PYTHONMALLOC=debug, which finds writes beyond objects and uses after the end."""
        environment = os.environ | {"PYTHONMALLOC": "debug"}
        here = os.path.dirname(os.path.abspath(__file__))
        names = ["test_wrt", "test_things", "test_tasks", "test_wasi", "test_store.Threads", "test_store.Closing",
                 "test_store.Arenas"]
        run = subprocess.run([sys.executable, "-X", "dev", "-m", "unittest", "-q", *names], cwd=here, env=environment,
                             capture_output=True, text=True, timeout=600)
        self.assertEqual(run.returncode, 0, run.stderr[-3000:])
        self.assertRegex(run.stderr, r"Ran [1-9]\d+ tests")


if __name__ == "__main__":
    unittest.main()
