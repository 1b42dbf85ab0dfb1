// shows: nothing of the host's environment is there unless it is granted
// sees: environ_sizes_get success
// sees: environ_get success
#include "wasi.h"

int main(void) {
    __wasi_size_t count = 7, size = 7;
    environ_sizes_get(&count, &size);
    say("%u, %u\n", (unsigned)count, (unsigned)size);
    uint8_t *list[1], bytes[1];
    environ_get(list, bytes);
}
