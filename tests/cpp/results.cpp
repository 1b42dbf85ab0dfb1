// Results, errors and their text, views.
#include "harness.hpp"
#include <array>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>
#if __cplusplus >= 202002L
#include <span>
#endif

static wrt::Result<int> half(int n) {
    if (n % 2 != 0) return wrt::Error(WRT_E_ARG);
    return n / 2;
}
static wrt::Result<void> small(int n) {
    if (n > 9) return wrt::Error(WRT_E_BOUNDS, "more than one digit");
    return {};
}

static void values() {
    wrt::Result<int> r = half(10);
    CHECK(r && r.ok() && *r == 5 && r.error().status() == WRT_OK && r.value_or(7) == 5);
    *r = 6;
    SAME(*r, 6);
    const wrt::Result<int> odd = half(3);
    CHECK(!odd && !odd.ok() && odd.value_or(7) == 7 && odd.error().status() == WRT_E_ARG);
    // Members are reached, and values that only move are moved out.
    wrt::Result<std::string> text = std::string("abc");
    CHECK(text->size() == 3);
    const wrt::Result<std::string> &same = text;
    CHECK(same->size() == 3 && *same == "abc");
    wrt::Result<std::unique_ptr<int>> owner = std::make_unique<int>(4);
    const std::unique_ptr<int> taken = *std::move(owner);
    SAME(*taken, 4);
}

