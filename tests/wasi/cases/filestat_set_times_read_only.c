// shows: whether the times of a file that is open for reading alone can be set
// sees: fd_filestat_get success
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    fd_filestat_set_times(fd, 5, 5000, MTIM);
    stat_fd(fd);
}
