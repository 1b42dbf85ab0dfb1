// shows: a large file is read whole, in turns
// sees: fd_read success
// file: big *300000
#include "wasi.h"

int main(void) {
    static uint8_t bytes[400000];
    int32_t fd = open_at(ROOT, "big", 0, R_READ, 0);
    iovec all = {bytes, sizeof bytes};
    int error;
    size_t done = read_all(fd, &all, 1, &error), count = 0;
    report("fd_read", error);
    for (size_t i = 0; i < done; i++)
        count += bytes[i] == 'x';
    say("%u %u\n", (unsigned)done, (unsigned)count);
}
