// What the C++ tests share: counting, arenas of exact size with nothing behind them, and a ready instance of kit.
#ifndef HARNESS_HPP
#define HARNESS_HPP
#include "../c/guests.h"
#include "wrt.hpp"
#include <memory>
#include <string>

// Notes a check; the test in which one fails has failed.
#define CHECK(...) check(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
bool check(bool holds, const char *what, const char *file, int line);
// The same for two values, which must be equal.
#define SAME(a, b) check((a) == (b), #a " == " #b, __FILE__, __LINE__)

// Runs a test and prints its name if it fails.
void test(const char *name, void (*body)());
#define TEST(name) test(#name, name)

// An arena of exactly this size on the heap, so that checkers see the byte behind it.
class Region {
    struct Free {
        void operator()(void *p) const noexcept;
    };
    std::unique_ptr<void, Free> bytes_;
    std::size_t size_;

public:
    wrt::Arena arena;
    explicit Region(std::size_t size);
    wrt::span<std::byte> bytes() const;
};

// A value that must be there.
template <class T> T must(wrt::Result<T> result, const char *file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (!result) {
        char text[300];
        result.error().text(text);
        check(false, text, file, line);
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}
// The text of an error.
std::string text_of_error(const wrt::Error &error);

// An instance of kit in arenas of exactly the size that the plan says, with a task. Its host functions: add sums, wait is
// pending, end exits with its number or traps where it is negative.
struct Kit {
    unsigned calls = 0;
    std::int64_t waited = 0;
    wrt::Plan plan;
    Region module_region, instance_region, stack, ram;
    wrt::Linker<3> linker;
    wrt::Module module;
    wrt::Instance instance;
    wrt::Task task;
    Kit();
};

// The parts, each in a file of its name.
void test_results();
void test_arenas();
void test_modules();
void test_functions();
void test_hosts();
void test_tasks();
void test_state();
void test_exceptions();
void test_hooks();
void test_threads();
void test_sched();
void test_await();
#endif
