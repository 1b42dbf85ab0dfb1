// shows: whether rights can be taken from a descriptor
// sees: fd_fdstat_set_rights notsup
// file: a.txt abc
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_fdstat_set_rights(fd, R_READ, 0);
    get(fd, 1);
    put(fd, "x");
}
