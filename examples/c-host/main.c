/* Runs guests in memory that this program lends.
 *
 *   c-host                             the guests that are built in
 *   c-host MODULE.wasm [NAME [ARG...]] a module from a file
 */
#include "host.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void print_error(const wrt_error *err) {
    printf("  %s (%s): %s", wrt_status_name(err->status), wrt_reason_name(err->reason), err->message);
    if (err->func != UINT32_MAX) printf("; function %" PRIu32, err->func);
    if (err->offset != 0) printf("; at byte 0x%" PRIx64, err->offset);
    if (err->need != 0) printf("; needs %" PRIu64, err->need);
    if (err->detail != 0) printf("; detail %" PRIu64, err->detail);
    printf("\n");
}

void fail(const char *what, const char *file, int line, const wrt_error *err) {
    printf("not as expected: %s (%s:%d)\n", what, file, line);
    if (err != NULL) print_error(err);
    exit(1);
}

void print_backtrace(const wrt_task *task) {
    wrt_frame frames[16];
    size_t n = wrt_task_backtrace(task, frames, sizeof frames / sizeof frames[0]);
    for (size_t i = 0; i < n; i++) {
        const wrt_bytes *name = &frames[i].name;
        printf("    %zu: ", i);
        if (name->len != 0) printf("%.*s", (int)name->len, (const char *)name->ptr);
        else printf("function %" PRIu32, frames[i].func);
        printf(" +0x%" PRIx32 " (byte 0x%" PRIx64 ")\n", frames[i].func_offset, frames[i].module_offset);
    }
}

wrt_plan plan_and_print(const char *name, wrt_bytes wasm, wrt_arena scratch) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_plan plan = { .struct_size = sizeof plan };
    wrt_load_budget budget;
    wrt_load_budget_default(&budget, sizeof budget);
    EXPECT(wrt_plan_module(wasm, &budget, scratch, &plan, &err) == WRT_OK, &err);
    printf("%s: %zu bytes of WebAssembly\n", name, wasm.len);
    printf("  plan: module %zu (+ %zu while loading), instance %zu, memory %" PRIu64, plan.module, plan.load_scratch,
           plan.instance, plan.memory_min);
    if (plan.stack_min != 0) printf(", stack %zu\n", plan.stack_min);
    else printf(", stack unbounded: calls recurse\n");
    return plan;
}

void print_usage(const wrt_task *task) {
    wrt_usage usage = { .struct_size = sizeof usage };
    EXPECT(wrt_task_usage(task, &usage) == WRT_OK, NULL);
    printf("  used: fuel %" PRIu64 ", stack peak %" PRIu64 " bytes, %" PRIu32 " calls deep, memory %" PRIu64 " bytes\n",
           usage.fuel_used, usage.stack_peak, usage.call_depth_peak, usage.memory_bytes);
}

int main(int argc, char **argv) {
    if (wrt_abi_version() != WRT_ABI_VERSION) {
        printf("the library speaks ABI %" PRIu32 ", this program %d\n", wrt_abi_version(), WRT_ABI_VERSION);
        return 1;
    }
    if (argc > 1) return run_file(argc, argv);
    control();
    trouble();
    printf("all as expected\n");
    return 0;
}
