// The small application in C++: a control function runs as a guest, in memory that lies in arenas and with fuel that is
// granted call by call. Signals come from a CSV file; bad modules are told from good ones.
//
//   app [DIRECTORY OF THE GUESTS [CSV FILE]]
#include "wrt.hpp"
#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

const wrt::Budget tick_budget = wrt::Budget::of_fuel(200), trial_budget = wrt::Budget::of_fuel(10'000);
// In fac.wasm, the i64.mul of fac; made an i32.mul, its operands have the wrong type.
constexpr std::size_t fac_mul = 95;
constexpr unsigned char i32_mul = 0x6c;

// Everything that guests use.
wrt::StaticArena<16384> code;
wrt::StaticArena<4096> stack;
wrt::StaticArena<WRT_PAGE_SIZE> ram;

// What must not go wrong here ends the program.
template <class T> T must(wrt::Result<T> result, const char *what) {
    if (!result) {
        char text[256];
        result.error().text(text);
        std::fprintf(stderr, "%s: %s\n", what, text);
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::vector<unsigned char> read_file(const std::string &path) {
    std::FILE *file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) {
        std::perror(path.c_str());
        std::exit(1);
    }
    std::vector<unsigned char> bytes(1 << 16);
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
    std::fclose(file);
    return bytes;
}

std::string plot(double output) {
    std::string columns(41, '.');
    columns[20] = '|';
    columns[static_cast<std::size_t>(std::floor(std::clamp(output, -10.0, 10.0) * 2 + 0.5) + 20)] = '#';
    return columns;
}

struct Summary {
    unsigned rows = 0, settled = 0;
    std::uint64_t fuel = 0, state = 0;
};

Summary control(const std::vector<unsigned char> &wasm, const char *csv) {
    const auto released = code.mark();
    const auto stack_released = stack.mark();
    const wrt::Plan plan = must(wrt::plan(wasm, code), "plan");
    std::printf("plan: module %zu, instance %zu, memory %" PRIu64 ", stack %zu\n", plan.module, plan.instance, plan.memory_min, plan.stack_min);

    float sensed = 0, drive = 0;
    unsigned reports = 0;
    wrt::Linker<3> linker;
    linker.func("env", "sense", [&](std::int32_t) { return sensed; })
        .func("env", "actuate", [&](std::int32_t, float value) { drive = value; })
        .func("env", "report", [&](std::int32_t, float) { reports++; });
    const wrt::Module module = must(wrt::Module::load(code, wasm), "load");
    const wrt::Instance instance = must(linker.instantiate(code, module, wrt::Lent().memory(ram)), "instantiate");
    const wrt::Task task = must(wrt::Task::create(stack, instance), "task");
    const auto configure = must(instance.func<void(float, float, float, float)>("configure"), "configure");
    const auto aim = must(instance.func<void(float)>("aim"), "aim");
    const auto tick = must(instance.func<float()>("tick"), "tick");
    must(task.call(configure, tick_budget, 1.5f, 4.0f, 0.004f, 10.0f), "configure");

    Summary sum;
    std::FILE *file = std::fopen(csv, "r");
    if (file == nullptr) {
        std::perror(csv);
        std::exit(1);
    }
    char line[128];
    double time, target, measured;
    while (std::fgets(line, sizeof line, file) != nullptr) {
        if (std::sscanf(line, "%lf,%lf,%lf", &time, &target, &measured) != 3) continue; // the header
        sensed = static_cast<float>(measured);
        must(task.call(aim, tick_budget, static_cast<float>(target)), "aim");
        const std::uint64_t before = must(task.usage(), "usage").fuel_used;
        const float output = must(task.call(tick, tick_budget), "tick");
        const std::uint64_t fuel = must(task.usage(), "usage").fuel_used - before;
        std::printf("%.2f  %+.3f  %" PRIu64 "  |%s|\n", time, static_cast<double>(drive), fuel, plot(static_cast<double>(output)).c_str());
        sum.rows++, sum.fuel += fuel, sum.settled += std::abs(target - measured) < 0.05;
    }
    std::fclose(file);
    sum.state = must(instance.state_hash(), "state");
    return sum;
}

void refused(const char *name, wrt::Bytes wasm) {
    const auto released = code.mark();
    const wrt::Error error = wrt::Module::load(code, wasm).error();
    std::printf("%s: %s at byte %" PRIu64 "\n", name, error.reason_name(), error.offset());
}

// Tries modules that cannot be trusted: each ends in a line, none of them ends the program.
void survive(const std::string &directory) {
    const auto whole = read_file(directory + "/control.wasm");
    refused("cut off", wrt::Bytes(whole).first(whole.size() / 2));
    auto fac = read_file(directory + "/fac.wasm");
    fac[fac_mul] = i32_mul;
    refused("damaged", fac);

    // trap.wasm does what its parameter says: 9 never returns, 0 executes unreachable.
    const auto wasm = read_file(directory + "/trap.wasm");
    const wrt::Module module = must(wrt::Module::load(code, wasm), "trap.wasm");
    const wrt::Instance instance = must(wrt::Instance::create(code, module, wrt::Lent().memory(ram)), "trap.wasm");
    const wrt::Task task = must(wrt::Task::create(stack, instance), "trap.wasm");
    const auto run = must(instance.func<std::int32_t(std::int32_t)>("run"), "run");
    if (task.call(run, trial_budget, 9).error().out_of_fuel())
        std::printf("endless: out of fuel after %" PRIu64 "\n", must(task.usage(), "usage").fuel_used);
    task.reset();
    const wrt::Error trap = task.call(run, trial_budget, 0).error();
    wrt::Frame frames[1];
    for (const wrt::Frame &frame : task.backtrace(frames))
        std::printf("trap: %s in function %s\n", trap.reason_name(), std::string(frame.func_name()).c_str());
}

} // namespace

int main(int argc, char **argv) {
    const std::string directory = argc > 1 ? argv[1] : "examples/guests/wasm";
    const char *csv = argc > 2 ? argv[2] : "examples/app/signals.csv";
    const Summary sum = control(read_file(directory + "/control.wasm"), csv);
    survive(directory);
    std::printf("settled %u of %u rows, %" PRIu64 " fuel, state %016" PRIx64 "\n", sum.settled, sum.rows, sum.fuel, sum.state);
}
