// With WRT_EXCEPTIONS: value() throws, and gives what is there where nothing went wrong.
#define WRT_EXCEPTIONS 1
#include "../harness.hpp"
#include <cstdio>

static unsigned passed, failed;
bool check(bool holds, const char *what, const char *file, int line) {
    if (!holds) std::printf("    %s:%d: not so: %s\n", file, line, what);
    (holds ? passed : failed)++;
    return holds;
}

static wrt::Result<int> half(int n) {
    if (n % 2 != 0) return wrt::Error(WRT_E_TYPE, "an odd number").wanting("(i)i");
    return n / 2;
}
static wrt::Result<void> even(int n) {
    if (n % 2 != 0) return wrt::Error(WRT_E_ARG);
    return {};
}

// What `f` throws; an error that is none where it throws nothing.
template <class F> static wrt::Error thrown(F f) {
    try {
        f();
    } catch (const wrt::Exception &e) {
        char text[400];
        e.error().text(text);
        CHECK(std::string(e.what()) == text);
        return e.error();
    }
    return {};
}

int main() {
    wrt::Result<int> four = half(8);
    CHECK(four.value() == 4 && half(8).value() == 4);
    four.value() = 5;
    CHECK(*four == 5);
    CHECK(*wrt::Result<std::unique_ptr<int>>(std::make_unique<int>(3)).value() == 3);
    const wrt::Error odd = thrown([] { (void)half(7).value(); });
    CHECK(odd.status() == WRT_E_TYPE && std::string(odd.wanted()) == "(i)i");
    CHECK(thrown([] { even(2).value(); }).status() == WRT_OK);
    CHECK(thrown([] { even(3).value(); }).status() == WRT_E_ARG);
    const std::exception &base = wrt::Exception(odd);
    CHECK(std::string(base.what()).find("an odd number") != std::string::npos);

    // A whole program by value() alone.
    static wrt::StaticArena<16384> code;
    static wrt::StaticArena<4096> stack;
    const auto module = wrt::Module::load(code, chain_wasm).value();
    const auto instance = wrt::Instance::create(code, module).value();
    const auto task = wrt::Task::create(stack, instance).value();
    const auto run = instance.func<std::int32_t(std::int32_t)>("run").value();
    CHECK(task.call(run, wrt::Budget(), 1).value() == task.call(run, wrt::Budget(), 1).value());
    CHECK(thrown([&] { (void)task.call(run, wrt::Budget::of_fuel(1), 1).value(); }).out_of_fuel());
    CHECK(thrown([&] { (void)instance.func<void()>("run").value(); }).status() == WRT_E_TYPE);
    std::printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
