/* The scheduler: turns, deadlines, reports, a written order followed again, a snapshot. RUN-8, MEM-7. */
#include "harness.h"
#include <stdlib.h>

enum { TASKS = 3 };

/* Tasks of one instance that sum up, and a scheduler. */
typedef struct crowd {
    kit k;
    region stacks[TASKS], own;
    wrt_task *tasks[TASKS];
    wrt_sched *s;
    uint32_t ids[TASKS];
} crowd;

static wrt_run_budget slice_of(uint64_t fuel) {
    wrt_run_budget b = run_budget();
    b.fuel = fuel;
    return b;
}

static wrt_sched_config config_of(const wrt_run_budget *slice, uint32_t policy) {
    wrt_sched_config c = { sizeof c, WRT_SCHED_FUEL_CLOCK, TASKS, 64, policy, 2, slice };
    return c;
}

static wrt_sched_terms terms_of(uint32_t priority, uint64_t deadline) {
    wrt_sched_terms t = { sizeof t, priority, deadline, 0 };
    return t;
}

static void crowd_new(crowd *c, uint32_t policy) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget slice = slice_of(100);
    wrt_sched_config config = config_of(&slice, policy);
    kit_new(&c->k);
    c->own = region_new((size_t)wrt_sched_size(&config));
    SAME(wrt_sched_new(&c->own.arena, &config, &c->s, &err), WRT_OK);
    SAME(c->own.arena.size, 0);
    wrt_func sum = kit_func(&c->k, "sum", "(i)i");
    for (int i = 0; i < TASKS; i++) {
        wrt_value x = i32(100 + 10 * i);
        wrt_sched_terms t = terms_of((uint32_t)i, (uint64_t)(5000 - 1000 * i));
        c->stacks[i] = region_new(1024);
        SAME(wrt_task_new(&c->stacks[i].arena, c->k.instance, &c->tasks[i]), WRT_OK);
        SAME(wrt_task_start(c->tasks[i], sum, &x, 1), WRT_OK);
        SAME(wrt_sched_add(c->s, c->tasks[i], &t, &c->ids[i], &err), WRT_OK);
    }
}

static void crowd_free(crowd *c) {
    for (int i = 0; i < TASKS; i++) region_free(&c->stacks[i]);
    region_free(&c->own);
    kit_free(&c->k);
}

static wrt_sched_report told(const crowd *c, int i) {
    wrt_sched_report r = { 0 };
    r.struct_size = sizeof r;
    SAME(wrt_sched_tell(c->s, c->ids[i], &r), WRT_OK);
    return r;
}

static void to_the_end(void) {
    for (uint32_t policy = WRT_SCHED_PRIORITY; policy <= WRT_SCHED_DEADLINE; policy++) {
        crowd c;
        crowd_new(&c, policy);
        wrt_error err = WRT_ERROR_INIT;
        wrt_sched_ran ran = { 0 };
        ran.struct_size = sizeof ran;
        /* The highest priority is the earliest deadline, too. */
        SAME(wrt_sched_step(c.s, NULL, NULL, &ran, &err), WRT_OK);
        SAME(ran.id, c.ids[TASKS - 1]);
        SAME(ran.status, WRT_FUEL);
        CHECK(ran.fuel >= 100 && ran.fuel < 200);
        SAME(wrt_sched_run(c.s, 3, UINT64_MAX, NULL, NULL, &err), WRT_FUEL);
        SAME(wrt_sched_run(c.s, UINT64_MAX, 1, NULL, NULL, &err), WRT_FUEL);
        SAME(wrt_sched_run(c.s, UINT64_MAX, UINT64_MAX, NULL, NULL, &err), WRT_OK);
        SAME(wrt_sched_step(c.s, NULL, NULL, &ran, &err), WRT_OK);
        SAME(ran.id, UINT32_MAX);
        SAME(ran.pending, 0);
        uint64_t slices = 0;
        for (int i = 0; i < TASKS; i++) {
            wrt_usage u = { 0 };
            wrt_value r;
            wrt_sched_report report = told(&c, i);
            u.struct_size = sizeof u;
            SAME(wrt_task_usage(c.tasks[i], &u), WRT_OK);
            SAME(wrt_task_results(c.tasks[i], &r, 1, NULL), WRT_OK);
            SAME(r.i32, (100 + 10 * i) * (101 + 10 * i) / 2);
            SAME(report.fuel, u.fuel_used);
            SAME(report.last, 0);
            SAME(report.reason, 0);
            if (policy == WRT_SCHED_PRIORITY) CHECK(report.longest_wait <= report.wait_bound);
            else CHECK(report.wait_bound == UINT64_MAX);
            slices += report.slices;
        }
        wrt_sched_decision trace[64];
        uint64_t lost = 1;
        SAME(wrt_sched_trace(c.s, trace, COUNT(trace), &lost), slices);
        SAME(lost, 0);
        crowd_free(&c);
    }
}

