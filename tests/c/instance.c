/* Instances: configuration, linking, memory regions, exports. RUN-6, MEM-1, MEM-4. */
#include "guests.h"
#include "harness.h"

static wrt_instance_config config(const wrt_host_module *env, wrt_arena memory) {
    wrt_instance_config ic;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    ic.hosts = env;
    ic.nhosts = env != NULL;
    ic.memory = memory;
    return ic;
}

static wrt_module *load(region *r, wrt_bytes wasm) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget b = load_budget();
    wrt_module *m = NULL;
    SAME(wrt_module_load(&r->arena, wasm, &b, &m, &err), WRT_OK);
    return m;
}

/* Every way in which a configuration can be wrong leaves arena and out parameter as they should be. */
static void refused(void) {
    kit k;
    kit_new(&k);
    region r = region_new(1 << 14);
    host h;
    memset(&h, 0, sizeof h);
    wrt_host_module env = { "env", kit_env, 3, &h };
    wrt_host_func funcs[3];
    wrt_host_module changed = { "env", funcs, 3, &h };
    wrt_error err = WRT_ERROR_INIT;
    wrt_instance *i = NULL;
    wrt_instance_config good = config(&env, k.ram.arena), c;
#define REFUSED(want_status, want_reason) \
    do { \
        i = (wrt_instance *)&k; \
        SAME(wrt_instance_new(&r.arena, k.module, &c, &i, &err), want_status); \
        SAME(err.reason, want_reason); \
        CHECK(i == NULL && r.arena.base == r.base && r.arena.size == r.size); \
    } while (0)

    c = good, c.nhosts = 0;
    REFUSED(WRT_E_LINK, WRT_REASON_UNKNOWN_IMPORT);
    SAME(err.detail, 0);
    c = good, c.hosts = NULL;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    c = good, c.nhosts = SIZE_MAX;
    REFUSED(WRT_E_ARG, WRT_REASON_IMPOSSIBLE_SIZE);
    c = good, c.flags = 2;
    REFUSED(WRT_E_VERSION, WRT_REASON_UNKNOWN_FLAGS);
    c = good, c.hosts = &changed;
    memcpy(funcs, kit_env, sizeof funcs);
    changed.nfuncs = 2;
    REFUSED(WRT_E_LINK, WRT_REASON_UNKNOWN_IMPORT);
    SAME(err.detail, 2);
    changed.nfuncs = 3;
    changed.name = "other";
    REFUSED(WRT_E_LINK, WRT_REASON_UNKNOWN_IMPORT);
    changed.name = NULL;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    changed.name = "env";
    changed.funcs = NULL;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    changed.funcs = funcs;
    changed.nfuncs = SIZE_MAX / 8;
    REFUSED(WRT_E_ARG, WRT_REASON_IMPOSSIBLE_SIZE);
    changed.nfuncs = 3;
    funcs[1].name = NULL;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    funcs[1] = kit_env[1];
    funcs[1].fn = NULL;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    funcs[1] = kit_env[1];
    const char *const wrong[] = { "(i)F", "(I)f", "(I)", "()F", "(II)F", "(I)FF", "(R)F" };
    for (size_t s = 0; s < COUNT(wrong); s++) {
        funcs[1].sig = wrong[s];
        REFUSED(WRT_E_LINK, WRT_REASON_INCOMPATIBLE_IMPORT);
        SAME(err.detail, 1);
    }
    const char *const malformed[] = { "", "(", "I)F", "(I", "(I)F ", "(x)F", "(I)x", "((I)F", "\xff" };
    for (size_t s = 0; s < COUNT(malformed); s++) {
        funcs[1].sig = malformed[s];
        REFUSED(WRT_E_ARG, WRT_REASON_BAD_SIGNATURE);
    }
    /* Memory: too small, misaligned, absent, impossible. */
    c = good, c.memory.size = WRT_PAGE_SIZE - 1;
    REFUSED(WRT_E_ARENA, WRT_REASON_MEMORY_REGION);
    SAME(err.need, WRT_PAGE_SIZE);
    c = good, c.memory.base = k.ram.base + 8;
    c.memory.size -= 8;
    REFUSED(WRT_E_ARG, WRT_REASON_ARENA_MISALIGNED);
    c = good, c.memory.base = NULL, c.memory.size = 0;
    REFUSED(WRT_E_ARENA, WRT_REASON_MEMORY_REGION);
    c = good, c.memory.base = NULL;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    c = good, c.memory.size = SIZE_MAX;
    REFUSED(WRT_E_ARG, WRT_REASON_IMPOSSIBLE_SIZE);
    c = good, c.nmemories = WRT_MAX_LENT_MEMORIES + 1;
    wrt_arena many[WRT_MAX_LENT_MEMORIES + 1];
    for (size_t n = 0; n < COUNT(many); n++) many[n] = k.ram.arena;
    c.memories = many;
    REFUSED(WRT_E_ARG, WRT_REASON_IMPOSSIBLE_SIZE);
    SAME(err.need, WRT_MAX_LENT_MEMORIES);
    c = good, c.nmemories = 1;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    /* Links: absent, nameless, no instance, too many. */
    c = good, c.nlinked = 1;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    wrt_named_instance link[WRT_MAX_LINKED + 1];
    for (size_t n = 0; n < COUNT(link); n++) link[n].name = "kit", link[n].instance = k.instance;
    c.linked = link;
    c.nlinked = WRT_MAX_LINKED + 1;
    REFUSED(WRT_E_ARG, WRT_REASON_IMPOSSIBLE_SIZE);
    c.nlinked = 1;
    link[0].name = NULL;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    link[0].name = "kit";
    link[0].instance = (wrt_instance *)k.module;
    REFUSED(WRT_E_HANDLE, WRT_REASON_BAD_HANDLE);
    link[0].instance = NULL;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
#undef REFUSED
    c = good;
    i = NULL;
    SAME(wrt_instance_new(&r.arena, k.module, &c, NULL, &err), WRT_E_ARG);
    SAME(wrt_instance_new(&r.arena, k.module, NULL, &i, &err), WRT_E_ARG);
    SAME(wrt_instance_new(NULL, k.module, &c, &i, &err), WRT_E_ARG);
    CHECK(i == NULL);
    SAME(wrt_instance_new(&r.arena, k.module, &c, &i, &err), WRT_OK);
    region_free(&r);
    kit_free(&k);
}

