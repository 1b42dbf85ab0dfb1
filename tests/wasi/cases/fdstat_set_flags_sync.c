// shows: the flags of synchronisation cannot be set while a file is open
// sees: fd_fdstat_set_flags inval
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_fdstat_set_flags(fd, SYNC);
    fd_fdstat_set_flags(fd, DSYNC);
    fd_fdstat_set_flags(fd, RSYNC);
    show_fdstat(fd);
}
