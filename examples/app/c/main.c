/* The small application in C: a control function runs as a guest, in memory that lies in arrays and with
 * fuel that is granted call by call. Signals come from a CSV file; bad modules are told from good ones.
 *
 *   app [DIRECTORY OF THE GUESTS [CSV FILE]]
 */
#include "wrt.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TICK_FUEL = 200, TRIAL_FUEL = 10000, PLOT_MIDDLE = 20 };
/* In fac.wasm, the i64.mul of fac; made an i32.mul, its operands have the wrong type. */
enum { FAC_MUL = 95, I32_MUL = 0x6c };

/* All that guests use. */
static _Alignas(WRT_ARENA_ALIGN) unsigned char code[16384], stack[4096], ram[WRT_PAGE_SIZE];
static uint8_t wasm[4096];
static wrt_load_budget limits;

/* What the host functions see of the world. */
struct plant { float measured, output; unsigned reports; };

static wrt_status sense(void *user, wrt_caller *caller, wrt_value *slots) {
    (void)caller; /* memory of the guest could be read through it */
    slots[0].f32 = ((struct plant *)user)->measured;
    return WRT_OK;
}

static wrt_status actuate(void *user, wrt_caller *caller, wrt_value *slots) {
    (void)caller;
    ((struct plant *)user)->output = slots[1].f32;
    return WRT_OK;
}

static wrt_status report(void *user, wrt_caller *caller, wrt_value *slots) {
    (void)caller, (void)slots;
    ((struct plant *)user)->reports++;
    return WRT_OK;
}

static const wrt_host_func env[] = { { "sense", "(i)f", sense }, { "actuate", "(if)", actuate }, { "report", "(if)", report } };

/* A guest that stands in the arrays; fuel is what its last call took. */
struct guest { wrt_module *module; wrt_instance *instance; wrt_task *task; uint64_t fuel; wrt_error err; };
/* What the ticks came to. */
struct summary { unsigned rows, settled; uint64_t fuel, hash; };

/* Ends the program if something went wrong that must not. */
static void must(wrt_status status, const char *what) {
    if (status == WRT_OK) return;
    fprintf(stderr, "%s: %s\n", what, wrt_status_name(status));
    exit(1);
}

static wrt_bytes read_guest(const char *directory, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) perror(path), exit(1);
    wrt_bytes bytes = { wasm, fread(wasm, 1, sizeof wasm, file) };
    fclose(file);
    return bytes;
}

/* Loads a module and makes an instance with a task; the guest before it is gone then. */
static wrt_status start(struct guest *guest, wrt_bytes bytes, struct plant *plant) {
    wrt_arena arena = { code, sizeof code }, frames = { stack, sizeof stack };
    const wrt_host_module host = { "env", env, sizeof env / sizeof env[0], plant };
    const wrt_instance_config config = { .struct_size = sizeof config, .hosts = &host, .nhosts = 1, .memory = { ram, sizeof ram } };
    wrt_status status = wrt_module_load(&arena, bytes, &limits, &guest->module, &guest->err);
    if (status == WRT_OK) status = wrt_instance_new(&arena, guest->module, &config, &guest->instance, &guest->err);
    return status == WRT_OK ? wrt_task_new(&frames, guest->instance, &guest->task) : status;
}

/* Calls an export with so much fuel; says how much it took, also where it failed. */
static wrt_status call(struct guest *guest, const char *name, const char *sig, const wrt_value *args, size_t nargs,
                       wrt_value *result, uint64_t fuel) {
    const wrt_run_budget budget = { .struct_size = sizeof budget, .max_call_depth = 32, .fuel = fuel, .max_memory_bytes = sizeof ram };
    wrt_usage before = { .struct_size = sizeof before }, after = { .struct_size = sizeof after };
    wrt_func f;
    must(wrt_export_func(guest->instance, name, sig, &f), name);
    wrt_task_usage(guest->task, &before);
    wrt_status status = wrt_call(guest->task, f, args, nargs, result, result != NULL, &budget, &guest->err);
    wrt_task_usage(guest->task, &after);
    guest->fuel = after.fuel_used - before.fuel_used;
    return status;
}

