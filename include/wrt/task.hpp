// Tasks: calls with a budget, in slices, with host calls that are completed later; what they used and where they stand.
#ifndef WRT_TASK_HPP
#define WRT_TASK_HPP

#include "instance.hpp"

namespace wrt {

class Hooks;
class Task;

/// What one run may spend: without bound at the start. The fields are wrt_run_budget's.
struct Budget : wrt_run_budget {
    Budget() noexcept : wrt_run_budget() { wrt_run_budget_default(this, sizeof(wrt_run_budget)); }
    /// So much fuel, one for each WebAssembly operator.
    static Budget of_fuel(std::uint64_t fuel) noexcept { return Budget().with_fuel(fuel); }
    Budget &with_fuel(std::uint64_t operators) noexcept {
        fuel = operators;
        return *this;
    }
    /// Frames that may be active at once.
    Budget &with_depth(std::uint32_t frames) noexcept {
        max_call_depth = frames;
        return *this;
    }
    /// Bytes that linear memories may reach in sum.
    Budget &with_memory(std::uint64_t bytes) noexcept {
        max_memory_bytes = bytes;
        return *this;
    }
};

/// What a task has used since it was made or reset. The fields are wrt_usage's.
struct Usage : wrt_usage {
    Usage() noexcept : wrt_usage() { struct_size = sizeof(wrt_usage); }
};

/// One frame of a backtrace. The fields are wrt_frame's.
struct Frame : wrt_frame {
    Frame() noexcept : wrt_frame() {}
    /// The function's name in the name section; empty if it has none. Valid as long as the module's bytes.
    std::string_view func_name() const noexcept { return text_of(name); }
};
static_assert(sizeof(Frame) == sizeof(wrt_frame), "an array of one is an array of the other");

/// The host call that a task waits for, or the call that an interceptor has delayed. The fields are wrt_pending's.
struct PendingCall : wrt_pending {
    PendingCall() noexcept : wrt_pending() { struct_size = sizeof(wrt_pending); }
    /// Names of the import; valid as long as the module's bytes.
    std::string_view module_name() const noexcept { return text_of(module); }
    std::string_view field_name() const noexcept { return text_of(name); }
    /// Whether an interceptor delayed it, so that it has not been made: Task::proceed makes it.
    bool is_delayed() const noexcept { return delayed != 0; }
    /// Whether the guest waits at a shared memory: complete with one int32_t, 0 when woken, 2 when its time is over.
    bool is_wait() const noexcept { return func == UINT32_MAX; }
};

/// A call that was started, with the type of its result. A name for what the task holds: copied freely; ends with the
/// task's next start or reset.
template <class R> class Call;

/// One call stack, running or stopped. A name for what lies in an arena: copied freely, frees nothing. Belongs to the
/// thread of its instance; only interrupt() may be called from any other.
class Task {
    wrt_task *task_ = nullptr;

public:
    /// Names nothing; every use is WRT_E_ARG or empty.
    Task() noexcept = default;
    /// What the C interface made.
    explicit Task(wrt_task *task) noexcept : task_(task) {}

    /// Makes a task for an instance and its group. Takes all of the arena: it is the room that frames may use.
    /// Errors: WRT_E_ARENA where not even an empty task fits.
    static Result<Task> create(Arena &stack, Instance instance) noexcept {
        wrt_task *t = nullptr;
        const wrt_status s = wrt_task_new(stack.get(), instance.get(), &t);
        return detail::check(s, Task(t));
    }
    /// Makes a task of what snapshot() copied, which stands at the front of the arena; the instance was made by relocate
    /// of the task's instance as it was at the same time. Back end and interceptor are set anew.
    /// Errors: WRT_E_HANDLE where the bytes are not those of a task of this group; WRT_E_ARENA.
    static Result<Task> relocate(Arena &stack, Instance instance) noexcept {
        wrt_task *t = nullptr;
        Error e;
        const wrt_status s = wrt_task_relocate(stack.get(), instance.get(), &t, e.out());
        return detail::check(s, e, Task(t));
    }
    /// Copies the bytes that the task has in use (Usage::stack_peak) for relocate; the value is how many.
    /// Errors: WRT_E_STATE below a host call of the task; WRT_E_ARENA with how many would suffice.
    Result<std::size_t> snapshot(span<std::byte> out) const noexcept {
        std::size_t n = 0;
        const wrt_status s = wrt_task_snapshot(task_, out.data(), out.size(), &n);
        if (s == WRT_OK) return n;
        Error e(s);
        e.out()->need = s == WRT_E_ARENA ? n : 0;
        return e;
    }

