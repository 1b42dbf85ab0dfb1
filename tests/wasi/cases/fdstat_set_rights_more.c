// shows: rights cannot be added to a descriptor
// sees: fd_fdstat_set_rights notsup
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    fd_fdstat_set_rights(fd, R_ALL, R_ALL);
    put(fd, "x");
}
