// Host functions: what may be one, what they may answer, the linker's room and lifetimes.
#include "harness.hpp"
#include <array>
#include <stdexcept>

static std::int32_t plain_sum(std::int32_t a, std::int32_t b) { return a + b; }
static std::int32_t quiet_sum(std::int32_t a, std::int32_t b) noexcept { return a + b + 1; }
struct Object {
    std::int32_t more;
    std::int32_t operator()(std::int32_t a, std::int32_t b) { return a + b + more++; }
};

// kit with this `add`, which is called through `ask`: one more than its answer.
template <class Define> static wrt::Result<std::int32_t> asked(Define define, std::int32_t a = 30, std::int32_t b = 8) {
    Region r(1 << 15), stack(4096), ram(std::size_t{ 3 } * WRT_PAGE_SIZE);
    wrt::Linker<3> linker;
    define(linker);
    linker.func("env", "wait", [](std::int64_t) { return 0.5; }).func("env", "end", [](std::int32_t) {});
    const wrt::Module module = must(wrt::Module::load(r.arena, kit_wasm));
    const wrt::Result<wrt::Instance> instance = linker.instantiate(r.arena, module, wrt::Lent().memory(ram.arena));
    if (!instance) return instance.error();
    const wrt::Task task = must(wrt::Task::create(stack.arena, *instance));
    return task.call(must(instance->func<std::int32_t(std::int32_t, std::int32_t)>("ask")), wrt::Budget::of_fuel(1000), a, b);
}
#define ASKED(...) asked([&](auto &linker) { linker.func("env", "add", __VA_ARGS__); })
#define ASKED_AS(Sig, ...) asked([&](auto &linker) { linker.template func<Sig>("env", "add", __VA_ARGS__); })
using Add = std::int32_t(std::int32_t, std::int32_t);

static void callables() {
    SAME(must(ASKED(plain_sum)), 39);
    SAME(must(ASKED(&quiet_sum)), 40);
    SAME(must(ASKED(Object{ 100 })), 139);
    int calls = 0;
    SAME(must(ASKED([&calls](std::int32_t a, std::int32_t b) mutable noexcept {
             calls++;
             return a - b;
         })), 23);
    SAME(calls, 1);
    SAME(must(ASKED_AS(Add, [](auto a, auto b) { return a * b; })), 241);
    SAME(must(ASKED_AS(Add, [](wrt::Caller &, auto...) { return 4; })), 5);
    // Numbers of other kinds with the same letters do as well.
    SAME(must(ASKED([](std::uint32_t a, bool b) -> std::uint32_t { return a + b; })), 32);
    SAME(must(asked([&](auto &linker) {
             linker.raw("env", "add", "(ii)i", [](void *user, wrt_caller *, wrt_value *slots) -> wrt_status {
                 slots[0].i32 = slots[0].i32 * *static_cast<int *>(user);
                 return WRT_OK;
             }, &calls);
         })), 31);
}

static void signatures_are_compared() {
    const wrt::Error e = ASKED([](std::int32_t, std::int64_t) { return 1; }).error();
    CHECK(e.status() == WRT_E_LINK && e.reason() == WRT_REASON_INCOMPATIBLE_IMPORT && e.detail() == 0);
    SAME(ASKED([](std::int32_t, std::int32_t) {}).error().status(), WRT_E_LINK);
    SAME(asked([](auto &linker) { linker.func("env", "ad", plain_sum); }).error().reason(), WRT_REASON_UNKNOWN_IMPORT);
}

static void answers() {
    SAME(must(ASKED([](std::int32_t a, std::int32_t) -> wrt::Answer<std::int32_t> { return a; })), 31);
    wrt::Error e = ASKED([](std::int32_t, std::int32_t) -> wrt::Answer<std::int32_t> { return wrt::Trap{ "enough", 7 }; }).error();
    CHECK(e.trapped() && e.reason() == WRT_TRAP_HOST_TRAP && e.detail() == 7 && std::string(e.message()) == "enough");
    e = ASKED([](std::int32_t a, std::int32_t) -> wrt::Answer<std::int32_t> { return wrt::Exit{ static_cast<std::uint32_t>(a) }; }).error();
    CHECK(e.exited() && e.detail() == 30);
    e = ASKED([](std::int32_t, std::int32_t) -> wrt::Answer<std::int32_t> { return wrt::Pending{}; }).error();
    CHECK(e.pending());
    // Those that carry no value need the signature said.
    CHECK(ASKED_AS(Add, [](auto, auto) { return wrt::Trap{}; }).error().trapped());
    CHECK(ASKED_AS(Add, [](auto, auto) { return wrt::Exit{ 3 }; }).error().detail() == 3);
    CHECK(ASKED_AS(Add, [](auto, auto) { return wrt::Throw{}; }).error().trapped());
    // A Result: its error is a trap with the same sentence.
    SAME(must(ASKED([](std::int32_t a, std::int32_t b) -> wrt::Result<std::int32_t> { return a / b; })), 4);
    e = ASKED([](wrt::Caller &caller, std::int32_t, std::int32_t) { return caller.read<std::int32_t>(UINT32_MAX); }).error();
    CHECK(e.trapped() && std::string(e.message()) == wrt::Error(WRT_E_BOUNDS).message() && e.reason() == WRT_TRAP_HOST_TRAP);
    // An Answer converts to what the signature says.
    SAME(must(ASKED_AS(Add, [](auto a, auto) -> wrt::Answer<std::int16_t> { return static_cast<std::int16_t>(a); })), 31);
}

