// shows: a descriptor that was opened for writing alone cannot be read from
// sees: fd_read badf
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_WRITE, 0);
    get(fd, 3);
}
