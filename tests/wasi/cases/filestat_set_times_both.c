// shows: a time cannot be set to a value and to the clock at once
// sees: fd_filestat_set_times inval
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_filestat_set_times(fd, 5, 5, ATIM | ATIM_NOW);
    fd_filestat_set_times(fd, 5, 5, MTIM | MTIM_NOW);
}
