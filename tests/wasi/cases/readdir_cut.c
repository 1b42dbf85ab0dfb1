// shows: an entry that does not fit is cut off at the end of the buffer
// sees: fd_readdir success
// file: a-long-name one
#include "wasi.h"

int main(void) {
    uint8_t buffer[64];
    for (int size = 0; size < 60; size += 7) {
        __wasi_size_t used = 0;
        int error = raw_fd_readdir(ROOT, buffer, size, 0, &used);
        say("%d: %s, full %d\n", size, errno_name(error), used == (__wasi_size_t)size);
    }
    __wasi_size_t used;
    fd_readdir(ROOT, buffer, 10, 0, &used);
}
