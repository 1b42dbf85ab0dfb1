/* Every function with null pointers, and with handles that are misaligned, of another kind, or stale. API-1. */
#include "guests.h"
#include "harness.h"

/* Calls every function that takes this handle; `want` is what each must return. */
static void with_module(const wrt_module *m, wrt_status want) {
    wrt_extern e = { 0 };
    char sig[8] = "xx";
    size_t n = 7;
    e.struct_size = sizeof e;
    e.kind = 7;
    SAME(wrt_module_import_count(m), 0);
    SAME(wrt_module_export_count(m), 0);
    SAME(wrt_module_instance_size(m), 0);
    SAME(wrt_module_memory_min(m), 0);
    SAME(wrt_module_heap_min(m), 0);
    SAME(wrt_module_import_at(m, 0, &e), want);
    SAME(e.kind, 0);
    e.kind = 7;
    SAME(wrt_module_export_at(m, 0, &e), want);
    SAME(e.kind, 0);
    SAME(wrt_module_func_sig(m, 0, sig, sizeof sig, &n), want);
    SAME(sig[0], '\0');
    SAME(n, 0);
    CHECK(wrt_module_func_name(m, 0).ptr == NULL && wrt_module_func_name(m, 0).len == 0);
    region r = region_new(4096);
    wrt_error err = WRT_ERROR_INIT;
    wrt_instance_config ic;
    wrt_instance *i = (wrt_instance *)&r;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    SAME(wrt_instance_new(&r.arena, m, &ic, &i, &err), want);
    SAME(err.status, want);
    CHECK(i == NULL);
    i = (wrt_instance *)&r;
    SAME(wrt_instance_relocate(&r.arena, m, &ic, &i, &err), want);
    CHECK(i == NULL);
    SAME(r.arena.size, r.size);
    region_free(&r);
}

static void with_instance(wrt_instance *i, wrt_status want) {
    wrt_func f = { 1, 1 };
    uint32_t index = 5, type = 5;
    uint64_t n = 5;
    wrt_value v = i64(5);
    wrt_memory m = { NULL, 5, 5 };
    char byte = 0;
    SAME(wrt_export_func(i, "sum", NULL, &f), want);
    SAME(f.index, UINT32_MAX);
    SAME(wrt_export_memory(i, "memory", &index), want);
    SAME(index, UINT32_MAX);
    SAME(wrt_export_table(i, "objects", &index), want);
    SAME(wrt_export_global(i, "count", &index), want);
    CHECK(wrt_instance_module(i) == NULL);
    SAME(wrt_state_hash(i, &n), want);
    SAME(n, 0);
    SAME(wrt_memory_view(i, 0, &m), want);
    SAME(m.len, 0);
    SAME(wrt_memory_read(i, 0, 0, &byte, 1), want);
    SAME(wrt_memory_write(i, 0, 0, &byte, 1), want);
    SAME(wrt_memory_grow(i, 0, 1, &n), want);
    CHECK(n == UINT64_MAX);
    SAME(wrt_global_get(i, 0, &v, &type), want);
    SAME(v.i64, 0);
    SAME(type, 0);
    SAME(wrt_global_set(i, 0, &v), want);
    SAME(wrt_table_len(i, 0, &n), want);
    SAME(n, 0);
    v = i64(5);
    SAME(wrt_table_get(i, 0, 0, &v), want);
    SAME(v.i64, 0);
    SAME(wrt_table_set(i, 0, 0, &v), want);
    SAME(wrt_table_grow(i, 0, 1, &v, &n), want);
    CHECK(n == UINT64_MAX);
    wrt_tag tag = { 0, 0 };
    size_t count = 5;
    SAME(wrt_export_tag(i, "odd", &tag), want);
    SAME(tag.index, UINT32_MAX);
    tag.index = 0;
    SAME(wrt_exception_new(i, tag, &v, 1, &n), want);
    SAME(n, 0);
    SAME(wrt_exception_tag(i, 64, &tag), want);
    SAME(tag.instance, UINT32_MAX);
    v = i64(5);
    SAME(wrt_exception_values(i, 64, &v, 1, &count), want);
    SAME(count, 0);
    SAME(v.i64, 0);
    wrt_heap_usage usage = { 0 };
    wrt_reference reference = { 0 };
    usage.struct_size = sizeof usage;
    reference.struct_size = sizeof reference;
    usage.used = 5;
    reference.kind = 5;
    SAME(wrt_instance_heap_usage(i, &usage), want);
    SAME(usage.used, 0);
    n = 5;
    SAME(wrt_instance_collect(i, &n), want);
    SAME(n, 0);
    SAME(wrt_instance_set_collection(i, WRT_COLLECTION_ALWAYS), want);
    SAME(wrt_reference_describe(i, 64, WRT_HIERARCHY_ANY, &reference), want);
    SAME(reference.kind, 0);
    region r = region_new(4096);
    wrt_task *t = (wrt_task *)&r;
    SAME(wrt_task_new(&r.arena, i, &t), want);
    CHECK(t == NULL);
    wrt_shared_memory *memory = (wrt_shared_memory *)&r;
    SAME(wrt_shared_memory_of(&r.arena, i, 0, &memory), want);
    CHECK(memory == NULL);
    SAME(r.arena.size, r.size);
    region_free(&r);
}

