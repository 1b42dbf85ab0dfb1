// shows: times of what a path names can be set to the nanosecond
// sees: path_filestat_set_times success
// file: a.txt one
// dir: sub
// unstable: yes
#include "wasi.h"

int main(void) {
    path_filestat_set_times(ROOT, FOLLOW, S("a.txt"), 1000, 123456789123, ATIM | MTIM);
    path_filestat_set_times(ROOT, FOLLOW, S("sub"), 1, 2000000000, MTIM);
    filestat stat;
    path_filestat_get(ROOT, FOLLOW, S("a.txt"), &stat);
    say("atim %llu, mtim %llu\n", (unsigned long long)stat.atim, (unsigned long long)stat.mtim);
}
