// shows: a descriptor that was opened for reading alone cannot be written to
// sees: fd_write badf
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    put(fd, "x");
}
