/* A controller that runs three guests from flash: a control loop, a checksum and a parser.
 *
 * The same source runs on boards and, to compare, on the machine that builds it. Each line says the same everywhere;
 * what only a board knows stands on lines that begin with '#'. With IMAGES the control loop runs once more, from an
 * image in flash, which image.c makes. */
#include "firmware.h"
#include "guests.h"
#ifdef IMAGES
#include "images.h"
#endif
#include "wrt.h"

/* Fuel of one slice: what a guest gets before the firmware turns to other work. */
#define SLICE 40
#ifndef TICKS
#define TICKS 200
#endif

/* Bits of proposals that wrt.h does not name, because nobody need switch them on. */
#define SIMD (1u << 10)
#define GC (1u << 14)

static _Alignas(WRT_ARENA_ALIGN) unsigned char pool[POOL];
static wrt_arena rest;
static size_t pool_peak;
static int failures;

/* ---- printing ---- */

static void print_number(uint64_t value) {
    char digits[21], *at = digits + sizeof digits - 1;
    *at = 0;
    do *--at = (char)('0' + value % 10);
    while (value /= 10);
    board_print(at);
}

static void print_hash(uint64_t value) {
    char digits[17], *at = digits + sizeof digits - 1;
    *at = 0;
    for (int i = 0; i < 16; i++, value >>= 4) *--at = "0123456789abcdef"[value & 15];
    board_print(at);
}

static void field(const char *name, uint64_t value) {
    board_print(" ");
    board_print(name);
    board_print("=");
    print_number(value);
}

/* Counts a failure and says which. */
static void expect(int holds, const char *what) {
    if (holds) return;
    failures++;
    board_print("FAILED: ");
    board_print(what);
    board_print("\n");
}

static int no(wrt_status status, const wrt_error *error, const char *what) {
    if (status == WRT_OK) return 0;
    failures++;
    board_print("FAILED: ");
    board_print(what);
    board_print(": ");
    board_print(wrt_status_name(status));
    if (error) {
        field("reason", error->reason);
        field("need", error->need);
    }
    board_print("\n");
    return 1;
}

/* ---- the plant that the control loop controls: a tank that leaks ---- */

typedef struct plant {
    float level;
    uint32_t reports;
    float error;
} plant;

static wrt_status sense(void *user, wrt_caller *caller, wrt_value *v) {
    (void)caller;
    v[0].f32 = ((plant *)user)->level;
    return WRT_OK;
}

static wrt_status actuate(void *user, wrt_caller *caller, wrt_value *v) {
    plant *p = user;
    (void)caller;
    p->level += (v[1].f32 - p->level) * 0.01f;
    return WRT_OK;
}

static wrt_status report(void *user, wrt_caller *caller, wrt_value *v) {
    plant *p = user;
    (void)caller;
    p->reports++;
    p->error = v[1].f32;
    return WRT_OK;
}

static const wrt_host_func env[] = { { "sense", "(i)f", sense }, { "actuate", "(if)", actuate }, { "report", "(if)", report } };

/* ---- a guest in exactly the memory that its plan says ---- */

typedef struct guest {
    wrt_instance *instance;
    wrt_task *task;
    wrt_plan plan;
    uint32_t slices;
    uint64_t fuel, state;
} guest;

/* Takes `size` bytes of the pool, which is a multiple of 16 in every plan. */
static wrt_arena take(size_t size) {
    wrt_arena arena = { rest.base, size };
    size_t used;
    expect(size <= rest.size, "the pool is large enough");
    if (size > rest.size) return (wrt_arena){ rest.base, 0 };
    rest.base = (unsigned char *)rest.base + size;
    rest.size -= size;
    used = sizeof pool - rest.size;
    if (used > pool_peak) pool_peak = used;
    return arena;
}

