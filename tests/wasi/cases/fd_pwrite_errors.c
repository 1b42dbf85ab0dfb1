// shows: fd_pwrite asks for a file that is open for writing
// sees: fd_pwrite badf
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    iovec all = {(uint8_t *)"x", 1};
    __wasi_size_t done;
    fd_pwrite(fd, &all, 1, 0, &done);
    fd_pwrite(ROOT, &all, 1, 0, &done);
    fd_pwrite(STDIN, &all, 1, 0, &done);
}
