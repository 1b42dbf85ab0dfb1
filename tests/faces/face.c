/*
 * The face of C: runs one export of one module by include/wrt.h and prints what came of it.
 *
 *   face MODULE.wasm EXPORT FUEL [ARGUMENT...]
 *
 * README.md has the contract that every face keeps; this program knows nothing of the other faces.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wrt.h>

#define STACK_BYTES ((size_t)1 << 20)
#define HEAP_BYTES ((size_t)1 << 20)
#define MEMORY_BYTES ((uint64_t)16 << 20)
#define MOST_FRAMES 64
#define MOST_VALUES 32

/* What one run takes from the system: given back at the end, whatever happened. */
static struct {
    void *wasm, *code, *instance, *stack, *memory, *heap;
} owned;

static void give_back(void) {
    free(owned.wasm), free(owned.code), free(owned.instance), free(owned.stack), free(owned.memory), free(owned.heap);
}

static void fail(const char *what, const char *of) {
    fprintf(stderr, "face: %s: %s\n", what, of);
    give_back();
    exit(2);
}

/* So many bytes as an arena; none is an arena without memory. */
static wrt_arena lend(void **kept, size_t size) {
    wrt_arena arena = { NULL, 0 };
    if (size > 0) {
        size = (size + WRT_ARENA_ALIGN - 1) / WRT_ARENA_ALIGN * WRT_ARENA_ALIGN;
        *kept = aligned_alloc(WRT_ARENA_ALIGN, size);
        if (*kept == NULL) {
            fail("out of memory", "an arena");
        }
        arena.base = *kept, arena.size = size;
    }
    return arena;
}

/* The whole module; it must remain while it is used. */
static wrt_bytes read_file(const char *path) {
    wrt_bytes bytes = { NULL, 0 };
    FILE *file = fopen(path, "rb");
    long size;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        fail("cannot read", path);
        return bytes;
    }
    rewind(file);
    owned.wasm = malloc((size_t)size + 1);
    if (owned.wasm == NULL || fread(owned.wasm, 1, (size_t)size, file) != (size_t)size) {
        fail("cannot read", path);
    }
    fclose(file);
    bytes.ptr = owned.wasm, bytes.len = (size_t)size;
    return bytes;
}

/* Host functions. */
static wrt_status host_log(void *user, wrt_caller *caller, wrt_value *slots) {
    (void)user, (void)caller, (void)slots;
    return WRT_OK;
}
static wrt_status host_double(void *user, wrt_caller *caller, wrt_value *slots) {
    (void)user, (void)caller;
    slots[0].i32 = (int32_t)((uint32_t)slots[0].i32 * 2u);
    return WRT_OK;
}
static wrt_status host_sense(void *user, wrt_caller *caller, wrt_value *slots) {
    (void)user, (void)caller;
    slots[0].f32 = 0.5f;
    return WRT_OK;
}
static const wrt_host_func env_funcs[] = {
    { "log", "(i)", host_log },         { "double", "(i)i", host_double },  { "sense", "(i)f", host_sense },
    { "actuate", "(if)", host_log },    { "report", "(if)", host_log },
};
static const wrt_host_module env = { "env", env_funcs, sizeof env_funcs / sizeof *env_funcs, NULL };

/* What is printed. */
static void print_plan(const wrt_plan *p) {
    printf("{\"plan\":");
    if (p == NULL) {
        printf("null");
        return;
    }
    printf("{\"load_scratch\":%zu,\"module\":%zu,\"instance\":%zu,\"table_max\":%zu,\"stack_min\":%zu,", p->load_scratch,
           p->module, p->instance, p->table_max, p->stack_min);
    printf("\"memory_min\":%" PRIu64 ",\"memory_max\":%" PRIu64 ",\"heap_min\":%" PRIu64 "}", p->memory_min, p->memory_max,
           p->heap_min);
}