static void with_shared(wrt_shared_memory *m, wrt_status want) {
    wrt_memory view = { NULL, 5, 5 };
    char byte = 'x';
    uint64_t old = 5;
    uint32_t woken = 5;
    SAME(wrt_shared_memory_view(m, &view), want);
    SAME(view.len, 0);
    SAME(wrt_shared_memory_read(m, 0, &byte, 1), want);
    SAME(byte, 'x');
    SAME(wrt_shared_memory_write(m, 0, &byte, 1), want);
    SAME(wrt_shared_memory_grow(m, 1, &old), want);
    CHECK(old == UINT64_MAX);
    SAME(wrt_shared_memory_notify(m, 0, 1, &woken), want);
    SAME(woken, 0);
}

static void with_task(wrt_task *t, wrt_status want) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_func f = { 0, 3 };
    wrt_value v = i32(1);
    wrt_usage u = { 0 };
    wrt_pending p = { 0 };
    wrt_frame frame;
    size_t n = 5;
    u.struct_size = sizeof u;
    p.struct_size = sizeof p;
    u.fuel_used = 5;
    SAME(wrt_task_start(t, f, &v, 1), want);
    SAME(wrt_task_start_instance(t), want);
    SAME(wrt_task_run(t, &b, &err), want);
    SAME(err.status, want);
    SAME(wrt_task_complete(t, WRT_OK, &v, 1), want);
    SAME(wrt_task_pending(t, &p), want);
    SAME(wrt_task_results(t, &v, 1, &n), want);
    SAME(n, 0);
    SAME(wrt_task_usage(t, &u), want);
    SAME(u.fuel_used, 0);
    SAME(wrt_task_set_backend(t, WRT_BACKEND_LOOP), want);
    v = i32(1);
    SAME(wrt_call(t, f, &v, 1, &v, 1, &b, &err), want);
    SAME(wrt_task_backtrace(t, &frame, 1), 0);
    uint64_t e = 5;
    SAME(wrt_task_exception(t, &e), want);
    SAME(e, 0);
    SAME(wrt_task_complete_with_exception(t, 64), want);
    wrt_task_interrupt(t);
    wrt_task_reset(t);
}

static void with_loader(wrt_loader *l, wrt_status want) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_module *m = (wrt_module *)&err;
    wrt_plan plan = { 0 };
    plan.struct_size = sizeof plan;
    plan.module = 5;
    SAME(wrt_loader_feed(l, BYTES(kit_wasm), &err), want);
    SAME(err.status, want);
    SAME(wrt_loader_finish(l, &m, &err), want);
    CHECK(m == NULL);
    SAME(wrt_loader_finish_plan(l, &plan, &err), want);
    SAME(plan.module, 0);
}

static void with_all(void *handle, wrt_status want) {
    with_module(handle, want);
    with_instance(handle, want);
    with_task(handle, want);
    with_loader(handle, want);
    with_shared(handle, want);
}

