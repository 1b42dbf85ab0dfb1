// Blocks of memory filled, copied, moved over themselves and compared, in sizes from a few bytes to pages.
#include "kernel.h"

enum { SIZE = 1 << 15 };

static u8 a[SIZE], b[SIZE];

u32 run(int n) {
    u32 state = 5, sum = 0;
    // Both blocks start anew, so that a second call of the same instance gives the same sum.
    for (u32 i = 0; i < SIZE; i++) a[i] = (u8)(i * 13 >> 3), b[i] = 0;
    for (int round = 0; round < n; round++) {
        for (int step = 0; step < 64; step++) {
            u32 length = next_random(&state) >> (step % 4 ? 26 : 19);
            u32 from = next_random(&state) % (SIZE - 8192), to = next_random(&state) % (SIZE - 8192);
            switch (step % 4) {
            case 0: __builtin_memcpy(b + to, a + from, length); break;
            case 1: __builtin_memset(a + to, round + step, length); break;
            case 2: __builtin_memmove(a + from + 3, a + from, length); break;
            default:
                for (u32 i = 0; i < length; i++)
                    if (a[from + i] != b[to + i]) {
                        sum = fold(sum, i);
                        break;
                    }
                break;
            }
        }
        const u32 *words = (const u32 *)(void *)b;
        for (u32 i = 0; i < SIZE / 4; i += 61) sum = fold(sum, words[i]);
    }
    return sum;
}
