/* The heap of a group: its region, what it holds, when it is collected, what references are to. MEM-2, MEM-3. */
#include "guests.h"
#include "harness.h"

/* An instance of cells in regions of its own, with a task. */
typedef struct setup {
    region code, own, heap, stack;
    wrt_module *module;
    wrt_instance *instance;
    wrt_task *task;
    bool collects; /* what env.pause does */
} setup;

static wrt_status pause_(void *user, wrt_caller *caller, wrt_value *slots) {
    setup *s = user;
    (void)slots;
    return s->collects ? wrt_instance_collect(wrt_caller_instance(caller), NULL) : WRT_OK;
}

static const wrt_host_func env_funcs[] = { { "pause", "()", pause_ } };

static wrt_status make(setup *s, region *heap, wrt_instance **i, wrt_error *err) {
    wrt_host_module env = { "env", env_funcs, 1, s };
    wrt_instance_config ic;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    ic.hosts = &env;
    ic.nhosts = 1;
    ic.heap = heap->arena;
    return wrt_instance_new(&s->own.arena, s->module, &ic, i, err);
}

static void setup_new(setup *s, size_t heap) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget b = load_budget();
    memset(s, 0, sizeof *s);
    s->code = region_new(1 << 14);
    s->heap = region_new(heap);
    s->stack = region_new(4096);
    SAME(wrt_module_load(&s->code.arena, BYTES(cells_wasm), &b, &s->module, &err), WRT_OK);
    s->own = region_new((size_t)wrt_module_instance_size(s->module));
    SAME(make(s, &s->heap, &s->instance, &err), WRT_OK);
    SAME(wrt_task_new(&s->stack.arena, s->instance, &s->task), WRT_OK);
}

static void setup_free(setup *s) {
    region_free(&s->code);
    region_free(&s->own);
    region_free(&s->heap);
    region_free(&s->stack);
}

static wrt_status call(setup *s, const char *name, wrt_value x, wrt_value *r, wrt_error *err) {
    wrt_run_budget b = run_budget();
    wrt_func f;
    char sig[16];
    SAME(wrt_export_func(s->instance, name, NULL, &f), WRT_OK);
    SAME(wrt_module_func_sig(s->module, f.index, sig, sizeof sig, NULL), WRT_OK);
    return wrt_call(s->task, f, &x, strchr(sig, ')') - sig > 1, r, strchr(sig, ')')[1] != '\0', &b, err);
}

static wrt_heap_usage usage(const setup *s) {
    wrt_heap_usage u = { 0 };
    u.struct_size = sizeof u;
    SAME(wrt_instance_heap_usage(s->instance, &u), WRT_OK);
    return u;
}

/* Exactly the planned bytes suffice, fewer do not and name them; modules without objects plan none. */
static void planned(void) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget b = load_budget();
    wrt_plan plan = { 0 }, older = { 0 };
    region scratch = region_new(1 << 16);
    plan.struct_size = sizeof plan;
    SAME(wrt_plan_module(BYTES(kit_wasm), &b, scratch.arena, &plan, &err), WRT_OK);
    SAME(plan.heap_min, 0);
    SAME(wrt_plan_module(BYTES(cells_wasm), &b, scratch.arena, &plan, &err), WRT_OK);
    CHECK(plan.heap_min > 0 && plan.heap_min % WRT_ARENA_ALIGN == 0);
    /* The shape of the struct before there were heaps. */
    older.struct_size = offsetof(wrt_plan, heap_min);
    older.heap_min = 99;
    SAME(wrt_plan_module(BYTES(cells_wasm), &b, scratch.arena, &older, &err), WRT_OK);
    SAME(older.heap_min, 99);
    SAME(older.instance, plan.instance);
    region_free(&scratch);

    setup s;
    setup_new(&s, (size_t)plan.heap_min);
    SAME(wrt_module_heap_min(s.module), plan.heap_min);
    wrt_heap_usage u = usage(&s);
    SAME(u.capacity, plan.heap_min);
    CHECK(u.free < WRT_ARENA_ALIGN);
    CHECK(u.used > 0 && u.used < u.capacity);
    wrt_value r;
    SAME(call(&s, "push", i32(1), &r, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_HEAP_EXHAUSTED);
    for (size_t size = 0; size < plan.heap_min; size++) {
        region heap = region_new(size);
        wrt_instance *i = s.instance;
        region_reset(&s.own);
        SAME(make(&s, &heap, &i, &err), WRT_E_ARENA);
        SAME(err.reason, WRT_REASON_HEAP_REGION);
        SAME(err.need, plan.heap_min);
        CHECK(i == NULL && s.own.arena.size == s.own.size);
        region_free(&heap);
    }
    setup_free(&s);
}

