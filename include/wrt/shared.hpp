// Memories that threads share, and how guests wait at them.
#ifndef WRT_SHARED_HPP
#define WRT_SHARED_HPP

#include "instance.hpp"

namespace wrt {

/// One wait of one guest; valid until the waiter's wait() returns.
class Wait {
    const wrt_wait *wait_;

public:
    /// What the C interface gave.
    explicit Wait(const wrt_wait *wait) noexcept : wait_(wait) {}
    /// The number that notify() is given for the bytes that are waited at.
    std::size_t place() const noexcept { return wrt_wait_place(wait_); }
    /// Whether the bytes hold the expected value now.
    bool holds() const noexcept { return wrt_wait_holds(wait_); }
    /// Nanoseconds to wait at most; UINT64_MAX for ever.
    std::uint64_t timeout() const noexcept { return wrt_wait_timeout(wait_); }
    /// For the C interface.
    const wrt_wait *get() const noexcept { return wait_; }
};

/// Lets guests wait for one another, by an object with `int32_t wait(Wait)`, which returns WRT_WAIT_*, and
/// `uint32_t notify(size_t place, uint32_t count)`, which returns how many it woke; neither may throw. Both are called
/// by any thread, at the same time too. No notification may be lost: in wait(), take the lock under which notify() works,
/// ask Wait::holds, and only then sleep, giving up the lock in the same moment. Lent: waiter and object must remain
/// while any memory lives that was made with it, so it neither moves nor copies.
class Waiter {
    wrt_waiter waiter_{};

public:
    /// Of an object of the program's.
    template <class T> explicit Waiter(T &object) noexcept {
        waiter_.struct_size = sizeof waiter_;
        waiter_.user = &object;
        waiter_.wait = [](void *user, const wrt_wait *w) noexcept -> std::int32_t { return static_cast<T *>(user)->wait(Wait(w)); };
        waiter_.notify = [](void *user, std::size_t place, std::uint32_t count) noexcept -> std::uint32_t {
            return static_cast<T *>(user)->notify(place, count);
        };
    }
    Waiter(const Waiter &) = delete;
    Waiter &operator=(const Waiter &) = delete;
    /// For the C interface, and for Lent::waiter.
    const wrt_waiter &get() const noexcept { return waiter_; }
};

/// What a shared memory is made with. The fields are wrt_shared_config's.
struct SharedConfig : wrt_shared_config {
    /// `min_pages` at the start, `max_pages` at most, in this arena, of which nothing is taken from the front.
    SharedConfig(const Arena &bytes, std::uint64_t min_pages, std::uint64_t max_pages) noexcept : wrt_shared_config() {
        struct_size = sizeof(wrt_shared_config);
        min = min_pages;
        max = max_pages;
        memory = *bytes.get();
    }
    /// Lets guests wait; without, a wait with a timeout is over at once and one without is a trap.
    SharedConfig &with_waiter(const Waiter &w) noexcept {
        waiter = &w.get();
        return *this;
    }
};

/// A memory for instances of any number of threads. A name, copied freely; it may be used by any thread, also at the
/// same time. Linker::share gives it to imports.
class SharedMemory {
    wrt_shared_memory *memory_ = nullptr;

public:
    /// Names nothing.
    SharedMemory() noexcept = default;
    /// Makes one. Takes WRT_SHARED_MEMORY_SIZE bytes of the arena, which with the lent bytes must outlive all instances.
    /// Errors: WRT_E_ARENA; WRT_E_ARG for limits or pages that no shared memory has.
    static Result<SharedMemory> create(Arena &arena, const SharedConfig &config) noexcept {
        SharedMemory m;
        Error e;
        const wrt_status s = wrt_shared_memory_new(arena.get(), &config, &m.memory_, e.out());
        return detail::check(s, e, m);
    }
    /// A shared memory of an instance. Takes WRT_SHARED_HANDLE_SIZE bytes of the arena.
    /// Errors: WRT_E_NOT_FOUND; WRT_E_LINK for one that is not shared; WRT_E_ARENA.
    static Result<SharedMemory> of(Arena &arena, Instance instance, std::uint32_t index = 0) noexcept {
        SharedMemory m;
        const wrt_status s = wrt_shared_memory_of(arena.get(), instance.get(), index, &m.memory_);
        return detail::check(s, m);
    }
    /// As it is now; the length may grow at any time. Access to the bytes must be atomic while guests run.
    Result<wrt_memory> view() const noexcept {
        wrt_memory v = { nullptr, 0, 0 };
        return detail::check(wrt_shared_memory_view(memory_, &v), v);
    }
    /// Copies a value out, or in, as a guest's memory.copy would. Errors: WRT_E_BOUNDS.
    template <class T> Result<T> read(std::uint64_t addr) const noexcept {
        static_assert(detail::plain<T>());
        T value{};
        return detail::check(wrt_shared_memory_read(memory_, addr, &value, sizeof value), value);
    }
    template <class T> Result<void> write(std::uint64_t addr, const T &value) const noexcept {
        static_assert(detail::plain<T>());
        return detail::check(wrt_shared_memory_write(memory_, addr, &value, sizeof value));
    }
    /// Grows by pages; the value is how many there were before. Errors: WRT_E_BUDGET.
    Result<std::uint64_t> grow(std::uint64_t pages) const noexcept {
        std::uint64_t old = 0;
        const wrt_status s = wrt_shared_memory_grow(memory_, pages, &old);
        return detail::check(s, old);
    }
    /// Wakes up to `count` guests that wait at `addr`; the value is how many. Errors: WRT_E_BOUNDS.
    Result<std::uint32_t> notify(std::uint64_t addr, std::uint32_t count) const noexcept {
        std::uint32_t woken = 0;
        const wrt_status s = wrt_shared_memory_notify(memory_, addr, count, &woken);
        return detail::check(s, woken);
    }
    /// For the C interface, and for Linker::share.
    wrt_shared_memory *get() const noexcept { return memory_; }
};

} // namespace wrt
#endif
