// Typed functions: signatures, values of every type, several results, what does not match.
#include "harness.hpp"
#include <cmath>
#include <limits>

enum class Word : std::int32_t { two = 2, six = 6 };
enum Wide : std::uint64_t { wide = 1 };

// Written by the compiler; the library reads the same strings in C.
static void signatures() {
    SAME(std::string(wrt::signature<void()>()), "()");
    SAME(std::string(wrt::signature<std::int32_t(std::int32_t, std::int64_t)>()), "(iI)i");
    SAME(std::string(wrt::signature<float(double, std::uint32_t, std::uint64_t, bool)>()), "(FiIi)f");
    SAME(std::string(wrt::signature<std::tuple<double, float>(wrt::V128, wrt::FuncRef, wrt::ExternRef)>()), "(vrR)Ff");
    SAME(std::string(wrt::signature<Word(Wide, long, unsigned long long, int)>()), sizeof(long) == 8 ? "(IIIi)i" : "(IiIi)i");
    static_assert(std::string_view(wrt::signature<int(float)>()) == "(f)i", "known to the compiler");
    SAME(std::string(wrt::Func<int(float)>::signature()), "(f)i");
}

static void every_type() {
    const Kit k;
    const wrt::Budget budget;
    using Mixed = std::tuple<double, float, std::int64_t, std::int32_t>(std::int32_t, std::int64_t, float, double);
    const auto mixed = must(k.instance.func<Mixed>("mixed"));
    const std::int32_t ints[] = { 0, -1, INT32_MIN, INT32_MAX };
    const std::int64_t longs[] = { 0, -1, INT64_MIN, INT64_MAX };
    const float floats[] = { 0, -1.5f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::denorm_min() };
    const double doubles[] = { -0.0, 1e300, -std::numeric_limits<double>::infinity(), 0.1 };
    for (std::size_t i = 0; i < 4; i++) {
        const auto [d, f, l, n] = must(k.task.call(mixed, budget, ints[i], longs[i], floats[i], doubles[i]));
        CHECK(std::memcmp(&d, &doubles[i], sizeof d) == 0 && std::memcmp(&f, &floats[i], sizeof f) == 0);
        CHECK(l == longs[i] && n == ints[i]);
    }
    // Unsigned numbers, enums and bool are the same bits.
    const auto triple = must(k.instance.func<std::uint32_t(std::uint32_t)>("triple"));
    SAME(must(k.task.call(triple, budget, 0x80000001u)), 0x80000003u);
    SAME(must(k.task.call(must(k.instance.func<Word(Word)>("triple")), budget, Word::two)), Word::six);
    SAME(must(k.task.call(must(k.instance.func<bool(bool)>("triple")), budget, true)), true);
    SAME(must(k.task.call(must(k.instance.func<bool(bool)>("triple")), budget, false)), false);
    const auto object = must(k.instance.func<wrt::ExternRef(std::int32_t)>("object"));
    SAME(must(k.task.call(object, budget, 0)), wrt::ExternRef{});
    must(must(k.instance.table<wrt::ExternRef>("objects")).set(1, wrt::ExternRef{ 0x1234 }));
    CHECK(must(k.task.call(object, budget, 1)) != wrt::ExternRef{});
    SAME(must(k.task.call(object, budget, 1)).number, 0x1234u);
}

static void mismatches() {
    const Kit k;
    const wrt::Error e = k.instance.func<float(std::int32_t)>("double").error();
    CHECK(e.status() == WRT_E_TYPE && e.reason() == WRT_REASON_SIGNATURE_MISMATCH && std::string(e.wanted()) == "(i)f");
    CHECK(text_of_error(e).find("(i)f") != std::string::npos);
    SAME(k.instance.func<void()>("memory").error().status(), WRT_E_TYPE);
    SAME(k.instance.func<void()>("none").error().reason(), WRT_REASON_EXPORT_NOT_FOUND);
    SAME(wrt::Instance().func<void()>("none").error().status(), WRT_E_ARG);
    // A name of nothing is refused where it is called.
    SAME(k.task.call(wrt::Func<void()>(), wrt::Budget()).error().status(), WRT_E_NOT_FOUND);
}

// Functions without a type: only their number of values is compared.
static void untyped() {
    const Kit k;
    const wrt_func triple = must(k.instance.func("triple"));
    wrt_value args[2] = {}, out[2] = {};
    args[0].i32 = 14;
    SAME(k.task.start_values(triple, args).error().status(), WRT_E_TYPE);
    must(k.task.start_values(triple, wrt::span<const wrt_value>(args, 1)));
    must(k.task.run(wrt::Budget()));
    CHECK(must(k.task.results(out)) == 1 && out[0].i32 == 42);
    SAME(wrt::Func<std::int32_t(std::int32_t)>(triple).get().index, triple.index);
    SAME(k.instance.func("none").error().status(), WRT_E_NOT_FOUND);
    SAME(k.instance.func("memory").error().status(), WRT_E_TYPE);
}

static void bound() {
    const Kit k;
    const auto triple = k.task.bind(must(k.instance.func<std::int32_t(std::int32_t)>("triple")), wrt::Budget::of_fuel(100));
    SAME(must(triple(7)), 21);
    SAME(must(triple(-7)), -21);
    SAME(k.task.bind(must(k.instance.func<std::int32_t(std::int32_t)>("sum")), wrt::Budget::of_fuel(100))(1000).error().status(), WRT_FUEL);
    CHECK(!triple(1));
}

static void references() {
    const wrt::V128 a = { { 1, 2 } }, b = { { 1, 3 } };
    CHECK(a == a && a != b);
    CHECK(wrt::FuncRef{ 1 } != wrt::FuncRef{ 2 } && wrt::FuncRef{ 1 } == wrt::FuncRef{ 1 });
    SAME(wrt::host_reference(5), wrt_host_reference(5));
}

void test_functions() {
    TEST(signatures);
    TEST(every_type);
    TEST(mismatches);
    TEST(untyped);
    TEST(bound);
    TEST(references);
}
