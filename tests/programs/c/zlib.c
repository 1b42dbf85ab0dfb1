// zlib as a guest: compresses and expands text of its own making.
#include <stdlib.h>
#include <string.h>

#include "env.h"
#include "zlib.h"

enum { SIZE = 32768, ROOM = SIZE + SIZE / 100 + 1024 };

static Bytef plain[SIZE], packed[ROOM], again[SIZE];
static char *input;
static uint32_t capacity;

// Words from a small vocabulary with numbers between: compresses about as text does.
static void write_text(uint32_t seed) {
    static const char *const vocabulary[] = {
        "memory ", "budget ", "the ", "of ", "a ", "module ", "fuel ", "trap ", "and ", "arena ", "is ", "lent\n",
    };
    uint32_t at = 0;
    while (at < SIZE) {
        uint32_t r = next_random(&seed) >> 4;
        if (r % 9 == 0) {
            plain[at++] = (Bytef)('0' + (r >> 8) % 10);
            continue;
        }
        for (const char *word = vocabulary[(r >> 8) % 12]; *word && at < SIZE; word++) plain[at++] = (Bytef)*word;
    }
}

static void check(int fine, const char *what) {
    if (!fine) host_fail(what, (uint32_t)strlen(what));
}

int32_t run(int32_t n) {
    uint32_t sum = 0;
    for (int32_t round = 0; round < n; round++) {
        uLongf packed_length = ROOM, again_length = SIZE;
        write_text(1 + (uint32_t)round);
        check(compress2(packed, &packed_length, plain, SIZE, 1 + round % 9) == Z_OK, "compress2 failed");
        check(uncompress(again, &again_length, packed, packed_length) == Z_OK, "uncompress failed");
        check(again_length == SIZE && memcmp(plain, again, SIZE) == 0, "the text came back different");
        sum = fold(sum, (uint32_t)crc32(0, packed, (uInt)packed_length) ^ (uint32_t)adler32(1, again, SIZE));
        sum = fold(sum, (uint32_t)packed_length);
    }
    return (int32_t)sum;
}

char *buffer(uint32_t length) {
    input = realloc(input, length ? length : 1);
    check(input != 0, "out of memory");
    capacity = length;
    return input;
}

// Compresses the buffer, prints the raw stream's size as decimal text, expands it again in pieces of 100 bytes, and
// returns the checksum of what came back.
int32_t eval(uint32_t length) {
    uLongf packed_length = compressBound(length);
    Bytef *stream = malloc(packed_length), piece[100];
    check(stream && length <= capacity, "out of memory");
    check(compress2(stream, &packed_length, (const Bytef *)input, length, 9) == Z_OK, "compress2 failed");
    char digits[12];
    int at = sizeof digits;
    digits[--at] = '\n';
    for (uLong value = packed_length; value || at == sizeof digits - 1; value /= 10) digits[--at] = (char)('0' + value % 10);
    host_print(digits + at, (uint32_t)sizeof digits - (uint32_t)at);

    z_stream z = {0};
    uLong crc = crc32(0, Z_NULL, 0);
    int status = inflateInit(&z);
    z.next_in = stream;
    z.avail_in = (uInt)packed_length;
    while (status == Z_OK) {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        status = inflate(&z, Z_NO_FLUSH);
        crc = crc32(crc, piece, (uInt)(sizeof piece - z.avail_out));
    }
    check(status == Z_STREAM_END && z.total_out == length, "inflate failed");
    inflateEnd(&z);
    free(stream);
    return (int32_t)(uint32_t)crc;
}
