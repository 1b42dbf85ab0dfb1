// shows: times of an open file can be set to the nanosecond, each by itself
// sees: fd_filestat_set_times success
// file: a.txt abc
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    filestat stat;
    fd_filestat_set_times(fd, 111, 123456789, ATIM | MTIM);
    fd_filestat_get(fd, &stat);
    say("atim %llu, mtim %llu\n", (unsigned long long)stat.atim, (unsigned long long)stat.mtim);
    fd_filestat_set_times(fd, 222, 333, MTIM);
    fd_filestat_get(fd, &stat);
    say("atim %llu, mtim %llu\n", (unsigned long long)stat.atim, (unsigned long long)stat.mtim);
    fd_filestat_set_times(fd, 444, 555, ATIM);
    fd_filestat_get(fd, &stat);
    say("atim %llu, mtim %llu\n", (unsigned long long)stat.atim, (unsigned long long)stat.mtim);
}
