/* Runs the smallest guest that computes something: (func (export "add") (param i32 i32) (result i32)). */
#include <stdio.h>
#include <wrt.h>

static const uint8_t wasm[] = {
    0, 'a', 's', 'm', 1, 0, 0, 0,
    1, 7, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f,          /* type (i32 i32) -> i32 */
    3, 2, 1, 0,                                     /* function 0 of type 0 */
    7, 7, 1, 3, 'a', 'd', 'd', 0, 0,                /* export "add" */
    10, 9, 1, 7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b,   /* local.get 0, local.get 1, i32.add */
};

int main(void) {
    static union { uint64_t align[2]; unsigned char bytes[4096]; } code, stack;
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget lb;
    wrt_run_budget rb;
    wrt_arena a = { code.bytes, sizeof code }, s = { stack.bytes, sizeof stack };
    wrt_bytes w = { wasm, sizeof wasm };
    wrt_instance_config ic = { 0 };
    wrt_module *m;
    wrt_instance *i;
    wrt_task *t;
    wrt_func f;
    wrt_value args[2], sum;
    wrt_status st;
    /* Arrays of this kind are aligned to 8 bytes; an arena wants 16. */
    a.base = code.bytes + (16 - (uintptr_t)code.bytes % 16) % 16, a.size -= 16;
    s.base = stack.bytes + (16 - (uintptr_t)stack.bytes % 16) % 16, s.size -= 16;
    wrt_load_budget_default(&lb, sizeof lb);
    wrt_run_budget_default(&rb, sizeof rb);
    ic.struct_size = sizeof ic;
    args[0].i32 = 40, args[1].i32 = 2;
    if ((st = wrt_module_load(&a, w, &lb, &m, &err)) || (st = wrt_instance_new(&a, m, &ic, &i, &err))
        || (st = wrt_task_new(&s, i, &t)) || (st = wrt_export_func(i, "add", "(ii)i", &f))
        || (st = wrt_call(t, f, args, 2, &sum, 1, &rb, &err))) {
        printf("%s: %s\n", wrt_status_name(st), err.message);
        return 1;
    }
    printf("wrt %d.%d.%d: 40 + 2 = %d\n", WRT_VERSION_MAJOR, WRT_VERSION_MINOR, WRT_VERSION_PATCH, (int)sum.i32);
    return sum.i32 != 42;
}
