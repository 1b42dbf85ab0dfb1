/* Modules that are cut off or have a bit flipped: an error with reason and offset, or a module that runs
 * within its bounds; whole and byte by byte alike. CORE-5, CORE-6. */
#include "guests.h"
#include "harness.h"
#include <stdlib.h>

static region code, state, stack, ram, heap, header, bytes;
/* What a guest that shares a memory is given. */
static wrt_shared_memory *shared;

static wrt_status nothing(void *user, wrt_caller *caller, wrt_value *slots) {
    (void)user, (void)caller, (void)slots;
    return WRT_OK;
}

/* Everything that is built in, so that every decoder is reached. */
static wrt_load_budget all_proposals(void) {
    wrt_load_budget b = load_budget();
    b.proposals = (uint32_t)wrt_features();
    return b;
}

/* Loads as a whole; the error's status, reason, offset and message must make sense. */
static wrt_status load_whole(const uint8_t *wasm, size_t n, wrt_module **m, wrt_error *err) {
    wrt_load_budget b = all_proposals();
    region_reset(&code);
    wrt_status s = wrt_module_load(&code.arena, bytes_of(wasm, n), &b, m, err);
    SAME(s, err->status);
    if (s == WRT_OK) {
        CHECK(*m != NULL);
        SAME(err->reason, WRT_REASON_NONE);
    } else {
        CHECK(*m == NULL);
        SAME(code.arena.size, code.size);
        CHECK(code.arena.base == code.base);
        CHECK(s == WRT_E_MALFORMED || s == WRT_E_INVALID || s == WRT_E_UNSUPPORTED || s == WRT_E_BUDGET
              || s == WRT_E_ARENA);
        CHECK(err->reason != WRT_REASON_NONE && err->message[0] != '\0');
        CHECK(err->offset <= n);
        if (s == WRT_E_BUDGET || s == WRT_E_ARENA) CHECK(err->need > 0);
    }
    return s;
}

/* Loads byte by byte and compares. */
static void load_bytes(const uint8_t *wasm, size_t n, wrt_status whole, const wrt_error *expected) {
    wrt_load_budget b = all_proposals();
    wrt_error err = WRT_ERROR_INIT;
    wrt_loader *l = NULL;
    wrt_module *m = NULL;
    region_reset(&code);
    region_reset(&state);
    wrt_status s = wrt_loader_new(&state.arena, &code.arena, &b, &l, &err);
    for (size_t i = 0; s == WRT_OK && i < n; i++) s = wrt_loader_feed(l, bytes_of(wasm + i, 1), &err);
    if (s == WRT_OK) s = wrt_loader_finish(l, &m, &err);
    /* Copies of names and data may need more room than there is; all else agrees. */
    if (s == WRT_E_ARENA || whole == WRT_E_ARENA) return;
    if (!SAME(s, whole) || !SAME(err.reason, expected->reason) || !SAME(err.offset, expected->offset))
        printf("    (byte by byte, %zu bytes: %s, %s)\n", n, wrt_reason_name(err.reason), wrt_reason_name(expected->reason));
    if (s != WRT_OK) SAME(code.arena.size, code.size);
}

