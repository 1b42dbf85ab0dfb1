// What every kernel shares: the exported entry, a repeatable source of numbers, and ways to fold results.
//
// A kernel defines `unsigned run(int n)`: work in proportion to n, and a checksum that is the same in WebAssembly and
// in a native build. It uses no library and no host.
#ifndef KERNEL_H
#define KERNEL_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define EXPORT(name)
#endif

EXPORT(run) u32 run(int n);

// xorshift: period 2^32 - 1, never zero.
static inline u32 next_random(u32 *state) {
    u32 x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

static inline u32 fold(u32 sum, u32 value) {
    return (sum << 5 | sum >> 27) ^ value * 0x9E3779B1u;
}

// Folds every bit of a float, so that a difference in the last place shows.
static inline u32 fold_f64(u32 sum, double value) {
    union { double value; u64 bits; } both = {value};
    return fold(fold(sum, (u32)both.bits), (u32)(both.bits >> 32));
}

#endif
