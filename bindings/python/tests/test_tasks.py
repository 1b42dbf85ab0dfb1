"""Tasks, fuel, exceptions of guests, async functions, snapshots and profiles. API-3."""

import asyncio
import copy
import pickle
import threading
import unittest
from collections.abc import Callable
from typing import Any

import wrt

# fac(n) by recursion, spin(): for ever, sum(n): by asking env.next n times, deep(n): n frames.
WORK = wrt.Module(wrt.wat("""(module
  (import "env" "next" (func $next (result i32)))
  (memory (export "memory") 1)
  (func $fac (export "fac") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
      (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
  (func (export "spin") (loop br 0))
  (func (export "sum") (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (call $next)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if 0 (local.get 0)))
    local.get 1)
  (func $deep (export "deep") (param i32)
    (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))))))"""))

THROW = wrt.Module(wrt.wat("""(module
  (tag $given (import "env" "given") (param i32))
  (import "env" "ask" (func $ask (param i32) (result i32)))
  (tag $own (export "own") (param i32 f64))
  (func (export "throw") (param i32) local.get 0 f64.const 0.5 throw $own)
  (func (export "guard") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $given $caught) (return (call $ask (local.get 0))))
      unreachable)
    i32.const 1000 i32.add))"""))


def work(next: Callable[[], Any] = lambda: 1, **settings: Any) -> wrt.Instance:
    return wrt.Instance(WORK, {"env": {"next": next}}, **settings)


class Tasks(unittest.TestCase):
    def test_slices_of_any_size_give_the_same(self) -> None:  # RUN-2
        whole = work()
        self.assertEqual(whole.call("fac", 15), 1307674368000)
        for slice in [1, 7, 100]:
            task = work().task("fac", 15)
            states = set()
            while (state := task.run(slice)) != "done":
                states.add(state)
            self.assertEqual((task.result, task.usage.fuel_used), (1307674368000, whole.fuel_used))
            self.assertEqual(states, {"fuel"})

    def test_states(self) -> None:
        task = work().task("fac", 5)
        self.assertEqual(task.state, "ready")
        with self.assertRaises(wrt.StateError):
            task.result
        task.run(10)
        self.assertEqual([frame.name for frame in task.frames][-1], "fac")
        self.assertEqual(task.run(), "done")
        with self.assertRaisesRegex(wrt.StateError, "is done"):
            task.run()
        with self.assertRaisesRegex(wrt.StateError, "does not wait"):
            task.complete(1)
        task.close()
        with self.assertRaises(wrt.ClosedError):
            task.usage

    def test_several_are_under_way_at_once(self) -> None:
        guest = work()
        tasks = [guest.task("fac", n) for n in range(8)]
        while any(task.state != "done" and task.run(5) != "done" for task in tasks):
            pass
        for task in tasks:
            if task.state != "done":
                task.run()
        self.assertEqual([task.result for task in tasks], [1, 1, 2, 6, 24, 120, 720, 5040])

    def test_a_call_without_fuel_has_its_task(self) -> None:
        guest = work()
        with self.assertRaises(wrt.OutOfFuel) as caught:
            guest.call("fac", 10, fuel=20)
        error = caught.exception
        self.assertEqual((error.status, error.task.state, guest.stopped), ("WRT_FUEL", "fuel", error.task))
        self.assertTrue(error.frames)
        self.assertEqual(guest.resume(), 3628800)
        self.assertIsNone(guest.stopped)
        whole = work()
        whole.call("fac", 10)
        self.assertEqual(guest.usage, whole.usage)
        with self.assertRaisesRegex(wrt.StateError, "no call has stopped"):
            guest.resume()

    def test_fuel_is_bounded_however_much(self) -> None:
        for fuel in [0, 1, 19_999, 20_000, 20_001, 50_000, 6_000_000]:
            guest = work()
            with self.assertRaises(wrt.OutOfFuel):
                guest.call("spin", fuel=fuel)
            self.assertLessEqual(abs(guest.fuel_used - fuel), 2)
        with self.assertRaises(OverflowError):
            guest.call("spin", fuel=-1)

    def test_the_depth_is_bounded(self) -> None:
        guest = work(max_depth=100)
        guest.call("deep", 99)
        with self.assertRaises(wrt.Trap) as caught:
            guest.call("deep", 100)
        self.assertEqual(caught.exception.reason, "WRT_TRAP_STACK_EXHAUSTED")
        with self.assertRaises(wrt.Trap):
            work(stack=1 << 12).call("deep", 50_000)

    def test_another_thread_interrupts(self) -> None:
        guest = work()
        task = guest.task("spin")
        timer = threading.Timer(0.1, task.interrupt)
        timer.start()
        self.assertEqual(task.run(), "interrupted")
        timer.join()
        self.assertEqual(task.run(1000), "fuel")
        timer = threading.Timer(0.1, guest.interrupt)
        timer.start()
        with self.assertRaises(wrt.Interrupted) as caught:
            guest.call("spin")
        timer.join()
        self.assertEqual(caught.exception.task.state, "interrupted")
        self.assertEqual(guest.call("fac", 3), 6)

    def test_an_answer_may_come_later(self) -> None:
        guest = work(lambda: wrt.PENDING)
        task = guest.task("sum", 3)
        for n in [1, 20, 300]:
            self.assertEqual(task.run(), "pending")
            assert task.pending is not None
            self.assertEqual((task.pending.name, task.pending.args), ("env.next", ()))
            with self.assertRaisesRegex(TypeError, "has 1 results"):
                task.complete()
            with self.assertRaises(wrt.StateError):
                task.run()
            task.complete(n)
        self.assertEqual((task.run(), task.result, task.pending), ("done", 321, None))
        with self.assertRaises(wrt.Pending) as caught:
            guest.call("sum", 1)
        caught.exception.task.complete(5)
        self.assertEqual(guest.resume(), 5)

    def test_an_answer_may_be_a_failure(self) -> None:
        guest = work(lambda: wrt.PENDING)
        for failure, kind in [(wrt.Exit(3), wrt.Exit), (ValueError(), wrt.Trap)]:
            task = guest.task("sum", 3)
            task.run()
            task.fail(failure)
            with self.assertRaises(kind):
                task.run()
            self.assertEqual(task.state, "failed")


