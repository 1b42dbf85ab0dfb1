// shows: fd_pread asks for a file that is open for reading
// sees: fd_pread badf
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_WRITE, 0);
    char byte;
    iovec all = {(uint8_t *)&byte, 1};
    __wasi_size_t done;
    fd_pread(fd, &all, 1, 0, &done);
    fd_pread(ROOT, &all, 1, 0, &done);
    fd_pread(STDOUT, &all, 1, 0, &done);
}
