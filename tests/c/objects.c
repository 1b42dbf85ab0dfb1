/* Memories, globals and tables from outside. RUN-6, MEM-4. */
#include "harness.h"
#include <float.h>

static void memory(void) {
    kit k;
    kit_new(&k);
    wrt_memory m;
    char text[8] = "xxxxxxx";
    SAME(wrt_memory_view(k.instance, 0, &m), WRT_OK);
    CHECK(m.base == k.ram.base);
    SAME(m.len, WRT_PAGE_SIZE);
    SAME(m.ceiling, 3 * WRT_PAGE_SIZE);
    SAME(wrt_memory_view(k.instance, 1, &m), WRT_E_NOT_FOUND);
    CHECK(m.base == NULL && m.len == 0 && m.ceiling == 0);
    SAME(wrt_memory_view(k.instance, UINT32_MAX, &m), WRT_E_NOT_FOUND);
    SAME(wrt_memory_view(k.instance, 0, NULL), WRT_E_ARG);

    SAME(wrt_memory_read(k.instance, 0, 16, text, 5), WRT_OK);
    CHECK(memcmp(text, "helloxx", 7) == 0);
    SAME(wrt_memory_write(k.instance, 0, 18, "LL", 2), WRT_OK);
    SAME(wrt_memory_read(k.instance, 0, 16, text, 5), WRT_OK);
    CHECK(memcmp(text, "heLLo", 5) == 0);
    /* The last byte, the byte behind it, and addresses that wrap around. */
    SAME(wrt_memory_read(k.instance, 0, WRT_PAGE_SIZE - 1, text, 1), WRT_OK);
    SAME(wrt_memory_read(k.instance, 0, WRT_PAGE_SIZE, text, 0), WRT_OK);
    strcpy(text, "xxxxxxx");
    const uint64_t beyond[] = { WRT_PAGE_SIZE - 1, WRT_PAGE_SIZE, WRT_PAGE_SIZE + 1, UINT32_MAX,
                                (uint64_t)UINT32_MAX + 1, INT64_MAX, UINT64_MAX - 1, UINT64_MAX };
    for (size_t i = 0; i < COUNT(beyond); i++) {
        SAME(wrt_memory_read(k.instance, 0, beyond[i], text, 2), WRT_E_BOUNDS);
        SAME(wrt_memory_write(k.instance, 0, beyond[i], "ab", 2), WRT_E_BOUNDS);
    }
    CHECK(strcmp(text, "xxxxxxx") == 0);
    SAME(wrt_memory_read(k.instance, 0, UINT64_MAX, text, 0), WRT_E_BOUNDS);
    SAME(wrt_memory_read(k.instance, 0, 0, NULL, 0), WRT_OK);
    SAME(wrt_memory_read(k.instance, 0, 0, NULL, 1), WRT_E_ARG);
    SAME(wrt_memory_write(k.instance, 0, 0, NULL, 1), WRT_E_ARG);
    SAME(wrt_memory_read(k.instance, 0, 0, text, SIZE_MAX), WRT_E_ARG);
    SAME(wrt_memory_write(k.instance, 0, 0, text, SIZE_MAX / 2), WRT_E_BOUNDS);
    SAME(wrt_memory_read(k.instance, 1, 0, text, 1), WRT_E_NOT_FOUND);
    SAME(wrt_memory_write(k.instance, 1, 0, text, 1), WRT_E_NOT_FOUND);
    kit_free(&k);
}

static void growth(void) {
    kit k;
    kit_new(&k);
    uint64_t old = 5;
    wrt_memory m;
    SAME(wrt_memory_grow(k.instance, 0, 0, &old), WRT_OK);
    SAME(old, 1);
    SAME(wrt_memory_grow(k.instance, 0, 3, &old), WRT_E_BUDGET);
    CHECK(old == UINT64_MAX);
    SAME(wrt_memory_grow(k.instance, 0, UINT64_MAX, &old), WRT_E_BUDGET);
    SAME(wrt_memory_grow(k.instance, 0, UINT64_MAX / WRT_PAGE_SIZE, NULL), WRT_E_BUDGET);
    SAME(wrt_memory_grow(k.instance, 0, 1, &old), WRT_OK);
    SAME(old, 1);
    SAME(wrt_memory_view(k.instance, 0, &m), WRT_OK);
    CHECK(m.base == k.ram.base);
    SAME(m.len, 2 * WRT_PAGE_SIZE);
    /* New pages are zero, whatever lay in the region. */
    for (size_t i = WRT_PAGE_SIZE; i < (size_t)2 * WRT_PAGE_SIZE; i++)
        if (m.base[i] != 0) {
            CHECK(m.base[i] == 0);
            break;
        }
    SAME(k.ram.base[2 * WRT_PAGE_SIZE], 0xa5);
    SAME(wrt_memory_grow(k.instance, 0, 1, NULL), WRT_OK);
    SAME(wrt_memory_grow(k.instance, 0, 1, &old), WRT_E_BUDGET);
    SAME(wrt_memory_grow(k.instance, 1, 1, &old), WRT_E_NOT_FOUND);
    kit_free(&k);
}

