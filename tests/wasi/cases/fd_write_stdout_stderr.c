// shows: what is written to the two output streams comes out on each, byte for byte
// sees: stdout to standard output
// sees: stderr to standard error
// unstable: yes
#include "wasi.h"

int main(void) {
    put(STDOUT, "to standard output\n");
    put(STDERR, "to standard error\n");
    iovec all = {(uint8_t *)"no line \xc3\xa9", 10};
    __wasi_size_t done;
    fd_write(STDERR, &all, 1, &done);
}