static void followed_again(void) {
    crowd c;
    wrt_error err = WRT_ERROR_INIT;
    wrt_sched_decision trace[64];
    crowd_new(&c, WRT_SCHED_PRIORITY);
    SAME(wrt_sched_run(c.s, UINT64_MAX, UINT64_MAX, NULL, NULL, &err), WRT_OK);
    size_t n = wrt_sched_trace(c.s, trace, COUNT(trace), NULL);
    uint64_t end, again;
    SAME(wrt_state_hash(c.k.instance, &end), WRT_OK);
    crowd_free(&c);
    CHECK(n > 6);
    crowd_new(&c, WRT_SCHED_DEADLINE);
    for (size_t i = 0; i < n; i++) SAME(wrt_sched_replay(c.s, trace[i], NULL, NULL, NULL, &err), WRT_OK);
    SAME(wrt_state_hash(c.k.instance, &again), WRT_OK);
    CHECK(again == end);
    SAME(wrt_sched_replay(c.s, trace[0], NULL, NULL, NULL, &err), WRT_E_STATE);
    SAME(err.reason, WRT_REASON_REPLAY_DIVERGED);
    SAME(err.detail, n);
    crowd_free(&c);
}

/* The bytes of everything, copied back, make the same decisions once more. */
static void snapshot(void) {
    crowd c;
    wrt_error err = WRT_ERROR_INIT;
    crowd_new(&c, WRT_SCHED_PRIORITY);
    SAME(wrt_sched_run(c.s, 5, UINT64_MAX, NULL, NULL, &err), WRT_FUEL);
    region *const all[] = { &c.own, &c.k.instance_region, &c.k.ram, &c.stacks[0], &c.stacks[1], &c.stacks[2] };
    unsigned char *saved[COUNT(all)];
    wrt_sched_decision first[64], second[64];
    for (size_t i = 0; i < COUNT(all); i++) {
        saved[i] = malloc(all[i]->size);
        if (saved[i] == NULL) abort();
        memcpy(saved[i], all[i]->base, all[i]->size);
    }
    SAME(wrt_sched_run(c.s, UINT64_MAX, UINT64_MAX, NULL, NULL, &err), WRT_OK);
    size_t n = wrt_sched_trace(c.s, first, COUNT(first), NULL);
    for (size_t i = 0; i < COUNT(all); i++) memcpy(all[i]->base, saved[i], all[i]->size);
    SAME(wrt_sched_run(c.s, UINT64_MAX, UINT64_MAX, NULL, NULL, &err), WRT_OK);
    SAME(wrt_sched_trace(c.s, second, COUNT(second), NULL), n);
    CHECK(memcmp(first, second, n * sizeof *first) == 0);
    for (size_t i = 0; i < COUNT(all); i++) free(saved[i]);
    crowd_free(&c);
}

static uint64_t tick(void *user) {
    return (*(uint64_t *)user)++;
}