static void print_error(wrt_status status, const char *reason, uint64_t offset, uint32_t func) {
    printf(",\"error\":{\"status\":\"%s\",\"reason\":\"%s\",\"offset\":%" PRIu64 ",\"func\":", wrt_status_name(status), reason,
           offset);
    if (func == UINT32_MAX) {
        printf("null}");
    } else {
        printf("%" PRIu32 "}", func);
    }
}

/* Nothing ran: what is printed behind the error then. */
static int without_run(void) {
    printf(",\"results\":[],\"fuel\":0,\"stack_peak\":0,\"call_depth_peak\":0,\"memory_bytes\":0,\"frames\":[],\"hash\":null}\n");
    give_back();
    return 0;
}

static void print_value(char type, const wrt_value *v) {
    uint32_t narrow;
    uint64_t wide;
    int i;
    switch (type) {
    case 'i': printf("\"i32:%" PRId32 "\"", v->i32); break;
    case 'I': printf("\"i64:%" PRId64 "\"", v->i64); break;
    case 'f':
        memcpy(&narrow, &v->f32, sizeof narrow);
        printf("\"f32:0x%08" PRIx32 "\"", narrow);
        break;
    case 'F':
        memcpy(&wide, &v->f64, sizeof wide);
        printf("\"f64:0x%016" PRIx64 "\"", wide);
        break;
    case 'v':
        printf("\"v128:0x");
        for (i = 15; i >= 0; i--) {
            printf("%02x", v->v128[i]);
        }
        printf("\"");
        break;
    default: printf("\"ref:%s\"", v->ref == 0 ? "null" : "some"); break;
    }
}

static wrt_value parse(char type, const char *text) {
    wrt_value v = { 0 };
    uint64_t bits = text[0] == '-' ? (uint64_t)strtoll(text, NULL, 10) : strtoull(text, NULL, 10);
    switch (type) {
    case 'i': v.i32 = (int32_t)(uint32_t)bits; break;
    case 'I': v.i64 = (int64_t)bits; break;
    case 'f': v.f32 = strtof(text, NULL); break;
    case 'F': v.f64 = strtod(text, NULL); break;
    default: fail("no argument of this type can be given", text);
    }
    return v;
}

/* Exports have an order, not a map. */
static uint32_t index_of(const wrt_module *module, const char *name) {
    wrt_extern e = { 0 };
    uint32_t i;
    e.struct_size = sizeof e;
    for (i = 0; wrt_module_export_at(module, i, &e) == WRT_OK; i++) {
        if (e.kind == WRT_EXTERN_FUNC && e.name.len == strlen(name) && memcmp(e.name.ptr, name, e.name.len) == 0) {
            return e.index;
        }
    }
    return UINT32_MAX;
}