/* What is used, what was, and what a collection gives back. */
static void usage_and_collection(void) {
    setup s;
    setup_new(&s, 1 << 16);
    wrt_error err = WRT_ERROR_INIT;
    wrt_value r;
    wrt_heap_usage begin = usage(&s), u;
    uint64_t fuel = 0, least = 0;
    SAME(begin.capacity, 1 << 16);
    SAME(begin.peak, begin.used);
    SAME(begin.collections, 0);
    SAME(call(&s, "push", i32(1), &r, &err), WRT_OK);
    uint64_t cell = usage(&s).used - begin.used;
    CHECK(cell >= 16 && cell <= 32);
    SAME(call(&s, "fill", i32(99), &r, &err), WRT_OK);
    u = usage(&s);
    SAME(u.used, begin.used + 100 * cell);
    SAME(u.free, begin.free - 100 * cell);
    SAME(u.peak, u.used);
    /* Reachable: a collection finds nothing, and is charged. */
    SAME(wrt_instance_collect(s.instance, &fuel), WRT_OK);
    CHECK(fuel > 100);
    u = usage(&s);
    SAME(u.used, begin.used + 100 * cell);
    SAME(u.collections, 1);
    SAME(call(&s, "sum", i32(0), &r, &err), WRT_OK);
    SAME(r.i32, 99 * 100 / 2 + 1);
    /* Let go: nothing happens until the next collection. */
    SAME(call(&s, "clear", i32(0), &r, &err), WRT_OK);
    SAME(usage(&s).used, begin.used + 100 * cell);
    SAME(wrt_instance_collect(s.instance, &least), WRT_OK);
    CHECK(least < fuel);
    SAME(wrt_instance_collect(s.instance, NULL), WRT_OK);
    u = usage(&s);
    SAME(u.used, begin.used);
    SAME(u.free, begin.free);
    SAME(u.peak, begin.used + 100 * cell);
    SAME(u.collections, 3);
    SAME(call(&s, "sum", i32(0), &r, &err), WRT_OK);
    SAME(r.i32, 0);
    setup_free(&s);
}

