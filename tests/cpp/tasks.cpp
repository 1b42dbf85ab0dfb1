// Tasks: budgets, slices, pending calls, traps and their frames, interrupts, what was used.
#include "harness.hpp"

using Unary = std::int32_t(std::int32_t);

// A stop at every fuel value, continued, comes to the same end.
static void every_fuel() {
    const Kit k;
    const auto sum = must(k.instance.func<Unary>("sum"));
    const std::int32_t whole = must(k.task.call(sum, wrt::Budget(), 60));
    const std::uint64_t used = must(k.task.usage()).fuel_used;
    for (std::uint64_t fuel = 1; fuel <= used + 1; fuel += 7) {
        const wrt::Budget slice = wrt::Budget::of_fuel(fuel);
        unsigned stops = 0;
        k.task.reset();
        wrt::Result<std::int32_t> r = k.task.call(sum, slice, 60);
        for (; r.error().out_of_fuel() && stops < 10000; stops++) r = k.task.resume(sum, slice);
        CHECK(r && *r == whole && must(k.task.usage()).fuel_used == used && (stops > 0) == (fuel < used));
        // The same by a call that was started, and by drive().
        k.task.reset();
        const wrt::Call<std::int32_t> call = must(k.task.start(sum, 60));
        SAME(call.result().error().status(), WRT_E_STATE);
        SAME(must(wrt::drive(call, slice, [](wrt::Task, const wrt::PendingCall &) {})), whole);
        CHECK(must(call.result()) == whole && must(k.task.usage()).fuel_used == used && call.task().get() == k.task.get());
    }
}

static void budgets() {
    const Kit k;
    const auto dig = must(k.instance.func<Unary>("dig"));
    const wrt::Error deep = k.task.call(dig, wrt::Budget().with_depth(5), 0).error();
    CHECK(deep.trapped() && deep.reason() == WRT_TRAP_STACK_EXHAUSTED);
    SAME(must(k.task.usage()).call_depth_peak, 5u);
    const auto grow = must(k.instance.func<Unary>("grow"));
    SAME(must(k.task.call(grow, wrt::Budget().with_memory(2 * WRT_PAGE_SIZE), 2)), -1);
    SAME(must(k.task.call(grow, wrt::Budget().with_memory(2 * WRT_PAGE_SIZE), 1)), 1);
    SAME(must(k.task.usage()).memory_bytes, 2 * WRT_PAGE_SIZE);
    wrt::Budget b;
    SAME(b.fuel, UINT64_MAX);
    SAME(b.with_fuel(9).fuel, 9u);
}

static void traps() {
    const Kit k;
    const auto peek = must(k.instance.func<Unary>("peek"));
    const wrt::Error e = k.task.call(peek, wrt::Budget(), 65533).error();
    CHECK(e.trapped() && e.reason() == WRT_TRAP_OUT_OF_BOUNDS_MEMORY && e.offset() > 0);
    wrt::Frame frames[8];
    const wrt::span<wrt::Frame> found = k.task.backtrace(frames);
    SAME(found.size(), 3u);
    SAME(std::string(found[0].func_name()) + " " + std::string(found[1].func_name()) + " " + std::string(found[2].func_name()),
         "inner middle outer");
    CHECK(found[0].module_offset == e.offset() && e.func() == found[0].func);
    SAME(k.task.backtrace(wrt::span<wrt::Frame>(frames, 1)).size(), 1u);
    // The task is none the worse for it.
    SAME(must(k.task.call(peek, wrt::Budget(), 16)), 0x6c6c6568 + 2);
}

static void ends() {
    const Kit k;
    const auto leave = must(k.instance.func<void(std::int32_t)>("leave"));
    const wrt::Error exit = k.task.call(leave, wrt::Budget(), 7).error();
    CHECK(exit.exited() && exit.detail() == 7);
    const wrt::Error trap = k.task.call(leave, wrt::Budget(), -1).error();
    CHECK(trap.trapped() && trap.detail() == 99 && std::string(trap.message()) == "the host has had enough");
}

