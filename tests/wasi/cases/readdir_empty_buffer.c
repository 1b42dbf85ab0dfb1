// shows: a buffer of no bytes takes nothing
// sees: fd_readdir success
#include "wasi.h"

int main(void) {
    __wasi_size_t used = 9;
    fd_readdir(ROOT, NULL, 0, 0, &used);
    say("%u\n", (unsigned)used);
}
