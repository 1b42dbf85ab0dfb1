/* Writes images.h on the machine that builds the firmware: the control loop as an image, to run from flash. An image is
 * made for one build of the engine's sources, so it is not kept, and the same for every target. */
#include "guests.h"
#include "wrt.h"
#include <stdio.h>

static _Alignas(WRT_ARENA_ALIGN) unsigned char state[WRT_LOADER_SIZE], region[1 << 16], image[1 << 16];

static int fail(const char *what, wrt_status status) {
    fprintf(stderr, "image: %s: %s\n", what, wrt_status_name(status));
    return 1;
}

int main(void) {
    wrt_error error = WRT_ERROR_INIT;
    wrt_load_budget budget;
    wrt_plan plan = { .struct_size = sizeof plan };
    wrt_bytes wasm = { control_wasm, sizeof control_wasm };
    wrt_arena loader_arena = { state, sizeof state }, arena = { region, sizeof region };
    wrt_loader *loader;
    wrt_module *module;
    wrt_status status;
    uint64_t size;

    wrt_load_budget_default(&budget, sizeof budget);
    budget.proposals |= WRT_PROPOSAL_CUSTOM_PAGE_SIZES;
    if ((status = wrt_plan_module(wasm, &budget, arena, &plan, &error)) != WRT_OK) return fail("plan", status);
    /* In pieces, so that the module borrows nothing. */
    if ((status = wrt_loader_new(&loader_arena, &arena, &budget, &loader, &error)) != WRT_OK
        || (status = wrt_loader_feed(loader, wasm, &error)) != WRT_OK
        || (status = wrt_loader_finish(loader, &module, &error)) != WRT_OK) return fail("load", status);
    size = wrt_module_image_size(module);
    status = wrt_module_write_image(module, plan.stack_min, image, sizeof image, &error);
    if (status != WRT_OK) return fail("write", status);
    /* The library for boards has no pairs of operations. */
    status = wrt_image_make_portable(image, (size_t)size, &budget, &error);
    if (status != WRT_OK) return fail("make portable", status);

    puts("/* The control loop as an image; written by image.c. */\n#include <stdint.h>\n");
    puts("static const _Alignas(16) uint8_t control_image[] = {");
    for (uint64_t i = 0; i < size; i++) printf("%u,%s", image[i], i % 24 == 23 ? "\n" : "");
    puts("};");
    return 0;
}
