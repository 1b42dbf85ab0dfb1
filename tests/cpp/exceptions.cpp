// Exceptions of guests and the heap: tags with types, throws from host functions, collections, references.
#include "harness.hpp"
#include <functional>

using Odd = wrt::Tag<std::int32_t, std::int64_t>;

// An instance of throw whose import answers as it is told.
struct Thrower {
    std::function<wrt::Answer<std::int32_t>(wrt::Caller &, std::int32_t)> ask;
    Region code, heap, stack;
    wrt::Linker<1> linker;
    wrt::Instance instance;
    wrt::Task task;
    Odd odd;
    Thrower() : code(1 << 15), heap(1 << 12), stack(4096) {
        linker.func("env", "ask", [this](wrt::Caller &caller, std::int32_t n) { return ask(caller, n); });
        const wrt::Module module = must(wrt::Module::load(code.arena, throw_wasm));
        CHECK(module.heap_min() > 0);
        instance = must(linker.instantiate(code.arena, module, wrt::Lent().heap(heap.arena)));
        task = must(wrt::Task::create(stack.arena, instance));
        odd = must(instance.tag<std::int32_t, std::int64_t>("odd"));
    }
    wrt::Result<std::int32_t> call(const char *name, std::int32_t n) const {
        return task.call(must(instance.func<std::int32_t(std::int32_t)>(name)), wrt::Budget(), n);
    }
};

static void hosts_throw() {
    Thrower t;
    t.ask = [&](wrt::Caller &caller, std::int32_t) -> wrt::Answer<std::int32_t> {
        return wrt::Throw{ must(caller.instance().exception(t.odd, 40, 2)) };
    };
    SAME(must(t.call("caught", 1)), 42);
    const wrt::Error e = t.call("through", 1).error();
    CHECK(e.trapped() && e.reason() == WRT_TRAP_UNCAUGHT_EXCEPTION);
    const wrt::ExceptionRef left = must(t.task.exception());
    CHECK(must(t.instance.is_of(left, t.odd)) && !must(t.instance.is_of(left, must(t.instance.tag<>("end")))));
    CHECK(must(t.instance.values_of(left, t.odd)) == std::tuple(40, std::int64_t{ 2 }));
    SAME(t.instance.values_of(left, must(t.instance.tag<>("end"))).error().status(), WRT_E_TYPE);
    SAME(t.instance.values_of(left, wrt::Tag<std::int32_t>(t.odd.get())).error().status(), WRT_E_TYPE);
    SAME(t.instance.is_of(wrt::ExceptionRef{ 3 }, t.odd).error().status(), WRT_E_TYPE);
    SAME(t.instance.values_of(wrt::ExceptionRef{ 3 }, t.odd).error().status(), WRT_E_TYPE);
}

static void later() {
    Thrower t;
    t.ask = [](wrt::Caller &, std::int32_t) -> wrt::Answer<std::int32_t> { return wrt::Pending{}; };
    CHECK(t.call("caught", 1).error().pending());
    SAME(t.task.exception().error().status(), WRT_E_STATE);
    must(t.task.complete_with_exception(must(t.instance.exception(t.odd, 1, 2))));
    const auto caught = must(t.instance.func<std::int32_t(std::int32_t)>("caught"));
    SAME(must(t.task.resume(caught, wrt::Budget())), 3);
    SAME(t.task.complete_with_exception({}).error().status(), WRT_E_STATE);
}

static void tags() {
    const Thrower t;
    SAME(t.instance.tag<>("none").error().status(), WRT_E_NOT_FOUND);
    SAME(t.instance.tag<>("caught").error().status(), WRT_E_TYPE);
    SAME(t.instance.exception(must(t.instance.tag<>("odd"))).error().status(), WRT_E_TYPE);
    SAME(t.instance.exception(Odd(), 1, 2).error().status(), WRT_E_NOT_FOUND);
    must(t.instance.set_collection(WRT_COLLECTION_FORBIDDEN));
    wrt::Result<wrt::ExceptionRef> made = t.instance.exception(t.odd, 1, 2);
    for (int n = 0; made && n < 10000; n++) made = t.instance.exception(t.odd, n, 2);
    SAME(made.error().status(), WRT_E_ARENA);
    bool found = false;
    for (const wrt::Extern &x : t.instance.module().exports()) found = found || x.is_tag();
    CHECK(found);
}

static void heaps() {
    Region code(1 << 15), heap(1 << 14), stack(4096);
    wrt::Linker<1> linker;
    linker.func("env", "pause", []() -> wrt::Answer<> { return {}; });
    const wrt::Module module = must(wrt::Module::load(code.arena, cells_wasm));
    const wrt::Error none = linker.instantiate(code.arena, module).error();
    CHECK(none.status() == WRT_E_ARENA && none.reason() == WRT_REASON_HEAP_REGION && none.need() == module.heap_min());
    const wrt::Instance i = must(linker.instantiate(code.arena, module, wrt::Lent().heap(heap.arena)));
    const wrt::Task task = must(wrt::Task::create(stack.arena, i));
    must(i.set_collection(WRT_COLLECTION_FORBIDDEN));
    SAME(i.set_collection(99).error().status(), WRT_E_VERSION);
    must(task.call(must(i.func<void(std::int32_t)>("fill")), wrt::Budget(), 50));
    must(task.call(must(i.func<void()>("clear")), wrt::Budget()));
    // Two cells and a row are held while the host function answers with nothing.
    SAME(must(task.call(must(i.func<std::int32_t(std::int32_t)>("hold")), wrt::Budget(), 5)), 110);
    const std::uint64_t before = must(i.heap_usage()).used;
    CHECK(must(i.collect()) > 0 && must(i.heap_usage()).used < before && must(i.heap_usage()).collections == 1);
    // Numbers of references have no C++ type of their own: any(1) is an i31 of -5, any(0) is null.
    const wrt_func any = must(i.func("any"));
    wrt_value which[1] = {}, out[1] = {};
    which[0].i32 = 1;
    must(task.start_values(any, which));
    must(task.run(wrt::Budget()));
    must(task.results(out));
    const wrt::Reference r = must(i.describe(out[0].ref, WRT_HIERARCHY_ANY));
    CHECK(r.kind == WRT_REFERENCE_I31 && r.i31 == -5);
    SAME(must(i.describe(0, WRT_HIERARCHY_ANY)).kind, static_cast<std::uint32_t>(WRT_REFERENCE_NULL));
    SAME(i.describe(0, 99).error().status(), WRT_E_VERSION);
    const Kit k;
    SAME(k.instance.heap_usage().error().status(), WRT_E_NOT_FOUND);
    SAME(k.instance.collect().error().status(), WRT_E_NOT_FOUND);
}

void test_exceptions() {
    TEST(hosts_throw);
    TEST(later);
    TEST(tags);
    TEST(heaps);
}
