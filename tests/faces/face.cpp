// The face of C++: runs one export of one module by include/wrt.hpp and prints what came of it.
//
//   face MODULE.wasm EXPORT FUEL [ARGUMENT...]
//
// README.md has the contract that every face keeps; this program knows nothing of the other faces.
#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>
#include <wrt.hpp>

namespace {

constexpr std::size_t stack_bytes = std::size_t{ 1 } << 20;
constexpr std::size_t heap_bytes = std::size_t{ 1 } << 20;
constexpr std::uint64_t memory_bytes = std::uint64_t{ 16 } << 20;
constexpr std::size_t most_frames = 64;

/// Bytes of the system's, as an arena; given back at the end of the scope.
class Lease {
    std::vector<std::byte> bytes_;
    wrt::Arena arena_;

public:
    explicit Lease(std::size_t size) : bytes_(size + WRT_ARENA_ALIGN), arena_(wrt::span<std::byte>(bytes_.data(), bytes_.size())) {
        // Not a byte more than was asked for, so that what is too small shows.
        if (auto exact = arena_.take(size)) arena_ = std::move(*exact);
    }
    wrt::Arena &operator*() { return arena_; }
};

[[noreturn]] void fail(const char *what, const char *of) {
    std::fprintf(stderr, "face: %s: %s\n", what, of);
    std::exit(2);
}

std::string text(const wrt::Plan &p) {
    std::string out = "{";
    const auto field = [&out](const char *name, std::uint64_t value) {
        out += (out.size() > 1 ? ",\"" : "\"") + std::string(name) + "\":" + std::to_string(value);
    };
    field("load_scratch", p.load_scratch);
    field("module", p.module);
    field("instance", p.instance);
    field("table_max", p.table_max);
    field("stack_min", p.stack_min);
    field("memory_min", p.memory_min);
    field("memory_max", p.memory_max);
    field("heap_min", p.heap_min);
    return out + "}";
}

std::string text(const wrt::Error &e) {
    if (e.status() == WRT_OK) return "null";
    const bool stopped = e.unfinished();
    return std::string("{\"status\":\"") + e.status_name() + "\",\"reason\":\"" + (stopped ? "" : e.reason_name())
        + "\",\"offset\":" + std::to_string(stopped ? 0 : e.offset())
        + ",\"func\":" + (stopped || !e.func() ? "null" : std::to_string(*e.func())) + "}";
}

/// The bits of a number, as hexadecimal digits.
template <class Bits, class T> std::string bits(const char *type, T value) {
    Bits b;
    static_assert(sizeof b == sizeof value);
    std::memcpy(&b, &value, sizeof b);
    char digits[17];
    std::snprintf(digits, sizeof digits, "%0*" PRIx64, static_cast<int>(2 * sizeof b), std::uint64_t{ b });
    return std::string(type) + ":0x" + digits;
}

std::string text(char type, const wrt_value &v) {
    switch (type) {
    case 'i': return "i32:" + std::to_string(v.i32);
    case 'I': return "i64:" + std::to_string(v.i64);
    case 'f': return bits<std::uint32_t>("f32", v.f32);
    case 'F': return bits<std::uint64_t>("f64", v.f64);
    case 'v': {
        std::string out = "v128:0x";
        for (std::size_t i = 16; i-- > 0;) {
            char digits[3];
            std::snprintf(digits, sizeof digits, "%02x", v.v128[i]);
            out += digits;
        }
        return out;
    }
    default: return v.ref == 0 ? "ref:null" : "ref:some";
    }
}

wrt_value parse(char type, const char *word) {
    wrt_value v{};
    const std::uint64_t number =
        word[0] == '-' ? static_cast<std::uint64_t>(std::strtoll(word, nullptr, 10)) : std::strtoull(word, nullptr, 10);
    switch (type) {
    case 'i': v.i32 = static_cast<std::int32_t>(static_cast<std::uint32_t>(number)); break;
    case 'I': v.i64 = static_cast<std::int64_t>(number); break;
    case 'f': v.f32 = std::strtof(word, nullptr); break;
    case 'F': v.f64 = std::strtod(word, nullptr); break;
    default: fail("no argument of this type can be given", word);
    }
    return v;
}

/// What is printed; empty as long as nothing ran.
struct Answer {
    std::string plan = "null", results, frames, hash = "null";
    wrt::Error error;
    wrt::Usage usage;

