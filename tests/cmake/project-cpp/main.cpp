// Runs the smallest guest that computes something: (func (export "add") (param i32 i32) (result i32)).
#include <cstdio>
#include <wrt.hpp>

namespace {
constexpr std::uint8_t wasm[] = {
    0, 'a', 's', 'm', 1, 0, 0, 0,
    1, 7, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f,         // type (i32 i32) -> i32
    3, 2, 1, 0,                                    // function 0 of type 0
    7, 7, 1, 3, 'a', 'd', 'd', 0, 0,               // export "add"
    10, 9, 1, 7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b,  // local.get 0, local.get 1, i32.add
};
wrt::StaticArena<4096> code, stack;

wrt::Result<std::int32_t> sum(std::int32_t a, std::int32_t b) {
    const auto module = wrt::Module::load(code, wasm);
    if (!module) return module.error();
    const auto instance = wrt::Instance::create(code, *module);
    if (!instance) return instance.error();
    const auto add = instance->func<std::int32_t(std::int32_t, std::int32_t)>("add");
    if (!add) return add.error();
    const auto task = wrt::Task::create(stack, *instance);
    if (!task) return task.error();
    return task->call(*add, wrt::Budget::of_fuel(100), a, b);
}
}  // namespace

int main() {
    const auto answer = sum(40, 2);
    if (!answer) {
        char text[160];
        (void)answer.error().text(text);
        std::printf("%s\n", text);
        return 1;
    }
    std::printf("wrt %d.%d.%d: 40 + 2 = %d\n", WRT_VERSION_MAJOR, WRT_VERSION_MINOR, WRT_VERSION_PATCH, *answer);
    return *answer != 42;
}
