// Calls of guests that a C++20 coroutine awaits: while a host call is pending, the coroutine is suspended.
#ifndef WRT_AWAIT_HPP
#define WRT_AWAIT_HPP

#include "task.hpp"
#if defined(__cpp_impl_coroutine) && defined(__has_include)
#if __has_include(<coroutine>)
#include <coroutine>
#define WRT_HAS_COROUTINES 1
#endif
#endif

#if defined(WRT_HAS_COROUTINES)
namespace wrt {

/// A call that a coroutine awaits: `Result<double> r = co_await awaiting;`. Made by Awaiting(call, slice), it must stay where
/// it is until the coroutine goes on. While a host call is pending, the coroutine is suspended; who has the answer gives it
/// to complete(), by the thread that the task belongs to, which runs the guest on and, once the call has ended, the
/// coroutine. After `slices` slices the result is an error with out_of_fuel(), and may be awaited again.
template <class R> class Awaiting {
    Call<R> call_;
    Budget slice_;
    std::uint64_t slices_;
    std::coroutine_handle<> waiting_;
    Error stopped_;

public:
    /// Awaits this call: `slice` is the budget of each run, `slices` how many there may be.
    Awaiting(Call<R> call, const Budget &slice, std::uint64_t slices = UINT64_MAX) noexcept
        : call_(call), slice_(slice), slices_(slices) {}
    Awaiting(const Awaiting &) = delete;
    Awaiting &operator=(const Awaiting &) = delete;

    /// Whether a host call is pending and the coroutine is suspended.
    bool waits() const noexcept { return static_cast<bool>(waiting_); }
    /// The host call that is pending. Errors: WRT_E_STATE if none is.
    Result<PendingCall> pending() const noexcept { return call_.task().pending(); }
    /// Completes the pending host call, runs the guest on, and resumes the coroutine when the call has ended; returns when
    /// the coroutine is suspended again or has ended. Errors: those of Task::complete.
    template <class... V> Result<void> complete(V... results) noexcept {
        const Result<void> done = call_.task().complete(results...);
        return done ? go_on() : done;
    }
    /// The same by a trap.
    Result<void> complete_with_trap() noexcept {
        const Result<void> done = call_.task().complete_with_trap();
        return done ? go_on() : done;
    }

    /// What co_await asks.
    class Awaiter {
        Awaiting *of_;

    public:
        /// Asked by the compiler's code.
        explicit Awaiter(Awaiting *of) noexcept : of_(of) {}
        bool await_ready() const noexcept { return of_->advance(); }
        void await_suspend(std::coroutine_handle<> waiting) const noexcept { of_->waiting_ = waiting; }
        Result<R> await_resume() const noexcept {
            if (of_->stopped_.status() != WRT_OK) return of_->stopped_;
            return of_->call_.result();
        }
    };
    /// Asked by the compiler's code.
    Awaiter operator co_await() & noexcept { return Awaiter(this); }

private:
    // Runs until the call has ended in some way; false if a host call is pending.
    bool advance() noexcept {
        for (std::uint64_t n = 0; n < slices_; n++) {
            const Result<void> r = call_.task().run(slice_);
            stopped_ = r.error();
            if (!stopped_.out_of_fuel()) return !stopped_.pending();
        }
        return true;
    }
    Result<void> go_on() noexcept {
        if (!waiting_ || !advance()) return {};
        std::exchange(waiting_, {}).resume();
        return {};
    }
};
template <class R> Awaiting(Call<R>, const Budget &) -> Awaiting<R>;
template <class R> Awaiting(Call<R>, const Budget &, std::uint64_t) -> Awaiting<R>;

} // namespace wrt
#endif
#endif
