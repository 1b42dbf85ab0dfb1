// shows: a read into no buffers, or into one of length 0, reads nothing and is no error
// sees: fd_read success
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    __wasi_size_t done = 7;
    fd_read(fd, NULL, 0, &done);
    say("%u\n", (unsigned)done);
    get(fd, 0);
    get(fd, 9);
}
