/* Interceptors: a firewall, a counter, replaced, delayed and refused calls. RUN-7. */
#include "guests.h"
#include "harness.h"

/* What the hooks below were asked, and how they answer calls of host functions. */
typedef struct asked {
    unsigned before, after, roots;
    int32_t answer;
    int32_t set;          /* if not 0, put into the first slot before the answer */
    int32_t result;       /* if not 0, put into the first slot after a host call */
    bool refuse_after;
    const char *allowed;  /* if not NULL, the only import that may be called */
    wrt_crossing_info last;
} asked;

static int32_t before(void *user, wrt_crossing *call, wrt_value *slots) {
    asked *a = user;
    wrt_crossing_info info = { 0 };
    wrt_bytes module, name;
    info.struct_size = sizeof info;
    SAME(wrt_crossing_describe(call, &info), WRT_OK);
    a->before++;
    if (info.kind == WRT_CROSSING_ROOT) {
        CHECK(wrt_crossing_caller(call) == NULL && wrt_crossing_callee(call) != NULL);
        SAME(wrt_crossing_import(call, &module, &name), WRT_E_NOT_FOUND);
        CHECK(module.ptr == NULL && name.len == 0);
        SAME(info.caller, UINT32_MAX);
        SAME(info.depth, 0);
        a->roots++;
        return WRT_HOOK_PROCEED;
    }
    a->last = info;
    SAME(wrt_crossing_import(call, &module, &name), WRT_OK);
    CHECK(module.len == 3);
    CHECK(wrt_crossing_caller(call) != NULL);
    CHECK((wrt_crossing_callee(call) == NULL) == (info.kind == WRT_CROSSING_HOST));
    if (a->allowed != NULL && (name.len != strlen(a->allowed) || memcmp(name.ptr, a->allowed, name.len) != 0))
        return wrt_crossing_refuse(call, 403, "this import is not on the list");
    if (a->set != 0) slots[0] = i32(a->set);
    return a->answer;
}

static int32_t after(void *user, wrt_crossing *call, wrt_value *slots) {
    asked *a = user;
    wrt_crossing_info info = { 0 };
    info.struct_size = sizeof info;
    SAME(wrt_crossing_describe(call, &info), WRT_OK);
    a->after++;
    if (info.kind == WRT_CROSSING_ROOT) return WRT_HOOK_PROCEED;
    if (a->refuse_after) return wrt_crossing_exit(call, 9);
    if (a->result != 0) slots[0] = i32(a->result);
    return WRT_HOOK_PROCEED;
}

static wrt_hooks hooks_of(asked *a) {
    wrt_hooks h = { sizeof h, 0, before, after, a };
    memset(a, 0, sizeof *a);
    return h;
}

static void asked_about_host_calls(void) {
    kit k;
    kit_new(&k);
    asked a;
    wrt_hooks h = hooks_of(&a);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_value args[2] = { i32(30), i32(11) }, r;
    wrt_func ask = kit_func(&k, "ask", "(ii)i");
    SAME(wrt_task_set_hooks(k.task, &h), WRT_OK);
    SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 42);
    SAME(a.before, 2);
    SAME(a.after, 2);
    SAME(a.roots, 1);
    SAME(a.last.kind, WRT_CROSSING_HOST);
    SAME(a.last.flags, 0);
    SAME(a.last.caller, 0);
    SAME(a.last.instance, 0);
    SAME(a.last.func, 0);
    SAME(a.last.nparams, 2);
    SAME(a.last.nresults, 1);
    SAME(a.last.depth, 1);
    /* Changed, replaced, and changed behind. */
    a.set = 100;
    SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 112);
    SAME(k.host.calls, 2);
    a.answer = WRT_HOOK_REPLACE;
    SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 101);
    SAME(k.host.calls, 2);
    a.answer = WRT_HOOK_PROCEED;
    a.result = 55;
    SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 56);
    /* The firewall. */
    a.allowed = "wait";
    SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_CALL_REFUSED);
    SAME(err.detail, 403);
    CHECK(strcmp(err.message, "this import is not on the list") == 0);
    SAME(err.func, ask.index);
    SAME(k.host.calls, 3);
    a.allowed = "add";
    SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_OK);
    /* Numbers that are no verdict refuse, too. */
    a.answer = 77;
    SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_CALL_REFUSED);
    SAME(err.detail, 77);
    a.answer = WRT_HOOK_PROCEED;
    a.refuse_after = true;
    SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_E_EXIT);
    SAME(err.detail, 9);
    /* One half alone, none, and taken off. */
    unsigned calls = a.before + a.after;
    h.after = NULL;
    a.set = 0;
    SAME(wrt_task_set_hooks(k.task, &h), WRT_OK);
    SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 42);
    SAME(a.before + a.after, calls + 2);
    SAME(wrt_task_set_hooks(k.task, NULL), WRT_OK);
    SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_OK);
    SAME(a.before + a.after, calls + 2);
    kit_free(&k);
}

