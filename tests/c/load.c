/* Planning, loading whole and in pieces, and what a module says of itself. MEM-1, MEM-3, CORE-5, CORE-6. */
#include "guests.h"
#include "harness.h"

static const wrt_bytes guests[] = {
    { kit_wasm, sizeof kit_wasm },   { user_wasm, sizeof user_wasm }, { start_wasm, sizeof start_wasm },
    { late_wasm, sizeof late_wasm }, { two_wasm, sizeof two_wasm },
};

/* N bytes load, N - 1 do not and name N; so for the instance. */
static void exact(void) {
    wrt_load_budget b = load_budget();
    for (size_t g = 0; g < COUNT(guests); g++) {
        wrt_error err = WRT_ERROR_INIT;
        wrt_plan plan = { 0 };
        plan.struct_size = sizeof plan;
        region scratch = region_new(1 << 16);
        SAME(wrt_plan_module(guests[g], &b, scratch.arena, &plan, &err), WRT_OK);
        SAME(err.status, WRT_OK);
        CHECK(plan.instance % WRT_ARENA_ALIGN == 0 && plan.module % WRT_ARENA_ALIGN == 0);
        region_free(&scratch);
        size_t n = plan.module + plan.load_scratch;
        wrt_module *m = NULL;

        region less = region_new(n - 1);
        SAME(wrt_module_load(&less.arena, guests[g], &b, &m, &err), WRT_E_ARENA);
        SAME(err.reason, WRT_REASON_ARENA_TOO_SMALL);
        SAME(err.need, n);
        CHECK(m == NULL);
        CHECK(less.arena.base == less.base && less.arena.size == less.size);
        region_free(&less);

        region enough = region_new(n);
        SAME(wrt_module_load(&enough.arena, guests[g], &b, &m, &err), WRT_OK);
        CHECK(m != NULL);
        SAME(enough.size - enough.arena.size, plan.module);
        SAME(wrt_module_instance_size(m), plan.instance);
        SAME(wrt_module_memory_min(m), plan.memory_min);
        region_free(&enough);
    }
}

/* Small arenas of every size: the load that succeeds is the one that was planned. */
static void every_size(void) {
    wrt_load_budget b = load_budget();
    wrt_plan plan = { 0 };
    plan.struct_size = sizeof plan;
    region scratch = region_new(1 << 16);
    SAME(wrt_plan_module(BYTES(start_wasm), &b, scratch.arena, &plan, NULL), WRT_OK);
    region_free(&scratch);
    for (size_t size = 0; size <= plan.module + plan.load_scratch + 16; size++) {
        wrt_error err = WRT_ERROR_INIT;
        wrt_module *m = NULL;
        region r = region_new(size);
        wrt_status s = wrt_module_load(&r.arena, BYTES(start_wasm), &b, &m, &err);
        SAME(s, size < plan.module + plan.load_scratch ? WRT_E_ARENA : WRT_OK);
        if (s != WRT_OK) {
            SAME(err.reason, WRT_REASON_ARENA_TOO_SMALL);
            CHECK(err.need > size && err.need <= plan.module + plan.load_scratch);
            SAME(r.arena.size, size);
        }
        region_free(&r);
    }
}

/* What lies before the cursor, and what the scratch of a plan is lent from, is not touched. */
static void nothing_else(void) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget b = load_budget();
    region r = region_new(1 << 16);
    wrt_module *first = NULL, *second = NULL;
    SAME(wrt_module_load(&r.arena, BYTES(kit_wasm), &b, &first, &err), WRT_OK);
    unsigned char before[1 << 16];
    size_t taken = r.size - r.arena.size;
    memcpy(before, r.base, taken);
    wrt_arena mark = r.arena;
    uint8_t bad[sizeof kit_wasm];
    memcpy(bad, kit_wasm, sizeof bad);
    bad[sizeof bad / 2] = 0xff;
    CHECK(wrt_module_load(&r.arena, BYTES(bad), &b, &second, &err) < 0);
    CHECK(second == NULL && r.arena.base == mark.base && r.arena.size == mark.size);
    CHECK(memcmp(before, r.base, taken) == 0);
    /* A load that succeeds, released by the mark. */
    SAME(wrt_module_load(&r.arena, BYTES(kit_wasm), &b, &second, &err), WRT_OK);
    CHECK(memcmp(before, r.base, taken) == 0);
    r.arena = mark;
    wrt_plan plan = { 0 };
    plan.struct_size = sizeof plan;
    SAME(wrt_plan_module(BYTES(two_wasm), &b, r.arena, &plan, &err), WRT_OK);
    CHECK(r.arena.base == mark.base && r.arena.size == mark.size);
    CHECK(memcmp(before, r.base, taken) == 0);
    SAME(wrt_module_export_count(first), 21);
    region_free(&r);
}