static void globals(void) {
    kit k;
    kit_new(&k);
    wrt_value v = i64(-1);
    uint32_t type = 0;
    SAME(wrt_global_get(k.instance, 0, &v, &type), WRT_OK);
    SAME(v.i64, 7);
    SAME(type, 'i');
    SAME(wrt_global_get(k.instance, 1, &v, &type), WRT_OK);
    SAME(v.i64, 1000000000000);
    SAME(type, 'I');
    SAME(wrt_global_get(k.instance, 2, &v, NULL), WRT_OK);
    CHECK(v.f64 > 0.5 - DBL_EPSILON && v.f64 < 0.5 + DBL_EPSILON);
    SAME(wrt_global_get(k.instance, 4, &v, &type), WRT_E_NOT_FOUND);
    SAME(v.i64, 0);
    SAME(type, 0);
    SAME(wrt_global_get(k.instance, 0, NULL, &type), WRT_E_ARG);
    /* Bytes above an i32 are not looked at. */
    v = i64(-1);
    v.i32 = 55;
    SAME(wrt_global_set(k.instance, 0, &v), WRT_OK);
    SAME(wrt_global_get(k.instance, 0, &v, NULL), WRT_OK);
    SAME(v.i64, 55);
    SAME(wrt_global_set(k.instance, 1, &v), WRT_E_TYPE);
    SAME(wrt_global_set(k.instance, 4, &v), WRT_E_NOT_FOUND);
    SAME(wrt_global_set(k.instance, 0, NULL), WRT_E_ARG);
    /* A funcref can be null or one that the library gave. */
    wrt_value handler;
    SAME(wrt_global_get(k.instance, 3, &handler, &type), WRT_OK);
    SAME(type, 'r');
    CHECK(handler.ref != 0);
    SAME(wrt_global_set(k.instance, 3, &handler), WRT_OK);
    v = i64(0);
    SAME(wrt_global_set(k.instance, 3, &v), WRT_OK);
    const uint64_t forged[] = { 1000, UINT32_MAX, (uint64_t)1 << 32, ((uint64_t)1 << 32) + 1, UINT64_MAX };
    for (size_t i = 0; i < COUNT(forged); i++) {
        v.ref = forged[i];
        SAME(wrt_global_set(k.instance, 3, &v), WRT_E_TYPE);
    }
    kit_free(&k);
}

