// shows: what kind of file a device is, and that it is read like one
// sees: fd_read success
// grant: /dev /dev ro
// needs: /dev/zero
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "zero", 0, R_READ, 0);
    char bytes[4] = "abcd";
    iovec all = {(uint8_t *)bytes, 4};
    __wasi_size_t done = 0;
    fd_read(fd, &all, 1, &done);
    say("%u %d %d\n", (unsigned)done, bytes[0], bytes[3]);
    show_fdstat(fd);
}