static void bad_arenas(void) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget b = load_budget();
    region r = region_new(1 << 16);
    wrt_module *m = NULL;
    for (size_t off = 1; off < WRT_ARENA_ALIGN; off++) {
        wrt_arena a = { r.base + off, r.size - off }, before = a;
        SAME(wrt_module_load(&a, BYTES(kit_wasm), &b, &m, &err), WRT_E_ARG);
        SAME(err.reason, WRT_REASON_ARENA_MISALIGNED);
        CHECK(memcmp(&a, &before, sizeof a) == 0);
    }
    wrt_arena none = { NULL, 4096 };
    SAME(wrt_module_load(&none, BYTES(kit_wasm), &b, &m, &err), WRT_E_ARG);
    SAME(err.reason, WRT_REASON_NULL_POINTER);
    wrt_arena empty = { NULL, 0 };
    SAME(wrt_module_load(&empty, BYTES(kit_wasm), &b, &m, &err), WRT_E_ARENA);
    /* Sizes that no object has. */
    wrt_arena huge = { r.base, SIZE_MAX };
    SAME(wrt_module_load(&huge, BYTES(kit_wasm), &b, &m, &err), WRT_E_ARG);
    SAME(err.reason, WRT_REASON_IMPOSSIBLE_SIZE);
    SAME(wrt_module_load(&r.arena, bytes_of(kit_wasm, SIZE_MAX), &b, &m, &err), WRT_E_ARG);
    SAME(wrt_module_load(&r.arena, bytes_of(kit_wasm, SIZE_MAX / 2 + 1), &b, &m, &err), WRT_E_ARG);
    SAME(wrt_module_load(&r.arena, bytes_of(NULL, 8), &b, &m, &err), WRT_E_ARG);
    SAME(wrt_module_load(&r.arena, bytes_of(NULL, 0), &b, &m, &err), WRT_E_MALFORMED);
    SAME(wrt_module_load(NULL, BYTES(kit_wasm), &b, &m, &err), WRT_E_ARG);
    SAME(wrt_module_load(&r.arena, BYTES(kit_wasm), NULL, &m, &err), WRT_E_ARG);
    SAME(wrt_module_load(&r.arena, BYTES(kit_wasm), &b, NULL, &err), WRT_E_ARG);
    CHECK(m == NULL && r.arena.size == r.size);
    region_free(&r);
}

/* A limit one below what the module asks for refuses it and names what it asks for. */
static void budgets(void) {
    region r = region_new(1 << 16);
    struct { size_t field; uint32_t asked, reason; } limits[] = {
        { offsetof(wrt_load_budget, max_imports), 3, WRT_REASON_LIMIT_IMPORTS },
        { offsetof(wrt_load_budget, max_exports), 21, WRT_REASON_LIMIT_EXPORTS },
        { offsetof(wrt_load_budget, max_functions), 19, WRT_REASON_LIMIT_FUNCTIONS },
        { offsetof(wrt_load_budget, max_globals), 4, WRT_REASON_LIMIT_GLOBALS },
        { offsetof(wrt_load_budget, max_tables), 2, WRT_REASON_LIMIT_TABLES },
        { offsetof(wrt_load_budget, max_memories), 1, WRT_REASON_LIMIT_MEMORIES },
        { offsetof(wrt_load_budget, max_params), 4, WRT_REASON_LIMIT_PARAMS },
        { offsetof(wrt_load_budget, max_results), 4, WRT_REASON_LIMIT_RESULTS },
    };
    for (size_t i = 0; i < COUNT(limits); i++) {
        wrt_error err = WRT_ERROR_INIT;
        wrt_load_budget b = load_budget();
        wrt_module *m = NULL;
        uint32_t *field = (uint32_t *)(void *)((unsigned char *)&b + limits[i].field);
        *field = limits[i].asked - 1;
        SAME(wrt_module_load(&r.arena, BYTES(kit_wasm), &b, &m, &err), WRT_E_BUDGET);
        SAME(err.reason, limits[i].reason);
        SAME(err.need, limits[i].asked);
        CHECK(err.offset > 0 && err.offset < sizeof kit_wasm);
        SAME(r.arena.size, r.size);
        *field = limits[i].asked;
        SAME(wrt_module_load(&r.arena, BYTES(kit_wasm), &b, &m, &err), WRT_OK);
        region_reset(&r);
    }
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget b = load_budget();
    wrt_module *m = NULL;
    b.max_memory_bytes = WRT_PAGE_SIZE - 1;
    SAME(wrt_module_load(&r.arena, BYTES(kit_wasm), &b, &m, &err), WRT_E_BUDGET);
    SAME(err.reason, WRT_REASON_LIMIT_MEMORY_BYTES);
    SAME(err.need, WRT_PAGE_SIZE);
    b = load_budget();
    b.proposals &= ~(uint32_t)WRT_PROPOSAL_REFERENCE_TYPES;
    SAME(wrt_module_load(&r.arena, BYTES(kit_wasm), &b, &m, &err), WRT_E_UNSUPPORTED);
    SAME(err.reason, WRT_REASON_PROPOSAL_OFF);
    SAME(err.detail, WRT_PROPOSAL_REFERENCE_TYPES);
    region_free(&r);
}

