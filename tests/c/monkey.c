/* Calls in no sensible order: whatever was done before, each call returns a status it may return, and a sum
 * that ends is the right sum, also where it stands in objects. RUN-2, API-1. */
#include "guests.h"
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

enum { PARTS = TASKS + 2 };

/* The same for a group with a heap: an instance of cells. */
static struct {
    region code, parts[PARTS]; /* instance, heap, stacks */
    wrt_instance *instance;
    wrt_task *tasks[TASKS];
    int32_t expected[TASKS]; /* what hold must come to; -1 for other functions */
    unsigned char *saved[PARTS];
    int32_t saved_expected[TASKS];
    bool have_snapshot;
    unsigned held; /* results that were compared */
} o;

static wrt_status pause_(void *user, wrt_caller *caller, wrt_value *slots) {
    (void)user, (void)slots;
    if (pick(4) == 0) SAME(wrt_instance_collect(wrt_caller_instance(caller), NULL), WRT_OK);
    return pick(2) ? WRT_PENDING : WRT_OK;
}

static void step_objects(void) {
    static const char *const names[] = { "hold", "hold", "fill", "push", "clear", "sum", "row", "any" };
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value x = i32((int32_t)pick(60)), res[2];
    wrt_heap_usage u = { 0 };
    wrt_reference r = { 0 };
    uint32_t which = pick(TASKS), name;
    wrt_task *t = o.tasks[which];
    wrt_status s;
    wrt_func f;
    size_t count;
    b.fuel = pick(200);
    u.struct_size = sizeof u;
    r.struct_size = sizeof r;
    switch (pick(12)) {
    case 0:
    case 1:
        name = pick(COUNT(names));
        SAME(wrt_export_func(o.instance, names[name], NULL, &f), WRT_OK);
        s = wrt_task_start(t, f, &x, strcmp(names[name], "clear") != 0 && strcmp(names[name], "sum") != 0);
        CHECK(s == WRT_OK || s == WRT_E_STATE);
        if (s == WRT_OK) o.expected[which] = name < 2 ? 2 * x.i32 + 100 : -1;
        break;
    case 2:
        s = wrt_task_complete(t, WRT_OK, NULL, 0);
        CHECK(s == WRT_OK || s == WRT_E_STATE);
        s = wrt_task_complete_with_exception(t, pick(4096));
        CHECK(s == WRT_E_TYPE || s == WRT_E_STATE);
        break;
    case 3:
        s = wrt_instance_set_collection(o.instance, pick(4));
        CHECK(s == WRT_OK || s == WRT_E_VERSION);
        break;
    case 4: SAME(wrt_instance_collect(o.instance, NULL), WRT_OK); break;
    case 5:
        s = wrt_reference_describe(o.instance, pick(4096), pick(5), &r);
        CHECK(s == WRT_OK || s == WRT_E_TYPE || s == WRT_E_VERSION);
        SAME(wrt_instance_heap_usage(o.instance, &u), WRT_OK);
        CHECK(u.used + u.free <= u.capacity && u.used <= u.peak);
        break;
    case 6:
        if (pick(8) == 0) {
            for (size_t i = 0; i < PARTS; i++) memcpy(o.saved[i], o.parts[i].base, o.parts[i].size);
            memcpy(o.saved_expected, o.expected, sizeof o.expected);
            o.have_snapshot = true;
        } else if (pick(8) == 0 && o.have_snapshot) {
            for (size_t i = 0; i < PARTS; i++) memcpy(o.parts[i].base, o.saved[i], o.parts[i].size);
            memcpy(o.expected, o.saved_expected, sizeof o.expected);
        } else if (pick(8) == 0) {
            wrt_task_reset(t);
        }
        break;
    default:
        s = wrt_task_run(t, &b, &err);
        CHECK(s == WRT_OK || s == WRT_FUEL || s == WRT_PENDING || s == WRT_E_STATE
              || (s == WRT_E_TRAP && err.reason == WRT_TRAP_HEAP_EXHAUSTED));
        if (s == WRT_OK && o.expected[which] >= 0) {
            SAME(wrt_task_results(t, res, 2, &count), WRT_OK);
            SAME(count, 1);
            SAME(res[0].i32, o.expected[which]);
            o.held++;
        }
    }
}

static void any_order_of_objects(void) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget lb = load_budget();
    wrt_module *module = NULL;
    memset(&o, 0, sizeof o);
    seed = 362436069;
    o.code = region_new(1 << 14);
    SAME(wrt_module_load(&o.code.arena, BYTES(cells_wasm), &lb, &module, &err), WRT_OK);
    o.parts[0] = region_new((size_t)wrt_module_instance_size(module));
    o.parts[1] = region_new(4096);
    static const wrt_host_func funcs[] = { { "pause", "()", pause_ } };
    wrt_host_module env = { "env", funcs, 1, NULL };
    wrt_instance_config ic;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    ic.hosts = &env;
    ic.nhosts = 1;
    ic.heap = o.parts[1].arena;
    SAME(wrt_instance_new(&o.parts[0].arena, module, &ic, &o.instance, &err), WRT_OK);
    for (size_t i = 0; i < TASKS; i++) {
        o.parts[2 + i] = region_new(1024);
        SAME(wrt_task_new(&o.parts[2 + i].arena, o.instance, &o.tasks[i]), WRT_OK);
    }
    for (size_t i = 0; i < PARTS; i++) o.saved[i] = malloc(o.parts[i].size);
    for (int i = 0; i < 30000; i++) step_objects();
    CHECK(o.held > 300);
    for (size_t i = 0; i < PARTS; i++) {
        free(o.saved[i]);
        region_free(&o.parts[i]);
    }
    region_free(&o.code);
}

void test_monkey(void) {
    TEST(any_order);
    TEST(any_order_of_objects);
}
