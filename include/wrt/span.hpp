// Views of bytes and arrays that somebody else owns: what C++17 lacks of std::span, and no more.
#ifndef WRT_SPAN_HPP
#define WRT_SPAN_HPP

#include "../wrt.h"
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#if __cplusplus >= 202002L
#include <ranges>
#endif

namespace wrt {

namespace detail {
/// The pointer that std::data gives, and whether `C` is a container of elements that a view of `T` may show.
template <class C, class T, class = void> struct shows : std::false_type {};
template <class C, class T>
struct shows<C, T, std::void_t<decltype(std::declval<C &>().data()), decltype(std::declval<C &>().size())>>
    : std::is_convertible<std::remove_pointer_t<decltype(std::declval<C &>().data())> (*)[], T (*)[]> {};
template <class T> inline constexpr bool is_byte =
    std::is_same_v<std::remove_cv_t<T>, std::byte> || std::is_same_v<std::remove_cv_t<T>, char>
    || std::is_same_v<std::remove_cv_t<T>, unsigned char> || std::is_same_v<std::remove_cv_t<T>, signed char>;
} // namespace detail

/// A view of `size()` elements that lie one behind the other; owns nothing. Made of arrays and of whatever has
/// data() and size(): std::array, std::vector, std::span; std::span can be made of it. No access is checked.
template <class T> class span {
    T *data_ = nullptr;
    std::size_t size_ = 0;

public:
    /// The type of what is looked at, with and without const.
    using element_type = T;
    using value_type = std::remove_cv_t<T>;
    /// An empty view.
    constexpr span() noexcept = default;
    /// `size` elements from `data` on; `data` may be null where `size` is 0.
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    /// An array.
    template <std::size_t N> constexpr span(T (&array)[N]) noexcept : data_(array), size_(N) {}
    /// A container, which must outlive the view.
    template <class C, class = std::enable_if_t<detail::shows<C, T>::value && !std::is_same_v<std::decay_t<C>, span>>>
    constexpr span(C &&container) noexcept : data_(container.data()), size_(container.size()) {}

    /// The first element; null for some empty views.
    constexpr T *data() const noexcept { return data_; }
    /// How many elements.
    constexpr std::size_t size() const noexcept { return size_; }
    /// How many bytes they take.
    constexpr std::size_t size_bytes() const noexcept { return size_ * sizeof(T); }
    /// Whether there are none.
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    /// Element `i`, which must be less than size().
    constexpr T &operator[](std::size_t i) const noexcept { return data_[i]; }
    /// The first `n`, or all where there are fewer.
    constexpr span first(std::size_t n) const noexcept { return { data_, n < size_ ? n : size_ }; }
    /// What is left without the first `n`; empty where there are fewer.
    constexpr span skip(std::size_t n) const noexcept {
        return n < size_ ? span{ data_ + n, size_ - n } : span{ data_ + size_, 0 };
    }
};
template <class C> span(C &c) -> span<std::remove_pointer_t<decltype(c.data())>>;
template <class T, std::size_t N> span(T (&)[N]) -> span<T>;

/// Bytes that are only read, such as those of a module: a view of any array or container of std::byte, char,
/// unsigned char or uint8_t, string literals not included (their NUL would count).
class Bytes {
    wrt_bytes bytes_ = { nullptr, 0 };

public:
    /// No bytes.
    Bytes() noexcept = default;
    /// `size` bytes from `data` on; `data` may be null where `size` is 0.
    Bytes(const void *data, std::size_t size) noexcept : bytes_{ static_cast<const std::uint8_t *>(data), size } {}
    /// What the C interface calls so.
    Bytes(wrt_bytes bytes) noexcept : bytes_(bytes) {}
    /// An array of bytes.
    template <class T, std::size_t N, class = std::enable_if_t<detail::is_byte<T> && !std::is_same_v<T, const char>>>
    Bytes(T (&array)[N]) noexcept : Bytes(static_cast<const void *>(array), N) {}
    /// A container of bytes, which must outlive the view.
    template <class C, class P = decltype(std::declval<const C &>().data()),
              class = std::enable_if_t<detail::is_byte<std::remove_pointer_t<P>> && !std::is_same_v<std::decay_t<C>, Bytes>>>
    Bytes(const C &container) noexcept : Bytes(static_cast<const void *>(container.data()), container.size()) {}

    /// The first byte; null for some empty views.
    const std::uint8_t *data() const noexcept { return bytes_.ptr; }
    /// How many bytes.
    std::size_t size() const noexcept { return bytes_.len; }
    /// The first `n`, or all where there are fewer.
    Bytes first(std::size_t n) const noexcept { return { bytes_.ptr, n < bytes_.len ? n : bytes_.len }; }
    /// What is left without the first `n`; empty where there are fewer.
    Bytes skip(std::size_t n) const noexcept {
        return n < bytes_.len ? Bytes(bytes_.ptr + n, bytes_.len - n) : Bytes();
    }
    /// For the C interface.
    wrt_bytes get() const noexcept { return bytes_; }
};

/// A name as the library gives it; not NUL-terminated, valid as long as the module's bytes.
inline std::string_view text_of(wrt_bytes bytes) noexcept {
    return bytes.len == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char *>(bytes.ptr), bytes.len);
}

} // namespace wrt

#if __cplusplus >= 202002L
template <class T> inline constexpr bool std::ranges::enable_borrowed_range<wrt::span<T>> = true;
template <class T> inline constexpr bool std::ranges::enable_view<wrt::span<T>> = true;
#endif

#endif
