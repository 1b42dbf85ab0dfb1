// Counting, arenas, and the instance that most tests use.
#include "harness.hpp"
#include <cstdio>
#include <cstdlib>

static unsigned passed, failed;
static bool sound;

bool check(bool holds, const char *what, const char *file, int line) {
    if (!holds) {
        std::printf("    %s:%d: not so: %s\n", file, line, what);
        sound = false;
    }
    return holds;
}

void test(const char *name, void (*body)()) {
    sound = true;
    body();
    if (sound) {
        passed++;
    } else {
        failed++;
        std::printf("FAIL %s\n", name);
    }
}

void Region::Free::operator()(void *p) const noexcept { std::free(p); }

static void *room(std::size_t size) {
    void *p = nullptr;
    if (posix_memalign(&p, WRT_ARENA_ALIGN, size) != 0) std::abort();
    std::memset(p, 0xa5, size);
    return p;
}

Region::Region(std::size_t size) : bytes_(room(size)), size_(size), arena(bytes_.get(), size) {}

wrt::span<std::byte> Region::bytes() const { return { static_cast<std::byte *>(bytes_.get()), size_ }; }

std::string text_of_error(const wrt::Error &error) {
    char text[400];
    const std::size_t n = error.text(text);
    CHECK(n < sizeof text);
    return std::string(text, n);
}

static wrt::Plan kit_plan() {
    const Region scratch(1 << 16);
    return must(wrt::plan(kit_wasm, scratch.arena));
}

Kit::Kit()
    : plan(kit_plan()), module_region(plan.to_load()), instance_region(plan.instance), stack(4096),
      ram(std::size_t{ 3 } * WRT_PAGE_SIZE) {
    linker
        .func("env", "add",
              [this](std::int32_t a, std::int32_t b) {
                  calls++;
                  return a + b;
              })
        .func<double(std::int64_t)>("env", "wait",
                                    [this](std::int64_t x) {
                                        calls++;
                                        waited = x;
                                        return wrt::Pending{};
                                    })
        .func("env", "end", [this](std::int32_t code) -> wrt::Answer<> {
            calls++;
            if (code < 0) return wrt::Trap{ "the host has had enough", 99 };
            return wrt::Exit{ static_cast<std::uint32_t>(code) };
        });
    module = must(wrt::Module::load(module_region.arena, kit_wasm));
    instance = must(linker.instantiate(instance_region.arena, module, wrt::Lent().memory(ram.arena)));
    task = must(wrt::Task::create(stack.arena, instance));
}

int main() {
    // What was said before a crash counts.
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    test_results();
    test_arenas();
    test_modules();
    test_functions();
    test_hosts();
    test_tasks();
    test_state();
    test_exceptions();
    test_hooks();
    test_threads();
    test_sched();
    test_await();
    std::printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
