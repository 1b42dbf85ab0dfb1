// shows: a list of many buffers is taken
// sees: fd_write success
#include "wasi.h"

int main(void) {
    static uint8_t bytes[2000];
    static iovec all[2000];
    for (int i = 0; i < 2000; i++) {
        bytes[i] = (uint8_t)('a' + i % 26);
        all[i] = (iovec){bytes + i, 1};
    }
    int32_t fd = open_at(ROOT, "out", CREAT, R_WRITE, 0);
    int error;
    size_t done = write_all(fd, V(all), &error);
    report("fd_write", error);
    say("%u\n", (unsigned)done);
}
