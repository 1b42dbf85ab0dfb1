// shows: a stream cannot be read at an offset
// sees: fd_pread spipe
// stdin: text
#include "wasi.h"

int main(void) {
    char byte;
    iovec all = {(uint8_t *)&byte, 1};
    __wasi_size_t done;
    fd_pread(STDIN, &all, 1, 0, &done);
    get(STDIN, 10);
}
