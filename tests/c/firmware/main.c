/* Lends tick.c a register and looks at it afterwards. API-1, MEM-1. */
#include "wrt.h"
#include <stdio.h>

int run(uint32_t *reg);

int main(void) {
    uint32_t reg = 0;
    int status = run(&reg);
    printf("%s, register %u\n", wrt_status_name(status), (unsigned)reg);
    return status != WRT_OK || reg != 1;
}
