/* Calls: arguments, results, traps, host calls, exits, start functions. RUN-2, RUN-4, RUN-5, RUN-6. */
#include "guests.h"
#include "harness.h"

static void calls(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value args[4], res[6];
    size_t n = 77;
    wrt_func sum = kit_func(&k, "sum", "(i)i"), mixed = kit_func(&k, "mixed", "(iIfF)FfIi");
    args[0] = i32(100);
    SAME(wrt_call(k.task, sum, args, 1, res, 1, &b, &err), WRT_OK);
    SAME(res[0].i32, 100 * 101 / 2);
    SAME(err.status, WRT_OK);
    SAME(wrt_task_results(k.task, res, 6, &n), WRT_OK);
    SAME(n, 1);
    /* Bytes above a parameter are not looked at. */
    memset(args, 0xff, sizeof args);
    args[0].i32 = 3;
    SAME(wrt_call(k.task, sum, args, 1, res, 1, &b, &err), WRT_OK);
    SAME(res[0].i32, 6);

    memset(args, 0xee, sizeof args);
    args[0].i32 = INT32_MIN;
    args[1].i64 = INT64_MAX;
    args[2].f32 = -0.25f;
    args[3].f64 = 1e300;
    SAME(wrt_call(k.task, mixed, args, 4, res, 4, &b, &err), WRT_OK);
    CHECK(memcmp(&res[0].f64, &args[3].f64, sizeof(double)) == 0);
    CHECK(memcmp(&res[1].f32, &args[2].f32, sizeof(float)) == 0);
    CHECK(res[2].i64 == INT64_MAX);
    CHECK(res[3].i32 == INT32_MIN);
    /* As many results as there is room for; how many there are is always told. */
    memset(res, 0xdd, sizeof res);
    SAME(wrt_task_results(k.task, res, 2, &n), WRT_OK);
    SAME(n, 4);
    CHECK(memcmp(&res[1].f32, &args[2].f32, sizeof(float)) == 0);
    CHECK(res[2].ref == UINT64_C(0xdddddddddddddddd));
    SAME(wrt_task_results(k.task, NULL, 0, &n), WRT_OK);
    SAME(n, 4);
    SAME(wrt_task_results(k.task, NULL, 1, &n), WRT_E_ARG);
    SAME(n, 0);
    SAME(wrt_task_results(k.task, res, 6, NULL), WRT_OK);
    kit_free(&k);
}