static struct summary control(wrt_bytes bytes, const char *csv) {
    struct plant plant = { 0 };
    struct guest guest = { .err = WRT_ERROR_INIT };
    wrt_plan plan = { .struct_size = sizeof plan };
    must(wrt_plan_module(bytes, &limits, (wrt_arena) { code, sizeof code }, &plan, &guest.err), "plan");
    printf("plan: module %zu, instance %zu, memory %" PRIu64 ", stack %zu\n", plan.module, plan.instance, plan.memory_min, plan.stack_min);

    const wrt_value gains[] = { { .f32 = 1.5f }, { .f32 = 4.0f }, { .f32 = 0.004f }, { .f32 = 10.0f } };
    struct summary sum = { 0 };
    must(start(&guest, bytes, &plant), "load");
    must(call(&guest, "configure", "(ffff)", gains, 4, NULL, TICK_FUEL), "configure");

    FILE *file = fopen(csv, "r");
    if (file == NULL) perror(csv), exit(1);
    char line[128];
    double time, target, measured;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%lf,%lf,%lf", &time, &target, &measured) != 3) continue; /* the header */
        wrt_value aim = { .f32 = (float)target }, output;
        plant.measured = (float)measured;
        must(call(&guest, "aim", "(f)", &aim, 1, NULL, TICK_FUEL), "aim");
        must(call(&guest, "tick", "()f", NULL, 0, &output, TICK_FUEL), "tick");
        char plot[] = "....................|....................";
        plot[(int)floor(fmin(fmax((double)output.f32, -10), 10) * 2 + 0.5) + PLOT_MIDDLE] = '#';
        printf("%.2f  %+.3f  %" PRIu64 "  |%s|\n", time, (double)plant.output, guest.fuel, plot);
        sum.rows++, sum.fuel += guest.fuel, sum.settled += fabs(target - measured) < 0.05;
    }
    fclose(file);
    wrt_state_hash(guest.instance, &sum.hash);
    return sum;
}

/* Tries modules that cannot be trusted: each ends in a line, none of them ends the program. */
static void survive(const char *directory) {
    struct plant plant = { 0 };
    struct guest guest = { .err = WRT_ERROR_INIT };
    wrt_bytes bytes = read_guest(directory, "control.wasm");
    bytes.len /= 2;
    if (start(&guest, bytes, &plant) != WRT_OK)
        printf("cut off: %s at byte %" PRIu64 "\n", wrt_reason_name(guest.err.reason), guest.err.offset);
    bytes = read_guest(directory, "fac.wasm");
    wasm[FAC_MUL] = I32_MUL;
    if (start(&guest, bytes, &plant) != WRT_OK)
        printf("damaged: %s at byte %" PRIu64 "\n", wrt_reason_name(guest.err.reason), guest.err.offset);

    /* trap.wasm does what its parameter says: 9 never returns, 0 executes unreachable. */
    wrt_value result, never = { .i32 = 9 }, unreachable = { .i32 = 0 };
    wrt_frame top = { 0 };
    must(start(&guest, read_guest(directory, "trap.wasm"), &plant), "trap.wasm");
    if (call(&guest, "run", "(i)i", &never, 1, &result, TRIAL_FUEL) == WRT_FUEL)
        printf("endless: out of fuel after %" PRIu64 "\n", guest.fuel);
    wrt_task_reset(guest.task);
    if (call(&guest, "run", "(i)i", &unreachable, 1, &result, TRIAL_FUEL) == WRT_E_TRAP
        && wrt_task_backtrace(guest.task, &top, 1) == 1)
        printf("trap: %s in function %.*s\n", wrt_reason_name(guest.err.reason), (int)top.name.len, (const char *)top.name.ptr);
}

int main(int argc, char **argv) {
    wrt_load_budget_default(&limits, sizeof limits);
    const char *directory = argc > 1 ? argv[1] : "examples/guests/wasm";
    const char *csv = argc > 2 ? argv[2] : "examples/app/signals.csv";
    struct summary sum = control(read_guest(directory, "control.wasm"), csv);
    survive(directory);
    printf("settled %u of %u rows, %" PRIu64 " fuel, state %016" PRIx64 "\n", sum.settled, sum.rows, sum.fuel, sum.hash);
    return 0;
}