int main(int argc, char **argv) {
    wrt_error err = WRT_ERROR_INIT;
    wrt_load_budget load;
    wrt_run_budget run;
    wrt_plan plan = { 0 };
    wrt_instance_config config = { 0 };
    wrt_usage usage = { 0 };
    wrt_module *module;
    wrt_instance *instance;
    wrt_task *task;
    wrt_func func;
    wrt_frame frames[MOST_FRAMES];
    wrt_value arguments[MOST_VALUES], results[MOST_VALUES];
    char sig[2 * MOST_VALUES + 3] = "", *letters;
    size_t i, n = 0, nargs;
    uint64_t hash, most;
    wrt_status status;
    wrt_bytes wasm;
    wrt_arena code, place, stack;

    if (argc < 4) {
        fprintf(stderr, "usage: face MODULE.wasm EXPORT FUEL [ARGUMENT...]\n");
        return 2;
    }
    wasm = read_file(argv[1]);
    wrt_load_budget_default(&load, sizeof load);
    wrt_run_budget_default(&run, sizeof run);
    run.fuel = strtoull(argv[3], NULL, 10);
    run.max_call_depth = 100000;
    run.max_memory_bytes = MEMORY_BYTES;

    /* What too small a scratch lacks, the error says. */
    plan.struct_size = sizeof plan;
    code = lend(&owned.code, (size_t)1 << 16);
    while ((status = wrt_plan_module(wasm, &load, code, &plan, &err)) == WRT_E_ARENA && err.need > code.size) {
        free(owned.code);
        code = lend(&owned.code, (size_t)err.need);
    }
    if (status != WRT_OK) {
        print_plan(NULL);
        print_error(status, wrt_reason_name(err.reason), err.offset, err.func);
        return without_run();
    }
    free(owned.code);
    code = lend(&owned.code, plan.module + plan.load_scratch);
    if ((status = wrt_module_load(&code, wasm, &load, &module, &err)) != WRT_OK) {
        print_plan(NULL);
        print_error(status, wrt_reason_name(err.reason), err.offset, err.func);
        return without_run();
    }
    print_plan(&plan);

    most = plan.memory_max != 0 && plan.memory_max < MEMORY_BYTES ? plan.memory_max : MEMORY_BYTES;
    place = lend(&owned.instance, plan.instance);
    config.struct_size = sizeof config;
    config.hosts = &env, config.nhosts = 1;
    config.memory = lend(&owned.memory, (size_t)most);
    config.heap = lend(&owned.heap, HEAP_BYTES);
    if ((status = wrt_instance_new(&place, module, &config, &instance, &err)) != WRT_OK) {
        print_error(status, wrt_reason_name(err.reason), err.offset, err.func);
        return without_run();
    }
    if ((status = wrt_export_func(instance, argv[2], NULL, &func)) != WRT_OK) {
        print_error(status, status == WRT_E_NOT_FOUND ? "WRT_REASON_EXPORT_NOT_FOUND" : "WRT_REASON_EXPORT_KIND", 0, UINT32_MAX);
        return without_run();
    }
    stack = lend(&owned.stack, STACK_BYTES);
    if ((status = wrt_task_new(&stack, instance, &task)) != WRT_OK) {
        fail("no task", wrt_status_name(status));
    }
    if ((status = wrt_module_func_sig(module, index_of(module, argv[2]), sig, sizeof sig, NULL)) != WRT_OK) {
        fail("no signature", wrt_status_name(status));
    }
    letters = sig + 1;
    nargs = (size_t)(strchr(sig, ')') - letters);
    if (nargs != (size_t)(argc - 4) || nargs > MOST_VALUES) {
        fail("the function takes other arguments", sig);
    }
    for (i = 0; i < nargs; i++) {
        arguments[i] = parse(letters[i], argv[4 + i]);
    }
    letters = strchr(sig, ')') + 1;

    status = wrt_call(task, func, arguments, nargs, results, MOST_VALUES, &run, &err);
    if (status == WRT_OK) {
        printf(",\"error\":null");
        n = strlen(letters);
    } else if (status > 0) {
        print_error(status, "", 0, UINT32_MAX);
    } else {
        print_error(status, wrt_reason_name(err.reason), err.offset, err.func);
    }
    printf(",\"results\":[");
    for (i = 0; i < n; i++) {
        printf("%s", i > 0 ? "," : "");
        print_value(letters[i], &results[i]);
    }
    usage.struct_size = sizeof usage;
    if (wrt_task_usage(task, &usage) != WRT_OK || wrt_state_hash(instance, &hash) != WRT_OK) {
        fail("no usage", "of the task");
    }
    printf("],\"fuel\":%" PRIu64 ",\"stack_peak\":%" PRIu64 ",\"call_depth_peak\":%" PRIu32 ",\"memory_bytes\":%" PRIu64,
           usage.fuel_used, usage.stack_peak, usage.call_depth_peak, usage.memory_bytes);
    printf(",\"frames\":[");
    n = status == WRT_OK ? 0 : wrt_task_backtrace(task, frames, MOST_FRAMES);
    for (i = 0; i < n; i++) {
        printf("%s[%" PRIu32 ",%" PRIu32 ",%" PRIu64 "]", i > 0 ? "," : "", frames[i].func, frames[i].func_offset,
               frames[i].module_offset);
    }
    printf("],\"hash\":\"%016" PRIx64 "\"}\n", hash);
    give_back();
    return 0;
}
