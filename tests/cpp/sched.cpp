// The scheduler: turns, deadlines, reports, and a written order that is followed again.
#include "harness.hpp"
#include <vector>

// Tasks of one kit that sum up, in a scheduler.
struct Crowd {
    Kit k;
    std::vector<std::unique_ptr<Region>> stacks;
    std::vector<wrt::Task> tasks;
    std::vector<std::uint32_t> ids;
    std::unique_ptr<Region> own;
    wrt::Scheduler s;
    explicit Crowd(const wrt::SchedulerConfig &config) {
        const auto sum = must(k.instance.func<std::int32_t(std::int32_t)>("sum"));
        own = std::make_unique<Region>(static_cast<std::size_t>(config.size()));
        s = must(wrt::Scheduler::create(own->arena, config));
        SAME(own->arena.remaining(), 0u);
        for (std::uint32_t i = 0; i < 3; i++) {
            stacks.push_back(std::make_unique<Region>(2048));
            tasks.push_back(must(wrt::Task::create(stacks.back()->arena, k.instance)));
            must(tasks.back().start(sum, static_cast<std::int32_t>(100 + 10 * i)));
            wrt::Terms terms(i);
            terms.deadline = 5000 - 1000 * i;
            ids.push_back(must(s.add(tasks.back(), terms)));
        }
    }
    void results() const {
        for (std::int32_t i = 0; i < 3; i++) {
            const std::int32_t n = 100 + 10 * i;
            SAME(must(wrt::Call<std::int32_t>(tasks[static_cast<std::size_t>(i)]).result()), n * (n + 1) / 2);
        }
    }
};

static void turns() {
    std::uint64_t ticks = 0;
    auto now = [&ticks] { return ticks++; };
    for (const bool deadlines : { false, true }) {
        wrt::SchedulerConfig config(3, 100);
        if (deadlines) config.by_deadline();
        const Crowd c(config);
        const wrt::Clock clock(now);
        // The greatest priority is the earliest deadline, too.
        const wrt::Ran ran = must(c.s.step(clock));
        CHECK(ran.id == c.ids[2] && ran.status == WRT_FUEL && ran.fuel >= 100);
        CHECK(c.s.run(3, UINT64_MAX).error().out_of_fuel());
        must(c.s.run(UINT64_MAX, UINT64_MAX, clock));
        c.results();
        const wrt::Report report = must(c.s.tell(c.ids[0]));
        CHECK(report.last == 0 && report.slices > 1 && report.fuel > 100);
        SAME(must(c.s.step()).id, UINT32_MAX);
    }
    CHECK(ticks > 0);
    CHECK(wrt::Clock().get() == nullptr && wrt::Clock().user() == nullptr);
}

static void kept() {
    wrt::SchedulerConfig config(3, 100);
    config.slice_budget().with_depth(50);
    const Crowd c(config);
    SAME(c.s.add(c.tasks[0]).error().status(), WRT_E_STATE);
    Region stack(1024);
    const wrt::Task fourth = must(wrt::Task::create(stack.arena, c.k.instance));
    const wrt::Error full = c.s.add(fourth).error();
    CHECK(full.status() == WRT_E_ARENA && full.need() > config.size());
    must(c.s.set_terms(c.ids[0], wrt::Terms(200)));
    SAME(must(c.s.step()).id, c.ids[0]);
    must(c.s.remove(c.ids[0]));
    SAME(c.s.remove(c.ids[0]).error().status(), WRT_E_NOT_FOUND);
    SAME(c.s.set_terms(c.ids[0], wrt::Terms()).error().status(), WRT_E_NOT_FOUND);
    SAME(c.s.tell(c.ids[0]).error().status(), WRT_E_NOT_FOUND);
    must(c.s.add(fourth, wrt::Terms(255)));
    CHECK(c.s.get() != nullptr && wrt::Scheduler().get() == nullptr);
    Region none(16), room(1 << 12);
    wrt::Arena &own_enough = room.arena;
    SAME(wrt::Scheduler::create(none.arena, config).error().status(), WRT_E_ARENA);
    wrt::SchedulerConfig wrong = config;
    wrong.policy = 99;
    SAME(wrong.size(), 0u);
    SAME(wrt::Scheduler::create(own_enough, wrong).error().status(), WRT_E_VERSION);
    SAME(wrt::Scheduler::create(own_enough, wrt::SchedulerConfig(70000, 1)).error().status(), WRT_E_ARG);
}

static void replayed() {
    const auto config = wrt::SchedulerConfig(3, 100).with_trace(200);
    const Crowd first(config), second(config);
    must(first.s.run(UINT64_MAX, UINT64_MAX));
    wrt_sched_decision decisions[200];
    std::uint64_t lost = 1;
    const wrt::span<wrt_sched_decision> order = first.s.trace(decisions, &lost);
    CHECK(order.size() > 3 && lost == 0);
    for (const wrt_sched_decision &d : order) must(second.s.replay(d));
    second.results();
    SAME(must(second.k.instance.state_hash()), must(first.k.instance.state_hash()));
    SAME(second.s.replay(order[0]).error().reason(), WRT_REASON_REPLAY_DIVERGED);
}

// Tasks that wait for a host call are not run, and run() says that they are left.
static void waiting() {
    const Kit k;
    const wrt::SchedulerConfig config(1, 1000);
    Region own(static_cast<std::size_t>(config.size()));
    const wrt::Scheduler s = must(wrt::Scheduler::create(own.arena, config));
    const auto call = must(k.task.start(must(k.instance.func<double(std::int64_t)>("await")), 1));
    must(s.add(k.task));
    CHECK(s.run(UINT64_MAX, UINT64_MAX).error().pending());
    must(k.task.complete(2.0));
    must(s.run(UINT64_MAX, UINT64_MAX));
    SAME(must(call.result()), 4.0);
}

void test_sched() {
    TEST(turns);
    TEST(kept);
    TEST(replayed);
    TEST(waiting);
}
