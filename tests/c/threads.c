/* What may be shared: a module by any number of threads, and the interrupt of a running task. RUN-3, API-1. */
#include "guests.h"
#include "harness.h"
#include <pthread.h>

static void *stop(void *task) {
    wrt_task_interrupt(task);
    return NULL;
}

static void interrupt_from_outside(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_usage u = { 0 };
    u.struct_size = sizeof u;
    SAME(wrt_task_start(k.task, kit_func(&k, "spin", "()"), NULL, 0), WRT_OK);
    for (int i = 0; i < 20; i++) {
        pthread_t other;
        CHECK(pthread_create(&other, NULL, stop, k.task) == 0);
        SAME(wrt_task_run(k.task, &b, &err), WRT_INTERRUPTED);
        pthread_join(other, NULL);
    }
    SAME(wrt_task_usage(k.task, &u), WRT_OK);
    kit_free(&k);
}

struct share {
    const wrt_module *module;
    size_t instance_size;
    host host;
    int32_t result;
    uint64_t fuel, hash;
};

/* A thread with an instance of its own of the shared module. */
static void *run_share(void *arg) {
    struct share *s = arg;
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    region r = region_new(s->instance_size), stack = region_new(4096), ram = region_new(WRT_PAGE_SIZE);
    wrt_host_module env = { "env", kit_env, 3, &s->host };
    wrt_instance_config ic;
    wrt_instance *i = NULL;
    wrt_task *t = NULL;
    wrt_func f;
    wrt_usage u = { 0 };
    u.struct_size = sizeof u;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    ic.hosts = &env;
    ic.nhosts = 1;
    ic.memory = ram.arena;
    wrt_value x = i32(5000), y;
    if (wrt_instance_new(&r.arena, s->module, &ic, &i, &err) == WRT_OK && wrt_task_new(&stack.arena, i, &t) == WRT_OK
        && wrt_export_func(i, "sum", "(i)i", &f) == WRT_OK && wrt_call(t, f, &x, 1, &y, 1, &b, &err) == WRT_OK
        && wrt_task_usage(t, &u) == WRT_OK && wrt_state_hash(i, &s->hash) == WRT_OK) {
        s->result = y.i32;
        s->fuel = u.fuel_used;
    }
    region_free(&r);
    region_free(&stack);
    region_free(&ram);
    return NULL;
}

static void shared_module(void) {
    kit k;
    struct share shares[4];
    pthread_t threads[4];
    kit_new(&k);
    memset(shares, 0, sizeof shares);
    for (size_t i = 0; i < 4; i++) {
        shares[i].module = k.module;
        shares[i].instance_size = k.plan.instance;
        CHECK(pthread_create(&threads[i], NULL, run_share, &shares[i]) == 0);
    }
    for (size_t i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 4; i++) {
        SAME(shares[i].result, 12502500);
        CHECK(shares[i].fuel == shares[0].fuel && shares[i].hash == shares[0].hash);
    }
    kit_free(&k);
}

void test_threads(void) {
    TEST(interrupt_from_outside);
    TEST(shared_module);
}
