// shows: a large text comes out of standard output whole and in order
// sees: fd_write success
#include "wasi.h"

int main(void) {
    static char text[200000];
    for (size_t i = 0; i < sizeof text; i += 10)
        snprintf(text + i, 11 < sizeof text - i ? 11 : sizeof text - i, "%08u,\n", (unsigned)(i / 10));
    text[sizeof text - 1] = '\n';
    iovec all = {(uint8_t *)text, sizeof text};
    int error;
    size_t done = write_all(STDOUT, &all, 1, &error);
    report("fd_write", error);
    say("%u\n", (unsigned)done);
}