static void tables(void) {
    kit k;
    kit_new(&k);
    uint64_t n = 9;
    wrt_value v = i64(-1), null = i64(0), object = i64(0x1234567890);
    SAME(wrt_table_len(k.instance, 0, &n), WRT_OK);
    SAME(n, 4);
    SAME(wrt_table_len(k.instance, 2, &n), WRT_E_NOT_FOUND);
    SAME(n, 0);
    SAME(wrt_table_len(k.instance, 0, NULL), WRT_E_ARG);
    SAME(wrt_table_get(k.instance, 0, 2, &v), WRT_OK);
    SAME(v.ref, 0);
    SAME(wrt_table_get(k.instance, 0, 1, &v), WRT_OK);
    CHECK(v.ref != 0);
    SAME(wrt_table_set(k.instance, 0, 2, &v), WRT_OK);
    /* The guest calls what the host put there. */
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_func apply = kit_func(&k, "apply", "(ii)i");
    wrt_value args[2] = { i32(2), i32(14) }, r;
    SAME(wrt_call(k.task, apply, args, 2, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 42);
    SAME(wrt_table_set(k.instance, 0, 2, &null), WRT_OK);
    SAME(wrt_call(k.task, apply, args, 2, &r, 1, &b, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_UNINITIALIZED_ELEMENT);
    args[0] = i32(4);
    wrt_task_reset(k.task);
    SAME(wrt_call(k.task, apply, args, 2, &r, 1, &b, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_UNDEFINED_ELEMENT);
    wrt_task_reset(k.task);

    const uint64_t beyond[] = { 4, UINT32_MAX, (uint64_t)1 << 32, UINT64_MAX };
    for (size_t i = 0; i < COUNT(beyond); i++) {
        SAME(wrt_table_get(k.instance, 0, beyond[i], &v), WRT_E_BOUNDS);
        SAME(v.ref, 0);
        SAME(wrt_table_set(k.instance, 0, beyond[i], &null), WRT_E_BOUNDS);
    }
    v.ref = 4711;
    SAME(wrt_table_set(k.instance, 0, 0, &v), WRT_E_TYPE);
    SAME(wrt_table_get(k.instance, 0, 0, NULL), WRT_E_ARG);
    SAME(wrt_table_set(k.instance, 0, 0, NULL), WRT_E_ARG);
    SAME(wrt_table_get(k.instance, 2, 0, &v), WRT_E_NOT_FOUND);
    SAME(wrt_table_set(k.instance, 2, 0, &null), WRT_E_NOT_FOUND);

    /* Any number may be an externref, and comes back as it is. */
    SAME(wrt_table_set(k.instance, 1, 1, &object), WRT_OK);
    wrt_func get = kit_func(&k, "object", "(i)R");
    args[0] = i32(1);
    SAME(wrt_call(k.task, get, args, 1, &r, 1, &b, &err), WRT_OK);
    CHECK(r.ref == object.ref);

    SAME(wrt_table_grow(k.instance, 0, 4, &null, &n), WRT_OK);
    SAME(n, 4);
    SAME(wrt_table_len(k.instance, 0, &n), WRT_OK);
    SAME(n, 8);
    SAME(wrt_table_grow(k.instance, 0, 1, &null, &n), WRT_E_BUDGET);
    CHECK(n == UINT64_MAX);
    SAME(wrt_table_grow(k.instance, 1, UINT64_MAX, &null, &n), WRT_E_BUDGET);
    SAME(wrt_table_grow(k.instance, 1, 8, &object, NULL), WRT_OK);
    SAME(wrt_table_get(k.instance, 1, 9, &v), WRT_OK);
    CHECK(v.ref == object.ref);
    SAME(wrt_table_grow(k.instance, 2, 1, &null, &n), WRT_E_NOT_FOUND);
    SAME(wrt_table_grow(k.instance, 0, 0, NULL, &n), WRT_E_ARG);
    kit_free(&k);
}

/* Equal states have equal hashes; every kind of state counts. MEM-7 */
static void hashes(void) {
    kit a, b;
    kit_new(&a);
    kit_new(&b);
    uint64_t x = 1, y = 2, start;
    wrt_value v;
    SAME(wrt_state_hash(a.instance, &x), WRT_OK);
    SAME(wrt_state_hash(b.instance, &y), WRT_OK);
    CHECK(x == y);
    start = x;
    SAME(wrt_memory_write(a.instance, 0, 30000, "!", 1), WRT_OK);
    SAME(wrt_state_hash(a.instance, &x), WRT_OK);
    CHECK(x != start);
    SAME(wrt_memory_write(a.instance, 0, 30000, "", 1), WRT_OK);
    SAME(wrt_state_hash(a.instance, &x), WRT_OK);
    CHECK(x == start);
    v = i32(8);
    SAME(wrt_global_set(a.instance, 0, &v), WRT_OK);
    SAME(wrt_state_hash(a.instance, &x), WRT_OK);
    CHECK(x != start);
    v = i32(7);
    SAME(wrt_global_set(a.instance, 0, &v), WRT_OK);
    SAME(wrt_table_set(a.instance, 1, 0, &v), WRT_OK);
    SAME(wrt_state_hash(a.instance, &x), WRT_OK);
    CHECK(x != start);
    SAME(wrt_state_hash(a.instance, NULL), WRT_E_ARG);
    SAME(wrt_state_hash(NULL, &x), WRT_E_ARG);
    SAME(x, 0);
    kit_free(&a);
    kit_free(&b);
}

void test_objects(void) {
    TEST(memory);
    TEST(growth);
    TEST(globals);
    TEST(tables);
    TEST(hashes);
}
