// shows: a write that finds no room says so
// sees: fd_write nospc
// grant: /dev /dev
// needs: /dev/full
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "full", 0, R_WRITE, 0);
    put(fd, "x");
}