/* An instance and a task of the module, whose plan the guest has. */
static int settle(guest *g, const wrt_module *module, void *user) {
    wrt_error error = WRT_ERROR_INIT;
    wrt_host_module host = { "env", env, sizeof env / sizeof *env, user };
    wrt_instance_config config = { .struct_size = sizeof config, .hosts = &host, .nhosts = 1 };
    wrt_arena arena = take(g->plan.instance), before = arena;

    config.memory = take((size_t)g->plan.memory_min);
    if (no(wrt_instance_new(&arena, module, &config, &g->instance, &error), &error, "instance")) return 0;
    expect((size_t)((unsigned char *)arena.base - (unsigned char *)before.base) == g->plan.instance,
           "the instance takes what the plan says");
    arena = take(g->plan.stack_min);
    return !no(wrt_task_new(&arena, g->instance, &g->task), NULL, "task");
}

static void tell_plan(const guest *g, const char *name, size_t bytes) {
    board_print(name);
    board_print(" plan:");
    field("bytes", bytes);
    field("scratch", g->plan.load_scratch);
    field("module", g->plan.module);
    field("instance", g->plan.instance);
    field("stack", g->plan.stack_min);
    field("memory", g->plan.memory_min);
    field("beyond_memory", g->plan.module + g->plan.instance + g->plan.stack_min);
    board_print("\n");
}

static int make(guest *g, const char *name, wrt_bytes wasm, void *user) {
    wrt_error error = WRT_ERROR_INIT;
    wrt_load_budget budget;
    wrt_module *module;
    wrt_arena before, arena;
    size_t module_used;

    wrt_load_budget_default(&budget, sizeof budget);
    budget.proposals |= WRT_PROPOSAL_CUSTOM_PAGE_SIZES;
    g->slices = 0;
    g->plan.struct_size = sizeof g->plan;
    if (no(wrt_plan_module(wasm, &budget, rest, &g->plan, &error), &error, "plan")) return 0;

    /* With 16 bytes less than the plan says, the load must be refused and say what suffices. */
    before = rest;
    arena = (wrt_arena){ rest.base, g->plan.module + g->plan.load_scratch - 16 };
    expect(wrt_module_load(&arena, wasm, &budget, &module, &error) == WRT_E_ARENA
               && error.need == g->plan.module + g->plan.load_scratch, "the load needs what the plan says");
    /* With just that it must succeed. What it needed beyond the module is free again. */
    arena = take(g->plan.module + g->plan.load_scratch);
    if (no(wrt_module_load(&arena, wasm, &budget, &module, &error), &error, "load")) return 0;
    module_used = (size_t)((unsigned char *)arena.base - (unsigned char *)before.base);
    rest = before;
    take(module_used);

    expect(module_used == g->plan.module, "the module takes what the plan says");
    if (!settle(g, module, user)) return 0;
    tell_plan(g, name, wasm.len);
    return 1;
}

/* Calls an export in slices of fuel. */
static wrt_value call(guest *g, const char *name, const char *sig, const wrt_value *args, size_t nargs) {
    wrt_error error = WRT_ERROR_INIT;
    wrt_run_budget budget = { sizeof budget, 16, SLICE, UINT64_MAX };
    wrt_value result = { .i64 = 0 };
    wrt_func f;
    wrt_status status;
    if (no(wrt_export_func(g->instance, name, sig, &f), NULL, name)
        || no(wrt_task_start(g->task, f, args, nargs), NULL, name)) return result;
    while ((status = wrt_task_run(g->task, &budget, &error)) == WRT_FUEL) g->slices++;
    if (!no(status, &error, name)) no(wrt_task_results(g->task, &result, 1, NULL), NULL, name);
    return result;
}

