// What every program asks of its host (imports of module "env") and gives to it (exports), in WebAssembly and in the
// native twin alike.
//
// Imports: print(address, length) takes output; fail(address, length) takes a last message and never returns: the host
// ends the run with a trap. Programs built with GUARDED also import guard(f, a, b), see guard.h.
// Exports: memory; run(n) does work in proportion to n and returns a checksum; buffer(length) returns where the host
// may write that many bytes; eval(length) takes those bytes as a script; _initialize, called once before the others, is
// the linker's.
#ifndef ENV_H
#define ENV_H

#include <stdint.h>

#ifdef __wasm__
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define IMPORT(name)
#define EXPORT(name)
#endif

IMPORT(print) void host_print(const char *text, uint32_t length);
IMPORT(fail) _Noreturn void host_fail(const char *text, uint32_t length);

EXPORT(run) int32_t run(int32_t n);
EXPORT(buffer) char *buffer(uint32_t length);
EXPORT(eval) int32_t eval(uint32_t length);

static inline uint32_t fold(uint32_t sum, uint32_t value) {
    return (sum << 5 | sum >> 27) ^ value * UINT32_C(0x9E3779B1);
}

// xorshift: period 2^32 - 1, never zero.
static inline uint32_t next_random(uint32_t *state) {
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

#endif