/* Pieces of every size give a module like the whole; the plan for pieces is as exact. */
static void pieces(void) {
    wrt_load_budget b = load_budget();
    for (size_t g = 0; g < COUNT(guests); g++) {
        for (size_t piece = 1; piece <= guests[g].len; piece = piece * 3 + 1) {
            wrt_error err = WRT_ERROR_INIT;
            wrt_plan plan = { 0 };
            plan.struct_size = sizeof plan;
            region state = region_new(WRT_LOADER_SIZE), arena = region_new(1 << 16);
            wrt_loader *l = NULL;
            wrt_module *m = NULL;
            SAME(wrt_loader_new_plan(&state.arena, &arena.arena, &b, &l, &err), WRT_OK);
            for (size_t at = 0; at < guests[g].len; at += piece) {
                size_t n = guests[g].len - at < piece ? guests[g].len - at : piece;
                SAME(wrt_loader_feed(l, bytes_of(guests[g].ptr + at, n), &err), WRT_OK);
            }
            SAME(wrt_loader_finish(l, &m, &err), WRT_E_STATE);
            SAME(wrt_loader_finish_plan(l, &plan, &err), WRT_OK);
            SAME(arena.arena.size, arena.size);
            wrt_plan again = plan;
            SAME(wrt_loader_finish_plan(l, &again, &err), WRT_E_STATE);
            SAME(again.module, 0);
            region_free(&arena);

            for (size_t less = 0; less < 2; less++) {
                size_t n = plan.module + plan.load_scratch - less;
                wrt_status s = WRT_OK;
                region_reset(&state);
                arena = region_new(n);
                SAME(wrt_loader_new(&state.arena, &arena.arena, &b, &l, &err), WRT_OK);
                SAME(state.arena.size, 0);
                SAME(arena.arena.size, 0);
                for (size_t at = 0; s == WRT_OK && at < guests[g].len; at += piece) {
                    size_t k = guests[g].len - at < piece ? guests[g].len - at : piece;
                    s = wrt_loader_feed(l, bytes_of(guests[g].ptr + at, k), &err);
                }
                if (s == WRT_OK) s = wrt_loader_finish(l, &m, &err);
                if (less == 0) {
                    SAME(s, WRT_OK);
                    SAME(arena.size - arena.arena.size, plan.module);
                    SAME(wrt_module_instance_size(m), plan.instance);
                } else {
                    SAME(s, WRT_E_ARENA);
                    SAME(err.need, n + 1);
                    CHECK(arena.arena.base == arena.base && arena.arena.size == n);
                    CHECK(m == NULL);
                }
                SAME(wrt_loader_feed(l, bytes_of(NULL, 0), &err), WRT_E_STATE);
                SAME(err.reason, WRT_REASON_LOADER_FINISHED);
                m = NULL;
                region_free(&arena);
            }
            region_free(&state);
        }
    }
}

