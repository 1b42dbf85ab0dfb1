// shows: a regular file takes the flag that says not to block
// sees: fd_fdstat_set_flags success
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_fdstat_set_flags(fd, NONBLOCK);
    show_fdstat(fd);
    get(fd, 3);
}
