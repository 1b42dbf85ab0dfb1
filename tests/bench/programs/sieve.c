// Byte stores and strided loops: the sieve of Eratosthenes.
#include "kernel.h"

enum { SIZE = 1 << 16 };

static u8 composite[SIZE];

u32 run(int n) {
    u32 sum = 0;
    for (int round = 0; round < n; round++) {
        for (u32 i = 0; i < SIZE; i++) composite[i] = 0;
        u32 count = 0;
        for (u32 i = 2; i < SIZE; i++) {
            if (composite[i]) continue;
            count++;
            for (u32 j = 2 * i; j < SIZE; j += i) composite[j] = 1;
        }
        sum = fold(sum, count + (u32)round);
    }
    return sum;
}
