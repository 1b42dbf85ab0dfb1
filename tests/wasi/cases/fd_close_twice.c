// shows: a descriptor that was closed is not one any more
// sees: fd_close success
// sees: fd_close badf
// file: a.txt one
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    fd_close(fd);
    fd_close(fd);
    get(fd, 1);
}
