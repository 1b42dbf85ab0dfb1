// Coroutines that await calls of guests (C++20 with <coroutine>; else there is nothing to test).
#include "harness.hpp"

#if defined(WRT_HAS_COROUTINES)
// The least coroutine that runs at once and keeps its frame until it is destroyed.
struct Job {
    struct promise_type {
        Job get_return_object() { return Job{ std::coroutine_handle<promise_type>::from_promise(*this) }; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::abort(); }
    };
    explicit Job(std::coroutine_handle<promise_type> h) : handle(h) {}
    Job(Job &&other) noexcept : handle(std::exchange(other.handle, {})) {}
    Job(const Job &) = delete;
    Job &operator=(const Job &) = delete;
    ~Job() {
        if (handle) handle.destroy();
    }
    std::coroutine_handle<promise_type> handle;
};

using Awaited = wrt::Awaiting<double>;

static Job twice(const Kit &k, std::unique_ptr<Awaited> &now, wrt::Result<double> &sum) {
    const auto await = must(k.instance.func<double(std::int64_t)>("await"));
    now = std::make_unique<Awaited>(must(k.task.start(await, 1)), wrt::Budget::of_fuel(2));
    const wrt::Result<double> first = co_await *now;
    if (!first) {
        sum = first;
        co_return;
    }
    now = std::make_unique<Awaited>(must(k.task.start(await, 2)), wrt::Budget::of_fuel(2));
    const wrt::Result<double> second = co_await *now;
    sum = second.map([&](double x) { return x + *first; });
}

static void answered() {
    const Kit k;
    std::unique_ptr<Awaited> now;
    wrt::Result<double> sum = wrt::Error(WRT_E_STATE);
    const Job job = twice(k, now, sum);
    CHECK(now->waits() && !job.handle.done() && must(now->pending()).field_name() == "wait");
    SAME(now->complete(1.0, 2.0).error().status(), WRT_E_TYPE);
    // The one that is completed is replaced meanwhile; the coroutine owns it.
    std::unique_ptr<Awaited> first = std::move(now);
    must(first->complete(1.5));
    CHECK(now->waits() && !first->waits() && !job.handle.done());
    must(now->complete(0.5));
    CHECK(job.handle.done() && must(sum) == 4.0);
}

static void failed() {
    const Kit k;
    std::unique_ptr<Awaited> now;
    wrt::Result<double> sum = wrt::Error(WRT_E_STATE);
    const Job job = twice(k, now, sum);
    must(now->complete_with_trap());
    CHECK(job.handle.done() && sum.error().trapped());
    SAME(now->complete_with_trap().error().status(), WRT_E_STATE);
}

static Job spins(const Kit &k, unsigned &stops) {
    wrt::Awaiting endless(must(k.task.start(must(k.instance.func<void()>("spin")))), wrt::Budget::of_fuel(50), 3);
    for (; stops < 4; stops++) {
        const wrt::Result<void> r = co_await endless;
        CHECK(r.error().out_of_fuel());
    }
}

static void out_of_fuel() {
    const Kit k;
    unsigned stops = 0;
    const Job job = spins(k, stops);
    CHECK(job.handle.done() && stops == 4);
    CHECK(must(k.task.usage()).fuel_used >= 600);
}

void test_await() {
    TEST(answered);
    TEST(failed);
    TEST(out_of_fuel);
}
#else
void test_await() {}
#endif
