// Short byte loops and scattered loads: a hash map from words to counts, open addressing with linear probing.
#include "kernel.h"

enum { SLOTS = 4096, WORDS = 3000, KEY = 12 };

typedef struct { char key[KEY]; u32 length, count; } slot;

static slot slots[SLOTS];

static u32 hash(const char *key, u32 length) {
    u32 value = 2166136261u;
    for (u32 i = 0; i < length; i++) value = (value ^ (u8)key[i]) * 16777619u;
    return value ^ value >> 15;
}

static int same(const slot *s, const char *key, u32 length) {
    if (s->length != length) return 0;
    for (u32 i = 0; i < length; i++)
        if (s->key[i] != key[i]) return 0;
    return 1;
}

static slot *find(const char *key, u32 length) {
    u32 at = hash(key, length) % SLOTS;
    while (slots[at].length && !same(&slots[at], key, length)) at = (at + 1) % SLOTS;
    return &slots[at];
}

u32 run(int n) {
    u32 sum = 0;
    for (int round = 0; round < n; round++) {
        u32 state = 77 + (u32)round;
        for (u32 i = 0; i < SLOTS; i++) slots[i].length = 0;
        for (int i = 0; i < WORDS; i++) {
            char key[KEY];
            // Cubing the choice makes some words far more frequent than others, as in text.
            u32 choice = next_random(&state) % 128, word = choice * choice * choice / 1024;
            u32 length = 3 + word % (KEY - 3);
            for (u32 k = 0; k < length; k++) key[k] = (char)('a' + (word >> k % 11 ^ k) % 26);
            slot *s = find(key, length);
            if (s->length == 0) {
                for (u32 k = 0; k < length; k++) s->key[k] = key[k];
                s->length = length;
                s->count = 0;
            }
            s->count++;
        }
        for (u32 i = 0; i < SLOTS; i++)
            if (slots[i].length) sum = fold(sum, slots[i].count ^ i);
    }
    return sum;
}