/* The results may take the place of the arguments, whole or in part. */
static void calls_in_place(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget(), few = run_budget(), unknown = run_budget();
    wrt_func mixed = kit_func(&k, "mixed", "(iIfF)FfIi"), sum = kit_func(&k, "sum", "(i)i");
    wrt_func peek = kit_func(&k, "peek", "(i)i"), spin = kit_func(&k, "spin", "()");
    few.fuel = 10;
    unknown.struct_size = 3;
    /* Results before, at and behind the arguments, which they overlap by one value at least. */
    for (size_t to = 0; to <= 6; to++) {
        wrt_value v[10];
        memset(v, 0, sizeof v);
        v[3].i32 = -5;
        v[4].i64 = INT64_MAX;
        v[5].f32 = -0.25f;
        v[6].f64 = 1e300;
        SAME(wrt_call(k.task, mixed, v + 3, 4, v + to, 4, &b, &err), WRT_OK);
        CHECK(v[to].f64 > 0.9e300 && v[to + 1].f32 < -0.2f && v[to + 2].i64 == INT64_MAX);
        SAME(v[to + 3].i32, -5);
    }
    wrt_value one = i32(100);
    SAME(wrt_call(k.task, sum, &one, 1, &one, 1, &b, &err), WRT_OK);
    SAME(one.i32, 5050);
    wrt_value four[4] = { i32(1), i32(2), i32(3), i32(4) };
    SAME(wrt_call(k.task, mixed, four, 4, four, 3, &b, &err), WRT_E_TYPE);
    SAME(err.need, 4);
    SAME(four[0].i32, 0);
    one = i32(1);
    SAME(wrt_call(k.task, sum, &one, 2, &one, 1, &b, &err), WRT_E_TYPE);
    one = i32(1);
    SAME(wrt_call(k.task, sum, &one, 1, &one, 1, &unknown, &err), WRT_E_VERSION);
    SAME(one.i32, 0);
    SAME(wrt_call(NULL, sum, &one, 1, &one, 1, &b, &err), WRT_E_ARG);
    one = i32(-1);
    SAME(wrt_call(k.task, peek, &one, 1, &one, 1, &b, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_OUT_OF_BOUNDS_MEMORY);
    SAME(one.i32, 0);
    /* Stopped by its budget, it goes on. */
    one = i32(100);
    SAME(wrt_call(k.task, sum, &one, 1, &one, 1, &few, &err), WRT_FUEL);
    SAME(wrt_call(k.task, spin, &one, 1, &one, 1, &b, &err), WRT_E_STATE);
    SAME(wrt_task_run(k.task, &b, &err), WRT_OK);
    SAME(wrt_task_results(k.task, &one, 1, NULL), WRT_OK);
    SAME(one.i32, 5050);
    kit_free(&k);
}

static void wrong_calls(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value args[4] = { i32(1), i32(2), i32(3), i32(4) }, res[4];
    wrt_func sum = kit_func(&k, "sum", "(i)i"), bad;
    SAME(wrt_task_run(k.task, &b, &err), WRT_E_STATE);
    SAME(err.reason, WRT_REASON_NOT_RUNNABLE);
    SAME(wrt_task_start(k.task, sum, args, 0), WRT_E_TYPE);
    SAME(wrt_task_start(k.task, sum, args, 2), WRT_E_TYPE);
    SAME(wrt_task_start(k.task, sum, NULL, 1), WRT_E_ARG);
    SAME(wrt_task_start(k.task, sum, args, SIZE_MAX), WRT_E_ARG);
    SAME(wrt_task_start(k.task, sum, args, SIZE_MAX / 64), WRT_E_TYPE);
    SAME(wrt_task_run(k.task, &b, &err), WRT_E_STATE);
    res[0] = i32(-1);
    SAME(wrt_call(k.task, sum, args, 2, res, 1, &b, &err), WRT_E_TYPE);
    SAME(err.reason, WRT_REASON_ARGUMENT_COUNT);
    SAME(res[0].i32, 0);
    SAME(wrt_call(k.task, sum, args, 1, res, 0, &b, &err), WRT_E_TYPE);
    SAME(err.reason, WRT_REASON_ARGUMENT_COUNT);
    SAME(wrt_call(k.task, sum, args, 1, NULL, 1, &b, &err), WRT_E_ARG);
    SAME(wrt_call(k.task, sum, args, 1, res, SIZE_MAX / 8, &b, &err), WRT_E_ARG);
    SAME(wrt_call(k.task, sum, args, 1, res, 1, NULL, &err), WRT_E_ARG);
    SAME(wrt_call(k.task, sum, NULL, 1, res, 1, &b, &err), WRT_E_ARG);
    bad = sum;
    bad.index = 5000;
    CHECK(wrt_call(k.task, bad, args, 1, res, 1, &b, &err) < 0);
    bad.index = UINT32_MAX;
    CHECK(wrt_call(k.task, bad, args, 1, res, 1, &b, &err) < 0);
    bad = sum;
    bad.instance = 1;
    CHECK(wrt_task_start(k.task, bad, args, 1) < 0);
    bad.instance = UINT32_MAX;
    CHECK(wrt_task_start(k.task, bad, args, 1) < 0);
    /* After all that the task is as good as new. */
    SAME(wrt_call(k.task, sum, args, 1, res, 1, &b, &err), WRT_OK);
    SAME(res[0].i32, 1);
    /* One call at a time; no results before the end. */
    size_t n = 1;
    SAME(wrt_task_start(k.task, sum, args, 1), WRT_OK);
    SAME(wrt_task_start(k.task, sum, args, 1), WRT_E_STATE);
    SAME(wrt_call(k.task, sum, args, 1, res, 1, &b, &err), WRT_E_STATE);
    SAME(err.reason, WRT_REASON_ALREADY_RUNNING);
    SAME(wrt_task_results(k.task, res, 1, &n), WRT_E_STATE);
    SAME(n, 0);
    wrt_task_reset(k.task);
    SAME(wrt_task_start(k.task, sum, args, 1), WRT_OK);
    SAME(wrt_task_run(k.task, &b, &err), WRT_OK);
    kit_free(&k);
}

static void traps(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value x = i32(WRT_PAGE_SIZE - 3), r;
    wrt_frame f[5];
    wrt_func peek = kit_func(&k, "peek", "(i)i");
    static const char *const names[] = { "inner", "middle", "outer" };
    SAME(wrt_task_backtrace(k.task, f, 5), 0);
    SAME(wrt_call(k.task, peek, &x, 1, &r, 1, &b, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_OUT_OF_BOUNDS_MEMORY);
    SAME(wrt_task_backtrace(k.task, f, 5), 3);
    for (size_t i = 0; i < 3; i++) {
        CHECK(f[i].name.len == strlen(names[i]) && memcmp(f[i].name.ptr, names[i], f[i].name.len) == 0);
        CHECK(f[i].module_offset > f[i].func_offset && f[i].module_offset < sizeof kit_wasm);
        SAME(f[i].instance, 0);
    }
    SAME(f[2].func, peek.index);
    /* i32.load; the frames above stand at or behind their call. */
    SAME(kit_wasm[f[0].module_offset], 0x28);
    SAME(err.func, f[0].func);
    SAME(err.offset, f[0].module_offset);
    wrt_frame first[2];
    memset(first, 0x77, sizeof first);
    SAME(wrt_task_backtrace(k.task, first, 1), 1);
    SAME(first[0].func, f[0].func);
    SAME(first[1].func, 0x77777777);
    SAME(wrt_task_backtrace(k.task, NULL, 0), 0);
    SAME(wrt_task_backtrace(k.task, NULL, 3), 0);
    SAME(wrt_task_backtrace(k.task, f, SIZE_MAX), 0);
    /* The call has ended. */
    SAME(wrt_task_run(k.task, &b, &err), WRT_E_STATE);
    x = i32(16);
    SAME(wrt_call(k.task, peek, &x, 1, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 0x6c6c6568 + 2);
    kit_free(&k);
}

/* RUN-4 */
static void exhausted(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value x = i32(0), r;
    wrt_usage u = { 0 };
    u.struct_size = sizeof u;
    wrt_func dig = kit_func(&k, "dig", "(i)i");
    b.max_call_depth = 7;
    SAME(wrt_call(k.task, dig, &x, 1, &r, 1, &b, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_STACK_EXHAUSTED);
    SAME(wrt_task_usage(k.task, &u), WRT_OK);
    SAME(u.call_depth_peak, 7);
    b.max_call_depth = UINT32_MAX;
    wrt_task_reset(k.task);
    SAME(wrt_call(k.task, dig, &x, 1, &r, 1, &b, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_STACK_EXHAUSTED);
    SAME(wrt_task_usage(k.task, &u), WRT_OK);
    CHECK(u.stack_peak <= k.stack.size && u.stack_peak > k.stack.size / 2);
    b.max_call_depth = 0;
    wrt_task_reset(k.task);
    CHECK(wrt_call(k.task, dig, &x, 1, &r, 1, &b, &err) < 0);
    kit_free(&k);
}

static void host_calls(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value args[2] = { i32(30), i32(11) }, r;
    SAME(wrt_call(k.task, kit_func(&k, "ask", "(ii)i"), args, 2, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 42);
    SAME(k.host.calls, 1);
    SAME(k.host.first, 30);
    args[0] = i64(9);
    k.host.answer = WRT_OK;
    SAME(wrt_call(k.task, kit_func(&k, "await", "(I)F"), args, 1, &r, 1, &b, &err), WRT_OK);
    CHECK(r.f64 > 2.9 && r.f64 < 3.1);
    SAME(k.host.first, 9);
    /* An imported function called by the host itself. */
    wrt_func add = { 0, 0 };
    args[0] = i32(1);
    args[1] = i32(2);
    wrt_status s = wrt_call(k.task, add, args, 2, &r, 1, &b, &err);
    if (s == WRT_OK) SAME(r.i32, 3);
    else CHECK(s < 0);
    kit_free(&k);
}

/* A host function runs another task of the same instance. */
static void nested(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    region stack = region_new(2048);
    wrt_value args[2] = { i32(10), i32(5) }, r;
    SAME(wrt_task_new(&stack.arena, k.instance, &k.host.nested), WRT_OK);
    k.host.triple = kit_func(&k, "triple", "(i)i");
    SAME(wrt_call(k.task, kit_func(&k, "ask", "(ii)i"), args, 2, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 36);
    region_free(&stack);
    kit_free(&k);
}

/* What a host function may not do to the task that called it, and what it may do to the instance. */
static void meddle(void *user, wrt_caller *caller) {
    kit *k = user;
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value v = i32(1), r;
    wrt_func sum = kit_func(k, "sum", "(i)i");
    SAME(wrt_task_run(k->task, &b, &err), WRT_E_STATE);
    SAME(wrt_task_start(k->task, sum, &v, 1), WRT_E_STATE);
    SAME(wrt_task_start_instance(k->task), WRT_E_STATE);
    SAME(wrt_call(k->task, sum, &v, 1, &r, 1, &b, &err), WRT_E_STATE);
    SAME(wrt_task_complete(k->task, WRT_OK, &v, 1), WRT_E_STATE);
    SAME(wrt_task_results(k->task, &r, 1, NULL), WRT_E_STATE);
    wrt_task_reset(k->task);

    const uint32_t forty = 40;
    uint32_t back = 0;
    SAME(wrt_memory_grow(wrt_caller_instance(caller), 0, 1, NULL), WRT_OK);
    SAME(wrt_caller_write(caller, WRT_PAGE_SIZE + 8, &forty, sizeof forty), WRT_OK);
    SAME(wrt_caller_read(caller, WRT_PAGE_SIZE + 8, &back, sizeof back), WRT_OK);
    SAME(back, 40);
    SAME(wrt_caller_read(caller, 2 * WRT_PAGE_SIZE - 3, &back, sizeof back), WRT_E_BOUNDS);
    SAME(wrt_caller_write(caller, UINT64_MAX, &back, sizeof back), WRT_E_BOUNDS);
    SAME(wrt_caller_read(caller, 0, NULL, 4), WRT_E_ARG);
    SAME(wrt_caller_write(caller, 0, NULL, 4), WRT_E_ARG);
    v = i32(2);
    SAME(wrt_global_set(k->instance, 0, &v), WRT_OK);
}

static void meanwhile(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value at = i32(WRT_PAGE_SIZE + 8), r;
    k.host.meanwhile = meddle;
    k.host.user = &k;
    SAME(wrt_call(k.task, kit_func(&k, "after", "(i)i"), &at, 1, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 42);
    kit_free(&k);
}

static void ends(void) {
    kit k;
    kit_new(&k);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_func leave = kit_func(&k, "leave", "(i)");
    wrt_value x = i32(17);
    SAME(wrt_call(k.task, leave, &x, 1, NULL, 0, &b, &err), WRT_E_EXIT);
    SAME(err.reason, WRT_REASON_GUEST_EXIT);
    SAME(err.detail, 17);
    x = i32(-1);
    SAME(wrt_call(k.task, leave, &x, 1, NULL, 0, &b, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_HOST_TRAP);
    SAME(err.detail, 99);
    CHECK(strcmp(err.message, "the host has had enough") == 0);
    x = i32(-2);
    SAME(wrt_call(k.task, leave, &x, 1, NULL, 0, &b, &err), WRT_E_TRAP);
    CHECK(err.message[0] != '\0');
    /* Any other number that a host function returns is a trap. */
    const int32_t odd[] = { WRT_E_ARG, WRT_E_TRAP, -1000, INT32_MIN };
    for (size_t i = 0; i < COUNT(odd); i++) {
        if (odd[i] == -1 || odd[i] == -2) continue;
        x = i32(odd[i]);
        SAME(wrt_call(k.task, leave, &x, 1, NULL, 0, &b, &err), WRT_E_TRAP);
        SAME(err.reason, WRT_TRAP_HOST_TRAP);
    }
    kit_free(&k);
}

static void start_function(void) {
    region r = region_new(1 << 14), stack = region_new(2048);
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget lb = load_budget();
    wrt_run_budget b = run_budget();
    wrt_module *m = NULL;
    wrt_instance *i = NULL;
    wrt_task *t = NULL;
    wrt_func get;
    wrt_value v;
    wrt_instance_config ic;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    SAME(wrt_module_load(&r.arena, BYTES(start_wasm), &lb, &m, &err), WRT_OK);
    wrt_arena mark = r.arena;
    SAME(wrt_instance_new(&r.arena, m, &ic, &i, &err), WRT_OK);
    SAME(wrt_task_new(&stack.arena, i, &t), WRT_OK);
    SAME(wrt_export_func(i, "get", "()i", &get), WRT_OK);
    /* It has not run yet, and runs before the first call. */
    SAME(wrt_global_get(i, 0, &v, NULL), WRT_OK);
    SAME(v.i32, 0);
    SAME(wrt_call(t, get, NULL, 0, &v, 1, &b, &err), WRT_OK);
    SAME(v.i32, 100);
    wrt_usage whole = { 0 }, parts = { 0 };
    whole.struct_size = parts.struct_size = sizeof whole;
    SAME(wrt_task_usage(t, &whole), WRT_OK);
    /* By itself, a little at a time, under fuel. */
    r.arena = mark;
    region_reset(&stack);
    SAME(wrt_instance_new(&r.arena, m, &ic, &i, &err), WRT_OK);
    SAME(wrt_task_new(&stack.arena, i, &t), WRT_OK);
    SAME(wrt_task_start_instance(t), WRT_OK);
    SAME(wrt_task_start_instance(t), WRT_E_STATE);
    b.fuel = 10;
    unsigned slices = 0;
    wrt_status s;
    while ((s = wrt_task_run(t, &b, &err)) == WRT_FUEL) slices++;
    SAME(s, WRT_OK);
    CHECK(slices > 5);
    b.fuel = UINT64_MAX;
    SAME(wrt_call(t, get, NULL, 0, &v, 1, &b, &err), WRT_OK);
    SAME(v.i32, 100);
    SAME(wrt_task_usage(t, &parts), WRT_OK);
    SAME(parts.fuel_used, whole.fuel_used);
    /* Nothing left to start. */
    s = wrt_task_start_instance(t);
    if (s == WRT_OK) SAME(wrt_task_run(t, &b, &err), WRT_OK);
    region_free(&r);
    region_free(&stack);
}

/* A task needs room for its own bytes, and takes all that it is lent. MEM-1 */
static void stacks(void) {
    kit k;
    kit_new(&k);
    wrt_task *t = NULL;
    size_t least = 0;
    SAME(k.stack.arena.size, 0);
    for (size_t size = 0; size <= 1024; size += 16) {
        region r = region_new(size);
        t = (wrt_task *)&k;
        wrt_status s = wrt_task_new(&r.arena, k.instance, &t);
        if (s == WRT_OK) {
            if (least == 0) least = size;
            SAME(r.arena.size, 0);
        } else {
            SAME(s, WRT_E_ARENA);
            CHECK(t == NULL && r.arena.base == r.base && r.arena.size == size && least == 0);
        }
        region_free(&r);
    }
    CHECK(least > 0);
    /* Its calls recurse: no plan can bound them. */
    SAME(k.plan.stack_min, 0);
    region r = region_new(1024);
    wrt_arena off = { r.base + 1, r.size - 1 };
    SAME(wrt_task_new(&off, k.instance, &t), WRT_E_ARG);
    SAME(off.size, r.size - 1);
    region_free(&r);
    kit_free(&k);
}

/* The planned stack suffices for the deepest chain of calls; one step less does not. MEM-3, RUN-4 */
static void planned_stack(void) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget lb = load_budget();
    wrt_run_budget b = run_budget();
    region code = region_new(1 << 14);
    wrt_plan plan = { 0 };
    wrt_module *m = NULL;
    wrt_instance *i = NULL;
    wrt_func f;
    wrt_value x = i32(7), y;
    wrt_instance_config ic;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    plan.struct_size = sizeof plan;
    SAME(wrt_plan_module(BYTES(chain_wasm), &lb, code.arena, &plan, &err), WRT_OK);
    SAME(wrt_module_load(&code.arena, BYTES(chain_wasm), &lb, &m, &err), WRT_OK);
    SAME(wrt_instance_new(&code.arena, m, &ic, &i, &err), WRT_OK);
    SAME(wrt_export_func(i, "run", "(i)i", &f), WRT_OK);
    CHECK(plan.stack_min > 0 && plan.stack_min < 1024);
    for (uint32_t backend = WRT_BACKEND_LOOP; backend <= WRT_BACKEND_TAIL; backend++) {
        region stack = region_new(plan.stack_min);
        wrt_task *t = NULL;
        wrt_usage u = { 0 };
        u.struct_size = sizeof u;
        SAME(wrt_task_new(&stack.arena, i, &t), WRT_OK);
        if (wrt_task_set_backend(t, backend) == WRT_OK) {
            SAME(wrt_call(t, f, &x, 1, &y, 1, &b, &err), WRT_OK);
            SAME(y.i32, 7 + (7 + (7 * 2 + 1 + 1)));
            SAME(wrt_task_usage(t, &u), WRT_OK);
            CHECK(u.stack_peak <= plan.stack_min && u.stack_peak + WRT_ARENA_ALIGN > plan.stack_min);
        }
        region_free(&stack);
        region less = region_new(plan.stack_min - WRT_ARENA_ALIGN);
        SAME(wrt_task_new(&less.arena, i, &t), WRT_OK);
        if (wrt_task_set_backend(t, backend) == WRT_OK) {
            SAME(wrt_call(t, f, &x, 1, &y, 1, &b, &err), WRT_E_TRAP);
            SAME(err.reason, WRT_TRAP_STACK_EXHAUSTED);
        }
        region_free(&less);
    }
    region_free(&code);
}

void test_task(void) {
    TEST(calls);
    TEST(calls_in_place);
    TEST(wrong_calls);
    TEST(traps);
    TEST(exhausted);
    TEST(host_calls);
    TEST(nested);
    TEST(meanwhile);
    TEST(ends);
    TEST(start_function);
    TEST(stacks);
    TEST(planned_stack);
}
