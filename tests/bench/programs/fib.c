// Calls: the Fibonacci numbers by double recursion.
#include "kernel.h"

static u32 fib(u32 n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

u32 run(int n) {
    u32 sum = 0;
    // The argument varies so that no compiler lifts the call out of the loop.
    for (int i = 0; i < n; i++) sum = fold(sum, fib(20 + (sum & 1)));
    return sum;
}