/* One byte less than planned: refused, naming what suffices. MEM-3 */
static void exact(void) {
    kit k;
    kit_new(&k);
    wrt_host_module env = { "env", kit_env, 3, &k.host };
    wrt_instance_config c = config(&env, k.ram.arena);
    for (size_t size = 0; size < k.plan.instance; size += size < 64 ? 1 : 37) {
        wrt_error err = WRT_ERROR_INIT;
        wrt_instance *i = NULL;
        region r = region_new(size);
        SAME(wrt_instance_new(&r.arena, k.module, &c, &i, &err), WRT_E_ARENA);
        SAME(err.need, k.plan.instance);
        CHECK(i == NULL && r.arena.size == size);
        region_free(&r);
    }
    wrt_error err = WRT_ERROR_INIT;
    wrt_instance *i = NULL;
    region r = region_new(k.plan.instance - 1);
    SAME(wrt_instance_new(&r.arena, k.module, &c, &i, &err), WRT_E_ARENA);
    SAME(err.need, k.plan.instance);
    region_free(&r);
    SAME(k.instance_region.arena.size, 0);
    kit_free(&k);
}

/* A segment that does not fit is a trap, and takes nothing. */
static void segment(void) {
    region r = region_new(1 << 14), ram = region_new(WRT_PAGE_SIZE);
    wrt_error err = WRT_ERROR_INIT;
    wrt_instance *i = NULL;
    wrt_module *m = load(&r, BYTES(late_wasm));
    wrt_arena mark = r.arena;
    wrt_instance_config c = config(NULL, ram.arena);
    SAME(wrt_instance_new(&r.arena, m, &c, &i, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_OUT_OF_BOUNDS_MEMORY);
    CHECK(i == NULL && r.arena.base == mark.base && r.arena.size == mark.size);
    region_free(&r);
    region_free(&ram);
}

static void exports(void) {
    kit k;
    kit_new(&k);
    wrt_func f;
    uint32_t index;
    SAME(wrt_export_func(k.instance, "sum", "(i)i", &f), WRT_OK);
    SAME(wrt_export_func(k.instance, "sum", NULL, &f), WRT_OK);
    SAME(wrt_export_func(k.instance, "sum", "(i)I", &f), WRT_E_TYPE);
    SAME(f.index, UINT32_MAX);
    SAME(f.instance, UINT32_MAX);
    SAME(wrt_export_func(k.instance, "sum", "i", &f), WRT_E_ARG);
    SAME(wrt_export_func(k.instance, "nothing", NULL, &f), WRT_E_NOT_FOUND);
    SAME(wrt_export_func(k.instance, "\xc3\x28", NULL, &f), WRT_E_NOT_FOUND);
    SAME(wrt_export_func(k.instance, "", NULL, &f), WRT_E_NOT_FOUND);
    SAME(wrt_export_func(k.instance, "memory", NULL, &f), WRT_E_TYPE);
    SAME(wrt_export_func(k.instance, NULL, NULL, &f), WRT_E_ARG);
    SAME(wrt_export_func(k.instance, "sum", NULL, NULL), WRT_E_ARG);
    SAME(wrt_export_memory(k.instance, "memory", &index), WRT_OK);
    SAME(index, 0);
    SAME(wrt_export_table(k.instance, "objects", &index), WRT_OK);
    SAME(index, 1);
    SAME(wrt_export_global(k.instance, "ratio", &index), WRT_OK);
    SAME(index, 2);
    SAME(wrt_export_memory(k.instance, "sum", &index), WRT_E_TYPE);
    SAME(index, UINT32_MAX);
    SAME(wrt_export_table(k.instance, "nothing", &index), WRT_E_NOT_FOUND);
    SAME(wrt_export_global(k.instance, "memory", &index), WRT_E_TYPE);
    SAME(wrt_export_global(k.instance, "ratio", NULL), WRT_E_ARG);
    SAME(wrt_export_global(k.instance, NULL, &index), WRT_E_ARG);
    kit_free(&k);
}

/* Two instances share a memory, a table, a global and a function. */
static void linked(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    region r = region_new(1 << 14), own = region_new(WRT_PAGE_SIZE), stack = region_new(4096);
    wrt_module *m = load(&r, BYTES(user_wasm));
    wrt_named_instance link = { "kit", k.instance };
    wrt_instance_config c = config(NULL, own.arena);
    wrt_instance *user = NULL;
    wrt_task *t = NULL;
    wrt_func f;
    wrt_value x, y;
    wrt_memory shared, view;
    wrt_run_budget b = run_budget();
    SAME(wrt_instance_new(&r.arena, m, &c, &user, &err), WRT_E_LINK);
    SAME(err.reason, WRT_REASON_UNKNOWN_IMPORT);
    c.linked = &link;
    c.nlinked = 1;
    SAME(wrt_instance_new(&r.arena, m, &c, &user, &err), WRT_OK);
    SAME(wrt_task_new(&stack.arena, user, &t), WRT_OK);
    SAME(wrt_export_func(user, "quadruple", "(i)i", &f), WRT_OK);
    x = i32(21);
    SAME(wrt_call(t, f, &x, 1, &y, 1, &b, &err), WRT_OK);
    SAME(y.i32, 84);
    SAME(wrt_memory_view(user, 0, &shared), WRT_OK);
    SAME(wrt_memory_view(k.instance, 0, &view), WRT_OK);
    CHECK(shared.base == view.base && shared.len == view.len && shared.base == k.ram.base);
    SAME(wrt_memory_view(user, 1, &view), WRT_OK);
    CHECK(view.base == own.base);
    SAME(wrt_export_func(user, "set_count", "(i)", &f), WRT_OK);
    x = i32(1234);
    SAME(wrt_call(t, f, &x, 1, NULL, 0, &b, &err), WRT_OK);
    SAME(wrt_global_get(k.instance, 0, &y, NULL), WRT_OK);
    SAME(y.i32, 1234);
    /* The other instance's function on this task, by its own handle. */
    f = kit_func(&k, "double", "(i)i");
    SAME(wrt_call(t, f, &x, 1, &y, 1, &b, &err), WRT_OK);
    SAME(y.i32, 2468);
    /* A trap here, with a frame of this instance. */
    SAME(wrt_export_func(user, "crash", NULL, &f), WRT_OK);
    x = i32(0);
    SAME(wrt_call(t, f, &x, 1, &y, 1, &b, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_INTEGER_DIVIDE_BY_ZERO);
    wrt_frame frame;
    SAME(wrt_task_backtrace(t, &frame, 1), 1);
    SAME(frame.instance, f.instance);
    CHECK(frame.name.len == 5 && memcmp(frame.name.ptr, "crash", 5) == 0);
    /* A handle of an instance that is not there. */
    f.instance = 77;
    wrt_task_reset(t);
    CHECK(wrt_call(t, f, &x, 1, &y, 1, &b, &err) < 0);
    region_free(&r);
    region_free(&own);
    region_free(&stack);
    kit_free(&k);
}

/* Memories in regions of their own, shared out of one, and bounded by the ceiling. MEM-4 */
static void memories(void) {
    region r = region_new(1 << 14);
    region a = region_new((size_t)3 * WRT_PAGE_SIZE + 100), b = region_new((size_t)2 * WRT_PAGE_SIZE);
    wrt_module *m = load(&r, BYTES(two_wasm));
    wrt_arena mark = r.arena, each[2];
    wrt_error err = WRT_ERROR_INIT;
    wrt_instance *i = NULL;
    wrt_memory v, w;
    each[0] = a.arena;
    each[1] = b.arena;
    wrt_instance_config c = config(NULL, a.arena);
    c.memory.base = NULL;
    c.memory.size = 0;
    c.memories = each;
    c.nmemories = 2;
    SAME(wrt_instance_new(&r.arena, m, &c, &i, &err), WRT_OK);
    SAME(wrt_memory_view(i, 0, &v), WRT_OK);
    SAME(wrt_memory_view(i, 1, &w), WRT_OK);
    CHECK(v.base == a.base && w.base == b.base);
    SAME(v.ceiling, 3 * WRT_PAGE_SIZE);
    SAME(w.ceiling, 2 * WRT_PAGE_SIZE);
    SAME(v.len, WRT_PAGE_SIZE);

    r.arena = mark;
    c = config(NULL, a.arena);
    SAME(wrt_instance_new(&r.arena, m, &c, &i, &err), WRT_OK);
    SAME(wrt_memory_view(i, 0, &v), WRT_OK);
    SAME(wrt_memory_view(i, 1, &w), WRT_OK);
    CHECK(v.base == a.base && w.base >= v.base + v.ceiling && w.base + w.ceiling <= a.base + a.size);
    SAME(v.ceiling + w.ceiling, 3 * WRT_PAGE_SIZE);

    r.arena = mark;
    c.memory_ceiling = 2 * WRT_PAGE_SIZE;
    SAME(wrt_instance_new(&r.arena, m, &c, &i, &err), WRT_OK);
    SAME(wrt_memory_view(i, 0, &v), WRT_OK);
    SAME(wrt_memory_view(i, 1, &w), WRT_OK);
    SAME(v.ceiling + w.ceiling, 2 * WRT_PAGE_SIZE);

    r.arena = mark;
    c.memory.size = 2 * WRT_PAGE_SIZE - 1;
    SAME(wrt_instance_new(&r.arena, m, &c, &i, &err), WRT_E_ARENA);
    region_free(&r);
    region_free(&a);
    region_free(&b);
}

/* Bytes copied to other places, with other host data, go on as an instance there. MEM-7 */
static void moved(void) {
    kit k;
    host other;
    kit_new(&k);
    memset(&other, 0, sizeof other);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value x = i32(30), args[2] = { i32(1), i32(2) }, y;
    SAME(wrt_call(k.task, kit_func(&k, "sum", "(i)i"), &x, 1, &y, 1, &b, &err), WRT_OK);
    x = i32(1);
    SAME(wrt_call(k.task, kit_func(&k, "grow", "(i)i"), &x, 1, &y, 1, &b, &err), WRT_OK);
    x = i64(0x1122334455);
    SAME(wrt_table_set(k.instance, 1, 0, &x), WRT_OK);
    uint64_t before, after;
    SAME(wrt_state_hash(k.instance, &before), WRT_OK);

    region code = region_new(k.plan.module + k.plan.load_scratch), to = region_new(k.plan.instance + 64);
    region ram = region_new(k.ram.size), stack = region_new(4096);
    wrt_load_budget lb = load_budget();
    wrt_module *m = NULL;
    wrt_instance *i = NULL;
    wrt_task *t = NULL;
    wrt_func f;
    wrt_host_module env = { "env", kit_env, 3, &other };
    wrt_instance_config c = config(&env, ram.arena);
    SAME(wrt_module_load(&code.arena, BYTES(kit_wasm), &lb, &m, &err), WRT_OK);
    /* Bytes that are no instance; too few of them. */
    SAME(wrt_instance_relocate(&to.arena, m, &c, &i, &err), WRT_E_HANDLE);
    CHECK(i == NULL && to.arena.base == to.base && to.arena.size == to.size);
    wrt_arena less = { to.base, k.plan.instance - 1 };
    SAME(wrt_instance_relocate(&less, m, &c, &i, &err), WRT_E_ARENA);
    SAME(err.need, k.plan.instance);
    SAME(wrt_instance_relocate(NULL, m, &c, &i, &err), WRT_E_ARG);
    SAME(wrt_instance_relocate(&to.arena, NULL, &c, &i, &err), WRT_E_ARG);
    SAME(wrt_instance_relocate(&to.arena, m, NULL, &i, &err), WRT_E_ARG);
    SAME(wrt_instance_relocate(&to.arena, m, &c, NULL, &err), WRT_E_ARG);

    memcpy(to.base, k.instance, k.plan.instance);
    memcpy(ram.base, k.ram.base, ram.size);
    /* The old place is gone. */
    memset(k.instance_region.base, 0, k.instance_region.size);
    memset(k.ram.base, 0, k.ram.size);
    SAME(wrt_instance_relocate(&to.arena, m, &c, &i, &err), WRT_OK);
    SAME(to.arena.size, 64);
    CHECK((unsigned char *)i == to.base);
    SAME(wrt_state_hash(i, &after), WRT_OK);
    CHECK(before == after);
    SAME(wrt_task_new(&stack.arena, i, &t), WRT_OK);
    SAME(wrt_export_func(i, "ask", "(ii)i", &f), WRT_OK);
    SAME(wrt_call(t, f, args, 2, &y, 1, &b, &err), WRT_OK);
    SAME(y.i32, 4);
    SAME(other.calls, 1);
    SAME(k.host.calls, 0);
    region_free(&code);
    region_free(&to);
    region_free(&ram);
    region_free(&stack);
    kit_free(&k);
}

void test_instance(void) {
    TEST(refused);
    TEST(exact);
    TEST(segment);
    TEST(exports);
    TEST(linked);
    TEST(memories);
    TEST(moved);
}