class Calls(unittest.TestCase):
    def test_exceptions_come_through_several_calls(self) -> None:
        depth = 0

        def next() -> Any:
            nonlocal depth
            depth += 1
            if depth == 5:
                raise LookupError(depth)
            return guest.call("sum", 1) + 1

        guest = work(next)
        with self.assertRaises(LookupError) as caught:
            guest.call("sum", 1)
        self.assertEqual(caught.exception.args, (5,))
        depth = 6
        self.assertEqual(work().call("sum", 4), 4)

    def test_a_call_in_a_call_may_fail_alone(self) -> None:
        def next() -> Any:
            with self.assertRaises(wrt.OutOfFuel):
                guest.call("spin", fuel=10)
            with self.assertRaises(wrt.Trap):
                guest.call("deep", 1 << 30)
            return guest.call("fac", 4)

        guest = work(next)
        self.assertEqual(guest.call("sum", 2), 48)

    def answering(self, value: object) -> wrt.Instance:
        return work(lambda: value)

    def test_results_are_checked(self) -> None:
        for wrong, error in [("x", TypeError), (1 << 40, OverflowError), (None, TypeError), ((1, 2), TypeError)]:
            with self.assertRaisesRegex(error, "env.next"):
                self.answering(wrong).call("sum", 1)
        many = wrt.wat("""(module (import "env" "pair" (func $pair (result i32 f64)))
          (func (export "f") (result i32 f64) call $pair))""")
        for pair, expected in [((1, 2), (1, 2.0)), ([3, 0.5], (3, 0.5))]:
            self.assertEqual(wrt.Instance(wrt.Module(many), {"env": {"pair": lambda: pair}}).call("f"), expected)
        with self.assertRaisesRegex(ValueError, "returned 1 values, and the guest expects 2"):
            wrt.Instance(wrt.Module(many), {"env": {"pair": lambda: (1,)}}).call("f")

    def test_an_exit_ends_the_guest(self) -> None:
        def next() -> int:
            raise wrt.Exit(7)

        with self.assertRaises(wrt.Exit) as caught:
            work(next).call("sum", 1)
        self.assertEqual((caught.exception.code, caught.exception.detail), (7, 7))


