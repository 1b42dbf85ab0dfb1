// What a call came to: a value, or an error that says what, where, and what is needed.
#ifndef WRT_RESULT_HPP
#define WRT_RESULT_HPP

#include "span.hpp"
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>
#include <variant>

#ifndef WRT_EXCEPTIONS
/// 1: Result::value() is there and throws wrt::Exception. 0, the default: nothing in this header throws.
#define WRT_EXCEPTIONS 0
#endif
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS)
#define WRT_COMPILER_HAS_EXCEPTIONS 1
#else
#define WRT_COMPILER_HAS_EXCEPTIONS 0
#endif
#if WRT_EXCEPTIONS
#if !WRT_COMPILER_HAS_EXCEPTIONS
#error "wrt: WRT_EXCEPTIONS is 1, but the compiler is told to do without exceptions (-fno-exceptions)"
#endif
#include <exception>
#endif

namespace wrt {

namespace detail {
/// Writes text as far as there is room, and counts all of it.
class Writer {
    char *out_;
    std::size_t cap_, len_ = 0;

public:
    Writer(char *out, std::size_t cap) noexcept : out_(out), cap_(cap) {}
    Writer &operator<<(char c) noexcept {
        if (len_ + 1 < cap_) out_[len_] = c;
        len_++;
        return *this;
    }
    Writer &operator<<(std::string_view text) noexcept {
        for (char c : text) *this << c;
        return *this;
    }
    Writer &operator<<(std::uint64_t n) noexcept {
        char digits[20];
        std::size_t i = sizeof digits;
        do digits[--i] = static_cast<char>('0' + n % 10);
        while ((n /= 10) != 0);
        return *this << std::string_view(digits + i, sizeof digits - i);
    }
    std::size_t end() noexcept {
        if (cap_ != 0) out_[len_ < cap_ ? len_ : cap_ - 1] = '\0';
        return len_;
    }
};

/// A sentence for a status that comes alone.
constexpr const char *sentence(wrt_status status) noexcept {
    switch (status) {
    case WRT_OK: return "nothing went wrong";
    case WRT_PENDING: return "a host call has not completed yet";
    case WRT_FUEL: return "the fuel of this run is spent";
    case WRT_INTERRUPTED: return "the task was interrupted";
    case WRT_E_ARG: return "an argument is out of its domain";
    case WRT_E_STATE: return "the object is not in the state that the call needs";
    case WRT_E_HANDLE: return "the handle does not name a live object of its kind";
    case WRT_E_VERSION: return "the library does not know this struct size or flag";
    case WRT_E_ARENA: return "the room is too small";
    case WRT_E_BUDGET: return "maximum, ceiling or budget forbid it";
    case WRT_E_UNSUPPORTED: return "this build of the library does not have what is asked for";
    case WRT_E_LINK: return "an import is missing or has another type";
    case WRT_E_TYPE: return "the types do not match";
    case WRT_E_BOUNDS: return "the access lies outside";
    case WRT_E_NOT_FOUND: return "nothing has that name or index";
    default: return "the call failed";
    }
}
} // namespace detail

/// What went wrong, where, and what is needed; also that a call is not finished (a status above 0).
/// Small, copied freely, owns nothing.
class Error {
    wrt_error error_ = WRT_ERROR_INIT;
    const char *wanted_ = nullptr;

public:
    /// No error: status() is WRT_OK.
    Error() noexcept = default;
    /// What the C interface wrote.
    explicit Error(const wrt_error &error) noexcept : error_(error) {}
    /// A status that comes alone, with a static sentence or a general one.
    explicit Error(wrt_status status, const char *static_message = nullptr, std::uint32_t reason = WRT_REASON_NONE) noexcept {
        error_.status = status;
        error_.reason = reason;
        error_.func = UINT32_MAX;
        error_.message = static_message != nullptr ? static_message : detail::sentence(status);
    }
    /// The same error, with the static signature that the program asked for.
    Error wanting(const char *static_signature) const noexcept {
        Error e = *this;
        e.wanted_ = static_signature;
        return e;
    }