/* What the guest has used: prints it, and compares it with the plan. */
static void close_up(guest *g, const char *name) {
    wrt_usage usage = { .struct_size = sizeof usage };
    uint64_t hash = 0;
    no(wrt_task_usage(g->task, &usage), NULL, "usage");
    no(wrt_state_hash(g->instance, &hash), NULL, "hash");
    board_print(name);
    board_print(" used:");
    g->fuel = usage.fuel_used;
    g->state = hash;
    field("fuel", usage.fuel_used);
    field("slices", g->slices);
    field("depth", usage.call_depth_peak);
    field("stack", usage.stack_peak);
    field("memory", usage.memory_bytes);
    board_print(" state=");
    print_hash(hash);
    board_print("\n");
    /* Each guest has run its deepest chain of calls. Plans are in units of an arena's alignment. */
    expect(((usage.stack_peak + 15) & ~UINT64_C(15)) == g->plan.stack_min, "the task takes what the plan says");
    expect(usage.memory_bytes == g->plan.memory_min, "the memory takes what the plan says");
}

static uint32_t bits(float value) {
    union { float f; uint32_t u; } both = { value };
    return both.u;
}

/* ---- the three guests ---- */

static void control(guest *g, plant *p) {
    uint32_t output = 0;
    wrt_value rounds = { .i32 = TICKS };
    for (int i = 0; i < TICKS; i++) output = bits(call(g, "tick", "()f", NULL, 0).f32);
    uint32_t settled = (uint32_t)call(g, "run", "(i)i", &rounds, 1).i32;
    board_print("control:");
    field("ticks", 2 * TICKS);
    field("settled", settled);
    field("reports", p->reports);
    field("level", bits(p->level));
    field("error", bits(p->error));
    field("output", output);
    board_print("\n");
    close_up(g, "control");
}

static void checksum(guest *g) {
    wrt_value rounds = { .i32 = 2 };
    uint32_t sum = (uint32_t)call(g, "run", "(i)i", &rounds, 1).i32;
    board_print("checksum:");
    field("sum", sum);
    board_print("\n");
    close_up(g, "checksum");
}

static void parser(guest *g) {
    /* The third sentence has a wrong checksum, the last one goes on in the next piece. */
    static const char *const pieces[] = { "$POS,12.5,-3.25,7*78\nnoise$T,21.034*62\n$T,21.0*00\n$RP", "M,1500,-0.001*49\n" };
    int32_t whole = 0;
    uint64_t at = (uint32_t)call(g, "input", "()i", NULL, 0).i32;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        wrt_value length = { .i32 = 0 };
        while (pieces[i][length.i32]) length.i32++;
        no(wrt_memory_write(g->instance, 0, at, pieces[i], (size_t)length.i32), NULL, "write");
        whole += call(g, "feed", "(i)i", &length, 1).i32;
    }
    board_print("parser:");
    field("sentences", (uint64_t)whole);
    field("thousandths", (uint64_t)call(g, "sum", "()I", NULL, 0).i64);
    field("refused", (uint64_t)call(g, "refused", "()i", NULL, 0).i32);
    board_print("\n");
    close_up(g, "parser");
}

/* A module that uses what the board's build of the library leaves out must be refused, and the proposal named. */
static void refuse(const char *name, wrt_bytes wasm, uint32_t proposal) {
    wrt_error error = WRT_ERROR_INIT;
    wrt_load_budget budget;
    wrt_plan plan = { .struct_size = sizeof plan };
    wrt_status status;
    wrt_load_budget_default(&budget, sizeof budget);
    budget.proposals |= WRT_PROPOSAL_THREADS | WRT_PROPOSAL_WIDE_ARITHMETIC;
    if (wrt_features() & proposal) {
        no(wrt_plan_module(wasm, &budget, rest, &plan, &error), &error, name);
        return;
    }
    status = wrt_plan_module(wasm, &budget, rest, &plan, &error);
    expect(status == WRT_E_UNSUPPORTED && error.reason == WRT_REASON_PROPOSAL_OFF && error.detail == proposal, name);
    board_print("# refused, because it is not built: ");
    board_print(name);
    board_print("\n");
}