/* Never, when needed, and always. */
static void policies(void) {
    setup s;
    setup_new(&s, 4096);
    wrt_error err = WRT_ERROR_INIT;
    wrt_value r;
    SAME(wrt_instance_set_collection(s.instance, WRT_COLLECTION_FORBIDDEN), WRT_OK);
    /* Unknown numbers change nothing. */
    SAME(wrt_instance_set_collection(s.instance, 3), WRT_E_VERSION);
    SAME(wrt_instance_set_collection(s.instance, UINT32_MAX), WRT_E_VERSION);
    wrt_status status = WRT_OK;
    int rounds = 0;
    for (; status == WRT_OK && rounds < 1000; rounds++) {
        status = call(&s, "fill", i32(20), &r, &err);
        if (status == WRT_OK) SAME(call(&s, "clear", i32(0), &r, &err), WRT_OK);
    }
    SAME(status, WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_HEAP_EXHAUSTED);
    SAME(usage(&s).collections, 0);
    CHECK(rounds > 2);
    SAME(call(&s, "clear", i32(0), &r, &err), WRT_OK);
    SAME(wrt_instance_set_collection(s.instance, WRT_COLLECTION_AUTOMATIC), WRT_OK);
    for (int k = 0; k < 100; k++) {
        SAME(call(&s, "fill", i32(20), &r, &err), WRT_OK);
        SAME(call(&s, "sum", i32(0), &r, &err), WRT_OK);
        SAME(r.i32, 210);
        SAME(call(&s, "clear", i32(0), &r, &err), WRT_OK);
    }
    uint64_t automatic = usage(&s).collections;
    CHECK(automatic > 1 && automatic < 100);
    /* More than fits, all of it held. */
    SAME(call(&s, "fill", i32(10000), &r, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_HEAP_EXHAUSTED);
    SAME(call(&s, "clear", i32(0), &r, &err), WRT_OK);
    automatic = usage(&s).collections;
    SAME(wrt_instance_set_collection(s.instance, WRT_COLLECTION_ALWAYS), WRT_OK);
    SAME(call(&s, "fill", i32(20), &r, &err), WRT_OK);
    SAME(usage(&s).collections, automatic + 20);
    SAME(call(&s, "sum", i32(0), &r, &err), WRT_OK);
    SAME(r.i32, 210);
    setup_free(&s);
}

/* A host function collects while the guest holds objects in its frame. */
static void collected_by_the_host(void) {
    setup s;
    setup_new(&s, 1 << 13);
    wrt_error err = WRT_ERROR_INIT;
    wrt_value r;
    for (int collects = 0; collects < 2; collects++) {
        s.collects = collects != 0;
        SAME(call(&s, "hold", i32(7), &r, &err), WRT_OK);
        SAME(r.i32, 114);
    }
    SAME(usage(&s).collections, 1);
    /* What the frame held is gone with it. */
    uint64_t held = usage(&s).used;
    SAME(wrt_instance_collect(s.instance, NULL), WRT_OK);
    CHECK(usage(&s).used < held);
    setup_free(&s);
}

static wrt_reference described(const setup *s, uint64_t number, uint32_t hierarchy) {
    wrt_reference r = { 0 };
    r.struct_size = sizeof r;
    SAME(wrt_reference_describe(s->instance, number, hierarchy, &r), WRT_OK);
    return r;
}

static void references(void) {
    setup s;
    setup_new(&s, 1 << 13);
    wrt_error err = WRT_ERROR_INIT;
    wrt_value v, out;
    wrt_reference r;
    for (uint32_t h = WRT_HIERARCHY_ANY; h <= WRT_HIERARCHY_EXN; h++) {
        r = described(&s, 0, h);
        CHECK(r.kind == WRT_REFERENCE_NULL && r.i31 == 0 && r.len == 0 && r.func.index == UINT32_MAX && r.host == 0);
    }
    SAME(call(&s, "any", i32(0), &v, &err), WRT_OK);
    SAME(v.ref, 0);
    SAME(call(&s, "any", i32(1), &v, &err), WRT_OK);
    r = described(&s, v.ref, WRT_HIERARCHY_ANY);
    SAME(r.kind, WRT_REFERENCE_I31);
    SAME(r.i31, -5);
    SAME(call(&s, "push", i32(1), &v, &err), WRT_OK);
    SAME(call(&s, "any", i32(2), &v, &err), WRT_OK);
    SAME(described(&s, v.ref, WRT_HIERARCHY_ANY).kind, WRT_REFERENCE_STRUCT);
    uint64_t cell = v.ref;
    SAME(call(&s, "any", i32(3), &v, &err), WRT_OK);
    r = described(&s, v.ref, WRT_HIERARCHY_ANY);
    SAME(r.kind, WRT_REFERENCE_ARRAY);
    SAME(r.len, 3);
    uint64_t row = v.ref;
    SAME(wrt_global_get(s.instance, 1, &out, NULL), WRT_OK);
    CHECK(out.ref == row);
    /* Functions. */
    wrt_func self;
    SAME(wrt_export_func(s.instance, "self", NULL, &self), WRT_OK);
    SAME(call(&s, "self", i32(0), &v, &err), WRT_OK);
    r = described(&s, v.ref, WRT_HIERARCHY_FUNC);
    SAME(r.kind, WRT_REFERENCE_FUNC);
    CHECK(r.func.instance == self.instance && r.func.index == self.index);
    /* Across the hierarchies: an object outside, a value of the host inside. */
    out.ref = row;
    SAME(call(&s, "outside", out, &v, &err), WRT_OK);
    CHECK(v.ref != row);
    r = described(&s, v.ref, WRT_HIERARCHY_EXTERN);
    CHECK(r.kind == WRT_REFERENCE_ARRAY && r.len == 3);
    SAME(call(&s, "inside", v, &out, &err), WRT_OK);
    CHECK(out.ref == row);
    const uint64_t numbers[] = { 1, 2, 0x1234567890, INT64_MAX };
    for (size_t k = 0; k < COUNT(numbers); k++) {
        v.ref = numbers[k];
        SAME(call(&s, "inside", v, &out, &err), WRT_OK);
        CHECK(out.ref == wrt_host_reference(numbers[k]));
        r = described(&s, out.ref, WRT_HIERARCHY_ANY);
        CHECK(r.kind == WRT_REFERENCE_HOST && r.host == numbers[k]);
        r = described(&s, numbers[k], WRT_HIERARCHY_EXTERN);
        CHECK(r.kind == WRT_REFERENCE_HOST && r.host == numbers[k]);
        SAME(call(&s, "outside", out, &v, &err), WRT_OK);
        CHECK(v.ref == numbers[k]);
    }
    SAME(wrt_host_reference(0), 0);

    /* Every other number is refused, as it is where the guest would be given it. */
    wrt_value arg, res;
    for (uint64_t n = 2; n < s.heap.size + 64; n += 2) {
        r.struct_size = sizeof r;
        r.kind = 99;
        wrt_status any = wrt_reference_describe(s.instance, n, WRT_HIERARCHY_ANY, &r);
        SAME(any, n == cell || n == row ? WRT_OK : WRT_E_TYPE);
        if (any != WRT_OK) CHECK(r.kind == WRT_REFERENCE_NULL && r.func.instance == UINT32_MAX);
        SAME(wrt_reference_describe(s.instance, n, WRT_HIERARCHY_EXN, &r), WRT_E_TYPE);
        arg.ref = n;
        SAME(call(&s, "len", arg, &res, &err), n == row ? WRT_OK : WRT_E_TYPE);
    }
    SAME(wrt_reference_describe(s.instance, row, WRT_HIERARCHY_FUNC, &r), WRT_E_TYPE);
    SAME(wrt_reference_describe(s.instance, row | (uint64_t)1 << 32, WRT_HIERARCHY_ANY, &r), WRT_E_TYPE);
    SAME(wrt_reference_describe(s.instance, row, 4, &r), WRT_E_VERSION);
    SAME(wrt_reference_describe(s.instance, row, UINT32_MAX, &r), WRT_E_VERSION);

    /* A row that only the host knows is good until the next collection. */
    SAME(call(&s, "row", i32(9), &v, &err), WRT_OK);
    r = described(&s, v.ref, WRT_HIERARCHY_ANY);
    CHECK(r.kind == WRT_REFERENCE_ARRAY && r.len == 9);
    SAME(call(&s, "len", v, &res, &err), WRT_OK);
    SAME(res.i32, 9);
    SAME(wrt_instance_collect(s.instance, NULL), WRT_OK);
    SAME(wrt_reference_describe(s.instance, v.ref, WRT_HIERARCHY_ANY, &r), WRT_E_TYPE);
    SAME(call(&s, "len", v, &res, &err), WRT_E_TYPE);
    SAME(described(&s, cell, WRT_HIERARCHY_ANY).kind, WRT_REFERENCE_STRUCT);
    SAME(described(&s, row, WRT_HIERARCHY_ANY).kind, WRT_REFERENCE_ARRAY);
    setup_free(&s);
}

/* A group without heap, structs of other sizes, and null. */
static void refused(void) {
    kit k;
    kit_new(&k);
    uint64_t fuel = 9;
    wrt_heap_usage u = { 0 };
    wrt_reference r = { 0 };
    u.struct_size = sizeof u;
    u.used = 9;
    SAME(wrt_instance_heap_usage(k.instance, &u), WRT_E_NOT_FOUND);
    SAME(u.used, 0);
    SAME(wrt_instance_collect(k.instance, &fuel), WRT_E_NOT_FOUND);
    SAME(fuel, 0);
    SAME(wrt_instance_set_collection(k.instance, WRT_COLLECTION_ALWAYS), WRT_E_NOT_FOUND);
    /* References need none. */
    r.struct_size = sizeof r;
    SAME(wrt_reference_describe(k.instance, 16, WRT_HIERARCHY_ANY, &r), WRT_E_TYPE);
    SAME(wrt_reference_describe(k.instance, 3, WRT_HIERARCHY_ANY, &r), WRT_OK);
    SAME(r.i31, 1);
    SAME(wrt_reference_describe(k.instance, 16, WRT_HIERARCHY_ANY, NULL), WRT_E_ARG);
    kit_free(&k);

    setup s;
    setup_new(&s, 1 << 12);
    SAME(wrt_instance_heap_usage(s.instance, NULL), WRT_E_ARG);
    const uint32_t odd[] = { 0, 4, (uint32_t)sizeof u - 1, (uint32_t)sizeof u + 1, UINT32_MAX };
    for (size_t n = 0; n < COUNT(odd); n++) {
        memset(&u, 0x5a, sizeof u);
        memset(&r, 0x5a, sizeof r);
        u.struct_size = r.struct_size = odd[n];
        SAME(wrt_instance_heap_usage(s.instance, &u), WRT_E_VERSION);
        CHECK(u.used == UINT64_C(0x5a5a5a5a5a5a5a5a) && u.reserved == 0x5a5a5a5a);
        SAME(wrt_reference_describe(s.instance, 0, WRT_HIERARCHY_ANY, &r), WRT_E_VERSION);
        SAME(r.kind, 0x5a5a5a5a);
    }
    /* The region: misaligned, impossible, absent. */
    wrt_error err = WRT_ERROR_INIT;
    wrt_instance *i = NULL;
    region given = s.heap;
    region_reset(&s.own);
    given.arena.base = s.heap.base + 8;
    given.arena.size = s.heap.size - 8;
    SAME(make(&s, &given, &i, &err), WRT_E_ARG);
    SAME(err.reason, WRT_REASON_ARENA_MISALIGNED);
    given.arena.base = NULL;
    SAME(make(&s, &given, &i, &err), WRT_E_ARG);
    SAME(err.reason, WRT_REASON_NULL_POINTER);
    given.arena.base = s.heap.base;
    given.arena.size = SIZE_MAX;
    SAME(make(&s, &given, &i, &err), WRT_E_ARG);
    SAME(err.reason, WRT_REASON_IMPOSSIBLE_SIZE);
    CHECK(i == NULL && s.own.arena.size == s.own.size);
    setup_free(&s);
}

void test_heap(void) {
    TEST(planned);
    TEST(usage_and_collection);
    TEST(policies);
    TEST(collected_by_the_host);
    TEST(references);
    TEST(refused);
}