static void null_handles(void) {
    with_all(NULL, WRT_E_ARG);
    CHECK(wrt_caller_instance(NULL) == NULL);
    SAME(wrt_caller_func(NULL), UINT32_MAX);
    SAME(wrt_caller_fuel_used(NULL), 0);
    wrt_caller_charge(NULL, 1);
    SAME(wrt_caller_read(NULL, 0, NULL, 0), WRT_E_ARG);
    SAME(wrt_caller_write(NULL, 0, NULL, 0), WRT_E_ARG);
    CHECK(wrt_caller_trap(NULL, 1, "x") < 0);
    CHECK(wrt_caller_throw(NULL, 64) < 0);
    CHECK(wrt_caller_exit(NULL, 1) < 0);
}

static void misaligned_handles(void) {
    kit k;
    kit_new(&k);
    for (size_t off = 1; off < WRT_ARENA_ALIGN; off++) {
        with_module((wrt_module *)(void *)((unsigned char *)k.module + off), WRT_E_HANDLE);
        with_instance((wrt_instance *)(void *)((unsigned char *)k.instance + off), WRT_E_HANDLE);
        with_task((wrt_task *)(void *)((unsigned char *)k.task + off), WRT_E_HANDLE);
        with_shared((wrt_shared_memory *)(void *)((unsigned char *)k.task + off), WRT_E_HANDLE);
    }
    kit_free(&k);
}

/* Handles of each kind where another is wanted, and memory that never held an object. */
static void foreign_handles(void) {
    kit k;
    kit_new(&k);
    region state = region_new(WRT_LOADER_SIZE), arena = region_new(1 << 14), filled = region_new(4096);
    wrt_load_budget b = load_budget();
    wrt_error err = WRT_ERROR_INIT;
    wrt_loader *l = NULL;
    SAME(wrt_loader_new(&state.arena, &arena.arena, &b, &l, &err), WRT_OK);
    with_module((wrt_module *)k.instance, WRT_E_HANDLE);
    with_module((wrt_module *)k.task, WRT_E_HANDLE);
    with_module((wrt_module *)l, WRT_E_HANDLE);
    with_instance((wrt_instance *)k.module, WRT_E_HANDLE);
    with_instance((wrt_instance *)k.task, WRT_E_HANDLE);
    with_instance((wrt_instance *)l, WRT_E_HANDLE);
    with_task((wrt_task *)k.module, WRT_E_HANDLE);
    with_task((wrt_task *)k.instance, WRT_E_HANDLE);
    with_task((wrt_task *)l, WRT_E_HANDLE);
    with_loader((wrt_loader *)k.module, WRT_E_HANDLE);
    with_loader((wrt_loader *)k.instance, WRT_E_HANDLE);
    with_loader((wrt_loader *)k.task, WRT_E_HANDLE);
    with_shared((wrt_shared_memory *)k.module, WRT_E_HANDLE);
    with_shared((wrt_shared_memory *)k.instance, WRT_E_HANDLE);
    with_shared((wrt_shared_memory *)k.task, WRT_E_HANDLE);
    with_all(filled.base, WRT_E_HANDLE);
    memset(filled.base, 0, filled.size);
    with_all(filled.base, WRT_E_HANDLE);
    memset(filled.base, 0xff, filled.size);
    with_all(filled.base, WRT_E_HANDLE);
    with_all(k.ram.base, WRT_E_HANDLE);
    /* None of that has harmed the instance. */
    wrt_run_budget rb = run_budget();
    wrt_value x = i32(4), y;
    SAME(wrt_call(k.task, kit_func(&k, "sum", "(i)i"), &x, 1, &y, 1, &rb, &err), WRT_OK);
    SAME(y.i32, 10);
    region_free(&state);
    region_free(&arena);
    region_free(&filled);
    kit_free(&k);
}