/* Runs every export of a module that loaded, whatever it is, within narrow bounds. */
static void run_all(wrt_module *m) {
    static const wrt_host_func any[] = { { "add", NULL, nothing },   { "wait", NULL, nothing }, { "end", NULL, nothing },
                                         { "ask", NULL, nothing },   { "pause", NULL, nothing } };
    const wrt_named_memory named = { "env", "memory", shared };
    wrt_host_module env = { "env", any, COUNT(any), NULL };
    wrt_error err = WRT_ERROR_INIT;
    wrt_instance_config ic;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    ic.hosts = &env;
    ic.nhosts = 1;
    ic.memory = ram.arena;
    ic.heap = heap.arena;
    ic.shared = &named;
    ic.nshared = 1;
    wrt_instance *instance = NULL;
    wrt_task *task = NULL;
    if (wrt_instance_new(&code.arena, m, &ic, &instance, &err) != WRT_OK) {
        CHECK(instance == NULL && err.reason != WRT_REASON_NONE);
        return;
    }
    region_reset(&stack);
    if (!SAME(wrt_task_new(&stack.arena, instance, &task), WRT_OK)) return;
    for (uint32_t i = 0; i < wrt_module_export_count(m); i++) {
        wrt_extern e = { 0 };
        e.struct_size = sizeof e;
        char sig[64], name[64];
        if (!SAME(wrt_module_export_at(m, i, &e), WRT_OK) || e.kind != WRT_EXTERN_FUNC) continue;
        if (e.name.len >= sizeof name || memchr(e.name.ptr, 0, e.name.len) != NULL) continue;
        memcpy(name, e.name.ptr, e.name.len);
        name[e.name.len] = '\0';
        if (wrt_module_func_sig(m, e.index, sig, sizeof sig, NULL) != WRT_OK) continue;
        /* Typed references, which no string spells. */
        if (strchr(sig, '?') != NULL) continue;
        size_t params = strcspn(sig, ")") - 1, results = strlen(sig) - params - 2;
        wrt_value args[64], res[64];
        memset(args, 0, sizeof args);
        for (size_t p = 0; p < params; p++) args[p] = sig[p + 1] == 'r' || sig[p + 1] == 'R' ? i64(0) : i64(3);
        wrt_func f;
        wrt_run_budget b = run_budget();
        b.fuel = 3000;
        b.max_call_depth = 20;
        SAME(wrt_export_func(instance, name, sig, &f), WRT_OK);
        wrt_task_reset(task);
        wrt_status s = wrt_call(task, f, args, params, res, results, &b, &err);
        CHECK(s == WRT_OK || s == WRT_FUEL || s == WRT_E_TRAP);
        if (s == WRT_E_TRAP) CHECK(err.reason > 0 && err.reason != WRT_TRAP_INTERNAL && err.reason < 100);
        /* An exception that is left over is one; a heap that there is can be collected. */
        uint64_t left = 0;
        wrt_tag tag;
        if (wrt_task_exception(task, &left) == WRT_OK) SAME(wrt_exception_tag(instance, left, &tag), WRT_OK);
        else SAME(left, 0);
        wrt_heap_usage before = { 0 }, after = { 0 };
        before.struct_size = after.struct_size = sizeof before;
        if (wrt_instance_heap_usage(instance, &before) == WRT_OK) {
            SAME(wrt_instance_collect(instance, NULL), WRT_OK);
            SAME(wrt_instance_heap_usage(instance, &after), WRT_OK);
            CHECK(after.used <= before.used && after.peak == before.peak);
            CHECK(after.used + after.free <= after.capacity && after.capacity == heap.size);
        }
    }
}

static void begin(void) {
    code = region_new(1 << 16);
    state = region_new(WRT_LOADER_SIZE);
    stack = region_new(2048);
    ram = region_new((size_t)2 * WRT_PAGE_SIZE);
    heap = region_new(4096);
    header = region_new(WRT_SHARED_MEMORY_SIZE);
    bytes = region_new(WRT_PAGE_SIZE);
    wrt_error err = WRT_ERROR_INIT;
    wrt_shared_config c;
    memset(&c, 0, sizeof c);
    c.struct_size = sizeof c;
    c.min = 1;
    c.max = 4;
    c.memory = bytes.arena;
    SAME(wrt_shared_memory_new(&header.arena, &c, &shared, &err), WRT_OK);
}

static void end(void) {
    region_free(&code);
    region_free(&state);
    region_free(&stack);
    region_free(&ram);
    region_free(&heap);
    region_free(&header);
    region_free(&bytes);
}

static void cut(const uint8_t *wasm, size_t len) {
    for (size_t n = 0; n < len; n++) {
        wrt_error err = WRT_ERROR_INIT;
        wrt_module *m = NULL;
        /* A block of its own, so that a checker sees a read behind the end. */
        uint8_t *copy = malloc(n);
        if (n > 0) memcpy(copy, wasm, n);
        wrt_status s = load_whole(copy, n, &m, &err);
        if (s == WRT_OK) run_all(m);
        load_bytes(copy, n, s, &err);
        free(copy);
    }
}