class Exceptions(unittest.TestCase):
    def guest(self, ask: Callable[[int], Any]) -> tuple[wrt.Instance, wrt.Tag]:
        tag = wrt.Tag(["i32"])
        return wrt.Instance(THROW, {"env": {"given": tag, "ask": ask}}), tag

    def test_an_uncaught_one_has_its_tag_and_values(self) -> None:
        guest, _ = self.guest(lambda n: n)
        with self.assertRaises(wrt.GuestException) as caught:
            guest.call("throw", 5)
        error = caught.exception
        self.assertEqual((error.tag, error.values), (guest.exports.own, (5, 0.5)))
        self.assertEqual((error.reason, error.frames[0].name), ("WRT_TRAP_UNCAUGHT_EXCEPTION", "throw"))

    def test_python_throws_into_the_guest(self) -> None:
        def ask(n: int) -> int:
            raise wrt.GuestException(tag, n)

        guest, tag = self.guest(ask)
        self.assertEqual(guest.call("guard", 5), 1005)

    def test_one_passes_through_python(self) -> None:
        def ask(n: int) -> Any:
            return guest.call("throw", n)

        guest, tag = self.guest(ask)
        with self.assertRaises(wrt.GuestException) as caught:
            guest.call("guard", 9)
        self.assertEqual((caught.exception.tag, caught.exception.values), (guest.exports.own, (9, 0.5)))

    def test_what_it_carries_is_checked(self) -> None:
        for values in [(), (1, 2), ("x",)]:
            def ask(n: int) -> int:
                raise wrt.GuestException(tag, *values)

            guest, tag = self.guest(ask)
            with self.assertRaises(wrt.Error):
                guest.call("guard", 9)
        other = wrt.Tag(["i32"])

        def foreign(n: int) -> int:
            raise wrt.GuestException(other, n)

        guest, tag = self.guest(foreign)
        with self.assertRaises(wrt.GuestException):
            guest.call("guard", 9)


class Async(unittest.TestCase):
    def test_async_functions_are_awaited(self) -> None:
        seen: list[int] = []

        async def next() -> int:
            await asyncio.sleep(0)
            seen.append(len(seen))
            return seen[-1]

        self.assertEqual(asyncio.run(work(next).call_async("sum", 5)), 0 + 1 + 2 + 3 + 4)

    def test_calls_share_the_loop(self) -> None:
        order = []

        async def ticker() -> None:
            for _ in range(5):
                order.append("tick")
                await asyncio.sleep(0)

        async def main() -> list[object]:
            guest = work()
            calls = [guest.call_async("fac", n, slice=10) for n in (10, 12)]
            results = await asyncio.gather(*calls, ticker())
            order.append("end")
            return results

        self.assertEqual(asyncio.run(main()), [3628800, 479001600, None])
        self.assertEqual(order[-1], "end")
        self.assertEqual(order.count("tick"), 5)

    def test_what_they_raise_comes_out(self) -> None:
        async def next() -> int:
            raise LookupError("later")

        guest = work(next)
        with self.assertRaises(LookupError):
            asyncio.run(guest.call_async("sum", 1))
        with self.assertRaisesRegex(TypeError, "env.next is an async function; .*call_async"):
            guest.call("sum", 1)
        with self.assertRaises(wrt.OutOfFuel):
            asyncio.run(guest.call_async("spin", fuel=1000, slice=100))
        self.assertEqual(guest.call("fac", 3), 6)

    def test_a_call_may_be_cancelled(self) -> None:
        async def main() -> None:
            guest = work()
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(guest.call_async("spin", slice=1000), 0.05)
            self.assertEqual(guest.call("fac", 3), 6)

        asyncio.run(main())

    def test_an_async_exception_of_the_guest(self) -> None:
        tag = wrt.Tag(["i32"])

        async def ask(n: int) -> int:
            raise wrt.GuestException(tag, n)

        guest = wrt.Instance(THROW, {"env": {"given": tag, "ask": ask}})
        self.assertEqual(asyncio.run(guest.call_async("guard", 5)), 1005)


