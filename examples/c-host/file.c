/* Runs a module from a file: its export run(n), or eval(length) on a script, as the programs in
 * tests/programs have them. Its imports print(address, length) and fail(address, length) come from here.
 *
 *   c-host MODULE.wasm                     prints what it imports, exports and needs
 *   c-host MODULE.wasm (run N | eval FILE)...
 */
#include "host.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Alignas(WRT_ARENA_ALIGN) unsigned char code[16 << 20], stack[1 << 20], ram[64 << 20];
static uint8_t wasm[8 << 20], script[1 << 20];

static size_t load_file(const char *path, uint8_t *to, size_t room) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    size_t n = fread(to, 1, room, file);
    bool whole = n < room && !ferror(file);
    fclose(file);
    if (!whole) {
        fprintf(stderr, "%s: cannot be read, or is larger than %zu bytes\n", path, room);
        exit(2);
    }
    return n;
}

/* Copies guest memory piece by piece; every address comes from the guest, so every copy is checked. */
static wrt_status print(void *user, wrt_caller *caller, wrt_value *slots) {
    char piece[256];
    uint32_t address = (uint32_t)slots[0].i32, left = (uint32_t)slots[1].i32;
    while (left > 0) {
        uint32_t n = left < sizeof piece ? left : (uint32_t)sizeof piece;
        if (wrt_caller_read(caller, address, piece, n) != WRT_OK)
            return wrt_caller_trap(caller, address, "print: outside the memory");
        fwrite(piece, 1, n, user);
        address += n;
        left -= n;
    }
    return WRT_OK;
}

static wrt_status give_up(void *user, wrt_caller *caller, wrt_value *slots) {
    fputs("! ", user);
    wrt_status status = print(user, caller, slots);
    fputs("\n", user);
    return status != WRT_OK ? status : wrt_caller_trap(caller, 0, "the guest gave up");
}

static const wrt_host_func env[] = { { "print", "(ii)", print }, { "fail", "(ii)", give_up } };

static void list(const wrt_module *module) {
    static const char *const kinds[] = { "func", "table", "memory", "global" };
    wrt_extern e = { .struct_size = sizeof e };
    for (uint32_t i = 0; wrt_module_import_at(module, i, &e) == WRT_OK; i++)
        printf("  import %s %.*s.%.*s\n", kinds[e.kind], (int)e.module.len, (const char *)e.module.ptr, (int)e.name.len,
               (const char *)e.name.ptr);
    for (uint32_t i = 0; wrt_module_export_at(module, i, &e) == WRT_OK; i++) {
        char sig[32] = "";
        if (e.kind == WRT_EXTERN_FUNC) wrt_module_func_sig(module, e.index, sig, sizeof sig, NULL);
        printf("  export %s %.*s%s\n", kinds[e.kind], (int)e.name.len, (const char *)e.name.ptr, sig);
    }
}

static wrt_status call(wrt_task *task, const wrt_instance *instance, const char *name, int32_t arg, int32_t *result) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget budget;
    wrt_func f;
    wrt_value a = { .i32 = arg }, r;
    wrt_run_budget_default(&budget, sizeof budget);
    wrt_status status = wrt_export_func(instance, name, "(i)i", &f);
    if (status != WRT_OK) {
        fprintf(stderr, "export %s(i)i: %s\n", name, wrt_status_name(status));
        return status;
    }
    status = wrt_call(task, f, &a, 1, &r, 1, &budget, &err);
    if (status != WRT_OK) {
        fflush(stdout);
        print_error(&err);
        print_backtrace(task);
    }
    *result = r.i32;
    return status;
}

int run_file(int argc, char **argv) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_bytes bytes = { wasm, load_file(argv[1], wasm, sizeof wasm) };
    wrt_arena a = { code, sizeof code }, s = { stack, sizeof stack };
    plan_and_print(argv[1], bytes, a);

    wrt_load_budget load;
    wrt_load_budget_default(&load, sizeof load);
    load.table_reserve = 4096;
    const wrt_host_module hosts[] = { { "env", env, sizeof env / sizeof env[0], stdout } };
    const wrt_instance_config config = {
        /* Static arrays begin as zeros, and nobody has written here. */
        .struct_size = sizeof config, .flags = WRT_MEMORY_ZEROED, .hosts = hosts, .nhosts = 1,
        .memory = { ram, sizeof ram }
    };
    wrt_module *module;
    wrt_instance *instance;
    wrt_task *task;
    EXPECT(wrt_module_load(&a, bytes, &load, &module, &err) == WRT_OK, &err);
    if (argc == 2) {
        list(module);
        return 0;
    }
    EXPECT(wrt_instance_new(&a, module, &config, &instance, &err) == WRT_OK, &err);
    EXPECT(wrt_task_new(&s, instance, &task) == WRT_OK, NULL);
    for (int i = 2; i + 1 < argc; i += 2) {
        int32_t at = 0, result = 0, arg = (int32_t)strtol(argv[i + 1], NULL, 0);
        const char *name = argv[i];
        if (strcmp(name, "eval") == 0) {
            arg = (int32_t)load_file(argv[i + 1], script, sizeof script);
            if (call(task, instance, "buffer", arg, &at) != WRT_OK) return 1;
            EXPECT(wrt_memory_write(instance, 0, (uint32_t)at, script, (size_t)arg) == WRT_OK, NULL);
        }
        if (call(task, instance, name, arg, &result) != WRT_OK) return 1;
        printf("= %" PRId32 "\n", result);
    }
    print_usage(task);
    return 0;
}