    /// Calls a function and waits for its result, as long as the budget lasts. An error with out_of_fuel(), pending() or
    /// interrupted() means that the call is not finished: go on with resume(func, budget).
    /// Errors: WRT_E_TRAP with reason, function and offset; WRT_E_EXIT; WRT_E_STATE while another call is under way.
    template <class R, class... A>
    Result<R> call(Func<R(A...)> func, const Budget &budget, detail::same<A>... args) const noexcept {
        using results = detail::Results<R>;
        const wrt_value v[sizeof...(A) + 1] = { detail::pack<A>(args)... };
        wrt_value r[results::row::count + 1];
        Error e;
        const wrt_status s = wrt_call(task_, func.get(), v, sizeof...(A), r, results::row::count, &budget, e.out());
        if (s != WRT_OK) return e.status() == s ? e : Error(s);
        if constexpr (std::is_void_v<R>) return {};
        else return results::get(r);
    }
    /// Goes on with the call of this function that is not finished. Errors: those of call; WRT_E_STATE with nothing to run.
    template <class F> Result<typename Func<F>::result_type> resume(Func<F>, const Budget &budget) const noexcept {
        return Call<typename Func<F>::result_type>(*this).run(budget);
    }
    /// Begins a call, which Call::run runs. Errors: WRT_E_STATE while another call is under way.
    template <class R, class... A> Result<Call<R>> start(Func<R(A...)> func, detail::same<A>... args) const noexcept {
        const wrt_value v[sizeof...(A) + 1] = { detail::pack<A>(args)... };
        const wrt_status s = wrt_task_start(task_, func.get(), v, sizeof...(A));
        return detail::check(s, Call<R>(*this));
    }
    /// Begins a call with values whose types nobody compares; only their number.
    Result<void> start_values(wrt_func func, span<const wrt_value> args) const noexcept {
        return detail::check(wrt_task_start(task_, func, args.data(), args.size()));
    }
    /// Begins the instance's start function alone; run() runs it.
    Result<void> start_instance() const noexcept { return detail::check(wrt_task_start_instance(task_)); }
    /// Runs until the call is done or the budget is spent. Errors: those of call; WRT_E_STATE with nothing to run.
    Result<void> run(const Budget &budget) const noexcept {
        Error e;
        const wrt_status s = wrt_task_run(task_, &budget, e.out());
        if (s == WRT_OK) return {};
        return e.status() == s ? e : Error(s);
    }
    /// Copies the results of a finished call, as many as there is room for; the value is how many there are.
    /// Errors: WRT_E_STATE if it has not finished.
    Result<std::size_t> results(span<wrt_value> out) const noexcept {
        std::size_t n = 0;
        const wrt_status s = wrt_task_results(task_, out.data(), out.size(), &n);
        return detail::check(s, n);
    }

    /// The host call that the task waits for. Errors: WRT_E_STATE if it waits for none.
    Result<PendingCall> pending() const noexcept {
        PendingCall p;
        return detail::check(wrt_task_pending(task_, &p), p);
    }
    /// Completes it with results; run goes on then. Their types are the caller's word, their number is checked.
    /// Errors: WRT_E_STATE if the task waits for none; WRT_E_TYPE for a wrong number.
    template <class... R> Result<void> complete(R... results) const noexcept {
        const wrt_value v[sizeof...(R) + 1] = { detail::pack<R>(results)... };
        return detail::check(wrt_task_complete(task_, WRT_OK, v, sizeof...(R)));
    }
    /// Completes it by a trap. Errors: WRT_E_STATE.
    Result<void> complete_with_trap() const noexcept {
        return detail::check(wrt_task_complete(task_, WRT_E_TRAP, nullptr, 0));
    }
    /// Completes it by the guest's exit. Errors: WRT_E_STATE.
    Result<void> complete_with_exit(std::uint32_t code) const noexcept {
        const wrt_value v = detail::pack(code);
        return detail::check(wrt_task_complete(task_, WRT_E_EXIT, &v, 1));
    }
    /// Completes it by an exception, which the guest may catch. Errors: WRT_E_STATE; WRT_E_TYPE for a number that is none.
    Result<void> complete_with_exception(ExceptionRef exception) const noexcept {
        return detail::check(wrt_task_complete_with_exception(task_, exception.number));
    }
    /// Lets the call be made that an interceptor has delayed. Errors: WRT_E_STATE if none is.
    Result<void> proceed() const noexcept { return detail::check(wrt_task_proceed(task_)); }
    /// The exception that ended the last run because nothing caught it. Errors: WRT_E_STATE if it did not end so.
    Result<ExceptionRef> exception() const noexcept {
        ExceptionRef x;
        const wrt_status s = wrt_task_exception(task_, &x.number);
        return detail::check(s, x);
    }