/* Loader and module in one arena: the module follows. */
static void one_arena(void) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget b = load_budget();
    region r = region_new(1 << 16);
    wrt_loader *l = NULL;
    wrt_module *m = NULL;
    SAME(wrt_loader_new(&r.arena, &r.arena, &b, &l, &err), WRT_OK);
    SAME(r.arena.size, 0);
    SAME(wrt_loader_feed(l, BYTES(two_wasm), &err), WRT_OK);
    SAME(wrt_loader_finish(l, &m, &err), WRT_OK);
    CHECK((unsigned char *)m == r.base + WRT_LOADER_SIZE);
    CHECK(r.arena.size > 0 && r.arena.size < r.size - WRT_LOADER_SIZE);
    SAME(wrt_module_export_count(m), 5);
    /* No room for the loader itself. */
    region small = region_new(WRT_LOADER_SIZE - 1);
    SAME(wrt_loader_new(&small.arena, &r.arena, &b, &l, &err), WRT_E_ARENA);
    SAME(err.need, WRT_LOADER_SIZE);
    CHECK(l == NULL);
    SAME(small.arena.size, small.size);
    region_free(&small);
    region_free(&r);
}

static bool is(wrt_bytes b, const char *text) {
    return b.len == strlen(text) && memcmp(b.ptr, text, b.len) == 0;
}

static void listing(void) {
    kit k;
    kit_new(&k);
    wrt_extern e = { 0 };
    e.struct_size = sizeof e;
    SAME(wrt_module_import_count(k.module), 3);
    SAME(wrt_module_export_count(k.module), 21);
    SAME(wrt_module_import_at(k.module, 1, &e), WRT_OK);
    CHECK(is(e.module, "env") && is(e.name, "wait"));
    SAME(e.kind, WRT_EXTERN_FUNC);
    SAME(e.index, 1);
    SAME(wrt_module_import_at(k.module, 3, &e), WRT_E_NOT_FOUND);
    CHECK(e.name.ptr == NULL && e.name.len == 0);
    SAME(wrt_module_export_at(k.module, 0, &e), WRT_OK);
    CHECK(is(e.name, "memory") && e.module.len == 0);
    SAME(e.kind, WRT_EXTERN_MEMORY);
    SAME(e.min, 1);
    SAME(e.max, 3);
    SAME(wrt_module_export_at(k.module, 2, &e), WRT_OK);
    CHECK(is(e.name, "objects"));
    SAME(e.kind, WRT_EXTERN_TABLE);
    SAME(e.value_type, 'R');
    SAME(e.max, 10);
    SAME(wrt_module_export_at(k.module, 3, &e), WRT_OK);
    SAME(e.kind, WRT_EXTERN_GLOBAL);
    SAME(e.value_type, 'i');
    SAME(e.flags, WRT_EXTERN_MUTABLE);
    SAME(wrt_module_export_at(k.module, 4, &e), WRT_OK);
    SAME(e.value_type, 'I');
    SAME(e.flags, 0);
    SAME(wrt_module_export_at(k.module, UINT32_MAX, &e), WRT_E_NOT_FOUND);
    CHECK(wrt_instance_module(k.instance) == k.module);
    kit_free(&k);
}

static void signatures(void) {
    kit k;
    kit_new(&k);
    wrt_func mixed = kit_func(&k, "mixed", NULL);
    char sig[16];
    size_t needed = 0;
    SAME(wrt_module_func_sig(k.module, mixed.index, sig, sizeof sig, &needed), WRT_OK);
    CHECK(strcmp(sig, "(iIfF)FfIi") == 0);
    SAME(needed, 11);
    for (size_t cap = 0; cap < 11; cap++) {
        memset(sig, 'x', sizeof sig);
        SAME(wrt_module_func_sig(k.module, mixed.index, sig, cap, &needed), WRT_E_BOUNDS);
        SAME(needed, 11);
        if (cap > 0) CHECK(strlen(sig) == cap - 1 && strncmp(sig, "(iIfF)FfIi", cap - 1) == 0);
        SAME(sig[cap], 'x');
    }
    SAME(wrt_module_func_sig(k.module, mixed.index, NULL, 0, &needed), WRT_E_BOUNDS);
    SAME(wrt_module_func_sig(k.module, mixed.index, NULL, 4, &needed), WRT_E_ARG);
    SAME(wrt_module_func_sig(k.module, 1000, sig, sizeof sig, NULL), WRT_E_NOT_FOUND);
    SAME(sig[0], '\0');
    wrt_func peek = kit_func(&k, "peek", "(i)i");
    CHECK(is(wrt_module_func_name(k.module, peek.index), "outer"));
    CHECK(is(wrt_module_func_name(k.module, 0), "add"));
    CHECK(wrt_module_func_name(k.module, 1000).ptr == NULL);
    kit_free(&k);
}

