// What instances have: memories, tables, globals, as views that are checked.
#ifndef WRT_OBJECTS_HPP
#define WRT_OBJECTS_HPP

#include "types.hpp"

namespace wrt {

namespace detail {
template <class T> constexpr bool plain() noexcept {
    static_assert(!std::is_pointer_v<T>, "wrt: a pointer of the program means nothing in a guest's memory; a guest's address is "
                                         "a uint32_t (a uint64_t with memory64)");
    static_assert(std::is_trivially_copyable_v<T>, "wrt: only trivially copyable types lie in a guest's memory as they are");
    static_assert(std::is_default_constructible_v<T>, "wrt: what is read from a guest's memory is made without arguments first");
    return true;
}
} // namespace detail

/// A linear memory of an instance. A name, copied freely. Addresses are byte offsets, and every access is checked, but
/// those through bytes(). Values lie there as they do in the program, which on all supported machines is
/// little-endian, as WebAssembly has it.
class Memory {
    wrt_instance *instance_ = nullptr;
    std::uint32_t index_ = 0;

public:
    /// Names nothing.
    Memory() noexcept = default;
    /// Memory `index` of an instance, imports first.
    Memory(wrt_instance *instance, std::uint32_t index) noexcept : instance_(instance), index_(index) {}

    /// Base, length and ceiling now. The base stays, the length may have grown after every run.
    Result<wrt_memory> view() const noexcept {
        wrt_memory m = { nullptr, 0, 0 };
        return detail::check(wrt_memory_view(instance_, index_, &m), m);
    }
    /// All bytes that there are now; empty for a memory that is none. Guest code may write to them whenever it runs.
    span<std::byte> bytes() const noexcept {
        const Result<wrt_memory> v = view();
        if (!v) return {};
        return { reinterpret_cast<std::byte *>(v->base), static_cast<std::size_t>(v->len) };
    }
    /// Bytes now.
    std::uint64_t size() const noexcept { return bytes().size(); }
    /// `len` bytes from `addr` on, where they lie. Good until the guest runs. Errors: WRT_E_BOUNDS, WRT_E_NOT_FOUND.
    Result<span<std::byte>> slice(std::uint64_t addr, std::uint64_t len) const noexcept {
        const Result<wrt_memory> v = view();
        if (!v) return v.error();
        if (addr > v->len || len > v->len - addr)
            return Error(WRT_E_BOUNDS, "the access lies outside the linear memory", WRT_REASON_HOST_MEMORY_BOUNDS);
        return span<std::byte>(reinterpret_cast<std::byte *>(v->base) + addr, static_cast<std::size_t>(len));
    }
    /// The same as text.
    Result<std::string_view> text(std::uint64_t addr, std::uint64_t len) const noexcept {
        return slice(addr, len).map(
            [](span<std::byte> s) { return std::string_view(reinterpret_cast<const char *>(s.data()), s.size()); });
    }
    /// Copies a value out. Errors: WRT_E_BOUNDS, WRT_E_NOT_FOUND.
    template <class T> Result<T> read(std::uint64_t addr) const noexcept {
        static_assert(detail::plain<T>());
        T value{};
        return detail::check(wrt_memory_read(instance_, index_, addr, &value, sizeof value), value);
    }
    /// Copies a value in. Errors: WRT_E_BOUNDS, with nothing written; WRT_E_NOT_FOUND.
    template <class T> Result<void> write(std::uint64_t addr, const T &value) const noexcept {
        static_assert(detail::plain<T>());
        return detail::check(wrt_memory_write(instance_, index_, addr, &value, sizeof value));
    }
    /// Fills `out` with what lies at `addr`. Errors: those of read.
    Result<void> read_into(std::uint64_t addr, span<std::byte> out) const noexcept {
        return detail::check(wrt_memory_read(instance_, index_, addr, out.data(), out.size()));
    }
    /// Copies bytes to `addr`. Errors: those of write.
    Result<void> write_from(std::uint64_t addr, Bytes from) const noexcept {
        return detail::check(wrt_memory_write(instance_, index_, addr, from.data(), from.size()));
    }
    /// Grows by pages, as memory.grow does; the value is how many there were before.
    /// Errors: WRT_E_BUDGET where maximum, ceiling or budget forbid it.
    Result<std::uint64_t> grow(std::uint64_t pages) const noexcept {
        std::uint64_t old = 0;
        const wrt_status s = wrt_memory_grow(instance_, index_, pages, &old);
        return detail::check(s, old);
    }
    /// Index among the instance's memories, imports first.
    std::uint32_t index() const noexcept { return index_; }
};

/// A table of an instance, of functions (T = FuncRef) or numbers of the program's (T = ExternRef). A name, copied freely.
template <class T> class Table {
    static_assert(std::is_same_v<T, FuncRef> || std::is_same_v<T, ExternRef>, "wrt: tables hold wrt::FuncRef or wrt::ExternRef");
    wrt_instance *instance_ = nullptr;
    std::uint32_t index_ = 0;

public:
    /// Names nothing.
    Table() noexcept = default;
    /// Table `index` of an instance, imports first; its type is the caller's word.
    Table(wrt_instance *instance, std::uint32_t index) noexcept : instance_(instance), index_(index) {}
    /// Elements now. Errors: WRT_E_NOT_FOUND.
    Result<std::uint64_t> size() const noexcept {
        std::uint64_t n = 0;
        const wrt_status s = wrt_table_len(instance_, index_, &n);
        return detail::check(s, n);
    }
    /// An element. Errors: WRT_E_BOUNDS.
    Result<T> get(std::uint64_t i) const noexcept {
        wrt_value v = detail::pack(T{});
        const wrt_status s = wrt_table_get(instance_, index_, i, &v);
        return detail::check(s, T{ v.ref });
    }
    /// Sets an element. Errors: WRT_E_BOUNDS; WRT_E_TYPE for a number that is no function.
    Result<void> set(std::uint64_t i, T value) const noexcept {
        const wrt_value v = detail::pack(value);
        return detail::check(wrt_table_set(instance_, index_, i, &v));
    }
    /// Grows by `n` elements of this value; the result is how many there were before.
    /// Errors: WRT_E_BUDGET where maximum or reserve forbid it.
    Result<std::uint64_t> grow(std::uint64_t n, T value = T{}) const noexcept {
        const wrt_value v = detail::pack(value);
        std::uint64_t old = 0;
        const wrt_status s = wrt_table_grow(instance_, index_, n, &v, &old);
        return detail::check(s, old);
    }
    /// Index among the instance's tables, imports first.
    std::uint32_t index() const noexcept { return index_; }
};

/// A global of an instance, whose type was compared when it was looked up. A name, copied freely.
template <class T> class Global {
    static_assert(detail::required<T>());
    wrt_instance *instance_ = nullptr;
    std::uint32_t index_ = 0;

public:
    /// Names nothing.
    Global() noexcept = default;
    /// Global `index` of an instance, imports first; its type is the caller's word.
    Global(wrt_instance *instance, std::uint32_t index) noexcept : instance_(instance), index_(index) {}
    /// Its value now. Errors: WRT_E_NOT_FOUND.
    Result<T> get() const noexcept {
        wrt_value v;
        std::memset(&v, 0, sizeof v);
        const wrt_status s = wrt_global_get(instance_, index_, &v, nullptr);
        return detail::check(s, detail::unpack<T>(v));
    }
    /// Sets it. Errors: WRT_E_TYPE for one that is immutable, or a number that is no function.
    Result<void> set(T value) const noexcept {
        const wrt_value v = detail::pack(value);
        return detail::check(wrt_global_set(instance_, index_, &v));
    }
    /// Index among the instance's globals, imports first.
    std::uint32_t index() const noexcept { return index_; }
};

} // namespace wrt
#endif