    int print() const {
        std::printf("{\"plan\":%s,\"error\":%s,\"results\":[%s],\"fuel\":%" PRIu64 ",\"stack_peak\":%" PRIu64
                    ",\"call_depth_peak\":%" PRIu32 ",\"memory_bytes\":%" PRIu64 ",\"frames\":[%s],\"hash\":%s}\n",
                    plan.c_str(), text(error).c_str(), results.c_str(), usage.fuel_used, usage.stack_peak,
                    usage.call_depth_peak, usage.memory_bytes, frames.c_str(), hash.c_str());
        return 0;
    }
    int print(const wrt::Error &why) {
        error = why;
        return print();
    }
};

/// A plan, whatever scratch it takes.
wrt::Result<wrt::Plan> plan(wrt::Bytes wasm) {
    std::size_t size = std::size_t{ 1 } << 16;
    while (true) {
        Lease scratch(size);
        auto p = wrt::plan(wasm, *scratch);
        if (p || p.error().status() != WRT_E_ARENA || p.error().need() <= size) return p;
        size = p.error().need();
    }
}

/// The signature of an exported function, such as "(iI)f".
std::string signature(wrt::Module module, const char *name) {
    std::array<char, 256> room{};
    for (const auto &x : module.exports()) {
        if (x.is_func() && x.field_name() == name) {
            if (auto sig = module.func_signature(x.index, wrt::span<char>(room.data(), room.size()))) return std::string(*sig);
        }
    }
    fail("no signature", name);
}

int run(wrt::Bytes wasm, const char *name, std::uint64_t fuel, int words, char **word) {
    Answer answer;
    const auto planned = plan(wasm);
    if (!planned) return answer.print(planned.error());
    Lease code(planned->to_load()), place(planned->instance), stack(stack_bytes), heap(heap_bytes);
    const auto module = wrt::Module::load(*code, wasm);
    if (!module) return answer.print(module.error());
    answer.plan = text(*planned);

    const std::uint64_t most = planned->memory_max == 0 ? memory_bytes : std::min(planned->memory_max, memory_bytes);
    Lease memory(static_cast<std::size_t>(most));
    wrt::Linker<5> env;
    env.func("env", "log", [](std::int32_t) {})
        .func("env", "double", [](std::int32_t x) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) * 2u); })
        .func("env", "sense", [](std::int32_t) { return 0.5f; })
        .func("env", "actuate", [](std::int32_t, float) {})
        .func("env", "report", [](std::int32_t, float) {});
    const auto instance = env.instantiate(*place, *module, wrt::Lent().memory(*memory).heap(*heap));
    if (!instance) return answer.print(instance.error());
    const auto func = instance->func(name);
    if (!func) return answer.print(func.error());

    const auto task = wrt::Task::create(*stack, *instance);
    if (!task) fail("no task", task.error().message());
    const std::string sig = signature(*module, name);
    const std::size_t nargs = sig.find(')') - 1;
    if (nargs != static_cast<std::size_t>(words)) fail("the function takes other arguments", sig.c_str());
    std::vector<wrt_value> arguments, results(sig.size());
    for (std::size_t i = 0; i < nargs; i++) arguments.push_back(parse(sig[i + 1], word[i]));

    const auto budget = wrt::Budget::of_fuel(fuel).with_depth(100000).with_memory(memory_bytes);
    auto ran = task->start_values(*func, wrt::span<const wrt_value>(arguments.data(), arguments.size()));
    if (ran) ran = task->run(budget);
    answer.error = ran.error();
    if (ran) {
        const auto n = task->results(wrt::span<wrt_value>(results.data(), results.size()));
        for (std::size_t i = 0; n && i < *n; i++) {
            answer.results += (i > 0 ? ",\"" : "\"") + text(sig[nargs + 2 + i], results[i]) + "\"";
        }
    } else {
        std::array<wrt::Frame, most_frames> frames;
        for (const auto &f : task->backtrace(wrt::span<wrt::Frame>(frames.data(), frames.size()))) {
            answer.frames += (answer.frames.empty() ? "[" : ",[") + std::to_string(f.func) + "," + std::to_string(f.func_offset)
                + "," + std::to_string(f.module_offset) + "]";
        }
    }
    const auto usage = task->usage();
    const auto hash = instance->state_hash();
    if (!usage || !hash) fail("no usage", "of the task");
    answer.usage = *usage;
    char digits[19];
    std::snprintf(digits, sizeof digits, "\"%016" PRIx64 "\"", *hash);
    answer.hash = digits;
    return answer.print();
}

}  // namespace

int main(int argc, char **argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: face MODULE.wasm EXPORT FUEL [ARGUMENT...]\n");
        return 2;
    }
    std::ifstream file(argv[1], std::ios::binary);
    const std::vector<char> wasm{ std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>() };
    if (!file) fail("cannot read", argv[1]);
    return run(wrt::Bytes(wasm.data(), wasm.size()), argv[2], std::strtoull(argv[3], nullptr, 10), argc - 4, argv + 4);
}
