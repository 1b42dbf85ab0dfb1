// What instances hold: memories, tables, globals; their state as a number and as bytes that go on elsewhere.
#include "harness.hpp"

struct Sample {
    std::uint16_t channel;
    std::int16_t level;
    std::uint32_t at;
};

static void memories() {
    const Kit k;
    const wrt::Memory m = must(k.instance.memory("memory"));
    CHECK(m.index() == 0 && m.size() == WRT_PAGE_SIZE && m.bytes().data() == k.ram.bytes().data());
    SAME(must(m.view()).ceiling, 3 * WRT_PAGE_SIZE);
    SAME(must(m.text(16, 5)), "hello");
    const Sample s = { 3, -7, 99 };
    must(m.write(65528, s));
    const Sample back = must(m.read<Sample>(65528));
    CHECK(back.channel == 3 && back.level == -7 && back.at == 99);
    SAME(static_cast<int>(m.bytes()[65528]), 3);
    // One byte further is outside, and so is what wraps around.
    SAME(m.write(65529, s).error().status(), WRT_E_BOUNDS);
    SAME(m.read<Sample>(65529).error().status(), WRT_E_BOUNDS);
    SAME(m.read<char>(UINT64_MAX).error().status(), WRT_E_BOUNDS);
    CHECK(m.slice(65536, 0).ok() && !m.slice(65537, 0) && !m.slice(65535, 2) && !m.slice(1, UINT64_MAX));
    SAME(m.slice(UINT64_MAX, 2).error().reason(), WRT_REASON_HOST_MEMORY_BOUNDS);
    std::byte out[5];
    must(m.read_into(16, out));
    must(m.write_from(32, wrt::Bytes(out)));
    SAME(must(m.text(32, 5)), "hello");
    CHECK(!m.read_into(65533, out) && !m.write_from(65533, wrt::Bytes(out)));
    SAME(must(k.instance.memory().grow(1)), 1u);
    CHECK(m.size() == 2 * WRT_PAGE_SIZE && m.bytes().data() == k.ram.bytes().data());
    SAME(m.grow(2).error().status(), WRT_E_BUDGET);
    SAME(k.instance.memory("count").error().status(), WRT_E_TYPE);
    SAME(k.instance.memory("none").error().status(), WRT_E_NOT_FOUND);
    CHECK(wrt::Memory().bytes().empty() && wrt::Memory().slice(0, 0).error().status() == WRT_E_ARG);
}

static void tables() {
    const Kit k;
    const auto functions = must(k.instance.table<wrt::FuncRef>("functions"));
    SAME(must(functions.size()), 4u);
    const wrt::FuncRef doubled = must(functions.get(0));
    must(functions.set(2, doubled));
    CHECK(must(functions.get(2)) == doubled && must(functions.get(3)) == wrt::FuncRef{});
    const auto apply = must(k.instance.func<std::int32_t(std::int32_t, std::int32_t)>("apply"));
    SAME(must(k.task.call(apply, wrt::Budget(), 2, 21)), 42);
    SAME(functions.get(4).error().status(), WRT_E_BOUNDS);
    SAME(functions.set(4, doubled).error().status(), WRT_E_BOUNDS);
    SAME(functions.set(0, wrt::FuncRef{ 0xdead }).error().status(), WRT_E_TYPE);
    SAME(must(functions.grow(2, doubled)), 4u);
    CHECK(must(functions.size()) == 6 && must(functions.get(5)) == doubled);
    SAME(functions.grow(100).error().status(), WRT_E_BUDGET);
    const auto objects = must(k.instance.table<wrt::ExternRef>("objects"));
    SAME(objects.index(), 1u);
    SAME(k.instance.table<wrt::FuncRef>("objects").error().status(), WRT_E_TYPE);
    SAME(k.instance.table<wrt::FuncRef>("none").error().status(), WRT_E_NOT_FOUND);
    SAME(wrt::Table<wrt::FuncRef>().size().error().status(), WRT_E_ARG);
}

