// f32 and f64 side by side: LU decomposition in single precision, its residual in double.
#include "kernel.h"

enum { N = 48 };

static float matrix[N][N];
static double original[N][N];

u32 run(int n) {
    u32 state = 17, sum = 0;
    for (int round = 0; round < n; round++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                float value = (float)(next_random(&state) % 2000) / 1000.0f - 1.0f;
                // A heavy diagonal needs no pivoting.
                matrix[i][j] = i == j ? value + (float)N : value;
                original[i][j] = (double)matrix[i][j];
            }
        for (int k = 0; k < N; k++)
            for (int i = k + 1; i < N; i++) {
                float factor = matrix[i][k] / matrix[k][k];
                matrix[i][k] = factor;
                for (int j = k + 1; j < N; j++) matrix[i][j] -= factor * matrix[k][j];
            }
        double worst = 0;
        for (int i = 0; i < N; i++) {
            double row = 0;
            for (int k = 0; k <= i; k++) {
                double lower = k == i ? 1.0 : (double)matrix[i][k];
                if (k <= N - 1 - i) row += lower * (double)matrix[k][N - 1 - i];
            }
            double error = __builtin_fabs(row - original[i][N - 1 - i]);
            if (error > worst) worst = error;
        }
        sum = fold_f64(sum, worst);
    }
    return sum;
}
