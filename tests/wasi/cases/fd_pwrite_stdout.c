// shows: a stream cannot be written to at an offset
// sees: fd_pwrite spipe
#include "wasi.h"

int main(void) {
    iovec all = {(uint8_t *)"x", 1};
    __wasi_size_t done;
    fd_pwrite(STDOUT, &all, 1, 0, &done);
    fd_pwrite(STDERR, &all, 1, 0, &done);
}
