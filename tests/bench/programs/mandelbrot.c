// A short f64 loop with an exit that is hard to predict: one image row for each unit of work.
#include "kernel.h"

enum { WIDTH = 128, LIMIT = 200 };

u32 run(int n) {
    u32 sum = 0;
    for (int row = 0; row < n; row++) {
        double ci = (double)(row % WIDTH) * 2.4 / WIDTH - 1.2;
        for (int column = 0; column < WIDTH; column++) {
            double cr = (double)column * 3.0 / WIDTH - 2.1;
            double zr = 0, zi = 0;
            int count = 0;
            while (count < LIMIT && zr * zr + zi * zi < 4.0) {
                double t = zr * zr - zi * zi + cr;
                zi = 2.0 * zr * zi + ci;
                zr = t;
                count++;
            }
            sum = fold(sum, (u32)count);
        }
    }
    return sum;
}
