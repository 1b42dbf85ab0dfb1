/* A guest in 71 KB of static memory: its export tick() sets a register through the host. */
#include "wrt.h"
static _Alignas(WRT_ARENA_ALIGN) unsigned char code[4096], stack[2048], ram[WRT_PAGE_SIZE];
extern const uint8_t app_wasm[]; extern const size_t app_wasm_len;
static wrt_status led(void *user, wrt_caller *c, wrt_value *v) { (void)c; *(volatile uint32_t *)user = (uint32_t)v[0].i32; return WRT_OK; }
static const wrt_host_func env[] = { { "led", "(i)", led } };
int run(uint32_t *reg) {
    wrt_error err = WRT_ERROR_INIT; wrt_load_budget lb; wrt_load_budget_default(&lb, sizeof lb);
    wrt_host_module host = { "env", env, 1, reg };
    wrt_arena a = { code, sizeof code }, s = { stack, sizeof stack };
    wrt_instance_config ic = { sizeof ic, 0, &host, 1, NULL, 0, { ram, sizeof ram }, sizeof ram };
    wrt_run_budget rb = { sizeof rb, 64, 10000, sizeof ram };
    wrt_module *m; wrt_instance *i; wrt_task *t; wrt_func f; wrt_status st;
    wrt_bytes w = { app_wasm, app_wasm_len };
    if ((st = wrt_module_load(&a, w, &lb, &m, &err)) || (st = wrt_instance_new(&a, m, &ic, &i, &err))
        || (st = wrt_export_func(i, "tick", "()", &f)) || (st = wrt_task_new(&s, i, &t))) return st;
    if ((st = wrt_task_start(t, f, NULL, 0))) return st;
    while ((st = wrt_task_run(t, &rb, &err)) == WRT_FUEL) { /* other work */ }
    return st;
}