/* CORE-8: a module loaded in pieces becomes an image, which is a module where it lies; or it holds what no image
 * does. */
static void images(void) {
    wrt_load_budget b = load_budget();
    unsigned made = 0;
    for (size_t g = 0; g < COUNT(guests); g++) {
        wrt_error err = WRT_ERROR_INIT;
        region state = region_new(WRT_LOADER_SIZE), arena = region_new(1 << 16);
        wrt_loader *l = NULL;
        wrt_module *m = NULL, *of_image = NULL;
        SAME(wrt_loader_new(&state.arena, &arena.arena, &b, &l, &err), WRT_OK);
        SAME(wrt_loader_feed(l, guests[g], &err), WRT_OK);
        SAME(wrt_loader_finish(l, &m, &err), WRT_OK);
        size_t n = (size_t)wrt_module_image_size(m);
        region image = region_new(n);
        SAME(wrt_module_write_image(m, 77, image.base, n - 1, &err), WRT_E_ARENA);
        SAME(err.need, n);
        SAME(wrt_module_write_image(m, 77, NULL, n, &err), WRT_E_ARG);
        SAME(wrt_module_write_image(m, 77, image.base, n, &err), WRT_OK);
        wrt_plan plan = { 0 };
        plan.struct_size = sizeof plan;
        wrt_status planned = wrt_plan_image(bytes_of(image.base, n), &b, &plan, &err);
        region scratch = region_new(plan.load_scratch);
        wrt_status s = wrt_module_from_image(bytes_of(image.base, n), &b, scratch.arena, &of_image, &err);
        if (s == WRT_OK) {
            made++;
            SAME(planned, WRT_OK);
            SAME(plan.module, 0);
            SAME(plan.stack_min, 77);
            SAME(plan.instance, wrt_module_instance_size(m));
            SAME(wrt_module_instance_size(of_image), plan.instance);
            SAME(wrt_module_export_count(of_image), wrt_module_export_count(m));
            /* A module without functions needs no scratch. */
            if (plan.load_scratch > 0) {
                wrt_arena less = { scratch.base, plan.load_scratch - 1 };
                SAME(wrt_module_from_image(bytes_of(image.base, n), &b, less, &of_image, &err), WRT_E_ARENA);
                SAME(err.need, plan.load_scratch);
                CHECK(of_image == NULL);
            }
            SAME(wrt_image_make_portable(NULL, n, &b, &err), WRT_E_ARG);
            SAME(wrt_image_make_portable(image.base, n - 16, &b, &err), WRT_E_MALFORMED);
            SAME(wrt_image_make_portable(image.base, n, &b, &err), WRT_OK);
            SAME(wrt_module_from_image(bytes_of(image.base, n), &b, scratch.arena, &of_image, &err), WRT_OK);
            image.base[n - 1] ^= 1;
            SAME(wrt_image_make_portable(image.base, n, &b, &err), WRT_E_MALFORMED);
            SAME(wrt_module_from_image(bytes_of(image.base, n), &b, scratch.arena, &of_image, &err), WRT_E_MALFORMED);
            SAME(err.reason, WRT_REASON_IMAGE_CHECKSUM);
            image.base[8] ^= 1;
            SAME(wrt_module_from_image(bytes_of(image.base, n), &b, scratch.arena, &of_image, &err), WRT_E_VERSION);
        } else {
            SAME(s, WRT_E_UNSUPPORTED);
            SAME(err.reason, WRT_REASON_IMAGE_FEATURE);
        }
        region_free(&scratch);
        region_free(&image);
        region_free(&arena);
        region_free(&state);
    }
    CHECK(made > 0);
}

void test_load(void) {
    TEST(images);
    TEST(exact);
    TEST(every_size);
    TEST(nothing_else);
    TEST(bad_arenas);
    TEST(budgets);
    TEST(pieces);
    TEST(one_arena);
    TEST(listing);
    TEST(signatures);
}
