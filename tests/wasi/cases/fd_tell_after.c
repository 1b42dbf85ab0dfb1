// shows: fd_tell follows reads, writes and seeks, and pread and pwrite leave it alone
// sees: fd_tell success
// sees: fd_pread success
// sees: fd_pwrite success
// file: a.txt 0123456789
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    tell(fd);
    get(fd, 2);
    tell(fd);
    put(fd, "xyz");
    tell(fd);
    char byte;
    iovec one = {(uint8_t *)&byte, 1};
    __wasi_size_t done;
    fd_pread(fd, &one, 1, 8, &done);
    tell(fd);
    fd_pwrite(fd, &one, 1, 9, &done);
    tell(fd);
}
