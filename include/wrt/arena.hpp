// Memory that the program lends: a cursor over bytes, marks that put it back, arrays that are arenas.
#ifndef WRT_ARENA_HPP
#define WRT_ARENA_HPP

#include "result.hpp"

namespace wrt {

/// A cursor over bytes that the program lends; what is made in it lies there until the bytes are released, moved
/// or written. Owns no bytes and frees nothing. Moves only, so that nothing is lent twice; what was moved from is
/// empty. Must stay where it is while a Loader works on it.
class Arena {
    wrt_arena arena_ = { nullptr, 0 };

public:
    /// Nothing lent.
    Arena() noexcept = default;
    /// These bytes, without the up to 15 before the first multiple of WRT_ARENA_ALIGN.
    explicit Arena(span<std::byte> bytes) noexcept : Arena(bytes.data(), bytes.size()) {}
    explicit Arena(span<unsigned char> bytes) noexcept : Arena(bytes.data(), bytes.size()) {}
    /// The same for `size` bytes from `base` on.
    Arena(void *base, std::size_t size) noexcept {
        const std::size_t off = reinterpret_cast<std::uintptr_t>(base) % WRT_ARENA_ALIGN;
        const std::size_t skip = off == 0 ? 0 : WRT_ARENA_ALIGN - off;
        if (size >= skip) arena_ = { static_cast<std::byte *>(base) + skip, size - skip };
    }
    Arena(Arena &&other) noexcept : arena_(std::exchange(other.arena_, wrt_arena{ nullptr, 0 })) {}
    Arena &operator=(Arena &&other) noexcept {
        arena_ = std::exchange(other.arena_, wrt_arena{ nullptr, 0 });
        return *this;
    }
    Arena(const Arena &) = delete;
    Arena &operator=(const Arena &) = delete;

    /// Bytes that are left.
    std::size_t remaining() const noexcept { return arena_.size; }
    /// The bytes that are left. They are still the arena's: lend them on (as linear memory, for instance), or use them
    /// between two calls that are given the arena.
    span<std::byte> rest() const noexcept { return { static_cast<std::byte *>(arena_.base), arena_.size }; }
    /// Takes `size` bytes from the front, rounded up to a multiple of WRT_ARENA_ALIGN, as an arena of its own.
    /// Errors: WRT_E_ARENA, with what would suffice.
    Result<Arena> take(std::size_t size) noexcept {
        const std::size_t whole = (size + (WRT_ARENA_ALIGN - 1)) / WRT_ARENA_ALIGN * WRT_ARENA_ALIGN;
        if (whole < size || whole > arena_.size) {
            Error e(WRT_E_ARENA, "the arena is too small", WRT_REASON_ARENA_TOO_SMALL);
            e.out()->need = size;
            return e;
        }
        Arena taken(arena_.base, whole);
        arena_ = { static_cast<std::byte *>(arena_.base) + whole, arena_.size - whole };
        return taken;
    }

    /// Puts the cursor back when it goes out of scope, so that what was made in between is released; newest first.
    /// Objects made in between must not be used afterwards.
    class [[nodiscard]] Mark {
        wrt_arena *arena_;
        wrt_arena saved_;

    public:
        /// Notes where the cursor of `arena` is.
        explicit Mark(Arena &arena) noexcept : arena_(&arena.arena_), saved_(arena.arena_) {}
        ~Mark() {
            if (arena_ != nullptr) *arena_ = saved_;
        }
        Mark(const Mark &) = delete;
        Mark &operator=(const Mark &) = delete;
        /// Keeps what was made: the cursor stays.
        void keep() noexcept { arena_ = nullptr; }
    };
    /// Notes where the cursor is.
    Mark mark() noexcept { return Mark(*this); }

    /// For the C interface.
    wrt_arena *get() noexcept { return &arena_; }
    const wrt_arena *get() const noexcept { return &arena_; }
};

namespace detail {
template <std::size_t N> struct Storage {
    // Not cleared here: as a static object it lies where the system clears memory, and takes no room in the file.
    alignas(WRT_ARENA_ALIGN) std::byte bytes_[N];
};
} // namespace detail

/// An arena of `N` bytes that brings them along; for static storage, or as a member. Neither moves nor copies, because
/// what is made in it refers to it.
template <std::size_t N> class StaticArena : private detail::Storage<N>, public Arena {
    static_assert(N > 0, "wrt: an arena without bytes");

public:
    StaticArena() noexcept : Arena(static_cast<void *>(detail::Storage<N>::bytes_), N) {}
    StaticArena(const StaticArena &) = delete;
    StaticArena &operator=(const StaticArena &) = delete;
    /// Lends all of it again: releases everything that lies in it.
    void reset() noexcept { static_cast<Arena &>(*this) = Arena(static_cast<void *>(detail::Storage<N>::bytes_), N); }
    /// The bytes that it began with.
    static constexpr std::size_t capacity() noexcept { return N; }
};

} // namespace wrt
#endif
