// bzip2 as a guest: block sorting in both directions.
#include <stdlib.h>
#include <string.h>

#include "bzlib.h"
#include "env.h"

enum { SIZE = 20000, ROOM = SIZE + SIZE / 100 + 600 };

static char plain[SIZE], packed[ROOM], again[SIZE];
static char *input;

// The library calls this on an internal error instead of printing.
void bz_internal_error(int code) {
    (void)code;
    host_fail("internal error", 14);
}

static void check(int fine, const char *what) {
    if (!fine) host_fail(what, (uint32_t)strlen(what));
}

int32_t run(int32_t n) {
    uint32_t sum = 0;
    for (int32_t round = 0; round < n; round++) {
        uint32_t seed = 1 + (uint32_t)round;
        unsigned packed_length = ROOM, again_length = SIZE;
        for (uint32_t i = 0; i < SIZE; i++) {
            uint32_t r = next_random(&seed) >> 7;
            // Half of the bytes repeat what stood some places before.
            plain[i] = i > 64 && r % 2 ? plain[i - 1 - r / 2 % 64] : (char)('a' + r % 16);
        }
        check(BZ2_bzBuffToBuffCompress(packed, &packed_length, plain, SIZE, 1, 0, 0) == BZ_OK, "compress failed");
        check(BZ2_bzBuffToBuffDecompress(again, &again_length, packed, packed_length, 0, 0) == BZ_OK, "expand failed");
        check(again_length == SIZE && memcmp(plain, again, SIZE) == 0, "the bytes came back different");
        sum = fold(sum, packed_length);
        for (unsigned i = 0; i < packed_length; i++) sum = fold(sum, (unsigned char)packed[i]);
    }
    return (int32_t)sum;
}

char *buffer(uint32_t length) {
    input = realloc(input, length ? length : 1);
    check(input != 0, "out of memory");
    return input;
}

// Compresses the buffer, prints the compressed bytes, and returns how many they are.
int32_t eval(uint32_t length) {
    unsigned packed_length = length + length / 100 + 600;
    char *stream = malloc(packed_length);
    check(stream != 0, "out of memory");
    check(BZ2_bzBuffToBuffCompress(stream, &packed_length, input, length, 9, 0, 0) == BZ_OK, "compress failed");
    host_print(stream, packed_length);
    free(stream);
    return (int32_t)packed_length;
}
