// Byte loads around a cell: Conway's game of life on a torus, one generation for each unit of work.
#include "kernel.h"

enum { SIDE = 128 };

static u8 grids[2][SIDE][SIDE];

u32 run(int n) {
    u32 state = 2024, sum = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) grids[0][y][x] = next_random(&state) >> 30 == 0;
    for (int generation = 0; generation < n; generation++) {
        u8 (*now)[SIDE] = grids[generation & 1], (*then)[SIDE] = grids[~generation & 1];
        u32 alive = 0;
        for (int y = 0; y < SIDE; y++) {
            const u8 *above = now[(y + SIDE - 1) % SIDE], *row = now[y], *below = now[(y + 1) % SIDE];
            for (int x = 0; x < SIDE; x++) {
                int left = (x + SIDE - 1) % SIDE, right = (x + 1) % SIDE;
                int neighbours = above[left] + above[x] + above[right] + row[left] + row[right] + below[left] +
                                 below[x] + below[right];
                u8 lives = neighbours == 3 || (neighbours == 2 && row[x]);
                then[y][x] = lives;
                alive += lives;
            }
        }
        sum = fold(sum, alive);
    }
    return sum;
}
