/* Versions, names, and structs that carry their size. API-1. */
#include "guests.h"
#include "harness.h"

static void versions(void) {
    SAME(wrt_abi_version(), WRT_ABI_VERSION);
    CHECK((wrt_features() & WRT_PROPOSAL_MEMORY64) != 0);
    CHECK((wrt_features() & WRT_PROPOSAL_SIGN_EXTENSION) != 0);
}

static void names(void) {
    CHECK(strcmp(wrt_status_name(WRT_OK), "WRT_OK") == 0);
    CHECK(strcmp(wrt_status_name(WRT_E_EXIT), "WRT_E_EXIT") == 0);
    CHECK(strcmp(wrt_status_name(WRT_INTERRUPTED), "WRT_INTERRUPTED") == 0);
    CHECK(strcmp(wrt_status_name(12345), "unknown status") == 0);
    CHECK(strcmp(wrt_status_name(INT32_MIN), "unknown status") == 0);
    CHECK(strcmp(wrt_reason_name(WRT_REASON_NONE), "WRT_REASON_NONE") == 0);
    CHECK(strcmp(wrt_reason_name(WRT_TRAP_UNREACHABLE), "WRT_TRAP_UNREACHABLE") == 0);
    CHECK(strcmp(wrt_reason_name(WRT_REASON_MALFORMED_UTF8), "WRT_REASON_MALFORMED_UTF8") == 0);
    CHECK(strcmp(wrt_reason_name(WRT_REASON_GUEST_EXIT), "WRT_REASON_GUEST_EXIT") == 0);
    CHECK(strcmp(wrt_reason_name(9999), "unknown reason") == 0);
    CHECK(strcmp(wrt_reason_name(UINT32_MAX), "unknown reason") == 0);
    for (int32_t s = -20; s < 10; s++) CHECK(wrt_status_name(s)[0] != '\0');
    for (uint32_t r = 0; r < 1000; r++) CHECK(wrt_reason_name(r)[0] != '\0');
}

/* A default for a size that nobody knows marks the struct as unusable and writes nothing else. */
static void defaults(void) {
    struct { wrt_load_budget b; unsigned char behind[32]; } x;
    memset(&x, 0x5a, sizeof x);
    wrt_load_budget_default(&x.b, sizeof x.b);
    SAME(x.b.struct_size, sizeof x.b);
    CHECK(x.b.max_functions > 1000 && x.b.max_memory_bytes >= WRT_PAGE_SIZE);
    /* What is by switch is built in, but off. */
    const uint32_t switches = WRT_PROPOSAL_THREADS | WRT_PROPOSAL_CUSTOM_PAGE_SIZES | WRT_PROPOSAL_WIDE_ARITHMETIC
        | WRT_PROPOSAL_BRANCH_HINTING | WRT_PROPOSAL_LEGACY_EXCEPTIONS;
    SAME(x.b.proposals, (uint32_t)wrt_features() & ~switches);
    SAME((uint32_t)wrt_features() & switches, switches);
    for (size_t i = 0; i < sizeof x.behind; i++) SAME(x.behind[i], 0x5a);

    const uint32_t odd[] = { 4, 5, (uint32_t)sizeof x.b - 1, (uint32_t)sizeof x.b + 1, UINT32_MAX };
    for (size_t i = 0; i < COUNT(odd); i++) {
        memset(&x, 0x5a, sizeof x);
        wrt_load_budget_default(&x.b, odd[i]);
        SAME(x.b.struct_size, 0);
        SAME(x.b.proposals, 0x5a5a5a5a);
    }
    memset(&x, 0x5a, sizeof x);
    wrt_load_budget_default(&x.b, 3);
    SAME(x.b.struct_size, 0x5a5a5a5a);
    wrt_load_budget_default(NULL, sizeof x.b);
    wrt_run_budget_default(NULL, 24);
    wrt_run_budget rb;
    wrt_run_budget_default(&rb, sizeof rb);
    SAME(rb.struct_size, sizeof rb);
    CHECK(rb.fuel == UINT64_MAX);
    wrt_run_budget_default(&rb, sizeof rb + 8);
    SAME(rb.struct_size, 0);
}

