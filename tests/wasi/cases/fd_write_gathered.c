// shows: writes take several buffers in order, empty ones among them
// sees: fd_write success
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "new.txt", CREAT, R_WRITE, 0);
    iovec all[] = {{(uint8_t *)"abc", 3}, {(uint8_t *)"", 0}, {(uint8_t *)"defg", 4}};
    int error;
    size_t done = write_all(fd, V(all), &error);
    report("fd_write", error);
    say("%u\n", (unsigned)done);
    __wasi_size_t none = 7;
    fd_write(fd, NULL, 0, &none);
    say("%u\n", (unsigned)none);
}
