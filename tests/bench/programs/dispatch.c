// Indirect calls: a scene of shapes whose methods are reached through tables of functions.
#include "kernel.h"

typedef struct shape shape;
typedef struct {
    u32 (*area)(const shape *);
    void (*grow)(shape *, u32);
    u32 (*mix)(const shape *, u32);
} methods;
struct shape { const methods *methods; u32 a, b; };

static u32 box_area(const shape *s) { return s->a * s->b; }
static u32 disc_area(const shape *s) { return s->a * s->a * 355 / 113; }
static u32 wedge_area(const shape *s) { return s->a * s->b / 2; }
static void box_grow(shape *s, u32 by) { s->a += by, s->b ^= s->a >> 3; }
static void disc_grow(shape *s, u32 by) { s->a = (s->a + by) & 1023; }
static void wedge_grow(shape *s, u32 by) { s->b = (s->b * 5 + by) & 4095; }
static u32 box_mix(const shape *s, u32 sum) { return fold(sum, s->a ^ s->b); }
static u32 disc_mix(const shape *s, u32 sum) { return fold(sum, s->a); }
static u32 wedge_mix(const shape *s, u32 sum) { return sum + s->a * 3 + s->b; }

static const methods kinds[] = {
    {box_area, box_grow, box_mix}, {disc_area, disc_grow, disc_mix}, {wedge_area, wedge_grow, wedge_mix},
};

enum { SHAPES = 256 };

static shape scene[SHAPES];

u32 run(int n) {
    u32 state = 11, sum = 0;
    for (int i = 0; i < SHAPES; i++) {
        scene[i].methods = &kinds[next_random(&state) % 3];
        scene[i].a = next_random(&state) & 1023;
        scene[i].b = next_random(&state) & 1023;
    }
    for (int round = 0; round < n; round++)
        for (int i = 0; i < SHAPES; i++) {
            shape *s = &scene[i];
            s->methods->grow(s, (u32)round + s->methods->area(s) % 7);
            sum = s->methods->mix(s, sum);
        }
    return sum;
}