class Snapshots(unittest.TestCase):
    def test_a_call_goes_on_elsewhere(self) -> None:
        whole = work()
        whole.call("fac", 12)
        for fuel in [1, 10, 33, 60]:
            guest = work()
            guest.memory.write(100, b"kept")
            with self.assertRaises(wrt.OutOfFuel) as caught:
                guest.call("fac", 12, fuel=fuel)
            snapshot = pickle.loads(pickle.dumps(caught.exception.task.snapshot()))
            self.assertTrue(snapshot.has_call)
            for _ in range(2):
                other = wrt.Instance.restore(WORK, snapshot, {"env": {"next": lambda: 1}})
                self.assertEqual(other.memory.read(100, 4), b"kept")
                self.assertEqual((other.resume(), other.fuel_used), (479001600, whole.fuel_used))
                self.assertEqual(other.state_hash, guest.state_hash)

    def test_an_instance_is_kept(self) -> None:
        guest = work()
        guest.memory.grow(0)
        guest.memory.write(5, b"x")
        snapshot = wrt.Snapshot.from_bytes(guest.snapshot().to_bytes())
        self.assertEqual(snapshot, copy.deepcopy(snapshot))
        other = wrt.Instance.restore(WORK, snapshot, {"env": {"next": lambda: 2}})
        self.assertEqual((other.call("sum", 2), other.memory.read(5, 1)), (4, b"x"))
        self.assertFalse(snapshot.has_call)
        with self.assertRaises(wrt.StateError):
            other.resume()

    def test_damage_is_found(self) -> None:
        data = work().snapshot().to_bytes()
        for place in range(0, len(data), max(1, len(data) // 97)):
            damaged = bytearray(data)
            damaged[place] ^= 0x40
            with self.assertRaises(wrt.MalformedError):
                wrt.Snapshot.from_bytes(damaged)
        for cut in [0, 3, 11, len(data) // 2, len(data) - 1]:
            with self.assertRaises(wrt.MalformedError):
                wrt.Snapshot.from_bytes(data[:cut])
        with self.assertRaisesRegex(wrt.Error, "of another module"):
            wrt.Instance.restore(THROW, work().snapshot(), {"env": {}})
        with self.assertRaises(wrt.LinkError):
            wrt.Instance.restore(WORK, work().snapshot())

    def test_what_is_shared_cannot_be_taken(self) -> None:
        guest = work()
        wrt.Memory(1, store=guest.store)
        with self.assertRaisesRegex(wrt.StateError, "shares nothing"):
            guest.snapshot()
        task = work().task("fac", 1)
        task.run()
        with self.assertRaises(wrt.StateError):
            task.snapshot()


class Profiles(unittest.TestCase):
    def test_every_instruction_is_counted_once(self) -> None:
        whole = work()
        whole.call("fac", 20)
        for every in [1, 10, 1000]:
            profile = work().profile("fac", 20, every=every)
            self.assertEqual((profile.fuel, sum(profile.stacks.values())), (whole.fuel_used, whole.fuel_used))
            self.assertEqual(profile.result, 2432902008176640000)
            self.assertEqual([hot.name for hot in profile.functions], ["fac"])
        self.assertEqual(work().profile("fac", 20, every=10), work().profile("fac", 20, every=10))
        self.assertTrue(profile.folded().startswith("fac "))
        self.assertIn("<table>", profile._repr_html_())
        with self.assertRaises(wrt.OutOfFuel):
            work().profile("spin", fuel=1000, every=100)
        with self.assertRaises(ValueError):
            work().profile("spin", every=0)


if __name__ == "__main__":
    unittest.main()