/* Waiting for the host, by a clock of ticks; a task that traps. */
static void waiting(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget slice = slice_of(1000);
    wrt_sched_config config = config_of(&slice, WRT_SCHED_DEADLINE);
    config.flags = 0;
    config.max_tasks = 1;
    region own = region_new((size_t)wrt_sched_size(&config));
    wrt_sched *s;
    SAME(wrt_sched_new(&own.arena, &config, &s, &err), WRT_OK);
    wrt_sched_terms t = terms_of(0, 103);
    wrt_sched_report r = { 0 };
    wrt_sched_ran ran = { 0 };
    uint64_t time = 100;
    uint32_t id;
    wrt_value x = i64(1), y = i32(WRT_PAGE_SIZE);
    r.struct_size = sizeof r;
    ran.struct_size = sizeof ran;
    k.host.answer = WRT_PENDING;
    SAME(wrt_sched_add(s, k.task, &t, &id, &err), WRT_OK);
    SAME(wrt_sched_tell(s, id, &r), WRT_OK);
    SAME(r.last, 5);
    SAME(wrt_task_start(k.task, kit_func(&k, "await", "(I)F"), &x, 1), WRT_OK);
    SAME(wrt_sched_step(s, tick, &time, &ran, &err), WRT_OK);
    SAME(ran.status, WRT_PENDING);
    SAME(time, 102);
    SAME(wrt_sched_run(s, 9, UINT64_MAX, tick, &time, &err), WRT_PENDING);
    SAME(wrt_sched_step(s, tick, &time, &ran, &err), WRT_OK);
    SAME(ran.id, UINT32_MAX);
    SAME(ran.pending, 1);
    SAME(wrt_sched_tell(s, id, &r), WRT_OK);
    SAME(r.missed, 0);
    SAME(wrt_task_complete(k.task, WRT_OK, &x, 1), WRT_OK);
    SAME(wrt_sched_run(s, 9, UINT64_MAX, tick, &time, &err), WRT_OK);
    SAME(wrt_sched_tell(s, id, &r), WRT_OK);
    SAME(r.missed, 1);
    SAME(r.slices, 2);
    t = terms_of(0, UINT64_MAX);
    SAME(wrt_sched_set_terms(s, id, &t), WRT_OK);
    SAME(wrt_task_start(k.task, kit_func(&k, "peek", "(i)i"), &y, 1), WRT_OK);
    SAME(wrt_sched_step(s, tick, &time, &ran, &err), WRT_OK);
    SAME(err.status, WRT_OK);
    SAME(ran.status, WRT_E_TRAP);
    SAME(ran.reason, WRT_TRAP_OUT_OF_BOUNDS_MEMORY);
    SAME(wrt_sched_tell(s, id, &r), WRT_OK);
    SAME(r.last, 4);
    SAME(r.reason, WRT_TRAP_OUT_OF_BOUNDS_MEMORY);
    SAME(r.missed, 1);
    region_free(&own);
    kit_free(&k);
}