/* The header's first shape of a struct is known for ever, and its end stays untouched. */
static void older_shape(void) {
    const uint32_t older = offsetof(wrt_load_budget, table_reserve);
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget b;
    memset(&b, 0x5a, sizeof b);
    wrt_load_budget_default(&b, older);
    SAME(b.struct_size, older);
    SAME(b.table_reserve, 0x5a5a5a5a);
    region scratch = region_new(1 << 16);
    wrt_plan plan = { 0 }, whole = { 0 };
    plan.struct_size = whole.struct_size = sizeof plan;
    SAME(wrt_plan_module(BYTES(kit_wasm), &b, scratch.arena, &plan, &err), WRT_OK);
    b = load_budget();
    SAME(wrt_plan_module(BYTES(kit_wasm), &b, scratch.arena, &whole, &err), WRT_OK);
    CHECK(memcmp(&plan, &whole, sizeof plan) == 0);
    region_free(&scratch);
}

/* An error struct of another size: WRT_E_VERSION, nothing written, nothing done. */
static void error_sizes(void) {
    region arena = region_new(1 << 16);
    wrt_load_budget b = load_budget();
    const uint32_t odd[] = { 0, 1, 4, (uint32_t)sizeof(wrt_error) - 1, (uint32_t)sizeof(wrt_error) + 1, UINT32_MAX };
    for (size_t i = 0; i < COUNT(odd); i++) {
        wrt_error err, before;
        memset(&err, 0x5a, sizeof err);
        err.struct_size = odd[i];
        before = err;
        wrt_module *m = (wrt_module *)&err;
        SAME(wrt_module_load(&arena.arena, BYTES(kit_wasm), &b, &m, &err), WRT_E_VERSION);
        CHECK(memcmp(&err, &before, sizeof err) == 0);
        CHECK(m == NULL);
        SAME(arena.arena.size, arena.size);
    }
    /* Without one, everything works. */
    wrt_module *m = NULL;
    SAME(wrt_module_load(&arena.arena, BYTES(kit_wasm), &b, &m, NULL), WRT_OK);
    CHECK(m != NULL);
    region_free(&arena);
}

/* Every in and out struct refuses sizes that it never had. */
static void other_sizes(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    region arena = region_new(1 << 16);
    for (uint32_t delta = 1; delta <= 8; delta += 7) {
        for (int sign = 0; sign < 2; sign++) {
#define ODD(type) (sign ? (uint32_t)sizeof(type) + delta : (uint32_t)sizeof(type) - delta)
            wrt_load_budget lb = load_budget();
            /* Eight less is the first shape of it. */
            lb.struct_size = ODD(wrt_load_budget) - (sign == 0 && delta == 8 ? 4 : 0);
            wrt_module *m = NULL;
            SAME(wrt_module_load(&arena.arena, BYTES(kit_wasm), &lb, &m, &err), WRT_E_VERSION);
            SAME(err.reason, WRT_REASON_STRUCT_SIZE);
            SAME(err.need, sizeof lb);

            wrt_plan plan, before;
            memset(&plan, 0x5a, sizeof plan);
            /* As above. */
            plan.struct_size = ODD(wrt_plan) - (sign == 0 && delta == 8 ? 4 : 0);
            before = plan;
            lb = load_budget();
            SAME(wrt_plan_module(BYTES(kit_wasm), &lb, arena.arena, &plan, &err), WRT_E_VERSION);
            CHECK(memcmp(&plan, &before, sizeof plan) == 0);

            wrt_instance_config ic;
            memset(&ic, 0, sizeof ic);
            ic.struct_size = ODD(wrt_instance_config);
            wrt_instance *i = NULL;
            SAME(wrt_instance_new(&arena.arena, k.module, &ic, &i, &err), WRT_E_VERSION);

            wrt_extern e;
            memset(&e, 0, sizeof e);
            e.struct_size = ODD(wrt_extern);
            SAME(wrt_module_export_at(k.module, 0, &e), WRT_E_VERSION);
            SAME(wrt_module_import_at(k.module, 0, &e), WRT_E_VERSION);

            wrt_usage u;
            memset(&u, 0, sizeof u);
            u.struct_size = ODD(wrt_usage);
            SAME(wrt_task_usage(k.task, &u), WRT_E_VERSION);

            wrt_pending p;
            memset(&p, 0, sizeof p);
            p.struct_size = ODD(wrt_pending) - (sign == 0 && delta == 8 ? 4 : 0);
            SAME(wrt_task_pending(k.task, &p), WRT_E_VERSION);

            wrt_run_budget rb = run_budget();
            rb.struct_size = ODD(wrt_run_budget);
            SAME(wrt_task_run(k.task, &rb, &err), WRT_E_VERSION);
            SAME(arena.arena.size, arena.size);
#undef ODD
        }
    }
    region_free(&arena);
    kit_free(&k);
}

void test_status(void) {
    TEST(versions);
    TEST(names);
    TEST(defaults);
    TEST(older_shape);
    TEST(error_sizes);
    TEST(other_sizes);
}