/* Objects whose memory was released and lent to something else. */
static void stale_handles(void) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget b = load_budget();
    region r = region_new(1 << 14);
    wrt_module *m = NULL;
    SAME(wrt_module_load(&r.arena, BYTES(start_wasm), &b, &m, &err), WRT_OK);
    wrt_arena mark = r.arena;
    wrt_instance_config ic;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    wrt_instance *i = NULL;
    wrt_task *t = NULL;
    SAME(wrt_instance_new(&r.arena, m, &ic, &i, &err), WRT_OK);
    wrt_arena rest = r.arena;
    SAME(wrt_task_new(&rest, i, &t), WRT_OK);
    /* The instance gives way to a module, the task to zeros. */
    r.arena = mark;
    wrt_module *second = NULL;
    SAME(wrt_module_load(&r.arena, BYTES(two_wasm), &b, &second, &err), WRT_OK);
    CHECK((void *)second == (void *)i);
    with_instance(i, WRT_E_HANDLE);
    memset(t, 0, WRT_ARENA_ALIGN * 8);
    with_task(t, WRT_E_HANDLE);
    memset(m, 0, WRT_ARENA_ALIGN * 8);
    with_module(m, WRT_E_HANDLE);
    region_free(&r);
}

/* Null for everything that is no handle. */
static void null_others(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget b = load_budget();
    region r = region_new(1 << 14), state = region_new(WRT_LOADER_SIZE);
    wrt_loader *l = NULL;
    wrt_plan plan = { 0 };
    plan.struct_size = sizeof plan;
    SAME(wrt_plan_module(BYTES(kit_wasm), NULL, r.arena, &plan, &err), WRT_E_ARG);
    SAME(wrt_plan_module(BYTES(kit_wasm), &b, r.arena, NULL, &err), WRT_E_ARG);
    SAME(wrt_plan_module(bytes_of(NULL, 3), &b, r.arena, &plan, &err), WRT_E_ARG);
    wrt_arena none = { NULL, 0 };
    SAME(wrt_plan_module(BYTES(kit_wasm), &b, none, &plan, &err), WRT_E_ARENA);
    CHECK(err.need > 0);
    SAME(wrt_loader_new(NULL, &r.arena, &b, &l, &err), WRT_E_ARG);
    SAME(wrt_loader_new(&state.arena, NULL, &b, &l, &err), WRT_E_ARG);
    SAME(wrt_loader_new(&state.arena, &r.arena, NULL, &l, &err), WRT_E_ARG);
    SAME(wrt_loader_new(&state.arena, &r.arena, &b, NULL, &err), WRT_E_ARG);
    SAME(wrt_loader_new_plan(&state.arena, &r.arena, &b, NULL, &err), WRT_E_ARG);
    CHECK(l == NULL && state.arena.size == state.size && r.arena.size == r.size);
    SAME(wrt_loader_new(&state.arena, &r.arena, &b, &l, &err), WRT_OK);
    SAME(wrt_loader_feed(l, bytes_of(NULL, 1), &err), WRT_E_ARG);
    SAME(wrt_loader_finish(l, NULL, &err), WRT_E_ARG);
    SAME(wrt_loader_finish_plan(l, &plan, &err), WRT_E_STATE);
    SAME(wrt_module_import_at(k.module, 0, NULL), WRT_E_ARG);
    SAME(wrt_module_export_at(k.module, 0, NULL), WRT_E_ARG);
    SAME(wrt_task_new(NULL, k.instance, NULL), WRT_E_ARG);
    SAME(wrt_task_new(&r.arena, k.instance, NULL), WRT_E_ARG);
    wrt_task *t = k.task;
    SAME(wrt_task_new(NULL, k.instance, &t), WRT_E_ARG);
    CHECK(t == NULL);
    SAME(wrt_task_run(k.task, NULL, &err), WRT_E_ARG);
    SAME(wrt_task_pending(k.task, NULL), WRT_E_ARG);
    SAME(wrt_task_usage(k.task, NULL), WRT_E_ARG);
    region_free(&r);
    region_free(&state);
    kit_free(&k);
}

void test_handles(void) {
    TEST(null_handles);
    TEST(misaligned_handles);
    TEST(foreign_handles);
    TEST(stale_handles);
    TEST(null_others);
}