#ifdef IMAGES
/* The same control loop from its image, which stays in flash: no memory for code, and the run is the same. */
static void from_flash(const guest *loaded) {
    static guest g;
    static plant tank;
    wrt_bytes image = { control_image, sizeof control_image }, changed = image;
    wrt_error error = WRT_ERROR_INIT;
    wrt_load_budget budget;
    wrt_module *module;
    wrt_arena scratch;
    uint8_t *copy;

    wrt_load_budget_default(&budget, sizeof budget);
    g.plan.struct_size = sizeof g.plan;
    if (no(wrt_plan_image(image, &budget, &g.plan, &error), &error, "plan of an image")) return;
    expect(g.plan.module == 0, "an image takes no memory for the module");
    scratch = (wrt_arena){ rest.base, g.plan.load_scratch - 16 };
    expect(wrt_module_from_image(image, &budget, scratch, &module, &error) == WRT_E_ARENA
               && error.need == g.plan.load_scratch, "the check of an image needs what the plan says");
    scratch.size = g.plan.load_scratch;
    if (no(wrt_module_from_image(image, &budget, scratch, &module, &error), &error, "image")) return;
    expect((const uint8_t *)module >= control_image && (const uint8_t *)module < control_image + sizeof control_image,
           "the module lies in the image");
    if (!settle(&g, module, &tank)) return;
    tell_plan(&g, "image", image.len);
    control(&g, &tank);
    expect(g.fuel == loaded->fuel && g.state == loaded->state, "the image runs as the module does");

    /* A copy in which one bit is another one must be refused, wherever the bit is: sixteen places. */
    copy = take(sizeof control_image).base;
    for (size_t i = 0; i < sizeof control_image; i++) copy[i] = control_image[i];
    changed.ptr = copy;
    scratch = take(g.plan.load_scratch);
    for (size_t i = 0; i < sizeof control_image; i += sizeof control_image / 16) {
        copy[i] ^= 4;
        expect(wrt_module_from_image(changed, &budget, scratch, &module, &error) != WRT_OK && !module,
               "a changed image is refused");
        copy[i] ^= 4;
    }
    no(wrt_module_from_image(changed, &budget, scratch, &module, &error), &error, "the image as it was");
}
#endif

int firmware(void) {
    static guest guests[3];
    static plant tank;
    rest = (wrt_arena){ pool, sizeof pool };

    refuse("simd", (wrt_bytes){ simd_wasm, sizeof simd_wasm }, SIMD);
    refuse("gc", (wrt_bytes){ gc_wasm, sizeof gc_wasm }, GC);
    refuse("exception-handling", (wrt_bytes){ exceptions_wasm, sizeof exceptions_wasm }, WRT_PROPOSAL_EXCEPTION_HANDLING);
    refuse("threads", (wrt_bytes){ threads_wasm, sizeof threads_wasm }, WRT_PROPOSAL_THREADS);
    refuse("wide-arithmetic", (wrt_bytes){ wide_wasm, sizeof wide_wasm }, WRT_PROPOSAL_WIDE_ARITHMETIC);

    if (make(&guests[0], "control", (wrt_bytes){ control_wasm, sizeof control_wasm }, &tank)
        && make(&guests[1], "checksum", (wrt_bytes){ crc_wasm, sizeof crc_wasm }, &tank)
        && make(&guests[2], "parser", (wrt_bytes){ parse_wasm, sizeof parse_wasm }, &tank)) {
        control(&guests[0], &tank);
        checksum(&guests[1]);
        parser(&guests[2]);
#ifdef IMAGES
        rest = (wrt_arena){ pool, sizeof pool };
        from_flash(&guests[0]);
#endif
    }
    board_print("pool:");
    field("peak", pool_peak);
    board_print("\n#");
    field("pool", sizeof pool);
    field("native_stack_peak", board_stack_peak());
    field("native_stack_room", board_stack_room());
    field("ram_taken", board_ram_used());
    field("ram", board_ram_room());
    board_print("\n");
    expect(board_stack_peak() <= board_stack_room(), "the native stack fits");
    board_print(failures ? "firmware: failed\n" : "firmware: passed\n");
    return failures != 0;
}
