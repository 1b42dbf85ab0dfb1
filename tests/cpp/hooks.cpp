// Interceptors: a counter, a firewall, changed, replaced and delayed calls.
#include "harness.hpp"

struct Counter {
    unsigned before_calls = 0, after_calls = 0, roots = 0;
    wrt::Decision before(wrt::Crossing &call) {
        before_calls++;
        const wrt::CrossingInfo info = must(call.info());
        CHECK(call.get() != nullptr && call.caller().get() == (info.kind == WRT_CROSSING_ROOT ? nullptr : must_caller));
        roots += info.kind == WRT_CROSSING_ROOT;
        SAME(call.callee().get() == nullptr, info.kind == WRT_CROSSING_HOST);
        SAME(call.import_names().ok(), info.kind == WRT_CROSSING_HOST);
        return call.proceed();
    }
    wrt::Decision after(wrt::Crossing &call) {
        after_calls++;
        if (must(call.info()).kind == WRT_CROSSING_HOST) call.set(0, call.get<std::int32_t>(0) * 2);
        return call.proceed();
    }
    wrt_instance *must_caller = nullptr;
};

// Only functions of these names may be called.
struct Firewall {
    std::string_view allowed;
    wrt::Decision before(wrt::Crossing &call) const {
        const auto names = call.import_names();
        if (!names || names->second == allowed) return call.proceed();
        return call.refuse("this import is not on the list", 403);
    }
};

struct Replacer {
    std::int32_t answer;
    wrt::Decision before(wrt::Crossing &call) const {
        if (must(call.info()).kind != WRT_CROSSING_HOST) return call.proceed();
        if (answer == 0) return call.delay();
        if (answer < 0) return call.exit(9);
        call.set(0, answer + call.get<std::int32_t>(1));
        return call.replace();
    }
};

using Ask = std::int32_t(std::int32_t, std::int32_t);

static void counted() {
    const Kit k;
    const auto ask = must(k.instance.func<Ask>("ask"));
    Counter counter;
    counter.must_caller = k.instance.get();
    const wrt::Hooks hooks(counter);
    must(k.task.set_hooks(hooks));
    SAME(must(k.task.call(ask, wrt::Budget(), 20, 1)), 43);
    CHECK(counter.before_calls == 2 && counter.after_calls == 2 && counter.roots == 1);
    must(k.task.clear_hooks());
    SAME(must(k.task.call(ask, wrt::Budget(), 20, 1)), 22);
    SAME(counter.before_calls, 2u);
    SAME(wrt::Task().set_hooks(hooks).error().status(), WRT_E_ARG);
    SAME(hooks.get().user, &counter);
}

static void refused() {
    const Kit k;
    const auto ask = must(k.instance.func<Ask>("ask"));
    Firewall firewall = { "add" };
    must(k.task.set_hooks(wrt::Hooks(firewall)));
    SAME(must(k.task.call(ask, wrt::Budget(), 20, 1)), 22);
    firewall.allowed = "wait";
    const wrt::Error e = k.task.call(ask, wrt::Budget(), 20, 1).error();
    CHECK(e.trapped() && e.reason() == WRT_TRAP_CALL_REFUSED && e.detail() == 403);
}

static void replaced() {
    const Kit k;
    const auto ask = must(k.instance.func<Ask>("ask"));
    Replacer replacer = { 100 };
    must(k.task.set_hooks(wrt::Hooks(replacer)));
    SAME(must(k.task.call(ask, wrt::Budget(), 20, 1)), 102);
    SAME(k.calls, 0u);
    replacer.answer = 0;
    CHECK(k.task.call(ask, wrt::Budget(), 20, 1).error().pending());
    CHECK(must(k.task.pending()).is_delayed());
    must(k.task.proceed());
    SAME(must(k.task.resume(ask, wrt::Budget())), 22);
    SAME(k.calls, 1u);
    replacer.answer = -1;
    const wrt::Error e = k.task.call(ask, wrt::Budget(), 20, 1).error();
    CHECK(e.exited() && e.detail() == 9);
}

void test_hooks() {
    TEST(counted);
    TEST(refused);
    TEST(replaced);
}
