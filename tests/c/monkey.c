/* Calls in no sensible order: whatever was done before, each call returns a status it may return, and a sum
 * that ends is the right sum. RUN-2, API-1. */
#include "harness.h"
#include <stdlib.h>

static uint32_t seed;
static uint32_t pick(uint32_t n) {
    seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
    return seed % n;
}

enum { TASKS = 3 };

static struct {
    kit k;
    region stacks[TASKS];
    wrt_task *tasks[TASKS];
    /* What the sum that the task computes must come to; -1 if it computes something else. */
    int32_t expected[TASKS];
    unsigned char *saved[TASKS + 2];
    int32_t saved_expected[TASKS];
    bool have_snapshot;
} m;

static region *part(size_t i) {
    return i == 0 ? &m.k.instance_region : i == 1 ? &m.k.ram : &m.stacks[i - 2];
}

static void save(void) {
    for (size_t i = 0; i < TASKS + 2; i++) memcpy(m.saved[i], part(i)->base, part(i)->size);
    memcpy(m.saved_expected, m.expected, sizeof m.expected);
    m.have_snapshot = true;
}

static void restore(void) {
    if (!m.have_snapshot) return;
    for (size_t i = 0; i < TASKS + 2; i++) memcpy(part(i)->base, m.saved[i], part(i)->size);
    memcpy(m.expected, m.saved_expected, sizeof m.expected);
}

static void step(void) {
    static const char *const names[] = { "sum", "ask", "await", "leave", "peek", "spin", "dig", "grow", "apply", "object" };
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value args[4] = { i32((int32_t)pick(70)), i32((int32_t)pick(6)), i64(0), i64(0) }, res[4];
    uint32_t which = pick(TASKS);
    wrt_task *t = m.tasks[which];
    wrt_status s;
    wrt_func f;
    wrt_frame frames[4];
    uint64_t n;
    size_t count;
    b.fuel = pick(200);
    b.max_call_depth = pick(30);
    m.k.host.answer = pick(2) ? WRT_PENDING : WRT_OK;
    switch (pick(16)) {
    case 0:
    case 1:
    case 2: {
        const char *name = names[pick(2) ? 0 : pick(COUNT(names))];
        size_t nargs = strcmp(name, "ask") == 0 || strcmp(name, "apply") == 0 ? 2 : strcmp(name, "spin") == 0 ? 0 : 1;
        if (pick(20) == 0) nargs++;
        SAME(wrt_export_func(m.k.instance, name, NULL, &f), WRT_OK);
        if (pick(30) == 0) f.index += pick(40);
        if (pick(30) == 0) f.instance = pick(3);
        s = wrt_task_start(t, f, args, nargs);
        CHECK(s == WRT_OK || s == WRT_E_STATE || s == WRT_E_TYPE || s == WRT_E_NOT_FOUND || s == WRT_E_TRAP);
        if (s == WRT_OK) {
            wrt_func sum = kit_func(&m.k, "sum", "(i)i");
            m.expected[which] = f.index == sum.index ? args[0].i32 * (args[0].i32 + 1) / 2 : -1;
        }
        break;
    }
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
        s = wrt_task_run(t, &b, &err);
        SAME(s, err.status);
        CHECK(s == WRT_OK || s == WRT_FUEL || s == WRT_PENDING || s == WRT_INTERRUPTED || s == WRT_E_TRAP || s == WRT_E_EXIT
              || s == WRT_E_STATE);
        CHECK(err.reason != WRT_TRAP_INTERNAL);
        if (s == WRT_OK && m.expected[which] >= 0) {
            SAME(wrt_task_results(t, res, 4, &count), WRT_OK);
            SAME(count, 1);
            SAME(res[0].i32, m.expected[which]);
        }
        break;
    case 8:
        s = wrt_task_complete(t, pick(4) ? WRT_OK : (wrt_status)pick(20) - 16, args, pick(3));
        CHECK(s == WRT_OK || s == WRT_E_STATE || s == WRT_E_TYPE);
        break;
    case 9: wrt_task_interrupt(t); break;
    case 10:
        if (pick(3) == 0) wrt_task_reset(t);
        break;
    case 11:
        CHECK(wrt_task_backtrace(t, frames, pick(5)) <= 4);
        s = wrt_task_results(t, res, pick(4), &count);
        CHECK(s == WRT_OK || s == WRT_E_STATE);
        break;
    case 12:
        s = wrt_task_set_backend(t, pick(4));
        CHECK(s == WRT_OK || s == WRT_E_UNSUPPORTED);
        break;
    case 13:
        s = wrt_memory_grow(m.k.instance, pick(2), pick(2), &n);
        CHECK(s == WRT_OK || s == WRT_E_BUDGET || s == WRT_E_NOT_FOUND);
        s = wrt_table_grow(m.k.instance, pick(3), pick(2), &args[2], &n);
        CHECK(s == WRT_OK || s == WRT_E_BUDGET || s == WRT_E_NOT_FOUND);
        break;
    case 14:
        s = wrt_global_set(m.k.instance, pick(6), &args[0]);
        CHECK(s == WRT_OK || s == WRT_E_TYPE || s == WRT_E_NOT_FOUND);
        s = wrt_table_set(m.k.instance, pick(3), pick(12), &args[pick(4)]);
        CHECK(s == WRT_OK || s == WRT_E_TYPE || s == WRT_E_NOT_FOUND || s == WRT_E_BOUNDS);
        break;
    default:
        if (pick(4) == 0) save();
        else if (pick(4) == 0) restore();
    }
}

static void any_order(void) {
    memset(&m, 0, sizeof m);
    seed = 88172645;
    kit_new(&m.k);
    for (size_t i = 0; i < TASKS; i++) {
        m.stacks[i] = region_new(1024);
        SAME(wrt_task_new(&m.stacks[i].arena, m.k.instance, &m.tasks[i]), WRT_OK);
    }
    for (size_t i = 0; i < TASKS + 2; i++) m.saved[i] = malloc(part(i)->size);
    for (int i = 0; i < 30000; i++) step();
    for (size_t i = 0; i < TASKS + 2; i++) free(m.saved[i]);
    for (size_t i = 0; i < TASKS; i++) region_free(&m.stacks[i]);
    kit_free(&m.k);
}

void test_monkey(void) {
    TEST(any_order);
}
