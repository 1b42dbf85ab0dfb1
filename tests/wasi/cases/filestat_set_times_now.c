// shows: times of an open file can be set to the clock
// sees: fd_filestat_set_times success
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    filestat stat;
    fd_filestat_set_times(fd, 5, 5, ATIM_NOW | MTIM_NOW);
    fd_filestat_get(fd, &stat);
    say("later than the fixture: %d %d\n", stat.atim > 1500000000000000000, stat.mtim > 1500000000000000000);
}
