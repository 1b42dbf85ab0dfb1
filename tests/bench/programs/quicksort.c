// Data-dependent branches and swaps: quicksort with an insertion sort at the leaves.
#include "kernel.h"

enum { SIZE = 4096, LEAF = 12 };

static int values[SIZE];

static void sort(int *first, int *last) {
    while (last - first > LEAF) {
        int *low = first, *high = last, pivot = first[(last - first) / 2];
        while (low <= high) {
            while (*low < pivot) low++;
            while (*high > pivot) high--;
            if (low <= high) {
                int t = *low;
                *low++ = *high;
                *high-- = t;
            }
        }
        // The smaller part goes down the stack, so its depth stays logarithmic.
        if (high - first < last - low) {
            sort(first, high);
            first = low;
        } else {
            sort(low, last);
            last = high;
        }
    }
    for (int *at = first + 1; at <= last; at++) {
        int value = *at, *hole = at;
        for (; hole > first && hole[-1] > value; hole--) *hole = hole[-1];
        *hole = value;
    }
}

u32 run(int n) {
    u32 state = 7, sum = 0;
    for (int round = 0; round < n; round++) {
        for (int i = 0; i < SIZE; i++) values[i] = (int)next_random(&state);
        sort(values, values + SIZE - 1);
        for (int i = 1; i < SIZE; i++) sum += values[i - 1] > values[i];
        sum = fold(sum, (u32)values[round % SIZE]);
    }
    return sum;
}
