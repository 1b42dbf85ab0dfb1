// shows: without arguments there is one, the name of the program
// sees: args_sizes_get success
// sees: args_get success
// unstable: yes
#include "wasi.h"

int main(void) {
    __wasi_size_t count = 0, size = 0;
    args_sizes_get(&count, &size);
    uint8_t *argv[4], bytes[256];
    args_get(argv, bytes);
    /* The name of the file depends on how it was built; it is not empty, and the sizes agree with it. */
    say("%u, %d, %d\n", (unsigned)count, strlen((char *)argv[0]) > 0, strlen((char *)argv[0]) + 1 == size);
}
