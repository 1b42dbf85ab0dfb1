/* Stopping and continuing: fuel, pending host calls, interrupts, snapshots, both back ends. RUN-1..RUN-3, MEM-7. */
#include "harness.h"
#include <stdlib.h>

static wrt_usage usage(const kit *k) {
    wrt_usage u = { 0 };
    u.struct_size = sizeof u;
    SAME(wrt_task_usage(k->task, &u), WRT_OK);
    return u;
}

static uint64_t hash(const kit *k) {
    uint64_t h = 0;
    SAME(wrt_state_hash(k->instance, &h), WRT_OK);
    return h;
}

/* A stop at every fuel value, continued, comes to the same end. */
static void every_fuel(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value x = i32(60), r;
    wrt_func sum = kit_func(&k, "sum", "(i)i");
    SAME(wrt_call(k.task, sum, &x, 1, &r, 1, &b, &err), WRT_OK);
    wrt_usage whole = usage(&k);
    uint64_t end = hash(&k);
    SAME(r.i32, 1830);
    CHECK(whole.fuel_used > 300);
    for (uint64_t fuel = 1; fuel <= whole.fuel_used + 1; fuel++) {
        wrt_status s;
        wrt_value y;
        unsigned stops = 0;
        wrt_task_reset(k.task);
        b.fuel = fuel;
        s = wrt_call(k.task, sum, &x, 1, &y, 1, &b, &err);
        while (s == WRT_FUEL && ++stops < 100000) s = wrt_task_run(k.task, &b, &err);
        SAME(s, WRT_OK);
        SAME(wrt_task_results(k.task, &y, 1, NULL), WRT_OK);
        SAME(y.i32, r.i32);
        SAME(usage(&k).fuel_used, whole.fuel_used);
        if (fuel >= whole.fuel_used) SAME(stops, 0);
        if (fuel == 1) CHECK(stops > 10);
    }
    CHECK(hash(&k) == end);
    kit_free(&k);
}

/* No fuel at all is a stop, not an error; it can be had later. */
static void no_fuel(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value x = i32(5), r;
    wrt_func sum = kit_func(&k, "sum", "(i)i");
    SAME(wrt_task_start(k.task, sum, &x, 1), WRT_OK);
    b.fuel = 0;
    for (int i = 0; i < 3; i++) {
        SAME(wrt_task_run(k.task, &b, &err), WRT_FUEL);
        SAME(err.status, WRT_FUEL);
        SAME(err.reason, WRT_REASON_NONE);
    }
    b.fuel = 100000;
    SAME(wrt_task_run(k.task, &b, &err), WRT_OK);
    SAME(wrt_task_results(k.task, &r, 1, NULL), WRT_OK);
    SAME(r.i32, 15);
    kit_free(&k);
}

