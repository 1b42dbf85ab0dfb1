// shows: a cookie beyond the end gives nothing
// sees: fd_readdir success
// file: a one
#include "wasi.h"

int main(void) {
    uint8_t buffer[256];
    __wasi_size_t used = 9;
    fd_readdir(ROOT, buffer, sizeof buffer, 1000, &used);
    say("%u\n", (unsigned)used);
}