    /// WRT_E_*, or above 0 where a call is not finished.
    wrt_status status() const noexcept { return error_.status; }
    /// Its name, such as "WRT_E_TRAP"; static.
    const char *status_name() const noexcept { return wrt_status_name(error_.status); }
    /// WRT_TRAP_* or WRT_REASON_*; WRT_REASON_NONE where the status says it all.
    std::uint32_t reason() const noexcept { return error_.reason; }
    /// Its name, such as "WRT_TRAP_UNREACHABLE"; static.
    const char *reason_name() const noexcept { return wrt_reason_name(error_.reason); }
    /// One sentence; static, ASCII, never null.
    const char *message() const noexcept { return error_.message; }
    /// Byte offset in the module where the item that failed starts; 0 where none applies.
    std::uint64_t offset() const noexcept { return error_.offset; }
    /// Bytes or count that are needed to come beyond this place; 0 where none applies. For an arena that is far too
    /// small for a load, plan() says the whole.
    std::uint64_t need() const noexcept { return error_.need; }
    /// Proposal bit, exit code, the host function's own number, or number of the import.
    std::uint64_t detail() const noexcept { return error_.detail; }
    /// Index of the function where it happened, imports first.
    std::optional<std::uint32_t> func() const noexcept {
        return error_.func == UINT32_MAX ? std::nullopt : std::optional<std::uint32_t>(error_.func);
    }
    /// The signature that the program asked for, where that is what did not match; else null.
    const char *wanted() const noexcept { return wanted_; }

    /// The call is not finished: its fuel is spent, it waits for a host call, or it was interrupted.
    bool unfinished() const noexcept { return error_.status > 0; }
    /// The fuel of this run is spent; run again to go on.
    bool out_of_fuel() const noexcept { return error_.status == WRT_FUEL; }
    /// The call waits for a host call: complete it, then run again.
    bool pending() const noexcept { return error_.status == WRT_PENDING; }
    /// Task::interrupt was seen; run again to go on.
    bool interrupted() const noexcept { return error_.status == WRT_INTERRUPTED; }
    /// The guest trapped; reason() says why.
    bool trapped() const noexcept { return error_.status == WRT_E_TRAP; }
    /// The guest ended itself; detail() is its exit code.
    bool exited() const noexcept { return error_.status == WRT_E_EXIT; }