static void wrong_schedulers(void) {
    crowd c;
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget slice = slice_of(100);
    wrt_sched_config config = config_of(&slice, WRT_SCHED_PRIORITY), bad;
    wrt_sched_terms t = terms_of(0, 0);
    wrt_sched_report r = { 0 };
    wrt_sched_decision d = { 0, 0, 0, 0 };
    wrt_sched *s = (wrt_sched *)&config;
    uint32_t id = 5;
    uint64_t lost = 5;
    r.struct_size = sizeof r;
    crowd_new(&c, WRT_SCHED_PRIORITY);
    /* Full: what would do is said. */
    SAME(wrt_sched_add(c.s, c.k.task, &t, &id, &err), WRT_E_ARENA);
    SAME(id, UINT32_MAX);
    config.max_tasks++;
    SAME(err.need, wrt_sched_size(&config));
    SAME(err.reason, WRT_REASON_SCHEDULER_FULL);
    SAME(wrt_sched_remove(c.s, c.ids[0]), WRT_OK);
    SAME(wrt_sched_remove(c.s, c.ids[0]), WRT_E_NOT_FOUND);
    SAME(wrt_sched_tell(c.s, c.ids[0], &r), WRT_E_NOT_FOUND);
    SAME(wrt_sched_set_terms(c.s, c.ids[0], &t), WRT_E_NOT_FOUND);
    SAME(wrt_sched_add(c.s, c.tasks[1], &t, &id, &err), WRT_E_STATE);
    t.priority = 256;
    SAME(wrt_sched_add(c.s, c.k.task, &t, &id, &err), WRT_E_ARG);
    SAME(wrt_sched_set_terms(c.s, c.ids[1], &t), WRT_E_ARG);
    t.struct_size = 1;
    SAME(wrt_sched_add(c.s, c.k.task, &t, &id, &err), WRT_E_VERSION);
    SAME(wrt_sched_add(c.s, c.k.task, NULL, &id, &err), WRT_E_ARG);
    SAME(wrt_sched_add(c.s, NULL, &t, &id, &err), WRT_E_ARG);

    region small = region_new((size_t)wrt_sched_size(&config) - 16);
    SAME(wrt_sched_new(&small.arena, &config, &s, &err), WRT_E_ARENA);
    SAME(err.need, wrt_sched_size(&config));
    CHECK(s == NULL && small.arena.size == small.size);
    SAME(wrt_sched_new(&small.arena, &config, NULL, &err), WRT_E_ARG);
    SAME(wrt_sched_new(NULL, &config, &s, &err), WRT_E_ARG);
    bad = config, bad.max_tasks = 65536;
    SAME(wrt_sched_new(&small.arena, &bad, &s, &err), WRT_E_ARG);
    bad = config, bad.policy = 2;
    SAME(wrt_sched_new(&small.arena, &bad, &s, &err), WRT_E_VERSION);
    SAME(wrt_sched_size(&bad), 0);
    bad = config, bad.flags = 2;
    SAME(wrt_sched_new(&small.arena, &bad, &s, &err), WRT_E_VERSION);
    bad = config, bad.slice = NULL;
    SAME(wrt_sched_new(&small.arena, &bad, &s, &err), WRT_E_ARG);
    SAME(wrt_sched_size(NULL), 0);
    bad = config;
    bad.max_tasks = 65536;
    SAME(wrt_sched_size(&bad), 0);
    bad.max_tasks = 65535;
    CHECK(wrt_sched_size(&bad) > wrt_sched_size(&config));
    region_free(&small);

    wrt_sched *const none[] = { NULL, (wrt_sched *)(void *)c.k.instance };
    for (size_t i = 0; i < COUNT(none); i++) {
        wrt_status want = i == 0 ? WRT_E_ARG : WRT_E_HANDLE;
        t = terms_of(0, 0);
        SAME(wrt_sched_add(none[i], c.k.task, &t, &id, &err), want);
        SAME(wrt_sched_remove(none[i], 0), want);
        SAME(wrt_sched_set_terms(none[i], 0, &t), want);
        SAME(wrt_sched_step(none[i], NULL, NULL, NULL, &err), want);
        SAME(wrt_sched_replay(none[i], d, NULL, NULL, NULL, &err), want);
        SAME(wrt_sched_run(none[i], 1, 1, NULL, NULL, &err), want);
        SAME(wrt_sched_tell(none[i], 0, &r), want);
        SAME(wrt_sched_trace(none[i], &d, 1, &lost), 0);
        SAME(lost, 0);
    }
    SAME(wrt_sched_trace(c.s, NULL, 3, NULL), 0);
    crowd_free(&c);
}

void test_sched(void) {
    TEST(to_the_end);
    TEST(followed_again);
    TEST(snapshot);
    TEST(waiting);
    TEST(wrong_schedulers);
}
