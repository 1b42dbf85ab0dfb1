/* A guest that traps three calls deep, and one that never ends until another thread stops it. */
#include "guests.h"
#include "host.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static _Alignas(WRT_ARENA_ALIGN) unsigned char code[16384], stack[8192], ram[WRT_PAGE_SIZE];

/* Kinds of trouble that the guest makes. */
enum { BOUNDS = 3, ENDLESS = 9 };

static void *stop(void *task) {
    wrt_task_interrupt(task);
    return NULL;
}

void trouble(void) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_bytes wasm = { trap_wasm, sizeof trap_wasm };
    wrt_arena a = { code, sizeof code }, s = { stack, sizeof stack };
    plan_and_print("trap", wasm, a);

    wrt_load_budget load;
    wrt_load_budget_default(&load, sizeof load);
    const wrt_instance_config config = { .struct_size = sizeof config, .memory = { ram, sizeof ram } };
    wrt_run_budget budget;
    wrt_run_budget_default(&budget, sizeof budget);
    wrt_module *module;
    wrt_instance *instance;
    wrt_task *task;
    wrt_func run;
    EXPECT(wrt_module_load(&a, wasm, &load, &module, &err) == WRT_OK, &err);
    EXPECT(wrt_instance_new(&a, module, &config, &instance, &err) == WRT_OK, &err);
    EXPECT(wrt_task_new(&s, instance, &task) == WRT_OK, NULL);
    EXPECT(wrt_export_func(instance, "run", "(i)i", &run) == WRT_OK, NULL);

    wrt_value kind = { .i32 = BOUNDS }, result;
    EXPECT(wrt_call(task, run, &kind, 1, &result, 1, &budget, &err) == WRT_E_TRAP, &err);
    EXPECT(err.reason == WRT_TRAP_OUT_OF_BOUNDS_MEMORY, &err);
    print_error(&err);
    print_backtrace(task);
    wrt_frame frames[3];
    EXPECT(wrt_task_backtrace(task, frames, 3) == 3, NULL);
    EXPECT(frames[0].name.len == 5 && memcmp(frames[0].name.ptr, "inner", 5) == 0, NULL);

    /* Fuel has no bound here: nothing but the other thread ends this loop. */
    pthread_t other;
    kind.i32 = ENDLESS;
    wrt_task_reset(task);
    EXPECT(wrt_task_start(task, run, &kind, 1) == WRT_OK, NULL);
    EXPECT(pthread_create(&other, NULL, stop, task) == 0, NULL);
    EXPECT(wrt_task_run(task, &budget, &err) == WRT_INTERRUPTED, &err);
    pthread_join(other, NULL);
    printf("  an endless loop, stopped by another thread: %s\n", wrt_status_name(err.status));
    /* It could be continued; it need not be. */
    wrt_task_reset(task);
}
