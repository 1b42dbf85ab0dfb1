// Shared memories: threads that count in one memory, wait and are woken, and a waiter that parks.
#include "harness.hpp"
#include <condition_variable>
#include <mutex>
#include <thread>

// Blocks threads; who waits for ever is woken by nobody but a notification.
class Sleepers {
    struct Sleeper {
        std::size_t place;
        bool woken = false;
        Sleeper *next;
    };
    std::mutex lock_;
    std::condition_variable wake_;
    Sleeper *first_ = nullptr;

public:
    unsigned asleep = 0;
    std::int32_t wait(wrt::Wait w) {
        std::unique_lock<std::mutex> hold(lock_);
        if (!w.holds()) return WRT_WAIT_NOT_EQUAL;
        if (w.timeout() != UINT64_MAX) return WRT_WAIT_TIMED_OUT;
        Sleeper me{ w.place(), false, first_ };
        first_ = &me;
        asleep++;
        wake_.wait(hold, [&me] { return me.woken; });
        return WRT_WAIT_WOKEN;
    }
    std::uint32_t notify(std::size_t place, std::uint32_t count) {
        const std::lock_guard<std::mutex> hold(lock_);
        std::uint32_t n = 0;
        for (Sleeper **at = &first_; *at != nullptr && n < count;) {
            Sleeper &s = **at;
            if (s.place != place) {
                at = &s.next;
                continue;
            }
            *at = s.next;
            s.woken = true;
            n++;
        }
        wake_.notify_all();
        return n;
    }
};

// Parks every guest.
struct Parking {
    std::size_t place = 0;
    std::uint64_t timeout = 0;
    std::int32_t wait(wrt::Wait w) {
        place = w.place();
        timeout = w.timeout();
        CHECK(w.holds() && w.get() != nullptr);
        return WRT_WAIT_PENDING;
    }
    std::uint32_t notify(std::size_t at, std::uint32_t count) { return at == place ? count : 0; }
};

// An instance of share with a memory that is its neighbours' too.
struct Sharer {
    Region code, stack;
    wrt::Linker<0> linker;
    wrt::Instance instance;
    wrt::Task task;
    explicit Sharer(wrt::SharedMemory memory) : code(1 << 15), stack(4096) {
        linker.share("env", "memory", memory.get());
        const wrt::Module module = must(wrt::Module::load(code.arena, share_wasm, wrt::Limits().with(WRT_PROPOSAL_THREADS)));
        instance = must(linker.instantiate(code.arena, module));
        task = must(wrt::Task::create(stack.arena, instance));
    }
};

static void counting() {
    Region bytes(std::size_t{ 3 } * WRT_PAGE_SIZE), handle(WRT_SHARED_MEMORY_SIZE);
    const wrt::SharedMemory memory = must(wrt::SharedMemory::create(handle.arena, wrt::SharedConfig(bytes.arena, 1, 3)));
    SAME(handle.arena.remaining(), 0u);
    const int rounds = 500;
    const auto work = [&memory] {
        const Sharer s(memory);
        must(s.task.call(must(s.instance.func<void(std::int32_t)>("count")), wrt::Budget(), rounds));
    };
    std::thread a(work), b(work);
    a.join();
    b.join();
    SAME(must(memory.read<std::int64_t>(0)), 2 * rounds);
    SAME(must(memory.read<std::int32_t>(20)), 2 * rounds);
    must(memory.write(20, 5));
    SAME(must(memory.read<std::int32_t>(20)), 5);
    SAME(memory.read<std::int64_t>(65529).error().status(), WRT_E_BOUNDS);
    SAME(memory.write(65535, 5).error().status(), WRT_E_BOUNDS);
    SAME(must(memory.grow(1)), 1u);
    SAME(must(memory.view()).len, 2 * WRT_PAGE_SIZE);
    SAME(memory.grow(9).error().status(), WRT_E_BUDGET);
    SAME(wrt::SharedMemory().view().error().status(), WRT_E_ARG);
    SAME(wrt::SharedMemory::create(handle.arena, wrt::SharedConfig(bytes.arena, 1, 3)).error().status(), WRT_E_ARENA);
}

