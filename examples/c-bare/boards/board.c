/* A board with a debugger attached (semihosting), as QEMU emulates them: start, console, end, and the painted native
 * stack. Memory is laid out by board.ld. */
#include "../firmware.h"

extern unsigned char __data_start[], __data_end[], __data_load[], __bss_start[], __bss_end[], __stack_limit[], __stack_top[],
    __ram_start[], __ram_end[];

#define PAINT 0xa5

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

void start(void);

#if defined __arm__

static uintptr_t debugger(uintptr_t operation, const void *block) {
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void fault(void) {
    board_print("FAILED: a fault of the processor\n");
    const uintptr_t block[] = { APPLICATION_EXIT, 3 };
    debugger(SYS_EXIT_EXTENDED, block);
    for (;;) { }
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    __stack_top, (const void *)start,
    (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault,
};

#elif defined __riscv

static uintptr_t debugger(uintptr_t operation, const void *block) {
    register uintptr_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = block;
    /* The three instructions are one call, and must not be compressed or lie on two pages. */
    __asm__ volatile(".balign 16\n.option push\n.option norvc\n"
                     "slli zero, zero, 0x1f\nebreak\nsrai zero, zero, 7\n.option pop"
                     : "+r"(a0) : "r"(a1) : "memory");
    return a0;
}

__attribute__((used)) static void fault(void) {
    board_print("FAILED: a fault of the processor\n");
    const uintptr_t block[] = { APPLICATION_EXIT, 3 };
    debugger(SYS_EXIT_EXTENDED, block);
    for (;;) { }
}

__asm__(".section .vectors, \"ax\"\n.global _start\n_start:\n"
        "la sp, __stack_top\nla t0, trapped\ncsrw mtvec, t0\nj start\n"
        ".balign 4\ntrapped:\nla sp, __stack_top\nj fault\n.text\n");

#endif

void board_print(const char *text) {
    debugger(SYS_WRITE0, text);
}

size_t board_stack_room(void) {
    return (size_t)(__stack_top - __stack_limit);
}

size_t board_stack_peak(void) {
    const unsigned char *at = __stack_limit;
    while (at != __stack_top && *at == PAINT) at++;
    return (size_t)(__stack_top - at);
}

size_t board_ram_room(void) {
    return (size_t)(__ram_end - __ram_start);
}

size_t board_ram_used(void) {
    return (size_t)(__bss_end - __ram_start);
}

/* The compiler must not take these loops for calls, nor know where the stack ends. */
__attribute__((noinline)) static void prepare(void) {
#if defined __ARM_FP
    /* The floating-point unit is off at reset (CPACR, ARMv7-M B3.2.20). */
    *(volatile uint32_t *)0xe000ed88 |= 0xf << 20;
    __asm__ volatile("dsb\nisb");
#endif
    volatile unsigned char *to = __data_start;
    for (const volatile unsigned char *from = __data_load; to != __data_end;) *to++ = *from++;
    for (to = __bss_start; to != __bss_end;) *to++ = 0;
    volatile unsigned char *end = (volatile unsigned char *)__builtin_frame_address(0) - 64;
    for (to = __stack_limit; to < end;) *to++ = PAINT;
}

void start(void) {
    prepare();
    const uintptr_t block[] = { APPLICATION_EXIT, (uintptr_t)firmware() };
    debugger(SYS_EXIT_EXTENDED, block);
    for (;;) { }
}