static void truncated(void) {
    begin();
    cut(kit_wasm, sizeof kit_wasm);
    cut(user_wasm, sizeof user_wasm);
    cut(start_wasm, sizeof start_wasm);
    cut(late_wasm, sizeof late_wasm);
    cut(two_wasm, sizeof two_wasm);
    cut(throw_wasm, sizeof throw_wasm);
    cut(cells_wasm, sizeof cells_wasm);
    cut(share_wasm, sizeof share_wasm);
    cut(owner_wasm, sizeof owner_wasm);
    end();
}

static void flip(const uint8_t *wasm, size_t len) {
    for (size_t bit = 0; bit < len * 8; bit++) {
        wrt_error err = WRT_ERROR_INIT;
        wrt_module *m = NULL;
        uint8_t *copy = malloc(len);
        memcpy(copy, wasm, len);
        copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ 1u << bit % 8);
        wrt_status s = load_whole(copy, len, &m, &err);
        if (s == WRT_OK) run_all(m);
        if (bit % 8 == bit / 8 % 8) load_bytes(copy, len, s, &err);
        free(copy);
    }
}

static void flipped(void) {
    begin();
    flip(kit_wasm, sizeof kit_wasm);
    flip(start_wasm, sizeof start_wasm);
    flip(late_wasm, sizeof late_wasm);
    flip(two_wasm, sizeof two_wasm);
    flip(throw_wasm, sizeof throw_wasm);
    flip(cells_wasm, sizeof cells_wasm);
    flip(share_wasm, sizeof share_wasm);
    flip(owner_wasm, sizeof owner_wasm);
    end();
}

/* Bytes that say less and less of a module. */
static void noise(void) {
    uint32_t x = 2463534242u;
    begin();
    for (int round = 0; round < 2000; round++) {
        uint8_t *copy = malloc(sizeof kit_wasm);
        wrt_error err = WRT_ERROR_INIT;
        wrt_module *m = NULL;
        memcpy(copy, kit_wasm, sizeof kit_wasm);
        for (int k = 0; k <= round % 8; k++) {
            x ^= x << 13, x ^= x >> 17, x ^= x << 5;
            copy[8 + x % (sizeof kit_wasm - 8)] = (uint8_t)(x >> 24);
        }
        wrt_status s = load_whole(copy, sizeof kit_wasm, &m, &err);
        if (s == WRT_OK) run_all(m);
        load_bytes(copy, sizeof kit_wasm, s, &err);
        free(copy);
    }
    end();
}

/* Counts that nothing could hold, in every place that has one: type, import, function, table, memory,
 * global, export, element, code and data section, and a body's locals. */
static void oversized(void) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_module *m = NULL;
    begin();
    for (uint8_t section = 1; section <= 12; section++) {
        uint8_t wasm[] = { 0, 'a', 's', 'm', 1, 0, 0, 0, section, 5, 0xff, 0xff, 0xff, 0xff, 0x0f };
        wrt_status s = load_whole(wasm, sizeof wasm, &m, &err);
        CHECK(s == WRT_E_MALFORMED || s == WRT_E_BUDGET || s == WRT_E_INVALID);
        load_bytes(wasm, sizeof wasm, s, &err);
    }
    for (uint8_t section = 0; section <= 12; section++) {
        uint8_t wasm[] = { 0, 'a', 's', 'm', 1, 0, 0, 0, section, 0xff, 0xff, 0xff, 0xff, 0x0f };
        wrt_status s = load_whole(wasm, sizeof wasm, &m, &err);
        CHECK(s < 0);
        load_bytes(wasm, sizeof wasm, s, &err);
    }
    uint8_t locals[] = { 0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0,
                         10, 10, 1, 8, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b };
    CHECK(load_whole(locals, sizeof locals, &m, &err) < 0);
    end();
}

void test_damage(void) {
    TEST(truncated);
    TEST(flipped);
    TEST(noise);
    TEST(oversized);
}
