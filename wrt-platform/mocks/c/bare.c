/* What a linker script defines: two names in one piece of memory. */
__asm__(".data\n"
        ".global __heap_start\n"
        "__heap_start:\n"
        ".zero 24576\n"
        ".global __heap_end\n"
        "__heap_end:\n"
        ".byte 0\n"
        ".text\n");

/* Named by the test, so that the linker takes this file. */
int mock_bare;
