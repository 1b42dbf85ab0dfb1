/* The machine that builds the firmware, as a board: what the boards' lines are compared with. */
#include "firmware.h"
#include <stdio.h>

void board_print(const char *text) {
    fputs(text, stdout);
}

size_t board_stack_peak(void) {
    return 0;
}

size_t board_stack_room(void) {
    return 0;
}

size_t board_ram_room(void) {
    return 0;
}

size_t board_ram_used(void) {
    return 0;
}

int main(void) {
    return firmware();
}
