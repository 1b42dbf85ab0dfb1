/* Counting, regions, and the instance that most tests use. */
#include "harness.h"
#include "guests.h"
#include <stdlib.h>

static unsigned passed, failed;
static bool sound;

bool check(bool holds, const char *what, const char *file, int line) {
    if (!holds) {
        printf("    %s:%d: not so: %s\n", file, line, what);
        sound = false;
    }
    return holds;
}

bool same(long long a, long long b, const char *what, const char *file, int line) {
    if (a != b) {
        printf("    %s:%d: not so: %s (%lld, %lld)\n", file, line, what, a, b);
        sound = false;
    }
    return a == b;
}

void test(const char *name, void (*body)(void)) {
    sound = true;
    body();
    if (sound) {
        passed++;
    } else {
        failed++;
        printf("FAIL %s\n", name);
    }
}

region region_new(size_t size) {
    void *p = NULL;
    if (posix_memalign(&p, WRT_ARENA_ALIGN, size) != 0) abort();
    memset(p, 0xa5, size);
    region r = { p, size, { p, size } };
    return r;
}

void region_free(region *r) {
    free(r->base);
}

void region_reset(region *r) {
    r->arena.base = r->base;
    r->arena.size = r->size;
}

wrt_bytes bytes_of(const void *p, size_t n) {
    wrt_bytes b = { p, n };
    return b;
}

wrt_value i32(int32_t v) {
    wrt_value value;
    memset(&value, 0, sizeof value);
    value.i32 = v;
    return value;
}

wrt_value i64(int64_t v) {
    wrt_value value;
    memset(&value, 0, sizeof value);
    value.i64 = v;
    return value;
}

wrt_load_budget load_budget(void) {
    wrt_load_budget b;
    wrt_load_budget_default(&b, sizeof b);
    return b;
}

wrt_run_budget run_budget(void) {
    wrt_run_budget b;
    wrt_run_budget_default(&b, sizeof b);
    return b;
}

static wrt_status add(void *user, wrt_caller *caller, wrt_value *slots) {
    host *h = user;
    h->calls++;
    h->first = slots[0].i32;
    h->second = slots[1].i32;
    CHECK(wrt_caller_instance(caller) != NULL);
    SAME(wrt_caller_func(caller), 0);
    if (h->meanwhile != NULL) h->meanwhile(h->user, caller);
    if (h->nested != NULL) {
        wrt_error err = WRT_ERROR_INIT;
        wrt_run_budget b = run_budget();
        wrt_value x = i32(h->first), r;
        SAME(wrt_call(h->nested, h->triple, &x, 1, &r, 1, &b, &err), WRT_OK);
        slots[0].i32 = r.i32 + h->second;
        return WRT_OK;
    }
    slots[0].i32 = h->first + h->second;
    return WRT_OK;
}

static wrt_status wait_for(void *user, wrt_caller *caller, wrt_value *slots) {
    host *h = user;
    (void)caller;
    h->calls++;
    h->first = (int32_t)slots[0].i64;
    slots[0].f64 = 1.5;
    return h->answer;
}

static wrt_status end(void *user, wrt_caller *caller, wrt_value *slots) {
    host *h = user;
    h->calls++;
    if (slots[0].i32 >= 0) return wrt_caller_exit(caller, (uint32_t)slots[0].i32);
    if (slots[0].i32 == -1) return wrt_caller_trap(caller, 99, "the host has had enough");
    if (slots[0].i32 == -2) return wrt_caller_trap(caller, 0, NULL);
    return slots[0].i32;
}

const wrt_host_func kit_env[3] = { { "add", "(ii)i", add }, { "wait", "(I)F", wait_for }, { "end", "(i)", end } };

void kit_new(kit *k) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget lb = load_budget();
    region scratch = region_new(1 << 16);
    memset(k, 0, sizeof *k);
    k->plan.struct_size = sizeof k->plan;
    SAME(wrt_plan_module(BYTES(kit_wasm), &lb, scratch.arena, &k->plan, &err), WRT_OK);
    region_free(&scratch);
    k->module_region = region_new(k->plan.module + k->plan.load_scratch);
    k->instance_region = region_new(k->plan.instance);
    k->stack = region_new(4096);
    k->ram = region_new((size_t)3 * WRT_PAGE_SIZE);
    wrt_host_module env = { "env", kit_env, COUNT(kit_env), &k->host };
    wrt_instance_config ic;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    ic.hosts = &env;
    ic.nhosts = 1;
    ic.memory = k->ram.arena;
    if (wrt_module_load(&k->module_region.arena, BYTES(kit_wasm), &lb, &k->module, &err) != WRT_OK
        || wrt_instance_new(&k->instance_region.arena, k->module, &ic, &k->instance, &err) != WRT_OK
        || wrt_task_new(&k->stack.arena, k->instance, &k->task) != WRT_OK) {
        printf("kit cannot be made: %s, %s\n", wrt_status_name(err.status), err.message);
        exit(1);
    }
}

void kit_free(kit *k) {
    region_free(&k->module_region);
    region_free(&k->instance_region);
    region_free(&k->stack);
    region_free(&k->ram);
}

wrt_func kit_func(const kit *k, const char *name, const char *sig) {
    wrt_func f;
    SAME(wrt_export_func(k->instance, name, sig, &f), WRT_OK);
    return f;
}

int main(void) {
    /* What was said before a crash counts. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    test_status();
    test_load();
    test_damage();
    test_instance();
    test_objects();
    test_task();
    test_stops();
    test_exceptions();
    test_heap();
    test_hooks();
    test_sched();
    test_handles();
    test_monkey();
    test_threads();
    test_shared();
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
