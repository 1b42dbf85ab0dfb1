// i32 rotations and additions in long straight runs: SHA-256 (FIPS 180-4) over 4 KiB for each unit of work.
#include "kernel.h"

enum { SIZE = 4096 };

static u8 data[SIZE];
static u32 constants[64], start[8];

// The constants are the first 32 bits of the fractional parts of square and cube roots of the first primes. A double
// holds the root with 50 fractional bits, which is enough for all 72 of them.
static u32 fraction(double root) {
    return (u32)((root - (double)(int)root) * 4294967296.0);
}

static double cube_root(double value) {
    double root = 4;
    for (int i = 0; i < 40; i++) root -= (root * root * root - value) / (3 * root * root);
    return root;
}

static void prepare(void) {
    u32 prime = 2;
    for (int i = 0; i < 64; prime++) {
        int is_prime = 1;
        for (u32 d = 2; d * d <= prime; d++)
            if (prime % d == 0) is_prime = 0;
        if (!is_prime) continue;
        if (i < 8) start[i] = fraction(__builtin_sqrt((double)prime));
        constants[i++] = fraction(cube_root((double)prime));
    }
}

static inline u32 rotate(u32 x, int by) {
    return x >> by | x << (32 - by);
}

static void block(u32 h[8], const u8 *p) {
    u32 w[64];
    for (int i = 0; i < 16; i++, p += 4) w[i] = (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
    for (int i = 16; i < 64; i++) {
        u32 low = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        u32 high = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + low + w[i - 7] + high;
    }
    u32 a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
    for (int i = 0; i < 64; i++) {
        u32 t1 = k + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
        u32 t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        k = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += k;
}

u32 run(int n) {
    u32 sum = 0;
    prepare();
    for (u32 i = 0; i < SIZE; i++) data[i] = (u8)(i * 31);
    for (int round = 0; round < n; round++) {
        u32 h[8];
        u8 tail[64] = {0x80};
        data[0] = (u8)round;
        for (int i = 0; i < 8; i++) h[i] = start[i];
        for (u32 at = 0; at < SIZE; at += 64) block(h, data + at);
        tail[62] = (u8)(SIZE * 8 >> 8), tail[63] = (u8)(SIZE * 8);
        tail[61] = (u8)(SIZE * 8 >> 16);
        block(h, tail);
        for (int i = 0; i < 8; i++) sum = fold(sum, h[i]);
    }
    return sum;
}
