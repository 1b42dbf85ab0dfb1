// f64 with square roots and divisions: bodies that attract each other.
#include "kernel.h"

enum { BODIES = 6, STEPS = 100 };

typedef struct { double x, y, z, vx, vy, vz, mass; } body;

static body bodies[BODIES];

static void place(void) {
    u32 state = 99;
    for (int i = 0; i < BODIES; i++) {
        double *field = &bodies[i].x;
        for (int k = 0; k < 3; k++) field[k] = (double)(next_random(&state) % 20000) / 1000.0 - 10.0;
        for (int k = 3; k < 6; k++) field[k] = (double)(next_random(&state) % 2000) / 10000.0 - 0.1;
        bodies[i].mass = 0.1 + (double)(next_random(&state) % 100) / 100.0;
    }
}

static void step(double dt) {
    for (int i = 0; i < BODIES; i++) {
        body *p = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            body *q = &bodies[j];
            double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
            double square = dx * dx + dy * dy + dz * dz + 0.01;
            double pull = dt / (square * __builtin_sqrt(square));
            p->vx -= dx * q->mass * pull;
            p->vy -= dy * q->mass * pull;
            p->vz -= dz * q->mass * pull;
            q->vx += dx * p->mass * pull;
            q->vy += dy * p->mass * pull;
            q->vz += dz * p->mass * pull;
        }
    }
    for (int i = 0; i < BODIES; i++) {
        body *p = &bodies[i];
        p->x += dt * p->vx;
        p->y += dt * p->vy;
        p->z += dt * p->vz;
    }
}

u32 run(int n) {
    u32 sum = 0;
    place();
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < STEPS; k++) step(0.01);
        sum = fold_f64(sum, bodies[i % BODIES].x);
    }
    return sum;
}
