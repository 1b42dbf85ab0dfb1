// shows: more than a pipe or a buffer takes at once is written in turns
// sees: fd_write success
#include "wasi.h"

int main(void) {
    static uint8_t bytes[300000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i % 251);
    int32_t fd = open_at(ROOT, "big", CREAT, R_WRITE, 0);
    iovec all = {bytes, sizeof bytes};
    int error;
    size_t done = write_all(fd, &all, 1, &error);
    report("fd_write", error);
    say("%u\n", (unsigned)done);
}
