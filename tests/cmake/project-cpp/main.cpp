// Runs the smallest guest that computes something: (func (export "add") (param i32 i32) (result i32)).
#include <array>
#include <cstdint>
#include <cstdio>
#include <wrt.h>

namespace {
constexpr std::uint8_t wasm[] = {
    0, 'a', 's', 'm', 1, 0, 0, 0,
    1, 7, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f,         // type (i32 i32) -> i32
    3, 2, 1, 0,                                    // function 0 of type 0
    7, 7, 1, 3, 'a', 'd', 'd', 0, 0,               // export "add"
    10, 9, 1, 7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b,  // local.get 0, local.get 1, i32.add
};
alignas(WRT_ARENA_ALIGN) std::array<unsigned char, 4096> code, stack;
}  // namespace

int main() {
    wrt_arena a{code.data(), code.size()}, s{stack.data(), stack.size()};
    wrt_error error = WRT_ERROR_INIT;
    wrt_load_budget load;
    wrt_run_budget run;
    wrt_load_budget_default(&load, sizeof load);
    wrt_run_budget_default(&run, sizeof run);
    wrt_instance_config config{};
    config.struct_size = sizeof config;
    wrt_module *module = nullptr;
    wrt_instance *instance = nullptr;
    wrt_task *task = nullptr;
    wrt_func add;
    wrt_value arguments[2]{}, sum{};
    arguments[0].i32 = 40;
    arguments[1].i32 = 2;
    wrt_status status = wrt_module_load(&a, wrt_bytes{wasm, sizeof wasm}, &load, &module, &error);
    if (status == WRT_OK) status = wrt_instance_new(&a, module, &config, &instance, &error);
    if (status == WRT_OK) status = wrt_task_new(&s, instance, &task);
    if (status == WRT_OK) status = wrt_export_func(instance, "add", "(ii)i", &add);
    if (status == WRT_OK) status = wrt_call(task, add, arguments, 2, &sum, 1, &run, &error);
    if (status != WRT_OK) {
        std::printf("%s: %s\n", wrt_status_name(status), error.message);
        return 1;
    }
    std::printf("wrt %d.%d.%d: 40 + 2 = %d\n", WRT_VERSION_MAJOR, WRT_VERSION_MINOR, WRT_VERSION_PATCH, sum.i32);
    return sum.i32 != 42;
}