static void globals() {
    const Kit k;
    const auto count = must(k.instance.global<std::int32_t>("count"));
    SAME(must(count.get()), 7);
    must(count.set(-8));
    SAME(must(count.get()), -8);
    SAME(must(must(k.instance.global<std::uint32_t>("count")).get()), static_cast<std::uint32_t>(-8));
    SAME(must(must(k.instance.global<std::int64_t>("limit")).get()), 1000000000000);
    SAME(must(k.instance.global<std::int64_t>("limit")).set(1).error().status(), WRT_E_TYPE);
    const auto ratio = must(k.instance.global<double>("ratio"));
    must(ratio.set(0.75));
    SAME(must(ratio.get()), 0.75);
    const auto handler = must(k.instance.global<wrt::FuncRef>("handler"));
    SAME(must(handler.get()), must(must(k.instance.table<wrt::FuncRef>("functions")).get(0)));
    const wrt::Error e = k.instance.global<float>("count").error();
    CHECK(e.status() == WRT_E_TYPE && std::string(e.wanted()) == "()f");
    SAME(k.instance.global<float>("memory").error().status(), WRT_E_TYPE);
    SAME(handler.index(), 3u);
    SAME(wrt::Global<int>().get().error().status(), WRT_E_ARG);
}

// What is lent: too little, apart, under a ceiling, cleared already.
static void lent() {
    Region r(1 << 15), a(WRT_PAGE_SIZE), b(2 * std::size_t{ WRT_PAGE_SIZE });
    const wrt::Module two = must(wrt::Module::load(r.arena, two_wasm));
    const wrt::Error e = wrt::Instance::create(r.arena, two, wrt::Lent().memory(a.arena)).error();
    CHECK(e.status() == WRT_E_ARENA && e.reason() == WRT_REASON_MEMORY_REGION && e.need() == 2 * WRT_PAGE_SIZE);
    const wrt_arena apart[] = { *a.arena.get(), *b.arena.get() };
    const wrt::Instance i = must(wrt::Instance::create(r.arena, two, wrt::Lent().memories(apart)));
    SAME(must(i.memory("b")).bytes().data(), b.bytes().data());
    SAME(must(must(i.memory("b")).grow(1)), 1u);
    const wrt::Instance under = must(wrt::Instance::create(r.arena, two, wrt::Lent().memory(b.arena).ceiling(2 * WRT_PAGE_SIZE)));
    SAME(must(under.memory("b")).grow(1).error().status(), WRT_E_BUDGET);
    std::memset(b.bytes().data(), 0, b.bytes().size());
    must(wrt::Instance::create(r.arena, two, wrt::Lent().memory(b.arena).zeroed()));
    SAME(wrt::Lent().zeroed().get().flags, static_cast<std::uint32_t>(WRT_MEMORY_ZEROED));
}

// A stopped task goes on elsewhere, from copies of the bytes alone.
static void moved() {
    Kit k;
    const auto sum = must(k.instance.func<std::int32_t(std::int32_t)>("sum"));
    const std::int32_t whole = must(k.task.call(sum, wrt::Budget(), 60));
    const std::uint64_t end = must(k.instance.state_hash());
    CHECK(k.task.call(sum, wrt::Budget::of_fuel(100), 60).error().out_of_fuel());

    Region own(k.plan.instance), stack(4096), ram(k.ram.bytes().size());
    const wrt::Error small = k.instance.snapshot(own.bytes().first(1)).error();
    CHECK(small.status() == WRT_E_ARENA && small.need() == k.plan.instance);
    SAME(must(k.instance.snapshot(own.bytes())), k.plan.instance);
    const auto in_use = static_cast<std::size_t>(must(k.task.usage()).stack_peak);
    CHECK(k.task.snapshot(stack.bytes().first(16)).error().need() == in_use);
    SAME(must(k.task.snapshot(stack.bytes())), in_use);
    std::memcpy(ram.bytes().data(), k.ram.bytes().data(), ram.bytes().size());

    const wrt::Instance instance = must(k.linker.relocate(own.arena, k.module, wrt::Lent().memory(ram.arena)));
    const wrt::Task task = must(wrt::Task::relocate(stack.arena, instance));
    SAME(must(task.resume(sum, wrt::Budget())), whole);
    SAME(must(instance.state_hash()), end);
    Region junk(4096);
    SAME(wrt::Task::relocate(junk.arena, instance).error().status(), WRT_E_HANDLE);
    SAME(wrt::Instance().state_hash().error().status(), WRT_E_ARG);

    // Without imports no linker is needed.
    Region r(1 << 15), copy(1 << 12);
    const wrt::Module module = must(wrt::Module::load(r.arena, start_wasm));
    const wrt::Instance first = must(wrt::Instance::create(r.arena, module));
    must(first.snapshot(copy.bytes()));
    SAME(must(must(wrt::Instance::relocate(copy.arena, module)).state_hash()), must(first.state_hash()));
}

void test_state() {
    TEST(memories);
    TEST(tables);
    TEST(globals);
    TEST(lent);
    TEST(moved);
}