/* A stopped task goes on elsewhere, from the bytes in use alone. RUN-2, MEM-7 */
static void moved(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value x = i32(60), r, y;
    wrt_func sum = kit_func(&k, "sum", "(i)i");
    SAME(wrt_call(k.task, sum, &x, 1, &r, 1, &b, &err), WRT_OK);
    wrt_usage whole = usage(&k);
    uint64_t end = hash(&k);
    wrt_task_reset(k.task);
    b.fuel = 100;
    SAME(wrt_call(k.task, sum, &x, 1, &y, 1, &b, &err), WRT_FUEL);

    size_t n = 77;
    region own = region_new(k.plan.instance), stack = region_new(4096), ram = region_new(k.ram.size);
    SAME(wrt_instance_snapshot(k.instance, own.base, k.plan.instance - 1, &n), WRT_E_ARENA);
    SAME(n, k.plan.instance);
    SAME(wrt_instance_snapshot(NULL, own.base, own.size, &n), WRT_E_ARG);
    SAME(n, 0);
    SAME(wrt_instance_snapshot(k.instance, NULL, own.size, NULL), WRT_E_ARG);
    SAME(wrt_instance_snapshot(k.instance, own.base, own.size, &n), WRT_OK);
    wrt_usage used = usage(&k);
    SAME(wrt_task_snapshot(k.task, stack.base, (size_t)used.stack_peak - 1, &n), WRT_E_ARENA);
    SAME(n, used.stack_peak);
    SAME(wrt_task_snapshot(NULL, stack.base, stack.size, NULL), WRT_E_ARG);
    SAME(wrt_task_snapshot(k.task, stack.base, stack.size, &n), WRT_OK);
    memcpy(ram.base, k.ram.base, ram.size);
    memset(k.instance_region.base, 0, k.instance_region.size);
    memset(k.stack.base, 0, k.stack.size);
    memset(k.ram.base, 0, k.ram.size);

    wrt_instance *i = NULL;
    wrt_task *t = NULL;
    wrt_host_module env = { "env", kit_env, 3, &k.host };
    wrt_instance_config c = { 0 };
    c.struct_size = sizeof c;
    c.hosts = &env;
    c.nhosts = 1;
    c.memory = ram.arena;
    SAME(wrt_instance_relocate(&own.arena, k.module, &c, &i, &err), WRT_OK);
    wrt_arena less = { stack.base, n - 16 };
    SAME(wrt_task_relocate(&less, i, &t, &err), WRT_E_ARENA);
    CHECK(t == NULL && err.need == n && less.size == n - 16);
    SAME(wrt_task_relocate(&stack.arena, NULL, &t, &err), WRT_E_ARG);
    SAME(wrt_task_relocate(&stack.arena, i, NULL, &err), WRT_E_ARG);
    /* No task's token. */
    wrt_arena all = stack.arena;
    unsigned char *first = (unsigned char *)stack.base;
    first[8] ^= 1;
    SAME(wrt_task_relocate(&all, i, &t, &err), WRT_E_HANDLE);
    CHECK(all.base == stack.base && all.size == stack.size);
    first[8] ^= 1;
    /* Any bit wrong: made or refused, and nothing but the region is read. */
    unsigned char *kept = malloc(n);
    CHECK(kept != NULL);
    memcpy(kept, first, n);
    unsigned refused = 0;
    for (size_t bit = 0; bit < n * 8; bit++) {
        first[bit / 8] ^= (unsigned char)(1u << bit % 8);
        wrt_arena exact = { stack.base, n };
        wrt_status got = wrt_task_relocate(&exact, i, &t, &err);
        CHECK(got == WRT_OK || got == WRT_E_HANDLE || got == WRT_E_ARENA);
        CHECK((got == WRT_OK) == (t != NULL) && (got == WRT_OK) == (exact.size == 0));
        refused += got != WRT_OK;
        if (got == WRT_OK)
            wrt_task_reset(t);
        memcpy(first, kept, n);
    }
    free(kept);
    CHECK(refused > 64);
    SAME(wrt_task_relocate(&all, i, &t, &err), WRT_OK);
    SAME(all.size, 0);
    b.fuel = UINT64_MAX;
    SAME(wrt_task_run(t, &b, &err), WRT_OK);
    SAME(wrt_task_results(t, &y, 1, NULL), WRT_OK);
    SAME(y.i32, r.i32);
    wrt_usage u = { 0 };
    u.struct_size = sizeof u;
    SAME(wrt_task_usage(t, &u), WRT_OK);
    SAME(u.fuel_used, whole.fuel_used);
    SAME(u.stack_peak, whole.stack_peak);
    uint64_t h = 0;
    SAME(wrt_state_hash(i, &h), WRT_OK);
    CHECK(h == end);
    region_free(&own);
    region_free(&stack);
    region_free(&ram);
    kit_free(&k);
}

