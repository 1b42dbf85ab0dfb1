// The scheduler: runs several tasks, one slice of fuel at a time, and writes down what it chose.
#ifndef WRT_SCHED_HPP
#define WRT_SCHED_HPP

#include "task.hpp"

namespace wrt {

/// What a scheduler is made with. The fields are wrt_sched_config's, but for slice: the budget of one slice.
struct SchedulerConfig : wrt_sched_config {
    /// Room for so many tasks, each with slices of so much fuel; all else is granted without bound.
    SchedulerConfig(std::uint32_t tasks, std::uint64_t slice_fuel) noexcept
        : wrt_sched_config(), slice_(Budget::of_fuel(slice_fuel)) {
        struct_size = sizeof(wrt_sched_config);
        max_tasks = tasks;
        slice = &slice_;
    }
    SchedulerConfig(const SchedulerConfig &other) noexcept : wrt_sched_config(other), slice_(other.slice_) { slice = &slice_; }
    SchedulerConfig &operator=(const SchedulerConfig &) = delete;
    /// Remembers so many decisions; the oldest are lost first.
    SchedulerConfig &with_trace(std::uint32_t decisions) noexcept {
        trace = decisions;
        return *this;
    }
    /// The earliest deadline runs first, instead of the greatest priority.
    SchedulerConfig &by_deadline() noexcept {
        policy = WRT_SCHED_DEADLINE;
        return *this;
    }
    /// Bytes that a scheduler of this configuration takes from its arena; 0 for one that is wrong.
    std::uint64_t size() const noexcept { return wrt_sched_size(this); }
    /// Depth and memory of the slices.
    Budget &slice_budget() noexcept { return slice_; }

private:
    Budget slice_;
};

/// How a task is to be treated. The fields are wrt_sched_terms's.
struct Terms : wrt_sched_terms {
    /// The greater the priority, the sooner; at most 255. No deadline.
    explicit Terms(std::uint32_t task_priority = 0) noexcept : wrt_sched_terms() {
        struct_size = sizeof(wrt_sched_terms);
        priority = task_priority;
        deadline = UINT64_MAX;
    }
};
/// What a step came to. The fields are wrt_sched_ran's.
struct Ran : wrt_sched_ran {
    Ran() noexcept : wrt_sched_ran() { struct_size = sizeof(wrt_sched_ran); }
};
/// What a task has had. The fields are wrt_sched_report's.
struct Report : wrt_sched_report {
    Report() noexcept : wrt_sched_report() { struct_size = sizeof(wrt_sched_report); }
};

/// The program's clock for deadlines, in ticks of any length; none by default. The object is lent.
class Clock {
    wrt_clock_fn now_ = nullptr;
    void *user_ = nullptr;

public:
    /// No clock.
    Clock() noexcept = default;
    /// `now()` returns ticks that do not go back, and must not throw.
    template <class F, class = std::enable_if_t<!std::is_same_v<F, Clock> && !std::is_const_v<F>>>
    explicit Clock(F &now) noexcept
        : now_([](void *user) noexcept -> std::uint64_t { return (*static_cast<F *>(user))(); }), user_(&now) {}
    /// For the C interface.
    wrt_clock_fn get() const noexcept { return now_; }
    void *user() const noexcept { return user_; }
};

/// A scheduler. A name for what lies in an arena: copied freely, frees nothing. It and its tasks belong to one thread.
class Scheduler {
    wrt_sched *sched_ = nullptr;

public:
    /// Names nothing.
    Scheduler() noexcept = default;
    /// Makes a scheduler without tasks. Errors: WRT_E_ARENA; WRT_E_ARG for too many tasks; WRT_E_VERSION.
    static Result<Scheduler> create(Arena &arena, const SchedulerConfig &config) noexcept {
        Scheduler s;
        Error e;
        const wrt_status status = wrt_sched_new(arena.get(), &config, &s.sched_, e.out());
        return detail::check(status, e, s);
    }
    /// Takes a task in, which must remain until it is removed; the value is its number here.
    /// Errors: WRT_E_ARENA if the scheduler is full; WRT_E_STATE if it has the task already.
    Result<std::uint32_t> add(Task task, const Terms &terms = Terms()) const noexcept {
        std::uint32_t id = UINT32_MAX;
        Error e;
        const wrt_status s = wrt_sched_add(sched_, task.get(), &terms, &id, e.out());
        return detail::check(s, e, id);
    }
    /// Sets how a task is to be treated from now on. Errors: WRT_E_NOT_FOUND.
    Result<void> set_terms(std::uint32_t id, const Terms &terms) const noexcept {
        return detail::check(wrt_sched_set_terms(sched_, id, &terms));
    }
    /// Lets a task go. Errors: WRT_E_NOT_FOUND; WRT_E_STATE for the task whose slice is under way.
    Result<void> remove(std::uint32_t id) const noexcept { return detail::check(wrt_sched_remove(sched_, id)); }
    /// Runs one slice of the task that is next; the value says of which, and what became of it.
    /// Errors: WRT_E_STATE while a step is under way.
    Result<Ran> step(const Clock &clock = Clock()) const noexcept {
        Ran ran;
        Error e;
        const wrt_status s = wrt_sched_step(sched_, clock.get(), clock.user(), &ran, e.out());
        return detail::check(s, e, ran);
    }
    /// The same for the task that a written decision names. Errors: those of step; WRT_E_STATE where the run departs.
    Result<Ran> replay(wrt_sched_decision decision, const Clock &clock = Clock()) const noexcept {
        Ran ran;
        Error e;
        const wrt_status s = wrt_sched_replay(sched_, decision, clock.get(), clock.user(), &ran, e.out());
        return detail::check(s, e, ran);
    }
    /// Steps until every task has ended. Errors: pending() when those that are left wait for host calls; out_of_fuel()
    /// when so many steps were made or so much fuel was spent; WRT_E_STATE while a step is under way.
    Result<void> run(std::uint64_t steps, std::uint64_t fuel, const Clock &clock = Clock()) const noexcept {
        Error e;
        const wrt_status s = wrt_sched_run(sched_, steps, fuel, clock.get(), clock.user(), e.out());
        if (s == WRT_OK) return {};
        return e.status() == s ? e : Error(s);
    }
    /// What a task has had so far. Errors: WRT_E_NOT_FOUND.
    Result<Report> tell(std::uint32_t id) const noexcept {
        Report r;
        return detail::check(wrt_sched_tell(sched_, id, &r), r);
    }
    /// Takes the oldest decisions out, as many as there is room for: the part of `out` that was written. `lost`, if not
    /// null, receives how many were overwritten so far.
    span<wrt_sched_decision> trace(span<wrt_sched_decision> out, std::uint64_t *lost = nullptr) const noexcept {
        return out.first(wrt_sched_trace(sched_, out.data(), out.size(), lost));
    }
    /// For the C interface.
    wrt_sched *get() const noexcept { return sched_; }
};

} // namespace wrt
#endif