static void delayed(void) {
    kit k;
    kit_new(&k);
    asked a;
    wrt_hooks h = hooks_of(&a);
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_pending p = { 0 };
    p.struct_size = sizeof p;
    wrt_value args[2] = { i32(30), i32(11) }, r = i32(500);
    wrt_func ask = kit_func(&k, "ask", "(ii)i");
    a.answer = WRT_HOOK_DELAY;
    SAME(wrt_task_set_hooks(k.task, &h), WRT_OK);
    SAME(wrt_task_proceed(k.task), WRT_E_STATE);
    for (int round = 0; round < 3; round++) {
        SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_PENDING);
        SAME(wrt_task_pending(k.task, &p), WRT_OK);
        SAME(p.delayed, 1);
        SAME(p.func, 0);
        SAME(p.nresults, 1);
        CHECK(p.name.len == 3 && memcmp(p.name.ptr, "add", 3) == 0);
        SAME(k.host.calls, round != 0);
        r = i32(500);
        if (round == 0) SAME(wrt_task_proceed(k.task), WRT_OK);
        if (round == 1) SAME(wrt_task_complete(k.task, WRT_OK, &r, 1), WRT_OK);
        if (round == 2) SAME(wrt_task_complete(k.task, WRT_E_TRAP, NULL, 0), WRT_OK);
        SAME(wrt_task_proceed(k.task), WRT_E_STATE);
        SAME(wrt_task_run(k.task, &b, &err), round == 2 ? WRT_E_TRAP : WRT_OK);
        if (round == 2) continue;
        SAME(wrt_task_results(k.task, &r, 1, NULL), WRT_OK);
        SAME(r.i32, round == 0 ? 42 : 501);
    }
    /* A program that knows the struct as it was before. */
    SAME(wrt_call(k.task, ask, args, 2, &r, 1, &b, &err), WRT_PENDING);
    memset(&p, 0x77, sizeof p);
    p.struct_size = offsetof(wrt_pending, delayed);
    SAME(wrt_task_pending(k.task, &p), WRT_OK);
    SAME(p.nresults, 1);
    SAME(p.delayed, 0x77777777);
    /* A call that the host itself parks is none that an interceptor delayed. */
    wrt_task_reset(k.task);
    a.answer = WRT_HOOK_PROCEED;
    k.host.answer = WRT_PENDING;
    SAME(wrt_call(k.task, kit_func(&k, "await", "(I)F"), args, 1, &r, 1, &b, &err), WRT_PENDING);
    p.struct_size = sizeof p;
    SAME(wrt_task_pending(k.task, &p), WRT_OK);
    SAME(p.delayed, 0);
    SAME(wrt_task_proceed(k.task), WRT_E_STATE);
    kit_free(&k);
}

/* Calls between two instances, on a task of the second. */
static void asked_about_instances(void) {
    kit k;
    kit_new(&k);
    asked a;
    wrt_hooks h = hooks_of(&a);
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget lb = load_budget();
    wrt_run_budget b = run_budget();
    region mr = region_new(1 << 14), ir = region_new(1 << 12), ram = region_new(WRT_PAGE_SIZE), stack = region_new(2048);
    wrt_named_instance named = { "kit", k.instance };
    wrt_instance_config ic;
    wrt_module *m;
    wrt_instance *i;
    wrt_task *t;
    wrt_func f;
    wrt_value x = i32(5), r;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    ic.linked = &named;
    ic.nlinked = 1;
    ic.memory = ram.arena;
    SAME(wrt_module_load(&mr.arena, BYTES(user_wasm), &lb, &m, &err), WRT_OK);
    SAME(wrt_instance_new(&ir.arena, m, &ic, &i, &err), WRT_OK);
    SAME(wrt_task_new(&stack.arena, i, &t), WRT_OK);
    SAME(wrt_export_func(i, "quadruple", "(i)i", &f), WRT_OK);
    SAME(wrt_task_set_hooks(t, &h), WRT_OK);
    SAME(wrt_call(t, f, &x, 1, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 20);
    SAME(a.before, 3);
    SAME(a.after, 3);
    SAME(a.last.kind, WRT_CROSSING_INSTANCE);
    SAME(a.last.caller, 1);
    SAME(a.last.instance, 0);
    a.result = 7;
    SAME(wrt_call(t, f, &x, 1, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 7);
    a.answer = WRT_HOOK_REPLACE;
    a.set = 1;
    SAME(wrt_call(t, f, &x, 1, &r, 1, &b, &err), WRT_OK);
    SAME(r.i32, 1);
    region_free(&stack);
    region_free(&ram);
    region_free(&ir);
    region_free(&mr);
    kit_free(&k);
}

static void wrong_hooks(void) {
    kit k;
    kit_new(&k);
    asked a;
    wrt_hooks h = hooks_of(&a);
    wrt_crossing_info info = { 0 };
    wrt_bytes name = bytes_of("x", 1);
    SAME(wrt_task_set_hooks(NULL, &h), WRT_E_ARG);
    SAME(wrt_task_set_hooks((wrt_task *)(void *)k.instance, &h), WRT_E_HANDLE);
    h.struct_size--;
    SAME(wrt_task_set_hooks(k.task, &h), WRT_E_VERSION);
    SAME(wrt_task_proceed(NULL), WRT_E_ARG);
    SAME(wrt_task_proceed((wrt_task *)(void *)k.instance), WRT_E_HANDLE);
    info.struct_size = sizeof info;
    SAME(wrt_crossing_describe(NULL, &info), WRT_E_ARG);
    SAME(wrt_crossing_import(NULL, &name, NULL), WRT_E_ARG);
    CHECK(name.ptr == NULL);
    CHECK(wrt_crossing_caller(NULL) == NULL && wrt_crossing_callee(NULL) == NULL);
    CHECK(wrt_crossing_refuse(NULL, 1, "x") < 0 && wrt_crossing_refuse(NULL, 1, NULL) < 0);
    CHECK(wrt_crossing_exit(NULL, 1) < 0);
    kit_free(&k);
}

void test_hooks(void) {
    TEST(asked_about_host_calls);
    TEST(delayed);
    TEST(asked_about_instances);
    TEST(wrong_hooks);
}
