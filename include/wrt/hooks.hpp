// Interceptors: an object that is asked before and after calls that cross a boundary.
#ifndef WRT_HOOKS_HPP
#define WRT_HOOKS_HPP

#include "task.hpp"

namespace wrt {

/// What a crossing tells in numbers. The fields are wrt_crossing_info's.
struct CrossingInfo : wrt_crossing_info {
    CrossingInfo() noexcept : wrt_crossing_info() { struct_size = sizeof(wrt_crossing_info); }
};

/// What an interceptor decides about a call. Made by the functions of Crossing.
class Decision {
    std::int32_t number_;

public:
    /// WRT_HOOK_*, or what the C interface gave.
    explicit Decision(std::int32_t number) noexcept : number_(number) {}
    /// For the C interface: WRT_HOOK_*.
    std::int32_t get() const noexcept { return number_; }
};

/// A call into the host, into another instance, or from the embedder into a guest; valid until the hook returns.
class Crossing {
    wrt_crossing *crossing_;
    wrt_value *slots_;

public:
    /// What the C interface gave.
    Crossing(wrt_crossing *crossing, wrt_value *slots) noexcept : crossing_(crossing), slots_(slots) {}
    /// Kind, instances, function, and how many parameters and results. Errors: WRT_E_ARG.
    Result<CrossingInfo> info() const noexcept {
        CrossingInfo i;
        return detail::check(wrt_crossing_describe(crossing_, &i), i);
    }
    /// Module and field name of the import that the call goes through; a search, so remember by index.
    /// Errors: WRT_E_NOT_FOUND for a call through a table or reference to a function that is no import.
    Result<std::pair<std::string_view, std::string_view>> import_names() const noexcept {
        wrt_bytes module = { nullptr, 0 }, name = { nullptr, 0 };
        const wrt_status s = wrt_crossing_import(crossing_, &module, &name);
        return detail::check(s, std::pair(text_of(module), text_of(name)));
    }
    /// The instance that calls; none for the embedder.
    Instance caller() const noexcept { return Instance(wrt_crossing_caller(crossing_)); }
    /// The instance that is called; none for a host function.
    Instance callee() const noexcept { return Instance(wrt_crossing_callee(crossing_)); }
    /// Argument `i` before the call, result `i` after it; T is the caller's word, and `i` less than their number.
    template <class T> T get(std::size_t i) const noexcept { return detail::unpack<T>(slots_[i]); }
    /// Changes it.
    template <class T> void set(std::size_t i, T value) const noexcept { slots_[i] = detail::pack(value); }

    /// Make the call, or go on with its results.
    Decision proceed() const noexcept { return Decision(WRT_HOOK_PROCEED); }
    /// Before a call: do not make it, its results are set.
    Decision replace() const noexcept { return Decision(WRT_HOOK_REPLACE); }
    /// Before a call: park the task, see Task::proceed.
    Decision delay() const noexcept { return Decision(WRT_HOOK_DELAY); }
    /// End the run with WRT_TRAP_CALL_REFUSED. The message must be static; null stands for a general one.
    Decision refuse(const char *static_message = nullptr, std::uint64_t detail = 0) const noexcept {
        return Decision(wrt_crossing_refuse(crossing_, detail, static_message));
    }
    /// End the run with WRT_E_EXIT and this code.
    Decision exit(std::uint32_t code) const noexcept { return Decision(wrt_crossing_exit(crossing_, code)); }
    /// For the C interface.
    wrt_crossing *get() const noexcept { return crossing_; }
};

namespace detail {
template <class T, class = void> inline constexpr bool has_before = false;
template <class T> inline constexpr bool has_before<T, std::void_t<decltype(std::declval<T &>().before(std::declval<Crossing &>()))>> = true;
template <class T, class = void> inline constexpr bool has_after = false;
template <class T> inline constexpr bool has_after<T, std::void_t<decltype(std::declval<T &>().after(std::declval<Crossing &>()))>> = true;
} // namespace detail

/// An interceptor of an object with Decision before(Crossing &), Decision after(Crossing &), or both, which must not
/// throw. The object is lent: it must remain while a task has the interceptor.
class Hooks {
    wrt_hooks hooks_{};

public:
    /// Of an object of the program's.
    template <class T, class = std::enable_if_t<!std::is_same_v<T, Hooks> && !std::is_const_v<T>>>
    explicit Hooks(T &object) noexcept {
        static_assert(detail::has_before<T> || detail::has_after<T>,
                      "wrt: an interceptor has wrt::Decision before(wrt::Crossing &), or after, or both");
        hooks_.struct_size = sizeof hooks_;
        hooks_.user = &object;
        if constexpr (detail::has_before<T>)
            hooks_.before = [](void *user, wrt_crossing *c, wrt_value *slots) noexcept -> std::int32_t {
                Crossing crossing(c, slots);
                return static_cast<T *>(user)->before(crossing).get();
            };
        if constexpr (detail::has_after<T>)
            hooks_.after = [](void *user, wrt_crossing *c, wrt_value *slots) noexcept -> std::int32_t {
                Crossing crossing(c, slots);
                return static_cast<T *>(user)->after(crossing).get();
            };
    }
    /// For the C interface.
    const wrt_hooks &get() const noexcept { return hooks_; }
};

inline Result<void> Task::set_hooks(const Hooks &hooks) const noexcept {
    return detail::check(wrt_task_set_hooks(task_, &hooks.get()));
}

} // namespace wrt
#endif
