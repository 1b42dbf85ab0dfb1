// Which C++ types stand for which WebAssembly types, and signatures that the compiler writes.
#ifndef WRT_TYPES_HPP
#define WRT_TYPES_HPP

#include "result.hpp"
#include <array>
#include <tuple>

namespace wrt {

/// A v128: sixteen bytes, lane 0 first, each lane with its lowest byte first.
struct V128 {
    /// Byte 0 is the lowest.
    std::uint8_t bytes[16];
};
/// A funcref: a number that the library gave; 0 is null.
struct FuncRef {
    /// As the C interface has it; 0 is null.
    std::uint64_t number = 0;
};
/// An externref: any number of the program's; 0 is null.
struct ExternRef {
    /// As the C interface has it; 0 is null.
    std::uint64_t number = 0;
};
/// A reference to an exception of the instance's group; 0 is null. Good until the guest runs on without holding it.
struct ExceptionRef {
    /// As the C interface has it; 0 is null.
    std::uint64_t number = 0;
};
constexpr bool operator==(FuncRef a, FuncRef b) noexcept { return a.number == b.number; }
constexpr bool operator!=(FuncRef a, FuncRef b) noexcept { return a.number != b.number; }
constexpr bool operator==(ExternRef a, ExternRef b) noexcept { return a.number == b.number; }
constexpr bool operator!=(ExternRef a, ExternRef b) noexcept { return a.number != b.number; }
inline bool operator==(const V128 &a, const V128 &b) noexcept { return std::memcmp(a.bytes, b.bytes, 16) == 0; }
inline bool operator!=(const V128 &a, const V128 &b) noexcept { return !(a == b); }

namespace detail {

/// The letter of a type in a signature; 0 for a type that has none.
template <class T> constexpr char letter() noexcept {
    if constexpr (std::is_same_v<T, float>) return 'f';
    else if constexpr (std::is_same_v<T, double>) return 'F';
    else if constexpr (std::is_same_v<T, V128>) return 'v';
    else if constexpr (std::is_same_v<T, FuncRef>) return 'r';
    else if constexpr (std::is_same_v<T, ExternRef>) return 'R';
    else if constexpr (std::is_same_v<T, bool>) return 'i';
    else if constexpr (std::is_enum_v<T>) return letter<std::underlying_type_t<T>>();
    else if constexpr (std::is_integral_v<T> && sizeof(T) == 4) return 'i';
    else if constexpr (std::is_integral_v<T> && sizeof(T) == 8) return 'I';
    else return 0;
}

/// Stops the compiler where a type has no counterpart.
template <class T> constexpr bool required() noexcept {
    static_assert(!std::is_pointer_v<T>,
                  "wrt: a pointer of the program means nothing to a guest; a guest's address is a uint32_t (a uint64_t with memory64)");
    static_assert(!std::is_reference_v<T>, "wrt: values go to guests by value; leave the & away");
    static_assert(std::is_pointer_v<T> || std::is_reference_v<T> || letter<T>() != 0,
                  "wrt: not a WebAssembly type. Use int32_t, uint32_t, int64_t, uint64_t, float, double, bool, an enum of 4 or 8 "
                  "bytes, wrt::V128, wrt::FuncRef or wrt::ExternRef");
    return true;
}

template <class T> wrt_value pack(T value) noexcept {
    static_assert(required<T>());
    wrt_value v;
    std::memset(&v, 0, sizeof v);
    if constexpr (letter<T>() == 'f') v.f32 = value;
    else if constexpr (letter<T>() == 'F') v.f64 = value;
    else if constexpr (letter<T>() == 'v') std::memcpy(v.v128, value.bytes, sizeof v.v128);
    else if constexpr (letter<T>() == 'r' || letter<T>() == 'R') v.ref = value.number;
    else if constexpr (letter<T>() == 'i') v.i32 = static_cast<std::int32_t>(value);
    else v.i64 = static_cast<std::int64_t>(value);
    return v;
}

template <class T> T unpack(const wrt_value &v) noexcept {
    static_assert(required<T>());
    if constexpr (letter<T>() == 'f') return v.f32;
    else if constexpr (letter<T>() == 'F') return v.f64;
    else if constexpr (letter<T>() == 'v') {
        V128 value;
        std::memcpy(value.bytes, v.v128, sizeof value.bytes);
        return value;
    } else if constexpr (letter<T>() == 'r' || letter<T>() == 'R') return T{ v.ref };
    else if constexpr (std::is_same_v<T, bool>) return v.i32 != 0;
    else if constexpr (letter<T>() == 'i') return static_cast<T>(v.i32);
    else return static_cast<T>(v.i64);
}

/// Several types in a row, and how values of them go to and from slots.
template <class... T> struct Row {
    static constexpr std::size_t count = sizeof...(T);
    static constexpr bool checked = (required<T>() && ... && true);
    static void put(wrt_value *slots, const T &...values) noexcept {
        std::size_t i = 0;
        ((slots[i++] = pack<T>(values)), ...);
        (void)slots, (void)i;
    }
    static std::tuple<T...> get(const wrt_value *slots) noexcept { return get(slots, std::index_sequence_for<T...>()); }

private:
    template <std::size_t... I> static std::tuple<T...> get(const wrt_value *slots, std::index_sequence<I...>) noexcept {
        (void)slots;
        return std::tuple<T...>(unpack<T>(slots[I])...);
    }
};

/// What a function gives back: nothing, one value, or a std::tuple of several.
template <class R> struct Results {
    using row = Row<R>;
    static void put(wrt_value *slots, const R &value) noexcept { row::put(slots, value); }
    static R get(const wrt_value *slots) noexcept { return unpack<R>(slots[0]); }
};
template <> struct Results<void> {
    using row = Row<>;
    static void get(const wrt_value *) noexcept {}
};
template <class... T> struct Results<std::tuple<T...>> {
    using row = Row<T...>;
    static void put(wrt_value *slots, const std::tuple<T...> &values) noexcept {
        std::apply([slots](const T &...value) { row::put(slots, value...); }, values);
    }
    static std::tuple<T...> get(const wrt_value *slots) noexcept { return row::get(slots); }
};

/// The text of a signature, such as "(iI)f".
template <class Params, class Returned> struct Text;
template <class... A, class... R> struct Text<Row<A...>, Row<R...>> {
    static constexpr std::array<char, sizeof...(A) + sizeof...(R) + 3> value = [] {
        std::array<char, sizeof...(A) + sizeof...(R) + 3> text{};
        std::size_t n = 0;
        text[n++] = '(';
        ((text[n++] = letter<A>()), ...);
        text[n++] = ')';
        ((text[n++] = letter<R>()), ...);
        return text;
    }();
};

template <class F> struct Signature {
    static_assert(std::is_function_v<F>, "wrt: write a signature as a function type, such as int32_t(int64_t, float)");
};
template <class R, class... A> struct Signature<R(A...)> {
    using result = R;
    using params = Row<A...>;
    using results = Results<R>;
    static_assert(params::checked && results::row::checked);
    static constexpr const char *text() noexcept { return Text<params, typename results::row>::value.data(); }
};

/// Keeps an argument out of deduction.
template <class T> struct Same {
    using type = T;
};
template <class T> using same = typename Same<T>::type;

} // namespace detail

/// The signature of a function type as the C interface writes it: signature<float(int32_t, int64_t)>() is "(iI)f".
/// Several results are a std::tuple. Static. Does not compile for types that WebAssembly does not have.
template <class F> constexpr const char *signature() noexcept { return detail::Signature<F>::text(); }

} // namespace wrt
#endif
