/* A controller runs as a guest; the plant is simulated here.
 *
 * Shows: arenas in static arrays, a plan, host functions with user data, a host call that is completed
 * later, fuel slices, and a snapshot that is continued twice.
 */
#include "guests.h"
#include "host.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TICKS = 200, SLICE = 20 };

/* Everything that the guest uses, and that a snapshot copies. */
static struct {
    _Alignas(WRT_ARENA_ALIGN) unsigned char code[16384];
    _Alignas(WRT_ARENA_ALIGN) unsigned char stack[4096];
    _Alignas(WRT_ARENA_ALIGN) unsigned char ram[WRT_PAGE_SIZE];
    /* A mass that the actuator pushes: the host's own state belongs to the snapshot too. */
    struct plant { float speed, drive; uint32_t reports; } plant;
} lent, saved;

/* Asked for the speed, the host has no answer yet: a bus transfer would begin here. */
static wrt_status sense(void *user, wrt_caller *caller, wrt_value *slots) {
    (void)user, (void)caller, (void)slots;
    return WRT_PENDING;
}

static wrt_status actuate(void *user, wrt_caller *caller, wrt_value *slots) {
    struct plant *plant = user;
    (void)caller;
    plant->drive = slots[1].f32;
    return WRT_OK;
}

static wrt_status report(void *user, wrt_caller *caller, wrt_value *slots) {
    struct plant *plant = user;
    (void)caller, (void)slots;
    plant->reports++;
    return WRT_OK;
}

static const wrt_host_func env[] = {
    { "sense", "(i)f", sense },
    { "actuate", "(if)", actuate },
    { "report", "(if)", report },
};

/* Ten milliseconds go by. */
static float plant_step(struct plant *plant) {
    plant->speed += (plant->drive - plant->speed) * 0.01f;
    return plant->speed;
}

struct outcome { int32_t settled; float speed; uint64_t fuel, hash; uint32_t slices, answers; };

/* Runs the call to its end, a slice of fuel at a time; stops early after `stop_after` slices. */
static bool go_on(wrt_task *task, uint32_t stop_after, struct outcome *out) {
    const wrt_run_budget budget = {
        .struct_size = sizeof budget, .max_call_depth = 32, .fuel = SLICE, .max_memory_bytes = sizeof lent.ram
    };
    wrt_error err = WRT_ERROR_INIT;
    for (;;) {
        wrt_status status = wrt_task_run(task, &budget, &err);
        if (status == WRT_OK) return true;
        if (status == WRT_FUEL) {
            if (++out->slices == stop_after) return false;
        } else if (status == WRT_PENDING) {
            wrt_pending call = { .struct_size = sizeof call };
            EXPECT(wrt_task_pending(task, &call) == WRT_OK, NULL);
            EXPECT(call.name.len == 5 && memcmp(call.name.ptr, "sense", 5) == 0, NULL);
            wrt_value answer = { .f32 = plant_step(&lent.plant) };
            EXPECT(wrt_task_complete(task, WRT_OK, &answer, 1) == WRT_OK, NULL);
            out->answers++;
        } else {
            fail("the guest runs", __FILE__, __LINE__, &err);
        }
    }
}

static struct outcome finish(wrt_task *task, const wrt_instance *instance, struct outcome out) {
    wrt_value result;
    wrt_usage usage = { .struct_size = sizeof usage };
    size_t n = 0;
    EXPECT(go_on(task, 0, &out), NULL);
    EXPECT(wrt_task_results(task, &result, 1, &n) == WRT_OK && n == 1, NULL);
    EXPECT(wrt_task_usage(task, &usage) == WRT_OK, NULL);
    EXPECT(wrt_state_hash(instance, &out.hash) == WRT_OK, NULL);
    out.settled = result.i32;
    out.speed = lent.plant.speed;
    out.fuel = usage.fuel_used;
    return out;
}

static bool same(const struct outcome *a, const struct outcome *b) {
    return a->settled == b->settled && memcmp(&a->speed, &b->speed, sizeof a->speed) == 0 && a->fuel == b->fuel
        && a->hash == b->hash && a->slices == b->slices && a->answers == b->answers;
}

void control(void) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_bytes wasm = { control_wasm, sizeof control_wasm };
    wrt_arena code = { lent.code, sizeof lent.code }, stack = { lent.stack, sizeof lent.stack };
    wrt_plan plan = plan_and_print("control", wasm, code);
    EXPECT(plan.module + plan.load_scratch <= sizeof lent.code && plan.memory_min <= sizeof lent.ram, NULL);

    wrt_load_budget load;
    wrt_load_budget_default(&load, sizeof load);
    const wrt_host_module hosts[] = { { "env", env, sizeof env / sizeof env[0], &lent.plant } };
    const wrt_instance_config config = {
        .struct_size = sizeof config, .hosts = hosts, .nhosts = 1,
        .memory = { lent.ram, sizeof lent.ram }, .memory_ceiling = sizeof lent.ram
    };
    wrt_module *module;
    wrt_instance *instance;
    wrt_task *task;
    wrt_func run;
    EXPECT(wrt_module_load(&code, wasm, &load, &module, &err) == WRT_OK, &err);
    EXPECT(wrt_instance_new(&code, module, &config, &instance, &err) == WRT_OK, &err);
    EXPECT(sizeof lent.code - code.size == plan.module + plan.instance, NULL);
    EXPECT(wrt_task_new(&stack, instance, &task) == WRT_OK, NULL);
    EXPECT(wrt_export_func(instance, "run", "(i)i", &run) == WRT_OK, NULL);

    wrt_value ticks = { .i32 = TICKS };
    struct outcome begun = { 0 };
    EXPECT(wrt_task_start(task, run, &ticks, 1) == WRT_OK, NULL);
    EXPECT(!go_on(task, 10, &begun), NULL);

    /* Between two runs the lent bytes are the whole state. */
    saved = lent;
    struct outcome first = finish(task, instance, begun);
    print_usage(task);
    lent = saved;
    struct outcome second = finish(task, instance, begun);
    printf("  settled %" PRId32 " of %d ticks at speed %.3f; %" PRIu32 " slices of %d fuel, %" PRIu32
           " host calls completed later, %" PRIu32 " reports\n",
           first.settled, TICKS, (double)first.speed, first.slices, SLICE, first.answers, lent.plant.reports);
    printf("  snapshot after 10 slices, continued twice: state %016" PRIx64 " and %016" PRIx64 "\n", first.hash, second.hash);
    EXPECT(same(&first, &second), NULL);
    EXPECT(first.answers == TICKS, NULL);
}