// A host call is completed by results, by a trap, by an exit; drive() finds the calls that wait.
static void pending() {
    Kit k;
    const auto await = must(k.instance.func<double(std::int64_t)>("await"));
    const wrt::Call<double> call = must(k.task.start(await, 5));
    CHECK(call.run(wrt::Budget()).error().pending());
    SAME(k.waited, 5);
    const wrt::PendingCall waits = must(k.task.pending());
    CHECK(waits.module_name() == "env" && waits.field_name() == "wait" && !waits.is_delayed() && !waits.is_wait());
    SAME(waits.nresults, 1u);
    SAME(k.task.complete(1.5, 2.5).error().status(), WRT_E_TYPE);
    must(k.task.complete(1.5));
    SAME(k.task.complete(1.5).error().status(), WRT_E_STATE);
    SAME(must(call.run(wrt::Budget())), 3.0);

    unsigned asked = 0;
    const auto answer = [&](wrt::Task task, const wrt::PendingCall &) {
        asked++;
        return task.complete(0.25);
    };
    SAME(must(wrt::drive(must(k.task.start(await, 6)), wrt::Budget::of_fuel(1), answer)), 0.5);
    SAME(asked, 1u);
    // Who does not answer has the pending call back; who fails, the failure.
    const wrt::Error unanswered = wrt::drive(must(k.task.start(await, 7)), wrt::Budget(), [](wrt::Task, const wrt::PendingCall &) {}).error();
    CHECK(unanswered.pending());
    const auto fails = [](wrt::Task, const wrt::PendingCall &) -> wrt::Result<void> { return wrt::Error(WRT_E_NOT_FOUND); };
    SAME(wrt::drive(wrt::Call<double>(k.task), wrt::Budget(), fails).error().status(), WRT_E_NOT_FOUND);
    must(k.task.complete_with_trap());
    CHECK(call.run(wrt::Budget()).error().trapped());
    CHECK(k.task.call(await, wrt::Budget(), 8).error().pending());
    must(k.task.complete_with_exit(3));
    const wrt::Error exit = k.task.resume(await, wrt::Budget()).error();
    CHECK(exit.exited() && exit.detail() == 3);
    SAME(k.task.complete_with_trap().error().status(), WRT_E_STATE);
    SAME(k.task.complete_with_exit(3).error().status(), WRT_E_STATE);
    SAME(k.task.pending().error().status(), WRT_E_STATE);
    SAME(k.task.proceed().error().status(), WRT_E_STATE);
}

// drive() gives up after so many slices, and can go on.
static void slices() {
    const Kit k;
    const auto nothing = [](wrt::Task, const wrt::PendingCall &) {};
    const auto spin = must(k.instance.func<void()>("spin"));
    const wrt::Call<void> endless = must(k.task.start(spin));
    CHECK(wrt::drive(endless, wrt::Budget::of_fuel(100), nothing, 7).error().out_of_fuel());
    const std::uint64_t used = must(k.task.usage()).fuel_used;
    CHECK(used >= 700 && used < 720);
    CHECK(wrt::drive(endless, wrt::Budget::of_fuel(100), nothing, 1).error().out_of_fuel());
    CHECK(must(k.task.usage()).fuel_used > used);
    SAME(k.task.start(spin).error().status(), WRT_E_STATE);
    k.task.interrupt();
    CHECK(wrt::drive(endless, wrt::Budget::of_fuel(100), nothing).error().interrupted());
    k.task.reset();
    SAME(k.task.run(wrt::Budget()).error().status(), WRT_E_STATE);
}

static void start_functions() {
    Region r(1 << 15), stack(4096);
    const wrt::Module module = must(wrt::Module::load(r.arena, start_wasm));
    const wrt::Instance instance = must(wrt::Instance::create(r.arena, module));
    const wrt::Task task = must(wrt::Task::create(stack.arena, instance));
    must(task.start_instance());
    CHECK(task.run(wrt::Budget::of_fuel(50)).error().out_of_fuel());
    must(task.run(wrt::Budget()));
    SAME(must(must(instance.global<std::int32_t>("ran")).get()), 100);
    must(task.set_backend(WRT_BACKEND_LOOP));
    SAME(must(task.call(must(instance.func<std::int32_t()>("get")), wrt::Budget())), 100);
    SAME(task.set_backend(77).error().status(), WRT_E_UNSUPPORTED);
    Region none(16);
    SAME(wrt::Task::create(none.arena, instance).error().status(), WRT_E_ARENA);
    CHECK(task && !wrt::Task() && instance && !wrt::Instance());
    SAME(wrt::Task().usage().error().status(), WRT_E_ARG);
    SAME(wrt::Task(task.get()).get(), task.get());
}

void test_tasks() {
    TEST(every_fuel);
    TEST(budgets);
    TEST(traps);
    TEST(ends);
    TEST(pending);
    TEST(slices);
    TEST(start_functions);
}
