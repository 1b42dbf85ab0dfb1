// shows: a buffer of a megabyte is filled to its end
// sees: random_get success
#include "wasi.h"

int main(void) {
    static uint8_t bytes[1 << 20];
    random_get(bytes, sizeof bytes);
    /* Zeros in the whole last kilobyte are not to be expected from anything random. */
    int set = 0;
    for (size_t i = sizeof bytes - 1024; i < sizeof bytes; i++)
        set += bytes[i] != 0;
    say("%d\n", set > 512);
}