    /// What it has used since it was made or reset. Errors: WRT_E_ARG, WRT_E_HANDLE.
    Result<Usage> usage() const noexcept {
        Usage u;
        return detail::check(wrt_task_usage(task_, &u), u);
    }
    /// The frames of a stopped or trapped call, innermost first, as many as there is room for: the part of `out` that was
    /// written.
    span<Frame> backtrace(span<Frame> out) const noexcept {
        return out.first(wrt_task_backtrace(task_, out.data(), out.size()));
    }
    /// Asks the task to stop: the run under way, or else the next, ends with interrupted(). From any thread or signal
    /// handler.
    void interrupt() const noexcept { wrt_task_interrupt(task_); }
    /// Drops the call under way, results and usage.
    void reset() const noexcept { wrt_task_reset(task_); }
    /// Chooses how code is executed, by WRT_BACKEND_*; all is the same but the speed. Errors: WRT_E_UNSUPPORTED.
    Result<void> set_backend(std::uint32_t backend) const noexcept {
        return detail::check(wrt_task_set_backend(task_, backend));
    }
    /// Sets the interceptor; the object that `hooks` was made of must remain.
    /// Errors: WRT_E_UNSUPPORTED where the library is built without.
    Result<void> set_hooks(const Hooks &hooks) const noexcept;
    /// Takes the interceptor off.
    Result<void> clear_hooks() const noexcept { return detail::check(wrt_task_set_hooks(task_, nullptr)); }

    /// A function with its task and budget, to be called as a C++ function: auto f = task.bind(func, budget); f(1, 2).
    /// A later call is refused while one is unfinished: resume or reset.
    template <class R, class... A> auto bind(Func<R(A...)> func, const Budget &budget) const noexcept {
        return [task = *this, func, budget](detail::same<A>... args) noexcept { return task.call(func, budget, args...); };
    }

    /// Whether it names a task.
    explicit operator bool() const noexcept { return task_ != nullptr; }
    /// For the C interface.
    wrt_task *get() const noexcept { return task_; }
};

template <class R> class Call {
    Task task_;

public:
    /// The type of the result.
    using result_type = R;
    /// The call that `task` has under way; the type of its result is the caller's word.
    explicit Call(Task task) noexcept : task_(task) {}
    /// Runs until it is done or the budget is spent; the result of a call that is done can be had again.
    /// Errors: those of Task::call. unfinished() errors allow it to be run again.
    Result<R> run(const Budget &budget) const noexcept {
        const Result<void> r = task_.run(budget);
        if (!r) return r.error();
        return result();
    }
    /// The result of a finished call. Errors: WRT_E_STATE if it has not finished.
    Result<R> result() const noexcept {
        using results = detail::Results<R>;
        wrt_value v[results::row::count + 1];
        const Result<std::size_t> n = task_.results(span<wrt_value>(v, results::row::count));
        if (!n) return n.error();
        if (*n != results::row::count) return Error(WRT_E_TYPE, "the call has another number of results");
        if constexpr (std::is_void_v<R>) return {};
        else return results::get(v);
    }
    /// Its task.
    Task task() const noexcept { return task_; }
};

/// Runs a call to its end, slice by slice: `slice` is the budget of each; `on_pending(Task, const PendingCall &)` is called
/// for every host call that is pending, completes it (now, or after waiting) and returns Result<void>, or nothing.
/// After `slices` slices without an end the error is out_of_fuel(); interrupted() comes back at once. Both can go on.
/// Errors: those of Call::run; what on_pending returns, or WRT_PENDING where it did not complete the call.
template <class R, class OnPending>
Result<R> drive(Call<R> call, const Budget &slice, OnPending &&on_pending, std::uint64_t slices = UINT64_MAX) noexcept {
    static_assert(std::is_invocable_v<OnPending &, Task, const PendingCall &>,
                  "wrt: drive wants a function (wrt::Task, const wrt::PendingCall &) for host calls that are pending");
    for (;;) {
        const Result<R> r = call.run(slice);
        if (r || !r.error().unfinished() || r.error().interrupted()) return r;
        if (r.error().out_of_fuel()) {
            if (slices == 0 || --slices == 0) return r;
            continue;
        }
        const Result<PendingCall> waits = call.task().pending();
        if (!waits) return waits.error();
        if constexpr (std::is_void_v<std::invoke_result_t<OnPending &, Task, const PendingCall &>>) {
            on_pending(call.task(), *waits);
        } else {
            const Result<void> answered = on_pending(call.task(), *waits);
            if (!answered) return answered.error();
        }
        if (call.task().pending().ok()) return r;
    }
}

} // namespace wrt
#endif