static void callers() {
    std::uint64_t fuel = 0;
    const auto add = [&](wrt::Caller &caller, std::int32_t a, std::int32_t b) -> wrt::Result<std::int32_t> {
        CHECK(caller.instance() && caller.func() == 0 && caller.get() != nullptr);
        fuel = caller.fuel_used();
        const auto text = caller.text(16, 5);
        CHECK(text && *text == "hello");
        if (!caller.write<std::int64_t>(2048, 77)) return wrt::Error(WRT_E_STATE);
        SAME(must(caller.memory().read<std::int64_t>(2048)), 77);
        SAME(must(caller.read<std::uint8_t>(20)), 'o');
        CHECK(!caller.write(65535, a) && !caller.text(65535, 2));
        caller.charge(50);
        return a + b;
    };
    SAME(must(ASKED(add)), 39);
    CHECK(fuel > 0 && fuel < 50);
    // Const and by value too; a charge that cannot be paid stops the task.
    SAME(must(ASKED([](const wrt::Caller &caller, std::int32_t, std::int32_t) { return caller.func() == 0 ? 1 : 2; })), 2);
    SAME(must(ASKED([](wrt::Caller caller, std::int32_t, std::int32_t) { return caller.func() == 0 ? 1 : 2; })), 2);
    CHECK(ASKED([](wrt::Caller &caller, std::int32_t, std::int32_t) { caller.charge(100000); return 0; }).error().out_of_fuel());
}

// What a host function captured lives as long as the linker, and no longer.
static void captures() {
    const auto counted = std::make_shared<int>(1);
    {
        wrt::Linker<2, 0, 0> linker;
        linker.func("a", "b", [counted]() -> std::int32_t { return *counted; });
        linker.func("a", "c", [counted](std::int32_t) {});
        SAME(counted.use_count(), 3);
        // What there is no room for is let go at once.
        linker.func("a", "d", [counted] {});
        SAME(counted.use_count(), 3);
    }
    SAME(counted.use_count(), 1);
    // More room where it is asked for.
    std::array<std::int32_t, 20> many{};
    many[19] = 5;
    wrt::Linker<1, 0, 0, sizeof many> roomy;
    roomy.func("env", "ask", [many](std::int32_t i) { return many[static_cast<std::size_t>(i)]; });
}

static void too_many() {
    Region r(1 << 15);
    const wrt::Module module = must(wrt::Module::load(r.arena, chain_wasm));
    wrt::Linker<1, 1, 1> funcs, links, shares, raws, fits;
    fits.func("a", "b", [] {}).link("c", wrt::Instance());
    SAME(fits.instantiate(r.arena, module).error().status(), WRT_E_ARG);
    funcs.func("a", "b", [] {}).func("a", "c", [] {});
    links.link("a", wrt::Instance()).link("b", wrt::Instance());
    shares.share("a", "b", nullptr).share("a", "c", nullptr);
    raws.func("a", "b", [] {}).raw("a", "c", nullptr, nullptr, nullptr);
    for (const auto *linker : { &funcs, &links, &shares, &raws }) {
        const wrt::Error e = linker->instantiate(r.arena, module).error();
        CHECK(e.status() == WRT_E_ARG && std::string(e.message()).find("than the Linker has room for") != std::string::npos);
        SAME(linker->relocate(r.arena, module).error().status(), WRT_E_ARG);
    }
    must(wrt::Linker<1>().instantiate(r.arena, module));
}

static void linked_instances() {
    Kit k;
    Region r(1 << 15), stack(4096), ram(WRT_PAGE_SIZE);
    wrt::Linker<0> linker;
    linker.link("kit", k.instance);
    const wrt::Module user = must(wrt::Module::load(r.arena, user_wasm));
    const wrt::Instance instance = must(linker.instantiate(r.arena, user, wrt::Lent().memory(ram.arena)));
    const wrt::Task task = must(wrt::Task::create(stack.arena, instance));
    SAME(must(task.call(must(instance.func<std::int32_t(std::int32_t)>("quadruple")), wrt::Budget(), 5)), 20);
    SAME(instance.module().get(), user.get());
}

#if WRT_COMPILER_HAS_EXCEPTIONS
static void thrown() {
    const wrt::Error e = ASKED([](std::int32_t a, std::int32_t) -> std::int32_t {
                             if (a > 0) throw std::runtime_error("not for the library");
                             return a;
                         }).error();
    CHECK(e.trapped() && e.reason() == WRT_TRAP_HOST_TRAP && std::string(e.message()).find("C++ exception") != std::string::npos);
}
#endif

void test_hosts() {
    TEST(callables);
    TEST(signatures_are_compared);
    TEST(answers);
    TEST(callers);
    TEST(captures);
    TEST(too_many);
    TEST(linked_instances);
#if WRT_COMPILER_HAS_EXCEPTIONS
    TEST(thrown);
#endif
}