// One thread waits, another wakes it: the order of both does not matter.
static void waking() {
    Sleepers sleepers;
    const wrt::Waiter waiter(sleepers);
    Region bytes(WRT_PAGE_SIZE), handle(WRT_SHARED_MEMORY_SIZE);
    const wrt::SharedMemory memory =
        must(wrt::SharedMemory::create(handle.arena, wrt::SharedConfig(bytes.arena, 1, 1).with_waiter(waiter)));
    const Sharer one(memory), two(memory);
    const auto play = must(one.instance.func<void(std::int32_t, std::int32_t, std::int32_t)>("play"));
    std::thread other([&] { must(two.task.call(play, wrt::Budget(), 1, 0, 50)); });
    must(one.task.call(play, wrt::Budget(), 0, 1, 50));
    other.join();
    SAME(must(memory.read<std::int32_t>(32)), 0);
    // A wait with a timeout, and one for a value that is not there.
    const auto wait = must(one.instance.func<std::int32_t(std::int32_t, std::int64_t)>("wait"));
    SAME(must(one.task.call(wait, wrt::Budget(), 0, 5)), WRT_WAIT_TIMED_OUT);
    SAME(must(one.task.call(wait, wrt::Budget(), 1, -1)), WRT_WAIT_NOT_EQUAL);
    SAME(must(memory.notify(64, 1)), 0u);
    SAME(memory.notify(65, 1).error().status(), WRT_E_BOUNDS);
}

static void parked() {
    Parking parking;
    const wrt::Waiter waiter(parking);
    Region bytes(WRT_PAGE_SIZE), handle(WRT_SHARED_MEMORY_SIZE);
    const wrt::SharedMemory memory =
        must(wrt::SharedMemory::create(handle.arena, wrt::SharedConfig(bytes.arena, 1, 1).with_waiter(waiter)));
    const Sharer s(memory);
    const auto wait = must(s.instance.func<std::int32_t(std::int32_t, std::int64_t)>("wait"));
    CHECK(s.task.call(wait, wrt::Budget(), 0, 1234).error().pending());
    CHECK(must(s.task.pending()).is_wait() && parking.timeout == 1234);
    SAME(must(memory.notify(64, 3)), 3u);
    must(s.task.complete(std::int32_t{ WRT_WAIT_WOKEN }));
    SAME(must(s.task.resume(wait, wrt::Budget())), WRT_WAIT_WOKEN);
}

// A module's own shared memory, handed on.
static void owned() {
    Parking parking;
    const wrt::Waiter waiter(parking);
    Region code(1 << 15), bytes(std::size_t{ 4 } * WRT_PAGE_SIZE), handle(WRT_SHARED_HANDLE_SIZE), stack(4096);
    const wrt::Module module = must(wrt::Module::load(code.arena, owner_wasm, wrt::Limits().with(WRT_PROPOSAL_THREADS)));
    const wrt::Instance owner = must(wrt::Instance::create(code.arena, module, wrt::Lent().memory(bytes.arena).waiter(waiter.get())));
    const wrt::SharedMemory memory = must(wrt::SharedMemory::of(handle.arena, owner));
    const Sharer user(memory);
    must(user.task.call(must(user.instance.func<void(std::int32_t)>("count")), wrt::Budget(), 3));
    SAME(must(owner.memory().read<std::int64_t>(0)), 3);
    SAME(wrt::SharedMemory::of(code.arena, owner, 1).error().status(), WRT_E_LINK);
    const wrt::Task task = must(wrt::Task::create(stack.arena, owner));
    CHECK(task.call(must(owner.func<std::int32_t(std::int32_t, std::int64_t)>("wait")), wrt::Budget(), 0, -1).error().pending());
}

void test_threads() {
    TEST(counting);
    TEST(waking);
    TEST(parked);
    TEST(owned);
}