// A value that is not there ends the program, in every build.
static void absent() {
    const pid_t child = fork();
    if (child == 0) {
        std::_Exit(*half(3) == 0 ? 1 : 2);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void chains() {
    SAME(*half(12).and_then(half).map([](int n) { return n + 1; }), 4);
    SAME(half(6).and_then(half).map([](int n) { return n + 1; }).error().status(), WRT_E_ARG);
    int seen = 0;
    CHECK(half(8).map([&](int n) { seen = n; }).ok() && seen == 4);
    CHECK(!half(7).map([&](int n) { seen = n; }).ok() && seen == 4);
    SAME(*half(8).and_then(small).and_then([] { return half(2); }), 1);
    SAME(half(80).and_then(small).and_then([] { return half(2); }).error().status(), WRT_E_BOUNDS);
    SAME(*small(1).map([] { return 3; }), 3);
    CHECK(small(1).map([&] { seen = 0; }).ok() && seen == 0);
    SAME(small(10).map([] { return 3; }).error().status(), WRT_E_BOUNDS);
    SAME(small(10).error().message(), std::string("more than one digit"));
}

static void errors() {
    const wrt::Error none;
    CHECK(none.status() == WRT_OK && none.reason() == WRT_REASON_NONE && !none.unfinished() && none.wanted() == nullptr);
    SAME(none.get().struct_size, sizeof(wrt_error));
    const wrt::Error fuel(WRT_FUEL), waits(WRT_PENDING), stop(WRT_INTERRUPTED), trap(WRT_E_TRAP), exit(WRT_E_EXIT);
    CHECK(fuel.unfinished() && fuel.out_of_fuel() && !fuel.pending() && !fuel.trapped());
    CHECK(waits.unfinished() && waits.pending() && !waits.out_of_fuel());
    CHECK(stop.unfinished() && stop.interrupted() && !stop.pending());
    CHECK(trap.trapped() && !trap.unfinished() && exit.exited() && !exit.trapped() && !trap.func());
    // Every status that comes alone has a sentence of its own, and its name.
    for (wrt_status a = WRT_E_EXIT; a <= WRT_INTERRUPTED; a++) {
        SAME(wrt::Error(a).status_name(), std::string(wrt_status_name(a)));
        CHECK(std::strlen(wrt::Error(a).message()) > 10);
    }
    // What the C interface wrote stays what it is.
    wrt_error raw = WRT_ERROR_INIT;
    raw.status = WRT_E_TRAP;
    raw.reason = WRT_TRAP_UNREACHABLE;
    raw.func = 3;
    raw.offset = 77;
    raw.need = 9;
    raw.detail = 5;
    const wrt::Error e(raw);
    CHECK(e.func() == 3u && e.offset() == 77 && e.need() == 9 && e.detail() == 5);
    SAME(e.reason(), WRT_TRAP_UNREACHABLE);
    SAME(e.reason_name(), std::string(wrt_reason_name(WRT_TRAP_UNREACHABLE)));
    SAME(text_of_error(e), "WRT_E_TRAP, WRT_TRAP_UNREACHABLE: , at byte 77 in function 3; 9 needed");
    SAME(text_of_error(wrt::Error(WRT_E_TYPE, "no").wanting("(i)i")), "WRT_E_TYPE: no; the program asks for (i)i");
    raw.status = WRT_E_LINK;
    raw.offset = raw.need = 0;
    SAME(text_of_error(wrt::Error(raw)), "WRT_E_LINK, WRT_TRAP_UNREACHABLE: , import 5");
    raw.status = WRT_E_EXIT;
    SAME(text_of_error(wrt::Error(raw)), "WRT_E_EXIT, WRT_TRAP_UNREACHABLE: , code 5");
}

// Text is cut to the room that there is, and ends with a NUL wherever there is any.
static void cut_text() {
    const wrt::Error e(WRT_E_ARG, "too long");
    const std::string whole = text_of_error(e);
    for (std::size_t cap = 0; cap <= whole.size() + 1; cap++) {
        std::vector<char> out(whole.size() + 2, 'x');
        SAME(e.text(wrt::span<char>(out.data(), cap)), whole.size());
        if (cap > 0) SAME(std::string(out.data()), whole.substr(0, cap - 1));
        SAME(out[cap], 'x');
    }
}

static void spans() {
    int array[3] = { 1, 2, 3 };
    std::vector<int> vector = { 4, 5 };
    const std::array<int, 4> fixed = { 6, 7, 8, 9 };
    const wrt::span<int> a(array), v(vector), none;
    const wrt::span<const int> f(fixed), also = a.first(2);
    CHECK(a.size() == 3 && a[2] == 3 && a.data() == array && a.size_bytes() == sizeof array && !a.empty());
    CHECK(v.size() == 2 && f.size() == 4 && none.empty() && none.data() == nullptr);
    CHECK(also.size() == 2 && a.first(9).size() == 3 && a.skip(1)[0] == 2 && a.skip(9).empty());
    int sum = 0;
    for (int n : f) sum += n;
    SAME(sum, 30);
    CHECK(wrt::span(array).end() == array + 3 && wrt::span(vector).begin() == vector.data());
#if __cplusplus >= 202002L
    const std::span<int> standard(a);
    const wrt::span<const int> back(standard);
    CHECK(standard.size() == 3 && back.data() == array);
#endif
}

static void bytes() {
    const unsigned char array[] = { 1, 2, 3 };
    const std::vector<char> vector = { 'a', 'b' };
    const std::string string = "abcd";
    const wrt::Bytes a(array), v(vector), s(string), none, p(array, 2);
    CHECK(a.size() == 3 && a.data() == array && v.size() == 2 && s.size() == 4 && none.size() == 0 && p.size() == 2);
    CHECK(a.first(2).size() == 2 && a.first(9).size() == 3 && a.skip(1).data() == array + 1 && a.skip(3).size() == 0);
    const wrt_bytes raw = s.get();
    SAME(wrt::text_of(raw), "abcd");
    SAME(wrt::Bytes(raw).data(), s.data());
    CHECK(wrt::text_of(none.get()).empty());
}

static void library() {
    CHECK(wrt::check_abi());
    SAME(wrt::features(), wrt_features());
}

void test_results() {
    TEST(values);
    TEST(absent);
    TEST(chains);
    TEST(errors);
    TEST(cut_text);
    TEST(spans);
    TEST(bytes);
    TEST(library);
}