static void pending(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value x = i64(5), answer, r;
    wrt_pending p = { 0 };
    p.struct_size = sizeof p;
    wrt_func await = kit_func(&k, "await", "(I)F");
    SAME(wrt_task_pending(k.task, &p), WRT_E_STATE);
    SAME(wrt_task_complete(k.task, WRT_OK, NULL, 0), WRT_E_STATE);
    k.host.answer = WRT_PENDING;
    memset(&answer, 0, sizeof answer);
    answer.f64 = 21.0;
    SAME(wrt_call(k.task, await, &x, 1, &r, 1, &b, &err), WRT_PENDING);
    SAME(err.status, WRT_PENDING);
    SAME(wrt_task_pending(k.task, &p), WRT_OK);
    SAME(p.func, 1);
    SAME(p.nresults, 1);
    CHECK(p.module.len == 3 && memcmp(p.module.ptr, "env", 3) == 0);
    CHECK(p.name.len == 4 && memcmp(p.name.ptr, "wait", 4) == 0);
    wrt_frame f[4];
    SAME(wrt_task_backtrace(k.task, f, 4), 1);
    SAME(f[0].func, await.index);
    /* Nothing goes on before the answer. */
    SAME(wrt_task_run(k.task, &b, &err), WRT_PENDING);
    SAME(k.host.calls, 1);
    SAME(wrt_task_results(k.task, &r, 1, NULL), WRT_E_STATE);
    SAME(wrt_task_complete(k.task, WRT_OK, NULL, 0), WRT_E_TYPE);
    SAME(wrt_task_complete(k.task, WRT_OK, &answer, 2), WRT_E_TYPE);
    SAME(wrt_task_complete(k.task, WRT_OK, NULL, 1), WRT_E_ARG);
    SAME(wrt_task_complete(k.task, WRT_OK, &answer, 1), WRT_OK);
    SAME(wrt_task_complete(k.task, WRT_OK, &answer, 1), WRT_E_STATE);
    SAME(wrt_task_run(k.task, &b, &err), WRT_OK);
    SAME(wrt_task_results(k.task, &r, 1, NULL), WRT_OK);
    CHECK(r.f64 > 41.9 && r.f64 < 42.1);
    /* The answer may be the end. */
    SAME(wrt_call(k.task, await, &x, 1, &r, 1, &b, &err), WRT_PENDING);
    SAME(wrt_task_complete(k.task, WRT_E_TRAP, NULL, 0), WRT_OK);
    SAME(wrt_task_run(k.task, &b, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_HOST_TRAP);
    /* A reset forgets the call. */
    SAME(wrt_call(k.task, await, &x, 1, &r, 1, &b, &err), WRT_PENDING);
    wrt_task_reset(k.task);
    SAME(wrt_task_pending(k.task, &p), WRT_E_STATE);
    SAME(wrt_task_run(k.task, &b, &err), WRT_E_STATE);
    kit_free(&k);
}

/* The request stays until a run has seen it, once. */
static void interrupted(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value x = i32(50), r;
    wrt_func sum = kit_func(&k, "sum", "(i)i");
    SAME(wrt_task_start(k.task, sum, &x, 1), WRT_OK);
    wrt_task_interrupt(k.task);
    wrt_task_interrupt(k.task);
    SAME(wrt_task_run(k.task, &b, &err), WRT_INTERRUPTED);
    SAME(err.status, WRT_INTERRUPTED);
    SAME(wrt_task_run(k.task, &b, &err), WRT_OK);
    SAME(wrt_task_results(k.task, &r, 1, NULL), WRT_OK);
    SAME(r.i32, 1275);
    kit_free(&k);
}

/* Bytes copied between two runs and copied back continue to the same end, any number of times. */
static void snapshot(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value x = i32(40), r;
    region *parts[] = { &k.instance_region, &k.stack, &k.ram };
    unsigned char *saved[3];
    b.fuel = 37;
    SAME(wrt_task_start(k.task, kit_func(&k, "sum", "(i)i"), &x, 1), WRT_OK);
    for (int slice = 0; slice < 6; slice++) {
        SAME(wrt_task_run(k.task, &b, &err), WRT_FUEL);
        for (size_t i = 0; i < 3; i++) {
            saved[i] = malloc(parts[i]->size);
            memcpy(saved[i], parts[i]->base, parts[i]->size);
        }
        uint64_t ends[2], fuel[2];
        for (int again = 0; again < 2; again++) {
            wrt_status s;
            while ((s = wrt_task_run(k.task, &b, &err)) == WRT_FUEL) continue;
            SAME(s, WRT_OK);
            SAME(wrt_task_results(k.task, &r, 1, NULL), WRT_OK);
            SAME(r.i32, 820);
            ends[again] = hash(&k);
            fuel[again] = usage(&k).fuel_used;
            for (size_t i = 0; i < 3; i++) memcpy(parts[i]->base, saved[i], parts[i]->size);
        }
        CHECK(ends[0] == ends[1] && fuel[0] == fuel[1]);
        for (size_t i = 0; i < 3; i++) free(saved[i]);
    }
    kit_free(&k);
}

/* Results, fuel and traps do not depend on how code is executed. RUN-1 */
static void backends(void) {
    uint64_t fuel[3] = { 0 }, ends[3] = { 0 };
    for (uint32_t backend = WRT_BACKEND_AUTO; backend <= WRT_BACKEND_TAIL; backend++) {
        kit k;
        kit_new(&k);
        wrt_error err = WRT_ERROR_INIT;
        wrt_run_budget b = run_budget();
        wrt_value x = i32(200), r;
        bool built = backend != WRT_BACKEND_TAIL || (wrt_features() & WRT_FEATURE_TAIL_DISPATCH) != 0;
        SAME(wrt_task_set_backend(k.task, backend), built ? WRT_OK : WRT_E_UNSUPPORTED);
        SAME(wrt_call(k.task, kit_func(&k, "sum", "(i)i"), &x, 1, &r, 1, &b, &err), WRT_OK);
        SAME(r.i32, 20100);
        x = i32(-1);
        SAME(wrt_call(k.task, kit_func(&k, "peek", "(i)i"), &x, 1, &r, 1, &b, &err), WRT_E_TRAP);
        fuel[backend] = usage(&k).fuel_used;
        ends[backend] = hash(&k);
        SAME(wrt_task_set_backend(k.task, 3), WRT_E_UNSUPPORTED);
        SAME(wrt_task_set_backend(k.task, UINT32_MAX), WRT_E_UNSUPPORTED);
        kit_free(&k);
    }
    CHECK(fuel[0] == fuel[1] && fuel[1] == fuel[2]);
    CHECK(ends[0] == ends[1] && ends[1] == ends[2]);
}

/* Growth is bounded by the run's budget, then by the ceiling. */
static void memory_budget(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value one = i32(1), r;
    wrt_func grow = kit_func(&k, "grow", "(i)i");
    b.max_memory_bytes = 2 * WRT_PAGE_SIZE - 1;
    SAME(wrt_call(k.task, grow, &one, 1, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, -1);
    b.max_memory_bytes = 2 * WRT_PAGE_SIZE;
    SAME(wrt_call(k.task, grow, &one, 1, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 1);
    SAME(wrt_call(k.task, grow, &one, 1, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, -1);
    b.max_memory_bytes = UINT64_MAX;
    SAME(wrt_call(k.task, grow, &one, 1, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 2);
    SAME(wrt_call(k.task, grow, &one, 1, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, -1);
    SAME(usage(&k).memory_bytes, 3 * WRT_PAGE_SIZE);
    kit_free(&k);
}

void test_stops(void) {
    TEST(every_fuel);
    TEST(no_fuel);
    TEST(pending);
    TEST(interrupted);
    TEST(snapshot);
    TEST(moved);
    TEST(backends);
    TEST(memory_budget);
}