    /// Writes one line of text and a NUL to `out`, as far as there is room: status, reason, sentence, place, need.
    /// Returns the length of the whole without its NUL, as snprintf does.
    std::size_t text(span<char> out) const noexcept {
        detail::Writer w(out.data(), out.size());
        w << status_name();
        if (error_.reason != WRT_REASON_NONE) w << ", " << reason_name();
        w << ": " << error_.message;
        const bool placed = error_.status == WRT_E_MALFORMED || error_.status == WRT_E_INVALID
            || error_.status == WRT_E_UNSUPPORTED || error_.status == WRT_E_TRAP || error_.offset != 0;
        if (placed && error_.status != WRT_E_EXIT) w << ", at byte " << error_.offset;
        if (error_.func != UINT32_MAX && placed) w << " in function " << std::uint64_t{ error_.func };
        if (error_.status == WRT_E_LINK) w << ", import " << error_.detail;
        if (error_.status == WRT_E_EXIT) w << ", code " << error_.detail;
        if (error_.need != 0) w << "; " << error_.need << " needed";
        if (wanted_ != nullptr) w << "; the program asks for " << wanted_;
        return w.end();
    }
    /// For the C interface.
    const wrt_error &get() const noexcept { return error_; }
    /// To be filled by the C interface.
    wrt_error *out() noexcept { return &error_; }
};

#if WRT_EXCEPTIONS
/// What Result::value() throws.
class Exception : public std::exception {
    Error error_;
    char text_[320];

public:
    /// Of this error.
    explicit Exception(const Error &error) noexcept : error_(error) { (void)error.text(text_); }
    /// Error::text(), cut at 319 characters.
    const char *what() const noexcept override { return text_; }
    /// The error itself.
    const Error &error() const noexcept { return error_; }
};
#endif

template <class T> class Result;

namespace detail {
template <class T> inline constexpr bool is_result = false;
template <class T> inline constexpr bool is_result<Result<T>> = true;
template <bool exceptions> [[noreturn]] void raise(const Error &error) {
    static_assert(exceptions, "wrt: value() throws. Define WRT_EXCEPTIONS as 1 before <wrt.hpp> is included, "
                              "or ask the Result first and use *result or result.error()");
#if WRT_EXCEPTIONS
    throw Exception(error);
#else
    (void)error;
    while (true) {}
#endif
}
} // namespace detail

/// A value, or an Error. Must be looked at. Moves and copies as its value does.
template <class T> class [[nodiscard]] Result {
    static_assert(!std::is_reference_v<T>, "wrt: Result of a reference; use a pointer");
    static_assert(!std::is_same_v<std::remove_cv_t<T>, Error>, "wrt: Result of an Error");
    std::variant<T, Error> either_;

public:
    /// The type of the value.
    using value_type = T;
    /// Succeeded.
    Result(T value) noexcept(std::is_nothrow_move_constructible_v<T>) : either_(std::in_place_index<0>, std::move(value)) {}
    /// Failed, or is not finished.
    Result(const Error &error) noexcept : either_(std::in_place_index<1>, error) {}

    /// Whether there is a value.
    bool ok() const noexcept { return either_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }
    /// The value. Without one the program is aborted: ask ok() before.
    T &operator*() & noexcept { return *peek(either_); }
    const T &operator*() const & noexcept { return *peek(either_); }
    T &&operator*() && noexcept { return std::move(*peek(either_)); }
    T *operator->() noexcept { return peek(either_); }
    const T *operator->() const noexcept { return peek(either_); }
    /// The error; one that is none where there is a value.
    Error error() const noexcept {
        const Error *e = std::get_if<1>(&either_);
        return e != nullptr ? *e : Error();
    }
    /// The value, or `other`.
    T value_or(T other) const { return ok() ? **this : std::move(other); }
    /// The value, or throws Exception. Only where WRT_EXCEPTIONS is 1.
    template <bool exceptions = (WRT_EXCEPTIONS != 0)> T &value() & {
        if (!ok()) detail::raise<exceptions>(error());
        return **this;
    }
    template <bool exceptions = (WRT_EXCEPTIONS != 0)> T &&value() && {
        if (!ok()) detail::raise<exceptions>(error());
        return std::move(**this);
    }
    /// What `f` makes of the value, or the same error.
    template <class F> auto map(F &&f) const -> Result<std::invoke_result_t<F, const T &>> {
        if (!ok()) return error();
        if constexpr (std::is_void_v<std::invoke_result_t<F, const T &>>) {
            std::forward<F>(f)(**this);
            return {};
        } else {
            return std::forward<F>(f)(**this);
        }
    }
    /// The Result that `f` makes of the value, or the same error.
    template <class F> auto and_then(F &&f) const -> std::invoke_result_t<F, const T &> {
        static_assert(detail::is_result<std::invoke_result_t<F, const T &>>, "wrt: what and_then calls returns a Result; use map");
        if (!ok()) return error();
        return std::forward<F>(f)(**this);
    }

private:
    template <class V> static auto peek(V &either) noexcept {
        auto *value = std::get_if<0>(&either);
        // A defect of the program: better an end here than whatever lies there.
        if (value == nullptr) std::abort();
        return value;
    }
};

/// Done, or an Error. Must be looked at.
template <> class [[nodiscard]] Result<void> {
    Error error_;

public:
    /// The type of the value.
    using value_type = void;
    /// Succeeded.
    Result() noexcept = default;
    /// Failed, or is not finished; succeeded where the error is none.
    Result(const Error &error) noexcept : error_(error) {}
    /// Whether it succeeded.
    bool ok() const noexcept { return error_.status() == WRT_OK; }
    explicit operator bool() const noexcept { return ok(); }
    /// The error; one that is none where it succeeded.
    Error error() const noexcept { return error_; }
    /// Throws Exception where it failed. Only where WRT_EXCEPTIONS is 1.
    template <bool exceptions = (WRT_EXCEPTIONS != 0)> void value() const {
        if (!ok()) detail::raise<exceptions>(error_);
    }
    /// What `f` returns, or the same error.
    template <class F> auto map(F &&f) const -> Result<std::invoke_result_t<F>> {
        if (!ok()) return error();
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            std::forward<F>(f)();
            return {};
        } else {
            return std::forward<F>(f)();
        }
    }
    /// The Result that `f` returns, or the same error.
    template <class F> auto and_then(F &&f) const -> std::invoke_result_t<F> {
        static_assert(detail::is_result<std::invoke_result_t<F>>, "wrt: what and_then calls returns a Result; use map");
        if (!ok()) return error();
        return std::forward<F>(f)();
    }
};

namespace detail {
/// A status that comes alone, as a Result.
inline Result<void> check(wrt_status status) noexcept {
    return status == WRT_OK ? Result<void>() : Result<void>(Error(status));
}
/// The value if the status is WRT_OK, or else the error that was written. By reference, because the call that fills the
/// value may stand among the same arguments.
template <class T> Result<T> check(wrt_status status, Error &error, const T &value) noexcept {
    if (status == WRT_OK) return value;
    if (error.status() != status) error = Error(status);
    return error;
}
template <class T> Result<T> check(wrt_status status, const T &value) noexcept {
    if (status == WRT_OK) return value;
    return Error(status);
}
} // namespace detail

/// Whether header and library belong together; ask before the first other call. WRT_E_VERSION if not.
inline Result<void> check_abi() noexcept {
    if (wrt_abi_version() == WRT_ABI_VERSION) return {};
    return Error(WRT_E_VERSION, "the library speaks another ABI than the header");
}
/// What the library was built with: WRT_PROPOSAL_* in the lower 32 bits, WRT_FEATURE_* above.
inline std::uint64_t features() noexcept { return wrt_features(); }

} // namespace wrt
#endif
