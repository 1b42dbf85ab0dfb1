// shows: fd_pwrite writes at an offset, beyond the end as well
// sees: fd_pwrite success
// file: a.txt 0123456789
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_WRITE, 0);
    iovec all = {(uint8_t *)"xyz", 3};
    __wasi_size_t done = 0;
    fd_pwrite(fd, &all, 1, 2, &done);
    say("%u\n", (unsigned)done);
    fd_pwrite(fd, &all, 1, 12, &done);
    say("%u\n", (unsigned)done);
    tell(fd);
}
