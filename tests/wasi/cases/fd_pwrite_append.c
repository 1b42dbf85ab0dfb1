// shows: where a file is open for appending, what becomes of a write at an offset
// sees: fd_pwrite success
// file: a.txt 0123456789
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, APPEND);
    iovec all = {(uint8_t *)"xyz", 3};
    __wasi_size_t done = 0;
    fd_pwrite(fd, &all, 1, 2, &done);
    stat_fd(fd);
}
