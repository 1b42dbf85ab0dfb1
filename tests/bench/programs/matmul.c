// f64 arithmetic over arrays: dense matrix products.
#include "kernel.h"

enum { N = 64 };

static double a[N][N], b[N][N], c[N][N];

u32 run(int n) {
    u32 state = 0x1234567, sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (double)(next_random(&state) % 1000) / 1000.0;
            b[i][j] = (double)(next_random(&state) % 1000) / 1000.0;
        }
    for (int round = 0; round < n; round++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double dot = 0;
                for (int k = 0; k < N; k++) dot += a[i][k] * b[k][j];
                c[i][j] = dot;
            }
        sum = fold_f64(sum, c[round % N][(round * 7) % N]);
        a[round % N][0] = c[0][round % N] / N;
    }
    return sum;
}
