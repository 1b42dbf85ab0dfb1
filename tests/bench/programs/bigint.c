// i64 multiplications with carries and divisions: factorials in base 10^9.
#include "kernel.h"

enum { LIMBS = 64 };

static u32 limbs[LIMBS];

u32 run(int n) {
    u32 sum = 0;
    for (int round = 0; round < n; round++) {
        int used = 1;
        limbs[0] = 1 + (u32)round;
        for (u32 factor = 2; factor <= 180; factor++) {
            u64 carry = 0;
            for (int i = 0; i < used; i++) {
                u64 product = (u64)limbs[i] * factor + carry;
                limbs[i] = (u32)(product % 1000000000u);
                carry = product / 1000000000u;
            }
            if (carry && used < LIMBS) limbs[used++] = (u32)carry;
        }
        for (int i = 0; i < used; i++) sum = fold(sum, limbs[i]);
    }
    return sum;
}
